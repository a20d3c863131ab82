/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of errors of a socket. */
#include "agent/path/icmp_errors.h"

#include "earshot/error.h"
#include "runtime/loop/sockaddr.h"

#include <time.h> /* the header of the kernel needs its struct timespec, and musl gives it nowhere else */

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { USUAL_TTL = -1 };

int
es_icmp_errors_want(int fd, uint8_t family)
{
	int one = 1;
	int discover = family == 4 ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO;
	int level = family == 4 ? IPPROTO_IP : IPPROTO_IPV6;

	if (setsockopt(fd, level, family == 4 ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one)) !=
		0 ||
	    setsockopt(fd, level, family == 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &discover,
		sizeof(discover)) != 0)
		return ES_EIO;
	return 0;
}

int
es_icmp_errors_ttl(int fd, uint8_t family, uint8_t ttl)
{
	int value = ttl == 0 ? USUAL_TTL : ttl;

	if (setsockopt(fd, family == 4 ? IPPROTO_IP : IPPROTO_IPV6,
		family == 4 ? IP_TTL : IPV6_UNICAST_HOPS, &value, sizeof(value)) != 0)
		return ES_EIO;
	return 0;
}

static void
take(const struct cmsghdr *c, struct es_icmp_error *out)
{
	struct sock_extended_err e;
	const uint8_t *data = CMSG_DATA(c);
	struct sockaddr_storage offender = { 0 };
	size_t n = c->cmsg_len - CMSG_LEN(0);

	if (n < sizeof(e))
		return;
	memcpy(&e, data, sizeof(e));
	out->error = (int)e.ee_errno;
	if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
		return;
	n -= sizeof(e); /* SO_EE_OFFENDER stands right behind */
	memcpy(&offender, data + sizeof(e), n < sizeof(offender) ? n : sizeof(offender));
	if (es_sockaddr_read((struct sockaddr *)&offender, &out->from) == 0)
		out->from.port = 0;
}

int
es_icmp_errors_next(int fd, struct es_icmp_error *out)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	uint8_t bytes[64]; /* the datagram itself, of no use */
	struct sockaddr_storage to = { 0 };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct es_addr went_to;
	const struct cmsghdr *c;

	if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return ES_EAGAIN;
	memset(out, 0, sizeof(*out));
	if (es_sockaddr_read((struct sockaddr *)&to, &went_to) == 0)
		out->port = went_to.port;
	c = CMSG_FIRSTHDR(&m); /* no other kind was asked for */
	if (c != NULL && ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			     (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)))
		take(c, out);
	return 0;
}
