/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of links over a made network: what it asks in which order, and what it names. */
#include "harness.h"
#include "probes/base/text.h"
#include "probes/path/chain.h"

#include <errno.h>
#include <stdlib.h>

enum { ACTS_MAX = 64, BYTES_MAX = 1500 };

/* What the chain wanted last, and the network that answers it. */
struct net {
	struct es_chain *chain;
	struct es_chain_act act; /* the last one */
	uint8_t bytes[BYTES_MAX];
	unsigned n_acts, n_packets;
	int64_t now_us;
	bool has_route, has_default, has_gateway, is_down, is_missing;
	uint32_t segments;
	uint16_t ports[ACTS_MAX]; /* of probes that wait for their errors */
	uint8_t ttls[ACTS_MAX];
	unsigned n_probes;
	struct es_chain_act asked[ACTS_MAX];
};

static const struct es_addr server = { 4, 0, 53, { 192, 0, 2, 53 } };
static const struct es_addr second = { 4, 0, 53, { 192, 0, 2, 54 } };
static const struct es_addr stub = { 4, 0, 53, { 127, 0, 0, 53 } };
static const struct es_addr gateway = { 4, 0, 0, { 10, 0, 0, 1 } };

static int
route(void *ctx, const struct es_addr *to, struct es_chain_route *out)
{
	const struct net *n = ctx;

	memset(out, 0, sizeof(*out));
	memcpy(out->interface, "eth0", 5);
	out->is_up = !n->is_down;
	out->mtu = 1500;
	out->source = (struct es_addr){ 4, 0, 0, { 10, 0, 0, 2 } };
	if (to->ip[0] == 127)
		return 0;
	if (n->has_gateway)
		out->gateway = gateway;
	return n->has_route && !n->is_down &&
		       (n->has_default || (to->ip[0] != 198 && to->ip[0] != 0x20))
		   ? 0
		   : ES_ENOTFOUND;
}

static bool
is_missing(void *ctx, const struct es_addr *neighbour)
{
	const struct net *n = ctx;

	return es_addr_same_ip(neighbour, &gateway) && n->is_missing;
}

static uint32_t
path_mtu(void *ctx, const struct es_addr *to)
{
	(void)ctx;
	(void)to;
	return 1500;
}

static void
begin(void *ctx, const struct es_chain_act *act)
{
	struct net *n = ctx;

	n->act = *act;
	if (act->bytes.n > 0 && act->bytes.n <= sizeof(n->bytes))
		memcpy(n->bytes, act->bytes.p, act->bytes.n);
	n->act.bytes = es_slice_of(n->bytes, act->bytes.n);
	if (n->n_acts < ACTS_MAX)
		n->asked[n->n_acts] = n->act;
	n->n_acts++;
	n->n_packets += act->verb == ES_CHAIN_PING || act->verb == ES_CHAIN_DATAGRAM ||
			act->verb == ES_CHAIN_PROBE;
	if (act->verb == ES_CHAIN_PROBE && n->n_probes < ACTS_MAX) {
		n->ports[n->n_probes] = act->to.port;
		n->ttls[n->n_probes++] = act->ttl;
	}
}

static uint32_t
segments(void *ctx)
{
	const struct net *n = ctx;

	return n->segments;
}

static uint32_t
number(void *ctx)
{
	(void)ctx;
	return 0x1234;
}

static void
start_with(struct net *n, const char *target, const struct es_addr *servers, unsigned n_servers)
{
	struct es_chain_io io = { route, is_missing, path_mtu, begin, segments, number, n };
	struct es_chain_config cfg = { .n_servers = n_servers };

	memset(n, 0, sizeof(*n));
	n->has_route = n->has_default = n->has_gateway = true;
	memcpy(cfg.servers, servers, n_servers * sizeof(*servers));
	if (es_target_parse(target, &cfg.target) != 0 || es_chain_new(&cfg, &io, &n->chain) != 0)
		abort();
}

static void
start(struct net *n, const char *target)
{
	start_with(n, target, &server, 1);
	es_chain_start(n->chain, 0);
}

static void
event(struct net *n, struct es_chain_event e)
{
	es_chain_event(n->chain, &e, n->now_us);
}

static void
answer(struct net *n, const void *bytes, size_t n_bytes)
{
	n->now_us += 1000;
	event(n, (struct es_chain_event){
		     .kind = ES_CHAIN_ANSWER, .bytes = es_slice_of(bytes, n_bytes) });
}

static void
pong(struct net *n)
{
	answer(n, NULL, 0);
}

static void
timeout(struct net *n)
{
	n->now_us += (int64_t)n->act.wait_ms * 1000;
	event(n, (struct es_chain_event){ .kind = ES_CHAIN_TIMEOUT });
}

/* The question that was just asked, with this answer; data NULL: the name alone is there. */
static void
resolve(struct net *n, uint8_t rcode, const void *data, uint8_t n_data)
{
	uint8_t bytes[BYTES_MAX];
	size_t at = n->act.bytes.n;
	const uint8_t type = n->bytes[at - 3];
	const uint8_t record[] = { 0xc0, 12, 0, type, 0, 1, 0, 0, 0, 9, 0, n_data };

	memcpy(bytes, n->bytes, at);
	bytes[2] = 0x81;
	bytes[3] = (uint8_t)(0x80 | rcode);
	if (data != NULL) {
		bytes[7] = 1;
		memcpy(bytes + at, record, sizeof(record));
		memcpy(bytes + at + sizeof(record), data, n_data);
		at += sizeof(record) + n_data;
	}
	answer(n, bytes, at);
}

/* Until the end everything is silent. */
static void
go_silent(struct net *n)
{
	for (unsigned i = 0; i < 100 && !es_chain_is_done(n->chain); i++)
		timeout(n);
}

static const struct es_link *
link_of(const struct net *n, enum es_link_kind kind)
{
	static const struct es_link none;
	const struct es_path *p = es_chain_path(n->chain);

	for (uint32_t i = 0; i < p->n_links; i++)
		if (p->links[i].kind == kind)
			return &p->links[i];
	return &none;
}

static enum es_link_kind
broken(const struct net *n)
{
	const struct es_path *p = es_chain_path(n->chain);

	if (!es_chain_is_done(n->chain))
		return ES_LINK_END;
	return p->broken == NULL ? (enum es_link_kind)0 : p->broken->kind;
}

static bool
says(const struct es_link *l, const char *text)
{
	return es_text_contains_same(l->text, es_slice_str(text));
}

static const uint8_t here[4] = { 192, 0, 2, 7 };

TEST(path_chain_without_trouble_names_nothing)
{
	struct net n;

	start(&n, "pc.test");
	CHECK_EQ(n.act.verb, ES_CHAIN_PING);
	CHECK(es_addr_same_ip(&n.act.to, &gateway));
	pong(&n);
	CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_PROBE);
	CHECK_EQ(n.act.n_bytes, 1472);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->state, ES_LINK_OK);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->rtt_us, 1000);
	CHECK_EQ(link_of(&n, ES_LINK_GATEWAY)->rtt_us, 1000);
	es_chain_free(n.chain);
}

TEST(path_chain_tells_a_dead_gateway_from_one_that_answers_no_ping)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	n.is_missing = true;
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	CHECK(says(link_of(&n, ES_LINK_GATEWAY), "ARP"));
	CHECK_EQ(link_of(&n, ES_LINK_SIP)->state, ES_LINK_NOT_KNOWN);
	es_chain_free(n.chain);

	/* nothing comes back from behind it either */
	start(&n, "sip:192.0.2.7");
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	es_chain_free(n.chain);

	/* a router behind it speaks: the server is silent */
	start(&n, "sip:192.0.2.7");
	while (n.act.verb != ES_CHAIN_PROBE && !es_chain_is_done(n.chain))
		timeout(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.act.to.port,
		      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_SIP);
	CHECK_EQ(link_of(&n, ES_LINK_GATEWAY)->state, ES_LINK_OK);
	es_chain_free(n.chain);
}

/* What this machine itself says of a neighbour that it does not find is no word from behind the gateway. */
TEST(path_chain_does_not_take_its_own_icmp_for_a_router)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	while (n.act.verb != ES_CHAIN_PROBE && !es_chain_is_done(n.chain))
		timeout(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.act.to.port,
		      .from = { 4, 0, 0, { 10, 0, 0, 2 } } });
	CHECK_EQ(broken(&n), ES_LINK_GATEWAY);
	es_chain_free(n.chain);
}

TEST(path_chain_names_the_route_and_the_interface)
{
	struct net n;

	start_with(&n, "https://pc.test/", &server, 1);
	n.has_route = false;
	es_chain_start(n.chain, 0);
	CHECK_EQ(broken(&n), ES_LINK_ROUTE);
	CHECK_EQ(link_of(&n, ES_LINK_INTERFACE)->state, ES_LINK_OK);
	CHECK_EQ(link_of(&n, ES_LINK_HTTP)->state, ES_LINK_NOT_KNOWN);
	CHECK_EQ(n.n_acts, 0);
	es_chain_free(n.chain);

	start_with(&n, "10.0.0.9", &server, 1);
	n.is_down = true;
	es_chain_start(n.chain, 0);
	CHECK_EQ(broken(&n), ES_LINK_INTERFACE);
	CHECK_SLICE(link_of(&n, ES_LINK_INTERFACE)->subject, "eth0");
	es_chain_free(n.chain);
}

/* SERVFAIL of systemd-resolved on a machine without a default route is not the resolver's fault; NXDOMAIN is its word. */
TEST(path_chain_looks_behind_a_resolver_on_this_machine)
{
	struct net n;

	start_with(&n, "pc.test", &stub, 1);
	n.has_default = false;
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_ROUTE);
	es_chain_free(n.chain);

	start_with(&n, "pc.test", &stub, 1);
	es_chain_start(n.chain, 0);
	resolve(&n, 2, NULL, 0);
	CHECK_EQ(n.act.verb, ES_CHAIN_PING);
	pong(&n);
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "127.0.0.53");
	es_chain_free(n.chain);

	start_with(&n, "pc.test", &stub, 1);
	n.has_default = false;
	es_chain_start(n.chain, 0);
	resolve(&n, 3, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	es_chain_free(n.chain);
}

TEST(path_chain_asks_the_second_name_server)
{
	const struct es_addr both[] = { server, second };
	struct net n;

	start_with(&n, "pc.test", both, 2);
	es_chain_start(n.chain, 0);
	pong(&n);
	timeout(&n);
	CHECK(es_addr_eq(&n.act.to, &second));
	resolve(&n, 0, here, 4);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_DNS)->state, ES_LINK_SLOW);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "192.0.2.54");
	es_chain_free(n.chain);

	/* a word counts more than silence */
	start_with(&n, "pc.test", both, 2);
	es_chain_start(n.chain, 0);
	pong(&n);
	timeout(&n);
	resolve(&n, 5, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK_SLICE(link_of(&n, ES_LINK_DNS)->subject, "192.0.2.54");
	CHECK(says(link_of(&n, ES_LINK_DNS), "REFUSED"));
	es_chain_free(n.chain);
}

TEST(path_chain_waits_on_when_an_answer_is_not_to_its_question)
{
	static const uint8_t forged[12] = { 0x99, 0x99, 0x81, 0x83 };
	struct net n;

	start(&n, "pc.test");
	pong(&n);
	answer(&n, forged, sizeof(forged));
	CHECK(!es_chain_is_done(n.chain));
	resolve(&n, 0, here, 4);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	es_chain_free(n.chain);
}

TEST(path_chain_asks_for_aaaa_where_there_is_no_a)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	struct net n;

	start(&n, "pc.test");
	pong(&n);
	resolve(&n, 0, NULL, 0);
	CHECK_EQ(n.bytes[n.act.bytes.n - 3], 28);
	resolve(&n, 0, v6, 16);
	CHECK_EQ(n.act.to.family, 6);
	CHECK_EQ(n.act.n_bytes, 1452);
	es_chain_free(n.chain);
	start(&n, "pc.test");
	pong(&n);
	resolve(&n, 0, NULL, 0);
	resolve(&n, 0, NULL, 0);
	CHECK_EQ(broken(&n), ES_LINK_DNS);
	CHECK(says(link_of(&n, ES_LINK_DNS), "has no address"));
	es_chain_free(n.chain);
}

TEST(path_chain_follows_rfc_3263_to_port_and_transport)
{
	static const uint8_t naptr[] = { 0, 1, 0, 1, 1, 's', 8, 'S', 'I', 'P', 'S', '+', 'D', '2',
		'T', 0, 2, '_', 's', 0xc0, 12 };
	static const uint8_t srv[] = { 0, 1, 0, 1, 0x13, 0xce, 1, 'a', 0xc0, 12 };
	struct net n;

	start(&n, "sip:pbx.test");
	pong(&n);
	resolve(&n, 0, naptr, sizeof(naptr));
	resolve(&n, 0, srv, sizeof(srv));
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_CONNECT);
	CHECK_EQ(n.act.to.port, 5070);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	CHECK_EQ(n.act.verb, ES_CHAIN_SECURE);
	CHECK_STR(n.act.name, "pbx.test");
	es_chain_free(n.chain);

	/* without any of them: UDP to 5060 */
	start(&n, "sip:pbx.test");
	pong(&n);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 3, NULL, 0);
	resolve(&n, 0, here, 4);
	CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
	CHECK_EQ(n.act.to.port, 5060);
	CHECK_EQ(n.n_packets, 6);
	es_chain_free(n.chain);
}

TEST(path_chain_reset_before_a_byte_is_tcp_and_behind_one_is_not)
{
	struct net n;

	start(&n, "https://192.0.2.7/");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CLOSED, .error = ECONNRESET });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_TCP);
	es_chain_free(n.chain);

	start(&n, "https://192.0.2.7/");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_SECURED, .text = "fine" });
	answer(&n, "HTTP/1.1 ", 9);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CLOSED, .error = ECONNRESET });
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_HTTP);
	CHECK_EQ(link_of(&n, ES_LINK_TLS)->state, ES_LINK_OK);
	es_chain_free(n.chain);
}

TEST(path_chain_keeps_no_more_of_a_response_than_fits)
{
	static const uint8_t much[4000];
	struct net n;

	start(&n, "sip:192.0.2.7;transport=tcp");
	pong(&n);
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
	for (unsigned i = 0; i < 5; i++)
		answer(&n, much, sizeof(much));
	go_silent(&n);
	CHECK_EQ(broken(&n), ES_LINK_SIP);
	es_chain_free(n.chain);
}

/* A binding that is answered: our address seen there is 203.0.113.1:port, the server's other one is a.b.c.d. */
static void
bind_answer(struct net *n, uint8_t port, const uint8_t other[4])
{
	uint8_t bytes[44] = { 1, 1, 0, 24 };
	const uint8_t attributes[] = { 0, 1, 0, 8, 0, 1, 0x10, port, 203, 0, 113, 1, 0x80, 0x2c, 0,
		8, 0, 1, 0x0d, 0x97, other[0], other[1], other[2], other[3] };

	memcpy(bytes + 4, n->bytes + 4, 16);
	memcpy(bytes + 20, attributes, sizeof(attributes));
	answer(n, bytes, sizeof(bytes));
}

TEST(path_chain_tells_the_kind_of_nat_by_a_second_address)
{
	static const uint8_t other[4] = { 192, 0, 2, 8 };
	static const uint8_t own[4] = { 127, 0, 0, 1 };
	static const uint8_t group[4] = { 224, 0, 0, 1 };
	struct net n;

	for (uint8_t k = 0; k < 2; k++) {
		start(&n, "stun:192.0.2.7");
		pong(&n);
		bind_answer(&n, 1, other);
		CHECK_EQ(n.act.verb, ES_CHAIN_DATAGRAM);
		CHECK(n.act.more);
		CHECK_EQ(n.act.to.ip[3], 8);
		bind_answer(&n, (uint8_t)(1 + k), other);
		go_silent(&n);
		CHECK_EQ(broken(&n), 0);
		CHECK(says(link_of(&n, ES_LINK_STUN), k == 0 ? "one mapping" : "symmetric"));
		es_chain_free(n.chain);
	}
	/* a server cannot send us to this machine or to a group */
	for (unsigned k = 0; k < 2; k++) {
		start(&n, "stun:192.0.2.7");
		pong(&n);
		bind_answer(&n, 1, k == 0 ? own : group);
		CHECK_EQ(n.act.verb, ES_CHAIN_PROBE);
		es_chain_free(n.chain);
	}
}

TEST(path_chain_lists_hops_with_loss_and_delay)
{
	struct net n;
	const struct es_path *p;

	start(&n, "192.0.2.7");
	pong(&n);
	timeout(&n); /* of the full size */
	CHECK_EQ(n.n_probes, 5);
	for (unsigned i = 1; i < 5; i++) {
		n.now_us += 2000;
		event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
			      .error = i < 3 ? EHOSTUNREACH : ECONNREFUSED,
			      .port = n.ports[i],
			      .from = { 4, 0, 0, { 192, 0, 2, i < 3 ? (uint8_t)i : 7 } } });
	}
	CHECK_EQ(n.n_probes, 8); /* each of the three once more */
	event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
		      .error = EHOSTUNREACH,
		      .port = n.ports[5],
		      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	/* the same error again, and one of a probe that was never sent, count nothing */
	for (unsigned i = 0; i < 2; i++)
		event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
			      .error = EHOSTUNREACH,
			      .port = i == 0 ? n.ports[5] : 9,
			      .from = { 4, 0, 0, { 192, 0, 2, 1 } } });
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	p = es_chain_path(n.chain);
	CHECK_EQ(p->links[p->n_links - 1].kind, ES_LINK_HOP);
	CHECK_SLICE(p->links[p->n_links - 1].subject, "192.0.2.7");
	CHECK_EQ(p->links[p->n_links - 1].loss_ppm, 500000);
	CHECK_SLICE(p->links[p->n_links - 3].subject, "192.0.2.1");
	CHECK_EQ(p->links[p->n_links - 3].loss_ppm, 0);
	CHECK_EQ(p->links[p->n_links - 3].rtt_us, 0);
	CHECK_EQ(p->links[p->n_links - 2].rtt_us, 4000);
	es_chain_free(n.chain);
}

/* Twelve routers that answer, and a resolver that is slow: the budget ends the run, and names nobody. */
TEST(path_chain_sends_at_most_twenty_packets)
{
	static const char *const targets[] = { "sip:pbx.test", "stun:pbx.test",
		"https://192.0.2.7/", "192.0.2.7" };
	const struct es_addr all[] = { server, second, server };

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct net n;

		start_with(&n, targets[i], all, 3);
		n.segments = 9;
		es_chain_start(n.chain, 0);
		for (unsigned k = 0; k < 200 && !es_chain_is_done(n.chain); k++) {
			bool is_late = k % 2 == 0;

			if (n.act.verb == ES_CHAIN_PROBE && n.n_probes > 0)
				event(&n, (struct es_chain_event){ .kind = ES_CHAIN_ICMP,
					      .port = n.ports[k % n.n_probes],
					      .from = { 4, 0, 0, { 192, 0, 3, 1 } } });
			if (n.act.verb == ES_CHAIN_CONNECT)
				event(&n, (struct es_chain_event){ .kind = ES_CHAIN_CONNECTED });
			else if (is_late || n.act.verb != ES_CHAIN_DATAGRAM || n.act.to.port != 53)
				timeout(&n);
			else
				resolve(&n, 0, here, 4);
		}
		CHECK(es_chain_is_done(n.chain));
		CHECK(n.n_packets <= ES_CHAIN_PACKETS_MAX);
		CHECK(n.now_us <= (ES_CHAIN_TOTAL_MS + 100) * INT64_C(1000));
		es_chain_free(n.chain);
	}
}

/* Whoever was not asked, because time or packets were used up, is not accused. */
TEST(path_chain_accuses_nobody_whom_it_did_not_ask)
{
	struct net n;

	start(&n, "sip:192.0.2.7");
	n.now_us = (ES_CHAIN_TOTAL_MS + 1) * INT64_C(1000);
	pong(&n);
	CHECK_EQ(n.act.verb, ES_CHAIN_WAIT);
	go_silent(&n);
	CHECK_EQ(broken(&n), 0);
	CHECK_EQ(link_of(&n, ES_LINK_SIP)->state, ES_LINK_NOT_KNOWN);
	es_chain_free(n.chain);
}
