/* SPDX-License-Identifier: Apache-2.0 */
/* Objects by index out of one reserved run of memory. */
#include "probes/base/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* malloc aligns to less than a line. */
static uint8_t *
first_line(void *reserved)
{
	uint8_t *at = reserved;

	return at + (ES_POOL_LINE - (uintptr_t)at % ES_POOL_LINE) % ES_POOL_LINE;
}

int
es_pool_new(struct es_pool *p, uint32_t cap, size_t item_bytes)
{
	size_t slack;

	memset(p, 0, sizeof(*p));
	p->free_head = ES_POOL_NONE;
	if (cap == 0 || cap == ES_POOL_NONE || item_bytes == 0)
		return ES_EINVALID;
	if (item_bytes > SIZE_MAX - 7 || cap > (SIZE_MAX - ES_POOL_LINE) / (item_bytes + 7))
		return ES_ENOMEM;
	p->item_bytes = (item_bytes + 7) / 8 * 8;
	p->cap = cap;
	slack = p->item_bytes % ES_POOL_LINE == 0 ? ES_POOL_LINE : 0;
	p->reserved = calloc(1, cap * p->item_bytes + slack); /* pages come zeroed when touched */
	p->used = calloc((size_t)cap / 64 + 1, sizeof(*p->used));
	if (p->reserved == NULL || p->used == NULL) {
		es_pool_free(p);
		return ES_ENOMEM;
	}
	p->items = slack > 0 ? first_line(p->reserved) : p->reserved;
	return 0;
}

void
es_pool_free(struct es_pool *p)
{
	free(p->reserved);
	free(p->used);
	memset(p, 0, sizeof(*p));
	p->free_head = ES_POOL_NONE;
}

uint32_t
es_pool_take(struct es_pool *p)
{
	uint32_t index = p->free_head;

	if (index != ES_POOL_NONE) {
		uint8_t *item = es_pool_at(p, index);

		memcpy(&p->free_head, item, sizeof(p->free_head));
		memset(item, 0, p->item_bytes);
	} else if (p->fresh < p->cap) {
		index = p->fresh++;
	} else {
		return ES_POOL_NONE;
	}
	p->used[index / 64] |= UINT64_C(1) << index % 64;
	p->n_used++;
	return index;
}

void
es_pool_give(struct es_pool *p, uint32_t index)
{
	assert(es_pool_is_used(p, index));
	p->used[index / 64] &= ~(UINT64_C(1) << index % 64);
	memcpy(es_pool_at(p, index), &p->free_head, sizeof(p->free_head));
	p->free_head = index;
	p->n_used--;
}

uint32_t
es_pool_next(const struct es_pool *p, uint32_t from)
{
	for (uint32_t i = from; i < p->fresh; i++) {
		if (i % 64 == 0 && p->used[i / 64] == 0) {
			i += 63; /* a whole word of free ones */
			continue;
		}
		if (es_pool_is_used(p, i))
			return i;
	}
	return ES_POOL_NONE;
}
