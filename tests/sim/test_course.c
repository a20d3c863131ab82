/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream's record says beyond counts: runs of loss, concealed seconds, marking, packet time. */
#include "tests/sim/parties.h"

static struct world_rtp r;
static double now_ms;

static void
start(void)
{
	begin();
	now_ms = 0;
	r = to_bob();
	r.seq = 1024; /* first of a block */
}

static void
skip(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

static const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, 0xa, 0);
}

TEST(runs_of_loss_are_counted_by_length)
{
	const struct es_stream *s;

	start();
	world_run_rtp(&w, &now_ms, &r, 30);
	for (unsigned n = 1; n <= 12; n++) {
		skip(n);
		world_run_rtp(&w, &now_ms, &r, 20);
	}
	s = end();
	CHECK(s->has & ES_STREAM_HAS_LOSS_RUNS);
	for (unsigned i = 0; i < 9; i++)
		CHECK_EQ(s->loss_run[i], 1);
	CHECK_EQ(s->loss_run[9], 3); /* 10, 11 and 12 */
	CHECK_EQ(s->lost, 78);
	world_done(&w);
}

TEST(run_of_loss_over_a_block_border_is_one)
{
	const struct es_stream *s;

	start();
	world_run_rtp(&w, &now_ms, &r, 253);
	skip(6); /* three on either side */
	world_run_rtp(&w, &now_ms, &r, 200);
	skip(700); /* two blocks whole, and a silence that closes the block before */
	world_run_rtp(&w, &now_ms, &r, 200);
	s = end();
	CHECK_EQ(s->loss_run[5], 1);
	CHECK_EQ(s->loss_run[2], 0);
	CHECK_EQ(s->loss_run[9], 1);
	CHECK_EQ(s->lost, 706);
	world_done(&w);
}

TEST(packet_out_of_order_splits_its_run_of_loss)
{
	const struct es_stream *s;
	struct world_rtp late;

	start();
	world_run_rtp(&w, &now_ms, &r, 30);
	skip(2);
	late = r;
	skip(3); /* five lost, were it not for the third of them */
	world_run_rtp(&w, &now_ms, &r, 10);
	world_send_rtp(&w, now_ms - 5, &late);
	world_run_rtp(&w, &now_ms, &r, 300);
	s = end();
	CHECK_EQ(s->lost, 4);
	CHECK_EQ(s->loss_run[1], 2);
	CHECK_EQ(s->loss_run[4], 0);
	CHECK_EQ(s->reordered, 1);
	CHECK_EQ(s->reordered_max, 12);
	world_done(&w);
}

TEST(concealed_seconds_follow_the_time_of_the_stream)
{
	const struct es_stream *s;

	start();
	world_run_rtp(&w, &now_ms, &r, 100); /* seconds 1 and 2 are clean */
	skip(2);                             /* third: 40 ms */
	world_run_rtp(&w, &now_ms, &r, 48);
	world_run_rtp(&w, &now_ms, &r, 10); /* fourth: 60 ms */
	skip(3);
	world_run_rtp(&w, &now_ms, &r, 37);
	world_run_rtp(&w, &now_ms, &r, 49); /* fifth and sixth: 20 ms each */
	skip(2);
	world_run_rtp(&w, &now_ms, &r, 49);
	s = end();
	CHECK(s->has & ES_STREAM_HAS_CONCEALED);
	CHECK_EQ(s->concealed_s, 4);
	CHECK_EQ(s->severely_concealed_s, 1);
	world_done(&w);
}

TEST(late_packets_are_concealed_and_no_runs_of_loss)
{
	const struct es_stream *s;

	start();
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 60;
	world_restart(&w);
	world_run_rtp(&w, &now_ms, &r, 60);
	now_ms += 100; /* one packet 100 ms late, and the stream as before behind it */
	world_run_rtp(&w, &now_ms, &r, 1);
	now_ms -= 100;
	world_run_rtp(&w, &now_ms, &r, 100);
	s = end();
	CHECK_EQ(s->late, 1);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->concealed_s, 1);
	for (unsigned i = 0; i < ES_LOSS_RUN_BINS; i++)
		CHECK_EQ(s->loss_run[i], 0);
	world_done(&w);
}

TEST(video_has_no_concealed_seconds_and_says_why_it_has_no_score)
{
	const struct es_stream *s;

	start();
	r.pt = 34; /* H263 */
	world_run_rtp(&w, &now_ms, &r, 50);
	s = end();
	CHECK_EQ(s->kind, ES_KIND_VIDEO);
	CHECK_EQ(s->has & (ES_STREAM_HAS_CONCEALED | ES_STREAM_HAS_QUALITY), 0);
	CHECK(s->has & ES_STREAM_HAS_LOSS_RUNS);
	CHECK_EQ(s->unscored, ES_UNSCORED_NOT_AUDIO);
	world_done(&w);
}

TEST(stream_without_score_says_why)
{
	static const struct {
		uint8_t pt;
		enum es_unscored why;
		enum es_stream_kind kind;
	} row[] = {
		{ 0, ES_UNSCORED_NOT, ES_KIND_AUDIO },
		{ 7, ES_UNSCORED_CODEC_UNRATED, ES_KIND_AUDIO }, /* LPC */
		{ 96, ES_UNSCORED_CODEC_UNKNOWN, ES_KIND_UNKNOWN },
	};

	for (unsigned i = 0; i < 3; i++) {
		start();
		r.pt = row[i].pt;
		world_run_rtp(&w, &now_ms, &r, 50);
		CHECK_EQ(end()->unscored, row[i].why);
		CHECK_EQ(world_stream(&w, 0xa, 0)->kind, row[i].kind);
		CHECK_EQ((world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_QUALITY) != 0, i == 0);
		world_done(&w);
	}
}

TEST(stream_at_its_senders_egress_is_not_scored)
{
	static const struct es_addr here = { .family = 4, .ip = { 10, 0, 0, ALICE } };

	start();
	w.cfg.local = &here;
	w.cfg.n_local = 1;
	world_restart(&w);
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end()->unscored, ES_UNSCORED_EGRESS);
	world_done(&w);
}

TEST(kind_is_what_the_media_line_says_where_the_codec_does_not)
{
	set_up();
	now_ms = 1100;
	r = to_bob();
	world_sdp(sdp_b, BOB, B_PORT, "99", "a=rtpmap:99 secret/8000\r\n");
	request(1050, false, "INVITE", 2, "ta", sdp_b);
	response(1060, false, "200 OK", "INVITE", 2, sdp_a);
	r.pt = 99;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end()->kind, ES_KIND_AUDIO);
	CHECK_EQ(world_stream(&w, 0xa, 0)->unscored, ES_UNSCORED_CODEC_UNRATED);
	world_done(&w);
}

TEST(kind_is_that_of_a_media_line_that_is_neither_audio_nor_video)
{
	static const struct {
		const char *line;
		uint32_t kind;
	} rows[] = { { "m=text ", ES_KIND_TEXT }, { "m=image", ES_KIND_OTHER },
		{ "m=video", ES_KIND_VIDEO } };

	for (size_t i = 0; i < 3; i++) {
		begin();
		world_sdp(sdp_b, BOB, B_PORT, "99", "a=rtpmap:99 secret/8000\r\n");
		memcpy(strstr(sdp_b, "m=audio"), rows[i].line, 7);
		request(0, true, "INVITE", 1, NULL, sdp_a);
		response(1000, true, "200 OK", "INVITE", 1, sdp_b);
		now_ms = 1100;
		r = to_bob();
		r.pt = 99;
		world_run_rtp(&w, &now_ms, &r, 50);
		CHECK_EQ(end()->kind, rows[i].kind);
		world_done(&w);
	}
}

TEST(remarking_is_found_and_counted)
{
	const struct es_stream *s;

	start();
	r.tos = 46 << 2;
	r.ttl = 60;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings & ES_FINDING_REMARKED, 0);
	r.tos = 0;
	r.ttl = 58;
	world_run_rtp(&w, &now_ms, &r, 50);
	r.tos = 34 << 2;
	r.ttl = 61;
	world_run_rtp(&w, &now_ms, &r, 50);
	s = end();
	CHECK_EQ(s->dscp, 46);
	CHECK_EQ(s->dscp_last, 34);
	CHECK_EQ(s->dscp_changes, 2);
	CHECK_EQ(s->ttl, 60);
	CHECK_EQ(s->ttl_min, 58);
	CHECK_EQ(s->ttl_max, 61);
	CHECK(s->findings & ES_FINDING_REMARKED);
	world_done(&w);
}

TEST(packet_time_that_changes_is_found)
{
	const struct es_stream *s;

	start();
	world_run_rtp(&w, &now_ms, &r, 50);
	for (unsigned i = 0; i < 100; i++) { /* from 20 to 40 ms */
		world_run_rtp(&w, &now_ms, &r, 1);
		r.ts += 160;
		now_ms += 20;
	}
	s = end();
	CHECK(s->findings & ES_FINDING_PTIME_CHANGED);
	CHECK_EQ(s->silences, 0);
	CHECK_EQ(s->ptime_us, 40000);
	CHECK_EQ(s->jitter_max_us, 0);
	world_done(&w);
}

TEST(pauses_are_counted_and_change_no_packet_time)
{
	const struct es_stream *s;

	start();
	for (unsigned i = 0; i < 20; i++) {
		r.marker = true;
		world_run_rtp(&w, &now_ms, &r, 1);
		r.marker = false;
		world_run_rtp(&w, &now_ms, &r, 30);
		r.ts += 160 * 25;
		now_ms += 500;
	}
	s = end();
	CHECK_EQ(s->silences, 19);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->findings, 0);
	CHECK_EQ(s->ptime_us, 20000);
	world_done(&w);
}

TEST(silence_descriptors_each_160_ms_are_no_packet_time)
{
	const struct es_stream *s;

	start();
	world_run_rtp(&w, &now_ms, &r, 50);
	for (unsigned i = 0; i < 20; i++) {
		r.ts += 160 * 7;
		now_ms += 140;
		world_run_rtp(&w, &now_ms, &r, 1);
	}
	world_run_rtp(&w, &now_ms, &r, 50);
	s = end();
	CHECK_EQ(s->findings, 0);
	CHECK_EQ(s->silences, 20);
	CHECK_EQ(s->ptime_us, 20000);
	world_done(&w);
}

TEST(codec_that_changes_in_mid_stream_is_found)
{
	start();
	world_run_rtp(&w, &now_ms, &r, 50);
	r.pt = 8;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end()->findings, ES_FINDING_CODEC_CHANGED);
	world_done(&w);
}

TEST(events_and_comfort_noise_are_counted_and_no_other_codec)
{
	const struct es_stream *s;

	set_up();
	now_ms = 1100;
	r = to_bob();
	world_run_rtp(&w, &now_ms, &r, 50);
	r.pt = 101;
	for (unsigned i = 0; i < 8; i++) {
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		now_ms += 20;
	}
	r.pt = 0;
	r.ts += 8 * 160;
	world_run_rtp(&w, &now_ms, &r, 20);
	r.pt = 13;
	world_run_rtp(&w, &now_ms, &r, 1);
	r.pt = 0;
	r.ts += 160 * 40;
	now_ms += 800;
	world_run_rtp(&w, &now_ms, &r, 20);
	s = end();
	CHECK_EQ(s->event_packets, 8);
	CHECK_EQ(s->comfort_noise_packets, 1);
	CHECK_EQ(s->silences, 1);
	CHECK_EQ(s->findings & ES_FINDING_CODEC_CHANGED, 0);
	CHECK_EQ(s->lost, 0);
	world_done(&w);
}

TEST(ssrc_of_zero_is_a_stream_and_found)
{
	start();
	r.ssrc = 0;
	world_run_rtp(&w, &now_ms, &r, 50);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0, 0)->packets, 50);
	CHECK_EQ(world_stream(&w, 0, 0)->findings, ES_FINDING_ZERO_SSRC);
	world_done(&w);
}
