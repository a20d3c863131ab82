/* SPDX-License-Identifier: Apache-2.0 */
/* Each edge keeps its reason and weight, so that a joined call can be explained. */
#include "correlate/join/edge.h"

enum { LEGS_TO_COMPARE = 4096 }; /* pairs of legs of two calls */

uint32_t
es_cor_edge_root(struct es_cor_solve *s, uint32_t leg)
{
	while (s->legs[leg].joined != leg) {
		uint32_t up = s->legs[leg].joined;

		s->legs[leg].joined = s->legs[up].joined;
		leg = up;
	}
	return leg;
}

void
es_cor_edge_add(struct es_cor_solve *s, uint32_t a, uint32_t b, enum es_join_reason reason,
    uint32_t weight_ppm, uint32_t pairs)
{
	uint32_t ra = es_cor_edge_root(s, a), rb = es_cor_edge_root(s, b);

	if (s->n_edges < s->cap_edges) {
		struct es_cor_edge e = { a, b, reason, weight_ppm, pairs, ra != rb };

		s->edges[s->n_edges++] = e;
	}
	if (ra != rb) {
		uint32_t next = s->legs[a].next_of_call;

		s->legs[ra > rb ? ra : rb].joined = ra < rb ? ra : rb;
		s->legs[ra < rb ? ra : rb].n_joined += s->legs[ra > rb ? ra : rb].n_joined;
		s->legs[a].next_of_call = s->legs[b].next_of_call;
		s->legs[b].next_of_call = next;
	}
}

void
es_cor_edge_note_common(struct es_cor_leg *leg, enum es_join_reason reason, uint32_t n)
{
	if (n <= leg->n_common)
		return;
	leg->common = reason;
	leg->n_common = n;
}

/* Whether a source of one leg carries the packets of a source of the other one. */
static bool
has_twin(const struct es_cor_solve *s, const struct es_cor_leg *a, const struct es_cor_leg *b)
{
	for (uint32_t i = 0; i < a->n_sources; i++) {
		for (uint32_t j = 0; j < b->n_sources; j++) {
			if (s->sources[s->leg_sources[a->sources + i]].twin ==
			    s->sources[s->leg_sources[b->sources + j]].twin)
				return true;
		}
	}
	return false;
}

/*
 * Two legs at one vantage point at one time are two calls unless they carry the same packets; only
 * signalling can say otherwise. Without this, one wrong match would pull all calls into one.
 */
static bool
are_two_calls(const struct es_cor_solve *s, const struct es_cor_leg *a, const struct es_cor_leg *b)
{
	int64_t overlap_ns = es_time_diff(
	    es_time_before(a->end, b->end) ? a->end : b->end, es_time_max(a->start, b->start));

	return a->vantage == b->vantage && overlap_ns > ES_COR_OVERLAP_MS * ES_NS_PER_MS &&
	       !has_twin(s, a, b);
}

bool
es_cor_edge_would_merge_calls(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	uint32_t i = a, ra = es_cor_edge_root(s, a), rb = es_cor_edge_root(s, b);

	if (ra == rb)
		return false;
	if ((uint64_t)s->legs[ra].n_joined * s->legs[rb].n_joined > LEGS_TO_COMPARE)
		return true; /* no path is that long: packets alone shall not make it longer */
	do {
		uint32_t j = b;

		do {
			es_cor_count(s, 1);
			if (are_two_calls(s, &s->legs[i], &s->legs[j]))
				return true;
			j = s->legs[j].next_of_call;
		} while (j != b);
		i = s->legs[i].next_of_call;
	} while (i != a);
	return false;
}
