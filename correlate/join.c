/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins legs into calls by a ladder of evidence. Each edge keeps its reason and weight, so that the
 * result can be explained, and taken back by leaving an edge out.
 */
#include "correlate/join.h"

#include "probes/base/text.h"

enum {
	WEIGHT_CALL_ID =
	    999000, /* one dialog: unique in space and time, RFC 3261 section 8.1.1.4 */
	WEIGHT_SESSION_ID = 990000,
	WEIGHT_X_CALL_ID = 980000,
	WEIGHT_MEDIA_MAX = 999000,
};

uint32_t
es_cor_call_of(struct es_cor_solve *s, uint32_t leg)
{
	while (s->legs[leg].joined != leg)
		leg = s->legs[leg].joined;
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
		s->legs[a].next_of_call = s->legs[b].next_of_call;
		s->legs[b].next_of_call = next;
	}
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
	uint32_t i = a;

	if (es_cor_call_of(s, a) == es_cor_call_of(s, b))
		return false;
	do {
		uint32_t j = b;

		do {
			if (are_rivals(s, &s->legs[i], &s->legs[j]))
				return true;
			j = s->legs[j].next_of_call;
		} while (j != b);
		i = s->legs[i].next_of_call;
	} while (i != a);
	return false;
}

/* The first of the two UUIDs of a Session-ID header, RFC 7989 section 5: "uuid;remote=uuid". */
static es_slice
session_uuid(es_slice header, bool is_remote)
{
	es_slice rest = es_text_trim(header);
	es_slice uuid = es_text_trim(es_text_cut(&rest, ';'));

	while (is_remote && rest.n > 0) {
		es_slice param = es_text_trim(es_text_cut(&rest, ';'));

		if (es_text_begins_same(param, "remote="))
			return es_text_trim(es_text_from(param, 7));
	}
	return is_remote ? es_slice_of(NULL, 0) : uuid;
}

/* A UUID of all zeros stands for a side that is not known yet. */
static bool
is_nil(es_slice uuid)
{
	for (size_t i = 0; i < uuid.n; i++) {
		if (uuid.p[i] != '0')
			return false;
	}
	return true;
}

/* One session when neither of the two sides contradicts and one of them is known to both. */
static bool
same_session(es_slice a, es_slice b)
{
	es_slice al = session_uuid(a, false), ar = session_uuid(a, true);
	es_slice bl = session_uuid(b, false), br = session_uuid(b, true);
	bool straight = !is_nil(al) && es_text_same(al, bl) &&
			(is_nil(ar) || is_nil(br) || es_text_same(ar, br));
	bool crossed = !is_nil(al) && es_text_same(al, br) &&
		       (is_nil(ar) || is_nil(bl) || es_text_same(ar, bl));

	return straight || crossed;
}

static void
join_signalling(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_leg *x = &s->legs[a], *y = &s->legs[b];
	const struct es_call *p, *q;

	if (x->call_id.n > 0 && x->call_id.p == y->call_id.p) {
		es_cor_add_edge(s, a, b, ES_JOIN_CALL_ID, WEIGHT_CALL_ID, 0);
		return;
	}
	if (x->call == ES_COR_NONE || y->call == ES_COR_NONE)
		return;
	p = &s->store->calls[x->call].rec;
	q = &s->store->calls[y->call].rec;
	if (same_session(p->session_id, q->session_id))
		es_cor_add_edge(s, a, b, ES_JOIN_SESSION_ID, WEIGHT_SESSION_ID, 0);
	if (p->x_call_id.n > 0 &&
	    (p->x_call_id.p == q->x_call_id.p || p->x_call_id.p == q->call_id.p))
		es_cor_add_edge(s, a, b, ES_JOIN_X_CALL_ID, WEIGHT_X_CALL_ID, 0);
	else if (q->x_call_id.n > 0 && q->x_call_id.p == p->call_id.p)
		es_cor_add_edge(s, a, b, ES_JOIN_X_CALL_ID, WEIGHT_X_CALL_ID, 0);
}

/* One pair is 80 equal bits; more of them leave less room for a sender without randomness. */
static uint32_t
media_weight(uint32_t pairs)
{
	uint64_t w = UINT64_C(1000000) * (1 + 4 * (uint64_t)pairs) / (2 + 4 * (uint64_t)pairs);

	return w > WEIGHT_MEDIA_MAX ? WEIGHT_MEDIA_MAX : (uint32_t)w;
}

int
es_cor_join(struct es_cor_solve *s)
{
	s->cap_edges = s->n_matches + 20 * s->n_legs + 64;
	s->edges = es_cor_take(s->mem, s->cap_edges, sizeof(*s->edges));
	if (s->mem->full)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_legs; i++) {
		for (uint32_t j = i + 1; j < s->n_legs; j++)
			join_signalling(s, i, j);
	}
	if (es_cor_join_keys(s) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_matches; i++) {
		const struct es_cor_match *m = &s->matches[i];

		uint32_t a = s->sources[m->x].leg, b = s->sources[m->y].leg;

		if (m->pairs > 0 && !es_cor_would_mix(s, a, b))
			es_cor_add_edge(s, a, b, ES_JOIN_MEDIA, media_weight(m->pairs), m->pairs);
	}
	return 0;
}
