/* SPDX-License-Identifier: Apache-2.0 */
/* Table against a simple model of itself. */
#include "harness.h"
#include "probes/base/hash.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"

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
