/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds pool indexes by a keyed hash. The table holds (hash, index) only; whether a candidate is the one wanted
 * is for the caller to compare:
 *
 *	struct es_probe at = es_table_probe(&t, hash);
 *	uint32_t i;
 *
 *	while ((i = es_table_next(&t, &at)) != ES_TABLE_NONE)
 *		if (is_same(es_pool_at(&pool, i), key))
 *			return i;
 *
 * Open addressing, linear probing, at most half full; a delete closes its gap at once, so a probe never passes
 * deleted entries. The table doubles as it fills, inside memory reserved in es_table_new: each size has a place
 * of its own, touched as it fills. The entries of the smaller size move a few slots with each insert, so that no
 * insert pays for all; until then both sizes are searched. It never shrinks.
 */
#ifndef EARSHOT_BASE_TABLE_H
#define EARSHOT_BASE_TABLE_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ES_TABLE_NONE UINT32_MAX

struct es_table_slot {
	uint32_t tag;        /* half of the hash; its low bits are the home slot */
	uint32_t item_plus1; /* 0 = empty */
};

struct es_table {
	struct es_table_slot *memory; /* the size with 2^k slots is at slot 2^k */
	struct es_table_slot *slots;  /* the one in use */
	struct es_table_slot *old;    /* the size below, half as many slots; NULL: all have moved */
	uint32_t mask;
	uint32_t old_at; /* the slots of old before this one are empty */
	uint32_t n;      /* of both */
	uint32_t cap;
};

/* A place in a probe. */
struct es_probe {
	const struct es_table_slot *slots;
	uint32_t mask;
	uint32_t tag;
	uint32_t slot;
};

/* Fills a table whose struct belongs to the caller. ES_ENOMEM, ES_EINVALID (cap 0 or above 2^29). */
int es_table_new(struct es_table *t, uint32_t cap);

/* A zeroed table is fine. */
void es_table_free(struct es_table *t);

/* Adds item (not ES_TABLE_NONE); whether an equal one is there is the caller's question. ES_EFULL. */
int es_table_insert(struct es_table *t, uint64_t hash, uint32_t item);

/* Removes the entry with this hash and item. ES_ENOTFOUND. */
int es_table_remove(struct es_table *t, uint64_t hash, uint32_t item);

static inline struct es_probe
es_table_probe(const struct es_table *t, uint64_t hash)
{
	struct es_probe at;

	at.slots = t->slots;
	at.mask = t->mask;
	at.tag = (uint32_t)(hash >> 32);
	at.slot = at.tag & at.mask;
	return at;
}

/* The next item with this hash, or ES_TABLE_NONE. The table must not change between two calls. */
static inline uint32_t
es_table_next(const struct es_table *t, struct es_probe *at)
{
	for (;;) {
		struct es_table_slot s = at->slots[at->slot];

		if (s.item_plus1 == 0) {
			if (t->old == NULL || at->slots == t->old)
				return ES_TABLE_NONE;
			at->slots = t->old;
			at->mask = t->mask / 2;
			at->slot = at->tag & at->mask;
			continue;
		}
		at->slot = (at->slot + 1) & at->mask;
		if (s.tag == at->tag)
			return s.item_plus1 - 1;
	}
}

#endif
