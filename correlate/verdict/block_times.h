/* SPDX-License-Identifier: Apache-2.0 */
/* When each block of a direction passed a point. */
#ifndef CORRELATE_VERDICT_BLOCK_TIMES_H
#define CORRELATE_VERDICT_BLOCK_TIMES_H

#include "correlate/call/direction.h"

struct es_cor_moment {
	bool is_known;
	es_time start;
	es_time end;
};

/*
 * When each block passed a position, on that position's own clock; estimated from another one's
 * and the clocks' difference where it saw nothing itself. From the scratch memory, NULL when full.
 */
struct es_cor_moment *es_cor_block_times(const struct es_cor_direction *d, uint32_t position);

#endif
