/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of datagrams with the kernel's times of arrival, SO_TIMESTAMPNS of socket(7). */
#include "probes/host/requests/datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { ERRORS_MAX = 8 }; /* of the network, waiting in one socket */

static socklen_t
fill(const struct es_addr *to, struct sockaddr_storage *out)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port) };

	memset(out, 0, sizeof(*out));
	if (to->family == 4) {
		memcpy(&in4.sin_addr, to->ip, 4);
		memcpy(out, &in4, sizeof(in4));
		return sizeof(in4);
	}
	memcpy(&in6.sin6_addr, to->ip, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

int
es_host_datagram_open(const struct es_addr *to, int protocol)
{
	const int yes = 1;
	struct sockaddr_storage peer;
	socklen_t n = fill(to, &peer);
	int fd = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		return ES_EIO;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) != 0 ||
	    connect(fd, (const struct sockaddr *)&peer, n) != 0) {
		(void)close(fd); /* nothing was written */
		return ES_EIO;
	}
	return fd;
}

bool
es_host_datagram_goes_from(const struct es_addr *ours, const struct es_addr *to)
{
	struct sockaddr_storage is, as;
	socklen_t n = sizeof(is);
	bool same;
	int fd;

	if (ours->family != to->family || to->port == 0)
		return false;
	fd = es_host_datagram_open(to, IPPROTO_UDP);
	if (fd < 0)
		return false;
	(void)fill(ours, &as);
	same = getsockname(fd, (struct sockaddr *)&is, &n) == 0 && is.ss_family == as.ss_family &&
	       (is.ss_family == AF_INET ? memcmp(&((struct sockaddr_in *)&is)->sin_addr,
					      &((struct sockaddr_in *)&as)->sin_addr, 4) == 0
					: memcmp(&((struct sockaddr_in6 *)&is)->sin6_addr,
					      &((struct sockaddr_in6 *)&as)->sin6_addr, 16) == 0);
	(void)close(fd); /* nothing was written */
	return same;
}

int
es_host_datagram_send(int fd, es_slice bytes)
{
	ssize_t n;

	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		n = send(fd, bytes.p, bytes.n, 0);
		if (n >= 0)
			return 0;
		if (errno != ECONNREFUSED) /* that one is of a datagram before */
			break;
	}
	return ES_EIO;
}

/* It is the only control message that we asked for. */
static bool
time_of(struct msghdr *m, es_time *at)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct timespec ts;

	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS ||
	    c->cmsg_len < CMSG_LEN(sizeof(ts)))
		return false;
	memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	*at = es_time_of_ns((int64_t)ts.tv_sec * ES_NS_PER_S + ts.tv_nsec);
	return true;
}

int
es_host_datagram_receive(int fd, uint8_t *room, size_t cap_bytes, es_time *at)
{
	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
		struct iovec part = { .iov_base = room, .iov_len = cap_bytes };
		struct msghdr m = { .msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(fd, &m, 0);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n >= 0 && time_of(&m, at))
			return (int)n;
	}
	return ES_EAGAIN;
}
