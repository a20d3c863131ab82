/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets of the agent. */
#include "agent/ipc/ipc_socket.h"

#include "runtime/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int
make(const char *path, int type, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(addr->sun_path)) {
		errno = ENAMETOOLONG;
		return ES_EIO;
	}
	memcpy(addr->sun_path, path, strlen(path)); /* what is behind it is 0 */
	return socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void
close_keeping_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* The descriptor; closed, ES_EDENIED and *user where the other end is not to be trusted. */
static int
check_peer(int fd, uid_t also, uid_t *user)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t n = sizeof(who);

	if (also == ES_UNIX_ANY_USER || (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
					    es_trust_user(who.uid, also)))
		return fd;
	*user = who.uid;
	close(fd);
	return ES_EDENIED;
}

int
es_unix_listen(const char *path, int type, uid_t also)
{
	struct sockaddr_un addr;
	mode_t old;
	int fd = make(path, type, &addr), err;

	if (fd < 0)
		return ES_EIO;
	(void)unlink(path); /* of a process that was killed; bind fails if it is something else */
	old = umask(also == 0 || also == geteuid() ? 0177 : 0111);
	err = bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
	umask(old);
	if (err == 0 && listen(fd, 8) == 0)
		return fd;
	close_keeping_errno(fd);
	return ES_EIO;
}

int
es_unix_connect(const char *path, int type, uid_t also, uid_t *user)
{
	struct sockaddr_un addr;
	int fd = make(path, type, &addr);

	if (fd < 0)
		return ES_EIO;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return check_peer(fd, also, user);
	close_keeping_errno(fd);
	return errno == ENOENT || errno == ECONNREFUSED ? ES_ENOTFOUND : ES_EIO;
}

int
es_unix_accept(int listener, uid_t also, uid_t *user)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? ES_EAGAIN : check_peer(fd, also, user);
}

void
es_ipc_socket_prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL), bytes = ES_IPC_SOCKET_BYTES;

	/* Refusals leave the system's own sizes, which do. */
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* sendmsg(2) and recvmsg(2), which the parser has for descriptors in any case: its list of calls is short. */
int
es_ipc_socket_send(int fd, es_slice datagram)
{
	struct iovec all = { (void *)(uintptr_t)datagram.p, datagram.n };
	struct msghdr msg = { .msg_iov = &all, .msg_iovlen = 1 };
	ssize_t n;

	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS)
		return ES_EAGAIN;
	return errno == EPIPE || errno == ECONNRESET ? ES_EEOF : ES_EIO;
}

int
es_ipc_socket_receive(int fd, uint8_t *to, size_t cap, size_t *n_bytes)
{
	struct iovec all = { to, cap };
	bool is_reset = false;
	ssize_t n;

	/*
	 * A peer that was killed before it had read everything leaves an error that comes before what it
	 * had sent. The error is returned once: what was queued can be read after it.
	 */
	for (;;) {
		struct msghdr msg = { .msg_iov = &all, .msg_iovlen = 1 };

		n = recvmsg(fd, &msg, MSG_TRUNC | MSG_DONTWAIT);
		if (n >= 0 || (errno != EINTR && (errno != ECONNRESET || is_reset)))
			break;
		is_reset = errno == ECONNRESET;
	}
	if (n < 0)
		return errno == EAGAIN ? ES_EAGAIN : ES_EEOF;
	if (n == 0)
		return ES_EEOF;
	if ((size_t)n > cap)
		return ES_EMALFORMED;
	*n_bytes = (size_t)n;
	return 0;
}
