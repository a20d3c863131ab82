/* SPDX-License-Identifier: Apache-2.0 */
/* The far side: what happened beyond the first or last vantage point. */
#ifndef CORRELATE_VERDICT_FAR_SIDE_H
#define CORRELATE_VERDICT_FAR_SIDE_H

#include "correlate/verdict/fault.h"
#include "correlate/verdict/verdict_input.h"

/* How sure the far side is of loss before the first point: above a half only with a second witness. */
uint32_t
es_cor_far_side_ppm(const struct es_cor_verdict_input *in, uint32_t dir, uint32_t symptom_ppm);

/* Bad packets of a direction: of two it is the heavier one that is explained first. */
uint64_t es_cor_weight(const struct es_cor_direction *d, const struct es_cor_fault *fault);

/* Adds the far side as a further cause: packets lost upstream of the first point, or reported lost beyond the last. */
void es_cor_add_far_side(const struct es_cor_direction *d, const struct es_cor_fault *fault,
    uint32_t symptom_ppm, struct es_verdict *v);

#endif
