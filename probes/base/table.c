/* SPDX-License-Identifier: Apache-2.0 */
/* Insert, remove and growth of the hash table. */
#include "probes/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64, CAP_MAX = 1 << 29 };

/* Slots for n entries: a power of two, at most half full. */
static uint32_t
slots_for(uint32_t n)
{
	uint32_t slots = SLOTS_MIN;

	while (slots / 2 < n)
		slots *= 2;
	return slots;
}

int
es_table_new(struct es_table *t, uint32_t cap)
{
	memset(t, 0, sizeof(*t));
	if (cap == 0 || cap > CAP_MAX)
		return ES_EINVALID;
	t->memory = calloc((size_t)slots_for(cap) * 2, sizeof(*t->memory));
	if (t->memory == NULL)
		return ES_ENOMEM;
	t->slots = t->memory + SLOTS_MIN;
	t->mask = SLOTS_MIN - 1;
	t->cap = cap;
	return 0;
}

void
es_table_free(struct es_table *t)
{
	free(t->memory);
	memset(t, 0, sizeof(*t));
}

static void
place(struct es_table *t, struct es_table_slot s)
{
	uint32_t i = s.tag & t->mask;

	while (t->slots[i].item_plus1 != 0)
		i = (i + 1) & t->mask;
	t->slots[i] = s;
}

static void
grow(struct es_table *t)
{
	const struct es_table_slot *old = t->slots;
	uint32_t n_old = t->mask + 1;

	t->slots = t->memory + (size_t)n_old * 2;
	t->mask = n_old * 2 - 1;
	for (uint32_t i = 0; i < n_old; i++)
		if (old[i].item_plus1 != 0)
			place(t, old[i]);
}

int
es_table_insert(struct es_table *t, uint64_t hash, uint32_t item)
{
	struct es_table_slot s = { (uint32_t)(hash >> 32), item + 1 };

	assert(item != ES_TABLE_NONE);
	if (t->n == t->cap)
		return ES_EFULL;
	if (t->n == (t->mask + 1) / 2)
		grow(t);
	place(t, s);
	t->n++;
	return 0;
}

/*
 * Empties slot `hole` and moves up what probing had pushed past it: an entry may fill the hole when
 * its home is not between the hole (exclusive) and where it stands.
 */
static void
close_gap(struct es_table *t, uint32_t hole)
{
	uint32_t i = hole;

	for (;;) {
		i = (i + 1) & t->mask;
		if (t->slots[i].item_plus1 == 0)
			break;
		if (((i - t->slots[i].tag) & t->mask) >= ((i - hole) & t->mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole].item_plus1 = 0;
}

int
es_table_remove(struct es_table *t, uint64_t hash, uint32_t item)
{
	uint32_t tag = (uint32_t)(hash >> 32);
	uint32_t i = tag & t->mask;

	while (t->slots[i].item_plus1 != 0) {
		if (t->slots[i].tag == tag && t->slots[i].item_plus1 == item + 1) {
			close_gap(t, i);
			t->n--;
			return 0;
		}
		i = (i + 1) & t->mask;
	}
	return ES_ENOTFOUND;
}
