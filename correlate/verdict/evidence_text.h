/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in sentences with numbers. */
#ifndef CORRELATE_VERDICT_EVIDENCE_TEXT_H
#define CORRELATE_VERDICT_EVIDENCE_TEXT_H

#include "correlate/verdict/fault.h"
#include "correlate/verdict/verdict_input.h"

/* Sentences about the segments and blocks of a direction. */
void es_cor_evidence_direction(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, struct es_verdict *out);
/* Times without any media, and whether they were lost. */
void es_cor_evidence_absences(struct es_cor_joined_call *c, struct es_verdict *out);

/* Vantage points at which a budget left out media of the call. */
void es_cor_evidence_shed(const struct es_cor_verdict_input *in, struct es_verdict *out);

/* A value of the call's headers that joined nothing, because too many legs have it. */
void es_cor_evidence_common(const struct es_cor_joined_call *c, struct es_verdict *out);

#endif
