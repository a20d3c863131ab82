/* SPDX-License-Identifier: Apache-2.0 */
/* The MOS of a direction. */
#ifndef CORRELATE_VERDICT_DIRECTION_MOS_H
#define CORRELATE_VERDICT_DIRECTION_MOS_H

#include "correlate/call/direction.h"

/*
 * The MOS of a direction is that of its last point: all streams there, by their packets that were
 * scored. Where its media bypass the leg of that point, the leg before it at the same vantage point has
 * them. Bands have different scales: the MOS is that of the band of most packets, the narrower of two alike. Parts
 * whose packets took another path, or went past the point, are left out.
 */
void es_cor_direction_mos(const struct es_cor_direction *d, struct es_direction *out);

/* MOS with delay of a direction whose first and last points are at terminals. */
void es_cor_direction_mos_cq(const struct es_cor_direction *d, struct es_direction *out);

#endif
