/* SPDX-License-Identifier: Apache-2.0 */
/* How long records have waited for their acknowledgement. */
#include "agent/shipper/backlog.h"
#include "tests/unit/harness.h"

TEST(backlog_of_nothing_is_no_time)
{
	struct es_backlog b = { .n_minutes = 0 };

	CHECK_EQ(es_backlog_minutes(&b, 0), 0);
	for (int i = 0; i < 10; i++)
		es_backlog_minute(&b, 1);
	CHECK_EQ(es_backlog_minutes(&b, 0), 0);
}

TEST(backlog_counts_whole_minutes_of_the_oldest_record)
{
	struct es_backlog b = { .n_minutes = 0 };

	es_backlog_minute(&b, 1);
	es_backlog_minute(&b, 11); /* records 1 to 10 came within this minute */
	CHECK_EQ(es_backlog_minutes(&b, 0), 0);
	es_backlog_minute(&b, 11);
	es_backlog_minute(&b, 21);
	CHECK_EQ(es_backlog_minutes(&b, 0), 2);
	CHECK_EQ(es_backlog_minutes(&b, 9), 2);
	CHECK_EQ(es_backlog_minutes(&b, 10), 0); /* of those that came since, none for a minute */
	CHECK_EQ(es_backlog_minutes(&b, 20), 0);
}

TEST(backlog_of_records_from_before_the_start_counts_from_the_start)
{
	struct es_backlog b = { .n_minutes = 0 };

	es_backlog_minute(&b, 100);
	for (uint32_t minute = 1; minute <= 5; minute++) {
		es_backlog_minute(&b, 100);
		CHECK_EQ(es_backlog_minutes(&b, 50), minute);
	}
}

TEST(backlog_beyond_its_ring_stays_at_the_longest_it_knows)
{
	struct es_backlog b = { .n_minutes = 0 };

	for (uint32_t minute = 0; minute < 1000; minute++)
		es_backlog_minute(&b, 2);
	CHECK_EQ(es_backlog_minutes(&b, 0), ES_BACKLOG_MINUTES_MAX - 1);
	CHECK_EQ(es_backlog_minutes(&b, 1), 0);
}

/* A collector that keeps up leaves no record for a minute, however many come. */
TEST(backlog_of_a_collector_that_keeps_up_is_no_time)
{
	struct es_backlog b = { .n_minutes = 0 };

	for (uint64_t seq = 1; seq < 200; seq += 10) {
		es_backlog_minute(&b, seq);
		CHECK_EQ(es_backlog_minutes(&b, seq - 1), 0);
		CHECK_EQ(es_backlog_minutes(&b, seq - 2), 0);
	}
}
