/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubt: packets that a point saw on a path of which the next one sees nothing need not have been lost between them.
 * Media of a call may take several paths, and a cause that no vantage point proves is a hint.
 */
#ifndef CORRELATE_VERDICT_DOUBT_H
#define CORRELATE_VERDICT_DOUBT_H

#include "correlate/verdict/fault.h"

/* Whether most packets of a fault may have gone another way. */
bool es_cor_doubts_fault(const struct es_cor_direction *d, const struct es_cor_fault *fault);

/* Whether a direction that stopped at its last point was seen to continue on another path before. */
bool es_cor_doubts_stop(const struct es_cor_direction *d);

/* Adds the sentence that says why a cause of a direction is a hint. */
void es_cor_doubt_evidence(const struct es_cor_direction *d, struct es_verdict *out);

#endif
