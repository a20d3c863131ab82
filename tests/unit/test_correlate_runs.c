/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of packet numbers against a plain array of booleans. */
#include "correlate/input/runs.h"
#include "correlate/input/sort.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { NUMBERS = 300, ROUNDS = 400 };

static struct es_arena
scratch(void)
{
	static _Alignas(max_align_t) uint8_t memory[1 << 20];
	struct es_arena a;

	es_arena_init(&a, memory, sizeof(memory));
	return a;
}

static void
fill(struct es_cor_runs *r, bool in[NUMBERS], uint64_t *state)
{
	memset(in, 0, NUMBERS);
	for (int i = 0; i < 12; i++) {
		uint32_t from = test_random(state) % NUMBERS;
		uint32_t to = from + test_random(state) % 20;

		to = to > NUMBERS ? NUMBERS : to;
		es_cor_runs_add(r, from, to);
		for (uint32_t k = from; k < to; k++)
			in[k] = true;
	}
	es_cor_runs_tidy(r);
}

TEST(correlate_runs_count_as_plain_sets_do)
{
	uint64_t state = 7;

	for (int round = 0; round < ROUNDS; round++) {
		struct es_arena mem = scratch();
		struct es_cor_runs a, b, c;
		bool x[NUMBERS], y[NUMBERS];
		uint64_t n = 0, common = 0, minus = 0, part = 0;

		es_cor_runs_new(&a, &mem, 12);
		es_cor_runs_new(&b, &mem, 12);
		es_cor_runs_new(&c, &mem, 24);
		fill(&a, x, &state);
		fill(&b, y, &state);
		es_cor_runs_minus(&a, &b, &c);
		for (int k = 0; k < NUMBERS; k++) {
			n += x[k];
			common += x[k] && y[k];
			minus += x[k] && !y[k];
			part += x[k] && k >= 50 && k < 120;
		}
		CHECK_EQ(es_cor_runs_count(&a), n);
		CHECK_EQ(es_cor_runs_common(&a, &b), common);
		CHECK_EQ(es_cor_runs_count(&c), minus);
		CHECK_EQ(es_cor_runs_count_in(&a, 50, 120), part);
		for (uint32_t i = 1; i < a.n; i++)
			CHECK(a.at[i].from > a.at[i - 1].to);
	}
}

TEST(correlate_runs_beyond_their_room_are_dropped_not_written)
{
	struct es_arena mem = scratch();
	struct es_cor_runs a;

	es_cor_runs_new(&a, &mem, 2);
	es_cor_runs_add(&a, 0, 1);
	es_cor_runs_add(&a, 5, 6);
	es_cor_runs_add(&a, 9, 10);
	CHECK_EQ(a.n, 2);
	es_cor_runs_add(&a, 6, 8);
	CHECK_EQ(es_cor_runs_count(&a), 4);
}

static bool
above(const void *ctx, uint32_t a, uint32_t b)
{
	const int *v = ctx;

	return v[a] != v[b] ? v[a] < v[b] : a < b;
}

TEST(correlate_sort_orders_any_input)
{
	uint64_t state = 3;

	for (int round = 0; round < 200; round++) {
		int v[40];
		uint32_t order[40], n = test_random(&state) % 40;

		for (uint32_t i = 0; i < n; i++) {
			v[i] = (int)(test_random(&state) % 10);
			order[i] = i;
		}
		es_cor_sort(order, n, above, v);
		for (uint32_t i = 1; i < n; i++)
			CHECK(above(v, order[i - 1], order[i]));
	}
}
