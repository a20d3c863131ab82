/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguishes a new beginning from late packets and copies. */
#include "probes/stream/again.h"

#include "probes/stream/window.h"

enum {
	SEQ_CYCLE = 65536,
	STEPS_PER_S = 50,         /* of a stream that shows no step: 20 ms */
	FIRST_REACH = 3000,       /* numbers from the first one on that are its beginning */
	PAUSED_MAX_MS = 10000000, /* what is longer is as long */
};

/* A suspect in time, against the newest packet heard. */
struct lateness {
	int64_t paused_ms; /* how long nothing newer came */
	int64_t behind;    /* timestamp units; negative: ahead */
	int64_t second;    /* timestamp units, 0 unknown */
};

static struct lateness
measure(const struct es_stream_state *s, const struct es_arrival *a)
{
	uint32_t rate = s->coding.n_payloads > 0 ? s->coding.now->is.clock_rate_hz : 0;
	int64_t ms = es_time_diff(a->at, s->highest_at) / ES_NS_PER_MS;
	struct lateness l;

	l.paused_ms = ms > PAUSED_MAX_MS    ? PAUSED_MAX_MS
		      : ms < -PAUSED_MAX_MS ? -PAUSED_MAX_MS
					    : ms;
	l.behind = es_seq32_diff(s->highest_ts, a->ts);
	l.second = rate;
	if (rate == 0)
		l.second = (int64_t)es_steps_median(&s->coding.steps) * STEPS_PER_S;
	return l;
}

static bool
has_paused(const struct lateness *l)
{
	return l->paused_ms >= ES_LATE_MAX_MS;
}

static bool
is_too_late(const struct lateness *l)
{
	if (l->second == 0)
		return l->behind >= 0 && has_paused(l);
	return l->behind * 1000 >= (ES_LATE_MAX_MS - l->paused_ms) * l->second;
}

static int64_t
step_of(const struct es_stream_state *s)
{
	return es_steps_median(&s->coding.steps);
}

static const struct es_payload *
payload_of(const struct es_stream_state *s, uint8_t pt)
{
	for (unsigned i = 0; i < s->coding.n_payloads; i++)
		if (es_stream_payload_at(s, i)->is.pt == pt)
			return &es_stream_payload_at(s, i)->is;
	return NULL;
}

/*
 * A number that fell back under a timestamp that is ahead: no late packet has that. Frames of video may
 * come out of the order of their timestamps, comfort noise may be numbered on its own, and where the
 * time was long enough for a whole cycle of packets they were lost.
 */
static bool
is_ahead(const struct es_stream_state *s, int32_t d, const struct es_arrival *a,
    const struct lateness *l)
{
	const struct es_payload *p = payload_of(s, a->pt);
	int64_t slack = p != NULL && p->kind == ES_CODEC_AUDIO ? 0 : l->second;

	if (l->second == 0 || -l->behind <= slack || (p != NULL && p->kind == ES_CODEC_COMFORT))
		return false;
	return (SEQ_CYCLE + d) * step_of(s) > l->paused_ms * l->second / 1000 + l->second;
}

/* A number ahead of the highest that is the stream's first again, since the numbers went round. */
static bool
is_first_again(
    const struct es_stream_state *s, const struct es_arrival *a, const struct lateness *l)
{
	int64_t from_first = es_seq_diff(a->seq, (uint16_t)s->lowest);
	int64_t ts = es_seq32_diff(a->ts, s->record.first_ts) - from_first * step_of(s);

	return s->highest - s->lowest > SEQ_CYCLE / 2 && from_first >= 0 &&
	       from_first <= FIRST_REACH && ts <= l->second && -ts <= l->second;
}

/* Whether the window knows that this number never came. */
static bool
is_missing(const struct es_stream_state *s, int32_t d)
{
	uint64_t number = s->highest + (uint64_t)(int64_t)d;

	return number >= s->lowest && number / ES_BLOCK_SEQS + 1 >= s->highest / ES_BLOCK_SEQS &&
	       !es_window_has(s->window.got, number);
}

/* It follows old packets that came while the stream continued, and is as old as its number shows. */
static bool
is_delayed(
    struct es_stream_state *s, int32_t d, const struct es_arrival *a, const struct lateness *l)
{
	int64_t ts = l->behind + d * step_of(s);
	struct es_stream_rare *rare = s->side.rare;
	int32_t after;

	if (rare == NULL || !rare->jump.has_delayed)
		return false;
	after = es_seq_diff(a->seq, rare->jump.delayed_seq);
	if (after < 0 || after > ES_AGAIN_NEAR || ts > l->second || -ts > l->second ||
	    es_time_diff(a->at, s->last_at) >= ES_LATE_MAX_MS * ES_NS_PER_MS)
		return false;
	rare->jump.delayed_seq = a->seq;
	s->last_at = es_time_max(s->last_at, a->at);
	return true;
}

bool
es_again_suspects(struct es_stream_state *s, int32_t d, const struct es_arrival *a)
{
	struct lateness l = measure(s, a);

	if (d > 0)
		return is_too_late(&l) && is_first_again(s, a, &l);
	if (!is_too_late(&l) && !is_ahead(s, d, a, &l))
		return false;
	if (!has_paused(&l) &&
	    (is_missing(s, d) || es_copies_has(&s->window.copies, a->seq, a->ts)))
		return false;
	return !is_delayed(s, d, a, &l);
}

bool
es_again_confirms(const struct es_stream_state *s, const struct es_arrival *a)
{
	const struct es_arrival *h = es_stream_held(s, 0);
	int32_t after = es_seq_diff(a->seq, h->seq);
	int64_t ptime_us = es_stream_ptime_us(s);
	int64_t apart_us = es_time_diff(a->at, h->at) / ES_NS_PER_US;

	if (!s->side.rare->jump.is_held_past || after == 0 || after > ES_AGAIN_NEAR ||
	    after < -ES_AGAIN_NEAR)
		return false;
	if (es_time_diff(h->at, s->highest_at) >= ES_LATE_MAX_MS * ES_NS_PER_MS)
		return true;
	/* A queue drains at once, while the stream continues. */
	return after > 0 && apart_us * 2 >= ptime_us * after &&
	       es_time_diff(a->at, s->highest_at) / ES_NS_PER_US * 2 >= ptime_us * 3;
}

void
es_again_refute(struct es_stream_state *s)
{
	struct es_stream_jump *jump = &s->side.rare->jump;

	if (!jump->is_held_past)
		return;
	jump->has_delayed = true;
	jump->delayed_seq = jump->held[0].seq;
}
