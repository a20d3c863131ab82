/* SPDX-License-Identifier: Apache-2.0 */
/* Speech and pauses known by level and by length. */
#include "probes/quality/activity.h"

#include "harness.h"

enum { FALL = 1701 /* 40 dB */, LOUD = 3000, STILL = 200 };

static unsigned
quiet_of(struct es_activity *a, unsigned n, int32_t level)
{
	unsigned quiet = 0;

	for (unsigned i = 0; i < n; i++)
		quiet += es_activity_is_quiet(a, level, FALL);
	return quiet;
}

TEST(activity_is_known_once_there_was_speech)
{
	struct es_activity a = { 0 };

	CHECK_EQ(quiet_of(&a, 100, STILL), 0); /* nobody spoke yet: who says that this is a pause */
	CHECK_EQ(quiet_of(&a, 100, LOUD), 0);
	CHECK_EQ(quiet_of(&a, 100, STILL), 100);
	CHECK_EQ(quiet_of(&a, 100, LOUD), 0);
}

TEST(activity_of_a_listener_stays_quiet_for_minutes)
{
	struct es_activity a = { 0 };

	CHECK_EQ(quiet_of(&a, 100, LOUD), 0);
	CHECK_EQ(quiet_of(&a, 4 * 60 * 50, STILL), 4 * 60 * 50);
}

TEST(activity_is_not_shown_by_one_click)
{
	struct es_activity a = { 0 };

	CHECK_EQ(quiet_of(&a, 100, LOUD - FALL), 0);
	CHECK_EQ(quiet_of(&a, 3, LOUD + FALL), 0);
	CHECK_EQ(quiet_of(&a, 100, LOUD - FALL), 0);
}

TEST(activity_top_is_what_few_exceed)
{
	struct es_activity a = { 0 };
	unsigned above = 0;

	for (unsigned i = 0; i < 20000; i++) {
		int32_t level = LOUD + (int32_t)(i * 7919 % 1000);

		(void)es_activity_is_quiet(&a, level, FALL);
		above += i >= 10000 && level * 16 > a.top;
	}
	CHECK(above > 100 && above < 500);
}

TEST(activity_by_length_is_three_quarters_of_the_mean)
{
	struct es_activity a = { 0 };

	for (unsigned i = 0; i < 1000; i++)
		CHECK(!es_activity_is_short(&a, (uint16_t)(i % 2 == 0 ? 58 : 62)));
	CHECK(es_activity_is_short(&a, 44));
	CHECK(!es_activity_is_short(&a, 46));
	CHECK(!es_activity_is_short(&a, UINT16_MAX));
	for (unsigned i = 0; i < 5000; i++)
		CHECK(!es_activity_is_short(&a, UINT16_MAX));
	CHECK(es_activity_is_short(&a, 60));
}
