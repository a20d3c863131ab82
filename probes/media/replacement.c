/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a stream that came under another SSRC. */
#include "probes/media/replacement.h"

#include "probes/media/flows.h"
#include "probes/media/owners.h"
#include "probes/media/siblings.h"
#include "probes/stream/side.h"

/* A stream whose numbers are missing, and those that may have carried them, in the order they came. */
struct hole {
	const struct es_streams *t;
	const struct es_stream_state *s;
	const struct es_arrival *a; /* behind it */
	uint64_t missing;
	uint32_t ptime_us;
	const struct es_stream_state *by[ES_REPLACEMENTS_MAX];
	unsigned n;
};

static bool
is_of(const struct es_streams *t, const struct es_stream_state *s, uint32_t call)
{
	uint32_t others[ES_STREAM_OTHERS_MAX];
	unsigned n;

	if (s->owner.call == call)
		return true;
	n = es_owners_others(t, s, others);
	for (unsigned i = 0; i < n; i++)
		if (others[i] == call)
			return true;
	return false;
}

/* Whether two streams to one address are of one media line of one call, as far as is known. */
static bool
is_same_line(
    const struct es_streams *t, const struct es_stream_state *a, const struct es_stream_state *b)
{
	if (a->owner.call != b->owner.call)
		return a->owner.call != ES_POOL_NONE && b->owner.call != ES_POOL_NONE &&
		       (is_of(t, a, b->owner.call) || is_of(t, b, a->owner.call));
	return a->owner.line_by == ES_LINE_BY_NOTHING || b->owner.line_by == ES_LINE_BY_NOTHING ||
	       a->owner.line == b->owner.line;
}

static bool
is_audio(const struct es_stream_state *s)
{
	return s->life != ES_STREAM_UNPROVEN && es_stream_kind(s) == ES_KIND_AUDIO;
}

/* Packets that a stream brought since it came to its path, in packet times of the hole. */
static uint64_t
brought(const struct hole *h, const struct es_stream_state *o)
{
	uint64_t packets = o->highest - es_stream_run_first(o) + 1;

	return packets * es_stream_ptime_us(o) / h->ptime_us;
}

/* Packets for which there is no time of the hole before `to`. */
static uint64_t
packets_between(const struct hole *h, es_time from, es_time to)
{
	int64_t us = es_time_diff(to, from) / ES_NS_PER_US;
	uint64_t packets = us > 0 ? ((uint64_t)us + h->ptime_us / 2) / h->ptime_us : 0;

	return packets > 0 ? packets - 1 : 0;
}

/* Whether two counts are of the same packets, but for a few that were lost or are in transit. */
static bool
is_about(uint64_t a, uint64_t b)
{
	uint64_t apart = a > b ? a - b : b - a;

	return apart <= b / 16 + 3;
}

/*
 * Whether a stream came to its path when that of the hole had stopped: at once, or after a silence in which no
 * packet was numbered, if it brought just what is missing.
 */
static bool
came_meanwhile(const struct hole *h, const struct es_stream_state *o, es_time stopped_at)
{
	int64_t ns = es_time_diff(o->run_at, stopped_at);

	if (ns < -ES_REPLACEMENT_EARLY_MS * ES_NS_PER_MS || !es_time_before(o->run_at, h->a->at))
		return false;
	return ns <= ES_REPLACEMENT_LATE_MS * ES_NS_PER_MS || is_about(brought(h, o), h->missing);
}

static void
add(struct hole *h, const struct es_stream_state *o)
{
	unsigned at = h->n++;

	for (; at > 0 && es_time_before(o->run_at, h->by[at - 1]->run_at); at--)
		h->by[at] = h->by[at - 1];
	h->by[at] = o;
}

/*
 * Whether the receiver still sends to the address from which the missing packets should have come: then the call
 * did not leave that path. Changes by SDP of one direction only are in withdrawn.h.
 */
static bool
reverse_stays(const struct hole *h)
{
	uint32_t flow = es_flow_index(h->t, &h->s->id.key.dst, &h->s->id.key.src);
	es_time since = es_time_add(h->a->at, -ES_REPLACEMENT_PAUSE_MS * ES_NS_PER_MS);
	uint32_t i = ES_POOL_NONE;

	if (flow != ES_POOL_NONE)
		i = ((const struct es_flow *)es_pool_at(&h->t->flows, flow))->streams;
	for (; i != ES_POOL_NONE; i = es_stream_at(h->t, i)->id.flow_next) {
		const struct es_stream_state *back = es_stream_at(h->t, i);

		if (is_audio(back) && es_time_before(back->run_at, h->s->highest_at) &&
		    es_time_before(since, back->prev_at))
			return true;
	}
	return false;
}

/* All that came to the address since the stream stopped. */
static void
collect(struct hole *h)
{
	bool has_stayed = reverse_stays(h);
	uint32_t i = es_siblings_first(h->t, ES_SIBLINGS_TARGET, h->s);
	es_time since = es_time_add(h->s->highest_at, -ES_REPLACEMENT_EARLY_MS * ES_NS_PER_MS);
	unsigned looked = 0;

	for (; i != ES_POOL_NONE && looked < ES_REPLACEMENTS_MAX; looked++) {
		const struct es_stream_state *o = es_stream_at(h->t, i);

		i = o->id.sibling[ES_SIBLINGS_TARGET].next;
		if (o->id.key.ssrc != h->s->id.key.ssrc && !es_time_before(o->run_at, since) &&
		    is_audio(o) && es_stream_ptime_us(o) != 0 && is_same_line(h->t, h->s, o) &&
		    (!has_stayed || es_addr_same_ip(&o->id.key.src, &h->s->id.key.src)))
			add(h, o);
	}
	/* A port of very many senders does not show which of them belong together. */
	if (h->s->owner.call == ES_POOL_NONE && looked > ES_REPLACEMENT_ORPHANS_MAX)
		h->n = 0;
}

/* Leaves those that came one after the other; what they brought. */
static uint64_t
chain(struct hole *h)
{
	es_time stopped_at = h->s->highest_at;
	uint64_t all = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < h->n; i++) {
		if (!came_meanwhile(h, h->by[i], stopped_at))
			continue;
		h->by[n++] = h->by[i];
		stopped_at = es_time_max(stopped_at, h->by[i]->highest_at);
		all += brought(h, h->by[i]);
	}
	h->n = n;
	return all;
}

/* Whether so many packets can be those that are missing: one that is on hold numbers none. */
static bool
is_as_many(const struct hole *h, uint64_t packets)
{
	if (h->missing > ES_SEQ_DROPOUT && packets < h->missing - h->missing / 16)
		return false; /* the numbers rather began again */
	return packets <= h->missing + h->missing / 16 + ES_REPLACEMENT_OVERLAP;
}

/*
 * Assigns the packets that were brought to the missing numbers; those that neither path brought are in between.
 */
static unsigned
lay(const struct hole *h, uint64_t all, struct es_stretch out[ES_REPLACEMENTS_MAX])
{
	uint64_t lost = h->missing > all ? h->missing - all : 0;
	uint64_t at = h->s->highest + 1, end = h->s->highest + h->missing;
	es_time stopped_at = h->s->highest_at;
	unsigned n = 0;

	for (unsigned i = 0; i < h->n && at <= end; i++) {
		const struct es_stream_state *o = h->by[i];
		uint64_t skip = packets_between(h, stopped_at, o->run_at);
		uint64_t packets = brought(h, o);

		skip = skip < lost ? skip : lost;
		/* So many may still be in transit, if this path is the slower one. */
		if (skip * h->ptime_us <= ES_REPLACEMENT_PAUSE_MS * 1000)
			skip = 0;
		lost -= skip;
		at += skip;
		if (at > end || packets == 0)
			continue;
		out[n] =
		    (struct es_stretch){ at, at + packets - 1 < end ? at + packets - 1 : end, o };
		at = out[n++].to + 1;
		stopped_at = es_time_max(stopped_at, o->highest_at);
	}
	if (n > 0) {
		uint64_t rest = packets_between(h, stopped_at, h->a->at);

		/* Numbers for which no time has passed are in transit, or were never forwarded. */
		out[n - 1].to = end - (rest < lost ? rest : lost);
	}
	return n;
}

unsigned
es_replacement_find(const struct es_streams *t, const struct es_stream_state *s,
    const struct es_arrival *a, uint64_t number, struct es_stretch out[ES_REPLACEMENTS_MAX])
{
	struct hole h = { .t = t, .s = s, .a = a, .missing = number - s->highest - 1 };
	uint64_t all;

	if (h.missing < ES_REPLACEMENT_PACKETS_MIN || !es_replacement_may_end(s, a) ||
	    !is_audio(s) || (s->side.rare != NULL && s->side.rare->returned.numbers_none))
		return 0;
	h.ptime_us = es_stream_ptime_us(s);
	if (h.ptime_us == 0)
		return 0;
	collect(&h);
	all = chain(&h);
	return h.n > 0 && is_as_many(&h, all) ? lay(&h, all, out) : 0;
}

/* Whether a stream came to the address when s had stopped, and ran while s was silent. */
static bool
took_over(
    const struct es_streams *t, const struct es_stream_state *s, const struct es_stream_state *o)
{
	return o->id.key.ssrc != s->id.key.ssrc && is_audio(o) && is_same_line(t, s, o) &&
	       es_time_diff(o->run_at, s->prev_at) >= -ES_REPLACEMENT_EARLY_MS * ES_NS_PER_MS &&
	       es_time_diff(o->highest_at, s->prev_at) >=
		   ES_REPLACEMENT_PAUSE_MS * ES_NS_PER_MS / 2;
}

void
es_replacement_end(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	int32_t d = es_seq_diff(a->seq, (uint16_t)s->highest);
	uint32_t i = es_siblings_first(t, ES_SIBLINGS_TARGET, s);
	struct es_stream_return *back;

	for (unsigned n = 0; d > 0 && i != ES_POOL_NONE && n < ES_REPLACEMENTS_MAX; n++) {
		const struct es_stream_state *o = es_stream_at(t, i);

		i = o->id.sibling[ES_SIBLINGS_TARGET].next;
		if (!took_over(t, s, o))
			continue;
		back = &es_side_rare(t->c, s)->returned;
		back->numbers_none |=
		    d == 1 && o->highest - es_stream_run_first(o) >= ES_REPLACEMENT_PACKETS_MIN;
		back->first = s->highest + (uint64_t)d;
		back->ts = a->ts;
		s->run_at = a->at;
		es_siblings_enter(t, s);
		return;
	}
}
