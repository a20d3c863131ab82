/* SPDX-License-Identifier: Apache-2.0 */
/* Speech and pauses. */
#include "probes/quality/activity.h"

enum {
	SCALE = 16,
	DOWN = 34, /* 0.05 dB a packet, and .. */
	UP = 19 * DOWN,
	DOWN_QUIET = 1, /* .. much less in a pause: a listener is silent for minutes */
	MEAN_OVER = 256,
};

/* A quantile that walks: up to nineteen steps up for one down, so that few come above it. */
bool
es_activity_is_quiet(struct es_activity *a, int32_t level_q8, int32_t fall_q8)
{
	int32_t level = level_q8 * SCALE;
	bool is_quiet = false;

	if (a->n == 0) {
		a->n = 1;
		a->top = level;
		return false;
	}
	is_quiet = level < a->top - fall_q8 * SCALE;
	if (level > a->top)
		a->top += level - a->top < UP ? level - a->top : UP;
	else
		a->top -= is_quiet ? DOWN_QUIET : DOWN;
	return is_quiet;
}

bool
es_activity_is_short(struct es_activity *a, uint16_t payload_bytes)
{
	int32_t bytes = payload_bytes * 256;

	if (a->n < MEAN_OVER)
		a->n++;
	a->mean_q8 = (uint32_t)((int32_t)a->mean_q8 + (bytes - (int32_t)a->mean_q8) / a->n);
	return (uint32_t)bytes < a->mean_q8 / 4 * 3;
}
