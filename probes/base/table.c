/* SPDX-License-Identifier: Apache-2.0 */
/* Insert, remove and growth of the hash table. */
#include "probes/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Between two doublings a quarter of the new slots is inserted and half as many of the old ones, each
 * once full and once empty, are passed: three steps for each insert would do.
 */
enum { SLOTS_MIN = 64, CAP_MAX = 1 << 29, STEPS_PER_INSERT = 4 };

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

/*
 * Empties slot `hole` and moves up what probing had pushed past it: an entry may fill the hole when its home is
 * not between the hole (exclusive) and its place.
 */
static void
close_gap(struct es_table_slot *slots, uint32_t mask, uint32_t hole)
{
	uint32_t i = hole;

	for (;;) {
		i = (i + 1) & mask;
		if (slots[i].item_plus1 == 0)
			break;
		if (((i - slots[i].tag) & mask) >= ((i - hole) & mask)) {
			slots[hole] = slots[i];
			hole = i;
		}
	}
	slots[hole].item_plus1 = 0;
}

static void
grow(struct es_table *t)
{
	uint32_t n_old = t->mask + 1;

	assert(t->old == NULL);
	t->old = t->slots;
	t->old_at = 0;
	t->slots = t->memory + (size_t)n_old * 2;
	t->mask = n_old * 2 - 1;
}

/* Moves a few of the old entries. Closing each gap keeps those that stay where a probe finds them. */
static void
move_some(struct es_table *t)
{
	uint32_t mask = t->mask / 2;

	for (int i = 0; i < STEPS_PER_INSERT && t->old != NULL; i++) {
		struct es_table_slot s = t->old[t->old_at];

		if (s.item_plus1 != 0) {
			close_gap(t->old, mask, t->old_at);
			place(t, s);
		} else if (t->old_at++ == mask) {
			t->old = NULL;
		}
	}
}

/*
 * Writes zeros into the memory of the next size while this one fills from half to the whole. So its pages come
 * one by one, not all with the inserts that follow the growth.
 */
static void
warm(struct es_table *t)
{
	uint32_t n_slots = t->mask + 1;

	if (n_slots < slots_for(t->cap) && t->n >= n_slots / 4)
		t->memory[(size_t)n_slots * 2 + (size_t)(t->n - n_slots / 4) * 8].item_plus1 = 0;
}

int
es_table_insert(struct es_table *t, uint64_t hash, uint32_t item)
{
	struct es_table_slot s = { (uint32_t)(hash >> 32), item + 1 };

	assert(item != ES_TABLE_NONE);
	if (t->n == t->cap)
		return ES_EFULL;
	move_some(t);
	if (t->n == (t->mask + 1) / 2)
		grow(t);
	warm(t);
	place(t, s);
	t->n++;
	return 0;
}

static bool
remove_from(struct es_table_slot *slots, uint32_t mask, struct es_table_slot s)
{
	uint32_t i = s.tag & mask;

	for (; slots[i].item_plus1 != 0; i = (i + 1) & mask)
		if (slots[i].tag == s.tag && slots[i].item_plus1 == s.item_plus1) {
			close_gap(slots, mask, i);
			return true;
		}
	return false;
}

int
es_table_remove(struct es_table *t, uint64_t hash, uint32_t item)
{
	struct es_table_slot s = { (uint32_t)(hash >> 32), item + 1 };

	if (!remove_from(t->slots, t->mask, s) &&
	    (t->old == NULL || !remove_from(t->old, t->mask / 2, s)))
		return ES_ENOTFOUND;
	t->n--;
	return 0;
}
