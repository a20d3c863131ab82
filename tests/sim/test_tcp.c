/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over TCP: messages cut out of segments however they were split, lost or repeated. */
#include "probes/wire/sip/sip.h"
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { SYN = 2, FIN = 1, RST = 4, ACK = 0x10, PSH = 0x18, TEXT_MAX = 4000 };

static struct world w;
static char text[TEXT_MAX];
static size_t n_text;
static struct es_addr a;
static struct es_addr b;

static void
add(const char *call_id, const char *start, const char *method)
{
	struct world_sip m = { .start = start, .call_id = call_id, .cseq = 1, .method = method };
	char sdp[1024];

	m.from_tag = "t";
	m.sdp = world_sdp(sdp, 1, 4000, "0", NULL);
	n_text += world_sip_text(&m, text + n_text, sizeof(text) - n_text);
}

static void
begin(void)
{
	world_init(&w);
	world_start(&w);
	a = world_addr(1, 40000);
	b = world_addr(2, 5060);
	n_text = 0;
	add("one", "INVITE sip:x@example SIP/2.0", "INVITE");
	memcpy(text + n_text, "\r\n\r\n", 4); /* a keep-alive between the two */
	n_text += 4;
	add("two", "INVITE sip:x@example SIP/2.0", "INVITE");
}

static void
segment(uint32_t seq, size_t from, size_t to)
{
	world_send_tcp(&w, 0, a, b, seq + (uint32_t)from, PSH, text + from, to - from);
}

TEST(tcp_split_at_every_byte_gives_the_same_messages)
{
	begin();
	for (size_t at = 0; at <= n_text; at++) {
		a.port++;
		world_send_tcp(
		    &w, 0, a, b, 0xfffffff0, SYN, NULL, 0); /* wraps in the first header */
		segment(0xfffffff1, 0, at);
		segment(0xfffffff1, at, n_text);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2 * (at + 1));
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	CHECK(world_call(&w, "one") != NULL);
	CHECK(world_call(&w, "two") != NULL);
	world_done(&w);
}

TEST(tcp_byte_by_byte)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	for (size_t i = 0; i < n_text; i++)
		segment(100, i, i + 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

TEST(tcp_segments_out_of_order_are_put_in_order)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 300, 400);
	segment(100, 200, 300);
	segment(100, 600, n_text);
	segment(100, 0, 200);
	CHECK(world_counter(&w, ES_CNT_SIP_MESSAGES) < 2);
	segment(100, 400, 600);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tcp_retransmission_and_overlap_are_read_once)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 200);
	segment(100, 0, 200);
	segment(100, 100, 500);
	segment(100, 50, n_text);
	segment(100, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

TEST(tcp_seen_from_its_middle_begins_at_a_message)
{
	begin();
	segment(100, 50, 300); /* the tail of something: nobody knows of what */
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	segment(5000, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

TEST(tcp_hole_that_stays_open_is_given_up)
{
	uint32_t seq;

	begin();
	segment(100, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	/* One segment was lost to the capture; what follows begins at a message. */
	seq = 100 + (uint32_t)n_text + 1000;
	for (unsigned i = 0; i < 200; i++, seq += (uint32_t)n_text)
		segment(seq, 0, n_text);
	CHECK(world_counter(&w, ES_CNT_TCP_RESYNCS) > 0);
	CHECK(world_counter(&w, ES_CNT_SIP_MESSAGES) > 200);
	world_done(&w);
}

TEST(tcp_of_something_else_is_let_go)
{
	static const char web[] = "GET / HTTP/1.1\r\nHost: example\r\nAccept: everything at all\r\n"
				  "User-Agent: none\r\n\r\nand more\r\nand more of it\r\n";

	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	for (unsigned i = 0; i < 100; i++)
		world_send_tcp(
		    &w, 0, a, b, 100 + i * (uint32_t)(sizeof(web) - 1), PSH, web, sizeof(web) - 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_SEGMENTS), 101);
	world_done(&w);
}

TEST(tcp_ports_used_again_begin_a_new_connection)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 100);
	world_send_tcp(&w, 0, a, b, 70000, SYN, NULL, 0);
	segment(70001, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_send_tcp(&w, 0, a, b, 70001 + (uint32_t)n_text, FIN | ACK, NULL, 0);
	segment(9, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
	world_done(&w);
}

TEST(tcp_both_directions_are_apart)
{
	struct world_sip m = { .start = "SIP/2.0 200 OK", .call_id = "one", .cseq = 1 };

	begin();
	m.method = "INVITE";
	m.from_tag = "t";
	m.to_tag = "u";
	segment(100, 0, n_text);
	n_text = world_sip_text(&m, text, sizeof(text));
	world_send_tcp(&w, 500, b, a, 777, PSH, text, n_text);
	CHECK_EQ(world_call(&w, "one")->final_status, 200);
	CHECK_EQ(world_call(&w, "one")->setup_us, 500000);
	world_done(&w);
}

/* Many connections at once: the pool gives up those that never spoke SIP first. */
TEST(tcp_pool_keeps_sip_and_lets_strangers_go)
{
	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.max_tcp = 8;
	world_start(&w);
	segment(100, 0, n_text - 100);
	for (uint16_t i = 0; i < 100; i++)
		world_send_tcp(&w, 1, world_addr(3, (uint16_t)(1000 + i)), b, 5, SYN, NULL, 0);
	segment(100, n_text - 100, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0);
	world_done(&w);
}

/* Whoever spoke SIP is known by it, if the capture has cut off the most of it, too. */
TEST(tcp_pool_keeps_sip_that_the_capture_cut)
{
	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.max_tcp = 8;
	world_start(&w);
	w.snap_bytes = 54 + 100;
	segment(100, 0, n_text / 2 - 2); /* the first message and its keep-alive */
	w.snap_bytes = 0;
	segment(100, n_text / 2 - 2, n_text / 2 + 2);
	segment(100, n_text / 2 + 2, n_text / 2 + 60);
	for (uint16_t i = 0; i < 100; i++)
		world_send_tcp(&w, 1, world_addr(3, (uint16_t)(1000 + i)), b, 5, SYN, NULL, 0);
	segment(100, n_text / 2 + 60, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_CUT), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0);
	CHECK(world_call(&w, "two") != NULL);
	world_done(&w);
}

/* The capture missed a segment, the receiver did not: nothing will come to fill the hole. */
TEST(tcp_hole_that_was_acknowledged_is_given_up_soon)
{
	uint32_t end;

	begin();
	segment(100, 0, n_text);
	end = 100 + (uint32_t)n_text + 1000;
	segment(end, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_send_tcp(&w, 50, b, a, 7, ACK, NULL, 0);
	world_send_tcp(&w, 60, b, a, 7, ACK, NULL, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2); /* directions may be captured askew */
	world_ack(&w, 150, b, a, end + (uint32_t)n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 1);
	world_done(&w);
}

/* Wherever the numbers stand: without an ACK nothing is known to have come. */
TEST(tcp_hole_is_given_up_in_time)
{
	static const uint32_t first[] = { 100, 0x7fffff00, 0x90000000, 0xffffff00 };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		uint32_t seq = first[i];

		begin();
		segment(seq, 0, n_text);
		segment(seq + (uint32_t)n_text + 1000, 0, n_text);
		world_send_tcp(
		    &w, 2000, a, b, seq - 1, PSH, "x", 1); /* a keep-alive: an old byte */
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		world_send_tcp(&w, 3100, a, b, seq - 1, PSH, "x", 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
		world_done(&w);
	}
}

TEST(tcp_hole_at_the_end_of_the_input_is_given_up)
{
	begin();
	segment(100, 0, n_text);
	segment(100 + (uint32_t)n_text + 1000, 0, n_text);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
	world_done(&w);
}

/* The receiver kept the first copy, so do we, in order or not. */
TEST(tcp_retransmission_of_another_content_changes_nothing)
{
	char other[TEXT_MAX];

	begin();
	memset(other, '#', sizeof(other));
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 50);
	world_send_tcp(&w, 0, a, b, 100, PSH, other, 50);
	segment(100, 300, 400);
	world_send_tcp(&w, 0, a, b, 100 + 300, PSH, other, 100);
	segment(100, 250, 350);
	segment(100, 50, 250);
	segment(100, 400, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tcp_out_of_order_segment_sent_again_and_again_takes_no_room)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	for (unsigned i = 0; i < 20; i++)
		segment(100, 300 + i, 400 + i);
	segment(100, 0, 300);
	segment(100, 400, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tcp_syn_with_data_and_syn_repeated)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, text, 300);
	segment(100, 300, 500);
	world_send_tcp(&w, 0, a, b, 99, SYN, text, 300);
	segment(100, 500, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tcp_keep_alives_and_probes_change_nothing)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 300);
	world_send_tcp(&w, 0, a, b, 100 + 299, ACK, "\0", 1); /* RFC 9293 3.8.4, a garbage byte */
	world_send_tcp(&w, 0, a, b, 100 + 299, ACK, NULL, 0);
	segment(100, 300, 301); /* zero-window probe: a byte of what follows, more than once */
	segment(100, 300, 301);
	segment(100, 300, n_text);
	world_send_tcp(&w, 0, a, b, 100 + (uint32_t)n_text, PSH, "\r\n", 2);
	world_send_tcp(&w, 0, a, b, 102 + (uint32_t)n_text, PSH, "\r\n\r\n", 4);
	segment(106 + (uint32_t)n_text, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(tcp_stray_segment_does_not_end_a_connection)
{
	begin();
	segment(100, 0, n_text);
	world_send_tcp(&w, 0, a, b, 0x70000000, PSH, "rubbish", 7);
	segment(100 + (uint32_t)n_text, 0, n_text);
	segment(100 + 2 * (uint32_t)n_text, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
	world_done(&w);
}

TEST(tcp_fin_that_overtakes_data_waits_for_it)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	world_send_tcp(&w, 0, a, b, 100 + 400, FIN | ACK, text + 400, n_text - 400);
	segment(100, 0, 400);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

/* RST: what comes on these ports afterwards is another connection. */
TEST(tcp_reset_forgets)
{
	begin();
	segment(100, 0, 500);
	world_send_tcp(&w, 0, a, b, 600, RST, NULL, 0);
	segment(1u << 31, 0, n_text);
	CHECK_EQ(
	    world_counter(&w, ES_CNT_SIP_MESSAGES), 3); /* the first of 100, both of the other */
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

/* RFC 5961 section 3: only one that stands where the next byte would is meant. */
TEST(tcp_reset_out_of_place_changes_nothing)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 300);
	world_send_tcp(&w, 0, a, b, 0x70000000, RST, NULL, 0);
	world_send_tcp(&w, 0, a, b, 100 + 299, RST, NULL, 0);
	world_send_tcp(&w, 0, a, b, 100 + 301, RST, NULL, 0);
	segment(100, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

/* RFC 5961 section 4: the running connection continues, with data in the made-up SYN, too. */
TEST(tcp_syn_into_a_running_connection_changes_nothing)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 300);
	world_send_tcp(&w, 0, a, b, 0x70000000, SYN, NULL, 0);
	world_send_tcp(&w, 0, a, b, 120, SYN, "rubbish", 7);
	world_ack(&w, 0, b, a, 400); /* the other end says where it stands */
	segment(100, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

/* The end of the connection before was missed; its successor is acknowledged before it speaks. */
TEST(tcp_syn_that_is_acknowledged_begins_a_connection)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 300);
	world_send_tcp(&w, 0, a, b, 150, SYN, NULL, 0);
	world_ack(&w, 0, b, a, 151);
	segment(
	    151, 300, 301); /* its first byte was missed: were it the old one's, it would be old */
	segment(151, 0, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

TEST(tcp_fin_out_of_place_changes_nothing)
{
	begin();
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	segment(100, 0, 300);
	world_send_tcp(&w, 0, a, b, 50, FIN | ACK, NULL, 0);
	world_send_tcp(&w, 0, a, b, 0xf0000000, FIN | ACK, NULL, 0);
	world_send_tcp(&w, 0, a, b, 0x70000000, FIN | ACK, NULL, 0);
	segment(100, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

/* 64 KiB is what a message may have, however it comes. */
TEST(tcp_largest_message_comes_whole)
{
	static char big[ES_SIP_MESSAGE_MAX_BYTES];
	int n = snprintf(big, sizeof(big),
	    "MESSAGE sip:b@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nFrom: <sip:a@a>;tag=1\r\n"
	    "To: <sip:b@b>\r\nCall-ID: big\r\nCSeq: 1 MESSAGE\r\nContent-Length: ");
	size_t head = (size_t)n + 5 + 4;

	snprintf(big + n, sizeof(big) - (size_t)n, "%05u\r\n\r\n", (unsigned)(sizeof(big) - head));
	for (size_t piece = 1; piece < 1500; piece = piece * 37 + 1) {
		begin();
		world_send_tcp(&w, 0, a, b, 4, SYN, NULL, 0);
		for (size_t at = 0; at < sizeof(big); at += piece)
			world_send_tcp(&w, 0, a, b, 5 + (uint32_t)at, PSH, big + at,
			    piece < sizeof(big) - at ? piece : sizeof(big) - at);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
		world_done(&w);
	}
}

TEST(tcp_connections_without_a_message_waiting_hold_no_buffer)
{
	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.max_tcp = 400; /* and half as many buffers */
	world_start(&w);
	for (uint16_t i = 0; i < 390; i++)
		world_send_tcp(&w, 0, world_addr(3, (uint16_t)(1000 + i)), b, 5, PSH, text, n_text);
	segment(100, 0, 300);
	for (uint16_t i = 0; i < 390; i++)
		world_send_tcp(&w, 0, world_addr(3, (uint16_t)(1000 + i)), b, 5 + (uint32_t)n_text,
		    PSH, text, n_text);
	segment(100, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 390 * 4 + 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0);
	world_done(&w);
}

/* Beginnings that never end, from many: they take each other's buffers, not one of SIP. */
TEST(tcp_buffers_of_strangers_go_first)
{
	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.max_tcp = 8;
	world_start(&w);
	segment(100, 0, n_text); /* proven */
	segment(100 + (uint32_t)n_text, 0, 300);
	for (uint16_t i = 0; i < 100; i++) {
		struct es_addr s = world_addr(3, (uint16_t)(1000 + i));

		world_send_tcp(&w, 1, s, b, 5, SYN, NULL, 0);
		world_send_tcp(&w, 1, s, b, 6, PSH, "GET /", 5);
	}
	segment(100 + (uint32_t)n_text, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0);
	world_done(&w);
}

/* n requests of few bytes, with Call-IDs from first on; returns their bytes. */
static size_t
small_requests(char *out, size_t room, unsigned first, unsigned n)
{
	size_t at = 0;

	for (unsigned i = first; i < first + n; i++)
		at += (size_t)snprintf(out + at, room - at,
		    "OPTIONS a:b SIP/2.0\r\nv:SIP/2.0/TCP a\r\nf:<a:a>;tag=1\r\nt:<a:b>\r\ni:%u\r\n"
		    "CSeq:%u OPTIONS\r\nl:0\r\n\r\n",
		    i, i);
	return at;
}

TEST(tcp_messages_above_a_packets_share_wait_for_those_that_follow)
{
	static char many[8192];
	size_t n = small_requests(many, sizeof(many), 1, 40);

	begin();
	world_send_tcp(&w, 0, a, b, 4, SYN, NULL, 0);
	world_send_tcp(&w, 1, a, b, 5, PSH, many, n);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 16);
	es_engine_advance(w.e, world_time(2)); /* a tick moves nothing on */
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 16);
	world_send_udp(&w, 3, a, b, "x", 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 32);
	es_engine_flush(w.e);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 40);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_MESSAGES_LEFT), 0);
	world_done(&w);
}

TEST(tcp_messages_that_wait_are_bounded_and_counted)
{
	static char many[8192];
	uint32_t seq = 5;

	begin();
	world_send_tcp(&w, 0, a, b, 4, SYN, NULL, 0);
	for (unsigned i = 0; i < 60; i++) {
		size_t n = small_requests(many, sizeof(many), 1 + i * 70, 70);

		world_send_tcp(&w, 1, a, b, seq, PSH, many, n);
		seq += (uint32_t)n;
	}
	es_engine_flush(w.e);
	CHECK(world_counter(&w, ES_CNT_TCP_MESSAGES_LEFT) > 1000);
	CHECK_EQ(
	    world_counter(&w, ES_CNT_SIP_MESSAGES) + world_counter(&w, ES_CNT_TCP_MESSAGES_LEFT),
	    60 * 70);
	world_done(&w);
}

/* Sent again, but the capture cut the copy off: what is there is there. */
TEST(tcp_copy_that_the_capture_cut_takes_nothing_away)
{
	begin();
	world_send_tcp(&w, 0, a, b, 4, SYN, NULL, 0);
	segment(5, 0, 300);
	w.snap_bytes = 54 + 100;
	segment(5, 0, 200);
	w.snap_bytes = 0;
	segment(5, 300, n_text);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	CHECK(world_call(&w, "one") != NULL);
	world_done(&w);
}
