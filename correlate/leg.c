/* SPDX-License-Identifier: Apache-2.0 */
/* Legs: the sources and the dialog that belong together at one vantage point. */
#include "correlate/solve.h"

static uint32_t
find(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* The lower index leads. */
static void
unite(uint32_t *parent, uint32_t i, uint32_t j)
{
	uint32_t a = find(parent, i), b = find(parent, j);

	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

static const struct es_cor_strand *
strand_of(const struct es_cor_solve *s, const struct es_cor_source *src, uint32_t i)
{
	return &s->strands[s->source_strands[src->strands + i]];
}

/* Two sources of which one has a stream from A to B and the other one from B to A. */
static bool
is_answer(
    const struct es_cor_solve *s, const struct es_cor_source *a, const struct es_cor_source *b)
{
	for (uint32_t i = 0; i < a->n_strands; i++) {
		for (uint32_t j = 0; j < b->n_strands; j++) {
			const struct es_cor_strand *x = strand_of(s, a, i);
			const struct es_cor_strand *y = strand_of(s, b, j);
			bool differs =
			    x->call_id.n > 0 && y->call_id.n > 0 && x->call_id.p != y->call_id.p;

			if (!differs && es_cor_is_reversed(&es_cor_stream_of(s, x)->key,
					    &es_cor_stream_of(s, y)->key))
				return true;
		}
	}
	return false;
}

/* Whether a stream of each was claimed by the same dialog. */
static bool
shares_call(
    const struct es_cor_solve *s, const struct es_cor_source *a, const struct es_cor_source *b)
{
	for (uint32_t i = 0; i < a->n_strands; i++) {
		for (uint32_t j = 0; j < b->n_strands; j++) {
			const struct es_cor_strand *x = strand_of(s, a, i);

			if (x->call_id.n > 0 && x->call_id.p == strand_of(s, b, j)->call_id.p)
				return true;
		}
	}
	return false;
}

/* Whether joining the legs of a and b would put the same packets twice on one leg. */
static bool
doubles(
    struct es_cor_solve *s, uint32_t *parent, uint32_t first, uint32_t end, uint32_t a, uint32_t b)
{
	uint32_t la = find(parent, a), lb = find(parent, b);

	for (uint32_t i = first; i < end; i++) {
		if (find(parent, i) != la)
			continue;
		for (uint32_t j = first; j < end; j++) {
			if (find(parent, j) == lb && i != j &&
			    s->sources[i].twin == s->sources[j].twin)
				return true;
		}
	}
	return false;
}

/*
 * Joins what a reversed 5-tuple joins, then what a dialog joins: a proxy keeps one Call-ID on both
 * of its legs, and a capture on both sees every packet twice.
 */
static void
join_vantage(struct es_cor_solve *s, uint32_t *parent, uint32_t first, uint32_t end)
{
	for (int by_call = 0; by_call < 2; by_call++) {
		for (uint32_t i = first; i < end; i++) {
			for (uint32_t j = first; j < i; j++) {
				const struct es_cor_source *a = &s->sources[j], *b = &s->sources[i];

				if (find(parent, i) == find(parent, j))
					continue;
				if (by_call == 0 ? !is_answer(s, a, b) : !shares_call(s, a, b))
					continue;
				if (!doubles(s, parent, first, end, i, j))
					unite(parent, i, j);
			}
		}
	}
}

/* ctx: the calls of the store. By vantage point, start, Call-ID. */
static bool
call_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_call *x = &((const struct es_cor_call *)ctx)[a];
	const struct es_cor_call *y = &((const struct es_cor_call *)ctx)[b];

	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	if (x->rec.start.ns != y->rec.start.ns)
		return x->rec.start.ns < y->rec.start.ns;
	return es_cor_names_compare(x->rec.call_id, y->rec.call_id) < 0;
}

/* The earliest dialog at this vantage point among those with this Call-ID and the one known. */
static uint32_t
better_call(const struct es_cor_store *store, uint32_t vantage, es_slice call_id, uint32_t known)
{
	for (uint32_t i = 0; i < store->n_calls && call_id.n > 0; i++) {
		if (store->calls[i].vantage != vantage ||
		    store->calls[i].rec.call_id.p != call_id.p)
			continue;
		return known == ES_COR_NONE || call_before(store->calls, i, known) ? i : known;
	}
	return known;
}

static void
fill_leg(struct es_cor_solve *s, struct es_cor_leg *leg, const uint32_t *parent, uint32_t root,
    uint32_t end)
{
	leg->vantage = s->sources[root].vantage;
	leg->call = ES_COR_NONE;
	leg->start = leg->end = s->sources[root].start;
	for (uint32_t i = root; i < end; i++) {
		struct es_cor_source *src = &s->sources[i];

		if (parent[i] != root)
			continue;
		src->leg = s->n_legs;
		s->leg_sources[leg->sources + leg->n_sources++] = i;
		if (es_time_before(src->start, leg->start))
			leg->start = src->start;
		for (uint32_t j = 0; j < src->n_strands; j++) {
			es_slice id = strand_of(s, src, j)->call_id;

			leg->end = es_time_max(
			    leg->end, s->strands[s->source_strands[src->strands + j]].end);
			leg->call = better_call(s->store, leg->vantage, id, leg->call);
			if (leg->call_id.n == 0)
				leg->call_id = id;
		}
	}
	if (leg->call == ES_COR_NONE)
		return;
	leg->call_id = s->store->calls[leg->call].rec.call_id;
	if (es_time_before(s->store->calls[leg->call].rec.start, leg->start))
		leg->start = s->store->calls[leg->call].rec.start;
}

/* Dialogs whose media nobody saw are legs too. */
static void
add_silent_calls(struct es_cor_solve *s, const uint32_t *order)
{
	for (uint32_t i = 0; i < s->store->n_calls; i++) {
		const struct es_cor_call *c = &s->store->calls[order[i]];
		struct es_cor_leg *leg = &s->legs[s->n_legs];
		bool is_known = false;

		for (uint32_t j = 0; j < s->n_strands && !is_known; j++) {
			const struct es_cor_stream *st = es_cor_stream_of(s, &s->strands[j]);

			is_known = st->vantage == c->vantage &&
				   s->strands[j].call_id.p == c->rec.call_id.p;
		}
		if (is_known || c->rec.call_id.n == 0)
			continue;
		leg->vantage = c->vantage;
		leg->call = order[i];
		leg->call_id = c->rec.call_id;
		leg->start = c->rec.start;
		leg->end = c->rec.start;
		leg->next_of_call = s->n_legs;
		leg->joined = s->n_legs++;
	}
}

int
es_cor_legs(struct es_cor_solve *s)
{
	uint32_t *parent = es_cor_take(s->mem, s->n_sources, sizeof(*parent));
	uint32_t *order = es_cor_take(s->mem, s->store->n_calls, sizeof(*order));
	uint32_t first = 0, n = 0;

	s->legs = es_cor_take(s->mem, (size_t)s->n_sources + s->store->n_calls, sizeof(*s->legs));
	s->leg_sources = es_cor_take(s->mem, s->n_sources, sizeof(*s->leg_sources));
	if (s->mem->full)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_sources; i++)
		parent[i] = i;
	for (uint32_t i = 0; i <= s->n_sources; i++) {
		if (i == s->n_sources || s->sources[i].vantage != s->sources[first].vantage) {
			join_vantage(s, parent, first, i);
			first = i;
		}
	}
	for (uint32_t i = 0; i < s->n_sources; i++)
		parent[i] = find(parent, i);
	for (uint32_t i = 0; i < s->n_sources; i++) {
		struct es_cor_leg *leg = &s->legs[s->n_legs];

		if (parent[i] != i)
			continue;
		leg->sources = n;
		leg->joined = leg->next_of_call = s->n_legs;
		fill_leg(s, leg, parent, i, s->n_sources);
		n += leg->n_sources;
		s->n_legs++;
	}
	for (uint32_t i = 0; i < s->store->n_calls; i++)
		order[i] = i;
	es_cor_sort(order, s->store->n_calls, call_before, s->store->calls);
	add_silent_calls(s, order);
	return 0;
}
