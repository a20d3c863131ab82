/* SPDX-License-Identifier: Apache-2.0 */
/* Senders whose timestamps do not run in the clock of their codec. */
#ifndef CORRELATE_VERDICT_CLOCK_RATE_H
#define CORRELATE_VERDICT_CLOCK_RATE_H

#include "correlate/verdict/verdict_input.h"

/* That timestamps of a direction do not run in the clock of their codec, at the first point that found it. */
void es_cor_clock_rate_evidence(
    const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out);

#endif
