/* SPDX-License-Identifier: Apache-2.0 */
/* Senders that begin again with the numbers and timestamps they had, and what only looks like it. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { SSRC = 0x1234 };

static struct world w;
static double now_ms;
static struct world_rtp r;

static void
begin_at(uint16_t seq, uint32_t ts)
{
	world_init(&w);
	world_start(&w);
	now_ms = 0;
	r = (struct world_rtp){ .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	r.ssrc = SSRC;
	r.seq = seq;
	r.ts = ts;
}

/* A text of n packets from number seq on, pause_ms after the last one. */
static void
play(uint16_t seq, uint32_t ts, unsigned n, double pause_ms)
{
	now_ms += pause_ms;
	r.seq = seq;
	r.ts = ts;
	world_run_rtp(&w, &now_ms, &r, n);
}

/* One packet that is not the stream's next. */
static void
send_other(double ms, uint16_t seq, uint32_t ts, uint16_t ip_id)
{
	struct world_rtp other = r;

	other.seq = seq;
	other.ts = ts;
	other.ip_id = ip_id;
	world_send_rtp(&w, ms, &other);
}

static const struct es_stream *
is(uint32_t restart)
{
	static const struct es_stream none;
	const struct es_stream *s = world_stream(&w, SSRC, restart);

	return s != NULL ? s : &none;
}

static unsigned
n_streams(void)
{
	unsigned n = 0;

	while (world_stream(&w, SSRC, n) != NULL)
		n++;
	return n;
}

/* Everything that was sent is there, and nothing else is said of it. */
static void
check_whole(uint32_t restart, uint64_t packets)
{
	CHECK_EQ(is(restart)->packets, packets);
	CHECK_EQ(is(restart)->expected, packets);
	CHECK_EQ(is(restart)->lost, 0);
	CHECK_EQ(is(restart)->duplicates, 0);
	CHECK_EQ(is(restart)->reordered, 0);
	CHECK_EQ(is(restart)->stale, 0);
	CHECK_EQ(is(restart)->duration_us, (packets - 1) * 20000);
}

TEST(sender_begins_again_after_any_pause)
{
	static const double pauses_ms[] = { 1990, 2000, 3000, 9970, 10030, 20000, 125000, 279000,
		299000 };
	static const unsigned lengths[] = { 80, 250, 400, 3200, 5000 };

	for (unsigned i = 0; i < sizeof(pauses_ms) / sizeof(*pauses_ms); i++)
		for (unsigned k = 0; k < sizeof(lengths) / sizeof(*lengths); k++) {
			begin_at(0, 0);
			play(0, 0, lengths[k], 0);
			play(0, 0, 400, pauses_ms[i]);
			world_flush(&w);
			CHECK_EQ(n_streams(), 2);
			check_whole(0, lengths[k]);
			check_whole(1, 400);
			world_done(&w);
		}
}

/* Of each restart number and block, one record of each number: none takes the place of another. */
TEST(sender_begins_again_and_again)
{
	static const unsigned lengths[] = { 170, 300, 2076, 60, 300 };
	unsigned n = sizeof(lengths) / sizeof(*lengths);
	unsigned intervals = 0;

	begin_at(0, 0);
	for (unsigned i = 0; i < n; i++)
		play(7, 5, lengths[i], 4000);
	world_flush(&w);
	CHECK_EQ(n_streams(), n);
	for (unsigned i = 0; i < n; i++)
		check_whole(i, lengths[i]);
	for (const struct es_record *a; (a = world_nth(&w, ES_REC_INTERVAL, intervals)) != NULL;
	     intervals++) {
		const struct es_record *b;

		for (unsigned k = 0; k < intervals; k++) {
			b = world_nth(&w, ES_REC_INTERVAL, k);
			CHECK(b->u.interval.stream.restart != a->u.interval.stream.restart ||
			      b->u.interval.first_seq != a->u.interval.first_seq);
		}
	}
	CHECK_EQ(intervals, 1 + 2 + 9 + 1 + 2);
	world_done(&w);
}

/* An announcement in a loop: no pause at all, but each number would be ten seconds late. */
TEST(sender_that_loops_without_a_pause_begins_again)
{
	begin_at(0, 0);
	for (unsigned i = 0; i < 3; i++)
		play(0, 0, 500, 0);
	world_flush(&w);
	CHECK_EQ(n_streams(), 3);
	for (unsigned i = 0; i < 3; i++)
		check_whole(i, 500);
	world_done(&w);
}

TEST(sender_begins_again_with_another_payload_type)
{
	begin_at(0, 0);
	play(0, 0, 400, 0);
	r.pt = 8;
	r.marker = true;
	play(0, 0, 300, 20000);
	world_flush(&w);
	check_whole(0, 400);
	check_whole(1, 300);
	CHECK_EQ(is(1)->payload_type, 8);
	world_done(&w);
}

TEST(sender_begins_again_where_numbers_and_timestamps_wrap)
{
	begin_at(65400, 0xffffe000u);
	play(65400, 0xffffe000u, 400, 0);
	play(65400, 0xffffe000u, 400, 20000);
	world_flush(&w);
	check_whole(0, 400);
	check_whole(1, 400);
	world_done(&w);
}

/* A text so long that its numbers went round: the first ones are then ahead of the last. */
TEST(sender_begins_again_after_a_round_of_numbers)
{
	begin_at(0, 0);
	play(0, 0, 64000, 0);
	play(0, 0, 300, 5000);
	world_flush(&w);
	CHECK_EQ(n_streams(), 2);
	CHECK_EQ(is(0)->packets, 64000);
	CHECK_EQ(is(0)->lost, 0);
	check_whole(1, 300);
	world_done(&w);
}

TEST(sender_that_begins_again_may_lose_its_first_packets)
{
	begin_at(0, 0);
	play(0, 0, 400, 0);
	play(3, 3 * 160, 300, 20000);
	world_flush(&w);
	check_whole(1, 300);
	CHECK_EQ(is(0)->stale, 0);
	world_done(&w);

	begin_at(0, 0);
	play(0, 0, 80, 0);
	play(0, 0, 1, 20000);
	play(4, 4 * 160, 296, 60);
	world_flush(&w);
	CHECK_EQ(is(0)->packets, 80);
	CHECK_EQ(is(0)->stale, 0);
	CHECK_EQ(is(1)->packets, 297);
	CHECK_EQ(is(1)->lost, 3);
	world_done(&w);
}

TEST(sender_that_begins_again_may_have_its_first_packets_reordered)
{
	begin_at(0, 0);
	play(0, 0, 400, 0);
	play(1, 160, 1, 20000);
	play(0, 0, 1, -15);
	play(2, 320, 298, 15);
	world_flush(&w);
	CHECK_EQ(is(0)->packets, 400);
	CHECK_EQ(is(0)->stale, 0);
	CHECK_EQ(is(1)->packets, 300);
	CHECK_EQ(is(1)->lost, 0);
	CHECK_EQ(is(1)->reordered, 1);
	world_done(&w);
}

TEST(sender_begins_again_with_its_numbers_but_other_timestamps)
{
	static const uint32_t other[] = { 0x12345678, 0x92345678, 900 * 160, 4 };

	for (unsigned i = 0; i < sizeof(other) / sizeof(*other); i++)
		for (unsigned n = 80; n <= 400; n += 320) {
			begin_at(0, 0);
			play(0, 0, n, 0);
			play(0, other[i], 300, 20000);
			world_flush(&w);
			CHECK_EQ(n_streams(), 2);
			check_whole(0, n);
			check_whole(1, 300);
			world_done(&w);
		}
}

/* Numbers are set back, the clock runs on: within a hundred numbers too. */
TEST(number_set_back_within_100_with_running_timestamp_is_a_restart)
{
	begin_at(0, 0);
	play(0, 0, 80, 0);
	play(0, 80 * 160, 300, 0);
	play(0, 380 * 160 + 24000, 50, 3000);
	world_flush(&w);
	check_whole(0, 80);
	check_whole(1, 300);
	check_whole(2, 50);
	world_done(&w);
}

TEST(restart_that_a_mirror_shows_three_times_keeps_all_copies)
{
	begin_at(0, 0);
	for (unsigned text = 0; text < 2; text++, now_ms += 20000) {
		r.seq = 0;
		r.ts = 0;
		for (unsigned i = 0; i < 60; i++, r.seq++, r.ts += 160, now_ms += 20) {
			r.ip_id = (uint16_t)(1000 + 100 * text + i);
			for (r.iface = 0; r.iface < 3; r.iface++)
				world_send_rtp(&w, now_ms + r.iface * 0.7, &r);
			r.iface = 0;
		}
	}
	world_flush(&w);
	CHECK_EQ(n_streams(), 2);
	for (unsigned i = 0; i < 2; i++) {
		check_whole(i, 60);
		CHECK_EQ(is(i)->capture_duplicates, 120);
	}
	world_done(&w);
}

/* ---- what is no new beginning ---- */

TEST(packets_sent_twice_are_duplicates_however_long_the_stream)
{
	begin_at(0, 0);
	for (unsigned i = 0; i < 600; i++) {
		play((uint16_t)i, i * 160, 1, 0);
		send_other(now_ms + 10, (uint16_t)i, i * 160, 0);
	}
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->packets, 1200);
	CHECK_EQ(is(0)->duplicates, 600);
	CHECK_EQ(is(0)->stale, 0);
	world_done(&w);
}

/* What some phones do to keep a port open: the last packet again and again, then speech continues. */
TEST(last_packet_repeated_through_a_pause_is_a_duplicate)
{
	begin_at(0, 0);
	play(0, 0, 300, 0);
	for (unsigned i = 0; i < 5; i++)
		send_other(now_ms + 5000 * (i + 1), 299, 299 * 160, 0);
	play(300, 300 * 160 + 30 * 8000, 300, 30000);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->packets, 605);
	CHECK_EQ(is(0)->duplicates, 5);
	CHECK_EQ(is(0)->stale, 0);
	CHECK_EQ(is(0)->lost, 0);
	world_done(&w);
}

TEST(last_packet_repeated_at_the_end_is_a_duplicate)
{
	begin_at(0, 0);
	play(0, 0, 300, 0);
	send_other(now_ms + 5000, 299, 299 * 160, 0);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->duplicates, 1);
	CHECK_EQ(is(0)->stale, 0);
	world_done(&w);
}

/* Whose copies they are was settled with the block: the network's here, the capture's behind a mirror. */
TEST(last_packet_repeated_after_a_silence_goes_with_its_block)
{
	for (unsigned sights = 1; sights <= 2; sights++) {
		begin_at(500, 0);
		for (unsigned i = 0; i < 60; i++)
			for (unsigned k = 0; k < sights; k++)
				send_other(20 * i + 0.01 * k, (uint16_t)(500 + i), 160 * i,
				    (uint16_t)(700 + i));
		send_other(61000, 559, 59 * 160, 759);
		world_flush(&w);
		CHECK_EQ(n_streams(), 1);
		CHECK_EQ(is(0)->packets, sights == 1 ? 61 : 60);
		CHECK_EQ(is(0)->duplicates, sights == 1 ? 1 : 0);
		CHECK_EQ(is(0)->capture_duplicates, sights == 1 ? 0 : 61);
		world_done(&w);
	}
}

/* Ten packets took a way that was 2.5 s longer: they are what was missing, in order as they are. */
TEST(late_originals_are_no_new_beginning)
{
	begin_at(0, 0);
	play(0, 0, 200, 0);
	play(210, 210 * 160, 125, 200);
	for (unsigned i = 0; i < 10; i++)
		send_other(now_ms - 19 + i, (uint16_t)(200 + i), (200 + i) * 160, 0);
	play(335, 335 * 160, 200, 0);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->lost, 10);
	CHECK_EQ(is(0)->stale, 10);
	CHECK_EQ(is(0)->duplicates, 0);
	world_done(&w);
}

/* Packets of 60 ms: 50 numbers are three seconds, and what comes in time behind them is reordered. */
TEST(late_originals_of_long_packets_are_reordered)
{
	begin_at(0, 0);
	for (unsigned i = 0; i < 100; i++)
		if (i < 40 || i > 43)
			send_other(i * 60, (uint16_t)i, i * 480, 0);
	for (unsigned i = 40; i < 44; i++)
		send_other(100 * 60 + i, (uint16_t)i, i * 480, 0);
	for (unsigned i = 100; i < 200; i++)
		send_other(i * 60 + 60, (uint16_t)i, i * 480, 0);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->packets, 200);
	CHECK_EQ(is(0)->lost, 0);
	CHECK_EQ(is(0)->reordered, 4);
	world_done(&w);
}

/* Two taps in one file whose clocks are 3 s apart: each packet once more, and the last 150 alone. */
TEST(copy_of_the_stream_3s_behind_is_no_new_beginning)
{
	begin_at(0, 0);
	for (unsigned i = 0; i < 650; i++) {
		if (i < 500)
			send_other(i * 20, (uint16_t)i, i * 160, (uint16_t)(1 + i));
		if (i >= 150)
			send_other(i * 20 + 7, (uint16_t)(i - 150), (i - 150) * 160,
			    (uint16_t)(1 + i - 150));
	}
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->expected, 500);
	CHECK_EQ(is(0)->lost, 0);
	world_done(&w);
}

/* The queue of an old path drains at once while the new one runs. */
TEST(old_packets_in_a_burst_are_no_new_beginning)
{
	begin_at(0, 0);
	play(0, 0, 400, 0);
	play(500, 500 * 160, 400, 2000);
	for (unsigned i = 0; i < 30; i++)
		send_other(now_ms - 19 + 0.2 * i, (uint16_t)(400 + i), (400 + i) * 160, 0);
	play(900, 900 * 160, 300, 0);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->packets, 1100);
	CHECK_EQ(is(0)->lost, 100);
	CHECK_EQ(is(0)->stale, 30);
	world_done(&w);
}

TEST(one_packet_of_the_beginning_is_no_new_beginning)
{
	begin_at(0, 0);
	play(0, 0, 400, 0);
	send_other(now_ms + 5000, 0, 0, 0);
	play(400, 400 * 160 + 6 * 8000, 400, 6000);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->packets, 800);
	CHECK_EQ(is(0)->stale, 1);
	CHECK_EQ(is(0)->lost, 0);
	world_done(&w);
}

/* The end of an event comes three times with the timestamp of its begin, here 6 s ago, and late. */
TEST(late_end_of_a_long_event_is_no_new_beginning)
{
	begin_at(0, 0);
	play(0, 0, 100, 0);
	r.pt = 101;
	for (unsigned i = 0; i < 300; i++)
		send_other(now_ms + 20 * i, (uint16_t)(100 + i), 100 * 160, 0);
	now_ms += 6000;
	r.pt = 0;
	send_other(now_ms, 403, 400 * 160, 0);
	r.pt = 101;
	for (unsigned i = 0; i < 3; i++)
		send_other(now_ms + 1 + i, (uint16_t)(400 + i), 100 * 160, 0);
	for (unsigned i = 0; i < 3; i++)
		send_other(now_ms + 5 + i, (uint16_t)(400 + i), 100 * 160, 0);
	r.pt = 0;
	play(404, 401 * 160, 100, 20);
	world_flush(&w);
	CHECK_EQ(n_streams(), 1);
	CHECK_EQ(is(0)->lost, 0);
	CHECK_EQ(is(0)->reordered, 3);
	CHECK_EQ(is(0)->duplicates, 3);
	world_done(&w);
}
