/* SPDX-License-Identifier: Apache-2.0 */
/* When in the call the blocks were that a sentence of evidence speaks of. */
#ifndef CORRELATE_VERDICT_EVIDENCE_BLOCKS_H
#define CORRELATE_VERDICT_EVIDENCE_BLOCKS_H

#include "correlate/verdict/bad_blocks.h"
#include "earshot/correlate.h"

/* Packets of a block that a sentence is about: all of them at one place. */
typedef uint64_t (*es_cor_packets_of)(const struct es_cor_block *b, uint32_t position);

/* Of a bad block: those that no point saw. */
uint64_t es_cor_lost_upstream(const struct es_cor_block *b, uint32_t position);

/*
 * Gives a sentence its vantage point and, if the blocks account for all n that it speaks of, the time from the first
 * to the last of them. A NULL sentence is fine.
 */
void es_cor_evidence_blocks(struct es_evidence *e, const struct es_cor_direction *d,
    uint32_t position, es_cor_packets_of packets, uint64_t n);

#endif
