/* SPDX-License-Identifier: Apache-2.0 */
/* When in the call something was: times of evidence, from the start of the call, on the clock of one point. */
#ifndef CORRELATE_VERDICT_EVIDENCE_TIME_H
#define CORRELATE_VERDICT_EVIDENCE_TIME_H

#include "correlate/call/call.h"
#include "correlate/verdict/bad_blocks.h"
#include "earshot/correlate.h"

/*
 * Gives a sentence its vantage point, and its time where it is known when the call began on the clock of that point.
 * A NULL sentence is fine.
 */
void es_cor_evidence_period(
    struct es_evidence *e, struct es_cor_joined_call *c, uint32_t point, es_time from, es_time to);

/* Appends " from 00:05 to 00:41", or " at 00:05" where both are one; nothing without a time. */
void es_cor_evidence_add_period(struct es_evidence *e);

/* Appends minutes and seconds, "75:01". */
void es_cor_evidence_add_clock(struct es_evidence *e, int64_t ms);

/* Packets of a block that a sentence is about: all of them at one place. */
typedef uint64_t (*es_cor_packets_of)(const struct es_cor_block *b, uint32_t position);

/*
 * Gives a sentence its vantage point and, if the blocks account for all n that it speaks of, the time from the first
 * to the last of them. A NULL sentence is fine.
 */
void es_cor_evidence_blocks(struct es_evidence *e, const struct es_cor_direction *d,
    uint32_t position, es_cor_packets_of packets, uint64_t n);

#endif
