/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a stream that took another path. */
#include "probes/media/detour.h"

#include "probes/base/seq.h"
#include "probes/media/replacement.h"
#include "probes/media/siblings.h"
#include "probes/media/withdrawn.h"
#include "probes/stream/restart.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

struct detour {
	const struct es_stream_state *s;
	const struct es_arrival *a;
	uint64_t number; /* of a */
	struct es_stretch at[ES_DETOURS_MAX];
	unsigned n;
};

/* Timestamp units by which packets may be out of order: frames of video are. */
static int64_t
slack_of(const struct es_stream_state *s)
{
	const struct es_payload *p = &s->coding.now->is;

	return p->kind == ES_CODEC_AUDIO ? 0 : (int64_t)p->clock_rate_hz;
}

/*
 * Whether a stream came to its path when s had left its own, with the numbers and timestamps that s
 * misses, and did not run ahead of the packet that came back.
 */
static bool
took_over(const struct detour *w, const struct es_stream_state *o, struct es_stretch *out)
{
	const struct es_stream_state *s = w->s;
	const struct es_stream_return *back = es_stream_return(o);
	uint64_t first = es_stream_run_first(o);
	uint32_t first_ts = back != NULL ? back->ts : o->record.first_ts;
	int64_t slack = slack_of(s);
	uint64_t lead = (uint16_t)((uint16_t)first - (uint16_t)s->highest);

	out->from = s->highest + lead;
	out->to = out->from + (o->highest - first);
	out->by = o;
	return lead > 0 && out->to < w->number && o->highest > first &&
	       es_seq32_diff(first_ts, s->highest_ts) >= -slack &&
	       es_seq32_diff(w->a->ts, o->highest_ts) >= -slack &&
	       !(es_addr_eq(&o->id.key.src, &s->id.key.dst) &&
		   es_addr_eq(&o->id.key.dst, &s->id.key.src));
}

static void
add(struct detour *w, const struct es_stretch *x)
{
	unsigned at = w->n++;

	for (; at > 0 && w->at[at - 1].from > x->from; at--)
		w->at[at] = w->at[at - 1];
	w->at[at] = *x;
}

static void
find(const struct es_streams *t, struct detour *w)
{
	es_time since = es_time_add(w->s->highest_at, -ES_DETOUR_SLACK_MS * ES_NS_PER_MS);
	uint32_t i = es_siblings_first(t, ES_SIBLINGS_SSRC, w->s);

	for (unsigned n = 0; i != ES_POOL_NONE && n < ES_DETOURS_MAX; n++) {
		const struct es_stream_state *o = es_stream_at(t, i);
		struct es_stretch x;

		i = o->id.sibling[ES_SIBLINGS_SSRC].next;
		if (o == w->s)
			continue;
		if (es_time_before(o->run_at, since))
			return;
		if (o->life != ES_STREAM_UNPROVEN && took_over(w, o, &x))
			add(w, &x);
	}
}

/*
 * After the last number of the other path: numbers for which no time has passed may still be in transit there,
 * if this path is the faster one.
 */
static void
add_in_transit(struct detour *w)
{
	struct es_stretch *last = &w->at[w->n - 1];
	uint64_t missing = w->number - last->to - 1;
	int64_t passed_us = es_time_diff(w->a->at, last->by->highest_at) / ES_NS_PER_US;
	uint64_t ptime_us = es_stream_ptime_us(w->s);
	uint64_t due;

	if (missing == 0 || ptime_us == 0)
		return;
	due = passed_us > 0 ? (uint64_t)passed_us / ptime_us : 0;
	if (due < missing)
		last->to += missing - due;
}

/* Numbers of the hole that no other path carried. */
static int64_t
count_missing(const struct detour *w)
{
	uint64_t next = w->s->highest + 1, missing = 0;

	for (unsigned i = 0; i < w->n; i++) {
		missing += w->at[i].from > next ? w->at[i].from - next : 0;
		next = w->at[i].to >= next ? w->at[i].to + 1 : next;
	}
	return (int64_t)(missing + (w->number > next ? w->number - next : 0));
}

/* The records it takes are paid for, or time has passed and packets have come for them. */
static bool
is_affordable(struct es_context *c, const struct detour *w)
{
	const struct es_stream_state *s = w->s;
	bool is_free = s->judged == 0 || s->highest - s->judged >= ES_DETOUR_PACKETS_FREE;

	return (is_free || es_restart_pay(c, ES_DETOUR_COST, w->a->at)) &&
	       es_restart_believes(c, s, count_missing(w), w->a->at);
}

/* The timestamp of the last number that another path carried. */
static uint32_t
ts_of(const struct detour *w, const struct es_stretch *x)
{
	uint32_t step = es_stream_step_of(w->s, w->s->coding.audio);

	if (x->by != NULL && x->by->id.key.ssrc == w->s->id.key.ssrc)
		return x->by->highest_ts;
	return w->a->ts - (uint32_t)(w->number - x->to) * step;
}

/* When it came, or was due: a packet time before the next one. */
static es_time
time_of(const struct detour *w, const struct es_stretch *x)
{
	int64_t us = (int64_t)(w->number - x->to) * es_stream_ptime_us(w->s);

	return x->by != NULL ? x->by->highest_at : es_time_add(w->a->at, -us * ES_NS_PER_US);
}

void
es_detour_packet(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a)
{
	struct detour w = { .s = s, .a = a };
	struct es_stream_return *back;

	w.number = s->highest + (uint16_t)(a->seq - (uint16_t)s->highest);
	find(t, &w);
	if (w.n > 0)
		add_in_transit(&w);
	else
		w.n = es_replacement_find(t, s, a, w.number, w.at);
	if (w.n == 0)
		w.n = es_withdrawn_find(t, s, a, w.number, w.at);
	if (w.n == 0 || !is_affordable(t->c, &w))
		return;
	for (unsigned i = 0; i < w.n; i++) {
		const struct es_stretch *x = &w.at[i];

		if (x->to <= s->highest)
			continue;
		es_window_skip(
		    t->c, s, x->from > s->highest ? x->from : s->highest + 1, x->to, a->at);
		s->highest_ts = ts_of(&w, x);
		s->highest_at = es_time_max(s->highest_at, time_of(&w, x));
		s->prev_at =
		    es_time_max(s->prev_at, x->by != NULL ? x->by->prev_at : time_of(&w, x));
	}
	back = &es_side_rare(t->c, s)->returned;
	back->missed = w.n == 1 ? w.at[0].to - w.at[0].from + 1 : 0;
	back->first = w.number;
	back->ts = a->ts;
	s->run_at = a->at;
	es_siblings_enter(t, s);
}
