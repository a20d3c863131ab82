/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over TCP that is too large or that the capture cut: what stands behind it is still read. */
#include "probes/wire/sip/sip.h"
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

/* What is skipped of a message above the limit ends with its connection. */
TEST(tcp_message_above_the_limit_takes_nothing_of_the_next_connection)
{
	begin();
	send_head("large", ES_SIP_MESSAGE_MAX_BYTES);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 1);
	world_send_tcp(&w, 0, a, b, 999999, SYN, NULL, 0);
	world_ack(&w, 0, b, a, 1000000);
	seq = 1000000;
	send_head("next", 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
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

/* Two messages, and how many bytes they have. */
static size_t
two_messages(char out[2 * TEXT_MAX])
{
	size_t n = head_of(out, "one", 200);

	memset(out + n, 'x', 198);
	memcpy(out + n + 198, "\r\n", 2);
	n += 200;
	n += head_of(out + n, "two", 0);
	return n;
}

enum { PIECES = 5, OVERLAP = 7 };

/* Piece i of a text of n bytes, with a little of its neighbours. */
static void
send_piece(const char *text, size_t n, unsigned i)
{
	size_t from = n * i / PIECES;
	size_t to = n * (i + 1) / PIECES;

	from -= i > 0 ? OVERLAP : 0;
	to += i < PIECES - 1 ? OVERLAP : 0;
	world_send_tcp(&w, 1, a, b, seq + (uint32_t)from, PSH, text + from, to - from);
}

TEST(tcp_segments_in_any_order_give_the_same_messages)
{
	char text[2 * TEXT_MAX];
	size_t n = two_messages(text);

	for (unsigned k = 0; k < 5 * 5 * 5 * 5 * 5; k += test_step(7)) {
		unsigned order[PIECES], seen = 0;

		for (unsigned i = 0, rest = k; i < PIECES; i++, rest /= PIECES) {
			order[i] = rest % PIECES;
			seen |= 1u << order[i];
		}
		if (seen != (1u << PIECES) - 1)
			continue;
		begin();
		for (unsigned i = 0; i < PIECES; i++)
			send_piece(text, n, order[i]);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
		world_done(&w);
	}
}

/* Bytes at every hundredth place come before those between them. */
static void
send_with_holes(const char *text, size_t n, unsigned holes)
{
	for (unsigned i = 1; i <= holes; i++)
		world_send_tcp(&w, 1, a, b, seq + 40 * i, PSH, text + 40 * i, 10);
	world_send_tcp(&w, 1, a, b, seq, PSH, text, n);
}

TEST(tcp_four_runs_of_bytes_wait_behind_holes)
{
	char text[2 * TEXT_MAX];
	size_t n = two_messages(text);

	for (unsigned holes = 1; holes <= 4; holes++) {
		begin();
		send_with_holes(text, n, holes);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
		world_done(&w);
	}
}

/* One more, and the first hole is given up: what stands behind all of them is still read. */
TEST(tcp_fifth_run_gives_up_the_first_hole)
{
	char text[2 * TEXT_MAX];
	size_t n = two_messages(text);

	begin();
	send_head("zero", 0); /* it speaks SIP */
	send_with_holes(text, n, 5);
	CHECK(world_call(&w, "two") != NULL);
	CHECK(world_counter(&w, ES_CNT_TCP_RESYNCS) > 0);
	world_done(&w);
}

/* What came behind the fifth hole waits in the place of the first one: not a byte of it is lost. */
TEST(tcp_fifth_run_is_read_as_the_others)
{
	begin();
	send_head("zero", 0);
	for (unsigned i = 1; i <= 6; i++) {
		char id[2] = { (char)('0' + i), '\0' };

		seq += 10; /* the capture missed them */
		send_head(id, 0);
	}
	world_flush(&w);
	for (unsigned i = 1; i <= 6; i++) {
		char id[2] = { (char)('0' + i), '\0' };

		CHECK(world_call(&w, id) != NULL);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 7);
	world_done(&w);
}

/* A connection whose message is whole gives its buffer back: nobody has to lose his for the next. */
TEST(tcp_buffer_of_a_whole_message_is_free)
{
	char text[2 * TEXT_MAX];
	size_t n = head_of(text, "waits", 0);

	world_init(&w);
	w.cfg.max_tcp = 8; /* four buffers */
	world_start(&w);
	a = world_addr(1, 40000);
	b = world_addr(2, 5060);
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	world_send_tcp(&w, 1, a, b, 100, PSH, text, 50);
	for (unsigned i = 0; i < 6; i++) {
		char id[16], other[TEXT_MAX];
		size_t m;
		struct es_addr c = world_addr(1, (uint16_t)(41000 + i));

		snprintf(id, sizeof(id), "c%u", i);
		m = head_of(other, id, 0);
		world_send_tcp(&w, 2 + i, c, b, 99, SYN, NULL, 0);
		world_send_tcp(&w, 2 + i, c, b, 100, PSH, other, 50);
		world_send_tcp(&w, 2 + i, c, b, 150, PSH, other + 50, m - 50);
	}
	world_send_tcp(&w, 20, a, b, 150, PSH, text + 50, n - 50);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 7);
	CHECK(world_call(&w, "waits") != NULL);
	world_done(&w);
}

/* A line of something else, of so many bytes, and a message behind it in one segment. */
static void
send_behind_junk(size_t junk, const char *call_id)
{
	char text[TEXT_MAX];

	memset(text, 'z', junk);
	memcpy(text + junk - 2, "\r\n", 2);
	send_bytes(text, junk + head_of(text + junk, call_id, 0));
}

TEST(tcp_that_begins_with_less_than_64_bytes_of_something_else_is_read)
{
	begin();
	send_behind_junk(63, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	send_behind_junk(200, "two"); /* who spoke once is believed to go on */
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	world_done(&w);
	begin();
	send_behind_junk(64, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	world_done(&w);
}

TEST(tcp_that_begins_again_may_begin_with_something_else_again)
{
	begin();
	send_bytes("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\nzzzzzzzzzzzzzzzzzzzz\r\nz", 55);
	world_send_tcp(&w, 0, a, b, 69999, SYN, NULL, 0);
	seq = 70000;
	send_behind_junk(40, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	world_done(&w);
	begin(); /* in one connection it adds up */
	send_bytes("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\nzzzzzzzzzzzzzzzzzzzz\r\n", 54);
	send_behind_junk(40, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	world_done(&w);
}
