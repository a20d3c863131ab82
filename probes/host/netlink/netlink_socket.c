/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers over netlink(7). */
#include "probes/host/netlink/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 200 };

int
es_host_netlink_open(int protocol)
{
	struct timeval patience = { .tv_usec = ANSWER_TIMEOUT_MS * 1000 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return ES_EIO;
	/* A sample must not hang on an answer that does not come. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) != 0) {
		(void)close(fd); /* nothing was written */
		return ES_EIO;
	}
	return fd;
}

/* Of the messages that the kernel put into one datagram, whether the last ends the answer. */
static bool
is_last(const uint8_t *at, size_t n)
{
	struct nlmsghdr h;

	do {
		memcpy(&h, at, sizeof(h));
		if (!(h.nlmsg_flags & NLM_F_MULTI) || h.nlmsg_type == NLMSG_DONE ||
		    h.nlmsg_type == NLMSG_ERROR)
			return true;
		if (h.nlmsg_len < sizeof(h) || NLMSG_ALIGN(h.nlmsg_len) >= n)
			return false;
		at += NLMSG_ALIGN(h.nlmsg_len);
		n -= NLMSG_ALIGN(h.nlmsg_len);
	} while (n >= sizeof(h));
	return false;
}

int
es_host_netlink_ask(int fd, struct es_host_files *files, const void *request, size_t n_bytes)
{
	size_t n = 0;

	if (send(fd, request, n_bytes, 0) < 0)
		return ES_EIO;
	while (n < sizeof(files->buffer)) {
		ssize_t got = recv(fd, files->buffer + n, sizeof(files->buffer) - n, 0);

		if (got < (ssize_t)sizeof(struct nlmsghdr))
			return ES_EIO;
		if (is_last((const uint8_t *)files->buffer + n, (size_t)got))
			return (int)(n + (size_t)got);
		n = NLMSG_ALIGN(n + (size_t)got);
	}
	return ES_EIO;
}
