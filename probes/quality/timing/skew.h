/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clock skew of the sender: slope of the lower envelope of transit, from the minima of up to eight windows that
 * double in length while the stream lasts. Fixed memory, O(1) per packet.
 */
#ifndef EARSHOT_QUALITY_TIMING_SKEW_H
#define EARSHOT_QUALITY_TIMING_SKEW_H

#include "earshot/time.h"

enum { ES_SKEW_WINDOWS = 8 };

struct es_skew_point {
	uint32_t at_ms;     /* since the first packet */
	int32_t transit_us; /* the window's minimum */
};

struct es_skew { /* begins as zeros */
	es_time first;
	int64_t drift_ns; /* what the skew made of transit so far, as known at each packet */
	uint32_t last_ms;
	int32_t ppb; /* as learned last, 0 unknown */
	struct es_skew_point point[ES_SKEW_WINDOWS];
	uint32_t end_ms;   /* of the window of the last point */
	uint8_t doublings; /* of the windows' length */
	uint8_t n;
	bool started;
};

/*
 * transit_ns of es_transit_update, for every kind but ES_TRANSIT_SAME. Returns it without the drift of the
 * clocks, as far as the skew is learned: the input of delay variation and of the modelled receiver.
 */
int64_t es_skew_update(struct es_skew *s, es_time arrival, int64_t transit_ns);

/* Learns the skew from what was seen so far; each few seconds is enough. */
void es_skew_learn(struct es_skew *s);

/*
 * Parts per billion, positive where the sender's clock is fast against the capture's. False while
 * unknown: less than 5 s of stream, or minima too scattered for 50 ppm.
 */
bool es_skew_ppb(const struct es_skew *s, int32_t *out);

#endif
