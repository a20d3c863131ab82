/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of packet numbers as runs. */
#include "correlate/input/runs.h"

void
es_cor_runs_new(struct es_cor_runs *r, struct es_arena *s, uint32_t cap)
{
	r->at = es_arena_take(s, cap, sizeof(*r->at));
	r->n = 0;
	r->cap = r->at == NULL ? 0 : cap;
}

void
es_cor_runs_add(struct es_cor_runs *r, int64_t from, int64_t to)
{
	struct es_cor_run *last = r->n == 0 ? NULL : &r->at[r->n - 1];

	if (from >= to)
		return;
	if (last != NULL && from <= last->to && from >= last->from) {
		if (to > last->to)
			last->to = to;
		return;
	}
	if (r->n == r->cap)
		return;
	r->at[r->n].from = from;
	r->at[r->n].to = to;
	r->n++;
}

static bool
is_sorted(const struct es_cor_runs *r)
{
	for (uint32_t i = 1; i < r->n; i++) {
		if (r->at[i].from <= r->at[i - 1].to)
			return false;
	}
	return true;
}

/* Heap sort by first number: at most n log n, in place. */
static void
sift(struct es_cor_run *at, uint32_t root, uint32_t n)
{
	while (root < n / 2) {
		uint32_t child = 2 * root + 1;
		struct es_cor_run swapped;

		if (child + 1 < n && at[child].from < at[child + 1].from)
			child++;
		if (at[root].from >= at[child].from)
			return;
		swapped = at[root];
		at[root] = at[child];
		at[child] = swapped;
		root = child;
	}
}

void
es_cor_runs_tidy(struct es_cor_runs *r)
{
	uint32_t n = r->n;

	if (is_sorted(r))
		return;
	for (uint32_t i = n / 2; i-- > 0;)
		sift(r->at, i, n);
	for (uint32_t end = n; end > 1; end--) {
		struct es_cor_run swapped = r->at[0];

		r->at[0] = r->at[end - 1];
		r->at[end - 1] = swapped;
		sift(r->at, 0, end - 1);
	}
	r->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct es_cor_run next = r->at[i]; /* add writes at or below i */

		es_cor_runs_add(r, next.from, next.to);
	}
}

uint64_t
es_cor_runs_count(const struct es_cor_runs *r)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += (uint64_t)(r->at[i].to - r->at[i].from);
	return n;
}

/* Index of the first run that ends behind from. */
static uint32_t
first_behind(const struct es_cor_runs *r, int64_t from)
{
	uint32_t low = 0, high = r->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (r->at[mid].to <= from)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t
es_cor_runs_count_in(const struct es_cor_runs *r, int64_t from, int64_t to)
{
	uint64_t n = 0;

	for (uint32_t i = first_behind(r, from); i < r->n && r->at[i].from < to; i++) {
		int64_t a = r->at[i].from > from ? r->at[i].from : from;
		int64_t b = r->at[i].to < to ? r->at[i].to : to;

		n += (uint64_t)(b - a);
	}
	return n;
}

uint64_t
es_cor_runs_common(const struct es_cor_runs *a, const struct es_cor_runs *b)
{
	uint64_t n = 0;
	uint32_t i, j;

	if (a->n == 0 || b->n == 0)
		return 0;
	i = first_behind(a, b->at[0].from);
	j = first_behind(b, a->at[0].from);
	while (i < a->n && j < b->n) {
		const struct es_cor_run *x = &a->at[i], *y = &b->at[j];
		int64_t from = x->from > y->from ? x->from : y->from;
		int64_t to = x->to < y->to ? x->to : y->to;

		if (from < to)
			n += (uint64_t)(to - from);
		if (x->to < y->to)
			i++;
		else
			j++;
	}
	return n;
}

void
es_cor_runs_minus(const struct es_cor_runs *a, const struct es_cor_runs *b, struct es_cor_runs *out)
{
	uint32_t j = 0;

	out->n = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		int64_t from = a->at[i].from;
		int64_t to = a->at[i].to;

		while (j < b->n && b->at[j].to <= from)
			j++;
		for (uint32_t k = j; k < b->n && b->at[k].from < to && from < to; k++) {
			es_cor_runs_add(out, from, b->at[k].from < to ? b->at[k].from : to);
			from = b->at[k].to > from ? b->at[k].to : from;
		}
		es_cor_runs_add(out, from, to);
	}
}
