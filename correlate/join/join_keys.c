/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins legs by a value that one of their headers passes on: P-Charging-Vector's icid, the configured
 * header, User-to-User. Such a value may name a customer instead of a call; then successive calls at
 * one place have it too, or more legs than one call has, and it joins nothing.
 */
#include "correlate/join/join_keys.h"

#include "correlate/join/edge.h"

enum {
	WEIGHT_ICID = 970000,
	WEIGHT_CONFIGURED = 970000,
	WEIGHT_USER_TO_USER = 900000, /* what applications put there, they may put there again */
};

static const struct key {
	enum es_join_reason reason;
	uint32_t weight_ppm;
	bool is_sure; /* joins simultaneous legs of one vantage point as well */
} keys[] = {
	{ ES_JOIN_ICID, WEIGHT_ICID, true },
	{ ES_JOIN_CONFIGURED, WEIGHT_CONFIGURED, true },
	{ ES_JOIN_USER_TO_USER, WEIGHT_USER_TO_USER, false },
};

/* Legs in the order of one key. */
struct order {
	const struct es_cor_solve *s;
	enum es_join_reason reason;
};

static es_slice
value_of(const struct es_cor_solve *s, uint32_t leg, enum es_join_reason reason)
{
	const struct es_call *c = &s->store->calls[s->legs[leg].call].rec;

	switch (reason) {
	case ES_JOIN_ICID:
		return c->icid;
	case ES_JOIN_CONFIGURED:
		return c->custom_key;
	default:
		return c->user_to_user;
	}
}

/* By value, vantage point, start. */
static bool
key_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct order *o = ctx;
	const struct es_cor_leg *x = &o->s->legs[a], *y = &o->s->legs[b];
	int d = es_cor_names_compare(value_of(o->s, a, o->reason), value_of(o->s, b, o->reason));

	if (d != 0)
		return d < 0;
	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	return x->start.ns != y->start.ns ? x->start.ns < y->start.ns : a < b;
}

/* The end of a leg, as far as its media or its signalling show. */
static es_time
end_of(const struct es_cor_solve *s, uint32_t leg)
{
	const struct es_call *c = &s->store->calls[s->legs[leg].call].rec;
	uint64_t us = 0;

	if (c->has & ES_CALL_HAS_SETUP)
		us += c->setup_us;
	if (c->has & ES_CALL_HAS_DURATION)
		us += c->duration_us;
	return es_time_max(s->legs[leg].end, es_time_add(c->start, (int64_t)us * ES_NS_PER_US));
}

/* Whether at each vantage point the legs with this value follow one another without a break. */
static bool
names_one_call(const struct es_cor_solve *s, const uint32_t *leg, uint32_t n)
{
	es_time end = end_of(s, leg[0]);

	for (uint32_t i = 1; i < n; i++) {
		const struct es_cor_leg *l = &s->legs[leg[i]];

		if (l->vantage != s->legs[leg[i - 1]].vantage)
			end = l->start;
		else if (es_time_diff(l->start, end) > ES_COR_OVERLAP_MS * ES_NS_PER_MS)
			return false;
		end = es_time_max(end, end_of(s, leg[i]));
	}
	return true;
}

static void
join_value(struct es_cor_solve *s, const struct key *k, const uint32_t *leg, uint32_t n)
{
	if (n > ES_COR_SHARERS_MAX)
		for (uint32_t i = 0; i < n; i++)
			es_cor_edge_note_common(&s->legs[leg[i]], k->reason, n);
	if (n > ES_COR_SHARERS_MAX || !names_one_call(s, leg, n))
		return;
	for (uint32_t i = 1; i < n; i++)
		if (k->is_sure || !es_cor_edge_would_merge_calls(s, leg[0], leg[i]))
			es_cor_edge_add(s, leg[0], leg[i], k->reason, k->weight_ppm, 0);
}

static void
join_key(struct es_cor_solve *s, const struct key *k, uint32_t *leg)
{
	struct order o = { s, k->reason };
	uint32_t n = 0, first = 0;

	for (uint32_t i = 0; i < s->n_legs; i++)
		if (s->legs[i].call != ES_COR_NONE && value_of(s, i, k->reason).n > 0)
			leg[n++] = i;
	es_cor_sort(leg, n, key_before, &o);
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n &&
		    value_of(s, leg[i], k->reason).p == value_of(s, leg[first], k->reason).p)
			continue;
		join_value(s, k, leg + first, i - first);
		first = i;
	}
}

int
es_cor_join_keys(struct es_cor_solve *s)
{
	uint32_t *leg = es_arena_take(s->mem, s->n_legs, sizeof(*leg));

	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		join_key(s, &keys[i], leg);
	return 0;
}
