/* SPDX-License-Identifier: Apache-2.0 */
/* The way from mouth to ear, out of round trips. */
#include "probes/stream/delay_path.h"

#include "harness.h"

TEST(path_in_the_middle_needs_both_parts)
{
	struct es_delay_path p = { 0 };
	uint32_t us = 0;

	es_delay_path_note(&p, ES_DELAY_PATH_TO_SENDER, 100000);
	CHECK(!es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_INGRESS, 5, &us));
	CHECK_EQ(us, 50005);
	es_delay_path_note(&p, ES_DELAY_PATH_TO_RECEIVER, 40000);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 7, &us));
	CHECK_EQ(us, 70007);
}

TEST(path_measured_here_counts_for_more_than_one_that_was_reported)
{
	struct es_delay_path p = { 0 };
	uint32_t us = 0;

	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, 600000);
	es_delay_path_note(&p, ES_DELAY_PATH_TO_RECEIVER, 40000);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	CHECK_EQ(us, 300000);
	es_delay_path_note(&p, ES_DELAY_PATH_TO_SENDER, 100000);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	CHECK_EQ(us, 70000);
}

TEST(path_is_smoothed_by_an_eighth_and_takes_no_nonsense)
{
	struct es_delay_path p = { 0 };
	uint32_t us = 0;

	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, -1);
	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, ES_ROUND_TRIP_MAX_US + 1);
	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, INT64_MAX);
	CHECK(!es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, 0);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	CHECK_EQ(us, 0);
	es_delay_path_note(&p, ES_DELAY_PATH_WHOLE, 80000);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, 0, &us));
	CHECK_EQ(us, 5000);
	CHECK(es_delay_path_mouth_to_ear_us(&p, ES_SEEN_TRANSIT, UINT64_MAX / 2, &us));
	CHECK_EQ(us, 600000000);
}

TEST(path_means_over_packets)
{
	struct es_delay_path p = { 0 };
	uint32_t us = 0;

	CHECK(!es_delay_path_mean_us(&p, &us));
	es_delay_path_add(&p, 100000, 1);
	es_delay_path_add(&p, 200000, 3);
	CHECK(es_delay_path_mean_us(&p, &us));
	CHECK_EQ(us, 175000);
}
