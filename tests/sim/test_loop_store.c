/* SPDX-License-Identifier: Apache-2.0 */
/* What a search of the store may take, by a clock that the test drives. */
#include "runtime/clock.h"
#include "tests/sim/made_loop.h"
#include "tests/unit/store_rig.h"

static int
find_health(struct fixture *f)
{
	int n = 0;

	return es_store_find_machine(
	    f->s, f->agent, ES_REC_HEALTH, es_time_of_ns(0), es_time_of_ns(INT64_MAX), count, &n);
}

/* Its due time is the first instant that is too late; time alone ends what is not asked of SQLite. */
TEST(store_search_is_over_at_its_due_time)
{
	struct fixture f;
	int64_t now_ms;

	made_clock_reset();
	now_ms = es_clock_monotonic_ms();
	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int i = 1; i <= 500; i++) {
		struct es_row r = row_of(&f, ES_REC_HEALTH, i);

		CHECK_EQ(es_store_put(f.s, &r), 0);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	es_store_budget(f.s, 0, now_ms + 1);
	CHECK(!es_store_is_spent(f.s));
	CHECK_EQ(find_health(&f), 0);
	made_clock.monotonic_ns += ES_NS_PER_MS;
	CHECK_EQ(find_health(&f), ES_EAGAIN);
	es_store_budget(f.s, 0, now_ms + 1);
	CHECK(es_store_is_spent(f.s));
	CHECK_STR(es_store_error(f.s),
	    "this would take longer than one request may: ask for a shorter time");
	es_store_budget(f.s, 0, 0); /* none */
	CHECK(!es_store_is_spent(f.s));
	CHECK_EQ(find_health(&f), 0);
	es_store_budget(f.s, 0, 1);
	CHECK(es_store_is_spent(f.s));
	CHECK_EQ(find_health(&f), ES_EAGAIN);
	teardown(&f);
}
