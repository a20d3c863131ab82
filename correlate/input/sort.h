/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting of indexes. */
#ifndef CORRELATE_INPUT_SORT_H
#define CORRELATE_INPUT_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* Sorts n indexes in place so that before(ctx, a, b) holds from left to right; never allocates. */
void es_cor_sort(uint32_t *at, uint32_t n, bool (*before)(const void *ctx, uint32_t a, uint32_t b),
    const void *ctx);

#endif
