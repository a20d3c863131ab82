/* SPDX-License-Identifier: Apache-2.0 */
/* Pool, table and heap against simple models of themselves. */
#include "harness.h"
#include "probes/base/hash.h"
#include "probes/base/heap.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"

TEST(pool_gives_zeroed_objects_lowest_first)
{
	struct es_pool p;
	uint32_t a, b;

	CHECK_EQ(es_pool_new(&p, 3, 10), 0);
	a = es_pool_take(&p);
	b = es_pool_take(&p);
	CHECK_EQ(a, 0);
	CHECK_EQ(b, 1);
	memset(es_pool_at(&p, a), 0xff, 10);
	es_pool_give(&p, a);
	CHECK(!es_pool_is_used(&p, a));
	CHECK_EQ(es_pool_take(&p), a);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(((uint8_t *)es_pool_at(&p, a))[i], 0);
	es_pool_free(&p);
}

TEST(pool_object_of_whole_cache_lines_begins_one)
{
	struct es_pool p;

	CHECK_EQ(es_pool_new(&p, 3, 2 * ES_POOL_LINE), 0);
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t *item = es_pool_at(&p, es_pool_take(&p));

		CHECK_EQ((uintptr_t)item % ES_POOL_LINE, 0);
		CHECK_EQ(item[2 * ES_POOL_LINE - 1], 0);
		item[2 * ES_POOL_LINE - 1] = 0xff;
	}
	es_pool_free(&p);
}

TEST(pool_says_when_it_is_full)
{
	struct es_pool p;

	CHECK_EQ(es_pool_new(&p, 2, 1), 0);
	CHECK(es_pool_take(&p) != ES_POOL_NONE);
	CHECK(es_pool_take(&p) != ES_POOL_NONE);
	CHECK(es_pool_take(&p) == ES_POOL_NONE);
	CHECK_EQ(p.n_used, 2);
	es_pool_give(&p, 0);
	CHECK_EQ(es_pool_take(&p), 0);
	es_pool_free(&p);
	es_pool_free(&p); /* an emptied pool is fine */
}

TEST(pool_walks_over_what_is_in_use)
{
	enum { N = 1000 };
	struct es_pool p;
	uint32_t n = 0, last = 0;

	CHECK_EQ(es_pool_new(&p, N, 8), 0);
	for (int i = 0; i < N; i++)
		(void)es_pool_take(&p);
	for (uint32_t i = 0; i < N; i++)
		if (i % 97 != 3)
			es_pool_give(&p, i);
	for (uint32_t i = es_pool_next(&p, 0); i != ES_POOL_NONE; i = es_pool_next(&p, i + 1)) {
		CHECK_EQ(i % 97, 3);
		CHECK(n == 0 || i > last);
		last = i;
		n++;
	}
	CHECK_EQ(n, p.n_used);
	CHECK_EQ(n, 11);
	es_pool_free(&p);
}

TEST(pool_refuses_impossible_sizes)
{
	struct es_pool p;

	CHECK_EQ(es_pool_new(&p, 0, 8), ES_EINVALID);
	CHECK_EQ(es_pool_new(&p, 8, 0), ES_EINVALID);
	CHECK_EQ(es_pool_new(&p, UINT32_MAX - 1, SIZE_MAX), ES_ENOMEM);
	CHECK_EQ(es_pool_new(&p, UINT32_MAX - 1, SIZE_MAX / 2), ES_ENOMEM);
}

static bool
has(const struct es_table *t, uint64_t hash, uint32_t item)
{
	struct es_probe at = es_table_probe(t, hash);
	uint32_t i;

	while ((i = es_table_next(t, &at)) != ES_TABLE_NONE)
		if (i == item)
			return true;
	return false;
}

/* Few distinct hashes, all near the end of the table: long runs that wrap around. */
static uint64_t
bad_hash(uint32_t item)
{
	return (UINT64_C(0xfffffff0) + item % 13) << 32;
}

static uint64_t
good_hash(uint32_t item)
{
	static const struct es_hash_key key = { 1, 2 };
	uint64_t word = item;

	return es_hash_words(&key, &word, 1);
}

static void
table_against_model(uint64_t (*hash)(uint32_t item), int n_steps)
{
	enum { N = 400 };
	struct es_table t;
	bool model[N] = { false };
	uint64_t random = 1;
	uint32_t n = 0;

	CHECK_EQ(es_table_new(&t, N), 0);
	for (int step = 0; step < n_steps; step++) {
		uint32_t item = test_random(&random) % N;

		if (model[item]) {
			CHECK_EQ(es_table_remove(&t, hash(item), item), 0);
			n--;
		} else {
			CHECK_EQ(es_table_remove(&t, hash(item), item), ES_ENOTFOUND);
			CHECK_EQ(es_table_insert(&t, hash(item), item), 0);
			n++;
		}
		model[item] = !model[item];
		CHECK_EQ(t.n, n);
		for (uint32_t i = step % 50 == 0 ? 0 : N; i < N; i++)
			CHECK_EQ(has(&t, hash(i), i), model[i]);
	}
	es_table_free(&t);
}

TEST(table_holds_what_its_model_holds)
{
	table_against_model(good_hash, 20000);
}

TEST(table_survives_hashes_that_collide)
{
	table_against_model(bad_hash, 5000);
}

/* The size below empties while the new one fills; what is asked for or removed may stand in either. */
TEST(table_grows_a_few_slots_with_each_insert)
{
	enum { N = 4096, LATER = N + N / 2 };
	struct es_table t;
	uint32_t most = 0;

	CHECK_EQ(es_table_new(&t, 4 * N), 0);
	for (uint32_t i = 0; i < N; i++)
		CHECK_EQ(es_table_insert(&t, good_hash(i), i), 0);
	CHECK(t.old == NULL);
	for (uint32_t i = N; i < LATER; i++) {
		uint32_t before = t.old != NULL ? t.old_at : 0;

		CHECK_EQ(es_table_insert(&t, good_hash(i), i), 0);
		CHECK(i > N || t.old != NULL);
		if (t.old != NULL && t.old_at - before > most)
			most = t.old_at - before;
		if (i % 7 == 0)
			CHECK_EQ(es_table_remove(&t, good_hash(i - N), i - N), 0);
		for (uint32_t k = i % 101; k <= i; k += 101)
			CHECK_EQ(has(&t, good_hash(k), k), k > i - N || (k + N) % 7 != 0);
	}
	CHECK(most > 0 && most <= 4);
	for (uint32_t i = LATER; i < 2 * N; i++)
		CHECK_EQ(es_table_insert(&t, good_hash(i), i), 0);
	CHECK(t.old == NULL);
	es_table_free(&t);
}

TEST(table_grows_to_its_cap_and_no_further)
{
	enum { N = 100000 };
	struct es_table t;

	CHECK_EQ(es_table_new(&t, N), 0);
	for (uint32_t i = 0; i < N; i++)
		CHECK_EQ(es_table_insert(&t, good_hash(i), i), 0);
	CHECK_EQ(es_table_insert(&t, good_hash(N), N), ES_EFULL);
	for (uint32_t i = 0; i < N; i++)
		CHECK(has(&t, good_hash(i), i));
	CHECK(!has(&t, good_hash(N), N));
	for (uint32_t i = 0; i < N; i++)
		CHECK_EQ(es_table_remove(&t, good_hash(i), i), 0);
	CHECK_EQ(t.n, 0);
	es_table_free(&t);
	CHECK_EQ(es_table_new(&t, 0), ES_EINVALID);
}

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
