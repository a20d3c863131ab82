/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches: the same source at two vantage points. An SSRC alone proves nothing; the same sequence
 * numbers must carry the same RTP timestamps, one source goes with one source, and all of a pair of
 * vantage points agree on one difference of their clocks.
 */
#include "correlate/join/match.h"

#include "correlate/join/line.h"
#include "correlate/join/match_private.h"
#include "correlate/join/source.h"
#include "correlate/join/stream_view.h"

/* ALIKE: candidates as near to the common offset are distinguished by their packets. PER_SOURCE:
 * candidates a source may have, on average, before some are left out. */
enum { ALIKE_MS = 20, PER_SOURCE_MAX = 128 };

/* Missing numbers of a stream view, shifted, as runs below its last number. */
static void
gaps_of(struct es_cor_solve *s, const struct es_cor_stream_view *st, int64_t shift,
    struct es_cor_runs *out)
{
	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &s->store->parts[s->part_order[st->parts + i]];

		for (uint32_t j = 0; j < p->n_missing; j++) {
			const struct es_missing *gap = &s->store->missing[p->missing + j];

			if (gap->seq >= p->first_seq && gap->seq <= p->last_seq)
				es_cor_runs_add(out, (int64_t)gap->seq + shift,
				    (int64_t)gap->seq + shift + (int64_t)gap->run);
		}
	}
	es_cor_runs_tidy(out);
}

static uint32_t
count_gaps(const struct es_cor_solve *s, const struct es_cor_stream_view *st)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < st->n_parts; i++)
		n += s->store->parts[s->part_order[st->parts + i]].n_missing;
	return n;
}

/*
 * Packets that only one of the two saw, ends included. What one capture misses of a source the next
 * one downstream misses too, so the true partner is apart by the loss between them only.
 */
static uint64_t
apart(struct es_cor_solve *s, const struct es_cor_match *m)
{
	const struct es_cor_source *x = &s->sources[m->x], *y = &s->sources[m->y];
	const struct es_cor_stream_view *a =
	    &s->stream_views[s->source_stream_views[x->stream_views]];
	const struct es_cor_stream_view *b =
	    &s->stream_views[s->source_stream_views[y->stream_views]];
	size_t mark = es_arena_mark(s->mem);
	struct es_cor_runs p, q;
	uint64_t n;
	int64_t ends[2] = { a->first - b->first - m->shift, a->last - b->last - m->shift };

	if (x->n_stream_views != 1 || y->n_stream_views != 1)
		return 0;
	es_cor_runs_new(&p, s->mem, count_gaps(s, a));
	es_cor_runs_new(&q, s->mem, count_gaps(s, b));
	gaps_of(s, a, 0, &p);
	gaps_of(s, b, m->shift, &q);
	n = es_cor_runs_count(&p) + es_cor_runs_count(&q) - 2 * es_cor_runs_common(&p, &q);
	for (int i = 0; i < 2; i++)
		n += (uint64_t)(ends[i] < 0 ? -ends[i] : ends[i]);
	es_arena_reset(s->mem, mark);
	return n;
}

void
es_cor_consider(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t x, uint32_t y)
{
	struct es_cor_match m;
	es_slice a = s->legs[s->sources[x].leg].call_id;
	es_slice b = s->legs[s->sources[y].leg].call_id;

	if (r->n == r->cap || !es_cor_may_match(&s->sources[x], &s->sources[y]))
		return;
	es_cor_source_compare(s, x, y, &m);
	m.shares_call_id = a.n > 0 && a.p == b.p;
	if (m.pairs <= m.contrary && !(m.shares_call_id && m.shares_addr && m.near > 0))
		return;
	m.apart = apart(s, &m);
	r->m[r->n++] = m;
}

static bool
is_near(int64_t a, int64_t b)
{
	int64_t d = a - b;

	return (d < 0 ? -d : d) <= (int64_t)ES_COR_WINDOW_MS * ES_NS_PER_MS / 2;
}

/*
 * How much a candidate says about the clocks: signalling outweighs all else; of calls that replay
 * one recording the ones that miss the same packets are more likely one.
 */
static uint64_t
weight(const struct es_cor_match *m)
{
	return 4 + 256 / (1 + m->apart) + (m->shares_call_id ? 1u << 20 : 0) +
	       (m->shares_addr ? 1u << 16 : 0);
}

static bool
by_offset(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_match *m = &((const struct es_cor_match *)ctx)[a];
	const struct es_cor_match *n = &((const struct es_cor_match *)ctx)[b];

	return m->offset_ns != n->offset_ns ? m->offset_ns < n->offset_ns : a < b;
}

/*
 * The place in r->tmp[from..to), sorted by offset, around which most weight lies within width_ns.
 * Returns the candidate in the middle of it.
 */
static uint32_t
densest(const struct es_cor_candidates *r, uint32_t *from, uint32_t *to, int64_t width_ns)
{
	uint32_t first = *from, best_from = *from, best_to = *from;
	uint64_t sum = 0, best = 0;

	for (uint32_t i = *from; i < *to; i++) {
		const struct es_cor_match *m = &r->m[r->tmp[i]];

		sum += weight(m);
		while (m->offset_ns - r->m[r->tmp[first]].offset_ns > width_ns)
			sum -= weight(&r->m[r->tmp[first++]]);
		if (sum > best) {
			best = sum;
			best_from = first;
			best_to = i + 1;
		}
	}
	*from = best_from;
	*to = best_to;
	return best_from + (best_to - best_from) / 2;
}

/*
 * The clock offset of a pair of vantage points: where most of the candidates agree, first roughly,
 * then, among calls that replay one recording, the one that pairs most of them.
 */
bool
es_cor_find_center(struct es_cor_candidates *r)
{
	uint32_t from = 0, to = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		if (r->m[i].has_offset)
			r->tmp[to++] = i;
	}
	if (to == 0)
		return false;
	es_cor_sort(r->tmp, to, by_offset, r->m);
	(void)densest(r, &from, &to, (int64_t)ES_COR_WINDOW_MS * ES_NS_PER_MS);
	r->center_ns = r->m[r->tmp[densest(r, &from, &to, ALIKE_MS * ES_NS_PER_MS)]].offset_ns;
	return true;
}

/* Best first: joined by signalling, same addresses, near the common offset, same packets seen. */
static bool
by_merit(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_candidates *r = ctx;
	const struct es_cor_match *m = &r->m[a], *n = &r->m[b];
	int64_t dm = m->offset_ns - r->center_ns, dn = n->offset_ns - r->center_ns;

	if (m->shares_call_id != n->shares_call_id)
		return m->shares_call_id;
	if (m->shares_addr != n->shares_addr)
		return m->shares_addr;
	if (m->has_offset != n->has_offset)
		return m->has_offset;
	dm = (dm < 0 ? -dm : dm) / ES_NS_PER_MS;
	dn = (dn < 0 ? -dn : dn) / ES_NS_PER_MS;
	if (dm / ALIKE_MS != dn / ALIKE_MS)
		return dm < dn;
	if (m->apart != n->apart)
		return m->apart < n->apart;
	if (dm != dn)
		return dm < dn;
	return m->pairs != n->pairs ? m->pairs > n->pairs : a < b;
}

/* Whether one group would hold two sources of one vantage point that are not the same packets. */
static bool
contradicts(const struct es_cor_solve *s, uint32_t x, uint32_t y)
{
	uint32_t i = x;

	do {
		uint32_t j = y;

		do {
			es_cor_count(s, 1);
			if (s->sources[i].vantage == s->sources[j].vantage &&
			    s->sources[i].twin != s->sources[j].twin)
				return true;
			j = s->sources[j].next_of_group;
		} while (j != y);
		i = s->sources[i].next_of_group;
	} while (i != x);
	return false;
}

/* Two sources carry the same packets: their groups become one, and their lines. */
static bool
accept(struct es_cor_solve *s, const struct es_cor_match *m)
{
	const struct es_cor_source *x = &s->sources[m->x], *y = &s->sources[m->y];
	uint32_t a = es_cor_group_of(s, m->x), b = es_cor_group_of(s, m->y);
	bool is_plain = x->n_stream_views == 1 && y->n_stream_views == 1;

	if (a != b && contradicts(s, m->x, m->y))
		return false;
	if (s->n_matches < s->cap_matches)
		s->matches[s->n_matches++] = *m;
	if (a != b) {
		uint32_t next = s->sources[m->x].next_of_group;

		s->sources[a > b ? a : b].group = a < b ? a : b;
		s->sources[m->x].next_of_group = s->sources[m->y].next_of_group;
		s->sources[m->y].next_of_group = next;
	}
	for (uint32_t i = 0; i < x->n_stream_views; i++) {
		uint32_t p = s->source_stream_views[x->stream_views + i], from, to;

		es_cor_stream_views_near(x->n_stream_views, y->n_stream_views, i, &from, &to);
		for (uint32_t j = from; j < to; j++) {
			uint32_t q = s->source_stream_views[y->stream_views + j];
			struct es_cor_match c;
			int64_t shift;

			es_cor_stream_view_compare(s, p, q, &c, &shift);
			/* The sender began again with the numbers it had: that is another time. */
			if (c.has_offset && m->has_offset && !is_near(c.offset_ns, m->offset_ns))
				continue;
			if (c.pairs > c.contrary || (is_plain && c.near > 0 && c.contrary == 0))
				es_cor_line_join(s, p, q, shift);
		}
	}
	return true;
}

/*
 * A sender that begins again shows the same pairs at several offsets: of these the one that the other
 * candidates agree on, where there is one.
 */
static void
choose_offset(struct es_cor_solve *s, struct es_cor_match *m, int64_t center_ns)
{
	const struct es_cor_source *x = &s->sources[m->x], *y = &s->sources[m->y];

	if (!m->has_offset || is_near(m->offset_ns, center_ns))
		return;
	for (uint32_t i = 0; i < x->n_stream_views; i++) {
		uint32_t from, to;

		es_cor_stream_views_near(x->n_stream_views, y->n_stream_views, i, &from, &to);
		for (uint32_t j = from; j < to; j++) {
			struct es_cor_match c;
			int64_t shift;

			es_cor_stream_view_compare(s, s->source_stream_views[x->stream_views + i],
			    s->source_stream_views[y->stream_views + j], &c, &shift);
			if (!c.has_offset || c.pairs <= c.contrary ||
			    !is_near(c.offset_ns, center_ns))
				continue;
			m->offset_ns = c.offset_ns;
			return;
		}
	}
}

/* Candidates of one pair of vantage points: one source to one source, under one offset. */
static void
assign(struct es_cor_solve *s, struct es_cor_candidates *r, bool is_sure)
{
	bool has_center = es_cor_find_center(r);

	for (uint32_t i = 0; i < r->n && has_center; i++)
		choose_offset(s, &r->m[i], r->center_ns);

	for (uint32_t i = 0; i < r->n; i++) {
		r->order[i] = i;
		r->partner[r->m[i].x] = r->partner[r->m[i].y] = ES_COR_NONE;
	}
	es_cor_sort(r->order, r->n, by_merit, r);
	for (uint32_t i = 0; i < r->n; i++) {
		const struct es_cor_match *m = &r->m[r->order[i]];
		uint32_t tx = s->sources[m->x].twin, ty = s->sources[m->y].twin;

		if (is_sure && !m->shares_call_id && !m->shares_addr)
			continue;
		if (m->has_offset && has_center && !is_near(m->offset_ns, r->center_ns))
			continue;
		if ((r->partner[m->x] != ES_COR_NONE && r->partner[m->x] != ty) ||
		    (r->partner[m->y] != ES_COR_NONE && r->partner[m->y] != tx))
			continue;
		if (!accept(s, m))
			continue;
		r->partner[m->x] = ty;
		r->partner[m->y] = tx;
	}
}

/* Twins were found before: they are matches within one vantage point. */
static void
accept_twins(struct es_cor_solve *s)
{
	for (uint32_t i = 0; i < s->n_sources; i++) {
		struct es_cor_match m;

		if (s->sources[i].twin == i)
			continue;
		es_cor_source_compare(s, s->sources[i].twin, i, &m);
		(void)accept(s, &m);
	}
}

int
es_cor_matches(struct es_cor_solve *s)
{
	struct es_cor_candidates r = { 0 };
	size_t room;

	s->cap_matches = 16 * s->n_sources + 64;
	s->matches = es_arena_reserve(s->mem, s->cap_matches, sizeof(*s->matches));
	if (s->matches == NULL || es_cor_candidates_new(s, &r) != 0)
		return ES_EFULL;
	r.partner = es_arena_take(s->mem, s->n_sources, sizeof(*r.partner));
	room = es_arena_left(s->mem) / 2 / (sizeof(*r.m) + 2 * sizeof(uint32_t));
	r.cap = PER_SOURCE_MAX * s->n_sources + 1024;
	r.cap = room < r.cap ? (uint32_t)room : r.cap;
	r.m = es_arena_reserve(s->mem, r.cap, sizeof(*r.m));
	r.order = es_arena_reserve(s->mem, r.cap, sizeof(*r.order));
	r.tmp = es_arena_reserve(s->mem, r.cap, sizeof(*r.tmp));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	accept_twins(s);
	/* first what signalling or equal addresses join, then what only the packets show */
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint32_t v = 0; v < s->store->n_vantages && s->n_sources > 0; v++) {
			for (uint32_t w = v + 1; w < s->store->n_vantages; w++) {
				es_cor_candidates(s, &r, v, w, pass == 0);
				assign(s, &r, pass == 0);
			}
		}
	return 0;
}
