/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines, soonest first, ordered by (due, type, key) and by nothing else, so that the order in which they
 * fire never depends on when they were set or where they are stored. The triple must be unique among the
 * deadlines set at one time: key is a stable serial of the owner, type distinguishes several deadlines of one
 * owner.
 */
#ifndef EARSHOT_BASE_HEAP_H
#define EARSHOT_BASE_HEAP_H

#include "earshot/error.h"
#include "earshot/time.h"

#include <stddef.h>

#define ES_HEAP_NONE UINT32_MAX

struct es_deadline {
	es_time due;
	uint64_t key;
	uint32_t handle; /* the owner's: a pool index; takes no part in the order */
	uint32_t id;     /* names this deadline to es_heap_move and es_heap_cancel */
	uint8_t type;
};

struct es_heap {
	struct es_deadline *at; /* binary heap */
	uint32_t *place;        /* of an id in the heap; of a free id: the next free one */
	uint32_t n;
	uint32_t cap;
	uint32_t fresh; /* ids from here on were never given */
	uint32_t free_head;
};

/* Fills a heap whose struct belongs to the caller; memory is touched as it fills. ES_ENOMEM, ES_EINVALID. */
int es_heap_new(struct es_heap *h, uint32_t cap);

/* A zeroed heap is fine. */
void es_heap_free(struct es_heap *h);

/* Sets a deadline and returns its id, valid until it is popped or cancelled; ES_HEAP_NONE when full. */
uint32_t es_heap_add(struct es_heap *h, es_time due, uint8_t type, uint64_t key, uint32_t handle);

/* Moves a set deadline to another time. */
void es_heap_move(struct es_heap *h, uint32_t id, es_time due);

void es_heap_cancel(struct es_heap *h, uint32_t id);

/* Whether the soonest deadline is due at now: the check on the path of every packet. */
static inline bool
es_heap_is_due(const struct es_heap *h, es_time now)
{
	return h->n > 0 && h->at[0].due.ns <= now.ns;
}

/* Takes the soonest deadline out; false if there is none. */
bool es_heap_pop(struct es_heap *h, struct es_deadline *out);

#endif
