/* SPDX-License-Identifier: Apache-2.0 */
/* Whichever allocation fails, an answer is whole or says what went wrong. */
#include "collector/store/store_private.h"
#include "tests/unit/api_rig.h"
#include "tests/unit/libc.h"

#include <malloc.h>

#ifdef TEST_ALLOCATIONS_FAIL
static void *
sql_malloc(int bytes)
{
	return test_malloc((size_t)bytes);
}

static void *
sql_realloc(void *old, int bytes)
{
	return test_realloc(old, (size_t)bytes);
}

static int
sql_size(void *p)
{
	return (int)malloc_usable_size(p);
}

static int
sql_round(int bytes)
{
	return (bytes + 7) & ~7;
}

static int
sql_begin(void *ctx)
{
	(void)ctx;
	return SQLITE_OK;
}

static void
sql_end(void *ctx)
{
	(void)ctx;
}

/* SQLite's own are thousands, and its own affair: they are not counted and do not fail. */
static void
leave_out_sqlite(void)
{
	static sqlite3_mem_methods own = { sql_malloc, free, sql_realloc, sql_size, sql_round,
		sql_begin, sql_end, NULL };

	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &own) != SQLITE_OK)
		abort();
}

/* The answer where the n-th allocation fails; < 0: where none does. */
static struct es_answer
answer_without(struct fixture *f, const char *path, long n)
{
	struct es_answer answer;

	memset(&answer, 0, sizeof(answer));
	test_allocations_left = n;
	if (!es_api_answer(&f->api, path, look, f, es_time_of_ns(day_s * ES_NS_PER_S), 0, &answer))
		answer.status = 0;
	return answer;
}

TEST(api_answer_is_whole_whichever_allocation_fails)
{
	static const char *const paths[] = { "/api/v1/agents", "/metrics", "/api/v1/calls",
		"/api/v1/calls/one@h", "/api/v1/none" };
	struct fixture f;

	leave_out_sqlite();
	setup(&f);
	play(&f, "one@h", 0x1000, 0, true, false);
	play(&f, "two@h", 0x2000, 10, false, false);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct es_answer whole = answer_without(&f, paths[i], -1);
		unsigned refused = 0;

		for (long n = 0;; n++) {
			struct es_answer a = answer_without(&f, paths[i], n);
			bool has_failed = test_allocations_left < 0;
			bool is_whole = a.status == whole.status && a.body.n == whole.body.n &&
					memcmp(a.body.p, whole.body.p, a.body.n) == 0;

			test_allocations_left = -1;
			if (!is_whole && a.status != 503 && a.status != 500)
				test_fail(__FILE__, __LINE__,
				    "%s: allocation %ld: status %d of %zu bytes", paths[i], n,
				    a.status, a.body.n);
			refused += !is_whole;
			es_body_done(&a.body);
			if (!has_failed)
				break;
		}
		CHECK(refused > 0);
		es_body_done(&whole.body);
	}
	teardown(&f);
}
#endif
