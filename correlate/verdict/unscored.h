/* SPDX-License-Identifier: Apache-2.0 */
/* What of a direction has no score. */
#ifndef CORRELATE_VERDICT_UNSCORED_H
#define CORRELATE_VERDICT_UNSCORED_H

#include "correlate/verdict/verdict_input.h"

/*
 * That timestamps of a direction do not run in the clock of their codec, at the first point that found it; else why it
 * has no MOS where it is judged.
 */
void es_cor_unscored_evidence(
    const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out);

#endif
