/* SPDX-License-Identifier: Apache-2.0 */
/* Packet time, pauses and IP header of a stream, out of steps of the timestamp at 8000 Hz. */
#include "probes/stream/changes.h"
#include "probes/stream/steps.h"

#include "harness.h"

enum { RATE = 8000, MS20 = 160, MS30 = 240, MS60 = 480, MS120 = 960 };

static void
steps(struct es_changes *c, uint32_t step, unsigned n)
{
	while (n-- > 0)
		es_changes_step(c, step, RATE);
}

TEST(packet_time_is_known_after_two_equal_steps)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 1);
	CHECK_EQ(c.step, 0);
	steps(&c, MS30, 1);
	CHECK_EQ(c.step, 0);
	steps(&c, MS20, 1);
	CHECK_EQ(c.step, 0);
	steps(&c, MS20, 1);
	CHECK_EQ(c.step, MS20);
	CHECK(!c.has_ptime_changed);
	CHECK_EQ(c.silences, 0);
}

TEST(packet_time_changes_with_four_equal_steps_in_a_row)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 10);
	steps(&c, MS30, 3);
	steps(&c, MS20, 1); /* they were no row of four */
	steps(&c, MS30, 3);
	CHECK_EQ(c.step, MS20);
	CHECK(!c.has_ptime_changed);
	steps(&c, MS30, 1);
	CHECK_EQ(c.step, MS30);
	CHECK(c.has_ptime_changed);
	CHECK_EQ(c.silences, 0);
}

TEST(step_of_at_least_twice_the_packet_time_is_a_pause)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 10);
	steps(&c, 2 * MS20 - 1, 1);
	CHECK_EQ(c.silences, 0);
	steps(&c, 2 * MS20, 1);
	CHECK_EQ(c.silences, 1);
	steps(&c, 50000, 1);
	CHECK_EQ(c.silences, 2);
	steps(&c, 70000, 1);
	CHECK_EQ(c.silences, 3);
	CHECK_EQ(c.step, MS20);
}

TEST(regular_pauses_are_a_packet_time_after_all)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 10);
	steps(&c, 8000, 1);
	steps(&c, MS60, 4);
	CHECK_EQ(c.step, MS60);
	CHECK(c.has_ptime_changed);
	CHECK_EQ(c.silences, 1); /* the long one stays */
}

TEST(step_above_120_ms_makes_no_packet_time)
{
	struct es_changes c = { 0 };

	steps(&c, MS120 + 1, 10);
	CHECK_EQ(c.step, 0);
	for (unsigned i = 0; i < 10; i++)
		es_changes_step(&c, 5761, 48000);
	CHECK_EQ(c.step, 0);
	steps(&c, MS120, 2);
	CHECK_EQ(c.step, MS120);
}

TEST(long_step_breaks_the_row_of_a_new_packet_time)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 10);
	steps(&c, MS30, 3);
	steps(&c, 8000, 1);
	steps(&c, MS30, 3);
	CHECK_EQ(c.step, MS20);
}

TEST(talk_after_comfort_noise_is_a_pause_only_when_it_was_long)
{
	struct es_changes c = { 0 };

	es_changes_talk(&c, 8000);
	CHECK_EQ(c.silences, 0); /* no packet time to hold it against */
	steps(&c, MS20, 2);
	es_changes_talk(&c, MS20);
	CHECK_EQ(c.silences, 0);
	steps(&c, MS30, 3);
	es_changes_talk(&c, 8000);
	CHECK_EQ(c.silences, 1);
	steps(&c, MS30, 3);
	CHECK_EQ(c.step, MS20); /* the row of four was broken */
	steps(&c, MS30, 1);
	CHECK_EQ(c.step, MS30);
}

TEST(packet_time_of_another_codec_is_no_change)
{
	struct es_changes c = { 0 };

	steps(&c, MS20, 2);
	steps(&c, MS30, 1);
	es_changes_codec(&c);
	CHECK_EQ(c.step, 0);
	steps(&c, MS30, 1);
	CHECK_EQ(c.step, 0); /* the step before was the other codec's */
	steps(&c, MS30, 1);
	CHECK_EQ(c.step, MS30);
	CHECK(!c.has_ptime_changed);
}

TEST(marking_and_path_length_are_followed)
{
	struct es_changes c = { 0 };

	es_changes_begin(&c, 46, 64);
	es_changes_ip(&c, 46, 64);
	CHECK_EQ(c.dscp_changes, 0);
	es_changes_ip(&c, 0, 64);
	es_changes_ip(&c, 0, 62);
	es_changes_ip(&c, 46, 66);
	es_changes_ip(&c, 46, 64);
	CHECK_EQ(c.dscp_changes, 2);
	CHECK_EQ(c.ttl_min, 62);
	CHECK_EQ(c.ttl_max, 66);
	for (unsigned i = 0; i < 70000; i++)
		es_changes_ip(&c, i % 2, 64);
	CHECK_EQ(c.dscp_changes, UINT16_MAX);
}

TEST(median_step_is_that_of_the_middle_packet)
{
	struct es_steps s = { { 0 }, { 0 } };

	CHECK_EQ(es_steps_median(&s), 0);
	for (unsigned i = 0; i < 3; i++)
		es_steps_add(&s, MS30);
	for (unsigned i = 0; i < 2; i++)
		es_steps_add(&s, MS20);
	CHECK_EQ(es_steps_count(&s), 5);
	CHECK_EQ(es_steps_median(&s), MS30);
	es_steps_add(&s, MS20); /* half of all lie at or below */
	CHECK_EQ(es_steps_median(&s), MS20);
	es_steps_add(&s, 8000);
	CHECK_EQ(es_steps_median(&s), MS30);
}

TEST(rarest_step_gives_way_to_a_new_one)
{
	struct es_steps s = { { 0 }, { 0 } };

	for (uint32_t k = 1; k <= ES_STEPS_KINDS; k++)
		for (uint32_t i = 0; i < 10 + (k != 3); i++)
			es_steps_add(&s, 100 * k);
	es_steps_add(&s, 9);
	CHECK_EQ(es_steps_count(&s), 4 * 11 + 1);
	for (unsigned i = 0; i < ES_STEPS_KINDS; i++)
		CHECK(s.step[i] != 300);
}

TEST(steps_of_a_long_stream_stay_countable)
{
	struct es_steps s = { { 0 }, { 0 } };

	for (unsigned i = 0; i < 100; i++)
		es_steps_add(&s, MS30);
	for (unsigned i = 0; i < 200000; i++)
		es_steps_add(&s, MS20);
	CHECK(es_steps_count(&s) > 32000);
	CHECK_EQ(es_steps_median(&s), MS20);
	/* What is rare stays in proportion: it was halved, too. */
	for (unsigned i = 0; i < ES_STEPS_KINDS; i++)
		CHECK(s.step[i] != MS30 || s.count[i] < 13);
}
