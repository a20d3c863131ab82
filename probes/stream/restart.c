/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a jump of the sequence number by its timestamp. */
#include "probes/stream/restart.h"

#include "probes/base/seq.h"
#include "probes/stream/again.h"
#include "probes/stream/arrival.h"
#include "probes/stream/side.h"

enum { SEQ_CYCLE = 65536, STEPS_PER_S = 50 /* of a stream that shows none: 20 ms */ };

enum jump_is {
	HELD = 0, /* not confirmed yet */
	OUTAGE,   /* s->held and this packet continue the stream */
	STALE,    /* they come from further back than the window: stale */
	RESTART,
};

static bool
is_near(int64_t a, int64_t b, int64_t tolerance)
{
	return a - b <= tolerance && b - a <= tolerance;
}

/* How far the held packet is from the last one, in every measure that could explain it. */
struct jump {
	int64_t ts;      /* timestamp units */
	int64_t forward; /* packets, were it a gap */
	int64_t back;    /* packets, were it late */
	int64_t step;    /* timestamp units per packet, 0 unknown */
	int64_t elapsed; /* timestamp units of arrival time, -1 unknown */
	int64_t second;  /* timestamp units of one second */
};

static struct jump
measure(const struct es_stream_state *s)
{
	const struct es_arrival *h = es_stream_held(s, 0);
	uint32_t rate = s->coding.n_payloads > 0 ? s->coding.now->is.clock_rate_hz : 0;
	int64_t ms = es_time_diff(h->at, s->highest_at) / ES_NS_PER_MS;
	struct jump j;

	j.ts = es_seq32_diff(h->ts, s->highest_ts);
	j.forward = (uint16_t)(h->seq - (uint16_t)s->highest);
	j.back = SEQ_CYCLE - j.forward;
	/* Events share their timestamps: no step, and half a cycle of them would fit any time. */
	j.step = es_steps_median(&s->coding.steps);
	if (j.step == 0)
		j.step = rate / STEPS_PER_S;
	j.second = rate != 0 ? (int64_t)rate : j.step * STEPS_PER_S;
	j.elapsed = -1;
	/* After a day the timestamp has wrapped: its step is unknown. */
	if (rate != 0 && ms >= 0 && ms < INT64_C(86400000))
		j.elapsed = ms * (int64_t)rate / 1000;
	return j;
}

static enum jump_is
judge(const struct es_stream_state *s)
{
	struct jump j = measure(s);
	bool is_forward = es_seq_diff(es_stream_held(s, 0)->seq, (uint16_t)s->highest) > 0;
	bool fits_elapsed = j.elapsed >= 0 && is_near(j.ts, j.elapsed, j.second);

	if (!is_forward && j.step > 0 && is_near(j.ts, -j.back * j.step, j.second))
		return STALE;
	if (j.step > 0 && is_near(j.ts, j.forward * j.step, j.second))
		return OUTAGE;
	if (is_forward)
		return fits_elapsed ? OUTAGE : RESTART;
	/*
	 * Back in number, on in time: an outage only where the time was long enough for the packets
	 * of more than half a cycle to be sent.
	 */
	if (fits_elapsed && j.forward * j.step <= j.elapsed + j.second)
		return OUTAGE;
	return RESTART;
}

static void
refill(struct es_context *c, es_time at)
{
	int64_t s = es_time_diff(at, c->credit_at) / ES_NS_PER_S;

	if (s <= 0)
		return;
	c->credit_at = at;
	if (s > ES_JUMP_CREDIT / ES_JUMP_CREDIT_PER_S)
		s = ES_JUMP_CREDIT / ES_JUMP_CREDIT_PER_S;
	c->credit += (uint32_t)s * ES_JUMP_CREDIT_PER_S;
	if (c->credit > ES_JUMP_CREDIT)
		c->credit = ES_JUMP_CREDIT;
}

bool
es_restart_believes(
    struct es_context *c, const struct es_stream_state *s, int64_t forward, es_time at)
{
	int64_t passed_ms = es_time_diff(at, s->highest_at) / ES_NS_PER_MS;
	int64_t packet_ms = es_stream_ptime_us(s) / 1000;
	uint32_t blocks = (uint32_t)(forward / ES_BLOCK_SEQS);

	if (packet_ms < ES_JUMP_PACKET_MIN_MS)
		packet_ms = ES_JUMP_PACKET_MIN_MS;
	if (blocks <= ES_JUMP_BLOCKS_FREE || forward * packet_ms <= passed_ms + ES_JUMP_SLACK_MS)
		return true;
	refill(c, at);
	if (c->credit < blocks) {
		es_context_count(c, ES_CNT_JUMPS_REFUSED);
		return false;
	}
	c->credit -= blocks;
	return true;
}

bool
es_restart_pay(struct es_context *c, uint32_t records, es_time at)
{
	refill(c, at);
	if (c->credit < records) {
		es_context_count(c, ES_CNT_JUMPS_REFUSED);
		return false;
	}
	c->credit -= records;
	return true;
}

/*
 * Whether the stream may begin again at `at`: it had packets enough, or the engine has credit. Two
 * packets must not buy four records again and again. Refused, what confirmed the jump is stale.
 */
static bool
is_affordable(struct es_context *c, const struct es_stream_state *s, es_time at)
{
	return s->distinct >= ES_RESTART_PACKETS_FREE || es_restart_pay(c, ES_RESTART_COST, at);
}

static bool
is_comfort(const struct es_stream_state *s, uint8_t pt)
{
	for (unsigned i = 0; i < s->coding.n_payloads; i++)
		if (es_stream_payload_at(s, i)->is.pt == pt)
			return es_stream_payload_at(s, i)->is.kind == ES_CODEC_COMFORT;
	return false;
}

/*
 * Whether a packet d from the highest has to be confirmed: one that may be of a sender that
 * begins again; beyond ES_SEQ_DROPOUT, or more than ES_SEQ_MISORDER behind; further than
 * that, comfort noise, which some senders number on their own; and one that claims more blocks lost
 * whole than time has passed for once the engine's credit for such is used up. Each block lost whole
 * is a record: two packets must not buy 125 of them again and again.
 */
static bool
is_jump(struct es_context *c, struct es_stream_state *s, int32_t d, const struct es_arrival *a)
{
	s->is_past = es_again_suspects(s, d, a);
	if (s->is_past)
		return true;
	if (d >= -ES_SEQ_MISORDER && d <= ES_SEQ_MISORDER)
		return false;
	if (d > ES_SEQ_DROPOUT || d < -ES_SEQ_MISORDER || is_comfort(s, a->pt))
		return true;
	return (s->n_held > 0 && es_seq_diff(a->seq, es_stream_held(s, 0)->seq) == 1) ||
	       !es_restart_believes(c, s, d, a->at);
}

/* A loss within the distance that is believed without question, unless it costs too many records. */
static enum jump_is
confirm(struct es_context *c, const struct es_stream_state *s)
{
	int32_t d = es_seq_diff(es_stream_held(s, 0)->seq, (uint16_t)s->highest);
	enum jump_is jump = d > 0 && d <= ES_SEQ_DROPOUT ? OUTAGE : judge(s);
	uint16_t forward = (uint16_t)(es_stream_held(s, 0)->seq - (uint16_t)s->highest);

	if (jump == OUTAGE && !es_restart_believes(c, s, forward, es_stream_held(s, 0)->at))
		return RESTART;
	return jump;
}

/* Whether the number alone is a jump. */
static bool
is_far(const struct es_stream_state *s, const struct es_arrival *a)
{
	int32_t d = es_seq_diff(a->seq, (uint16_t)s->highest);

	return d < -ES_SEQ_MISORDER || d > ES_SEQ_MISORDER;
}

/* Whether a is a copy of the held one, which counts where its original will. */
static bool
is_copy_of_held(const struct es_stream_state *s, const struct es_arrival *a)
{
	return s->n_held > 0 && es_stream_held(s, 0)->seq == a->seq &&
	       es_stream_held(s, 0)->ts == a->ts &&
	       es_time_diff(a->at, es_stream_held(s, 0)->at) < ES_LATE_MAX_MS * ES_NS_PER_MS;
}

static void
hold_copy(struct es_stream_state *s, const struct es_arrival *a)
{
	struct es_stream_jump *jump = &s->side.rare->jump;

	if (s->n_held < ES_STREAM_HELD)
		jump->held[s->n_held++] = *a;
	else if (jump->held_more < UINT8_MAX)
		jump->held_more++;
}

/* a: a packet for which is_jump is true. */
static enum jump_is
hold_or_judge(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	struct es_stream_jump *jump;

	if (is_copy_of_held(s, a)) {
		hold_copy(s, a);
		return HELD;
	}
	if (s->n_held > 0 && s->is_past && es_again_confirms(s, a))
		return RESTART;
	if (s->n_held > 0 && es_seq_diff(a->seq, es_stream_held(s, 0)->seq) == 1 &&
	    is_far(s, es_stream_held(s, 0)))
		return confirm(c, s);
	/* RFC 3550 appendix A.1: a jump that nothing confirmed is forgotten for the next one. */
	es_restart_dismiss(c, s);
	jump = &es_side_rare(c, s)->jump;
	jump->held[0] = *a;
	jump->is_held_past = s->is_past;
	s->n_held = 1;
	return HELD;
}

void
es_restart_let_go(struct es_stream_state *s)
{
	if (s->n_held == 0)
		return;
	s->n_held = 0;
	s->side.rare->jump.held_more = 0;
}

void
es_restart_dismiss(struct es_context *c, struct es_stream_state *s)
{
	unsigned n = es_stream_count_held(s);

	for (unsigned i = 0; i < n; i++) {
		const struct es_arrival *h = es_stream_held(s, i);
		int32_t d = es_seq_diff(h->seq, (uint16_t)s->highest);

		if (d > 0 || d < -ES_SEQ_MISORDER)
			s->count.stale++;
		else
			es_arrival_accept(c, s, s->highest + (uint64_t)(int64_t)d, h);
	}
	es_restart_let_go(s);
}

/* What waited behind a jump, and the packet that confirmed it. */
static enum es_stream_took
take_held(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	for (unsigned i = 0; i < es_stream_count_held(s); i++) {
		const struct es_arrival *h = es_stream_held(s, i);

		es_arrival_accept(c, s, s->highest + (uint16_t)(h->seq - (uint16_t)s->highest), h);
	}
	es_restart_let_go(s);
	es_arrival_accept(c, s, s->highest + 1, a);
	return ES_TOOK;
}

/* What is held and the packet that confirmed it belong nowhere. */
static enum es_stream_took
drop_held(struct es_stream_state *s)
{
	s->count.stale += es_stream_count_held(s) + 1u;
	es_restart_let_go(s);
	return ES_TOOK;
}

static enum es_stream_took
take_jump(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	switch (hold_or_judge(c, s, a)) {
	case HELD:
		s->last_at = es_time_max(s->last_at, a->at);
		return ES_TOOK;
	case STALE:
		return drop_held(s);
	case OUTAGE:
		return take_held(c, s, a);
	case RESTART:
		break;
	}
	if (is_affordable(c, s, a->at))
		return ES_TOOK_RESTART;
	s->record.coverage.flags |= ES_COV_EVICTED;
	return drop_held(s);
}

enum es_stream_took
es_restart_packet(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	int32_t d = es_seq_diff(a->seq, (uint16_t)s->highest);

	if (is_jump(c, s, d, a))
		return take_jump(c, s, a);
	if (s->n_held > 0 && d > 0) {
		/*
		 * The stream continues besides the packets that jumped: those of another sender, or a single odd
		 * one.
		 */
		es_again_refute(s);
		es_restart_dismiss(c, s);
	}
	es_arrival_accept(c, s, s->highest + (uint64_t)(int64_t)d, a);
	return ES_TOOK;
}
