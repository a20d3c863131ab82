/* SPDX-License-Identifier: Apache-2.0 */
/* Media in TCP: TURN (RFC 8656), packets behind lengths (RFC 4571), however the segments are cut. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/tls_hello.h"

enum { SYN = 2, PSH = 0x18, TURN = 3478, RTP_BYTES = 12 + 20, STREAM_MAX = 64 * 1024 };

static struct world w;
static uint8_t bytes[STREAM_MAX];
static size_t n_bytes;
static struct es_addr a;
static struct es_addr b;

static void
begin(uint16_t port)
{
	world_init(&w);
	world_start(&w);
	a = world_addr(1, 40000);
	b = world_addr(2, port);
	n_bytes = 0;
}

static void
put(const void *p, size_t n)
{
	memcpy(bytes + n_bytes, p, n);
	n_bytes += n;
}

static void
put16(unsigned v)
{
	uint8_t two[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(two, 2);
}

/* Packet i of SSRC 9. */
static void
put_rtp(unsigned i)
{
	uint8_t rtp[RTP_BYTES] = { 0x80, 0, (uint8_t)((i + 500) >> 8), (uint8_t)(i + 500), 0, 0,
		(uint8_t)(160 * i >> 8), (uint8_t)(160 * i), 0, 0, 0, 9 };

	put(rtp, sizeof(rtp));
}

static void
put_stun(unsigned type, size_t n)
{
	static const uint8_t head[16] = { 0x21, 0x12, 0xa4, 0x42, 7 };

	put16(type);
	put16((unsigned)n);
	put(head, sizeof(head));
}

static void
put_channel(unsigned i)
{
	put16(0x4001);
	put16(RTP_BYTES);
	put_rtp(i);
}

/* A Send indication with a packet and, odd enough to be padded, a software name in front of it. */
static void
put_indication(unsigned i)
{
	put_stun(0x0016, 8 + 4 + RTP_BYTES);
	put16(0x8022);
	put16(3);
	put("abc", 4);
	put16(0x0013);
	put16(RTP_BYTES);
	put_rtp(i);
}

static void
put_framed(unsigned i)
{
	put16(RTP_BYTES);
	put_rtp(i);
}

/* Sends all that was put in segments of n bytes, one each 20 ms, from the first byte at seq on. */
static void
send_all(uint32_t seq, size_t n)
{
	for (size_t at = 0, i = 0; at < n_bytes; at += n, i++)
		world_send_tcp(&w, 20.0 * (double)i, a, b, seq + (uint32_t)at, PSH, bytes + at,
		    n_bytes - at < n ? n_bytes - at : n);
}

static void
check_stream(uint32_t packets)
{
	const struct es_stream *s;

	world_flush(&w);
	s = world_stream(&w, 9, 0);
	if (s == NULL || s->packets != packets || s->lost != 0)
		test_fail(__FILE__, __LINE__, "%u packets, %u lost, %u wanted",
		    s != NULL ? (unsigned)s->packets : 0, s != NULL ? (unsigned)s->lost : 0,
		    packets);
}

static void
of_each_kind(void (*each)(void (*put_packet)(unsigned i), bool has_stun))
{
	each(put_channel, true);
	each(put_channel, false);
	each(put_indication, false);
	each(put_framed, false);
}

static void
in_segments_of_any_size(void (*put_packet)(unsigned i), bool has_stun)
{
	static const size_t sizes[] = { 1, 3, 7, 20, 36, 37, 50, 101, 333, 1400, 8000 };

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		begin(TURN);
		world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
		if (has_stun)
			put_stun(0x0003, 0);
		/* Without STUN one whole message must be there to know what it is. */
		for (unsigned i = 0; i < 100; i++)
			put_packet(i);
		if (!has_stun && put_packet == put_channel && sizes[k] < 36) {
			world_done(&w);
			continue;
		}
		send_all(100, sizes[k]);
		check_stream(100);
		CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 0);
		CHECK_EQ(world_counter(&w, ES_CNT_TURN_TCP), put_packet != put_framed);
		CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), put_packet == put_framed);
		world_done(&w);
	}
}

TEST(streamed_media_in_segments_of_any_size)
{
	of_each_kind(in_segments_of_any_size);
}

static void
from_the_middle(void (*put_packet)(unsigned i), bool has_stun)
{
	(void)has_stun;
	begin(40001); /* whatever the port */
	for (unsigned i = 0; i < 60; i++) {
		n_bytes = 0;
		put_packet(i);
		world_send_tcp(
		    &w, 20.0 * i, a, b, 70000 + i * (uint32_t)n_bytes, PSH, bytes, n_bytes);
	}
	check_stream(60);
	world_done(&w);
}

TEST(streamed_media_of_a_connection_seen_from_its_middle)
{
	of_each_kind(from_the_middle);
}

/* The capture missed a segment; nobody lost what was in it. */
static void
behind_a_hole(void (*put_packet)(unsigned i), bool has_stun)
{
	const struct es_record *r;
	uint32_t seq = 100;

	(void)has_stun;
	begin(TURN);
	for (unsigned i = 0; i < 400; i++) {
		n_bytes = 0;
		put_packet(i);
		if (i != 50)
			world_send_tcp(&w, 20.0 * i, a, b, seq, PSH, bytes, n_bytes);
		seq += (uint32_t)n_bytes;
	}
	world_flush(&w);
	r = world_stream_record(&w, 9, 0);
	CHECK(r != NULL);
	CHECK_EQ(r->u.stream.packets, 399);
	CHECK_EQ(r->u.stream.lost, 1);
	CHECK_EQ(r->coverage.flags, ES_COV_DROPS);
	world_done(&w);
}

TEST(streamed_media_behind_a_hole_says_that_the_capture_missed_it)
{
	of_each_kind(behind_a_hole);
}

/* A segment that comes again after 200 ms: late for whoever listens, lost for nobody. */
TEST(streamed_media_is_late_where_tcp_sent_it_again)
{
	uint32_t seq = 100;

	begin(TURN);
	put_stun(0x0003, 0);
	world_send_tcp(&w, 0, a, b, seq, PSH, bytes, n_bytes);
	seq += 20;
	for (unsigned i = 0; i < 200; i++, seq += RTP_BYTES + 4) {
		n_bytes = 0;
		put_channel(i);
		if (i != 100)
			world_send_tcp(&w, 20.0 * i, a, b, seq, PSH, bytes, n_bytes);
		if (i != 110)
			continue;
		n_bytes = 0;
		put_channel(100);
		world_send_tcp(
		    &w, 20.0 * i + 1, a, b, seq - 10 * (RTP_BYTES + 4), PSH, bytes, n_bytes);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 9, 0)->packets, 200);
	CHECK_EQ(world_stream(&w, 9, 0)->lost, 0);
	CHECK_EQ(world_stream(&w, 9, 0)->reordered, 0);
	CHECK(world_stream(&w, 9, 0)->late > 0);
	CHECK_EQ(world_stream_record(&w, 9, 0)->coverage.flags, 0);
	world_done(&w);
}

/* ICE over TCP (RFC 6544): checks first, behind lengths as the media is. */
TEST(streamed_stun_and_media_behind_lengths)
{
	begin(9000);
	world_send_tcp(&w, 0, a, b, 99, SYN, NULL, 0);
	put16(20);
	put_stun(0x0001, 0);
	for (unsigned i = 0; i < 50; i++)
		put_framed(i);
	send_all(100, 90);
	check_stream(50);
	CHECK_EQ(world_counter(&w, ES_CNT_STUN_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 1);
	world_done(&w);
}

/* Two hundred packets in one segment that was put together before it was captured. */
TEST(streamed_media_of_a_large_segment_is_all_read)
{
	begin(TURN);
	put_stun(0x0003, 0);
	for (unsigned i = 0; i < 200; i++)
		put_channel(i);
	send_all(100, n_bytes);
	check_stream(200);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_MESSAGES_LEFT), 0);
	world_done(&w);
}

TEST(streamed_media_that_the_capture_cut_behind_its_header)
{
	begin(TURN);
	w.snap_bytes = 14 + 20 + 20 + 4 + 16; /* Ethernet, IP, TCP, channel, RTP */
	put_stun(0x0003, 0);
	world_send_tcp(&w, 0, a, b, 100, PSH, bytes, n_bytes);
	for (unsigned i = 0; i < 50; i++) {
		n_bytes = 0;
		put_channel(i);
		world_send_tcp(
		    &w, 20.0 * i, a, b, 120 + i * (uint32_t)n_bytes, PSH, bytes, n_bytes);
	}
	check_stream(50);
	world_done(&w);
}

/* Each packet in two segments, of which the capture cut the first off: the next begins behind both. */
TEST(streamed_media_that_the_capture_cut_continue_behind_the_rest)
{
	begin(TURN);
	w.snap_bytes = 14 + 20 + 20 + 4 + 16;
	put_stun(0x0003, 0);
	world_send_tcp(&w, 0, a, b, 100, PSH, bytes, n_bytes);
	for (unsigned i = 0; i < 50; i++) {
		uint32_t seq = 120 + i * (4 + RTP_BYTES);

		n_bytes = 0;
		put_channel(i);
		world_send_tcp(&w, 20.0 * i, a, b, seq, PSH, bytes, 24);
		world_send_tcp(&w, 20.0 * i + 1, a, b, seq + 24, PSH, bytes + 24, n_bytes - 24);
	}
	check_stream(50);
	world_done(&w);
}

/* A SIP message in a Send indication, in the same connection as others. */
TEST(streamed_sip_inside_turn)
{
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "t",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "f" };
	char text[1200];
	size_t n = world_sip_text(&m, text, sizeof(text));

	begin(TURN);
	put_stun(0x0016, 4 + ((n + 3) & ~(size_t)3));
	put16(0x0013);
	put16((unsigned)n);
	put(text, (n + 3) & ~(size_t)3);
	send_all(100, 500);
	CHECK(world_call(&w, "t") != NULL);
	world_done(&w);
}

/* DNS over TCP has lengths of two bytes too, and any number behind them. */
TEST(streamed_dns_is_no_media)
{
	begin(53);
	for (unsigned i = 0; i < 50; i++) {
		n_bytes = 0;
		put_framed(i * 777);
		world_send_tcp(
		    &w, 20.0 * i, a, b, 100 + i * (uint32_t)n_bytes, PSH, bytes, n_bytes);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_PACKETS), 0);
	world_done(&w);
}

TEST(streamed_turn_over_tls_is_counted)
{
	static const struct {
		uint16_t port;
		const char *alpn;
	} rows[] = { { 5349, NULL }, { 443, "stun.turn" }, { 443, "h2" } };
	uint8_t hello[TLS_HELLO_BYTES_MAX];

	begin(TURN);
	for (size_t i = 0; i < 3; i++) {
		size_t n = tls_hello(hello, rows[i].alpn);

		b.port = rows[i].port;
		a.port++;
		world_send_tcp(&w, 0, a, b, 100, SYN, NULL, 0);
		world_send_tcp(&w, 0, a, b, 101, PSH, hello, n);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_TURN_TLS), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS), 3);
	world_done(&w);
}

/* Sends what was put as one segment behind those before it. */
static uint32_t
send_next(double ms, uint32_t seq)
{
	world_send_tcp(&w, ms, a, b, seq, PSH, bytes, n_bytes);
	seq += (uint32_t)n_bytes;
	n_bytes = 0;
	return seq;
}

/* RFC 6062: behind ConnectionBind a connection carries what the peer says. */
TEST(streamed_media_behind_connection_bind)
{
	begin(TURN);
	put_stun(0x010b, 0);
	for (unsigned i = 0; i < 20; i++)
		put_framed(i);
	send_all(100, 60);
	check_stream(20);
	CHECK_EQ(world_counter(&w, ES_CNT_TURN_TCP), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 1);
	world_done(&w);
}

/* RFC 4571 has no mark: without STUN, numbers of one sender must follow each other. */
TEST(streamed_media_whose_numbers_do_not_follow_is_not_believed)
{
	begin(9000);
	for (unsigned i = 0; i < 20; i += 2)
		put_framed(i);
	send_all(100, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 0);
	n_bytes = 0;
	put_framed(19); /* behind 18 */
	world_send_tcp(&w, 500, a, b, 100 + 10 * (2 + RTP_BYTES), PSH, bytes, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 1);
	world_done(&w);
}

TEST(streamed_numbers_of_two_senders_do_not_follow_each_other)
{
	begin(9000);
	for (unsigned i = 0; i < 20; i++) {
		put_framed(i);
		bytes[n_bytes - RTP_BYTES + 11] = (uint8_t)(i % 2);
	}
	send_all(100, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 0);
	world_done(&w);
}

/* Payload types 64 to 95 with the marker bit are packet types of RTCP (RFC 5761 section 4). */
TEST(streamed_rtcp_does_not_prove_media)
{
	static const struct {
		uint8_t second;
		bool is_media;
	} rows[] = { { 191, true }, { 192, false }, { 200, false }, { 223, false }, { 224, true } };

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		begin(9000);
		for (unsigned i = 0; i < 20; i++) {
			put_framed(i);
			bytes[n_bytes - RTP_BYTES + 1] = rows[k].second;
		}
		send_all(100, n_bytes);
		CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), rows[k].is_media);
		world_done(&w);
	}
}

TEST(streamed_media_of_both_directions_is_one_connection)
{
	struct es_addr swap;

	begin(9000);
	for (unsigned i = 0; i < 20; i++)
		put_framed(i);
	send_all(100, n_bytes);
	swap = a;
	a = b;
	b = swap;
	send_all(900, n_bytes);
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 1);
	check_stream(20);
	world_done(&w);
}

/* What stands behind a length is media or what RFC 7983 lets stand with it. */
TEST(streamed_bytes_that_no_multiplex_has_are_not_behind_a_length)
{
	static const uint8_t foreign[24] = { 64 };
	uint32_t seq = 100;

	begin(9000);
	put_framed(0);
	seq = send_next(0, seq);
	put16(sizeof(foreign));
	put(foreign, sizeof(foreign));
	seq = send_next(20, seq);
	for (unsigned i = 1; i < 3; i++) {
		put_framed(i);
		seq = send_next(20 + 20 * i, seq);
	}
	world_flush(&w);
	/* The first packet was of something else: the two behind it are not believed as well. */
	CHECK(world_counter(&w, ES_CNT_RTP_PACKETS) < 4);
	world_done(&w);
}

static void
send_call_over_tcp(const char *offer, const char *answer)
{
	struct world_sip m = { .start = "INVITE sip:b@b SIP/2.0",
		.call_id = "c",
		.from_tag = "f",
		.cseq = 1,
		.method = "INVITE",
		.sdp = offer };

	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "t";
	m.sdp = answer;
	world_send_sip(&w, 20, world_addr(2, 5060), world_addr(1, 5060), &m);
}

/* RFC 4145: who opens the connection announces port 9, and sends from any. */
TEST(streamed_media_that_sdp_announces_in_tcp)
{
	static const char *const lines[] = {
		"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
		"m=audio 9 TCP/RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\na=setup:active\r\n"
		"a=connection:new\r\n",
		"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
		"m=audio 5000 TCP/RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\n"
		"a=setup:passive\r\na=connection:new\r\n",
	};
	uint32_t seq[2] = { 100, 7000 };

	begin(5000);
	send_call_over_tcp(lines[0], lines[1]);
	world_send_tcp(&w, 30, a, b, seq[0] - 1, SYN, NULL, 0);
	for (unsigned i = 0; i < 100; i++)
		for (unsigned back = 0; back < 2; back++) {
			n_bytes = 0;
			put_framed(i);
			bytes[3] = 97;
			for (unsigned k = 0; k < 4; k++)
				bytes[6 + k] = (uint8_t)(960 * i >> (24 - 8 * k));
			bytes[13] = (uint8_t)(9 + back);
			world_send_tcp(&w, 40 + 20.0 * i + back, back ? b : a, back ? a : b,
			    seq[back], PSH, bytes, n_bytes);
			seq[back] += (uint32_t)n_bytes;
		}
	world_flush(&w);
	for (uint32_t ssrc = 9; ssrc < 11; ssrc++) {
		const struct es_stream *s = world_stream(&w, ssrc, 0);

		CHECK_EQ(s->packets, 100);
		CHECK_EQ(s->lost, 0);
		CHECK(es_slice_eq(s->codec, es_slice_of("opus", 4)));
		CHECK((s->has & ES_STREAM_HAS_QUALITY) != 0);
		CHECK(es_slice_eq(s->call_id, es_slice_of("c", 1)));
	}
	CHECK_EQ(world_counter(&w, ES_CNT_MEDIA_TCP), 1);
	world_done(&w);
}
