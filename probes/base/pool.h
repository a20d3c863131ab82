/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed number of equal objects, named by a 32-bit index. All memory is reserved in es_pool_new
 * and a page of it is touched only when the first object on it is taken, lowest index first: a
 * pool for a million streams costs address space until a million streams come. Who is evicted when
 * it is full is the owner's business.
 */
#ifndef EARSHOT_BASE_POOL_H
#define EARSHOT_BASE_POOL_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ES_POOL_NONE UINT32_MAX

/* Bytes of a cache line. Objects of whole lines each begin one. */
enum { ES_POOL_LINE = 64 };

struct es_pool {
	uint8_t *items;
	void *reserved;    /* what items lie in */
	uint64_t *used;    /* one bit per object */
	size_t item_bytes; /* rounded up to 8 */
	uint32_t cap;
	uint32_t n_used;
	uint32_t fresh; /* indexes from here on were never taken */
	uint32_t free_head;
};

/* Fills a pool whose struct belongs to the caller. ES_ENOMEM, ES_EINVALID (nothing to hold). */
int es_pool_new(struct es_pool *p, uint32_t cap, size_t item_bytes);

/* A zeroed pool is fine. */
void es_pool_free(struct es_pool *p);

/* Index of an object, zeroed; ES_POOL_NONE when all are in use. */
uint32_t es_pool_take(struct es_pool *p);

/* Gives one back. The index must be in use. */
void es_pool_give(struct es_pool *p, uint32_t index);

/* The object itself: valid until given back, never moves. */
static inline void *
es_pool_at(const struct es_pool *p, uint32_t index)
{
	return p->items + (size_t)index * p->item_bytes;
}

/* The index of one of its objects. */
static inline uint32_t
es_pool_index(const struct es_pool *p, const void *object)
{
	return (uint32_t)((size_t)((const uint8_t *)object - p->items) / p->item_bytes);
}

static inline bool
es_pool_is_used(const struct es_pool *p, uint32_t index)
{
	return index < p->fresh && (p->used[index / 64] >> index % 64 & 1) != 0;
}

/* Lowest index in use that is >= from, or ES_POOL_NONE: for (i = next(p, 0); i != NONE; i = next(p, i + 1)). */
uint32_t es_pool_next(const struct es_pool *p, uint32_t from);

#endif
