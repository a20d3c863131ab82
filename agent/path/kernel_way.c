/* SPDX-License-Identifier: Apache-2.0 */
/* Routes and neighbours, by rtnetlink. */
#include "agent/path/kernel_way.h"

#include "earshot/error.h"
#include "runtime/loop/sockaddr.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 8192, ANSWER_TIMEOUT_S = 1 };

/* A request with one address as its attribute. */
struct request {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} body;
	struct rtattr attribute;
	uint8_t ip[16];
};

static uint8_t
family_of(const struct es_addr *a)
{
	return a->family == 4 ? AF_INET : AF_INET6;
}

static size_t
n_ip(const struct es_addr *a)
{
	return a->family == 4 ? 4 : 16;
}

/* Sends it and reads the answer: bytes of it, or a negative errno. */
static int
ask(struct request *r, uint16_t attribute, const struct es_addr *a, void *answer)
{
	struct timeval limit = { .tv_sec = ANSWER_TIMEOUT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	r->head.nlmsg_flags = NLM_F_REQUEST;
	r->head.nlmsg_len = (uint32_t)(offsetof(struct request, ip) + n_ip(a));
	r->attribute.rta_type = attribute;
	r->attribute.rta_len = (uint16_t)(sizeof(r->attribute) + n_ip(a));
	memcpy(r->ip, a->ip, n_ip(a));
	/* the kernel answers within send; the limit is for one that does not answer at all */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send(fd, r, r->head.nlmsg_len, 0) >= 0)
		n = recv(fd, answer, ANSWER_BYTES, 0);
	if (n < 0)
		n = -errno;
	close(fd);
	return (int)n;
}

/* The message in an answer, if it is of this type; *err: the error in place of it. */
static const struct nlmsghdr *
message_of(const void *answer, int n, uint16_t type, int *err)
{
	const struct nlmsghdr *head = answer;

	*err = n < 0 ? -n : EBADMSG;
	if (n < (int)sizeof(*head) || !NLMSG_OK(head, (uint32_t)n))
		return NULL;
	if (head->nlmsg_type == NLMSG_ERROR &&
	    head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		*err = -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	return head->nlmsg_type == type ? head : NULL;
}

static void
take_ip(const void *ip, size_t n, struct es_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (n != 4 && n != 16)
		return;
	out->family = n == 4 ? 4 : 6;
	memcpy(out->ip, ip, n);
}

static void
take_attribute(const struct rtattr *a, struct es_chain_route *out, unsigned *index)
{
	const void *data = RTA_DATA(a);
	size_t n = RTA_PAYLOAD(a);

	switch (a->rta_type) {
	case RTA_OIF:
		if (n == sizeof(*index))
			memcpy(index, data, n);
		return;
	case RTA_GATEWAY:
		take_ip(data, n, &out->gateway);
		return;
	case RTA_PREFSRC:
		take_ip(data, n, &out->source);
		return;
	case RTA_VIA: /* a gateway of the other family */
		if (n > sizeof(struct rtvia))
			take_ip((const uint8_t *)data + sizeof(struct rtvia),
			    n - sizeof(struct rtvia), &out->gateway);
		return;
	default:
		return;
	}
}

/* Whether an interface carries packets, and its MTU. */
static void
look_at(const char *name, int fd, bool *is_up, uint32_t *mtu)
{
	struct ifreq want = { 0 };

	(void)snprintf(want.ifr_name, sizeof(want.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &want) == 0)
		*is_up = (want.ifr_flags & IFF_UP) != 0 && (want.ifr_flags & IFF_RUNNING) != 0;
	if (ioctl(fd, SIOCGIFMTU, &want) == 0 && want.ifr_mtu > 0)
		*mtu = (uint32_t)want.ifr_mtu;
}

/* Without a route: an interface apart from the loopback that is up, else the first. */
static void
any_interface(int fd, struct es_chain_route *out)
{
	struct if_nameindex *all = if_nameindex();

	for (const struct if_nameindex *i = all; i != NULL && i->if_index != 0 && !out->is_up;
	     i++) {
		bool is_up = false;

		if (strcmp(i->if_name, "lo") == 0)
			continue;
		look_at(i->if_name, fd, &is_up, &out->mtu);
		if (!is_up && out->interface[0] != '\0')
			continue;
		(void)snprintf(out->interface, sizeof(out->interface), "%s", i->if_name);
		out->is_up = is_up;
	}
	if (all != NULL)
		if_freenameindex(all);
}

/* The source address may be missing in an answer: the kernel chooses it when a socket connects. */
static void
find_source(const struct es_addr *to, struct es_chain_route *out)
{
	struct es_addr any_port = *to;
	struct sockaddr_storage ss;
	socklen_t n;
	int fd;

	any_port.port = ES_CHAIN_PORT; /* nothing is sent to it */
	n = es_sockaddr_of(&any_port, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0) {
		n = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &n) == 0 &&
		    es_sockaddr_read((struct sockaddr *)&ss, &out->source) == 0)
			out->source.port = 0;
	}
	close(fd);
}

static int
find(const struct es_addr *to, struct es_chain_route *out, unsigned *index)
{
	struct request r = { .head = { .nlmsg_type = RTM_GETROUTE },
		.body.route = {
		    .rtm_family = family_of(to), .rtm_dst_len = (uint8_t)(n_ip(to) * 8) } };
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
	int err;
	const struct nlmsghdr *head =
	    message_of(answer, ask(&r, RTA_DST, to, answer), RTM_NEWROUTE, &err);
	const struct rtmsg *route;
	int left;

	if (head == NULL)
		return ES_ENOTFOUND; /* each error of the kernel means that it cannot send */
	route = NLMSG_DATA(head);
	left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*route)));
	if (left < 0 || (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL))
		return ES_ENOTFOUND;
	for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left);) {
		int n = (int)RTA_ALIGN(a->rta_len);

		take_attribute(a, out, index);
		left -= n;
		a = (const void *)((const uint8_t *)a + n);
	}
	return *index == 0 ? ES_ENOTFOUND : 0;
}

int
es_kernel_way(const struct es_addr *to, struct es_chain_route *out, unsigned *index)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	memset(out, 0, sizeof(*out));
	*index = 0;
	err = find(to, out, index);
	if (err == 0 && if_indextoname(*index, out->interface) == NULL)
		err = ES_ENOTFOUND; /* it went away just now */
	if (err != 0) {
		memset(out, 0, sizeof(*out));
		if (fd >= 0)
			any_interface(fd, out);
	} else {
		if (fd >= 0)
			look_at(out->interface, fd, &out->is_up, &out->mtu);
		find_source(to, out);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

bool
es_kernel_way_is_missing(const struct es_addr *neighbour, unsigned index)
{
	struct request r = { .head = { .nlmsg_type = RTM_GETNEIGH },
		.body.neighbour = {
		    .ndm_family = family_of(neighbour), .ndm_ifindex = (int)index } };
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
	int err;
	const struct nlmsghdr *head =
	    message_of(answer, ask(&r, NDA_DST, neighbour, answer), RTM_NEWNEIGH, &err);
	const struct ndmsg *entry;

	/* an older kernel lists all neighbours only: then this is not known */
	if (head == NULL || head->nlmsg_len < NLMSG_LENGTH(sizeof(*entry)))
		return false;
	entry = NLMSG_DATA(head);
	return (entry->ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) != 0;
}

uint32_t
es_kernel_way_mtu(const struct es_addr *to)
{
	struct sockaddr_storage ss;
	socklen_t n = es_sockaddr_of(to, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int mtu = 0;

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0) {
		n = sizeof(mtu);
		if (getsockopt(fd, to->family == 4 ? IPPROTO_IP : IPPROTO_IPV6,
			to->family == 4 ? IP_MTU : IPV6_MTU, &mtu, &n) != 0)
			mtu = 0;
	}
	close(fd);
	return mtu > 0 ? (uint32_t)mtu : 0;
}
