/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitors took for loss, jitter or a bad call, wrongly. Expected numbers are written out.
 */
#include "tests/sim/lines.h"

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

/* Prompts one after the other: the sender marks each, but its clock rests between them. */
TEST(pitfall_talkspurt_after_a_timestamp_that_stood_still_is_not_late)
{
	const struct es_stream *s;

	start(0);
	for (unsigned i = 0; i < 10; i++) {
		talkspurt(50);
		now_ms += 700;
	}
	s = end();
	CHECK_EQ(s->packets, 500);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->concealed_s, 0);
	CHECK_EQ(s->delay_variation.p99_us, 16);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	world_done(&w);
}

/* Some mark every packet: then a stall is what it looks like. */
TEST(pitfall_marker_on_every_packet_hides_no_stall)
{
	const struct es_stream *s;

	start(0);
	r.marker = true;
	for (unsigned i = 0; i < 10; i++) {
		run(50);
		now_ms += 700;
	}
	s = end();
	CHECK(s->late > 0);
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
			const struct es_record *rec = &w.records[k]->is;

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
		const struct es_record *rec = &w.records[k]->is;

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
