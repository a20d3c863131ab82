/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, rule by rule: docs/METRICS.md. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static struct world w;
static double now_ms;
static struct world_rtp r;

static void
begin(void)
{
	world_init(&w);
	world_start(&w);
	now_ms = 0;
	r = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	r.ssrc = 0x1234;
	r.seq = 1000;
	r.ts = 5000;
}

static void
skip(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

/* Ends the world and gives its stream. */
static const struct es_stream *
end(uint32_t restart)
{
	world_flush(&w);
	return world_stream(&w, 0x1234, restart);
}

TEST(stream_counts_a_clean_run)
{
	const struct es_stream *s;

	begin();
	world_run_rtp(&w, &now_ms, &r, 600);
	s = end(0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 600);
	CHECK_EQ(s->expected, 600);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->first_seq, 65536 + 1000);
	CHECK_EQ(s->last_seq, 65536 + 1599);
	CHECK_EQ(s->rtp_ts, 5000);
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

TEST(stream_begins_with_a_record_in_progress)
{
	const struct es_record *rec;

	begin();
	world_run_rtp(&w, &now_ms, &r, 2);
	CHECK(world_nth(&w, ES_REC_STREAM, 0) == NULL);
	world_run_rtp(&w, &now_ms, &r, 2);
	rec = world_nth(&w, ES_REC_STREAM, 0);
	CHECK(rec != NULL);
	CHECK_EQ(rec->u.stream.state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(rec->u.stream.packets, 3);
	world_done(&w);
}

TEST(stream_counts_loss_across_the_wrap_of_number_and_timestamp)
{
	const struct es_stream *s;

	begin();
	r.seq = 65500;
	r.ts = 0xffffff00;
	world_run_rtp(&w, &now_ms, &r, 30);
	skip(10);
	world_run_rtp(&w, &now_ms, &r, 60);
	s = end(0);
	CHECK_EQ(s->packets, 90);
	CHECK_EQ(s->expected, 100);
	CHECK_EQ(s->lost, 10);
	CHECK_EQ(s->first_seq, 65536 + 65500);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK_EQ(s->key.restart, 0);
	world_done(&w);
}

TEST(stream_wraps_twice_without_losing_count)
{
	const struct es_stream *s;

	begin();
	world_run_rtp(&w, &now_ms, &r, 140000);
	s = end(0);
	CHECK_EQ(s->packets, 140000);
	CHECK_EQ(s->expected, 140000);
	CHECK_EQ(world_count(&w, ES_REC_INTERVAL), (1000 + 139999) / 256 - 1000 / 256 + 1);
	world_done(&w);
}

TEST(reordered_packet_is_neither_lost_nor_late)
{
	const struct es_stream *s;
	struct world_rtp late;

	begin();
	world_run_rtp(&w, &now_ms, &r, 20);
	late = r;
	r.seq++;
	r.ts += 160;
	world_run_rtp(&w, &now_ms, &r, 2);
	world_send_rtp(&w, now_ms - 15, &late);
	world_run_rtp(&w, &now_ms, &r, 20);
	s = end(0);
	CHECK_EQ(s->packets, 43);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->reordered, 1);
	CHECK_EQ(s->duplicates, 0);
	world_done(&w);
}

TEST(reorder_before_the_first_packet_lowers_the_start)
{
	const struct es_stream *s;
	struct world_rtp early;

	begin();
	r.seq = 1024; /* first of a block: the one before it belongs to another block */
	early = r;
	early.seq = 1022;
	early.ts -= 320;
	world_run_rtp(&w, &now_ms, &r, 2);
	world_send_rtp(&w, now_ms - 15, &early);
	world_run_rtp(&w, &now_ms, &r, 300);
	s = end(0);
	CHECK_EQ(s->first_seq, 65536 + 1022);
	CHECK_EQ(s->expected, 304);
	CHECK_EQ(s->lost, 1);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.first_seq, 65536 + 1022);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.expected, 2);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.lost, 1);
	world_done(&w);
}

TEST(duplicate_counts_in_packets_and_changes_nothing_else)
{
	const struct es_stream *s;
	struct world_rtp copy;

	begin();
	world_run_rtp(&w, &now_ms, &r, 40);
	copy = r;
	copy.seq--;
	copy.ts -= 160;
	world_send_rtp(&w, now_ms - 5, &copy);
	world_run_rtp(&w, &now_ms, &r, 40);
	s = end(0);
	CHECK_EQ(s->packets, 81);
	CHECK_EQ(s->duplicates, 1);
	CHECK_EQ(s->expected, 80);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->jitter_max_us, 0);
	CHECK_EQ(s->delta_max_us, 20000);
	CHECK_EQ(s->capture_duplicates, 0);
	world_done(&w);
}

TEST(same_number_with_other_timestamp_is_no_copy)
{
	const struct es_stream *s;
	struct world_rtp other;

	begin();
	world_run_rtp(&w, &now_ms, &r, 40);
	other = r;
	other.seq--;
	world_send_rtp(&w, now_ms - 5, &other);
	world_run_rtp(&w, &now_ms, &r, 40);
	s = end(0);
	CHECK_EQ(s->packets, 80);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->stale, 1);
	world_done(&w);
}

TEST(copy_by_another_interface_is_the_captures_own)
{
	const struct es_stream *s;
	struct world_rtp copy;

	begin();
	world_run_rtp(&w, &now_ms, &r, 10);
	copy = r;
	copy.ip_id = 777;
	world_send_rtp(&w, now_ms, &copy);
	copy.iface = 1;
	world_send_rtp(&w, now_ms + 0.02, &copy);
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 10);
	s = end(0);
	CHECK_EQ(s->packets, 21);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->capture_duplicates, 1);
	world_done(&w);
}

TEST(copy_by_another_interface_with_its_own_ip_id_is_the_networks)
{
	const struct es_stream *s;
	struct world_rtp copy;

	begin();
	world_run_rtp(&w, &now_ms, &r, 10);
	copy = r;
	copy.ip_id = 777;
	world_send_rtp(&w, now_ms, &copy);
	copy.ip_id = 778;
	copy.iface = 1;
	world_send_rtp(&w, now_ms + 0.02, &copy);
	s = end(0);
	CHECK_EQ(s->duplicates, 1);
	CHECK_EQ(s->capture_duplicates, 0);
	world_done(&w);
}

/* n packets, of which each but every spared-th (0: none) comes twice, as a mirror port does it. */
static void
run_doubled(unsigned n, unsigned spared)
{
	for (unsigned i = 0; i < n; i++) {
		r.ip_id = (uint16_t)(20000 + r.seq);
		world_send_rtp(&w, now_ms, &r);
		if (spared == 0 || i % spared != 0)
			world_send_rtp(&w, now_ms + 0.02, &r);
		skip(1);
	}
	r.ip_id = 0;
}

TEST(mirrored_blocks_are_the_captures_own_copies)
{
	const struct es_stream *s;

	begin();
	run_doubled(700, 0);
	s = end(0);
	CHECK_EQ(s->packets, 700);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->capture_duplicates, 700);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->jitter_max_us, 0);
	world_done(&w);
}

TEST(block_doubled_below_nine_tenths_is_the_networks_doing)
{
	const struct es_stream *s;

	begin();
	r.seq = 1024;
	run_doubled(250, 5);
	s = end(0);
	CHECK_EQ(s->duplicates, 200);
	CHECK_EQ(s->packets, 450);
	CHECK_EQ(s->capture_duplicates, 0);
	world_done(&w);
}

TEST(doubled_run_of_less_than_twenty_packets_proves_no_mirror)
{
	const struct es_stream *s;

	begin();
	run_doubled(19, 0);
	s = end(0);
	CHECK_EQ(s->duplicates, 19);
	CHECK_EQ(s->capture_duplicates, 0);
	world_done(&w);
}

TEST(small_first_block_goes_with_its_mirrored_neighbour)
{
	const struct es_stream *s;

	begin();
	r.seq = 1024 - 7;
	run_doubled(400, 0);
	s = end(0);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->capture_duplicates, 400);
	world_done(&w);
}

TEST(packet_more_than_a_hundred_behind_is_stale)
{
	const struct es_stream *s;
	struct world_rtp old;

	begin();
	world_run_rtp(&w, &now_ms, &r, 10);
	old = r;
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 101);
	world_send_rtp(&w, now_ms, &old); /* 101 behind */
	world_run_rtp(&w, &now_ms, &r, 10);
	s = end(0);
	CHECK_EQ(s->stale, 1);
	CHECK_EQ(s->packets, 121);
	CHECK_EQ(s->lost, 1);
	world_done(&w);
}

TEST(packet_a_hundred_behind_is_received)
{
	const struct es_stream *s;
	struct world_rtp old;

	begin();
	world_run_rtp(&w, &now_ms, &r, 10);
	old = r;
	skip(1);
	world_run_rtp(&w, &now_ms, &r, 100);
	world_send_rtp(&w, now_ms, &old);
	s = end(0);
	CHECK_EQ(s->stale, 0);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->reordered, 1);
	world_done(&w);
}

TEST(orphan_needs_two_packets_in_sequence)
{
	begin();
	for (unsigned i = 0; i < 30; i++) {
		world_send_rtp(&w, now_ms, &r);
		skip(2);
	}
	CHECK(end(0) == NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_UNPROVEN), 30);
	world_done(&w);
}

TEST(packets_of_the_probation_count_once_it_is_passed)
{
	const struct es_stream *s;

	begin();
	world_send_rtp(&w, now_ms, &r);
	skip(2);
	world_send_rtp(&w, now_ms, &r);
	skip(2);
	world_run_rtp(&w, &now_ms, &r, 2);
	s = end(0);
	CHECK_EQ(s->packets, 4);
	CHECK_EQ(s->expected, 6);
	CHECK_EQ(s->start.ns, world_time(0).ns);
	world_done(&w);
}

TEST(counter_with_a_timestamp_that_runs_wild_is_no_rtp)
{
	begin();
	for (unsigned i = 0; i < 50; i++) {
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		r.ts += 0x01000000;
		now_ms += 20;
	}
	CHECK(end(0) == NULL);
	world_done(&w);
}

TEST(reserved_payload_type_is_no_rtp)
{
	begin();
	r.pt = 77; /* with the marker: RTCP */
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK(end(0) == NULL);
	world_done(&w);
}

TEST(one_flow_carries_two_ssrcs)
{
	struct world_rtp other;

	begin();
	other = r;
	other.ssrc = 0x9999;
	other.seq = 60000;
	for (unsigned i = 0; i < 50; i++) {
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 3, &other);
		skip(1);
		other.seq++;
		other.ts += 160;
	}
	CHECK_EQ(end(0)->packets, 50);
	CHECK_EQ(world_stream(&w, 0x9999, 0)->packets, 50);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS), 2);
	world_done(&w);
}

TEST(same_ssrc_in_both_directions_is_two_streams)
{
	struct world_rtp back;
	unsigned n = 0;

	begin();
	back = r;
	back.from = 2;
	back.to = 1;
	back.from_port = 5000;
	back.to_port = 4000;
	for (unsigned i = 0; i < 50; i++) {
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 3, &back);
		skip(1);
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

TEST(payload_type_may_change_in_one_stream)
{
	const struct es_stream *s;

	begin();
	world_run_rtp(&w, &now_ms, &r, 30);
	r.pt = 8;
	world_run_rtp(&w, &now_ms, &r, 100);
	s = end(0);
	CHECK_EQ(s->packets, 130);
	CHECK_EQ(s->payload_type, 8);
	CHECK_SLICE(s->codec, "PCMA");
	CHECK_EQ(s->jitter_max_us, 0);
	world_done(&w);
}

TEST(dynamic_payload_type_without_signalling_has_no_jitter)
{
	const struct es_stream *s;

	begin();
	r.pt = 111;
	world_run_rtp(&w, &now_ms, &r, 60);
	s = end(0);
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

	begin();
	for (unsigned i = 0; i < 200; i++) {
		double off = (double)(i % 3) * 4; /* 0, 4, 8 ms late in turn */

		if (i > 0)
			want += ((i % 3 == 0 ? 8.0 : 4.0) - want) / 16;
		world_send_rtp(&w, now_ms + off, &r);
		skip(1);
	}
	s = end(0);
	CHECK_NEAR(s->jitter_last_us / 1000.0, want, 0.01);
	CHECK(s->has & ES_STREAM_HAS_DELAY_VARIATION);
	CHECK_NEAR(s->delay_variation.p95_us / 1000.0, 8.0, 0.5);
	world_done(&w);
}

TEST(skew_of_the_sender_is_found)
{
	const struct es_stream *s;

	begin();
	for (unsigned i = 0; i < 3000; i++) {
		world_send_rtp(&w, now_ms * 0.9999, &r); /* 100 ppm fast */
		skip(1);
	}
	s = end(0);
	CHECK(s->has & ES_STREAM_HAS_SKEW);
	CHECK_NEAR(s->skew_ppb, 100000, 3000);
	world_done(&w);
}

TEST(stream_ends_after_300_s_and_comes_back_as_another)
{
	const struct es_stream *s;

	begin();
	world_run_rtp(&w, &now_ms, &r, 50);
	es_engine_advance(w.e, world_time(now_ms + 299000));
	CHECK_EQ(world_stream(&w, 0x1234, 0)->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(now_ms + 301000));
	CHECK_EQ(world_stream(&w, 0x1234, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_stream_record(&w, 0x1234, 0)->at.ns, world_time(49 * 20 + 300000).ns);
	now_ms += 302000;
	world_run_rtp(&w, &now_ms, &r, 50);
	s = end(1);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 50);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->packets, 50);
	world_done(&w);
}

TEST(streams_without_signalling_count_as_calls_until_they_fall_silent)
{
	struct world_rtp back;
	double again;

	begin();
	back = r;
	back.ssrc = 0x77;
	back.from = 2;
	back.to = 1;
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_run_rtp(&w, &now_ms, &r, 5);
	again = now_ms;
	world_run_rtp(&w, &again, &back, 5);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	es_engine_advance(w.e, world_time(now_ms + 12000));
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	now_ms += 12000;
	world_run_rtp(&w, &now_ms, &r, 5);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	es_engine_advance(w.e, world_time(now_ms + 400000));
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}

TEST(new_payload_type_is_told_at_once)
{
	begin();
	world_run_rtp(&w, &now_ms, &r, 30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 1);
	r.pt = 8;
	world_run_rtp(&w, &now_ms, &r, 30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 2);
	r.pt = 0;
	world_run_rtp(&w, &now_ms, &r, 30);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 2);
	world_done(&w);
}

TEST(seen_tells_egress_ingress_and_transit)
{
	struct es_addr local = world_addr(1, 0);

	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.local = &local;
	w.cfg.n_local = 1;
	world_start(&w);
	world_run_rtp(&w, &now_ms, &r, 10);
	r.from = 2;
	r.to = 1;
	r.ssrc = 0x55;
	world_run_rtp(&w, &now_ms, &r, 10);
	r.to = 3;
	r.ssrc = 0x66;
	world_run_rtp(&w, &now_ms, &r, 10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->seen, ES_SEEN_EGRESS);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->has & ES_STREAM_HAS_QUALITY, 0);
	CHECK_EQ(world_stream(&w, 0x55, 0)->seen, ES_SEEN_INGRESS);
	CHECK_EQ(world_stream(&w, 0x66, 0)->seen, ES_SEEN_TRANSIT);
	world_done(&w);
}
