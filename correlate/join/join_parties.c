/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legs of calls that failed have no media to be joined by, and a B2BUA gives each a Call-ID of its own. What
 * they have in common is who called whom and how it ended. That names one call only together with time: at one
 * vantage point the second leg is sent by the host that received the first one, while that one waits; between
 * two vantage points the attempts must be as many and as far apart, and their clocks agree to a minute: extensions
 * are the same numbers at many customers.
 */
#include "correlate/join/join_parties.h"

#include "correlate/join/edge.h"
#include "probes/base/text.h"

enum {
	WEIGHT_PARTIES = 800000, /* the same two people may have tried over another path as well */
	RELAYED_MS = 1000,       /* a B2BUA passes an INVITE on at once; RFC 3261 T1 is 500 ms */
	GAP_MS = 2000,           /* an attempt may be passed on a little later than another one */
	CLOCKS_MS = 60000,       /* clocks that lie further apart than this join nothing so weak */
	FAILURE_FROM = 300,
};

struct attempts {
	uint32_t *leg;
	uint32_t n;
};

static const struct es_call *
record_of(const struct es_cor_solve *s, uint32_t leg)
{
	return &s->store->calls[s->legs[leg].call].rec;
}

static es_slice
user_of(es_slice party)
{
	return es_text_first(party, es_text_find(party, '@'));
}

/* Whether a leg ended with a failure, without media, between two people who are named. */
static bool
is_attempt(const struct es_cor_solve *s, uint32_t leg)
{
	const struct es_call *call;

	if (s->legs[leg].call == ES_COR_NONE || s->legs[leg].n_stream_views > 0)
		return false;
	call = record_of(s, leg);
	return (call->has & ES_CALL_HAS_STATUS) != 0 && call->final_status >= FAILURE_FROM &&
	       user_of(call->from).n > 0 && user_of(call->to).n > 0 &&
	       !es_text_is(user_of(call->from), "anonymous");
}

/* Negative, 0 or positive: by caller, callee and status. */
static int
compare(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_call *x = record_of(s, a), *y = record_of(s, b);
	int d = es_cor_names_compare(user_of(x->from), user_of(y->from));

	if (d == 0)
		d = es_cor_names_compare(user_of(x->to), user_of(y->to));
	if (d == 0 && x->final_status != y->final_status)
		d = x->final_status < y->final_status ? -1 : 1;
	return d;
}

/* By caller, callee and status, then vantage point, then start. */
static bool
attempt_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_solve *s = ctx;
	const struct es_cor_leg *x = &s->legs[a], *y = &s->legs[b];
	int d = compare(s, a, b);

	if (d != 0)
		return d < 0;
	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	return x->start.ns != y->start.ns ? x->start.ns < y->start.ns : a < b;
}

/* Whether a leg began so soon after another one that it may pass that on. */
static bool
is_within_relay(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	return es_time_diff(s->legs[b].start, s->legs[a].start) < RELAYED_MS * ES_NS_PER_MS;
}

/* Whether b is a leg on which the host that received a may have passed it on, by who sent which to whom. */
static bool
is_passed_on(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_call *x = record_of(s, a), *y = record_of(s, b);

	return x->invite_dst.family != 0 && es_addr_same_ip(&x->invite_dst, &y->invite_src) &&
	       !es_addr_same_ip(&x->invite_src, &y->invite_src);
}

static bool
differ(es_slice a, es_slice b)
{
	return a.n > 0 && b.n > 0 && a.p != b.p;
}

/* Whether both carry a header that names calls, with another value: a Session-ID of one call has joined them. */
static bool
contradict(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_call *x = record_of(s, a), *y = record_of(s, b);

	return differ(x->icid, y->icid) || differ(x->custom_key, y->custom_key) ||
	       differ(x->user_to_user, y->user_to_user) || differ(x->x_call_id, y->x_call_id) ||
	       (x->session_id.n > 0 && y->session_id.n > 0);
}

/* Whether two legs are one call, or may be: no path is longer than the points that an answer has. */
static bool
has_room(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	uint32_t x = es_cor_edge_root(s, a), y = es_cor_edge_root(s, b);

	return x == y || s->legs[x].n_joined + s->legs[y].n_joined <= ES_PATH_MAX;
}

static void
join(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	es_cor_count(s, 1);
	if (es_cor_edge_root(s, a) != es_cor_edge_root(s, b) && has_room(s, a, b) &&
	    !contradict(s, a, b) && !es_cor_edge_would_merge_calls(s, a, b))
		es_cor_edge_add(s, a, b, ES_JOIN_PARTIES, WEIGHT_PARTIES, 0);
}

/*
 * The leg on which the host that sent leg[i] had received the call, of those before it at its vantage point: the one
 * that signalling joined to it, else the only one that it may be. ES_COR_NONE: there is none, or the order of time
 * alone would have to choose.
 */
static uint32_t
received_on(struct es_cor_solve *s, const uint32_t *leg, uint32_t i)
{
	uint32_t found = ES_COR_NONE, n = 0;

	for (uint32_t j = i; j-- > 0 && is_within_relay(s, leg[j], leg[i]);) {
		es_cor_count(s, 1);
		if (i - j > ES_PATH_MAX)
			return ES_COR_NONE;
		if (!is_passed_on(s, leg[j], leg[i]))
			continue;
		if (es_cor_edge_root(s, leg[j]) == es_cor_edge_root(s, leg[i]))
			return leg[j];
		if (contradict(s, leg[j], leg[i]))
			continue;
		found = leg[j];
		n++;
	}
	return n == 1 ? found : ES_COR_NONE;
}

/*
 * The attempts that a vantage point saw, n legs in order of time: a leg that passes another one on is joined to it.
 * Returns how many attempts are left, one leg of each in front. before: room for n.
 */
static uint32_t
gather_attempts(struct es_cor_solve *s, uint32_t *leg, uint32_t *before, uint32_t n)
{
	uint32_t n_attempts = 0;

	for (uint32_t i = 0; i < n; i++)
		before[i] = received_on(s, leg, i);
	for (uint32_t i = 0; i < n; i++) {
		if (before[i] == ES_COR_NONE || !has_room(s, before[i], leg[i]))
			leg[n_attempts++] = leg[i];
		else
			es_cor_edge_add(s, before[i], leg[i], ES_JOIN_PARTIES, WEIGHT_PARTIES, 0);
	}
	return n_attempts;
}

/* Whether two vantage points saw the same attempts: as many, and as far apart. */
static bool
are_same(const struct es_cor_solve *s, const struct attempts *a, const struct attempts *b)
{
	int64_t ns = es_time_diff(s->legs[a->leg[0]].start, s->legs[b->leg[0]].start);

	if (ns > CLOCKS_MS * ES_NS_PER_MS || -ns > CLOCKS_MS * ES_NS_PER_MS)
		return false;
	for (uint32_t i = 1; i < a->n && a->n == b->n; i++) {
		int64_t x = es_time_diff(s->legs[a->leg[i]].start, s->legs[a->leg[0]].start);
		int64_t y = es_time_diff(s->legs[b->leg[i]].start, s->legs[b->leg[0]].start);

		es_cor_count(s, 1);
		if (x - y > GAP_MS * ES_NS_PER_MS || y - x > GAP_MS * ES_NS_PER_MS)
			return false;
	}
	return a->n == b->n;
}

/* Legs of one caller, callee and status: joins what the first vantage point of them saw with the others. before: room for n. */
static void
join_alike(struct es_cor_solve *s, uint32_t *leg, uint32_t *before, uint32_t n)
{
	struct attempts first = { 0 };

	for (uint32_t from = 0, to; from < n; from = to) {
		struct attempts here = { .leg = leg + from };

		for (to = from + 1;
		     to < n && s->legs[leg[to]].vantage == s->legs[leg[from]].vantage;)
			to++;
		here.n = gather_attempts(s, here.leg, before, to - from);
		if (first.n == 0)
			first = here;
		else if (are_same(s, &first, &here))
			for (uint32_t i = 0; i < here.n; i++)
				join(s, first.leg[i], here.leg[i]);
	}
}

int
es_cor_join_parties(struct es_cor_solve *s)
{
	uint32_t *leg = es_arena_take(s->mem, s->n_legs, sizeof(*leg));
	uint32_t *before = es_arena_take(s->mem, s->n_legs, sizeof(*before));
	uint32_t n = 0, first = 0;

	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_legs; i++)
		if (is_attempt(s, i))
			leg[n++] = i;
	es_cor_sort(leg, n, attempt_before, s);
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n && compare(s, leg[i], leg[first]) == 0)
			continue;
		join_alike(s, leg + first, before, i - first);
		first = i;
	}
	return 0;
}
