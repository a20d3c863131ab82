/* SPDX-License-Identifier: Apache-2.0 */
/* Edges: which legs are one call, and why. Union-find over legs. */
#ifndef CORRELATE_JOIN_EDGE_H
#define CORRELATE_JOIN_EDGE_H

#include "correlate/join/solve.h"

enum {
	ES_COR_OVERLAP_MS = 2000, /* one leg may end a little after the one that takes over began */
	ES_COR_SHARERS_MAX = 32,  /* legs that share a value: one that more have names no call */
};

/* The leg that leads the call of a leg. */
uint32_t es_cor_edge_root(struct es_cor_solve *s, uint32_t leg);

/* So many legs share a value of this leg that it joins none of them: kept for the evidence. */
void es_cor_edge_note_common(struct es_cor_leg *leg, enum es_join_reason reason, uint32_t n);

/* Two legs are one call, for this reason. Edges beyond the room for them join, but are not listed. */
void es_cor_edge_add(struct es_cor_solve *s, uint32_t a, uint32_t b, enum es_join_reason reason,
    uint32_t weight_ppm, uint32_t pairs);

/* Whether that would put two simultaneous legs of one vantage point, of other packets, into one call. */
bool es_cor_edge_would_merge_calls(struct es_cor_solve *s, uint32_t a, uint32_t b);

#endif
