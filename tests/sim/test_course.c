/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream's record says beyond counts: runs of loss, concealed seconds, marking, packet time. */
#include "tests/sim/lines.h"

TEST(runs_of_loss_and_concealed_seconds)
{
	static const struct line_row rows[] = {
		{ "runs are counted by length, 10 and more as one",
		    "run 30 lose 1 run 20 lose 2 run 20 lose 3 run 20 lose 4 run 20 lose 5 run 20 "
		    "lose 6 run 20 "
		    "lose 7 run 20 lose 8 run 20 lose 9 run 20 lose 10 run 20 lose 11 run 20 lose "
		    "12 run 20",
		    .want = { .packets = 270,
			.lost = 78,
			.loss_run = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 3 } } },
		/* Three numbers on either side; then two blocks whole, and a silence that closes the block before. */
		{ "a run over a block border is one", "run 253 lose 6 run 200 lose 700 run 200",
		    .want = { .packets = 653, .lost = 706, .loss_run[5] = 1, .loss_run[9] = 1 } },
		{ "a packet out of order splits its run", "run 30 lose 5 run 10 behind 13 run 300",
		    .want = { .packets = 341,
			.lost = 4,
			.loss_run[1] = 2,
			.late = 1,
			.reordered = 1,
			.reordered_max = 12 } },
		/* 40 ms of the third second, 60 of the fourth, 20 each of the fifth and sixth. */
		{ "concealed seconds follow the time of the stream",
		    "run 100 lose 2 run 58 lose 3 run 37 run 49 lose 2 run 49",
		    .want = { .packets = 293,
			.lost = 7,
			.loss_run[1] = 2,
			.loss_run[2] = 1,
			.concealed_s = 4,
			.severely_concealed_s = 1 } },
		{ "a late packet is concealed and no run of loss", "run 60 late 100 run 100",
		    .depth_ms = 60, .want = { .packets = 161, .late = 1, .concealed_s = 1 } },
	};

	CHECK_ROWS(rows);
}

TEST(changes_of_a_stream_are_found_and_pauses_are_none)
{
	static const struct line_row rows[] = {
		{ "the packet time changes", "run 50 times 100 run 1 ts 160 wait 20;",
		    .want = { .packets = 150,
			.findings = ES_FINDING_PTIME_CHANGED,
			.ptime_us = 40000,
			.is_steady = true } },
		{ "the codec changes", "run 50 pt 8 run 50",
		    .want = { .packets = 100, .findings = ES_FINDING_CODEC_CHANGED } },
		{ "the SSRC is 0", "ssrc 0 run 50",
		    .want = { .packets = 50, .findings = ES_FINDING_ZERO_SSRC } },
		{ "pauses are counted and change no packet time", "times 20 talk 31 pause 25;",
		    .want = { .packets = 620, .silences = 19, .ptime_us = 20000 } },
		{ "silence descriptors each 160 ms are no packet time",
		    "run 50 times 20 pause 7 run 1; run 50",
		    .want = { .packets = 120, .silences = 20, .ptime_us = 20000 } },
	};

	CHECK_ROWS(rows);
}

TEST(video_has_no_concealed_seconds_and_says_why_it_has_no_score)
{
	const struct es_stream *s;

	start(0);
	r.pt = 34; /* H263 */
	run(50);
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
		start(0);
		r.pt = row[i].pt;
		run(50);
		CHECK_EQ(end()->unscored, row[i].why);
		CHECK_EQ(world_stream(&w, 0xa, 0)->kind, row[i].kind);
		CHECK_EQ((world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_QUALITY) != 0, i == 0);
		world_done(&w);
	}
}

TEST(stream_at_its_senders_egress_is_not_scored)
{
	static const struct es_addr here = { .family = 4, .ip = { 10, 0, 0, ALICE } };

	start(0);
	w.cfg.local = &here;
	w.cfg.n_local = 1;
	world_restart(&w);
	run(50);
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
	run(50);
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
		run(50);
		CHECK_EQ(end()->kind, rows[i].kind);
		world_done(&w);
	}
}

TEST(remarking_is_found_and_counted)
{
	const struct es_stream *s;

	start(0);
	r.tos = 46 << 2;
	r.ttl = 60;
	run(50);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings & ES_FINDING_REMARKED, 0);
	r.tos = 0;
	r.ttl = 58;
	run(50);
	r.tos = 34 << 2;
	r.ttl = 61;
	run(50);
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

TEST(events_and_comfort_noise_are_counted_and_no_other_codec)
{
	const struct es_stream *s;

	set_up();
	now_ms = 1100;
	r = to_bob();
	run(50);
	r.pt = 101;
	for (unsigned i = 0; i < 8; i++) {
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		now_ms += 20;
	}
	r.pt = 0;
	r.ts += 8 * 160;
	run(20);
	r.pt = 13;
	run(1);
	r.pt = 0;
	r.ts += 160 * 40;
	now_ms += 800;
	run(20);
	s = end();
	CHECK_EQ(s->event_packets, 8);
	CHECK_EQ(s->comfort_noise_packets, 1);
	CHECK_EQ(s->silences, 1);
	CHECK_EQ(s->findings & ES_FINDING_CODEC_CHANGED, 0);
	CHECK_EQ(s->lost, 0);
	world_done(&w);
}
