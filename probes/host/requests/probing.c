/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of gateway and resolver. */
#include "probes/host/requests/probing.h"

#include "probes/host/requests/datagram.h"

#include <netinet/in.h>
#include <sys/random.h>
#include <unistd.h>

enum { DNS_PORT = 53, ANSWER_MAX = 512, ANSWERS_MAX = 64 /* read in one sample */, STEP_US = 100 };

void
es_host_probing_init(struct es_host_probing *p)
{
	*p = (struct es_host_probing){ .gateway_fd = -1 };
	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++)
		p->server[i].fd = -1;
}

static void
close_socket(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written that could be lost */
	*fd = -1;
}

void
es_host_probing_done(struct es_host_probing *p)
{
	close_socket(&p->gateway_fd);
	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++)
		close_socket(&p->server[i].fd);
}

/* An address of one link needs the number of the link, which the list does not have: it is passed over. */
static void
aim_at_servers(struct es_host_probing *p, const char *servers)
{
	es_slice rest, word;
	unsigned n = 0;

	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++) {
		close_socket(&p->server[i].fd);
		p->server[i].resolver = (struct es_host_resolver){ 0 };
	}
	es_host_copy(p->servers, sizeof(p->servers), es_slice_str(servers));
	rest = es_slice_str(p->servers);
	while (n < ES_HOST_SERVERS_MAX && (word = es_text_word(&rest)).n > 0) {
		struct es_addr to;

		if (es_addr_parse_ip((const char *)word.p, word.n, &to) != 0)
			continue;
		to.port = DNS_PORT;
		p->server[n++].fd = es_host_datagram_open(&to, IPPROTO_UDP);
	}
}

void
es_host_probing_aim(struct es_host_probing *p, const struct es_addr *gateway, const char *servers)
{
	bool is_other = !es_addr_same_ip(gateway, &p->gateway_ip);

	if (is_other) {
		close_socket(&p->gateway_fd);
		p->gateway = (struct es_host_gateway){ 0 };
		p->gateway_ip = *gateway;
		if (gateway->family == 4)
			p->gateway_fd = es_host_datagram_open(gateway, IPPROTO_ICMP);
	}
	/* Another gateway may be another network, and the sockets' routes are those of the one before. */
	if (is_other || strcmp(servers, p->servers) != 0)
		aim_at_servers(p, servers);
}

void
es_host_probing_send(struct es_host_probing *p, es_time now)
{
	uint8_t echo[ES_HOST_ECHO_BYTES], query[ES_HOST_QUERY_BYTES];

	if (p->gateway_fd >= 0) {
		es_host_gateway_request(&p->gateway, now, echo);
		(void)es_host_datagram_send(p->gateway_fd, es_slice_of(echo, sizeof(echo)));
	}
	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++) {
		uint16_t id;

		if (p->server[i].fd < 0 || p->server[i].resolver.is_open ||
		    getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id))
			continue;
		/* What cannot be sent is not answered either: it counts as failed. */
		es_host_resolver_query(&p->server[i].resolver, now, id, query);
		(void)es_host_datagram_send(p->server[i].fd, es_slice_of(query, sizeof(query)));
	}
}

static void
collect(struct es_host_probing *p)
{
	uint8_t room[ANSWER_MAX];
	es_time at;
	int n;

	for (unsigned k = 0; p->gateway_fd >= 0 && k < ANSWERS_MAX; k++) {
		n = es_host_datagram_receive(p->gateway_fd, room, sizeof(room), &at);
		if (n < 0)
			break;
		es_host_gateway_reply(&p->gateway, es_slice_of(room, (size_t)n), at);
	}
	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++) {
		for (unsigned k = 0; p->server[i].fd >= 0 && k < ANSWERS_MAX; k++) {
			n = es_host_datagram_receive(p->server[i].fd, room, sizeof(room), &at);
			if (n < 0)
				break;
			es_host_resolver_answer(
			    &p->server[i].resolver, es_slice_of(room, (size_t)n), at);
		}
	}
}

void
es_host_probing_read(struct es_host_probing *p, es_time now, struct es_host_reading *r)
{
	int64_t failures = 0;
	bool any = false, failed;

	collect(p);
	es_host_gateway_judge(&p->gateway, now, r);
	for (unsigned i = 0; i < ES_HOST_SERVERS_MAX; i++) {
		if (!es_host_resolver_judge(&p->server[i].resolver, now, &failed))
			continue;
		any = true;
		failures += failed;
		/* Programs ask the servers in order: the first that answers is the one they feel. */
		if (!failed && !r->has[ES_SIG_DNS_LATENCY])
			es_host_set(r, ES_SIG_DNS_LATENCY,
			    p->server[i].resolver.latency_us / STEP_US * STEP_US);
	}
	if (any)
		es_host_set(r, ES_SIG_DNS_FAILURES, failures);
}
