/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over TCP that is too large or that the capture cut: what stands behind it is still read. */
#include "probes/wire/sip.h"
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { SYN = 2, PSH = 0x18, HEADERS = 14 + 20 + 20, TEXT_MAX = 2000 };

static struct world w;
static struct es_addr a;
static struct es_addr b;
static uint32_t seq;

static void
begin(void)
{
	world_init(&w);
	world_start(&w);
	a = world_addr(1, 40000);
	b = world_addr(2, 5060);
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	seq = 100;
}

static void
send_bytes(const char *p, size_t n)
{
	world_send_tcp(&w, 0, a, b, seq, PSH, p, n);
	seq += (uint32_t)n;
}

/* The head of an INVITE whose body has so many bytes. */
static size_t
head_of(char out[TEXT_MAX], const char *call_id, size_t body_bytes)
{
	return (size_t)snprintf(out, TEXT_MAX,
	    "INVITE sip:x@example SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%s\r\n"
	    "From: <sip:a@a>;tag=t\r\nTo: <sip:b@b>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
	    call_id, call_id, body_bytes);
}

static void
send_head(const char *call_id, size_t body_bytes)
{
	char text[TEXT_MAX];

	send_bytes(text, head_of(text, call_id, body_bytes));
}

static void
send_body(size_t n)
{
	char body[1000];

	memset(body, 'x', sizeof(body));
	for (; n > 0; n -= n < sizeof(body) ? n : sizeof(body))
		send_bytes(body, n < sizeof(body) ? n : sizeof(body));
}

TEST(tcp_message_above_the_limit_is_counted_and_the_next_one_read)
{
	begin();
	send_head("large", ES_SIP_MESSAGE_MAX_BYTES);
	send_body(ES_SIP_MESSAGE_MAX_BYTES);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 1);
	send_head("next", 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	CHECK(world_call(&w, "large") == NULL);
	CHECK(world_call(&w, "next") != NULL);
	world_done(&w);
}

TEST(tcp_message_above_the_limit_ends_within_a_segment)
{
	char two[TEXT_MAX + 500];
	size_t n;

	begin();
	send_head("large", ES_SIP_MESSAGE_MAX_BYTES + 400);
	send_body(ES_SIP_MESSAGE_MAX_BYTES);
	memset(two, 'x', 400);
	n = 400 + head_of(two + 400, "next", 0);
	send_bytes(two, n);
	CHECK(world_call(&w, "next") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	world_done(&w);
}

TEST(tcp_message_at_the_limit_is_read)
{
	char text[TEXT_MAX];
	size_t n = head_of(text, "full", 65000);

	begin();
	n = ES_SIP_MESSAGE_MAX_BYTES - n;
	send_head("full", n);
	send_body(n);
	CHECK(world_call(&w, "full") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 0);
	world_done(&w);
}

/* The capture keeps the head and a little of the body. */
TEST(tcp_message_that_the_capture_cut_is_read_and_so_is_the_next_one)
{
	char text[TEXT_MAX];
	size_t n = head_of(text, "cut", 600);

	begin();
	memset(text + n, 'x', 600);
	w.snap_bytes = (uint32_t)(HEADERS + n + 50);
	send_bytes(text, n + 200); /* and the rest of its body comes later */
	CHECK(world_call(&w, "cut") != NULL);
	w.snap_bytes = 0;
	send_bytes(text + n + 200, 400);
	send_head("next", 0);
	CHECK(world_call(&w, "next") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}

TEST(tcp_message_cut_in_its_head_is_read_as_far_as_it_goes)
{
	char text[TEXT_MAX];
	size_t n = head_of(text, "cut", 0);

	begin();
	w.snap_bytes = (uint32_t)(HEADERS + n - 30);
	send_bytes(text, n);
	CHECK(world_call(&w, "cut") != NULL);
	CHECK(world_call(&w, "cut")->state == ES_STATE_IN_PROGRESS);
	w.snap_bytes = 0;
	send_head("next", 0);
	CHECK(world_call(&w, "next") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
}
