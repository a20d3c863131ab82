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

#endif
