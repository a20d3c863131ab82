/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that is set, one that is slewed, one that sleeps. */
#include "agent/clock_step.h"
#include "earshot/time.h"
#include "tests/unit/harness.h"

static const int64_t ms = ES_NS_PER_MS;

TEST(clock_step_is_seen_once_and_in_both_directions)
{
	struct es_clock_step c = { false, 0 };
	int64_t wall = 1800000000 * ES_NS_PER_S;

	CHECK_EQ(es_clock_step_between(&c, 0, wall, 1), 0); /* the first look knows nothing */
	CHECK_EQ(es_clock_step_between(&c, 1000 * ms, wall + 1000 * ms, 1000 * ms), 0);
	CHECK_EQ(es_clock_step_between(&c, 2000 * ms, wall + 2005 * ms, 2000 * ms), 5 * ms);
	CHECK_EQ(es_clock_step_between(&c, 3000 * ms, wall + 3005 * ms, 3000 * ms), 0);
	CHECK_EQ(es_clock_step_between(&c, 4000 * ms, wall + 4000 * ms, 4000 * ms), -5 * ms);
	CHECK_EQ(
	    es_clock_step_between(&c, 5000 * ms, wall - 3600000 * ms, 5000 * ms), -3605000 * ms);
}

TEST(clock_step_is_not_slewing)
{
	struct es_clock_step c = { false, 0 };
	int64_t i;

	for (i = 0; i < 100; i++) /* 0.4 % for 100 s: 0.4 s in all */
		CHECK_EQ(es_clock_step_between(&c, i * 1000 * ms, i * 1004 * ms, i * 1000 * ms), 0);
}

TEST(clock_step_is_not_distinguished_from_a_look_that_took_long)
{
	struct es_clock_step c = { false, 0 };

	CHECK_EQ(es_clock_step_between(&c, 0, 0, 0), 0);
	CHECK_EQ(es_clock_step_between(&c, 1000 * ms, 1020 * ms, 1020 * ms), 0);
	CHECK_EQ(es_clock_step_between(&c, 2000 * ms, 2000 * ms, 2001 * ms), 0);
	CHECK_EQ(es_clock_step_between(&c, 3000 * ms, 3010 * ms, 3001 * ms), 10 * ms);
}
