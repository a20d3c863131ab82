/* SPDX-License-Identifier: Apache-2.0 */
/* Fault: the span that lost most of the bad packets of a direction. */
#include "correlate/verdict/fault.h"

void
es_cor_fault(const struct es_cor_direction *d, struct es_cor_fault *out)
{
	uint64_t all = d->upstream.lost + d->upstream.late;
	/* loss between two points outranks packets that no point saw, where it is at least half as much */
	uint64_t best = d->upstream.lost >= d->upstream.late ? all / 2 : all;

	memset(out, 0, sizeof(*out));
	out->is_upstream = true;
	out->lost = d->upstream.lost;
	out->late = d->upstream.late;
	for (uint32_t i = 0; i < d->n_points; i++) {
		for (uint32_t k = i + 1; k < d->n_points; k++) {
			const struct es_cor_span *s = &d->spans[i][k];

			all += s->lost + s->late;
			/* on a tie a span between two points wins over what is upstream */
			if (s->lost + s->late < best || s->lost + s->late == 0 ||
			    (s->lost + s->late == best && !out->is_upstream))
				continue;
			best = s->lost + s->late;
			out->is_upstream = false;
			out->from = i;
			out->to = k;
			out->lost = s->lost;
			out->late = s->late;
		}
	}
	out->share_ppm =
	    all == 0 ? 0 : (uint32_t)((out->lost + out->late) * UINT64_C(1000000) / all);
}
