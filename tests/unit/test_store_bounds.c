/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of the store: what a search may cost, a value that cannot be bound, a database that is full. */
#include "runtime/clock.h"
#include "tests/unit/store_rig.h"

#include <limits.h>
#include <sqlite3.h>

static int
find_health(struct fixture *f, int *n)
{
	*n = 0;
	return es_store_find_machine(
	    f->s, f->agent, ES_REC_HEALTH, es_time_of_ns(0), es_time_of_ns(INT64_MAX), count, n);
}

static void
fill(struct fixture *f, int n)
{
	CHECK_EQ(es_store_begin(f->s), 0);
	for (int i = 1; i <= n; i++) {
		struct es_row r = row_of(f, ES_REC_HEALTH, i);

		CHECK_EQ(es_store_put(f->s, &r), 0);
	}
	CHECK_EQ(es_store_commit(f->s), 0);
}

TEST(store_search_ends_when_its_work_is_spent)
{
	struct fixture f;
	uint64_t whole;
	int n;

	setup(&f);
	fill(&f, 2000);
	es_store_budget(f.s, 0, 0); /* any */
	CHECK_EQ(find_health(&f, &n), 0);
	CHECK_EQ(n, 2000);
	CHECK(!es_store_is_spent(f.s));
	whole = es_store_work(f.s);
	CHECK(whole >= 10);
	es_store_budget(f.s, whole, 0); /* as much as it takes is not too much */
	CHECK_EQ(es_store_work(f.s), 0);
	CHECK_EQ(find_health(&f, &n), 0);
	CHECK(!es_store_is_spent(f.s));
	CHECK_EQ(es_store_work(f.s), whole);
	es_store_budget(f.s, whole / 2, 0);
	CHECK_EQ(find_health(&f, &n), ES_EAGAIN);
	CHECK(n > 0 && n < 2000);
	CHECK(es_store_is_spent(f.s));
	CHECK(strstr(es_store_error(f.s), "longer than one request may") != NULL);
	CHECK_EQ(es_store_work(f.s), whole / 2 + 1);
	es_store_budget(f.s, 0, 0); /* the next request begins with nothing spent */
	CHECK(!es_store_is_spent(f.s));
	CHECK_EQ(find_health(&f, &n), 0);
	CHECK_EQ(n, 2000);
	teardown(&f);
}

TEST(store_search_ends_when_its_time_is_over)
{
	struct fixture f;
	int n;

	setup(&f);
	fill(&f, 2000);
	es_store_budget(f.s, 0, es_clock_monotonic_ms());
	CHECK_EQ(find_health(&f, &n), ES_EAGAIN);
	CHECK(es_store_is_spent(f.s));
	es_store_budget(f.s, 0, es_clock_monotonic_ms());
	CHECK(es_store_is_spent(f.s)); /* by the clock alone */
	es_store_budget(f.s, 0, es_clock_monotonic_ms() + 3600000);
	CHECK(!es_store_is_spent(f.s));
	CHECK_EQ(find_health(&f, &n), 0);
	CHECK_EQ(n, 2000);
	teardown(&f);
}

/* A value that cannot be bound would be NULL in the statement: that must not look like an answer. */
TEST(store_value_that_cannot_be_bound_is_an_error)
{
	const es_slice huge = es_slice_of("x", (size_t)INT_MAX + 1);
	struct fixture f;
	struct es_row r;
	int n = 0;

	setup(&f);
	r = row_of(&f, ES_REC_CALL, 1);
	CHECK_EQ(es_store_put(f.s, &r), 0);
	r.start = es_time_of_ns(9);
	r.from = huge; /* others follow it that are fine */
	CHECK_EQ(es_store_put(f.s, &r), ES_EIO);
	CHECK(strstr(es_store_error(f.s), "too big") != NULL);
	r.from = es_slice_str("a");
	r.bytes = huge;
	CHECK_EQ(es_store_put(f.s, &r), ES_EIO);
	CHECK_EQ(es_store_find_calls(f.s, ES_BY_CALL_ID, huge, INT64_MAX, count, &n), ES_EIO);
	CHECK_EQ(n, 0);
	/* the statements are as good as before */
	CHECK_EQ(es_store_find_calls(f.s, ES_BY_CALL_ID, r.call_id, INT64_MAX, count, &n), 0);
	CHECK_EQ(n, 1);
	r.bytes = es_slice_str("later");
	CHECK_EQ(es_store_put(f.s, &r), 0);
	teardown(&f);
}

TEST(store_value_beyond_sixteen_mebibytes_is_an_error)
{
	enum { MOST = 16 << 20 };
	char *bytes = calloc(1, MOST + 1);
	struct fixture f;
	struct es_row r;

	CHECK(bytes != NULL);
	setup(&f);
	for (int i = 0; i < 4; i++) {
		static const enum es_record_type types[] = { ES_REC_STREAM, ES_REC_INTERVAL,
			ES_REC_REPORTED, ES_REC_HEALTH };

		r = row_of(&f, types[i], 1);
		r.bytes = es_slice_of(bytes, MOST + 1);
		CHECK_EQ(es_store_put(f.s, &r), ES_EIO);
		r.bytes = es_slice_str("small");
		CHECK_EQ(es_store_put(f.s, &r), 0);
	}
	free(bytes);
	teardown(&f);
}

TEST(store_bound_can_be_lifted)
{
	static uint8_t bytes[8000];
	struct fixture f;
	struct es_row r;

	setup(&f);
	r = row_of(&f, ES_REC_HEALTH, 1);
	r.bytes = es_slice_of(bytes, sizeof(bytes));
	CHECK_EQ(es_store_limit(f.s, 1), 0); /* not a page more */
	CHECK_EQ(es_store_put(f.s, &r), ES_EFULL);
	CHECK_EQ(es_store_limit(f.s, 0), 0);
	CHECK_EQ(es_store_put(f.s, &r), 0);
	teardown(&f);
}

/* The bound is a number of pages: full is when the last may be used and is. */
TEST(store_is_full_at_its_last_page)
{
	struct es_store_counts c;
	struct fixture f;
	uint64_t pages;
	bool is_full;

	setup(&f);
	CHECK_EQ(es_store_count(f.s, &c), 0);
	CHECK_EQ(c.calls, 0);
	pages = c.bytes / 4096;
	CHECK(pages > 10);
	CHECK_EQ(c.bytes % 4096, 0);
	CHECK_EQ(es_store_is_full(f.s, pages * 4096, &is_full), 0);
	CHECK(!is_full); /* it may have one more */
	CHECK_EQ(es_store_is_full(f.s, (pages - 1) * 4096, &is_full), 0);
	CHECK(is_full);
	CHECK_EQ(es_store_is_full(f.s, 0, &is_full), 0);
	CHECK(!is_full);
	CHECK_EQ(es_store_limit(f.s, (pages + 20) * 4096), 0);
	for (int i = 0, n_full = 0; n_full < 2; i++) { /* large ones, then what still fits */
		static uint8_t bytes[8000];
		struct es_row r = row_of(&f, ES_REC_HEALTH, i);
		int err;

		r.bytes = es_slice_of(bytes, n_full == 0 ? sizeof(bytes) : 1000);
		err = es_store_put(f.s, &r);
		CHECK(err == 0 || err == ES_EFULL);
		n_full += err == ES_EFULL;
		CHECK(i < 60);
	}
	CHECK_EQ(es_store_count(f.s, &c), 0);
	CHECK_EQ(c.bytes / 4096, pages + 21);
	CHECK_EQ(es_store_is_full(f.s, (pages + 20) * 4096, &is_full), 0);
	CHECK(is_full);
	teardown(&f);
}
