/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule by rule: how RTP is counted (RFC 3550, 3611), and how packets become a time line.
 */
#include "tests/sim/lines.h"

TEST(counting_copies_hide_no_loss)
{
	const struct es_stream *s;
	struct world_rtp copy;

	start(0);
	run(100);
	lose(5);
	run(100);
	copy = r;
	copy.seq--;
	copy.ts -= 160;
	for (unsigned i = 0; i < 5; i++) /* RFC 3550 A.3 would say: nothing lost */
		world_send_rtp(&w, now_ms - 1, &copy);
	s = end();
	CHECK_EQ(s->packets, 205);
	CHECK_EQ(s->lost, 5);
	world_done(&w);
}

TEST(counting_a_jump_needs_two_packets_in_order)
{
	const struct es_stream *s;
	struct world_rtp wild;

	start(0);
	run(100);
	wild = r;
	wild.seq = (uint16_t)(wild.seq + 9000);
	wild.ts = 5;
	world_send_rtp(&w, now_ms, &wild);
	run(100);
	wild.seq++;
	world_send_rtp(&w, now_ms, &wild); /* the stream went on between the two */
	run(100);
	s = end();
	CHECK_EQ(s->packets, 300);
	CHECK_EQ(s->stale, 2);
	CHECK_EQ(s->lost, 0);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

/* Pattern of 'o' received and 'x' lost, between 20 and 20 good packets. */
static const struct es_stream *
pattern(const char *p)
{
	start(0);
	run(20);
	for (; *p != '\0'; p++) {
		if (*p == 'x')
			lose(1);
		else
			run(1);
	}
	run(20);
	return end();
}

/* A density as RFC 3611 sends it. */
static unsigned
in_256(uint32_t ppm)
{
	return (unsigned)(((uint64_t)ppm * 256 + 500000) / 1000000);
}

TEST(counting_bursts_and_gaps_of_rfc_3611)
{
	static const struct {
		const char *pattern;
		uint32_t burst_us;
		unsigned burst_density;
		unsigned gap_density;
	} row[] = {
		{ "x", 0, 0, 6 }, { "xooxooox", 160000, 96, 0 },
		{ "xxxooooooooooooooooxo", 60000, 256, 4 }, /* 16 good ones end it */
		{ "xxxoooooooooooooooxo", 380000, 54, 0 },  /* 15 do not */
	};

	for (unsigned i = 0; i < 4; i++) {
		const struct es_stream *s = pattern(row[i].pattern);

		CHECK(s->has & ES_STREAM_HAS_BURST);
		CHECK_EQ(s->burst_length_us, row[i].burst_us);
		CHECK_EQ(in_256(s->burst_density_ppm), row[i].burst_density);
		CHECK_EQ(in_256(s->gap_density_ppm), row[i].gap_density);
		world_done(&w);
	}
}

/* Two outages that loss_runs cannot tell apart: a fifth of a second, and six, over the end of a block. */
TEST(counting_the_longest_run_of_losses)
{
	const struct es_stream *s;

	start(0);
	run(50);
	lose(10);
	run(100);
	lose(300);
	run(50);
	lose(2);
	run(50);
	s = end();
	CHECK_EQ(s->lost, 312);
	CHECK_EQ(s->loss_run[9], 2);
	CHECK_EQ(s->loss_run_max, 300);
	world_done(&w);
}

TEST(counting_jitter_uses_the_clock_of_each_payload_type)
{
	const struct es_stream *s;

	start(0);
	r.pt = 9; /* G722: sampled at 16 kHz, clocked at 8 kHz */
	for (unsigned i = 0; i < 100; i++) {
		now_ms += i % 2 == 0 ? 4 : -4;
		run(1);
	}
	s = end();
	CHECK_EQ(s->clock_rate_hz, 8000);
	/* Delays of 4 and 0 ms in turn: D is 4 ms each time. */
	CHECK_EQ(s->jitter_last_us, 3993);
	world_done(&w);
}

TEST(rule_1_packet_time_follows_its_change)
{
	const struct es_stream *s;

	start(0);
	run(50);                             /* one second of 20 ms */
	for (unsigned i = 0; i < 100; i++) { /* and two of 40 ms, of which the last third is lost */
		if (i < 50)
			run(1);
		else if (i < 75)
			lose(1);
		else
			run(1);
		r.ts += 160;
		now_ms += 20;
	}
	s = end();
	CHECK(s->findings & ES_FINDING_PTIME_CHANGED);
	CHECK_EQ(s->lost, 25);
	CHECK_EQ(s->loss_run[9], 1);
	CHECK_EQ(s->ptime_us, 40000);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK_EQ(s->delay_variation.p99_us, 16);
	world_done(&w);
}

TEST(rule_2_fixed_buffer_discards_what_is_later_than_its_depth)
{
	const struct es_stream *s;

	start(60);
	run(50);
	for (unsigned i = 0; i < 10;
	     i++) { /* each a little later than the one before: 53 .. 62 ms */
		world_send_rtp(&w, now_ms + 53 + i, &r);
		lose(1);
	}
	run(50);
	s = end();
	CHECK_EQ(s->late, 2);
	CHECK_EQ(s->lost, 0);
	world_done(&w);
}

TEST(rule_3_lost_and_late_make_one_run)
{
	const struct es_stream *s;

	start(60);
	run(50);
	lose(1);
	world_send_rtp(&w, now_ms + 200, &r);
	lose(1);
	lose(1);
	run(11); /* the late one comes among them, out of order for the time only */
	run(50);
	s = end();
	CHECK_EQ(s->late, 1);
	CHECK_EQ(s->lost, 2);
	CHECK_EQ(s->loss_run[0], 2);
	CHECK_EQ(s->burst_length_us, 60000); /* one burst of three */
	CHECK_EQ(s->burst_density_ppm, 1000000);
	world_done(&w);
}

/* Three packets lost in a run, of so many milliseconds each; then 2 s that arrive. */
static const struct es_stream *
run_of_three(uint8_t pt, unsigned packet_ms)
{
	start(0);
	r.pt = pt;
	for (unsigned i = 0; i < 4000 / packet_ms; i++) {
		if (i < 2000 / packet_ms || i >= 2000 / packet_ms + 3)
			world_send_rtp(&w, now_ms, &r);
		r.seq++;
		r.ts += 8 * packet_ms;
		now_ms += packet_ms;
	}
	return end();
}

/* What a header tells of the damage: how long nothing came. */
TEST(rule_4_a_run_is_as_long_as_its_time)
{
	CHECK_EQ(run_of_three(0, 10)->burst_length_us, 30000);
	CHECK_EQ(world_stream(&w, r.ssrc, 0)->loss_run[2], 1);
	world_done(&w);
	CHECK_EQ(run_of_three(0, 40)->burst_length_us, 120000);
	CHECK_EQ(world_stream(&w, r.ssrc, 0)->loss_run[2], 1);
	world_done(&w);
}

/* Good frames behind a run that G.729 damages are received: what they cost is the model's to know. */
TEST(rule_4_good_frames_behind_a_run_are_not_concealed)
{
	const struct es_stream *s = run_of_three(18, 20);

	CHECK_EQ(s->lost, 3);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->burst_density_ppm, 1000000);
	CHECK_EQ(s->concealed_s, 1);
	CHECK_EQ(s->severely_concealed_s, 1); /* 3 of 50 */
	world_done(&w);
}

/* Whether speech or silence was lost stands in the payload, which is not read. */
TEST(rule_4_level_of_what_was_lost_is_absent)
{
	const struct es_stream *s = run_of_three(0, 20);

	CHECK_EQ(s->has & (ES_STREAM_HAS_LEVEL | ES_STREAM_HAS_RECOVERED), 0);
	world_done(&w);
}

TEST(rule_5_skew_is_told_from_5_s_on)
{
	const struct es_stream *s;

	start(0);
	run(200);
	s = end();
	CHECK_EQ(s->has & ES_STREAM_HAS_SKEW, 0);
	world_done(&w);
	start(0);
	for (unsigned i = 0; i < 1000; i++) {
		world_send_rtp(&w, 20.0 * i * (1 + 50 / 1e6), &r);
		r.seq++;
		r.ts += 160;
	}
	s = end();
	CHECK(s->has & ES_STREAM_HAS_SKEW);
	CHECK_NEAR(s->skew_ppb, -50000, 300);
	world_done(&w);
}

TEST(rule_6_loss_over_a_pause_is_the_numbers_that_miss)
{
	const struct es_stream *s;

	start(0);
	talkspurt(100);
	lose(3);
	pause(200);
	talkspurt(100);
	s = end();
	CHECK_EQ(s->lost, 3);
	CHECK_EQ(s->expected, 203);
	CHECK_EQ(s->loss_run[2], 1);
	CHECK_EQ(s->concealed_s, 1); /* the pause takes no time of the stream */
	CHECK_EQ(s->jitter_max_us, 0);
	world_done(&w);
}

TEST(rule_7_timestamps_set_anew_move_no_delay)
{
	static const int step[] = { -4000, 4000, -1000000,
		1000000 }; /* half a second, two minutes */

	for (unsigned i = 0; i < 4; i++) {
		const struct es_stream *s;

		start(60);
		run(300);
		r.ts += (uint32_t)step[i];
		run(300);
		s = end();
		CHECK_EQ(s->packets, 600);
		CHECK_EQ(s->lost, 0);
		CHECK_EQ(s->late, 0);
		CHECK_EQ(s->delay_variation.p99_us, 16);
		CHECK(world_stream(&w, 0xa, 1) == NULL);
		world_done(&w);
	}
}

TEST(rule_7_payload_type_change_keeps_the_numbers)
{
	const struct es_stream *s;

	start(0);
	run(100);
	r.pt = 8;
	lose(2);
	run(100);
	s = end();
	CHECK_EQ(s->packets, 200);
	CHECK_EQ(s->lost, 2);
	CHECK_EQ(s->findings, ES_FINDING_CODEC_CHANGED);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

TEST(rule_8_capture_clock_that_jumps_is_no_delay)
{
	static const double jump_ms[] = { 3600e3, -3600e3, 1500 };

	for (unsigned i = 0; i < 3; i++) {
		const struct es_stream *s;

		start(60);
		run(300);
		now_ms += jump_ms[i];
		run(300);
		world_flush(&w);
		s = world_stream(&w, 0xa, 0);
		CHECK(s != NULL);
		/* An hour of silence ends a stream, and more than 300 s later nobody remembers it. */
		CHECK_EQ(s->packets, i == 0 ? 300 : 600);
		CHECK_EQ(s->lost, 0);
		CHECK_EQ(s->late, 0);
		CHECK_EQ(s->delay_variation.p99_us, 16);
		world_done(&w);
	}
}

TEST(rule_8_reorder_and_copies_are_no_loss)
{
	const struct es_stream *s;
	struct world_rtp swapped;

	start(60); /* what comes 30 ms late is in time */
	run(100);
	for (unsigned i = 0; i < 50; i++) { /* each pair turned round */
		swapped = r;
		lose(1);
		run(1);
		world_send_rtp(&w, now_ms - 10, &swapped);
	}
	run(100);
	s = end();
	CHECK_EQ(s->packets, 300);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->reordered, 50);
	CHECK_EQ(s->reordered_max, 1);
	world_done(&w);
}

TEST(rule_9_worst_block_is_named)
{
	const struct es_stream *s;

	start(0);
	run(256);
	run(100);
	lose(30);
	run(126);
	run(256);
	s = end();
	CHECK(s->has & ES_STREAM_HAS_WORST);
	CHECK_EQ(s->worst_block, (65536 + 1024) / 256 + 1);
	CHECK(s->worst_mos_lq_milli < s->mos_lq_milli);
	world_done(&w);
}

TEST(rule_10_no_conversational_score_without_delay)
{
	const struct es_stream *s;

	start(0);
	run(300);
	s = end();
	CHECK(s->has & ES_STREAM_HAS_QUALITY);
	CHECK_EQ(s->has & ES_STREAM_HAS_MOS_CQ, 0);
	world_done(&w);
}
