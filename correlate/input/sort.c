/* SPDX-License-Identifier: Apache-2.0 */
/* Heap sort: the C library's qsort may allocate, so it is not used. */
#include "correlate/input/sort.h"

/* Moves the index at root down until both below it come before it. */
static void
sift(uint32_t *at, uint32_t root, uint32_t n, bool (*before)(const void *, uint32_t, uint32_t),
    const void *ctx)
{
	while (root < n / 2) {
		uint32_t child = 2 * root + 1;
		uint32_t swapped;

		if (child + 1 < n && before(ctx, at[child], at[child + 1]))
			child++;
		if (!before(ctx, at[root], at[child]))
			return;
		swapped = at[root];
		at[root] = at[child];
		at[child] = swapped;
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
		uint32_t swapped = at[0];

		at[0] = at[end - 1];
		at[end - 1] = swapped;
		sift(at, 0, end - 1, before, ctx);
	}
}
