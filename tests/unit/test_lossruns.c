/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of loss by length, and concealed seconds, on patterns worked out by hand. */
#include "probes/quality/concealed.h"
#include "probes/quality/lossruns.h"

#include "harness.h"

TEST(lossruns_count_by_length)
{
	static const uint32_t lengths[] = { 1, 1, 2, 9, 10, 500 };
	struct es_lossruns l = { 0 };
	uint32_t run[ES_LOSS_RUN_BINS];

	for (unsigned i = 0; i < 6; i++) {
		es_lossruns_add(&l, true, lengths[i]);
		es_lossruns_add(&l, false, 3);
	}
	es_lossruns_result(&l, run);
	CHECK_EQ(run[0], 2);
	CHECK_EQ(run[1], 1);
	CHECK_EQ(run[2], 0);
	CHECK_EQ(run[8], 1);
	CHECK_EQ(run[9], 2);
}

TEST(lossruns_added_in_pieces_are_one)
{
	struct es_lossruns l = { 0 };
	uint32_t run[ES_LOSS_RUN_BINS];

	es_lossruns_add(&l, true, 3);
	es_lossruns_add(&l, false, 0);
	es_lossruns_add(&l, true, 2);
	es_lossruns_result(&l, run); /* asking changes nothing */
	es_lossruns_result(&l, run);
	CHECK_EQ(run[4], 1);
	CHECK_EQ(run[2] + run[1], 0);
	es_lossruns_add(&l, false, 1);
	es_lossruns_result(&l, run);
	CHECK_EQ(run[4], 1);
	es_lossruns_add(&l, true, UINT32_MAX);
	es_lossruns_add(&l, true, UINT32_MAX);
	es_lossruns_result(&l, run);
	CHECK_EQ(run[9], 1);
}

TEST(lossruns_keep_the_length_of_the_longest)
{
	static const uint32_t lengths[] = { 3, 500, 12 };
	struct es_lossruns l = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		es_lossruns_add(&l, true, lengths[i]);
		es_lossruns_add(&l, false, 1);
	}
	CHECK_EQ(l.longest, 500);
	es_lossruns_add(&l, true, 300);
	CHECK_EQ(l.longest, 500);
	es_lossruns_add(&l, false, 0);
	es_lossruns_add(&l, true, 201); /* one run with the 300, and not over yet */
	CHECK_EQ(l.longest, 501);
	es_lossruns_add(&l, true, UINT32_MAX);
	CHECK_EQ(l.longest, UINT32_MAX);
}

/* Pattern of runs: positive good, negative bad, in packets of 20 ms. */
static struct es_concealed
seconds_of(const int *runs, unsigned n)
{
	struct es_concealed c = { 0 };

	for (unsigned i = 0; i < n; i++)
		es_concealed_add(
		    &c, runs[i] < 0, (uint32_t)(runs[i] < 0 ? -runs[i] : runs[i]), 20000);
	return c;
}

#define SECONDS(...) \
	seconds_of((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

TEST(concealed_second_is_one_with_any_loss)
{
	struct es_concealed c = SECONDS(10, -1, 39, 50, 49, -1, 50);

	CHECK_EQ(es_concealed_seconds(&c), 2); /* of four: the first and the third */
	CHECK_EQ(es_concealed_severe_seconds(&c), 0);
}

TEST(concealed_second_is_severe_above_50_ms)
{
	struct es_concealed two = SECONDS(10, -2, 38); /* 40 ms */
	struct es_concealed three = SECONDS(10, -2, 20, -1, 17);
	struct es_concealed exactly = { 0 };

	CHECK_EQ(es_concealed_severe_seconds(&two), 0);
	CHECK_EQ(es_concealed_severe_seconds(&three), 1);
	es_concealed_add(&exactly, true, 5, 10000);
	es_concealed_add(&exactly, false, 95, 10000);
	CHECK_EQ(es_concealed_seconds(&exactly), 1);
	CHECK_EQ(es_concealed_severe_seconds(&exactly), 0);
}

TEST(concealed_run_over_a_border_counts_in_both_seconds)
{
	struct es_concealed c = SECONDS(49, -2, 49);
	struct es_concealed odd = { 0 };

	CHECK_EQ(es_concealed_seconds(&c), 2);
	CHECK_EQ(es_concealed_severe_seconds(&c), 0);
	/* The 34th packet of 30 ms lies over the border: 10 ms before, 20 ms behind it. */
	es_concealed_add(&odd, false, 33, 30000);
	es_concealed_add(&odd, true, 1, 30000);
	CHECK_EQ(odd.seconds, 1);
	CHECK_EQ(odd.at_us, 20000);
	CHECK_EQ(odd.bad_us, 20000);
	CHECK_EQ(es_concealed_seconds(&odd), 2);
}

TEST(concealed_outage_fills_whole_seconds)
{
	struct es_concealed c = SECONDS(25, -32000, 25); /* half a second, 640 s, half a second */

	CHECK_EQ(es_concealed_seconds(&c), 641);
	CHECK_EQ(es_concealed_severe_seconds(&c), 641);
	es_concealed_add(&c, true, 1000000, 1000000);
	es_concealed_add(&c, true, 7, 0); /* no packet time: nothing */
	CHECK_EQ(es_concealed_seconds(&c), 1000641);
}
