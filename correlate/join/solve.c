/* SPDX-License-Identifier: Apache-2.0 */
/* What later steps look for in the store. */
#include "correlate/join/solve.h"

int
es_cor_calls_index(struct es_cor_solve *s)
{
	if (es_cor_index_new(&s->calls, s->mem, s->store->n_calls) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->store->n_calls; i++) {
		const struct es_cor_call *c = &s->store->calls[i];

		if (c->rec.call_id.n > 0)
			es_cor_index_add(
			    &s->calls, es_cor_call_hash(s, c->vantage, c->rec.call_id), i);
	}
	return 0;
}
