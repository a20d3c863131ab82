/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one solve: one block reserved at the start, handed out in order, given back in one go. */
#ifndef CORRELATE_SCRATCH_H
#define CORRELATE_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct es_cor_scratch {
	uint8_t *at;
	size_t cap_bytes;
	size_t used_bytes;
	bool full;      /* something did not fit since this was last cleared */
	uint64_t steps; /* comparisons made: what the solve costs, on any machine */
};

/* n zeroed objects, aligned to 16; NULL when they do not fit, and full is set. n may be 0. */
void *es_cor_take(struct es_cor_scratch *s, size_t n, size_t each_bytes);

/* The same without zeroing: for room that is rarely used in full. */
void *es_cor_reserve(struct es_cor_scratch *s, size_t n, size_t each_bytes);

/* Sorts n indexes in place so that before(ctx, a, b) holds from left to right; never allocates. */
void es_cor_sort(uint32_t *at, uint32_t n, bool (*before)(const void *ctx, uint32_t a, uint32_t b),
    const void *ctx);

#endif
