/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out of WebSocket frames (RFC 6455, RFC 7118): how large, and which frames make one. */
#include "tcp_rig.h"

#define ASK                                                                          \
	"GET / HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Protocol: sip\r\n\r\n"

enum { FIN = 0x80, CONTINUATION = 0, TEXT = 1, PING = 9, PIECE = 1400 };

static uint32_t seq;
static char large[ES_SIP_MESSAGE_MAX_BYTES + 2];

/* A connection that has asked for WebSocket. */
static void
begin(void)
{
	rig_begin(16);
	memset(large, 'x', sizeof(large));
	seq = 1000;
	rig_flags(0, seq - 1, ES_TCP_SYN);
	rig_send(0, seq, ASK, strlen(ASK));
	seq += (uint32_t)strlen(ASK);
}

static void
send(const void *bytes, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE) {
		size_t m = n - at < PIECE ? n - at : PIECE;

		rig_send(1, seq, (const uint8_t *)bytes + at, m);
		seq += (uint32_t)m;
	}
}

/* Only the head of a frame, without a mask, as servers send it. */
static void
send_head(uint8_t first, uint64_t n)
{
	uint8_t head[10] = { first, 127 };

	for (int i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(n >> (56 - 8 * i));
	if (n < 126) {
		head[1] = (uint8_t)n;
		send(head, 2);
	} else if (n < 65536) {
		const uint8_t medium[4] = { first, 126, (uint8_t)(n >> 8), (uint8_t)n };

		send(medium, 4);
	} else {
		send(head, 10);
	}
}

static void
send_frame(uint8_t first, const void *payload, size_t n)
{
	send_head(first, n);
	send(payload, n);
}

static uint64_t
over_limit(void)
{
	return context.count[ES_CNT_SIP_OVER_LIMIT];
}

/* A message of 64 KiB, in one frame or in two; one byte more, and it is counted and the next one read. */
TEST(tcp_ws_message_has_at_most_64_kib)
{
	for (size_t more = 0; more < 2; more++)
		for (size_t first = 0; first <= ES_SIP_MESSAGE_MAX_BYTES;
		     first += ES_SIP_MESSAGE_MAX_BYTES / 2) {
			size_t n = ES_SIP_MESSAGE_MAX_BYTES + more;

			begin();
			if (first > 0)
				send_frame(TEXT, large, first);
			send_frame(FIN | (first > 0 ? CONTINUATION : TEXT), large, n - first);
			CHECK_EQ(over_limit(), more);
			CHECK_EQ(n_got, more == 0 ? 1 : 0);
			if (more == 0)
				CHECK_EQ(got[0].n, ES_SIP_MESSAGE_MAX_BYTES);
			n_got = 0;
			send_frame(FIN | TEXT, "next", 4);
			CHECK_EQ(n_got, 1);
			check_got(0, "next");
			CHECK_EQ(got[0].transport, ES_TRANSPORT_WS);
			CHECK_EQ(over_limit(), more);
			CHECK_EQ(tcps.owners.n_used, 0);
			rig_end();
		}
}

/* A frame that no sender makes is malformed: the stream is then looked through for the next beginning. */
TEST(tcp_ws_frame_has_a_length_that_can_be)
{
	for (int more = 0; more < 2; more++) {
		begin();
		send_head(FIN | TEXT, (uint64_t)ES_WS_FRAME_MAX_BYTES + (unsigned)more);
		send(large, 10);
		CHECK_EQ(context.count[ES_CNT_TCP_RESYNCS], more);
		CHECK_EQ(over_limit(), 1 - more);
		CHECK_EQ(n_got, 0);
		rig_end();
	}
}

/* RFC 6455 section 5.4: a message begins with a frame that has a type; a continuation of nothing is malformed. */
TEST(tcp_ws_continuation_of_nothing_is_no_message)
{
	begin();
	send_frame(FIN | CONTINUATION, "nothing", 7);
	send_frame(FIN | TEXT, "one", 3);
	send_frame(FIN | CONTINUATION, "nothing", 7);
	send_frame(TEXT, "t", 1);
	send_frame(FIN | PING, "ping", 4);
	send_frame(CONTINUATION, "", 0);
	send_frame(CONTINUATION, "w", 1);
	send_frame(FIN | CONTINUATION, "o", 1);
	send_frame(FIN | CONTINUATION, "nothing", 7);
	CHECK_EQ(n_got, 2);
	check_got(0, "one");
	check_got(1, "two");
	CHECK_EQ(context.count[ES_CNT_TCP_RESYNCS], 0);
	CHECK_EQ(tcps.owners.n_used, 0);
	rig_end();
}

/* RFC 6455 section 5.2: a message whose first frame has no end before the next begins is given up. */
TEST(tcp_ws_message_that_begins_takes_nothing_of_the_one_before)
{
	begin();
	send_frame(TEXT, "one", 3);
	send_frame(FIN | TEXT, "two", 3);
	CHECK_EQ(n_got, 1);
	check_got(0, "two");
	rig_end();
}

/* RFC 7118 section 6: line breaks alone keep the connection alive. A message may be as short as a byte. */
TEST(tcp_ws_keep_alive_is_no_message)
{
	begin();
	send_frame(FIN | TEXT, "", 0);
	send_frame(FIN | TEXT, "\r\n", 2);
	send_frame(FIN | TEXT, "\r\n\r\n", 4);
	CHECK_EQ(n_got, 0);
	send_frame(FIN | TEXT, "x", 1);
	send_frame(FIN | TEXT, "\r\ny", 3);
	send_frame(FIN | CONTINUATION, "", 0);
	CHECK_EQ(n_got, 2);
	check_got(0, "x");
	check_got(1, "y");
	rig_end();
}
