/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks rows. */
#include "agent/top/top_list.h"

#include "probes/base/text.h"

#include <stdlib.h>
#include <string.h>

/* A rank: in progress, known, and 62 bits of how bad. */
#define IN_PROGRESS (UINT64_C(1) << 63)
#define KNOWN (UINT64_C(1) << 62)
#define BAD_MAX (KNOWN - 1)

static uint64_t
rank_of(const struct es_top_calls *t, const struct es_top_call *c, const struct es_top_view *v)
{
	struct es_top_figures f = es_top_figures_of(t, c);
	uint64_t bad = es_top_figures_badness(&f, c, v->sort);
	uint64_t rank = c->phase == ES_TOP_OVER ? 0 : IN_PROGRESS;

	if (bad == 0)
		return rank;
	return rank | KNOWN | (v->is_reversed ? BAD_MAX - bad : bad);
}

/* Whether a stands below b; of equal ones the older. */
static bool
is_below(const struct es_top_ranked *a, const struct es_top_ranked *b)
{
	return a->rank < b->rank || (a->rank == b->rank && a->serial < b->serial);
}

static bool
passes(const struct es_top_call *c, es_slice filter)
{
	char end[ES_ADDR_TEXT_MAX];

	if (filter.n == 0)
		return true;
	if (c->call_id != NULL)
		return es_text_contains_same(es_slice_of(c->from.bytes, c->from.n), filter) ||
		       es_text_contains_same(es_slice_of(c->to.bytes, c->to.n), filter) ||
		       es_text_contains_same(es_slice_of(c->call_id, c->call_id_bytes), filter);
	for (unsigned i = 0; i < 2; i++)
		if (es_text_contains_same(
			es_slice_of(end, (size_t)es_addr_text(&c->ends[i], end)), filter))
			return true;
	return false;
}

/* The lowest of the heap to its place. */
static void
sink(struct es_top_ranked *at, uint32_t n, uint32_t i)
{
	struct es_top_ranked moved = at[i];
	uint32_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && is_below(&at[child + 1], &at[child]))
			child++;
		if (!is_below(&at[child], &moved))
			break;
		at[i] = at[child];
		i = child;
	}
	at[i] = moved;
}

/* Moves the best `wanted` of all to the front, the best first: the front is a heap with its lowest on top. */
static void
choose(struct es_top_ranked *all, uint32_t n, uint32_t wanted)
{
	uint32_t i;

	for (i = wanted / 2; i-- > 0;)
		sink(all, wanted, i);
	for (i = wanted; i < n; i++) {
		struct es_top_ranked lowest = all[0];

		if (!is_below(&lowest, &all[i]))
			continue;
		all[0] = all[i];
		all[i] = lowest;
		sink(all, wanted, 0);
	}
	for (i = wanted; i > 1;) {
		struct es_top_ranked lowest = all[0];

		all[0] = all[--i];
		sink(all, i, 0);
		all[i] = lowest;
	}
}

/* All that pass, with their ranks. ES_ENOMEM. */
static int
gather(struct es_top_list *l, const struct es_top_calls *t, const struct es_top_view *v)
{
	es_slice filter = es_slice_str(v->filter);

	if (t->calls.n_used > l->cap) {
		uint32_t cap = 2 * t->calls.n_used;
		struct es_top_ranked *all = reallocarray(l->all, cap, sizeof(*all));

		if (all == NULL)
			return ES_ENOMEM;
		l->all = all;
		l->cap = cap;
	}
	l->n_passed = 0;
	for (uint32_t i = es_pool_next(&t->calls, 0); i != ES_POOL_NONE;
	     i = es_pool_next(&t->calls, i + 1)) {
		const struct es_top_call *c = es_top_calls_at(t, i);

		if (passes(c, filter))
			l->all[l->n_passed++] =
			    (struct es_top_ranked){ rank_of(t, c, v), c->serial, i };
	}
	return 0;
}

/* The place of the selected row now; the cursor's own where it is gone. */
static uint32_t
position_of(const struct es_top_list *l, const struct es_top_view *v)
{
	const struct es_top_ranked *selected = NULL;
	uint32_t i, n = 0;

	for (i = 0; i < l->n_passed && selected == NULL; i++)
		if (l->all[i].serial == v->selected)
			selected = &l->all[i];
	if (selected == NULL)
		return v->position;
	for (i = 0; i < l->n_passed; i++)
		n += is_below(selected, &l->all[i]);
	return n;
}

/* Where cursor and page are now. */
static void
settle(struct es_top_view *v, uint32_t n_passed, uint32_t rows)
{
	int64_t at = (int64_t)v->position + v->moved, last = (int64_t)n_passed - 1;

	at = at > last ? last : at;
	v->position = at < 0 ? 0 : (uint32_t)at;
	if (v->moved != 0)
		v->follows = v->position != 0;
	v->moved = 0;
	if (v->offset > v->position)
		v->offset = v->position;
	if (v->offset + rows <= v->position)
		v->offset = v->position - rows + 1;
	if (v->offset + rows > n_passed)
		v->offset = n_passed > rows ? n_passed - rows : 0;
}

int
es_top_list_fill(
    struct es_top_list *l, const struct es_top_calls *t, struct es_top_view *v, uint32_t rows)
{
	v->rows = rows == 0 ? 1 : rows;
	if (gather(l, t, v) != 0)
		return ES_ENOMEM;
	if (v->follows)
		v->position = position_of(l, v);
	settle(v, l->n_passed, v->rows);
	l->n = v->offset + v->rows < l->n_passed ? v->offset + v->rows : l->n_passed;
	choose(l->all, l->n_passed, l->n);
	l->first = v->offset;
	v->selected = v->position < l->n ? l->all[v->position].serial : 0;
	return 0;
}

void
es_top_list_free(struct es_top_list *l)
{
	free(l->all);
	memset(l, 0, sizeof(*l));
}
