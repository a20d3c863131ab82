/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins legs into calls by a ladder of evidence. Each edge keeps its reason and weight, so that the
 * result can be explained, and taken back by leaving an edge out.
 */
#include "correlate/join.h"

enum {
	WEIGHT_MEDIA_MAX = 999000,
	LEGS_TO_COMPARE = 4096, /* pairs of legs of two calls */
};

uint32_t
es_cor_call_of(struct es_cor_solve *s, uint32_t leg)
{
	while (s->legs[leg].joined != leg) {
		uint32_t up = s->legs[leg].joined;

		s->legs[leg].joined = s->legs[up].joined;
		leg = up;
	}
	return leg;
}

void
es_cor_add_edge(struct es_cor_solve *s, uint32_t a, uint32_t b, enum es_join_reason reason,
    uint32_t weight_ppm, uint32_t pairs)
{
	uint32_t ra = es_cor_call_of(s, a), rb = es_cor_call_of(s, b);

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
es_cor_note_common(struct es_cor_leg *leg, enum es_join_reason reason, uint32_t n)
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
are_rivals(const struct es_cor_solve *s, const struct es_cor_leg *a, const struct es_cor_leg *b)
{
	int64_t overlap_ns = es_time_diff(
	    es_time_before(a->end, b->end) ? a->end : b->end, es_time_max(a->start, b->start));

	return a->vantage == b->vantage && overlap_ns > ES_COR_OVERLAP_MS * ES_NS_PER_MS &&
	       !has_twin(s, a, b);
}

bool
es_cor_would_mix(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	uint32_t i = a, ra = es_cor_call_of(s, a), rb = es_cor_call_of(s, b);

	if (ra == rb)
		return false;
	if ((uint64_t)s->legs[ra].n_joined * s->legs[rb].n_joined > LEGS_TO_COMPARE)
		return true; /* no path is that long: packets alone shall not make it longer */
	do {
		uint32_t j = b;

		do {
			es_cor_count(s, 1);
			if (are_rivals(s, &s->legs[i], &s->legs[j]))
				return true;
			j = s->legs[j].next_of_call;
		} while (j != b);
		i = s->legs[i].next_of_call;
	} while (i != a);
	return false;
}

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
		s->legs[es_cor_call_of(s, s->edges[i].a)].n_edges++;
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
		struct es_cor_leg *first = &s->legs[es_cor_call_of(s, i)];

		s->call_legs[first->legs + first->n_joined++] = i;
	}
	for (uint32_t i = 0; i < s->n_edges; i++) {
		struct es_cor_leg *first = &s->legs[es_cor_call_of(s, s->edges[i].a)];

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
	if (es_cor_join_signalling(s) != 0 || es_cor_join_keys(s) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_matches; i++) {
		const struct es_cor_match *m = &s->matches[i];

		uint32_t a = s->sources[m->x].leg, b = s->sources[m->y].leg;

		if (m->pairs > 0 && !es_cor_would_mix(s, a, b))
			es_cor_add_edge(s, a, b, ES_JOIN_MEDIA, media_weight(m->pairs), m->pairs);
	}
	return list_calls(s);
}
