/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over TCP: messages cut out of segments however they were split, lost or repeated. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { SYN = 2, FIN = 1, PSH = 0x18, TEXT_MAX = 4000 };

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
	world_done(&w);
	for (size_t at = 0; at <= n_text; at++) {
		world_init(&w);
		world_start(&w);
		world_send_tcp(
		    &w, 0, a, b, 0xfffffff0, SYN, NULL, 0); /* wraps in the first header */
		segment(0xfffffff1, 0, at);
		segment(0xfffffff1, at, n_text);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
		CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
		CHECK(world_call(&w, "one") != NULL);
		CHECK(world_call(&w, "two") != NULL);
		world_done(&w);
	}
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
	for (unsigned i = 0; i < 60; i++, seq += (uint32_t)n_text)
		segment(seq, 0, n_text);
	CHECK(world_counter(&w, ES_CNT_TCP_RESYNCS) > 0);
	CHECK(world_counter(&w, ES_CNT_SIP_MESSAGES) > 60);
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
	world_send_tcp(&w, 0, a, b, 70001 + (uint32_t)n_text, FIN | 0x10, NULL, 0);
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
