/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule by rule: how RTP is counted (RFC 3550, 3611), and how packets become a time line.
 */
#include "tests/sim/lines.h"

TEST(rules_of_packets_and_their_time)
{
	static const struct line_row rows[] = {
		{ "counting: copies hide no loss, as RFC 3550 A.3 would",
		    "run 100 lose 5 run 100 times 5 behind 1;",
		    .want = { .packets = 205, .duplicates = 5, .lost = 5, .loss_run[4] = 1 } },
		/* The stream continues between the two. */
		{ "counting: a jump needs two packets in order",
		    "run 100 stray 9000 run 100 stray 8901 run 100",
		    .want = { .packets = 300, .stale = 2 } },
		{ "rule 1: the packet time follows its change",
		    "run 50 times 50 run 1 ts 160 wait 20; times 25 lose 1 ts 160 wait 20; times "
		    "25 run 1 ts 160 wait 20;",
		    .want = { .packets = 125,
			.lost = 25,
			.loss_run[9] = 1,
			.findings = ES_FINDING_PTIME_CHANGED,
			.is_steady = true,
			.ptime_us = 40000,
			.p99_us = 16 } },
		{ "rule 2: a fixed buffer discards what is later than its depth",
		    "run 50 late 53 late 54 late 55 late 56 late 57 late 58 late 59 late 60 late "
		    "61 late 62 run 50",
		    .depth_ms = 60, .want = { .packets = 110, .late = 2 } },
		/* The late one comes among the lost ones, out of order for the time only: one burst of three. */
		{ "rule 3: lost and late make one run", "run 50 lose 1 late 200 lose 1 run 61",
		    .depth_ms = 60,
		    .want = { .packets = 112,
			.late = 1,
			.lost = 2,
			.loss_run[0] = 2,
			.burst_us = 60000,
			.burst_ppm = 1000000 } },
		/* The pause takes no time of the stream. */
		{ "rule 6: what is lost over a pause is the numbers that miss",
		    "talk 100 lose 3 pause 200 talk 100",
		    .want = { .packets = 200,
			.lost = 3,
			.loss_run[2] = 1,
			.concealed_s = 1,
			.is_steady = true } },
		{ "rule 7: timestamps half a second back move no delay", "run 300 ts -4000 run 300",
		    .depth_ms = 60, .want = { .packets = 600, .p99_us = 16 } },
		{ "rule 7: half a second on", "run 300 ts 4000 run 300", .depth_ms = 60,
		    .want = { .packets = 600, .silences = 1, .p99_us = 16 } },
		{ "rule 7: two minutes back", "run 300 ts -1000000 run 300", .depth_ms = 60,
		    .want = { .packets = 600, .p99_us = 16 } },
		{ "rule 7: two minutes on", "run 300 ts 1000000 run 300", .depth_ms = 60,
		    .want = { .packets = 600, .silences = 1, .p99_us = 16 } },
		{ "rule 7: a change of the payload type keeps the numbers",
		    "run 100 pt 8 lose 2 run 100",
		    .want = { .packets = 200,
			.lost = 2,
			.loss_run[1] = 1,
			.findings = ES_FINDING_CODEC_CHANGED } },
		/* An hour of silence ends a stream, and more than 300 s later it is forgotten. */
		{ "rule 8: the capture's clock jumps an hour on", "run 300 wait 3600000 run 300",
		    .depth_ms = 60,
		    .want = { .packets = 300, .is_forgotten = true, .p99_us = 16 } },
		{ "rule 8: an hour back", "run 300 wait -3600000 run 300", .depth_ms = 60,
		    .want = { .packets = 600, .p99_us = 16 } },
		{ "rule 8: 1.5 s on", "run 300 wait 1500 run 300", .depth_ms = 60,
		    .want = { .packets = 600, .p99_us = 16 } },
		/* Each pair is turned round; what comes 30 ms late is in time. */
		{ "rule 8: reordering is no loss",
		    "run 100 times 50 lose 1 run 1 behind 2; run 100", .depth_ms = 60,
		    .want = { .packets = 300, .reordered = 50, .reordered_max = 1 } },
	};

	CHECK_ROWS(rows);
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

/* Two outages that loss_runs cannot distinguish: a fifth of a second, and six, over the end of a block. */
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

/* What a header says of the damage: how long nothing came. */
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

TEST(rule_5_skew_is_reported_from_5_s_on)
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
