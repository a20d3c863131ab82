/* SPDX-License-Identifier: Apache-2.0 */
/* The binary heap behind the deadlines. */
#include "probes/base/heap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int
es_heap_new(struct es_heap *h, uint32_t cap)
{
	memset(h, 0, sizeof(*h));
	h->free_head = ES_HEAP_NONE;
	if (cap == 0 || cap == ES_HEAP_NONE)
		return ES_EINVALID;
	h->at = calloc(cap, sizeof(*h->at));
	h->place = calloc(cap, sizeof(*h->place));
	if (h->at == NULL || h->place == NULL) {
		es_heap_free(h);
		return ES_ENOMEM;
	}
	h->cap = cap;
	return 0;
}

void
es_heap_free(struct es_heap *h)
{
	free(h->at);
	free(h->place);
	memset(h, 0, sizeof(*h));
	h->free_head = ES_HEAP_NONE;
}

static bool
is_before(const struct es_deadline *a, const struct es_deadline *b)
{
	if (a->due.ns != b->due.ns)
		return a->due.ns < b->due.ns;
	if (a->type != b->type)
		return a->type < b->type;
	return a->key < b->key;
}

static void
put(struct es_heap *h, uint32_t i, const struct es_deadline *d)
{
	h->at[i] = *d;
	h->place[d->id] = i;
}

/* Lets d find its place upwards from the hole i. */
static void
rise(struct es_heap *h, uint32_t i, struct es_deadline d)
{
	while (i > 0 && is_before(&d, &h->at[(i - 1) / 2])) {
		put(h, i, &h->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, &d);
}

/* Lets d find its place downwards from the hole i. */
static void
sink(struct es_heap *h, uint32_t i, struct es_deadline d)
{
	while (i < h->n / 2) {
		uint32_t child = i * 2 + 1;

		if (child + 1 < h->n && is_before(&h->at[child + 1], &h->at[child]))
			child++;
		if (!is_before(&h->at[child], &d))
			break;
		put(h, i, &h->at[child]);
		i = child;
	}
	put(h, i, &d);
}

static void
settle(struct es_heap *h, uint32_t i, struct es_deadline d)
{
	if (i > 0 && is_before(&d, &h->at[(i - 1) / 2]))
		rise(h, i, d);
	else
		sink(h, i, d);
}

uint32_t
es_heap_add(struct es_heap *h, es_time due, uint8_t type, uint64_t key, uint32_t handle)
{
	struct es_deadline d = { .due = due, .key = key, .handle = handle, .type = type };

	if (h->n == h->cap)
		return ES_HEAP_NONE;
	d.id = h->free_head;
	if (d.id != ES_HEAP_NONE)
		h->free_head = h->place[d.id];
	else
		d.id = h->fresh++;
	h->n++;
	rise(h, h->n - 1, d);
	return d.id;
}

/* Takes the deadline at place i out and frees its id. */
static void
drop(struct es_heap *h, uint32_t i)
{
	uint32_t id = h->at[i].id;
	struct es_deadline last = h->at[h->n - 1];

	h->n--;
	if (i < h->n)
		settle(h, i, last);
	h->place[id] = h->free_head;
	h->free_head = id;
}

void
es_heap_move(struct es_heap *h, uint32_t id, es_time due)
{
	uint32_t i = h->place[id];
	struct es_deadline d;

	assert(i < h->n && h->at[i].id == id);
	d = h->at[i];
	d.due = due;
	settle(h, i, d);
}

void
es_heap_cancel(struct es_heap *h, uint32_t id)
{
	assert(id < h->fresh && h->place[id] < h->n && h->at[h->place[id]].id == id);
	drop(h, h->place[id]);
}

bool
es_heap_pop(struct es_heap *h, struct es_deadline *out)
{
	if (h->n == 0)
		return false;
	*out = h->at[0];
	drop(h, 0);
	return true;
}
