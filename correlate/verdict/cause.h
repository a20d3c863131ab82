/* SPDX-License-Identifier: Apache-2.0 */
/* How sure causes are, and their order in a verdict. */
#ifndef CORRELATE_VERDICT_CAUSE_H
#define CORRELATE_VERDICT_CAUSE_H

#include "earshot/correlate.h"

enum {
	ES_COR_SURE_PPM = 990000,     /* nothing here is ever certain */
	ES_COR_HINT_PPM_MAX = 500000, /* of a cause that one witness alone, or none, bears out */
	ES_COR_ACCUSES_PPM =
	    300000, /* from here on a cause accuses; below it stands in the evidence */
};

/*
 * How sure a machine's cause is: the share of bad blocks it hit times the share of good ones it
 * left alone, each with half an observation of doubt. More of either evidence, more confidence.
 */
uint32_t es_cor_overlap_ppm(uint32_t bad_hit, uint32_t bad, uint32_t good_hit, uint32_t good);

/* How sure a share of n packets is. */
uint32_t es_cor_share_ppm(uint32_t share_ppm, uint64_t n);

/* Ranks a cause: keeps the higher confidence of one named twice; best first. */
void es_cor_rank(struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm);
/* The same of a cause that may rest on made-up records. */
void es_cor_rank_machine(
    struct es_verdict *v, enum es_cause cause, uint32_t confidence_ppm, bool is_synthetic);

/* What does not accuse is no cause of the verdict, unless it is all there is. */
void es_cor_drop_hints(struct es_verdict *v);

#endif
