/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator over a fixed buffer, also in the shape protobuf-c wants. */
#include "proto/alloc.h"

#include <string.h>

static void *
pb_take(void *ctx, size_t n_bytes)
{
	return es_alloc_take(ctx, n_bytes);
}

/* Only the latest block goes back; the rest goes with the reset. protobuf-c frees in reverse order
 * of what it took for scanning, so a decode leaves little but the message itself. */
static void
pb_give(void *ctx, void *block)
{
	struct es_alloc *a = ctx;

	if (block != NULL && a->last < a->used_bytes && (uint8_t *)block == a->base + a->last)
		a->used_bytes = a->last;
}

void
es_alloc_init(struct es_alloc *a, void *buf, size_t cap_bytes)
{
	size_t skew = (uintptr_t)buf % _Alignof(max_align_t);
	size_t skip = skew == 0 ? 0 : _Alignof(max_align_t) - skew;

	memset(a, 0, sizeof(*a));
	a->base = (uint8_t *)buf + (skip < cap_bytes ? skip : cap_bytes);
	a->cap_bytes = skip < cap_bytes ? cap_bytes - skip : 0;
	a->pb.alloc = pb_take;
	a->pb.free = pb_give;
	a->pb.allocator_data = a;
}

void *
es_alloc_take(struct es_alloc *a, size_t n_bytes)
{
	const size_t unit = _Alignof(max_align_t);
	size_t room = a->cap_bytes - a->used_bytes;
	size_t n = n_bytes == 0 ? unit : n_bytes;

	if (n > room || (n + unit - 1) / unit * unit > room) {
		a->n_refused++;
		return NULL;
	}
	a->last = a->used_bytes;
	a->used_bytes += (n + unit - 1) / unit * unit;
	return a->base + a->last;
}

void
es_alloc_reset(struct es_alloc *a)
{
	a->used_bytes = 0;
	a->last = 0;
}
