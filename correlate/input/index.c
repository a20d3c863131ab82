/* SPDX-License-Identifier: Apache-2.0 */
/* An index over what the solve works on: open addressing, one chain for each hash. */
#include "correlate/input/index.h"

#include "earshot/error.h"

int
es_cor_index_new(struct es_cor_index *ix, struct es_arena *mem, uint32_t cap)
{
	size_t slots = 16;

	while (slots / 2 < cap)
		slots *= 2;
	ix->heads = es_arena_take(mem, slots, sizeof(*ix->heads));
	ix->entries = es_arena_take(mem, cap, sizeof(*ix->entries));
	ix->mask = (uint32_t)(slots - 1);
	ix->n = 0;
	ix->cap = mem->n_refused > 0 ? 0 : cap;
	return mem->n_refused > 0 ? ES_EFULL : 0;
}

/* The slot of this hash, or the empty one where it would go: there is always one. */
static uint32_t
slot_of(const struct es_cor_index *ix, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash >> 32) & ix->mask;

	while (ix->heads[at] != 0 && ix->entries[ix->heads[at] - 1].hash != hash)
		at = (at + 1) & ix->mask;
	return at;
}

void
es_cor_index_add(struct es_cor_index *ix, uint64_t hash, uint32_t item)
{
	uint32_t slot;
	struct es_cor_index_entry *e;

	if (ix->n == ix->cap)
		return;
	slot = slot_of(ix, hash);
	e = &ix->entries[ix->n++];
	e->hash = hash;
	e->item = item;
	e->next = ix->heads[slot] - 1; /* none: ES_COR_INDEX_END */
	ix->heads[slot] = ix->n;
}

uint32_t
es_cor_index_first(const struct es_cor_index *ix, uint64_t hash)
{
	return ix->cap == 0 ? ES_COR_INDEX_END : ix->heads[slot_of(ix, hash)] - 1;
}
