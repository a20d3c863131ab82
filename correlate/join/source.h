/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: all stream views of one SSRC on one leg in one direction, as one vantage point saw them. */
#ifndef CORRELATE_JOIN_SOURCE_H
#define CORRELATE_JOIN_SOURCE_H

#include "correlate/join/solve.h"

/* Lists the sources, once es_cor_succession has said which stream views are one. ES_EFULL: scratch memory is full. */
int es_cor_sources(struct es_cor_solve *s);

/* Positive: the stream view goes from the caller to the callee, by the addresses their SDP named. */
int es_cor_votes(const struct es_cor_solve *s, const struct es_cor_stream_view *stream_view);

/* Compares two sources stream view by stream view. Fills pairs, near, contrary, offset. */
void
es_cor_source_compare(struct es_cor_solve *s, uint32_t x, uint32_t y, struct es_cor_match *out);

/* The stream views of a source of nb that may be compared with the i-th of a source of na: [*from, *to). */
static inline void
es_cor_stream_views_near(uint32_t na, uint32_t nb, uint32_t i, uint32_t *from, uint32_t *to)
{
	enum { ALL = 4096, NEAR = 32 }; /* of a player that begins again and again: in order */
	uint64_t at = (uint64_t)i * nb / na;
	bool is_all = (uint64_t)na * nb <= ALL;

	*from = is_all || at < NEAR ? 0 : (uint32_t)at - NEAR;
	*to = is_all || at + NEAR + 1 > nb ? nb : (uint32_t)at + NEAR + 1;
}

/* Whether signalling leaves it open that two sources are the same: their directions are not opposite. */
bool es_cor_may_match(const struct es_cor_source *a, const struct es_cor_source *b);

/* The source that leads the group of those that carry the same packets. */
uint32_t es_cor_group_of(struct es_cor_solve *s, uint32_t source);

#endif
