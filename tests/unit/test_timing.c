/* SPDX-License-Identifier: Apache-2.0 */
/* Transit, jitter, delay variation, skew and the modelled receiver on made-up arrivals. */
#include "probes/quality/dejitter.h"
#include "probes/quality/timing/jitter.h"
#include "probes/quality/timing/skew.h"
#include "probes/quality/timing/variation.h"

#include "harness.h"

#include <stdlib.h>

#define MS ES_NS_PER_MS

/* A stream of 20 ms packets at 8 kHz whose packet i arrives delay_ns late. */
struct feed {
	struct es_transit transit;
	struct es_jitter jitter;
	struct es_transit_step step;
};

static enum es_transit_kind
feed_at(struct feed *f, uint32_t ts, int64_t arrival_ns)
{
	enum es_transit_kind kind =
	    es_transit_update(&f->transit, 8000, ts, es_time_of_ns(arrival_ns), &f->step);

	es_jitter_update(&f->jitter, kind, &f->step);
	return kind;
}

static void
feed_init(struct feed *f)
{
	f->transit = (struct es_transit){ 0 };
	f->jitter = (struct es_jitter){ 0 };
}

TEST(jitter_follows_rfc_3550_a8)
{
	static const int delay_ms[] = { 0, 5, 1, 1, 9, 0, 0, 3, 20, 20, 2 };
	struct feed f;
	double j = 0, max = 0, sum = 0;

	feed_init(&f);
	for (int i = 0; i < 11; i++) {
		double d;

		feed_at(
		    &f, (uint32_t)(0xffffff00u + 160u * (unsigned)i), (i * 20 + delay_ms[i]) * MS);
		CHECK_EQ(es_jitter_known(&f.jitter), i > 0);
		if (i == 0)
			continue;
		d = abs(delay_ms[i] - delay_ms[i - 1]);
		j += (d - j) / 16;
		max = j > max ? j : max;
		sum += j;
	}
	CHECK_NEAR(es_jitter_last_us(&f.jitter), j * 1000, 1);
	CHECK_NEAR(es_jitter_max_us(&f.jitter), max * 1000, 1);
	CHECK_NEAR(es_jitter_mean_us(&f.jitter), sum * 100, 1);
}

TEST(jitter_ignores_equal_timestamps_and_restarts_with_the_clock)
{
	struct feed f;

	feed_init(&f);
	CHECK_EQ(feed_at(&f, 0, 0), ES_TRANSIT_FIRST);
	CHECK_EQ(feed_at(&f, 160, 20 * MS), ES_TRANSIT_STEP);
	CHECK_EQ(feed_at(&f, 160, 90 * MS), ES_TRANSIT_SAME);
	CHECK_EQ(feed_at(&f, 320, 40 * MS), ES_TRANSIT_STEP);
	CHECK_EQ(es_jitter_last_us(&f.jitter), 0);
	CHECK_EQ(es_transit_update(&f.transit, 48000, 5, es_time_of_ns(60 * MS), &f.step),
	    ES_TRANSIT_FIRST);
	CHECK_EQ(
	    es_transit_update(&f.transit, 0, 6, es_time_of_ns(61 * MS), &f.step), ES_TRANSIT_SAME);
	/* 48 kHz does not divide a second: 960 ticks are 20 ms all the same. */
	CHECK_EQ(es_transit_update(&f.transit, 48000, 965, es_time_of_ns(80 * MS), &f.step),
	    ES_TRANSIT_STEP);
	CHECK_EQ(f.step.d_ns, 0);
}

TEST(transit_takes_jumps_out_and_survives_any_clock)
{
	static const int64_t odd[] = { INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MAX / 2, 1 };
	struct feed f;
	uint64_t seed = 1;

	feed_init(&f);
	feed_at(&f, 0, 0);
	feed_at(&f, 160, 25 * MS);
	CHECK_EQ(f.step.transit_ns, 5 * MS);
	CHECK_EQ(feed_at(&f, 320 + 80000, 45 * MS), ES_TRANSIT_JUMP); /* timestamps 10 s ahead */
	CHECK_EQ(f.step.transit_ns, 5 * MS);
	CHECK_EQ(f.step.d_ns, -10000 * MS);
	CHECK_EQ(
	    feed_at(&f, 480 + 80000, 5000 * MS), ES_TRANSIT_JUMP); /* the capture stood still */
	CHECK_EQ(f.step.transit_ns, 5 * MS);
	CHECK_EQ(feed_at(&f, 640 + 80000, 5017 * MS), ES_TRANSIT_STEP);
	CHECK_EQ(f.step.transit_ns, 2 * MS);
	for (int i = 0; i < 1000; i++)
		feed_at(&f, test_random(&seed) * 2u, odd[test_random(&seed) % 7]);
	CHECK(es_jitter_last_us(&f.jitter) <= 3600u * 1000000);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Within a bin of the exact percentile: 16 us or an eighth, and the blur of falling minima. */
static bool
is_close(uint32_t us, const int64_t *sorted, unsigned n, unsigned percent)
{
	int64_t exact = (sorted[n * percent / 100] - sorted[0]) / 1000;
	int64_t off = (int64_t)us - exact;
	int64_t allowed = 20 + exact / 6;

	return off <= allowed && -off <= allowed;
}

TEST(variation_is_close_to_exact_percentiles)
{
	uint64_t seed = 42;

	for (int round = 0; round < 300; round++) {
		enum { N = 256 };
		struct es_variation v;
		struct es_delay_variation got;
		int64_t delay[N];
		int64_t scale = (int64_t)1 << (16 + test_random(&seed) % 10); /* 65 us .. 33 ms */

		es_variation_init(&v, NULL);
		for (int i = 0; i < N; i++) {
			delay[i] = (int64_t)test_random(&seed) % scale +
				   (test_random(&seed) % 10 == 0 ? scale : 0) - 77 * MS;
			es_variation_update(&v, delay[i]);
		}
		qsort(delay, N, sizeof(delay[0]), by_value);
		CHECK(es_variation_percentiles(&v, &got));
		CHECK(is_close(got.p50_us, delay, N, 50));
		CHECK(is_close(got.p95_us, delay, N, 95));
		CHECK(is_close(got.p99_us, delay, N, 99));
	}
}

TEST(variation_of_a_draining_queue_is_not_left_behind)
{
	struct es_variation v;
	struct es_delay_variation got;

	/* A hold of 400 ms, then all at once: each packet lowers the minimum by 20 ms. */
	es_variation_init(&v, NULL);
	for (int i = 0; i < 20; i++)
		es_variation_update(&v, (400 - 20 * i) * MS);
	CHECK(es_variation_percentiles(&v, &got));
	CHECK_NEAR(got.p50_us, 190000, 40000);
	CHECK_NEAR(got.p95_us, 360000, 70000);
}

TEST(variation_stands_on_the_block_before)
{
	struct es_variation first, next;
	struct es_delay_variation got;

	es_variation_init(&first, NULL);
	CHECK(!es_variation_percentiles(&first, &got));
	for (int i = 0; i < 256; i++)
		es_variation_update(&first, 3 * MS);
	es_variation_init(&next, &first);
	for (int i = 0; i < 256; i++)
		es_variation_update(&next, 43 * MS); /* the path became longer */
	CHECK(es_variation_percentiles(&next, &got));
	CHECK_NEAR(got.p50_us, 40000, 5000);
	es_variation_init(&first, &next);
	for (int i = 0; i < 256; i++)
		es_variation_update(&first, 43 * MS);
	CHECK(es_variation_percentiles(&first, &got));
	CHECK(got.p99_us <= 16); /* the lower minimum lies before its window */
}

TEST(variation_forgets_the_minimum_of_the_block_before_last)
{
	struct es_variation block[2];
	struct es_delay_variation out;

	es_variation_init(&block[0], NULL);
	for (int i = 0; i < 100; i++) { /* each block 5 ms above the one before: a slow clock */
		struct es_variation *v = &block[i % 2];

		if (i > 0)
			es_variation_init(v, &block[(i + 1) % 2]);
		es_variation_update(v, i * 5 * MS);
		es_variation_update(v, i * 5 * MS + MS / 100);
		CHECK(es_variation_percentiles(v, &out));
		CHECK(out.p99_us <= 6000);
	}
}

TEST(variation_of_a_long_stream_does_not_overflow)
{
	struct es_variation_sum sum;
	struct es_delay_variation got;
	uint64_t seed = 9;

	sum = (struct es_variation_sum){ 0 };
	CHECK(!es_variation_sum_percentiles(&sum, &got));
	for (int block = 0; block < 20000; block++) { /* more than a day of 20 ms packets */
		struct es_variation v;

		es_variation_init(&v, NULL);
		es_variation_update(&v, 0);
		for (int i = 1; i < 250; i++) /* 3 of 100 at 50 ms, the rest at 1 ms */
			es_variation_update(&v, (test_random(&seed) % 100 < 3 ? 50 : 1) * MS);
		es_variation_sum_add(&sum, &v);
	}
	CHECK(sum.halvings > 0);
	CHECK(es_variation_sum_percentiles(&sum, &got));
	CHECK_NEAR(got.p50_us, 1000, 130);
	CHECK_NEAR(got.p95_us, 1000, 130);
	CHECK_NEAR(got.p99_us, 50000, 6500);
}

static bool
skew_of(int ppm, int jitter_us, int seconds, int32_t *out)
{
	struct es_transit t;
	struct es_skew s;
	uint64_t seed = (uint64_t)(ppm + 1000);

	t = (struct es_transit){ 0 };
	s = (struct es_skew){ 0 };
	for (int64_t i = 0; i < seconds * 50; i++) {
		struct es_transit_step step;
		/* A sender fast by ppm sends its 20 ms a little earlier each time. */
		int64_t at =
		    i * 20 * MS - i * 20 * ppm + test_random(&seed) % (unsigned)jitter_us * 1000;

		if (es_transit_update(&t, 8000, (uint32_t)i * 160, es_time_of_ns(at), &step) !=
		    ES_TRANSIT_SAME)
			es_skew_update(&s, es_time_of_ns(at), step.transit_ns);
	}
	return es_skew_ppb(&s, out);
}

TEST(skew_is_found_within_a_few_ppm)
{
	static const int ppm[] = { -200, -50, 0, 12, 200 };
	int32_t ppb = 0;

	for (size_t i = 0; i < 5; i++) {
		CHECK(skew_of(ppm[i], 500, 60, &ppb));
		CHECK_NEAR(ppb, ppm[i] * 1000, 2000);
		CHECK(skew_of(ppm[i], 2000, 1800, &ppb));
		CHECK_NEAR(ppb, ppm[i] * 1000, 500);
		CHECK(skew_of(ppm[i], 100, 6, &ppb));
		CHECK_NEAR(ppb, ppm[i] * 1000, 10000);
	}
}

TEST(skew_is_absent_when_short_or_hidden_by_jitter)
{
	int32_t ppb = 77;

	CHECK(!skew_of(100, 100, 4, &ppb));
	CHECK(!skew_of(100, 100000, 8, &ppb));
	CHECK_EQ(ppb, 77);
}

/* A modelled buffer and what came to it: packets of 20 ms. */
struct listener {
	struct es_dejitter d;
	uint64_t got[ES_DEJITTER_RING / 64];
	uint64_t highest;
	uint64_t frozen;
	uint32_t ptime_us;
};

enum { FIRST = 65536 };

static void
listen(struct listener *l, uint32_t depth_ms)
{
	*l = (struct listener){ .highest = FIRST, .ptime_us = 20000 };
	es_dejitter_init(&l->d, depth_ms);
}

static bool
hear(struct listener *l, uint64_t number, es_time at, int64_t transit_ns)
{
	uint64_t *word = &l->got[number / 64 % (ES_DEJITTER_RING / 64)];
	struct es_dejitter_packet p = { number, at, transit_ns, l->ptime_us, l->got, l->highest };
	struct es_dejitter_took took;

	if (number % 64 == 0 && number > l->highest)
		*word = 0;
	*word |= UINT64_C(1) << number % 64;
	took = es_dejitter_update(&l->d, &p);
	l->frozen += took.frozen;
	if (number > l->highest)
		l->highest = number;
	return took.late;
}

/* Packet i delayed by delay_ms; true if it is late. */
static bool
play(struct listener *l, uint64_t i, int delay_ms)
{
	int64_t transit = delay_ms * MS;

	return hear(l, FIRST + i, es_time_of_ns((int64_t)i * 20 * MS + transit), transit);
}

TEST(dejitter_fixed_discards_what_is_later_than_its_depth)
{
	struct listener l;

	listen(&l, 60);
	CHECK(!play(&l, 0, 0));
	CHECK(!play(&l, 1, 60));
	CHECK(play(&l, 2, 61));
	CHECK(play(&l, 9, 500)); /* it never moves */
	CHECK(!play(&l, 10, -30));
	CHECK_EQ(es_dejitter_depth_us(&l.d), 60000);
}

TEST(dejitter_adaptive_learns_jitter_and_forgets_it)
{
	struct listener l;
	uint64_t i = 0;
	int n_late = 0;

	listen(&l, 0);
	for (; i < 250; i++)
		CHECK(!play(&l, i, 0));
	CHECK_EQ(es_dejitter_depth_us(&l.d), 40000); /* where it began: within a frame and a half */
	for (; i < 500; i++)
		n_late += play(&l, i, i % 10 == 0 ? 80 : 0);
	CHECK(n_late >= 1 && n_late <= 16); /* surprised until half a second's tail is known */
	CHECK(es_dejitter_depth_us(&l.d) >= 80000 && es_dejitter_depth_us(&l.d) <= 110000);
	for (; i < 750; i++)
		CHECK(!play(&l, i, 0));
	CHECK(es_dejitter_depth_us(&l.d) < 50000);
}

/* 400 ms of nothing, then twenty packets at once: three concealed, then it waited. */
TEST(dejitter_adaptive_freezes_when_empty)
{
	struct listener l;
	int n_late = 0;

	listen(&l, 0);
	for (uint64_t i = 0; i < 200; i++)
		CHECK(!play(&l, i, 0));
	for (uint64_t i = 200; i < 220; i++)
		n_late += play(&l, i, 400 - 20 * (int)(i - 200));
	CHECK_EQ(n_late, 3);
	CHECK_EQ(l.frozen, 15); /* 400 ms less 40 in the buffer and 60 concealed */
	CHECK_EQ(es_dejitter_depth_us(&l.d), 340000);
}

/* Six packets lost on the way to a route that is 121 ms longer: nothing behind them is late. */
TEST(dejitter_adaptive_waits_through_a_delay_step)
{
	struct listener l;
	int n_late = 0;

	listen(&l, 0);
	for (uint64_t i = 0; i < 211; i++)
		n_late += play(&l, i, 0);
	for (uint64_t i = 217; i < 300; i++)
		n_late += play(&l, i, 121);
	CHECK_EQ(n_late, 0);
	CHECK_EQ(l.frozen, 8);
}

TEST(dejitter_pause_of_the_sender_is_no_freeze)
{
	struct listener l;

	listen(&l, 0);
	for (uint64_t i = 0; i < 100; i++)
		CHECK(!play(&l, i, 0));
	/* The timestamp ran on over three seconds of silence: transit is what it was. */
	for (uint64_t i = 100; i < 200; i++)
		CHECK(!hear(&l, FIRST + i, es_time_of_ns((int64_t)i * 20 * MS + 3000 * MS), 0));
	CHECK_EQ(l.frozen, 0);
}

TEST(dejitter_same_for_any_order_within_the_buffer)
{
	struct listener l;
	uint64_t seed = 3;

	listen(&l, 0);
	for (uint64_t i = 0; i < 600; i += 2) {
		bool swapped = test_random(&seed) % 2 == 0;

		CHECK(!play(&l, swapped ? i + 1 : i, swapped ? 0 : 1));
		CHECK(!play(&l, swapped ? i : i + 1, swapped ? 21 : 0));
	}
	CHECK_EQ(l.frozen, 0);
}

/* With a fixed buffer a packet that comes later is never heard better. */
TEST(dejitter_fixed_more_lateness_never_helps)
{
	for (int late_ms = 0; late_ms < 200; late_ms++) {
		struct listener l;
		struct listener later;

		listen(&l, 60);
		listen(&later, 60);
		(void)play(&l, 0, 0);
		(void)play(&later, 0, 0);
		CHECK(play(&later, 1, late_ms + 1) >= play(&l, 1, late_ms));
	}
}

/* Nothing new comes after a wait, only two that were given up long ago: it keeps waiting. */
TEST(dejitter_waits_on_while_only_old_packets_come)
{
	struct listener l;

	listen(&l, 0);
	for (uint64_t i = 0; i < 100; i++)
		if (i != 90 && i != 91)
			CHECK(!play(&l, i, 0));
	CHECK(hear(&l, FIRST + 90, es_time_of_ns(10000 * MS), 8200 * MS));
	CHECK(l.frozen > 300);
	CHECK(hear(&l, FIRST + 91, es_time_of_ns(3600000 * MS), 3598180 * MS));
	CHECK_EQ(l.d.next, FIRST + 103);
}

TEST(dejitter_bears_any_input)
{
	struct listener l;
	uint64_t seed = 13;

	listen(&l, 0);
	for (int i = 0; i < 100000; i++) {
		int64_t at = (int64_t)((uint64_t)test_random(&seed) << (test_random(&seed) % 33));
		uint64_t number = l.highest + test_random(&seed) % (i % 7 == 0 ? 100000 : 200);

		l.ptime_us = i % 11 == 0 ? test_random(&seed) : 20000;
		if (i % 3 == 0 && number > FIRST + 100)
			number -= 100;
		(void)hear(&l, number, es_time_of_ns(i % 2 ? at : -at), i % 3 ? at : -at);
		CHECK(es_dejitter_depth_us(&l.d) < 2000000000u);
	}
}

/* pcapng times are clamped to the last instant, and two packets may carry it. */
TEST(dejitter_bears_the_last_instant_twice)
{
	struct listener l;

	listen(&l, 0);
	for (uint64_t i = 0; i < 3; i++)
		(void)hear(&l, FIRST + i, es_time_of_ns(INT64_MAX - 400000000), 0);
	for (uint64_t i = 3; i < 6; i++)
		(void)hear(&l, FIRST + i, es_time_of_ns(INT64_MAX), 0);
	CHECK(es_dejitter_depth_us(&l.d) < 1000000);
}
