/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine has to do with the bad blocks of a direction, as a sentence. */
#ifndef CORRELATE_VERDICT_EVIDENCE_MACHINE_H
#define CORRELATE_VERDICT_EVIDENCE_MACHINE_H

#include "correlate/verdict/machine_causes.h"
#include "correlate/verdict/verdict_input.h"

/* The signals of one kind or the change, in how many bad blocks and when, and how many of the bad packets fall there. */
void es_cor_evidence_machine(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, const struct es_cor_machine_cause *f, struct es_verdict *out);

/* The name of a signal in JSON. */
const char *es_cor_evidence_signal_name(uint16_t signal);

#endif
