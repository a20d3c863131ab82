/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets of a speaker hold speech and which hold a pause, by how loud they are against the
 * loudest of those before them, or how long against the usual.
 */
#ifndef EARSHOT_QUALITY_ACTIVITY_H
#define EARSHOT_QUALITY_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

struct es_activity {
	int32_t top; /* level that few packets exceed; 4096 a doubling */
	uint32_t mean_q8;
	uint16_t n; /* packets so far, up to the number that the mean is over */
};

/* Whether the level, 256 a doubling of amplitude, lies `fall_q8` below the top. Begins all zero. */
bool es_activity_is_quiet(struct es_activity *a, int32_t level_q8, int32_t fall_q8);

/* The same of a codec with variable bit rate: below 3/4 of the mean. */
bool es_activity_is_short(struct es_activity *a, uint16_t payload_bytes);

#endif
