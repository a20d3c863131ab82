/* SPDX-License-Identifier: Apache-2.0 */
/* A made network for the chain of links: it keeps what the chain wants, and answers as the test says. */
#ifndef TESTS_PATH_RIG_H
#define TESTS_PATH_RIG_H

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

static inline int
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

static inline bool
is_missing(void *ctx, const struct es_addr *neighbour)
{
	const struct net *n = ctx;

	return es_addr_same_ip(neighbour, &gateway) && n->is_missing;
}

static inline uint32_t
path_mtu(void *ctx, const struct es_addr *to)
{
	(void)ctx;
	(void)to;
	return 1500;
}

static inline void
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

static inline uint32_t
segments(void *ctx)
{
	const struct net *n = ctx;

	return n->segments;
}

static inline uint32_t
number(void *ctx)
{
	(void)ctx;
	return 0x1234;
}

static inline void
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

static inline void
start(struct net *n, const char *target)
{
	start_with(n, target, &server, 1);
	es_chain_start(n->chain, 0);
}

static inline void
event(struct net *n, struct es_chain_event e)
{
	es_chain_event(n->chain, &e, n->now_us);
}

static inline void
answer(struct net *n, const void *bytes, size_t n_bytes)
{
	n->now_us += 1000;
	event(n, (struct es_chain_event){
		     .kind = ES_CHAIN_ANSWER, .bytes = es_slice_of(bytes, n_bytes) });
}

static inline void
pong(struct net *n)
{
	answer(n, NULL, 0);
}

static inline void
timeout(struct net *n)
{
	n->now_us += (int64_t)n->act.wait_ms * 1000;
	event(n, (struct es_chain_event){ .kind = ES_CHAIN_TIMEOUT });
}

/* The question that was just asked, with this answer; data NULL: the name alone is there. */
static inline void
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
static inline void
go_silent(struct net *n)
{
	for (unsigned i = 0; i < 100 && !es_chain_is_done(n->chain); i++)
		timeout(n);
}

static inline const struct es_link *
link_of(const struct net *n, enum es_link_kind kind)
{
	static const struct es_link none;
	const struct es_path *p = es_chain_path(n->chain);

	for (uint32_t i = 0; i < p->n_links; i++)
		if (p->links[i].kind == kind)
			return &p->links[i];
	return &none;
}

static inline enum es_link_kind
broken(const struct net *n)
{
	const struct es_path *p = es_chain_path(n->chain);

	if (!es_chain_is_done(n->chain))
		return ES_LINK_END;
	return p->broken == NULL ? (enum es_link_kind)0 : p->broken->kind;
}

static inline bool
says(const struct es_link *l, const char *text)
{
	return es_text_contains_same(l->text, es_slice_str(text));
}

static const uint8_t here[4] = { 192, 0, 2, 7 };

#endif
