/* SPDX-License-Identifier: Apache-2.0 */
/* Terms of addresses: taken, shared, given back. */
#include "probes/call/terms.h"

#include <assert.h>

struct es_terms *
es_terms_new(struct es_pool *pool)
{
	uint32_t i = es_pool_take(pool);
	struct es_terms *t;

	assert(i != ES_POOL_NONE);
	t = es_pool_at(pool, i);
	t->index = i;
	t->holders = 1;
	return t;
}

void
es_terms_release(struct es_pool *pool, struct es_terms *t)
{
	if (t != NULL && --t->holders == 0)
		es_pool_give(pool, t->index);
}

struct es_terms *
es_terms_own(struct es_pool *pool, struct es_terms *t)
{
	struct es_terms *own;
	uint32_t index;

	if (t->holders == 1)
		return t;
	own = es_terms_new(pool);
	index = own->index;
	*own = *t;
	own->index = index;
	own->holders = 1;
	t->holders--;
	return own;
}

bool
es_terms_type(const struct es_terms *t, uint8_t pt, struct es_payload *out)
{
	for (unsigned i = 0; i < t->n_types; i++)
		if (t->type[i].pt == pt) {
			*out = t->type[i];
			return true;
		}
	return false;
}
