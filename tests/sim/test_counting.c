/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, rule by rule: docs/METRICS.md. */
#include "tests/sim/lines.h"

TEST(stream_counts_a_clean_run)
{
	const struct es_stream *s;

	start(0);
	run(600);
	s = end();
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 600);
	CHECK_EQ(s->expected, 600);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->first_seq, 65536 + 1024);
	CHECK_EQ(s->last_seq, 65536 + 1623);
	CHECK_EQ(s->rtp_ts, 1000);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK_EQ(s->rtp_step, 160);
	CHECK_EQ(s->jitter_last_us, 0);
	CHECK_EQ(s->duration_us, 599 * 20000);
	CHECK_EQ(s->delta_max_us, 20000);
	CHECK_EQ(s->clock_rate_hz, 8000);
	CHECK_SLICE(s->codec, "PCMU");
	CHECK_EQ(s->state, ES_STATE_COMPLETED);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	CHECK_EQ(s->has & ES_STREAM_HAS_SRTP, 0);
	CHECK_EQ(s->has & ES_STREAM_HAS_RECOVERED, 0);
	CHECK_EQ(s->ttl, 64);
	world_done(&w);
}

/* Numbers that never came, came late, came twice, or came back. */
TEST(packets_are_counted_by_their_numbers)
{
	static const struct line_row rows[] = {
		{ "loss across the wrap of number and timestamp",
		    "seq 65500 ts -1256 run 30 lose 10 run 60",
		    .want = { .packets = 90,
			.lost = 10,
			.loss_run[9] = 1,
			.is_steady = true,
			.first_seq = 65536 + 65500 } },
		{ "two wraps lose no count", "seq 1000 run 140000",
		    .want = { .packets = 140000,
			.is_steady = true,
			.n_blocks = (1000 + 139999) / 256 - 1000 / 256 + 1 } },
		{ "reordered is neither lost nor late", "run 20 lose 1 run 1 behind 2 run 20",
		    .want = { .packets = 42, .reordered = 1, .reordered_max = 1 } },
		{ "101 behind is stale", "run 10 lose 1 run 101 behind 102 run 10",
		    .want = { .packets = 121, .lost = 1, .loss_run[0] = 1, .stale = 1 } },
		{ "100 behind is received", "run 10 lose 1 run 100 behind 101",
		    .want = { .packets = 111, .late = 1, .reordered = 1, .reordered_max = 100 } },
		{ "a copy counts in packets and changes nothing else", "run 40 behind 1 run 40",
		    .want = { .packets = 81,
			.duplicates = 1,
			.is_steady = true,
			.delta_max_us = 20000 } },
		{ "with another timestamp it is no copy", "run 40 ts 160 behind 1 ts -160 run 40",
		    .want = { .packets = 80, .stale = 1, .is_steady = true } },
		{ "another payload type is the same stream", "run 30 pt 8 run 100",
		    .want = { .packets = 130,
			.findings = ES_FINDING_CODEC_CHANGED,
			.is_steady = true,
			.payload_type = 8,
			.codec = "PCMA" } },
	};

	CHECK_ROWS(rows);
}

/* What the capture doubled is not the network's. */
TEST(copies_are_the_captures_or_the_networks)
{
	static const struct line_row rows[] = {
		{ "by another interface: the capture's",
		    "run 10 id 777 run 1 iface 1 copy 20 iface 0 id 0 run 10",
		    .want = { .packets = 21, .capture_duplicates = 1 } },
		{ "by another interface with its own IP identification: the network's",
		    "run 10 id 777 run 1 id 778 iface 1 copy 20",
		    .want = { .packets = 12, .duplicates = 1 } },
		{ "mirrored blocks: the capture's", "mirror 700",
		    .want = { .packets = 700, .capture_duplicates = 700, .is_steady = true } },
		{ "a block doubled below nine tenths: the network's", "mirror_4_of_5 250",
		    .want = { .packets = 450, .duplicates = 200 } },
		{ "fewer than twenty prove no mirror", "seq 1000 mirror 19",
		    .want = { .packets = 38, .duplicates = 19 } },
		{ "a small first block goes with its mirrored neighbour", "seq 1017 mirror 400",
		    .want = { .packets = 400, .capture_duplicates = 400 } },
	};

	CHECK_ROWS(rows);
}

/* Without signalling, a stream is believed after packets in sequence; those before count then. */
TEST(probation_is_passed_by_packets_in_sequence)
{
	static const struct line_row rows[] = {
		{ "two in sequence are needed", "times 30 run 1 lose 1;",
		    .want = { .no_stream = true, .unproven = 30 } },
		{ "all packets of the probation count", "run 1 lose 1 run 1 lose 1 run 2",
		    .want = { .packets = 4, .lost = 2, .loss_run[0] = 2 } },
		{ "a counter with a timestamp that runs wild is no RTP",
		    "times 50 run 1 ts 16777056;", .want = { .no_stream = true, .unproven = 50 } },
		{ "a payload type of RTCP is no RTP", "pt 77 run 50",
		    .want = { .no_stream = true } },
	};

	CHECK_ROWS(rows);
}

TEST(stream_begins_with_a_record_in_progress)
{
	const struct es_record *rec;

	start(0);
	run(2);
	CHECK(world_nth(&w, ES_REC_STREAM, 0) == NULL);
	run(2);
	rec = world_nth(&w, ES_REC_STREAM, 0);
	CHECK(rec != NULL);
	CHECK_EQ(rec->u.stream.state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(rec->u.stream.packets, 3);
	world_done(&w);
}

TEST(reorder_before_the_first_packet_lowers_the_start)
{
	const struct es_stream *s;
	struct world_rtp early;

	start(0);
	early = r; /* first of a block: the one before it belongs to another block */
	early.seq = 1022;
	early.ts -= 320;
	run(2);
	world_send_rtp(&w, now_ms - 15, &early);
	run(300);
	s = end();
	CHECK_EQ(s->first_seq, 65536 + 1022);
	CHECK_EQ(s->expected, 304);
	CHECK_EQ(s->lost, 1);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.first_seq, 65536 + 1022);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.expected, 2);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.lost, 1);
	world_done(&w);
}

TEST(one_flow_carries_two_ssrcs)
{
	struct world_rtp other;

	start(0);
	other = r;
	other.ssrc = 0x9999;
	other.seq = 60000;
	for (unsigned i = 0; i < 50; i++) {
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 3, &other);
		lose(1);
		other.seq++;
		other.ts += 160;
	}
	CHECK_EQ(end()->packets, 50);
	CHECK_EQ(world_stream(&w, 0x9999, 0)->packets, 50);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS), 2);
	world_done(&w);
}

TEST(same_ssrc_in_both_directions_is_two_streams)
{
	struct world_rtp back;
	unsigned n = 0;

	start(0);
	back = r;
	back.from = 2;
	back.to = 1;
	back.from_port = 5000;
	back.to_port = 4000;
	for (unsigned i = 0; i < 50; i++) {
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 3, &back);
		lose(1);
		back.seq = r.seq;
		back.ts = r.ts;
	}
	world_flush(&w);
	for (unsigned i = 0; i < world_count(&w, ES_REC_STREAM); i++) {
		const struct es_stream *s = &world_nth(&w, ES_REC_STREAM, i)->u.stream;

		n += s->state == ES_STATE_COMPLETED && s->packets == 50;
	}
	CHECK_EQ(n, 2);
	world_done(&w);
}

TEST(dynamic_payload_type_without_signalling_has_no_jitter)
{
	const struct es_stream *s;

	start(0);
	r.pt = 111;
	run(60);
	s = end();
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 60);
	CHECK_EQ(s->has & (ES_STREAM_HAS_JITTER | ES_STREAM_HAS_CODEC | ES_STREAM_HAS_QUALITY |
			      ES_STREAM_HAS_LATE | ES_STREAM_HAS_PTIME),
	    0);
	CHECK_EQ(s->rtp_step, 160);
	world_done(&w);
}

TEST(jitter_is_the_estimate_of_appendix_a8)
{
	const struct es_stream *s;
	double want = 0;

	start(0);
	for (unsigned i = 0; i < 200; i++) {
		double off = (double)(i % 3) * 4; /* 0, 4, 8 ms late in turn */

		if (i > 0)
			want += ((i % 3 == 0 ? 8.0 : 4.0) - want) / 16;
		world_send_rtp(&w, now_ms + off, &r);
		lose(1);
	}
	s = end();
	CHECK_NEAR(s->jitter_last_us / 1000.0, want, 0.01);
	CHECK(s->has & ES_STREAM_HAS_DELAY_VARIATION);
	CHECK_NEAR(s->delay_variation.p95_us / 1000.0, 8.0, 0.5);
	world_done(&w);
}

TEST(skew_of_the_sender_is_found)
{
	const struct es_stream *s;

	start(0);
	for (unsigned i = 0; i < 3000; i++) {
		world_send_rtp(&w, now_ms * 0.9999, &r); /* 100 ppm fast */
		lose(1);
	}
	s = end();
	CHECK(s->has & ES_STREAM_HAS_SKEW);
	CHECK_NEAR(s->skew_ppb, 100000, 3000);
	world_done(&w);
}

TEST(stream_ends_after_300_s_and_comes_back_as_another)
{
	const struct es_stream *s;

	start(0);
	run(50);
	es_engine_advance(w.e, world_time(now_ms + 299000));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(now_ms + 301000));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->at.ns, world_time(49 * 20 + 300000).ns);
	now_ms += 302000;
	run(50);
	world_flush(&w);
	s = world_stream(&w, 0xa, 1);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 50);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 50);
	world_done(&w);
}

TEST(streams_without_signalling_count_as_calls_until_they_fall_silent)
{
	struct world_rtp back;
	double again;

	start(0);
	back = r;
	back.ssrc = 0x77;
	back.from = 2;
	back.to = 1;
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	run(5);
	again = now_ms;
	world_run_rtp(&w, &again, &back, 5);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	es_engine_advance(w.e, world_time(now_ms + 12000));
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	now_ms += 12000;
	run(5);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	es_engine_advance(w.e, world_time(now_ms + 400000));
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}

TEST(new_payload_type_is_reported_at_once)
{
	start(0);
	run(30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 1);
	r.pt = 8;
	run(30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 2);
	r.pt = 0;
	run(30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 2);
	world_done(&w);
}

TEST(seen_distinguishes_egress_ingress_and_transit)
{
	struct es_addr local = world_addr(1, 0);

	start(0);
	world_done(&w);
	world_init(&w);
	w.cfg.local = &local;
	w.cfg.n_local = 1;
	world_start(&w);
	run(10);
	r.from = 2;
	r.to = 1;
	r.ssrc = 0x55;
	run(10);
	r.to = 3;
	r.ssrc = 0x66;
	run(10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->seen, ES_SEEN_EGRESS);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_QUALITY, 0);
	CHECK_EQ(world_stream(&w, 0x55, 0)->seen, ES_SEEN_INGRESS);
	CHECK_EQ(world_stream(&w, 0x66, 0)->seen, ES_SEEN_TRANSIT);
	world_done(&w);
}
