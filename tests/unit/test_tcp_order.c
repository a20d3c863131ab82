/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of TCP put in order: overlaps, holes, how long they wait, how far a byte may lie. */
#include "tcp_rig.h"

enum { FIRST = 0xfffffff0 }; /* the numbers wrap within the first message (RFC 9293 section 3.4) */

static char one[RIG_TEXT_MAX], two[RIG_TEXT_MAX], three[RIG_TEXT_MAX];
static uint32_t n_one, n_two, n_three;

/* A connection from its SYN on, and three messages for it. */
static void
begin(void)
{
	rig_begin(16);
	n_one = (uint32_t)rig_sip(one, sizeof(one), "1");
	n_two = (uint32_t)rig_sip(two, sizeof(two), "the second");
	n_three = (uint32_t)rig_sip(three, sizeof(three), "and the third of them");
	rig_flags(0, FIRST - 1, ES_TCP_SYN);
}

static uint64_t
resyncs(void)
{
	return context.count[ES_CNT_TCP_RESYNCS];
}

/* A message that begins `at` bytes behind the first one of the connection. */
static void
send_at(int64_t ms, uint32_t at, const char *message)
{
	rig_send(ms, FIRST + at, message, strlen(message));
}

TEST(tcp_order_first_copy_of_a_byte_stays)
{
	char text[RIG_TEXT_MAX], expected[RIG_TEXT_MAX];
	char body[61], other[61];
	uint32_t head;

	begin();
	memset(body, 'a', 60);
	memset(other, 'b', 60);
	body[60] = other[60] = 0;
	head = (uint32_t)rig_sip(text, sizeof(text), body) - 60;
	memcpy(expected, text, sizeof(expected));
	rig_send(0, FIRST, text, head);
	rig_send(0, FIRST + head + 10, body, 10);
	rig_send(0, FIRST + head + 30, body, 10);
	rig_send(0, FIRST + head + 5, other, 40); /* over both, and more at each end */
	CHECK_EQ(n_got, 0);
	rig_send(0, FIRST + head, body, 60);
	memset(expected + head + 5, 'b', 40);
	memset(expected + head + 10, 'a', 10);
	memset(expected + head + 30, 'a', 10);
	CHECK_EQ(n_got, 1);
	check_got(0, expected);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* One segment is lost and all behind it came: one run, whichever way round. */
TEST(tcp_order_segments_behind_one_hole_are_one_run)
{
	for (int is_backwards = 0; is_backwards < 2; is_backwards++) {
		begin();
		for (uint32_t i = 0; i < 20; i++) {
			uint32_t at = 10 + 2 * (is_backwards ? 19 - i : i);

			rig_send(0, FIRST + at, three + at, 2);
		}
		CHECK_EQ(resyncs(), 0);
		rig_send(0, FIRST, three, 10);
		rig_send(0, FIRST + 50, three + 50, n_three - 50);
		CHECK_EQ(n_got, 1);
		check_got(0, three);
		rig_end();
	}
}

/* All of it sent once more fills every hole: none is left that could be given up later. */
TEST(tcp_order_no_hole_is_left_where_all_bytes_came)
{
	for (unsigned n = 1; n <= ES_TCP_HOLES; n++) {
		begin();
		for (unsigned i = 1; i <= n; i++)
			rig_send(0, FIRST + 10 * i, three + 10 * i, 4);
		rig_send(1, FIRST, three, n_three);
		send_at(10 * ES_TCP_HOLE_MS, n_three, one);
		es_tcps_flush(&tcps, rig_time(20 * ES_TCP_HOLE_MS));
		CHECK_EQ(n_got, 2);
		check_got(0, three);
		check_got(1, one);
		CHECK_EQ(resyncs(), 0);
		CHECK_EQ(tcps.owners.n_used, 0);
		rig_end();
	}
}

TEST(tcp_order_hole_waits_three_seconds)
{
	begin();
	send_at(0, 0, one);
	send_at(100, n_one + 50, two);
	send_at(2000, n_one + 50 + n_two, three); /* the hole is as old as it was */
	send_at(100 + ES_TCP_HOLE_MS - 1, 0, one);
	CHECK_EQ(n_got, 1);
	CHECK_EQ(resyncs(), 0);
	send_at(100 + ES_TCP_HOLE_MS, 0, one);
	CHECK_EQ(n_got, 3);
	check_got(1, two);
	check_got(2, three);
	CHECK_EQ(resyncs(), 1);
	rig_end();
}

/* The receiver acknowledges bytes behind the hole: the capture missed them. */
TEST(tcp_order_acknowledged_hole_waits_a_tenth_of_a_second)
{
	begin();
	send_at(0, 0, one);
	send_at(100, n_one + 50, two);
	rig_ack(150, FIRST + n_one + 1); /* into the hole is behind its first byte */
	rig_ack(100 + ES_TCP_ACKED_HOLE_MS - 1, FIRST + n_one + 1);
	CHECK_EQ(n_got, 1);
	rig_ack(100 + ES_TCP_ACKED_HOLE_MS, FIRST + n_one + 1);
	CHECK_EQ(n_got, 2);
	check_got(1, two);
	CHECK_EQ(resyncs(), 1);
	rig_end();
}

/* Duplicate acknowledgements name the first byte that is missing: it will be sent again. */
TEST(tcp_order_duplicate_acknowledgements_give_up_no_hole)
{
	begin();
	send_at(0, 0, one);
	send_at(100, n_one + n_two, three);
	for (int i = 0; i < 10; i++)
		rig_ack(110 + 200 * i, FIRST + n_one);
	CHECK_EQ(n_got, 1);
	send_at(2500, n_one, two);
	CHECK_EQ(n_got, 3);
	check_got(1, two);
	check_got(2, three);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* The second hole begins when the first one is filled. */
TEST(tcp_order_next_hole_waits_as_long)
{
	begin();
	send_at(0, 0, one);
	send_at(100, n_one + n_two, three);
	send_at(100, n_one + n_two + n_three + 30, one);
	send_at(2900, n_one, two);
	CHECK_EQ(n_got, 3);
	send_at(2900 + ES_TCP_HOLE_MS - 1, 0, one);
	CHECK_EQ(n_got, 3);
	send_at(2900 + ES_TCP_HOLE_MS, 0, one);
	CHECK_EQ(n_got, 4);
	CHECK_EQ(resyncs(), 1);
	rig_end();
}

TEST(tcp_order_hole_behind_one_that_was_given_up_waits_as_long)
{
	begin();
	send_at(0, 0, one);
	send_at(100, n_one + 30, two);
	send_at(200, n_one + 30 + n_two + 30, three);
	send_at(100 + ES_TCP_HOLE_MS, 0, one);
	CHECK_EQ(n_got, 2);
	send_at(100 + 2 * ES_TCP_HOLE_MS - 1, 0, one);
	CHECK_EQ(n_got, 2);
	send_at(100 + 2 * ES_TCP_HOLE_MS, 0, one);
	CHECK_EQ(n_got, 3);
	check_got(2, three);
	CHECK_EQ(resyncs(), 2);
	rig_end();
}

/* However the segments came: what stands first in the stream is read first. */
TEST(tcp_order_holes_are_given_up_from_the_first_on)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };
	const char *const text[3] = { one, two, three };

	for (int k = 0; k < 6; k++) {
		begin();
		for (int i = 0; i < 3; i++)
			send_at(10, 50 + 200u * orders[k][i], text[orders[k][i]]);
		CHECK_EQ(n_got, 0);
		es_tcps_flush(&tcps, rig_time(20));
		CHECK_EQ(n_got, 3);
		for (unsigned i = 0; i < 3; i++)
			check_got(i, text[i]);
		CHECK_EQ(resyncs(), 3);
		CHECK_EQ(tcps.pool.n_used, 0);
		rig_end();
	}
}

/* More than the buffer holds does not wait, and what waited is read: not a byte is lost. */
TEST(tcp_order_bytes_beyond_the_buffer_end_the_hole)
{
	for (int k = -1; k <= 1; k++) {
		begin();
		send_at(0, 0, one);
		send_at(0, n_one + 100, two);
		CHECK_EQ(n_got, 1);
		send_at(0, n_one + ES_TCP_BUFFER_BYTES + (uint32_t)k, three);
		CHECK_EQ(n_got, 2);
		check_got(1, two);
		es_tcps_flush(&tcps, rig_time(1));
		CHECK_EQ(n_got, 3);
		check_got(2, three);
		rig_end();
	}
}

/* Nothing waits that a far segment could be put behind: it is read at once. */
TEST(tcp_order_segment_that_finds_no_room_is_where_the_stream_continues)
{
	begin();
	send_at(0, 0, one);
	rig_send(0, FIRST + n_one, two, 5);
	send_at(0, n_one + ES_TCP_BUFFER_BYTES, three);
	CHECK_EQ(n_got, 2);
	check_got(1, three);
	CHECK_EQ(resyncs(), 1);
	rig_end();
}

/* Old bytes are left out up to this distance; beyond it they are of another stream of bytes. */
TEST(tcp_order_stray_bytes_begin_again)
{
	static const struct {
		int32_t distance;
		bool is_read;
	} rows[] = { { -ES_TCP_STRAY_BYTES, false }, { -ES_TCP_STRAY_BYTES - 1, true },
		{ ES_TCP_STRAY_BYTES, true }, { ES_TCP_STRAY_BYTES + 1, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		send_at(0, 0, one);
		rig_send(0, FIRST + n_one + (uint32_t)rows[i].distance, two, n_two);
		CHECK_EQ(n_got, rows[i].is_read ? 2 : 1);
		CHECK_EQ(resyncs(), rows[i].is_read);
		rig_end();
	}
}

/* What waited for bytes of the stream before is lost with them. */
TEST(tcp_order_stray_bytes_leave_nothing_waiting)
{
	begin();
	send_at(0, 0, one);
	send_at(1, n_one + 50, two);
	send_at(2, 2 * ES_TCP_STRAY_BYTES, three);
	CHECK_EQ(n_got, 2);
	check_got(1, three);
	es_tcps_flush(&tcps, rig_time(10 * ES_TCP_HOLE_MS));
	CHECK_EQ(n_got, 2);
	CHECK_EQ(resyncs(), 1);
	rig_end();
}

/* A copy that the capture cut brings nothing new, and takes nothing away. */
TEST(tcp_order_cut_copy_up_to_the_last_byte_changes_nothing)
{
	begin();
	rig_send(0, FIRST, three, 30);
	rig_send_cut(1, FIRST, three, 10, 30);
	rig_send(2, FIRST + 30, three + 30, n_three - 30);
	CHECK_EQ(n_got, 1);
	check_got(0, three);
	CHECK_EQ(resyncs(), 0);
	rig_end();
}

/* The capture kept the head of a message: it is read, and the rest of its body is no message. */
TEST(tcp_order_cut_message_has_its_whole_length)
{
	char text[RIG_TEXT_MAX], body[101];
	uint32_t n;

	begin();
	memset(body, 'x', 100);
	body[100] = 0;
	n = (uint32_t)rig_sip(text, sizeof(text), body);
	rig_send_cut(0, FIRST, text, n - 90, n - 20); /* the last 20 bytes come by themselves */
	CHECK_EQ(n_got, 1);
	CHECK_EQ(got[0].n, n - 90);
	CHECK_EQ(got[0].wire_bytes, n);
	rig_send(1, FIRST + n - 20, text + n - 20, 20);
	send_at(2, n, two);
	CHECK_EQ(n_got, 2);
	check_got(1, two);
	CHECK_EQ(got[1].wire_bytes, n_two);
	rig_end();
}

TEST(tcp_order_message_cut_in_its_head_is_as_long_as_its_segment)
{
	begin();
	rig_send_cut(0, FIRST, two, 25, n_two);
	CHECK_EQ(n_got, 1);
	CHECK_EQ(got[0].n, 25);
	CHECK_EQ(got[0].wire_bytes, n_two);
	send_at(1, n_two, three);
	CHECK_EQ(n_got, 2);
	check_got(1, three);
	rig_end();
}

/* A single byte of the message was cut off: it is still one that the capture has not. */
TEST(tcp_order_message_cut_by_one_byte_is_read)
{
	begin();
	rig_send_cut(0, FIRST, two, n_two - 1, n_two);
	CHECK_EQ(n_got, 1);
	CHECK_EQ(got[0].n, n_two - 1);
	CHECK_EQ(got[0].wire_bytes, n_two);
	send_at(1, n_two, three);
	CHECK_EQ(n_got, 2);
	check_got(1, three);
	rig_end();
}

/* Between the bytes in order and the cut segment are bytes that nobody saw: no message has both. */
TEST(tcp_order_cut_segment_behind_a_hole_ends_no_message)
{
	begin();
	rig_send(0, FIRST, two, 25);
	rig_send_cut(1, FIRST + 100, three, 30, 60);
	CHECK_EQ(n_got, 0);
	send_at(2, 160, one);
	CHECK_EQ(n_got, 1);
	check_got(0, one);
	rig_end();
}

/* A byte by itself, as a zero-window probe is, then all of it once more. */
TEST(tcp_order_first_byte_sent_again_is_read_once)
{
	begin();
	rig_send(0, FIRST, two, 1);
	send_at(1, 0, two);
	send_at(2, n_two, three);
	CHECK_EQ(n_got, 2);
	check_got(0, two);
	check_got(1, three);
	CHECK_EQ(resyncs(), 0);
	CHECK_EQ(tcps.owners.n_used, 0);
	rig_end();
}

/* A message above the limit is being skipped when a segment is missing: behind it all is read again. */
TEST(tcp_order_hole_ends_what_is_skipped)
{
	static const char large[] = "OPTIONS sip:b SIP/2.0\r\nl:80000\r\n\r\n";

	begin();
	send_at(0, 0, large);
	CHECK_EQ(context.count[ES_CNT_SIP_OVER_LIMIT], 1);
	send_at(10, 80000, two);
	send_at(10 + ES_TCP_HOLE_MS, 0, large);
	send_at(11 + ES_TCP_HOLE_MS, 80000 + n_two, three);
	CHECK_EQ(n_got, 2);
	check_got(1, three);
	rig_end();
}
