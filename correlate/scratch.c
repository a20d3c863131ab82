/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and sorting of one solve; the C library's qsort may allocate, so it is not used. */
#include "correlate/scratch.h"

#include <string.h>

void *
es_cor_reserve(struct es_cor_scratch *s, size_t n, size_t each_bytes)
{
	size_t left = s->cap_bytes - s->used_bytes;
	void *at = s->at + s->used_bytes;

	if (each_bytes != 0 && n > (left - (left < 16 ? left : 16)) / each_bytes) {
		s->full = true;
		return NULL;
	}
	s->used_bytes += (n * each_bytes + 15) & ~(size_t)15;
	return at;
}

void *
es_cor_take(struct es_cor_scratch *s, size_t n, size_t each_bytes)
{
	void *at = es_cor_reserve(s, n, each_bytes);

	if (at != NULL)
		memset(at, 0, n * each_bytes);
	return at;
}

/* Moves the index at root down until both below it come before it. */
static void
sift(uint32_t *at, uint32_t root, uint32_t n, bool (*before)(const void *, uint32_t, uint32_t),
    const void *ctx)
{
	while (root < n / 2) {
		uint32_t child = 2 * root + 1;
		uint32_t held;

		if (child + 1 < n && before(ctx, at[child], at[child + 1]))
			child++;
		if (!before(ctx, at[root], at[child]))
			return;
		held = at[root];
		at[root] = at[child];
		at[child] = held;
		root = child;
	}
}

void
es_cor_sort(uint32_t *at, uint32_t n, bool (*before)(const void *ctx, uint32_t a, uint32_t b),
    const void *ctx)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift(at, i, n, before, ctx);
	for (uint32_t end = n; end > 1; end--) {
		uint32_t held = at[0];

		at[0] = at[end - 1];
		at[end - 1] = held;
		sift(at, 0, end - 1, before, ctx);
	}
}
