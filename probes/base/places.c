/* SPDX-License-Identifier: Apache-2.0 */
/* One place for each slot of another pool. */
#include "probes/base/places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int
es_places_new(struct es_places *p, uint32_t slots, size_t item_bytes)
{
	int err = es_pool_new(&p->pool, slots, item_bytes);

	p->of = err == 0 ? calloc(slots, sizeof(*p->of)) : NULL;
	if (err == 0 && p->of == NULL) {
		es_pool_free(&p->pool);
		return ES_ENOMEM;
	}
	return err;
}

void
es_places_free(struct es_places *p)
{
	es_pool_free(&p->pool);
	free(p->of);
	p->of = NULL;
}

void *
es_places_take(struct es_places *p, uint32_t slot)
{
	uint32_t index;

	if (p->of[slot] != 0)
		return memset(es_pool_at(&p->pool, p->of[slot] - 1), 0, p->pool.item_bytes);
	index = es_pool_take(&p->pool);
	assert(index != ES_POOL_NONE); /* each one taken is of another slot */
	p->of[slot] = index + 1;
	return es_pool_at(&p->pool, index);
}

void
es_places_give(struct es_places *p, uint32_t slot)
{
	if (p->of == NULL || p->of[slot] == 0)
		return;
	es_pool_give(&p->pool, p->of[slot] - 1);
	p->of[slot] = 0;
}
