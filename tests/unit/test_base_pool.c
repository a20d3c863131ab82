/* SPDX-License-Identifier: Apache-2.0 */
/* Pool: what it gives, how much of it, and what is in use. */
#include "harness.h"
#include "probes/base/pool.h"

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
