/* SPDX-License-Identifier: Apache-2.0 */
/* What the portal's list asks of an explained call. */
#include "collector/query/explained.h"

#include <string.h>

es_slice
es_vantage_agent(es_slice vantage)
{
	const uint8_t *slash = vantage.n == 0 ? NULL : memchr(vantage.p, '/', vantage.n);

	return slash == NULL ? vantage : es_slice_of(vantage.p, (size_t)(slash - vantage.p));
}

bool
es_explained_saw(const struct es_explained *call, es_slice place)
{
	for (uint32_t i = 0; i < call->n_legs; i++)
		if (es_slice_eq(es_vantage_agent(call->legs[i].vantage), place) ||
		    es_slice_eq(call->legs[i].vantage, place))
			return true;
	return false;
}

bool
es_explained_worst_mos(const struct es_explained *call, uint32_t *mos_milli)
{
	bool has = false;

	for (uint32_t i = 0; i < call->n_directions; i++) {
		const struct es_direction *d = &call->directions[i];

		if (d->has_mos_lq && (!has || d->mos_lq_milli < *mos_milli)) {
			has = true;
			*mos_milli = d->mos_lq_milli;
		}
	}
	return has;
}
