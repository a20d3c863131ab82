/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a sender counts its timestamps in the clock its codec has, by the time that passes here. What
 * it counts in instead is another of the rates that codecs have: only a ratio of two of those is
 * evidence, and only where the next stretch has it too. A network that slows down, or a sender that does, has no such ratio for long.
 */
#ifndef EARSHOT_QUALITY_TIMING_PACE_H
#define EARSHOT_QUALITY_TIMING_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_PACE_MIN_MS = 1000, /* of time that is looked at together */
	ES_PACE_MIN_PACKETS = 25,
	ES_PACE_NEAR_MS = 10000, /* in all, where the two rates are near each other */
};

struct es_pace {
	uint32_t fits_ms;      /* stretches in which timestamps ran with the time */
	uint32_t off_ms;       /* .. in which they ran as another clock would .. */
	uint32_t off_media_ms; /* .. and so far they came in those */
	uint32_t held_ms;      /* a first one, until the next has the same ratio .. */
	uint32_t held_media_ms;
	uint32_t ratio_permille; /* .. of the one before, 0: it was none such */
	bool is_off_now;         /* the last one with a result was off */
};

/* A stretch: media_ms is how far its timestamps came, in a clock of rate_hz. */
void es_pace_add(struct es_pace *p, uint32_t rate_hz, uint32_t elapsed_ms, int64_t media_ms);

/* True if most of the time with a result was off. */
bool es_pace_is_off(const struct es_pace *p);

/* How often timestamps tick when the clock should tick a million times. */
uint32_t es_pace_ratio_ppm(const struct es_pace *p);

#endif
