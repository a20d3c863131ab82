/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of one codec, from one look at it to the next. */
#include "probes/stream/clocks.h"

#define ALLOWED_NS (10 * ES_NS_PER_MS) /* added for jitter */

void
es_clocks_begin(struct es_stream_state *s)
{
	s->clock.looked_at = s->clock.transit.last_arrival;
	s->clock.looked_transit_ns = s->clock.transit.transit_ns;
	s->clock.looked_distinct = s->distinct;
	s->clock.looked_ahead_ns = 0;
	s->clock.looked_ahead = 0;
}

/*
 * A clock that runs otherwise moves each packet by as much; a network that moves them to and fro has
 * drifted by less than that in the end, and what it drifted by is chance.
 */
static bool
is_steady(const struct es_stream_state *s, int64_t drift_ns, uint64_t packets)
{
	int64_t each_ns = (drift_ns < 0 ? -drift_ns : drift_ns) / (int64_t)packets;

	return (int64_t)(s->clock.jitter.j_ns16 / 16) <= 2 * each_ns + ALLOWED_NS;
}

/* Timestamps that run ahead with most packets run so; with a few of them, a sender reset them. */
static bool
is_one_clock(const struct es_stream_state *s, uint64_t packets)
{
	return s->clock.looked_ahead == 0 || s->clock.looked_ahead > packets / 4 * 3;
}

void
es_clocks_look(struct es_stream_state *s)
{
	struct es_stream_payload *p = s->coding.audio;
	int64_t elapsed_ns = es_time_diff(s->clock.transit.last_arrival, s->clock.looked_at);
	int64_t drift_ns =
	    s->clock.transit.transit_ns - s->clock.looked_transit_ns + s->clock.looked_ahead_ns;
	uint64_t packets = s->distinct - s->clock.looked_distinct;

	if (p->is.kind != ES_CODEC_AUDIO || p->is.clock_rate_hz == 0 || elapsed_ns < 0 ||
	    s->clock.transit.rate_hz != p->is.clock_rate_hz) {
		es_clocks_begin(s);
		return;
	}
	if (elapsed_ns < ES_PACE_MIN_MS * ES_NS_PER_MS || packets < ES_PACE_MIN_PACKETS)
		return;
	if (elapsed_ns <= INT32_MAX * ES_NS_PER_MS && is_one_clock(s, packets) &&
	    is_steady(s, drift_ns, packets))
		es_pace_add(&p->pace, p->is.clock_rate_hz, (uint32_t)(elapsed_ns / ES_NS_PER_MS),
		    (elapsed_ns - drift_ns) / ES_NS_PER_MS);
	es_clocks_begin(s);
}

const struct es_stream_payload *
es_clocks_off(const struct es_stream_state *s)
{
	const struct es_stream_payload *off = NULL;

	for (unsigned i = 0; i < s->coding.n_payloads; i++) {
		const struct es_stream_payload *p = es_stream_payload_at(s, i);

		if (es_pace_is_off(&p->pace) && (off == NULL || p->packets > off->packets))
			off = p;
	}
	return off;
}
