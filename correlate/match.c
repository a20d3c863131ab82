/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches: the same source at two vantage points. An SSRC alone proves nothing; the same sequence
 * numbers must carry the same RTP timestamps, one source goes with one source, and all of a pair of
 * vantage points agree on one difference of their clocks.
 */
#include "correlate/solve.h"

enum {
	WINDOW_MS = 2000, /* all clock offsets of one pair of vantage points lie within this */
	CENTERS_MAX = 512,
	LINES_MAX = 1 << 17, /* of one medium: what common numbers have room for */
};

static bool
by_ssrc(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_source *x = &((const struct es_cor_source *)ctx)[a];
	const struct es_cor_source *y = &((const struct es_cor_source *)ctx)[b];

	return x->ssrc != y->ssrc ? x->ssrc < y->ssrc : a < b;
}

static void
consider(struct es_cor_solve *s, uint32_t x, uint32_t y)
{
	struct es_cor_match m;
	es_slice a = s->legs[s->sources[x].leg].call_id;
	es_slice b = s->legs[s->sources[y].leg].call_id;

	es_cor_source_compare(s, x, y, &m);
	m.shares_call_id = a.n > 0 && a.p == b.p;
	if (m.pairs <= m.contrary && !(m.shares_call_id && m.shares_addr && m.near > 0))
		return;
	if (s->n_matches == s->cap_matches) {
		s->mem->full = true;
		return;
	}
	s->matches[s->n_matches++] = m;
}

static bool
by_vantages(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_solve *s = ctx;
	const struct es_cor_match *m = &s->matches[a], *n = &s->matches[b];
	uint32_t mx = s->sources[m->x].vantage, nx = s->sources[n->x].vantage;
	uint32_t my = s->sources[m->y].vantage, ny = s->sources[n->y].vantage;

	if (mx != nx)
		return mx < nx;
	if (my != ny)
		return my < ny;
	return m->x != n->x ? m->x < n->x : m->y < n->y;
}

static bool
is_near(int64_t a, int64_t b)
{
	int64_t d = a - b;

	return (d < 0 ? -d : d) <= (int64_t)WINDOW_MS * ES_NS_PER_MS / 2;
}

/* How much a match says about the clocks: one on signalling outweighs any number of pairs. */
static uint64_t
weight(const struct es_cor_match *m)
{
	return m->pairs + (m->shares_call_id ? 1u << 20 : 0) + (m->shares_addr ? 1u << 16 : 0);
}

/* Sum of the weights near this offset, each source of x counted once (matches stand by x). */
static uint64_t
support(const struct es_cor_solve *s, const uint32_t *at, uint32_t n, int64_t offset_ns)
{
	uint64_t sum = 0, best = 0;
	uint32_t x = ES_COR_NONE;

	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_match *m = &s->matches[at[i]];

		if (!m->has_offset || !is_near(m->offset_ns, offset_ns))
			continue;
		if (m->x != x) {
			sum += best;
			best = 0;
			x = m->x;
		}
		best = weight(m) > best ? weight(m) : best;
	}
	return sum + best;
}

struct offset_order {
	const struct es_cor_match *matches;
	int64_t center_ns;
};

static bool
by_offset(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_match *m = &((const struct es_cor_match *)ctx)[a];
	const struct es_cor_match *n = &((const struct es_cor_match *)ctx)[b];

	return m->offset_ns != n->offset_ns ? m->offset_ns < n->offset_ns : a < b;
}

/* The clock offset of a pair of vantage points: the middle of those that most sources agree on. */
static bool
find_center(
    const struct es_cor_solve *s, const uint32_t *at, uint32_t n, uint32_t *tmp, int64_t *center)
{
	uint32_t stride = n / CENTERS_MAX + 1, n_tmp = 0;
	uint64_t best = 0;
	bool shares = false;

	for (uint32_t i = 0; i < n; i += stride) {
		const struct es_cor_match *m = &s->matches[at[i]];
		uint64_t w = m->has_offset ? support(s, at, n, m->offset_ns) : 0;

		if (w > best) {
			best = w;
			*center = m->offset_ns;
		}
	}
	if (best == 0)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_match *m = &s->matches[at[i]];

		if (!m->has_offset || !is_near(m->offset_ns, *center))
			continue;
		if (m->shares_call_id && !shares)
			n_tmp = 0; /* from here on only those that signalling joins */
		shares |= m->shares_call_id;
		if (m->shares_call_id == shares)
			tmp[n_tmp++] = at[i];
	}
	es_cor_sort(tmp, n_tmp, by_offset, s->matches);
	*center = s->matches[tmp[n_tmp / 2]].offset_ns;
	return true;
}

/* Best first: joined by signalling, same addresses, nearest to the common offset, most pairs. */
static bool
by_merit(const void *ctx, uint32_t a, uint32_t b)
{
	const struct offset_order *o = ctx;
	const struct es_cor_match *m = &o->matches[a], *n = &o->matches[b];
	int64_t dm = m->offset_ns - o->center_ns, dn = n->offset_ns - o->center_ns;

	if (m->shares_call_id != n->shares_call_id)
		return m->shares_call_id;
	if (m->shares_addr != n->shares_addr)
		return m->shares_addr;
	if (m->has_offset != n->has_offset)
		return m->has_offset;
	dm = (dm < 0 ? -dm : dm) / ES_NS_PER_MS;
	dn = (dn < 0 ? -dn : dn) / ES_NS_PER_MS;
	if (dm != dn)
		return dm < dn;
	return m->pairs != n->pairs ? m->pairs > n->pairs : a < b;
}

/* Two sources carry the same packets: their groups become one, and their lines. */
static void
accept(struct es_cor_solve *s, struct es_cor_match *m)
{
	const struct es_cor_source *x = &s->sources[m->x], *y = &s->sources[m->y];
	uint32_t a = es_cor_group_of(s, m->x), b = es_cor_group_of(s, m->y);
	bool is_plain = x->n_strands == 1 && y->n_strands == 1;

	m->accepted = true;
	if (a < b)
		s->sources[b].group = a;
	else
		s->sources[a].group = b;
	for (uint32_t i = 0; i < x->n_strands; i++) {
		uint32_t p = s->source_strands[x->strands + i];

		for (uint32_t j = 0; j < y->n_strands; j++) {
			uint32_t q = s->source_strands[y->strands + j];
			struct es_cor_match c;
			int64_t shift;

			es_cor_strand_compare(s, p, q, &c, &shift);
			if (c.pairs > c.contrary || (is_plain && c.near > 0 && c.contrary == 0))
				es_cor_line_join(s, p, q, shift);
		}
	}
}

/* Whether this source already goes with another one of the other vantage point. */
static bool
is_taken(const struct es_cor_solve *s, const uint32_t *at, uint32_t n, const struct es_cor_match *m)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct es_cor_match *o = &s->matches[at[i]];

		if (!o->accepted)
			continue;
		if (o->x == m->x && s->sources[o->y].twin != s->sources[m->y].twin)
			return true;
		if (o->y == m->y && s->sources[o->x].twin != s->sources[m->x].twin)
			return true;
	}
	return false;
}

/* All candidates of one pair of vantage points: one source to one source, under one offset. */
static void
assign(struct es_cor_solve *s, uint32_t *at, uint32_t n, uint32_t *tmp)
{
	struct offset_order o = { s->matches, 0 };
	bool has_center = find_center(s, at, n, tmp, &o.center_ns);

	es_cor_sort(at, n, by_merit, &o);
	for (uint32_t i = 0; i < n; i++) {
		struct es_cor_match *m = &s->matches[at[i]];

		if (m->has_offset && has_center && !is_near(m->offset_ns, o.center_ns))
			continue;
		if (!is_taken(s, at, i, m))
			accept(s, m);
	}
}

static void
assign_all(struct es_cor_solve *s, uint32_t *at, uint32_t *tmp)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < s->n_matches; i++)
		at[i] = i;
	es_cor_sort(at, s->n_matches, by_vantages, s);
	for (uint32_t i = 1; i <= s->n_matches; i++) {
		const struct es_cor_match *m = &s->matches[at[first]];
		const struct es_cor_match *o = i < s->n_matches ? &s->matches[at[i]] : NULL;

		if (o != NULL && s->sources[m->x].vantage == s->sources[o->x].vantage &&
		    s->sources[m->y].vantage == s->sources[o->y].vantage)
			continue;
		assign(s, &at[first], i - first, tmp);
		first = i;
	}
}

/* Twins were found before: they are matches within one vantage point. */
static void
accept_twins(struct es_cor_solve *s)
{
	for (uint32_t i = 0; i < s->n_sources; i++) {
		struct es_cor_match m;

		if (s->sources[i].twin == i || s->n_matches == s->cap_matches)
			continue;
		es_cor_source_compare(s, s->sources[i].twin, i, &m);
		accept(s, &m);
		s->matches[s->n_matches++] = m;
	}
}

int
es_cor_matches(struct es_cor_solve *s)
{
	uint32_t *order = es_cor_take(s->mem, s->n_sources, sizeof(*order));
	uint32_t *at, *tmp;

	s->cap_matches = 16 * s->n_sources + 64;
	s->matches = es_cor_take(s->mem, s->cap_matches, sizeof(*s->matches));
	at = es_cor_take(s->mem, s->cap_matches, sizeof(*at));
	tmp = es_cor_take(s->mem, s->cap_matches, sizeof(*tmp));
	if (s->mem->full)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_sources; i++)
		order[i] = i;
	es_cor_sort(order, s->n_sources, by_ssrc, s->sources);
	for (uint32_t i = 0; i < s->n_sources; i++) {
		for (uint32_t j = i + 1; j < s->n_sources; j++) {
			const struct es_cor_source *x = &s->sources[order[i]];
			const struct es_cor_source *y = &s->sources[order[j]];

			if (x->ssrc != y->ssrc)
				break;
			if (x->vantage != y->vantage)
				consider(s, order[i], order[j]);
		}
	}
	s->mem->full = false; /* too many candidates: the ones left out are the last ones */
	assign_all(s, at, tmp);
	accept_twins(s);
	return 0;
}

int
es_cor_lines(struct es_cor_solve *s)
{
	static const int64_t bias = INT64_C(1) << 42; /* shifted numbers stay positive */
	uint32_t *n_lines = es_cor_take(s->mem, s->n_sources, sizeof(*n_lines));

	if (n_lines == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_strands; i++) {
		uint32_t group = es_cor_group_of(s, s->strands[i].source);

		if (s->strands[i].line != i)
			continue;
		s->strands[i].base = bias + ES_COR_LINE_SPAN * (int64_t)n_lines[group];
		n_lines[group] += n_lines[group] < LINES_MAX;
	}
	for (uint32_t i = 0; i < s->n_strands; i++) {
		int64_t shift;
		uint32_t root = es_cor_line_find(s, i, &shift);

		if (root != i)
			s->strands[i].base = s->strands[root].base + shift;
	}
	return 0;
}
