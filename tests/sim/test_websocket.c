/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over WebSocket: calls out of masked, fragmented, interleaved and split frames. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

#define ASK                                                                          \
	"GET / HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Protocol: sip\r\n\r\n"
#define GRANT                                                        \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" \
	"Connection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n"

enum {
	SYN = 2,
	PSH = 0x18,
	BYTES_MAX = 16384,
	FIN = 0x80,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9
};

static struct world w;
static struct es_addr a;
static struct es_addr b;
static uint8_t bytes[BYTES_MAX]; /* of the client's direction, in order */
static size_t n_bytes;
static char message[2048];
static size_t message_bytes;

static void
frame(uint8_t b0, bool is_masked, const void *payload, size_t n)
{
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	const uint8_t *p = payload;

	bytes[n_bytes++] = b0;
	bytes[n_bytes++] = (uint8_t)((n < 126 ? n : 126) | (is_masked ? 0x80 : 0));
	if (n >= 126) {
		bytes[n_bytes++] = (uint8_t)(n >> 8);
		bytes[n_bytes++] = (uint8_t)n;
	}
	if (is_masked)
		for (unsigned i = 0; i < 4; i++)
			bytes[n_bytes++] = mask[i];
	for (size_t i = 0; i < n; i++)
		bytes[n_bytes++] = (uint8_t)(p[i] ^ (is_masked ? mask[i & 3] : 0));
}

static void
begin(void)
{
	struct world_sip m = { .start = "INVITE sip:b@b SIP/2.0", .call_id = "ws", .cseq = 1 };
	char sdp[1024];

	m.method = "INVITE";
	m.from_tag = "t";
	m.sdp = world_sdp(sdp, 1, 4000, "0", NULL);
	world_init(&w);
	world_start(&w);
	a = world_addr(1, 40000);
	b = world_addr(2, 80);
	message_bytes = world_sip_text(&m, message, sizeof(message));
	n_bytes = 0;
}

static void
ask(void)
{
	memcpy(bytes + n_bytes, ASK, strlen(ASK));
	n_bytes += strlen(ASK);
}

/* All of it, in pieces of so many bytes. */
static void
send(size_t piece)
{
	world_send_tcp(&w, 0, a, b, 0xffffff00, SYN, NULL, 0);
	for (size_t at = 0; at < n_bytes; at += piece)
		world_send_tcp(&w, 0, a, b, 0xffffff01 + (uint32_t)at, PSH, bytes + at,
		    piece < n_bytes - at ? piece : n_bytes - at);
}

TEST(websocket_call_is_a_call)
{
	struct world_sip ok = { .start = "SIP/2.0 200 OK", .call_id = "ws", .cseq = 1 };

	begin();
	ask();
	frame(FIN | TEXT, true, message, message_bytes);
	send(1400);
	ok.method = "INVITE";
	ok.from_tag = "t";
	ok.to_tag = "u";
	message_bytes = world_sip_text(&ok, message, sizeof(message));
	n_bytes = 0;
	frame(FIN | TEXT, false, message, message_bytes);
	world_send_tcp(&w, 100, b, a, 1000, SYN, NULL, 0);
	world_send_tcp(&w, 100, b, a, 1001, PSH, GRANT, strlen(GRANT));
	world_send_tcp(&w, 200, b, a, 1001 + (uint32_t)strlen(GRANT), PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_WS), 1);
	CHECK_EQ(world_call(&w, "ws")->final_status, 200);
	CHECK_EQ(world_call(&w, "ws")->setup_us, 200000);
	world_done(&w);
}

TEST(websocket_in_pieces_of_any_size_gives_the_same_messages)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 50, 333, 1400 };

	begin();
	ask();
	for (unsigned i = 0; i < 3; i++)
		frame(FIN | BINARY, true, message, message_bytes);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		a.port++;
		send(sizes[i]);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), (i + 1) * 3);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(websocket_fragments_with_control_frames_between)
{
	begin();
	ask();
	frame(TEXT, true, message, 100);
	frame(FIN | PING, true, "are you there?", 14);
	frame(0, true, message + 100, 0);
	frame(0, true, message + 100, 200);
	frame(FIN | PING, true, "", 0);
	frame(FIN, true, message + 300, message_bytes - 300);
	frame(FIN | TEXT, true, "\r\n\r\n", 4); /* RFC 7118 section 6: a keep-alive */
	frame(FIN | TEXT, true, message, message_bytes);
	send(11);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	world_done(&w);
}

TEST(websocket_segments_out_of_order)
{
	uint32_t seq = 501;

	begin();
	ask();
	for (unsigned i = 0; i < 3; i++)
		frame(FIN | TEXT, true, message, message_bytes);
	world_send_tcp(&w, 0, a, b, 500, SYN, NULL, 0);
	world_send_tcp(&w, 0, a, b, seq, PSH, bytes, 200);
	world_send_tcp(&w, 0, a, b, seq + 600, PSH, bytes + 600, n_bytes - 600);
	world_send_tcp(&w, 0, a, b, seq + 300, PSH, bytes + 300, 300);
	world_send_tcp(&w, 0, a, b, seq + 200, PSH, bytes + 200, 100);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
	world_done(&w);
}

TEST(websocket_is_found_in_its_middle_and_behind_a_hole)
{
	begin();
	frame(FIN | TEXT, true, message, message_bytes);
	world_send_tcp(&w, 0, a, b, 900, PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	/* One segment is missing, what comes later begins with a frame. */
	world_send_tcp(&w, 0, a, b, 900 + 5000, PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	world_send_tcp(&w, 4000, a, b, 900 + 5000 + (uint32_t)n_bytes, PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 1);
	world_done(&w);
}

TEST(websocket_deflated_messages_are_counted_and_passed_over)
{
	begin();
	ask();
	frame(0x40 | TEXT, true, message, 100);
	frame(FIN, true, message, 100);
	frame(FIN | TEXT, true, message, message_bytes);
	send(1400);
	CHECK_EQ(world_counter(&w, ES_CNT_WS_DEFLATED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	world_done(&w);
}

/* A message of 128 KiB that promises it at once, or continues endlessly in fragments. */
TEST(websocket_message_above_the_limit_is_passed_over)
{
	static const char head[] = "\x81\xff\0\0\0\0\0\2\0\0\0\0\0\0";
	uint32_t seq = 501;

	begin();
	world_send_tcp(&w, 0, a, b, 500, SYN, NULL, 0);
	world_send_tcp(&w, 0, a, b, seq, PSH, ASK, strlen(ASK));
	seq += (uint32_t)strlen(ASK);
	world_send_tcp(&w, 0, a, b, seq, PSH, head, 14);
	seq += 14;
	memset(bytes, 'x', 1024);
	for (unsigned i = 0; i < 128; i++, seq += 1024)
		world_send_tcp(&w, 0, a, b, seq, PSH, bytes, 1024);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 1);
	for (unsigned i = 0; i < 256; i++, seq += (uint32_t)n_bytes) {
		n_bytes = 0;
		frame(i == 0 ? TEXT : 0, true, message, message_bytes);
		world_send_tcp(&w, 0, a, b, seq, PSH, bytes, n_bytes);
	}
	n_bytes = 0;
	frame(FIN, true, message, 1);
	frame(FIN | TEXT, true, message, message_bytes);
	world_send_tcp(&w, 0, a, b, seq, PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OVER_LIMIT), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	world_done(&w);
}

TEST(websocket_rubbish_is_let_go)
{
	begin();
	ask();
	send(1400);
	memset(bytes, 0x7f, 1000);
	for (unsigned i = 0; i < 20; i++)
		world_send_tcp(
		    &w, 0, a, b, 0xffffff01 + (uint32_t)strlen(ASK) + i * 1000, PSH, bytes, 1000);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 1);
	world_done(&w);
}

/* The frame is too long to be believed, what stands in it is SIP: the two must not be tried in turn. */
TEST(websocket_frame_of_four_gigabytes_ends_the_connection)
{
	static const uint8_t head[10] = { FIN | TEXT, 127, 0, 0, 0, 1, 0, 0, 0, 0 };

	begin();
	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), message, message_bytes);
	n_bytes = sizeof(head) + message_bytes;
	world_send_tcp(&w, 0, a, b, 1, PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	/* The same once it is known what the connection speaks. */
	n_bytes = 0;
	ask();
	memcpy(bytes + n_bytes, head, sizeof(head));
	memcpy(bytes + n_bytes + sizeof(head), message, message_bytes);
	n_bytes += sizeof(head) + message_bytes;
	send(n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	world_done(&w);
}
