/* SPDX-License-Identifier: Apache-2.0 */
/* When a parser that crashed is started again. */
#include "agent/sensor/crashes.h"
#include "tests/unit/harness.h"

TEST(crashes_one_after_the_other_degrade_at_the_fifth)
{
	static const int want[] = { 1000, 2000, 4000, 8000, 60000, 60000 };
	struct es_crashes c = { .n = 0 };

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		CHECK_EQ(es_crashes_note(&c, 100000 + (int64_t)i * 10000, 10), want[i]);
		CHECK_EQ(c.is_degraded, i >= 4);
		CHECK_EQ(c.n, i + 1);
	}
}

/* Five within ten minutes, however long each ran; a minute of work is no proof that it got better. */
TEST(crashes_count_within_ten_minutes)
{
	static const struct {
		int64_t apart_ms;
		bool is_degraded;
	} rows[] = { { ES_CRASHES_WINDOW_MS / 4, false }, { ES_CRASHES_WINDOW_MS / 4 - 1, true },
		{ ES_RESPAWN_STEADY_MS, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_crashes c = { .n = 0 };
		int delay_ms = 0;

		for (int64_t k = 0; k < 23; k++)
			delay_ms = es_crashes_note(&c, k * rows[i].apart_ms, rows[i].apart_ms);
		CHECK_EQ(c.is_degraded, rows[i].is_degraded);
		CHECK_EQ(delay_ms, rows[i].is_degraded ? 60000 : 1000);
	}
}

TEST(crashes_that_stop_are_forgotten)
{
	struct es_crashes c = { .n = 0 };

	for (int64_t k = 0; k < 9; k++)
		(void)es_crashes_note(&c, k, 1);
	CHECK(c.is_degraded);
	CHECK_EQ(es_crashes_note(&c, ES_CRASHES_WINDOW_MS + 100, ES_CRASHES_WINDOW_MS), 1000);
	CHECK(!c.is_degraded);
}
