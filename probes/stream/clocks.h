/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the timestamps of each codec of a stream run with the time that passes at the vantage. */
#ifndef EARSHOT_STREAM_CLOCKS_H
#define EARSHOT_STREAM_CLOCKS_H

#include "probes/stream/stream.h"

/*
 * Evaluates what came since the last call. Called before a block is judged, a codec ends or a record is
 * reported.
 */
void es_clocks_look(struct es_stream_state *s);

/* What comes now has another clock, or another zero: timestamps jumped. */
void es_clocks_begin(struct es_stream_state *s);

/* A packet in order whose timestamp ran ahead so far, by d_ns below 0, that it looked reset. */
static inline void
es_clocks_ahead(struct es_stream_state *s, int64_t d_ns)
{
	s->clock.looked_ahead_ns += d_ns;
	s->clock.looked_ahead++;
}

/* Whether what came of it last counts in another clock. */
static inline bool
es_clocks_is_off(const struct es_stream_payload *p)
{
	return p->pace.is_off_now && es_pace_is_off(&p->pace);
}

/* The payload that counts in another clock and has most packets; NULL: none does. */
const struct es_stream_payload *es_clocks_off(const struct es_stream_state *s);

#endif
