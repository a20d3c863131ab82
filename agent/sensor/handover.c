/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with descriptors between two processes of one program: members lie in memory as on the way. */
#include "agent/sensor/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control { /* room for one descriptor, aligned as cmsg(3) wants it */
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

int
es_handover_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0
		   ? 0
		   : ES_EIO;
}

int
es_handover_send(int pair, const struct es_handover *m, int fd)
{
	struct es_handover copy = *m;
	struct iovec all = { &copy, sizeof(copy) };
	struct msghdr msg = { .msg_iov = &all, .msg_iovlen = 1 };
	union control control;
	struct cmsghdr *c;
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(pair, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS)
		return ES_EAGAIN;
	return errno == EPIPE || errno == ECONNRESET ? ES_EEOF : ES_EIO;
}

static int
descriptor_of(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int
es_handover_receive(int pair, struct es_handover *m, int *fd)
{
	struct iovec all = { m, sizeof(*m) };
	struct msghdr msg = { .msg_iov = &all, .msg_iovlen = 1 };
	union control control;
	int got = -1;
	ssize_t n;

	if (fd != NULL) { /* else the kernel closes what comes */
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
	}
	do
		n = recvmsg(pair, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? ES_EAGAIN : ES_EEOF;
	if (n == 0)
		return ES_EEOF;
	if (fd != NULL)
		*fd = got = descriptor_of(&msg);
	if (n == (ssize_t)sizeof(*m) && (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
		return 0;
	if (got >= 0) {
		close(got);
		*fd = -1;
	}
	return ES_EMALFORMED;
}
