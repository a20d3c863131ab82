/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of calls, found by Call-ID and begin, with one deadline each: to print the line, then to forget the call. */
#include "agent/output/ended_calls.h"
#include "agent/output/call_key.h"

#include "probes/base/heap.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"

#include <stdlib.h>
#include <string.h>

struct ended {
	char *name; /* Call-ID, given */
	size_t name_bytes;
	es_time begun; /* distinguishes calls of one name */
	uint64_t hash;
	char *text; /* given; NULL: was printed */
};

struct es_ended_calls {
	struct es_pool pool;
	struct es_table table;
	struct es_heap heap;
	struct es_hash_key key;
	uint64_t n_put; /* orders deadlines of one time */
	es_ended_print print;
	void *ctx;
};

int
es_ended_calls_new(uint32_t cap, struct es_hash_key key, es_ended_print print, void *ctx,
    struct es_ended_calls **out)
{
	struct es_ended_calls *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return ES_ENOMEM;
	e->key = key;
	e->print = print;
	e->ctx = ctx;
	if (es_pool_new(&e->pool, cap, sizeof(struct ended)) != 0 ||
	    es_table_new(&e->table, cap) != 0 || es_heap_new(&e->heap, cap) != 0) {
		es_ended_calls_free(e);
		return ES_ENOMEM;
	}
	*out = e;
	return 0;
}

static uint32_t
find(const struct es_ended_calls *e, uint64_t hash, const struct es_call *call)
{
	struct es_probe at = es_table_probe(&e->table, hash);
	uint32_t i;

	while ((i = es_table_next(&e->table, &at)) != ES_TABLE_NONE) {
		const struct ended *c = es_pool_at(&e->pool, i);

		if (c->begun.ns == es_call_begun(call).ns &&
		    es_slice_eq(es_slice_of(c->name, c->name_bytes), call->call_id))
			return i;
	}
	return ES_POOL_NONE;
}

static void
print(struct es_ended_calls *e, struct ended *c)
{
	e->print(e->ctx, c->text);
	free(c->text);
	c->text = NULL;
}

static void
forget(struct es_ended_calls *e, uint32_t index)
{
	struct ended *c = es_pool_at(&e->pool, index);

	(void)es_table_remove(&e->table, c->hash, index);
	free(c->name);
	es_pool_give(&e->pool, index);
}

/* The soonest deadline fires: a line is printed and its call remembered, or a call is forgotten. */
static void
fire(struct es_ended_calls *e)
{
	struct es_deadline due;
	struct ended *c;

	if (!es_heap_pop(&e->heap, &due))
		return;
	c = es_pool_at(&e->pool, due.handle);
	if (c->text == NULL) {
		forget(e, due.handle);
		return;
	}
	print(e, c);
	(void)es_heap_add(&e->heap,
	    es_time_add(due.due, (int64_t)ES_ENDED_REMEMBERED_MS * ES_NS_PER_MS), 0, due.key,
	    due.handle); /* has the place of the one that was popped */
}

/* Room for one more call: the soonest is printed if it was not, and forgotten. */
static void
make_room(struct es_ended_calls *e)
{
	struct es_deadline due;
	struct ended *c;

	if (e->heap.n < e->heap.cap || !es_heap_pop(&e->heap, &due))
		return;
	c = es_pool_at(&e->pool, due.handle);
	if (c->text != NULL)
		print(e, c);
	forget(e, due.handle);
}

int
es_ended_calls_put(struct es_ended_calls *e, const struct es_record *rec, char *text)
{
	const struct es_call *call = &rec->u.call;
	uint64_t hash = es_call_key_hash(&e->key, call->call_id, es_call_begun(call));
	uint32_t i = find(e, hash, call);
	struct ended *c;

	if (i != ES_POOL_NONE) {
		c = es_pool_at(&e->pool, i);
		if (c->text == NULL) {
			free(text);
			return 0;
		}
		free(c->text);
		c->text = text;
		return 0;
	}
	make_room(e);
	i = es_pool_take(&e->pool);
	c = es_pool_at(&e->pool, i);
	c->name = malloc(call->call_id.n + 1);
	if (c->name == NULL) {
		es_pool_give(&e->pool, i);
		free(text);
		return ES_ENOMEM;
	}
	if (call->call_id.n > 0)
		memcpy(c->name, call->call_id.p, call->call_id.n);
	c->name_bytes = call->call_id.n;
	c->begun = es_call_begun(call);
	c->hash = hash;
	c->text = text;
	(void)es_table_insert(&e->table, hash, i); /* has room for as many as the pool */
	(void)es_heap_add(&e->heap, es_time_add(rec->at, (int64_t)ES_ENDED_HELD_MS * ES_NS_PER_MS),
	    0, e->n_put++, i);
	return 0;
}

void
es_ended_calls_advance(struct es_ended_calls *e, es_time now)
{
	while (es_heap_is_due(&e->heap, now))
		fire(e);
}

void
es_ended_calls_flush(struct es_ended_calls *e)
{
	struct es_deadline due;

	while (es_heap_pop(&e->heap, &due)) {
		struct ended *c = es_pool_at(&e->pool, due.handle);

		if (c->text != NULL)
			print(e, c);
		forget(e, due.handle);
	}
}

void
es_ended_calls_free(struct es_ended_calls *e)
{
	if (e == NULL)
		return;
	for (uint32_t i = es_pool_next(&e->pool, 0); i != ES_POOL_NONE;
	     i = es_pool_next(&e->pool, i + 1)) {
		struct ended *c = es_pool_at(&e->pool, i);

		free(c->name);
		free(c->text);
	}
	es_pool_free(&e->pool);
	es_table_free(&e->table);
	es_heap_free(&e->heap);
	free(e);
}
