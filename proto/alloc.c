/* SPDX-License-Identifier: Apache-2.0 */
/* An arena in the shape protobuf-c wants. */
#include "proto/alloc.h"

#include <string.h>

static void *
pb_take(void *ctx, size_t n_bytes)
{
	struct es_alloc *a = ctx;
	size_t before = es_arena_mark(&a->arena);
	void *block = es_arena_reserve(&a->arena, n_bytes == 0 ? 1 : n_bytes, 1);

	if (block == NULL)
		return NULL;
	a->last = block;
	a->before = before;
	a->behind = es_arena_mark(&a->arena);
	return block;
}

/* Only the latest block goes back; the rest goes with the reset. protobuf-c frees in reverse order
 * of what it took for scanning, so a decode leaves little but the message itself. */
static void
pb_give(void *ctx, void *block)
{
	struct es_alloc *a = ctx;

	if (block == NULL || block != a->last || a->behind != es_arena_mark(&a->arena))
		return;
	es_arena_reset(&a->arena, a->before);
	a->last = NULL;
}

void
es_alloc_init(struct es_alloc *a, void *buf, size_t cap_bytes)
{
	memset(a, 0, sizeof(*a));
	es_arena_init(&a->arena, buf, cap_bytes);
	a->pb.alloc = pb_take;
	a->pb.free = pb_give;
	a->pb.allocator_data = a;
}

int
es_alloc_new(struct es_alloc *a, size_t cap_bytes)
{
	es_alloc_init(a, NULL, 0);
	return es_arena_new(&a->arena, cap_bytes);
}

void
es_alloc_free(struct es_alloc *a)
{
	es_arena_free(&a->arena);
	a->last = NULL;
}

void
es_alloc_reset(struct es_alloc *a)
{
	es_arena_reset(&a->arena, 0);
	a->last = NULL;
}
