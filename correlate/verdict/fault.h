/* SPDX-License-Identifier: Apache-2.0 */
/* The span that lost most of the bad packets of a direction. */
#ifndef CORRELATE_VERDICT_FAULT_H
#define CORRELATE_VERDICT_FAULT_H

#include "correlate/call/direction.h"

struct es_cor_fault {
	bool
	    is_upstream; /* of the first point: no point saw the packets, or they were late there */
	uint32_t from;   /* positions in the direction's sense */
	uint32_t to;
	uint64_t lost;
	uint64_t late;
	uint32_t share_ppm; /* of all bad packets */
};

void es_cor_fault(const struct es_cor_direction *d, struct es_cor_fault *out);

/*
 * An RTP stream may begin on the path: in a relay between two points, which sends what came to it under numbers of
 * its own. What no point saw of it did not come to the first point that sees it; the points before saw its packets
 * under other numbers, or did not see them either.
 */

/*
 * The last position that is known to be before the relay whose RTP streams are seen at `first` first: the nearest one
 * that sees the direction if media end there, else a terminal. ES_COR_NONE: none; they may have gone past what is before.
 */
uint32_t es_cor_begins_behind(const struct es_cor_direction *d, uint32_t first);

/* Divides what is missing of such streams, in `begun`, between the span of the relay and what is upstream of it. */
void es_cor_beginnings(struct es_cor_direction *d);

#endif
