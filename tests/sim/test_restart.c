/* SPDX-License-Identifier: Apache-2.0 */
/* Jumps of the sequence number: a sender that began again, or a network that was away. */
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
	r.seq = 10000;
	r.ts = 500000;
	world_run_rtp(&w, &now_ms, &r, 100);
}

static const struct es_stream *
end(uint32_t restart)
{
	world_flush(&w);
	return world_stream(&w, 0x1234, restart);
}

TEST(restart_forward_with_new_timestamp_begins_a_new_record)
{
	begin();
	r.seq = 20000;
	r.ts = 3000000000u;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->packets, 100);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 0);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->stale, 0);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 50);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->first_seq, 65536 + 20000);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->start.ns, world_time(2000).ns);
	CHECK(world_stream(&w, 0x1234, 2) == NULL);
	world_done(&w);
}

TEST(restart_back_with_new_timestamp_begins_a_new_record)
{
	begin();
	r.seq = 17;
	r.ts = 3000000000u;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->packets, 100);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 50);
	world_done(&w);
}

TEST(outage_whose_timestamp_fits_the_jump_is_loss)
{
	begin();
	r.seq = (uint16_t)(r.seq + 4000);
	r.ts += 4000 * 160;
	now_ms += 4000 * 20;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->packets, 150);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 4000);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

/* The capture was paused: numbers and timestamps agree with each other, not with the clock. */
TEST(outage_fits_by_the_jump_even_if_no_time_passed)
{
	begin();
	r.seq = (uint16_t)(r.seq + 4000);
	r.ts += 4000 * 160;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->lost, 4000);
	world_done(&w);
}

TEST(outage_whose_timestamp_fits_the_time_is_loss)
{
	begin();
	r.seq = (uint16_t)(r.seq + 3500); /* half of it was silence */
	r.ts += 7000 * 160;
	now_ms += 7000 * 20;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->lost, 3500);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(outage_of_more_than_half_a_cycle_counts_forward)
{
	begin();
	for (unsigned i = 0; i < 100; i++) { /* 5 ms packets, so that 280 s are 56000 numbers */
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		r.ts += 40;
		now_ms += 5;
	}
	for (unsigned i = 0; i < 200; i++) {
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		r.ts += 40;
		now_ms += 5;
	}
	r.seq = (uint16_t)(r.seq + 56000);
	r.ts += 56000 * 40;
	now_ms += 56000 * 5;
	world_run_rtp(&w, &now_ms, &r, 10);
	CHECK_EQ(end(0)->lost, 56000);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(jump_of_3000_is_loss_without_question)
{
	begin();
	r.seq = (uint16_t)(r.seq + 2999); /* 3000 from the last */
	r.ts = 3000000000u;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->lost, 2999);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(single_wild_packet_is_no_restart)
{
	struct world_rtp wild;

	begin();
	wild = r;
	wild.seq = 42000;
	wild.ts = 77;
	world_send_rtp(&w, now_ms, &wild);
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->packets, 150);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 0);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->stale, 1);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(burst_of_old_packets_is_stale_and_no_restart)
{
	struct world_rtp old;

	begin();
	old = r;
	r.seq = (uint16_t)(r.seq + 10);
	r.ts += 1600;
	world_run_rtp(&w, &now_ms, &r, 200);
	world_run_rtp(&w, &now_ms, &old, 10);
	now_ms -= 200;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->stale, 10);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 10);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

/* A number that falls back while the timestamp continues cannot be a loss of 65000 packets. */
TEST(number_set_back_with_running_timestamp_is_a_restart)
{
	begin();
	r.seq = (uint16_t)(r.seq - 500);
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->lost, 0);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 50);
	world_done(&w);
}

/* A stream of telephone-events alone has no step between packets: they share their timestamps. */
static void
begin_events(void)
{
	struct world_sip m = { .start = "INVITE sip:b@b SIP/2.0", .call_id = "c1", .cseq = 1 };
	char sdp[1024];

	world_init(&w);
	world_start(&w);
	m.method = "INVITE";
	m.from_tag = "ta";
	m.sdp = world_sdp(sdp, 2, 5000, "101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_send_sip(&w, 0, world_addr(2, 5060), world_addr(1, 5060), &m);
	now_ms = 1000;
	r = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	r.ssrc = 0x1234;
	r.seq = 10000;
	r.ts = 500000;
	r.pt = 101;
}

/* A digit of 160 ms: eight packets of one timestamp; a second passes to the next. */
static void
send_event(void)
{
	for (unsigned i = 0; i < 8; i++, r.seq++)
		world_send_rtp(&w, now_ms + 20 * i, &r);
	now_ms += 1000;
	r.ts += 8000;
}

TEST(number_of_events_set_back_with_running_timestamp_is_a_restart)
{
	begin_events();
	for (unsigned i = 0; i < 10; i++)
		send_event();
	r.seq = (uint16_t)(r.seq - 500);
	for (unsigned i = 0; i < 10; i++)
		send_event();
	CHECK_EQ(end(0)->packets, 80);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->event_packets, 80);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->lost, 0);
	CHECK(world_stream(&w, 0x1234, 1) != NULL);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 80);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->lost, 0);
	world_done(&w);
}

TEST(outage_between_events_is_loss)
{
	begin_events();
	for (unsigned i = 0; i < 10; i++)
		send_event();
	r.seq = (uint16_t)(r.seq + 4000);
	r.ts += 100 * 8000;
	now_ms += 100 * 1000;
	for (unsigned i = 0; i < 10; i++)
		send_event();
	CHECK_EQ(end(0)->lost, 4000);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(restart_seen_twice_by_a_mirror_keeps_its_copies)
{
	begin();
	r.seq = 20000;
	r.ts = 3000000000u;
	for (unsigned i = 0; i < 40; i++) {
		r.ip_id = (uint16_t)(30000 + i);
		world_send_rtp(&w, now_ms, &r);
		world_send_rtp(&w, now_ms + 0.02, &r);
		r.seq++;
		r.ts += 160;
		now_ms += 20;
	}
	CHECK_EQ(end(1)->packets, 40);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->capture_duplicates, 40);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->stale, 0);
	world_done(&w);
}

TEST(restarts_are_numbered)
{
	begin();
	for (unsigned i = 1; i < 5; i++) {
		r.seq = (uint16_t)(r.seq + 10000);
		r.ts += 1000000000u;
		world_run_rtp(&w, &now_ms, &r, 20 + i);
	}
	CHECK_EQ(end(4)->packets, 24);
	CHECK_EQ(world_stream(&w, 0x1234, 2)->packets, 22);
	world_done(&w);
}

TEST(stream_before_a_restart_lasts_to_its_own_last_packet)
{
	uint64_t duration_us;

	begin();
	duration_us = (uint64_t)(now_ms - 20) * 1000;
	now_ms += 60000;
	r.seq = (uint16_t)(r.seq + 20000);
	r.ts += 2000000000u;
	world_run_rtp(&w, &now_ms, &r, 50);
	CHECK_EQ(end(0)->duration_us, duration_us);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 50);
	world_done(&w);
}

/* Two packets behind a fitting jump of 32000, for which no time passed, and again. */
TEST(blocks_lost_whole_for_no_time_are_bounded)
{
	begin();
	for (unsigned i = 0; i < 100; i++) {
		r.seq = (uint16_t)(r.seq + 32000);
		r.ts += 32000 * 160;
		world_run_rtp(&w, &now_ms, &r, 2);
	}
	CHECK(world_count(&w, ES_REC_INTERVAL) < 1024 + 16 * 4 + 3 * 100);
	CHECK(world_count(&w, ES_REC_INTERVAL) > 1000);
	CHECK(world_counter(&w, ES_CNT_JUMPS_REFUSED) > 80);
	world_done(&w);
}

/* The same by many jumps below 3000, which need no second packet. */
TEST(blocks_lost_whole_by_small_jumps_are_bounded)
{
	begin();
	for (unsigned i = 0; i < 1000; i++) {
		r.seq = (uint16_t)(r.seq + 2990);
		r.ts += 2990 * 160;
		world_run_rtp(&w, &now_ms, &r, 1);
	}
	CHECK(world_count(&w, ES_REC_INTERVAL) < 1024 + 16 * 20 + 1000);
	CHECK(world_counter(&w, ES_CNT_JUMPS_REFUSED) > 0);
	world_done(&w);
}

/* Blocks lost whole are reported however many, where time passed for them. */
TEST(outages_for_which_time_passed_are_never_refused)
{
	begin();
	for (unsigned i = 0; i < 20; i++) {
		r.seq = (uint16_t)(r.seq + 12800);
		r.ts += 12800 * 160;
		now_ms += 12800 * 20;
		world_run_rtp(&w, &now_ms, &r, 256);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_JUMPS_REFUSED), 0);
	CHECK_EQ(end(0)->lost, 20 * 12800);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	CHECK(world_count(&w, ES_REC_INTERVAL) > 1000);
	world_done(&w);
}

static void
send_numbers(const uint16_t *seq, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct world_rtp p = r;

		p.seq = seq[i];
		p.ts = r.ts + (uint32_t)(seq[i] - seq[0]) * 160;
		world_send_rtp(&w, now_ms, &p);
		now_ms += 20;
	}
}

/* A stream that nobody announced, from the first of these numbers on. */
static void
begin_unannounced(void)
{
	world_init(&w);
	world_start(&w);
	now_ms = 0;
	r = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	r.ssrc = 0x1234;
	r.ts = 500000;
}

TEST(numbers_within_100_are_one_stream_before_it_is_believed)
{
	static const uint16_t seq[] = { 1000, 1100, 1101, 1102, 1103, 1104, 1105 };

	begin_unannounced();
	send_numbers(seq, 7);
	CHECK_EQ(end(0)->packets, 7);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->expected, 106);
	world_done(&w);
}

TEST(jump_beyond_100_begins_a_stream_again_before_it_is_believed)
{
	static const uint16_t seq[] = { 1000, 1101, 1102, 1103, 1104, 1105 };

	begin_unannounced();
	send_numbers(seq, 6);
	CHECK_EQ(end(0)->packets, 5);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->expected, 5);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->first_seq, 65536 + 1101);
	world_done(&w);
}

TEST(number_100_behind_is_of_the_stream_before_it_is_believed)
{
	static const uint16_t seq[] = { 1100, 1000, 1101, 1102, 1103 };

	begin_unannounced();
	send_numbers(seq, 5);
	CHECK_EQ(end(0)->packets, 5);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->expected, 104);
	world_done(&w);
}

TEST(number_101_behind_begins_a_stream_again_before_it_is_believed)
{
	static const uint16_t seq[] = { 1101, 1000, 1001, 1002, 1003 };

	begin_unannounced();
	send_numbers(seq, 5);
	CHECK_EQ(end(0)->packets, 4);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->first_seq, 65536 + 1000);
	world_done(&w);
}

/* A block closes 128 numbers behind its end, here 1279: nothing is reported of packets that are still unproven. */
TEST(stream_is_not_judged_before_it_is_believed)
{
	static const uint16_t near[] = { 1030, 1130, 1230, 1330, 1405, 1406 };
	static const uint16_t far[] = { 1030, 1130, 1230, 1330, 1406, 1407, 1408, 1409 };

	begin_unannounced();
	send_numbers(near, 6);
	CHECK_EQ(end(0)->first_seq, 65536 + 1030);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->packets, 6);
	world_done(&w);
	begin_unannounced();
	send_numbers(far, 8);
	CHECK_EQ(end(0)->first_seq, 65536 + 1407);
	CHECK_EQ(world_stream(&w, 0x1234, 0)->packets, 3);
	world_done(&w);
}

/* 40000 numbers of 5 ms, more than half a cycle and 200 s, after so long. */
static void
fall_back(unsigned after_ms)
{
	begin();
	for (unsigned i = 0; i < 300; i++) {
		world_send_rtp(&w, now_ms, &r);
		r.seq++;
		r.ts += 40;
		now_ms += 5;
	}
	r.seq = (uint16_t)(r.seq + 40000);
	r.ts += after_ms * 8;
	now_ms += after_ms;
	world_run_rtp(&w, &now_ms, &r, 10);
}

TEST(outage_of_more_than_half_a_cycle_with_pauses_is_loss)
{
	fall_back(250000);
	CHECK_EQ(end(0)->lost, 40000);
	CHECK(world_stream(&w, 0x1234, 1) == NULL);
	world_done(&w);
}

TEST(number_set_back_in_too_short_a_time_for_a_cycle_is_a_restart)
{
	fall_back(190000);
	CHECK_EQ(end(0)->lost, 0);
	CHECK(world_stream(&w, 0x1234, 1) != NULL);
	CHECK_EQ(world_stream(&w, 0x1234, 1)->packets, 10);
	world_done(&w);
}

/* What becomes of two packets behind a jump: 'o' an outage, 's' stale, 'r' a restart. */
static char
jump_is(int numbers, int64_t ts, double ms)
{
	const struct es_stream *s;
	char is = '?';

	begin();
	now_ms -= 20;
	r.seq = (uint16_t)(r.seq - 1 + numbers);
	r.ts = (uint32_t)(r.ts - 160 + ts);
	for (unsigned i = 0; i < 2; i++) { /* at once, as a queue that drains brings them */
		world_send_rtp(&w, now_ms + ms, &r);
		r.seq++;
		r.ts += 160;
	}
	s = end(0);
	if (world_stream(&w, 0x1234, 1) != NULL)
		is = s->packets == 100 && world_stream(&w, 0x1234, 1)->packets == 2 ? 'r' : '?';
	else if (s->stale == 2)
		is = s->packets == 100 && s->lost == 0 ? 's' : '?';
	else if (s->packets == 102)
		is = s->lost == (uint64_t)(uint16_t)numbers - 1 ? 'o' : '?';
	world_done(&w);
	return is;
}

/* A second of 8000 units is how exactly timestamps have to fit. */
TEST(jump_ahead_is_an_outage_where_timestamps_fit_numbers_or_time)
{
	static const struct {
		int numbers;
		int64_t ts;
		double ms;
		char is;
	} rows[] = { { 3000, 20000, 20, 'o' }, { 3001, 20000, 20, 'r' }, { 5000, 800000, 20, 'o' },
		{ 5000, 808000, 20, 'o' }, { 5000, 808001, 20, 'r' }, { 5000, 792000, 20, 'o' },
		{ 5000, 791999, 20, 'r' }, { 5000, 88000, 10000, 'o' }, { 5000, 88001, 10000, 'r' },
		{ 5000, 72000, 10000, 'o' }, { 5000, 71999, 10000, 'r' } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(jump_is(rows[i].numbers, rows[i].ts, rows[i].ms), rows[i].is);
}

TEST(jump_back_is_stale_where_timestamps_went_back_as_far)
{
	static const struct {
		int numbers;
		int64_t ts;
		double ms;
		char is;
	} rows[] = { { -5000, -800000, 20, 's' }, { -5000, -808000, 20, 's' },
		{ -5000, -808001, 20, 'r' }, { -5000, -792000, 20, 's' },
		{ -5000, -791999, 20, 'r' }, { -101, -16160, 20, 's' }, { -5000, 160, 20, 'r' } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(jump_is(rows[i].numbers, rows[i].ts, rows[i].ms), rows[i].is);
}

TEST(jump_of_more_than_half_a_cycle_is_an_outage_where_timestamps_fit_numbers)
{
	static const struct {
		int64_t ts;
		char is;
	} rows[] = { { 6400000, 'o' }, { 6408000, 'o' }, { 6408001, 'r' }, { 6392000, 'o' },
		{ 6391999, 'r' } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(jump_is(40000, rows[i].ts, 1000), rows[i].is);
}
