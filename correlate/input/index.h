/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the things that share a key without comparing all with all: items by a keyed hash, in the
 * scratch memory of the solve. Entries with one hash are given newest first; whether the keys are
 * really equal is for the caller to compare.
 *
 *	for (uint32_t e = es_cor_index_first(&ix, hash); e != ES_COR_INDEX_END; e = ix.entries[e].next)
 *		use(ix.entries[e].item);
 */
#ifndef CORRELATE_INPUT_INDEX_H
#define CORRELATE_INPUT_INDEX_H

#include "probes/base/arena.h"

#define ES_COR_INDEX_END UINT32_MAX

struct es_cor_index_entry {
	uint64_t hash;
	uint32_t item;
	uint32_t next; /* older one with the same hash */
};

struct es_cor_index {
	uint32_t *heads; /* first of a chain + 1; 0: empty. Chains hold one hash each */
	struct es_cor_index_entry *entries;
	uint32_t mask;
	uint32_t n;
	uint32_t cap;
};

/* Room for cap entries. ES_EFULL. */
int es_cor_index_new(struct es_cor_index *ix, struct es_arena *mem, uint32_t cap);

/* Beyond cap nothing is added. */
void es_cor_index_add(struct es_cor_index *ix, uint64_t hash, uint32_t item);

/* The newest entry with this hash, or ES_COR_INDEX_END. */
uint32_t es_cor_index_first(const struct es_cor_index *ix, uint64_t hash);

#endif
