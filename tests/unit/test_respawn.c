/* SPDX-License-Identifier: Apache-2.0 */
/* When a process is started again, and when that is given up. */
#include "runtime/process/respawn.h"
#include "tests/unit/harness.h"

TEST(respawn_doubles_its_delay_up_to_a_minute)
{
	static const int want[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct es_respawn r = { .delay_ms = 0 };

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_EQ(es_respawn_after(&r, 10, false), want[i]);
	CHECK_EQ(es_respawn_after(&r, ES_RESPAWN_STEADY_MS - 1, false), 60000);
	CHECK_EQ(es_respawn_after(&r, ES_RESPAWN_STEADY_MS, false), 1000);
	CHECK_EQ(es_respawn_after(&r, 10, false), 2000);
}

TEST(respawn_gives_up_what_cannot_start)
{
	struct es_respawn r = { .delay_ms = 0 };

	for (int i = 0; i < ES_RESPAWN_TRIES - 1; i++)
		CHECK_EQ(es_respawn_after(&r, 10, true), 1000 << i);
	CHECK_EQ(es_respawn_after(&r, 10, true), -1);
}

TEST(respawn_of_what_is_killed_is_never_given_up)
{
	struct es_respawn r = { .delay_ms = 0 };

	for (int i = 0; i < 100; i++)
		CHECK(es_respawn_after(&r, 10, false) > 0);
}

TEST(respawn_of_what_was_steady_once_is_never_given_up)
{
	struct es_respawn r = { .delay_ms = 0 };

	CHECK_EQ(es_respawn_after(&r, ES_RESPAWN_STEADY_MS, true), 1000);
	for (int i = 0; i < 100; i++)
		CHECK(es_respawn_after(&r, 10, true) > 0);
}
