/* SPDX-License-Identifier: Apache-2.0 */
/* The times in which a point saw an RTP stream. */
#ifndef CORRELATE_CALL_SEEN_PERIODS_H
#define CORRELATE_CALL_SEEN_PERIODS_H

#include "correlate/call/direction.h"

enum { ES_COR_SEEN_PERIODS_MAX = 64 };

struct es_cor_seen_period {
	es_time start;
	es_time end;
};

/*
 * The periods of an RTP stream at a position, on the clock of its vantage point. A pause in which no number is missing,
 * or a hole of less than 200 ms, ends no period. 0: none, or too many.
 */
unsigned es_cor_seen_periods(const struct es_cor_direction *d, uint32_t rtp_stream,
    uint32_t position, struct es_cor_seen_period out[ES_COR_SEEN_PERIODS_MAX]);

#endif
