/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins legs into calls by evidence, the surest first. Each edge keeps its reason and weight, so that the
 * result can be explained, and taken back by leaving an edge out.
 */
#include "correlate/join/join.h"

#include "correlate/join/edge.h"
#include "correlate/join/join_keys.h"
#include "correlate/join/join_parties.h"
#include "correlate/join/join_signalling.h"

enum { WEIGHT_MEDIA_MAX = 999000 };

/* One pair is 80 equal bits; more of them leave less room for a sender without randomness. */
static uint32_t
media_weight(uint32_t pairs)
{
	uint64_t w = UINT64_C(1000000) * (1 + 4 * (uint64_t)pairs) / (2 + 4 * (uint64_t)pairs);

	return w > WEIGHT_MEDIA_MAX ? WEIGHT_MEDIA_MAX : (uint32_t)w;
}

/* Lists the legs and the edges of each call, both in their order. */
static int
list_calls(struct es_cor_solve *s)
{
	uint32_t legs = 0, edges = 0;

	s->call_legs = es_arena_take(s->mem, s->n_legs, sizeof(*s->call_legs));
	s->call_edges = es_arena_take(s->mem, s->n_edges, sizeof(*s->call_edges));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_edges; i++)
		s->legs[es_cor_edge_root(s, s->edges[i].a)].n_edges++;
	for (uint32_t i = 0; i < s->n_legs; i++) {
		struct es_cor_leg *leg = &s->legs[i];

		if (leg->joined != i)
			continue;
		leg->legs = legs;
		leg->edges = edges;
		legs += leg->n_joined;
		edges += leg->n_edges;
		leg->n_joined = leg->n_edges = 0;
	}
	for (uint32_t i = 0; i < s->n_legs; i++) {
		struct es_cor_leg *first = &s->legs[es_cor_edge_root(s, i)];

		s->call_legs[first->legs + first->n_joined++] = i;
	}
	for (uint32_t i = 0; i < s->n_edges; i++) {
		struct es_cor_leg *first = &s->legs[es_cor_edge_root(s, s->edges[i].a)];

		s->call_edges[first->edges + first->n_edges++] = i;
	}
	return 0;
}

int
es_cor_join(struct es_cor_solve *s)
{
	s->cap_edges = s->n_matches + 20 * s->n_legs + 64;
	s->edges = es_arena_reserve(s->mem, s->cap_edges, sizeof(*s->edges));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_legs; i++)
		s->legs[i].n_joined = 1;
	if (es_cor_join_signalling(s) != 0 || es_cor_join_keys(s) != 0 ||
	    es_cor_join_parties(s) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_matches; i++) {
		const struct es_cor_match *m = &s->matches[i];

		uint32_t a = s->sources[m->x].leg, b = s->sources[m->y].leg;

		if (m->pairs > 0 && !es_cor_edge_would_merge_calls(s, a, b))
			es_cor_edge_add(s, a, b, ES_JOIN_MEDIA, media_weight(m->pairs), m->pairs);
	}
	return list_calls(s);
}
