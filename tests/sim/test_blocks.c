/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals: where blocks are cut, when they close, what they say. docs/METRICS.md. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static struct world w;
static double now_ms;
static struct world_rtp r;

static void
begin(uint16_t seq)
{
	world_init(&w);
	world_start(&w);
	now_ms = 0;
	r = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	r.ssrc = 0x1234;
	r.seq = seq;
	r.ts = 500000;
}

static void
skip(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

static const struct es_interval *
interval(unsigned i)
{
	const struct es_record *rec = world_nth(&w, ES_REC_INTERVAL, i);

	return rec != NULL ? &rec->u.interval : NULL;
}

TEST(blocks_are_cut_at_multiples_of_256)
{
	begin(1000); /* 65536 + 1000 = 259 * 256 + 232 */
	world_run_rtp(&w, &now_ms, &r, 600);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 4);
	CHECK_EQ(interval(0)->block, 259);
	CHECK_EQ(interval(0)->first_seq, 66536);
	CHECK_EQ(interval(0)->last_seq, 66559);
	CHECK_EQ(interval(0)->expected, 24);
	CHECK_EQ(interval(1)->expected, 256);
	CHECK_EQ(interval(1)->first_seq % 256, 0);
	CHECK_EQ(interval(3)->last_seq, 66536 + 599);
	CHECK_EQ(interval(1)->rtp_ts, 500000 + 24 * 160);
	CHECK_EQ(interval(1)->start.ns, world_time(24 * 20).ns);
	CHECK_EQ(interval(1)->end.ns, world_time(279 * 20).ns);
	CHECK(interval(1)->has & ES_INTERVAL_HAS_QUALITY);
	CHECK(interval(1)->has & ES_INTERVAL_HAS_JITTER);
	CHECK(interval(1)->has & ES_INTERVAL_HAS_DELAY_VARIATION);
	world_done(&w);
}

TEST(block_closes_when_the_highest_is_128_past_its_end)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 256 + 127);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 0);
	world_run_rtp(&w, &now_ms, &r, 1);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 1);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->at.ns, world_time(383 * 20).ns);
	world_done(&w);
}

TEST(reorder_over_a_block_edge_counts_in_its_own_block)
{
	struct world_rtp late;

	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 255);
	late = r; /* last of the block */
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 90);
	world_send_rtp(&w, now_ms - 10, &late);
	world_run_rtp(&w, &now_ms, &r, 100);
	world_flush(&w);
	CHECK_EQ(interval(0)->lost, 0);
	CHECK_EQ(interval(0)->reordered, 1);
	CHECK_EQ(interval(1)->reordered, 0);
	world_done(&w);
}

TEST(missing_names_the_lost_packets)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 10);
	skip(2);
	world_run_rtp(&w, &now_ms, &r, 10);
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 20);
	world_flush(&w);
	CHECK_EQ(interval(0)->lost, 3);
	CHECK_EQ(interval(0)->received, 40);
	CHECK_EQ(interval(0)->expected, 43);
	CHECK_EQ(interval(0)->n_missing, 2);
	CHECK_EQ(interval(0)->missing[0].seq, 66560 + 10);
	CHECK_EQ(interval(0)->missing[0].run, 2);
	CHECK_EQ(interval(0)->missing[1].seq, 66560 + 22);
	CHECK_EQ(interval(0)->missing[1].run, 1);
	world_done(&w);
}

TEST(every_second_packet_lost_fits_the_list)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 2);
	for (unsigned i = 0; i < 300; i++) {
		skip(1);
		world_run_rtp(&w, &now_ms, &r, 1);
	}
	world_flush(&w);
	CHECK_EQ(interval(0)->lost, 127);
	CHECK_EQ(interval(0)->n_missing, 127);
	CHECK_EQ(interval(1)->lost, 128);
	CHECK_EQ(interval(1)->missing[0].seq, 66816);
	world_done(&w);
}

TEST(block_lost_whole_is_reported_too)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 200);
	skip(400);
	world_run_rtp(&w, &now_ms, &r, 200);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 4);
	CHECK_EQ(interval(0)->lost, 56);
	CHECK_EQ(interval(1)->block, interval(0)->block + 1);
	CHECK_EQ(interval(1)->lost, 256);
	CHECK_EQ(interval(1)->received, 0);
	CHECK_EQ(interval(1)->n_missing, 1);
	CHECK_EQ(interval(1)->missing[0].run, 256);
	CHECK_EQ(interval(1)->has & (ES_INTERVAL_HAS_RTP_TS | ES_INTERVAL_HAS_JITTER), 0);
	CHECK_NEAR(interval(1)->start.ns, world_time(256 * 20).ns, 3e6);
	CHECK_EQ(interval(2)->lost, 88);
	CHECK_EQ(interval(2)->first_seq, interval(2)->block * 256);
	CHECK_EQ(interval(3)->lost, 0);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 400);
	CHECK(interval(1)->has & ES_INTERVAL_HAS_QUALITY);
	CHECK(interval(1)->mos_lq_milli < interval(3)->mos_lq_milli);
	world_done(&w);
}

TEST(outage_beyond_the_silence_loses_blocks_whole)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 200);
	skip(700);
	world_run_rtp(&w, &now_ms, &r, 200);
	world_flush(&w);
	CHECK_EQ(interval(0)->last_seq, 66560 + 199);
	CHECK_EQ(interval(1)->first_seq, 66560 + 200);
	CHECK_EQ(interval(1)->expected, 56);
	CHECK_EQ(interval(1)->received, 0);
	CHECK_EQ(interval(2)->lost, 256);
	CHECK_EQ(interval(3)->lost, 256);
	CHECK_EQ(interval(4)->lost, 132);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 700);
	world_done(&w);
}

TEST(silence_closes_a_block_and_a_further_part_continues)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 100);
	es_engine_advance(w.e, world_time(now_ms + 9000));
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 0);
	es_engine_advance(w.e, world_time(now_ms + 11000));
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 1);
	CHECK_EQ(interval(0)->last_seq, 66560 + 99);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->at.ns, world_time(99 * 20 + 10000).ns);
	now_ms += 12000;
	skip(5);
	world_run_rtp(&w, &now_ms, &r, 50);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 2);
	CHECK_EQ(interval(1)->block, interval(0)->block);
	CHECK_EQ(interval(1)->first_seq, interval(0)->last_seq + 1);
	CHECK_EQ(interval(1)->lost, 5);
	CHECK_EQ(interval(1)->expected, 55);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 5);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->packets, 150);
	world_done(&w);
}

TEST(silence_at_the_very_end_of_a_block_leaves_no_empty_part)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 256);
	es_engine_advance(w.e, world_time(now_ms + 20000));
	now_ms += 21000;
	world_run_rtp(&w, &now_ms, &r, 100);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), 2);
	CHECK_EQ(interval(0)->expected, 256);
	CHECK_EQ(interval(1)->expected, 100);
	CHECK_EQ(interval(1)->first_seq, interval(0)->last_seq + 1);
	world_done(&w);
}

/* The block behind the silence was begun over the numbers of the one two before. */
TEST(silence_at_the_end_of_a_block_leaves_the_next_one_empty)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 512);
	now_ms += 11000;
	world_run_rtp(&w, &now_ms, &r, 1);
	skip(9); /* lost: none of them may be taken for received or for a copy */
	world_run_rtp(&w, &now_ms, &r, 90);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 9);
	CHECK_EQ(interval(2)->first_seq, interval(1)->last_seq + 1);
	CHECK_EQ(interval(2)->lost, 9);
	CHECK_EQ(interval(2)->received, 91);
	CHECK_EQ(interval(2)->start.ns, world_time(512 * 20 + 11000).ns);
	world_done(&w);
}

TEST(packet_of_a_part_that_silence_closed_is_stale)
{
	struct world_rtp late;

	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 50);
	late = r;
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 50);
	now_ms += 11000;
	world_send_rtp(&w, now_ms, &late);
	world_run_rtp(&w, &now_ms, &r, 10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->stale, 1);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 1);
	CHECK_EQ(interval(0)->lost, 1);
	world_done(&w);
}

/* Whatever happens, the parts of a stream tile it: no number is judged twice or left out. */
TEST(intervals_tile_the_stream_under_random_trouble)
{
	for (uint64_t seed = 1; seed <= 40; seed += test_step(7)) {
		uint64_t next = 0, lost = 0, expected = 0, rng = seed;
		const struct es_stream *s;

		begin((uint16_t)test_random(&rng));
		world_run_rtp(&w, &now_ms, &r, 3);
		for (unsigned i = 0; i < 1500; i++) {
			uint32_t dice = test_random(&rng) % 1000;

			if (dice < 20)
				skip(1 + test_random(&rng) % 40);
			else if (dice < 22)
				skip(200 + test_random(&rng) % 2000);
			else if (dice < 25)
				now_ms += 10000 + test_random(&rng) % 3000;
			else if (dice < 60) {
				struct world_rtp old = r;
				unsigned back = 1 + test_random(&rng) % 120;

				old.seq = (uint16_t)(old.seq - back);
				old.ts -= back * 160;
				world_send_rtp(&w, now_ms, &old);
			}
			world_run_rtp(&w, &now_ms, &r, 1);
		}
		world_flush(&w);
		s = world_stream(&w, 0x1234, 0);
		CHECK(s != NULL);
		CHECK(world_stream(&w, 0x1234, 1) == NULL);
		for (unsigned i = 0; interval(i) != NULL; i++) {
			if (next != 0)
				CHECK_EQ(interval(i)->first_seq, next);
			else
				CHECK_EQ(interval(i)->first_seq, s->first_seq);
			CHECK_EQ(interval(i)->block, interval(i)->first_seq / 256);
			CHECK_EQ(interval(i)->last_seq / 256, interval(i)->block);
			next = interval(i)->last_seq + 1;
			lost += interval(i)->lost;
			expected += interval(i)->expected;
		}
		CHECK_EQ(next, s->last_seq + 1);
		CHECK_EQ(lost, s->lost);
		CHECK_EQ(expected, s->expected);
		world_done(&w);
	}
}

TEST(dropped_by_the_capture_marks_what_was_open)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 300);
	es_engine_dropped(w.e, world_time(100), world_time(200), 7);
	world_run_rtp(&w, &now_ms, &r, 400);
	world_flush(&w);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->coverage.flags, ES_COV_DROPS);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->coverage.dropped, 7);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 2)->coverage.flags, 0);
	CHECK_EQ(world_stream_record(&w, 0x1234, 0)->coverage.flags, ES_COV_DROPS);
	CHECK_EQ(world_counter(&w, ES_CNT_CAPTURE_DROPPED), 7);
	world_done(&w);
}

/* Nobody counted what was missed: no number of dropped packets, and one is not needed for the mark. */
TEST(capture_that_stood_still_marks_what_was_open)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 300);
	es_engine_stood_still(w.e, world_time(now_ms), world_time(now_ms)); /* and for how long? */
	es_engine_stood_still(w.e, world_time(now_ms), world_time(now_ms + 200));
	now_ms += 200;
	world_run_rtp(&w, &now_ms, &r, 400);
	world_flush(&w);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->coverage.flags, ES_COV_GAP);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->coverage.dropped, 0);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 2)->coverage.flags, 0);
	CHECK_EQ(world_stream_record(&w, 0x1234, 0)->coverage.flags, ES_COV_GAP);
	CHECK_EQ(world_stream_record(&w, 0x1234, 0)->coverage.gap_ms, 200);
	CHECK_EQ(world_counter(&w, ES_CNT_CAPTURE_DROPPED), 0);
	world_done(&w);
}

/* The packets that the capture dropped are missing in blocks that had not begun when it said so. */
TEST(dropped_by_the_capture_marks_the_blocks_it_fell_into)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 256);
	es_engine_dropped(w.e, world_time(now_ms - 20), world_time(now_ms + 19980), 1000);
	skip(1000);
	world_run_rtp(&w, &now_ms, &r, 700);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 1000);
	for (unsigned i = 0; interval(i) != NULL; i++) {
		const struct es_record *rec = world_nth(&w, ES_REC_INTERVAL, i);
		bool is_touched = i == 0 || rec->u.interval.lost > 0;

		CHECK_EQ(rec->coverage.flags, is_touched ? ES_COV_DROPS : 0);
		CHECK_EQ(rec->coverage.dropped, is_touched ? 1000 : 0);
	}
	world_done(&w);
}

/* A stream was there from its first packet to ten seconds behind its last, both included. */
TEST(dropped_by_the_capture_marks_what_was_open_then)
{
	static const struct {
		double from_ms, to_ms;
		bool is_open;
	} rows[] = { { 0, 999, false }, { 0, 1000, true }, { 2000, 2000, true },
		{ 13000, 14000, true }, { 13001, 14000, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(1024);
		now_ms = 1000;
		world_run_rtp(&w, &now_ms, &r, 101);
		es_engine_dropped(w.e, world_time(rows[i].from_ms), world_time(rows[i].to_ms), 7);
		world_flush(&w);
		CHECK_EQ(world_stream_record(&w, 0x1234, 0)->coverage.flags,
		    rows[i].is_open ? ES_COV_DROPS : 0);
		CHECK_EQ(
		    world_stream_record(&w, 0x1234, 0)->coverage.dropped, rows[i].is_open ? 7 : 0);
		CHECK_EQ(world_counter(&w, ES_CNT_CAPTURE_DROPPED), 7);
		world_done(&w);
	}
}

TEST(input_that_broke_off_marks_what_it_cut)
{
	begin(1024);
	world_run_rtp(&w, &now_ms, &r, 50);
	es_engine_cut(w.e);
	es_engine_flush(w.e);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->coverage.flags, ES_COV_CUT);
	CHECK_EQ(world_stream_record(&w, 0x1234, 0)->coverage.flags, ES_COV_CUT);
	world_done(&w);
}

/* Each packet twice, as a mirror port does it. */
static void
run_mirrored(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		r.ip_id = (uint16_t)(20000 + r.seq);
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 0.02, &r);
		skip(1);
	}
}

TEST(block_that_a_mirror_doubled_says_whose_copies_they_are)
{
	begin(1024);
	run_mirrored(512);
	world_flush(&w);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(interval(i)->received, 256);
		CHECK_EQ(interval(i)->capture_duplicates, 256);
		CHECK_EQ(interval(i)->duplicates, 0);
	}
	world_done(&w);
}

TEST(stream_of_one_packet_has_no_time_between_two)
{
	const struct es_stream *s;

	begin(1024);
	world_send_text(&w, 0, world_addr(1, 5060), world_addr(2, 5060),
	    "INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
	    "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
	    "Content-Type: application/sdp\r\nContent-Length: 77\r\n\r\n"
	    "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 10.0.0.2\r\n"
	    "m=audio 5000 RTP/AVP 0\r\n");
	now_ms = 10;
	world_send_rtp(&w, now_ms, &r);
	s = &world_nth(&w, ES_REC_STREAM, 0)->u.stream;
	CHECK_EQ(s->packets, 1);
	CHECK(!(s->has & ES_STREAM_HAS_DELTA));
	skip(1);
	world_send_rtp(&w, now_ms, &r);
	world_flush(&w);
	s = world_stream(&w, 0x1234, 0);
	CHECK_EQ(s->packets, 2);
	CHECK(s->has & ES_STREAM_HAS_DELTA);
	CHECK_EQ(s->delta_max_us, 20000);
	world_done(&w);
}
