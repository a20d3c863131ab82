/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the matching: candidates of one pair of vantage points. match_candidates.c says which sources are
 * worth a comparison, match.c compares them and lets the best of them be one.
 */
#ifndef CORRELATE_JOIN_MATCH_PRIVATE_H
#define CORRELATE_JOIN_MATCH_PRIVATE_H

#include "correlate/join/solve.h"

/* All clock offsets of one pair of vantage points lie within it. */
enum { ES_COR_WINDOW_MS = 2000 };

/* The candidates of one pair of vantage points, and what stays the same for all pairs. */
struct es_cor_candidates {
	struct es_cor_match *m;
	uint32_t n;
	uint32_t cap;
	uint32_t *order;
	uint32_t *tmp;
	uint32_t *partner; /* by source: the twin it goes with at the other vantage point */
	int64_t center_ns; /* the common clock offset, once es_cor_find_center found it */
	uint32_t *by_ssrc; /* sources by SSRC, vantage point, start */
	uint32_t *seen;    /* by source: the number of the last that was compared with it */
	uint32_t n_seen;
	struct es_cor_index index; /* of SSRCs that very many sources use */
};

/* Prepares what stays the same for all pairs of vantage points. ES_EFULL. */
int es_cor_candidates_new(struct es_cor_solve *s, struct es_cor_candidates *r);

/*
 * Considers what may match between two vantage points. is_sure: only sources that a Call-ID
 * or equal addresses join are wanted; others may be among them.
 */
void es_cor_candidates(
    struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t v, uint32_t w, bool is_sure);

/* Compares two sources; r->m grows by one where they show the same packets. */
void es_cor_consider(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t x, uint32_t y);

/* The clock offset of most candidates so far. False: none shows one. */
bool es_cor_find_center(struct es_cor_candidates *r);

#endif
