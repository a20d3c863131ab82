/* SPDX-License-Identifier: Apache-2.0 */
/* Arrival against the media clock: one subtraction per packet, shared by all who need it. */
#include "probes/quality/timing/transit.h"

#include "probes/base/seq.h"

/*
 * From here on a difference is a jump of a clock, not delay: no receiver waits a second, so what
 * delay there is beyond counts as loss or late anyway.
 */
#define JUMP_NS ES_NS_PER_S
/* Bounds the difference, so that a year between two packets overflows nothing later. */
#define D_MAX_NS (3600 * ES_NS_PER_S)

static void
begin(struct es_transit *t, uint32_t rate_hz)
{
	if (t->rate_hz == rate_hz)
		return;
	t->rate_hz = rate_hz;
	t->ns_per_tick = ES_NS_PER_S % rate_hz == 0 ? (uint32_t)(ES_NS_PER_S / rate_hz) : 0;
}

/* Media time of a timestamp difference; |ticks| < 2^31, so the product stays below 2^61. */
static int64_t
media_ns(const struct es_transit *t, int64_t ticks)
{
	if (t->ns_per_tick != 0)
		return ticks * t->ns_per_tick;
	return ticks * ES_NS_PER_S / t->rate_hz;
}

static int64_t
clamp(int64_t v, int64_t limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

enum es_transit_kind
es_transit_update(struct es_transit *t, uint32_t rate_hz, uint32_t rtp_ts, es_time arrival,
    struct es_transit_step *out)
{
	enum es_transit_kind kind = ES_TRANSIT_STEP;
	int64_t d_ns = 0;

	if (rate_hz == 0)
		return ES_TRANSIT_SAME;
	if (t->rate_hz != rate_hz) {
		begin(t, rate_hz);
		kind = ES_TRANSIT_FIRST;
	} else if (t->last_ts == rtp_ts) {
		return ES_TRANSIT_SAME;
	} else {
		d_ns = es_time_diff(arrival, t->last_arrival);
		d_ns = clamp(d_ns, INT64_MAX / 4) - media_ns(t, es_seq32_diff(rtp_ts, t->last_ts));
		d_ns = clamp(d_ns, D_MAX_NS);
		if (d_ns >= JUMP_NS || d_ns <= -JUMP_NS)
			kind = ES_TRANSIT_JUMP;
		else
			t->transit_ns += d_ns;
	}
	t->last_arrival = arrival;
	t->last_ts = rtp_ts;
	out->transit_ns = t->transit_ns;
	out->d_ns = d_ns;
	return kind;
}

void
es_transit_take_out(struct es_transit *t, struct es_transit_step *step)
{
	t->transit_ns -= step->d_ns;
	step->transit_ns = t->transit_ns;
}
