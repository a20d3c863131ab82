/* SPDX-License-Identifier: Apache-2.0 */
/* What lies on the way to the target: the largest packet that passes, and the routers by ICMP. */
#include "probes/path/chain_private.h"

#include <errno.h>

enum {
	ANSWER_MS = 700,
	ROUND_PROBES = 4,
	SILENT_ROUNDS_MAX = 2,
	PROBE_BYTES = 12,
	HEADERS4_BYTES = 28,
	HEADERS6_BYTES = 48,
	MTU_MAX = 9216, /* above: no link of a network */
};

static void next_round(struct es_chain *c);

/* ---- probes ---- */

/* Each has a port of its own, by which its ICMP error is known again. */
static void
probe(struct es_chain *c, uint8_t ttl, uint16_t n_bytes, es_chain_handler *on)
{
	struct es_chain_act act = { .verb = ES_CHAIN_PROBE,
		.to = c->to,
		.ttl = ttl,
		.n_bytes = n_bytes,
		.wait_ms = ANSWER_MS,
		.more = c->n_probes > 0 };

	act.to.port = (uint16_t)(ES_CHAIN_PORT + c->n_probes);
	c->probe_ttl[c->n_probes] = ttl;
	c->probe_us[c->n_probes] = c->now_us;
	c->n_probes++;
	es_chain_do(c, &act, on);
}

/* ---- hops ---- */

/* Silent hops behind the last that answers say nothing but that the rest is hidden. */
static void
end(struct es_chain *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_hops; i++)
		if (c->hops[i].from.family != 0)
			n = i + 1;
	for (unsigned i = 0; i < n; i++)
		if (c->hops[i].is_target)
			n = i +
			    1; /* ends the loop: what was sent further came to the target, too */
	c->n_hops = n;
	es_chain_finish(c);
}

/* The hop that a probe was for, if this ICMP error is about one of this round; the probe counts once. */
static struct hop *
hop_of(struct es_chain *c, const struct es_chain_event *e, uint32_t *rtt_us, bool *is_awaited)
{
	unsigned i = (unsigned)(e->port - ES_CHAIN_PORT);
	int64_t us;
	uint8_t ttl;

	if (e->port < ES_CHAIN_PORT || i >= c->n_probes || c->probe_ttl[i] == 0)
		return NULL;
	ttl = c->probe_ttl[i];
	c->probe_ttl[i] = 0;
	us = c->now_us - c->probe_us[i];
	*rtt_us = us < 0 ? 0 : (uint32_t)us;
	*is_awaited = i >= c->round_from;
	return &c->hops[ttl - 1];
}

/* What this machine itself says of a neighbour is no hop, but where it is its own target. */
static bool
is_own(const struct es_chain *c, const struct es_chain_event *e)
{
	return es_addr_same_ip(&e->from, &c->route.source) && !es_addr_same_ip(&e->from, &c->to);
}

static void
on_hop(struct es_chain *c, const struct es_chain_event *e)
{
	struct hop *h;
	uint32_t rtt_us;
	bool is_awaited;

	if (e->kind == ES_CHAIN_TIMEOUT || e->kind == ES_CHAIN_ERROR) {
		if (!c->is_second_round)
			c->n_silent_rounds =
			    c->n_awaited == ROUND_PROBES ? c->n_silent_rounds + 1 : 0;
		next_round(c);
		return;
	}
	if (e->kind != ES_CHAIN_ICMP || is_own(c, e) ||
	    (h = hop_of(c, e, &rtt_us, &is_awaited)) == NULL)
		return;
	if (h->from.family == 0) {
		h->from = e->from;
		h->from.port = 0;
		h->rtt_us = rtt_us;
	}
	h->n_answers++;
	if (rtt_us < h->rtt_us)
		h->rtt_us = rtt_us;
	h->is_target = h->is_target || es_addr_same_ip(&e->from, &c->to);
	if (is_awaited && --c->n_awaited == 0)
		next_round(c);
}

static bool
has_target(const struct es_chain *c)
{
	for (unsigned i = 0; i < c->n_hops; i++)
		if (c->hops[i].is_target)
			return true;
	return false;
}

/* Those that answered are asked once more: one answer says nothing about loss. */
static void
second_round(struct es_chain *c)
{
	uint32_t left = es_chain_left(c);

	c->is_second_round = true;
	c->n_awaited = 0;
	for (unsigned i = 0; i < c->n_hops && c->n_awaited < left; i++) {
		if (c->hops[i].from.family == 0)
			continue;
		c->hops[i].n_sent++;
		c->n_awaited++;
		if (c->hops[i].is_target)
			break;
	}
	left = c->n_awaited;
	if (left == 0) {
		end(c);
		return;
	}
	c->round_from = c->n_probes;
	for (unsigned i = 0; i < c->n_hops && left > 0; i++) {
		if (c->hops[i].from.family == 0)
			continue;
		left--;
		probe(c, (uint8_t)(i + 1), PROBE_BYTES, on_hop);
	}
}

static void
next_round(struct es_chain *c)
{
	uint32_t left = es_chain_left(c);
	unsigned n = left < ROUND_PROBES ? left : ROUND_PROBES;

	if (c->is_second_round || c->is_spent) {
		end(c);
		return;
	}
	if (n > HOPS_MAX - c->n_hops)
		n = HOPS_MAX - c->n_hops;
	if (n == 0 || has_target(c) || c->n_silent_rounds == SILENT_ROUNDS_MAX) {
		second_round(c);
		return;
	}
	c->n_awaited = n;
	c->round_from = c->n_probes;
	for (unsigned i = 0; i < n; i++) {
		c->hops[c->n_hops].n_sent = 1;
		c->n_hops++;
		probe(c, (uint8_t)c->n_hops, PROBE_BYTES, on_hop);
	}
}

/* ---- MTU ---- */

static void
set_mtu(struct es_chain *c)
{
	char to[ES_ADDR_TEXT_MAX];
	uint32_t mtu = c->io.path_mtu(c->io.ctx, &c->to);

	(void)es_addr_ip_text(&c->to, to); /* fits */
	if (mtu == 0)
		es_chain_set(c, ES_LINK_MTU, ES_LINK_NOT_KNOWN, to, "the kernel does not say");
	else if (mtu < c->route.mtu && c->route.mtu <= MTU_MAX)
		es_chain_set(c, ES_LINK_MTU, ES_LINK_OK, to, "%u bytes, less than the %u of %s",
		    (unsigned)mtu, (unsigned)c->route.mtu, c->route.interface);
	else
		es_chain_set(c, ES_LINK_MTU, ES_LINK_OK, to, "%u bytes%s", (unsigned)mtu,
		    c->is_full_size ? ", and such a packet passes" : "");
}

static void
on_full_size(struct es_chain *c, const struct es_chain_event *e)
{
	if (e->kind == ES_CHAIN_ICMP) /* EMSGSIZE of a router: the kernel has noted what passes */
		c->is_full_size = e->error != EMSGSIZE && es_addr_same_ip(&e->from, &c->to);
	else if (e->kind != ES_CHAIN_TIMEOUT && e->kind != ES_CHAIN_ERROR)
		return;
	set_mtu(c);
	next_round(c);
}

void
es_chain_trace(struct es_chain *c)
{
	uint32_t headers = c->to.family == 6 ? HEADERS6_BYTES : HEADERS4_BYTES;

	if (c->route.mtu > headers && c->route.mtu <= MTU_MAX && es_chain_left(c) > 0 &&
	    !c->is_spent) {
		probe(c, 0, (uint16_t)(c->route.mtu - headers), on_full_size);
		return;
	}
	set_mtu(c);
	next_round(c);
}
