/* SPDX-License-Identifier: Apache-2.0 */
/* Who called whom. */
#include "correlate/call/parties.h"

const struct es_call *
es_cor_point_call(const struct es_cor_joined_call *c, uint32_t point)
{
	uint32_t call = c->s->legs[c->points[point].leg].call;

	return call == ES_COR_NONE ? NULL : &c->s->store->calls[call].rec;
}

void
es_cor_parties(const struct es_cor_joined_call *c, struct es_explained *out)
{
	for (uint32_t i = 0; i < c->n_points; i++) {
		const struct es_call *call = es_cor_point_call(c, i);

		if (call == NULL)
			continue;
		if (out->from.n == 0)
			out->from = call->from;
		if (out->to.n == 0)
			out->to = call->to;
		if (out->final_status == 0 && (call->has & ES_CALL_HAS_STATUS) != 0)
			out->final_status = call->final_status;
	}
}
