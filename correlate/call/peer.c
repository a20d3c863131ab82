/* SPDX-License-Identifier: Apache-2.0 */
/* The opposite direction shows which host is a relay, and which one is the peer behind it. */
#include "correlate/call/peer.h"

static void
gather_leg(
    const struct es_cor_direction *d, const struct es_cor_leg *leg, struct es_cor_opposite *o)
{
	const struct es_cor_solve *s = d->c->s;

	for (uint32_t i = 0; i < leg->n_stream_views && !o->is_full; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);

		es_cor_count(s, 1);
		if (s->sources[st->source].direction != -d->direction)
			continue;
		o->is_full = o->n == ES_COR_STREAM_VIEWS_MAX;
		if (!o->is_full)
			o->key[o->n++] = &es_cor_stream_of(s, st)->key;
	}
}

void
es_cor_opposite_at(const struct es_cor_direction *d, uint32_t position, struct es_cor_opposite *out)
{
	const struct es_cor_joined_call *c = d->c;
	const struct es_cor_leg *legs = c->s->legs;
	uint32_t vantage = legs[c->points[d->order[position]].leg].vantage;

	out->n = 0;
	out->is_full = false;
	for (uint32_t i = 0; i < c->n_points; i++)
		if (legs[c->points[i].leg].vantage == vantage)
			gather_leg(d, &legs[c->points[i].leg], out);
}

/* Whether a host sends on to another one than where it has it from. */
static bool
sends_on(const struct es_cor_opposite *o, const struct es_addr *relay, const struct es_addr *from)
{
	for (unsigned i = 0; i < o->n; i++)
		if (es_addr_same_ip(&o->key[i]->src, relay) &&
		    !es_addr_same_ip(&o->key[i]->dst, relay) &&
		    !es_addr_same_ip(&o->key[i]->dst, from))
			return true;
	return false;
}

bool
es_cor_is_peer(const struct es_cor_opposite *o, const struct es_addr *host)
{
	bool has_relay = false;

	for (unsigned i = 0; i < o->n && !o->is_full; i++) {
		if (es_addr_same_ip(&o->key[i]->dst, host))
			return false;
		has_relay |=
		    es_addr_same_ip(&o->key[i]->src, host) && sends_on(o, &o->key[i]->dst, host);
	}
	return has_relay;
}
