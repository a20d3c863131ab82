/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a time in which SDP named another address. */
#include "probes/media/withdrawn.h"

#include "probes/media/owners.h"
#include "probes/media/siblings.h"

/* What is missing of a stream before the packet that came. */
struct hole {
	const struct es_streams *t;
	const struct es_stream_state *s;
	const struct es_arrival *a;
	uint64_t number;
	uint32_t ptime_us;
};

static uint64_t
missing_of(const struct hole *h)
{
	return h->number - h->s->highest - 1;
}

/* Packets that are due between two times, one of which is a packet's own. */
static uint64_t
packets_in(const struct hole *h, es_time from, es_time to)
{
	int64_t us = es_time_diff(to, from) / ES_NS_PER_US;

	return us > 0 ? (uint64_t)(us - 1) / h->ptime_us : 0;
}

/*
 * Whether a call withdrew an address in the time of the hole. A sender that holds may send on: its address counts
 * as a source when another one took its place.
 */
static bool
is_withdrawn(const struct hole *h, const struct es_addr *addr, uint32_t call, bool as_source,
    es_time *from, es_time *to)
{
	uint32_t i = es_media_table_of_call(h->t->c, h->t->media, addr, call);
	const struct es_media *m;

	if (i == ES_POOL_NONE)
		return false;
	m = es_media_table_at(h->t->media, i);
	if ((!m->is_away && m->away_at.ns == 0) || (as_source && m->is_held))
		return false;
	*from = m->is_away ? m->left_at : m->away_at;
	*to = m->is_away ? h->a->at : m->back_at;
	/* media that still come follow other signalling than the SDP that was seen */
	return es_time_before(*from, h->a->at) && es_time_before(h->s->highest_at, *to) &&
	       es_time_diff(h->s->highest_at, *from) <= ES_WITHDRAWN_SLACK_MS * ES_NS_PER_MS;
}

static bool
find_in_call(const struct hole *h, uint32_t call, es_time *from, es_time *to)
{
	return is_withdrawn(h, &h->s->id.key.dst, call, false, from, to) ||
	       is_withdrawn(h, &h->s->id.key.src, call, true, from, to);
}

static bool
find_in_calls(const struct hole *h, es_time *from, es_time *to)
{
	uint32_t others[ES_STREAM_OTHERS_MAX];
	unsigned n;

	if (h->s->owner.call == ES_POOL_NONE)
		return false;
	if (find_in_call(h, h->s->owner.call, from, to))
		return true;
	n = es_owners_others(h->t, h->s, others);
	for (unsigned i = 0; i < n; i++)
		if (find_in_call(h, others[i], from, to))
			return true;
	return false;
}

/* The missing numbers of the time from..to, where the hole began and ended about then. */
static unsigned
between(const struct hole *h, es_time from, es_time to, struct es_stretch *out)
{
	int64_t slack_ns = ES_WITHDRAWN_SLACK_MS * ES_NS_PER_MS;
	uint64_t head = 0, tail = 0;

	if (es_time_diff(from, h->s->highest_at) > slack_ns)
		head = packets_in(h, h->s->highest_at, from);
	if (es_time_diff(h->a->at, to) > slack_ns)
		tail = packets_in(h, to, h->a->at);
	if (head + tail >= missing_of(h))
		return 0;
	*out = (struct es_stretch){ h->s->highest + 1 + head, h->number - 1 - tail, NULL };
	return 1;
}

/* What did not come to the relay that the stream comes from, under the same numbers. */
static unsigned
not_relayed(const struct hole *h, struct es_stretch *out)
{
	uint32_t i = es_siblings_first(h->t, ES_SIBLINGS_SSRC, h->s);

	for (unsigned n = 0; i != ES_POOL_NONE && n < ES_WITHDRAWN_SIBLINGS_MAX; n++) {
		const struct es_stream_state *o = es_stream_at(h->t, i);
		const struct es_stream_return *back = es_stream_return(o);
		int64_t ns = es_time_diff(h->a->at, o->run_at);
		uint64_t behind;

		i = o->id.sibling[ES_SIBLINGS_SSRC].next;
		if (o == h->s || back == NULL || back->missed == 0)
			continue;
		behind = (uint16_t)(h->number - back->first);
		if (behind + back->missed > missing_of(h) || ns < 0 ||
		    ns > ES_WITHDRAWN_SLACK_MS * ES_NS_PER_MS ||
		    !es_addr_same_ip(&o->id.key.dst, &h->s->id.key.src))
			continue;
		out->to = h->number - 1 - behind;
		out->from = out->to - back->missed + 1;
		out->by = NULL;
		return 1;
	}
	return 0;
}

unsigned
es_withdrawn_find(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_arrival *a, uint64_t number, struct es_stretch *out)
{
	struct hole h = { t, s, a, number, es_stream_ptime_us(s) };
	es_time from, to;

	if (h.ptime_us == 0 || missing_of(&h) < ES_REPLACEMENT_PACKETS_MIN ||
	    !es_replacement_may_end(s, a) ||
	    missing_of(&h) > 2 * packets_in(&h, s->highest_at, a->at) + ES_REPLACEMENT_PACKETS_MIN)
		return 0;
	return find_in_calls(&h, &from, &to) ? between(&h, from, to, out) : not_relayed(&h, out);
}
