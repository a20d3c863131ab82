/* SPDX-License-Identifier: Apache-2.0 */
/* Heap against a simple model of itself. */
#include "harness.h"
#include "probes/base/heap.h"

TEST(heap_pops_in_order_of_due_type_key)
{
	static const struct {
		int64_t due;
		uint8_t type;
		uint64_t key;
	} in[] = { { 5, 1, 9 }, { 5, 1, 2 }, { 5, 0, 7 }, { 1, 9, 9 }, { 7, 0, 0 }, { -3, 4, 4 } };
	static const uint32_t want[] = { 5, 3, 2, 1, 0, 4 };
	struct es_heap h;
	struct es_deadline d;

	CHECK_EQ(es_heap_new(&h, 6), 0);
	for (uint32_t i = 0; i < 6; i++)
		CHECK(es_heap_add(&h, es_time_of_ns(in[i].due), in[i].type, in[i].key, i) !=
		      ES_HEAP_NONE);
	CHECK(es_heap_add(&h, es_time_of_ns(0), 0, 0, 0) == ES_HEAP_NONE);
	CHECK(es_heap_is_due(&h, es_time_of_ns(-3)));
	CHECK(!es_heap_is_due(&h, es_time_of_ns(-4)));
	for (uint32_t i = 0; i < 6; i++) {
		CHECK(es_heap_pop(&h, &d));
		CHECK_EQ(d.handle, want[i]);
	}
	CHECK(!es_heap_pop(&h, &d));
	CHECK(!es_heap_is_due(&h, es_time_of_ns(INT64_MAX)));
	es_heap_free(&h);
}

TEST(heap_refuses_impossible_sizes)
{
	struct es_heap h;

	CHECK_EQ(es_heap_new(&h, 0), ES_EINVALID);
	CHECK_EQ(es_heap_new(&h, UINT32_MAX), ES_EINVALID);
	es_heap_free(&h);
}

/* The soonest of the model; N when it is empty. */
static uint32_t
soonest(const int64_t *due, const uint32_t *id, uint32_t n)
{
	uint32_t best = n;

	for (uint32_t i = 0; i < n; i++) /* key = i decides between equals */
		if (id[i] != ES_HEAP_NONE && (best == n || due[i] < due[best]))
			best = i;
	return best;
}

TEST(heap_holds_what_its_model_holds)
{
	enum { N = 64 };
	struct es_heap h;
	struct es_deadline d;
	int64_t due[N] = { 0 };
	uint32_t id[N];
	uint64_t random = 7;

	for (int i = 0; i < N; i++)
		id[i] = ES_HEAP_NONE;
	CHECK_EQ(es_heap_new(&h, N), 0);
	for (int step = 0; step < 50000; step++) {
		uint32_t i = test_random(&random) % N;
		int64_t when = test_random(&random) % 100;

		if (test_random(&random) % 5 == 0) {
			uint32_t want = soonest(due, id, N);

			CHECK_EQ(es_heap_pop(&h, &d), want < N);
			if (want < N) {
				CHECK_EQ(d.handle, want);
				CHECK_EQ(d.due.ns, due[want]);
				id[want] = ES_HEAP_NONE;
			}
		} else if (id[i] == ES_HEAP_NONE) {
			due[i] = when;
			id[i] = es_heap_add(&h, es_time_of_ns(when), 3, i, i);
			CHECK(id[i] != ES_HEAP_NONE);
		} else if (test_random(&random) % 4 == 0) {
			es_heap_cancel(&h, id[i]);
			id[i] = ES_HEAP_NONE;
		} else {
			due[i] = when;
			es_heap_move(&h, id[i], es_time_of_ns(when));
		}
	}
	es_heap_free(&h);
}
