/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitors have called loss, jitter or a bad call and is none; then rule by rule how RTP is
 * counted (RFC 3550, 3611) and how packets become a time line. Expected numbers are written out.
 */
#include "tests/sim/parties.h"

static struct world_rtp r;
static double now_ms;

/* A stream from number 1024 on, first of a block. depth_ms of a fixed receiver, 0: adaptive. */
static void
start(uint32_t depth_ms)
{
	begin();
	if (depth_ms != 0) {
		es_engine_free(w.e);
		w.cfg.receiver = ES_RECEIVER_FIXED;
		w.cfg.receiver_ms = depth_ms;
		world_start(&w);
	}
	now_ms = 0;
	r = to_bob();
	r.seq = 1024;
}

static void
run(unsigned n)
{
	world_run_rtp(&w, &now_ms, &r, n);
}

static void
lose(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

static void
pause(unsigned packets)
{
	r.ts += 160 * packets;
	now_ms += 20 * packets;
}

static void
talkspurt(unsigned n)
{
	r.marker = true;
	run(1);
	r.marker = false;
	run(n - 1);
}

static const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, r.ssrc, 0);
}

TEST(pitfall_vad_marker_gaps_are_no_loss)
{
	const struct es_stream *s;

	start(0);
	for (unsigned i = 0; i < 30; i++) {
		talkspurt(40);
		pause(10 + i);
	}
	s = end();
	CHECK_EQ(s->packets, 1200);
	CHECK_EQ(s->expected, 1200);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->silences, 29);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK_EQ(s->concealed_s, 0);
	CHECK_EQ(s->delay_variation.p99_us, 16); /* all in the first bin */
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

TEST(pitfall_pauses_without_sequence_gap_are_no_loss)
{
	const struct es_stream *s;

	start(60);
	run(200);
	pause(500); /* the timestamp runs along, no marker */
	run(200);
	now_ms += 15000; /* the timestamp stands still: on hold */
	run(200);
	s = end();
	CHECK_EQ(s->packets, 600);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->silences, 1);
	CHECK_EQ(s->delta_max_us, 15020000);
	CHECK_EQ(s->delay_variation.p99_us, 16);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

/* Digits of 160 ms: one timestamp each, the end sent three times, audio silent meanwhile. */
static void
press(unsigned digits)
{
	for (unsigned d = 0; d < digits; d++) {
		for (unsigned i = 0; i < 10; i++) {
			r.pt = 101;
			r.marker = i == 0;
			world_send_rtp(&w, now_ms, &r);
			r.seq++;
			now_ms += i < 8 ? 20 : 0;
		}
		r.ts += 8 * 160;
		r.pt = 0;
		r.marker = false;
		pause(2);
		run(20);
	}
}

TEST(pitfall_dtmf_trains_are_no_loss_and_no_jitter)
{
	const struct es_stream *s;

	set_up();
	now_ms = 1100;
	r = to_bob();
	run(50);
	press(12);
	s = end();
	CHECK_EQ(s->packets, 50 + 12 * 30);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->event_packets, 120);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK_EQ(s->payload_type, 0);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK_EQ(s->findings & (ES_FINDING_CODEC_CHANGED | ES_FINDING_PTIME_CHANGED), 0);
	world_done(&w);
}

TEST(pitfall_reinvite_to_another_address_loses_nothing)
{
	const struct es_stream *s;
	char sdp[1024];

	set_up();
	now_ms = 1100;
	r = to_bob();
	run(200);
	world_sdp(sdp, 7, 6000, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
	request(now_ms, false, "INVITE", 2, "ta", sdp);
	response(now_ms + 1, false, "200 OK", "INVITE", 2, sdp_a);
	r.to = 7; /* number, timestamp and SSRC go on */
	r.to_port = 6000;
	run(200);
	world_flush(&w);
	for (unsigned i = 0, seen = 0; i < 2; i++) {
		for (size_t k = 0; k < w.n_records; k++) {
			const struct es_record *rec = &w.records[k].is;

			if (rec->type != ES_REC_STREAM ||
			    rec->u.stream.state != ES_STATE_COMPLETED ||
			    rec->u.stream.key.dst.port != (i == 0 ? B_PORT : 6000))
				continue;
			s = &rec->u.stream;
			seen++;
			CHECK_EQ(s->packets, 200);
			CHECK_EQ(s->lost, 0);
			CHECK_EQ(s->key.restart, 0);
			CHECK_SLICE(s->call_id, "c1");
			CHECK_EQ(
			    s->findings & (ES_FINDING_LATE_START | ES_FINDING_SSRC_CHANGED), 0);
		}
		CHECK_EQ(seen, i + 1);
	}
	world_done(&w);
}

TEST(pitfall_streams_of_one_ssrc_on_two_pairs_of_ports_stay_apart)
{
	struct world_rtp other;
	double ms = 5;

	start(0);
	other = r;
	other.from_port = 4100;
	other.to_port = 5100;
	other.seq = 30000;
	other.ts = 77;
	for (unsigned i = 0; i < 300; i++) {
		run(1);
		world_run_rtp(&w, &ms, &other, 1);
	}
	world_flush(&w);
	for (size_t k = 0; k < w.n_records; k++) {
		const struct es_record *rec = &w.records[k].is;

		if (rec->type != ES_REC_STREAM || rec->u.stream.state != ES_STATE_COMPLETED)
			continue;
		CHECK_EQ(rec->u.stream.packets, 300);
		CHECK_EQ(rec->u.stream.lost, 0);
		CHECK_EQ(rec->u.stream.key.restart, 0);
	}
	world_done(&w);
}

TEST(pitfall_interlaced_numbers_of_one_ssrc_are_no_restarts)
{
	const struct es_stream *s;
	struct world_rtp other;
	double ms = 2005;

	start(0);
	run(100);
	other = r; /* another sender, the same ports and SSRC */
	other.seq = 30000;
	other.ts = 900000;
	for (unsigned i = 0; i < 300; i++) {
		run(1);
		world_run_rtp(&w, &ms, &other, 1);
	}
	s = end();
	CHECK_EQ(s->packets, 400);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->stale, 300);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

TEST(pitfall_zero_ssrc_is_a_stream_like_any)
{
	const struct es_stream *s;

	start(0);
	r.ssrc = 0;
	run(100);
	lose(2);
	run(100);
	s = end();
	CHECK_EQ(s->packets, 200);
	CHECK_EQ(s->lost, 2);
	CHECK_EQ(s->findings, ES_FINDING_ZERO_SSRC);
	world_done(&w);
}

/* A gateway that numbers its comfort noise on its own: `ahead` of the audio. */
static const struct es_stream *
odd_comfort_noise(int ahead)
{
	start(0);
	for (unsigned i = 0; i < 20; i++) {
		struct world_rtp cn;

		talkspurt(50);
		cn = r;
		cn.pt = 13;
		cn.seq = (uint16_t)(cn.seq + ahead);
		cn.marker = false;
		world_send_rtp(&w, now_ms, &cn);
		pause(30);
	}
	return end();
}

TEST(pitfall_comfort_noise_with_odd_numbers_is_no_loss)
{
	static const int ahead[] = { 150, 1000, 2999, 20000, -500 };

	for (unsigned i = 0; i < 5; i++) {
		const struct es_stream *s = odd_comfort_noise(ahead[i]);

		CHECK_EQ(s->packets, 1000);
		CHECK_EQ(s->lost, 0);
		CHECK_EQ(s->stale, 20);
		CHECK_EQ(s->comfort_noise_packets, 0);
		CHECK(world_stream(&w, 0xa, 1) == NULL);
		world_done(&w);
	}
}

TEST(pitfall_comfort_noise_that_takes_the_next_number_is_no_loss)
{
	const struct es_stream *s =
	    odd_comfort_noise(0); /* and the audio behind it takes it again */

	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->expected, 1001);
	CHECK_EQ(s->comfort_noise_packets, 20);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

TEST(pitfall_loss_before_comfort_noise_is_loss)
{
	const struct es_stream *s;

	start(0);
	run(100);
	lose(400);
	r.pt = 13;
	run(1);
	r.pt = 0;
	run(100);
	s = end();
	CHECK_EQ(s->packets, 201);
	CHECK_EQ(s->lost, 400);
	CHECK_EQ(s->comfort_noise_packets, 1);
	CHECK_EQ(s->stale, 0);
	world_done(&w);
}

/* 40 minutes of a clock off by ppm, a receiver of fixed depth: what drifts is nobody's delay. */
static const struct es_stream *
drift(int ppm)
{
	start(60);
	w.keep_records = false;
	for (unsigned i = 0; i < 120000; i++) {
		world_send_rtp(&w, 20.0 * i * (1 - ppm / 1e6), &r);
		r.seq++;
		r.ts += 160;
	}
	w.keep_records = true;
	return end();
}

TEST(pitfall_clock_drift_is_skew_and_nothing_else)
{
	static const int ppm[] = { 100, -100 };

	for (unsigned i = 0; i < 2; i++) {
		const struct es_stream *s = drift(ppm[i]);

		CHECK_EQ(s->packets, 120000);
		CHECK(s->has & ES_STREAM_HAS_SKEW);
		CHECK_NEAR(s->skew_ppb, ppm[i] * 1000, 500);
		CHECK_EQ(s->late, 0);
		CHECK_EQ(s->concealed_s, 0);
		CHECK_EQ(s->jitter_max_us, 2);
		CHECK(s->delay_variation.p95_us < 50);
		CHECK(s->delay_variation.p99_us < 1000); /* before the skew is known */
		CHECK_EQ(s->findings, 0);
		world_done(&w);
	}
}

TEST(pitfall_duplicate_srtp_packets_change_nothing_else)
{
	const struct es_stream *s;

	begin();
	world_sdp(sdp_b, BOB, B_PORT, "0",
	    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	    "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n");
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	now_ms = 1100;
	r = to_bob();
	for (unsigned i = 0; i < 500; i++) {
		run(1);
		if (i % 5 == 4) {
			struct world_rtp copy = r;

			copy.seq--;
			copy.ts -= 160;
			world_send_rtp(&w, now_ms - 13, &copy);
		}
	}
	s = end();
	CHECK(s->srtp);
	CHECK_EQ(s->packets, 600);
	CHECK_EQ(s->duplicates, 100);
	CHECK_EQ(s->expected, 500);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->reordered, 0);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	world_done(&w);
}

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
		/* An hour of silence ends a stream. */
		s = world_stream(&w, 0xa, i == 0 ? 1 : 0);
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

	start(0);
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
