/* SPDX-License-Identifier: Apache-2.0 */
/* Packets behind lengths (RFC 4571) and TURN in TCP: what proves them, and where a packet ends. */
#include "tcp_rig.h"

enum { FIRST = 1000, BYTES_MAX = 70000 };

static uint8_t bytes[BYTES_MAX];
static size_t n_bytes;

static void
put(const void *p, size_t n)
{
	memcpy(bytes + n_bytes, p, n);
	n_bytes += n;
}

static void
put16(unsigned v)
{
	const uint8_t two[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(two, 2);
}

/* The first n bytes of a packet of RTP, the byte behind its header other each time. */
static void
put_rtp(unsigned seq, uint32_t ssrc, size_t n)
{
	const uint8_t rtp[20] = { 0x80, 0, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0,
		(uint8_t)(160 * seq >> 8), (uint8_t)(160 * seq), (uint8_t)(ssrc >> 24),
		(uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc, (uint8_t)seq };

	put(rtp, n);
}

static void
put_framed(unsigned seq, uint32_t ssrc, size_t n)
{
	put16((unsigned)n);
	put_rtp(seq, ssrc, n);
}

/* A STUN message of n bytes behind its header. */
static void
put_stun(unsigned type, size_t n)
{
	static const uint8_t rest[16 + 200] = { 0x21, 0x12, 0xa4, 0x42, 7 };

	put16(type);
	put16((unsigned)n);
	put(rest, 16 + n);
}

static void
begin(void)
{
	rig_begin(16);
	rig_flags(0, FIRST - 1, ES_TCP_SYN);
	n_bytes = 0;
}

/* The bytes from one offset to another. */
static void
send_part(int64_t ms, size_t from, size_t to)
{
	rig_send(ms, FIRST + (uint32_t)from, bytes + from, to - from);
}

/* Begins with a STUN message behind its length: all that follows is behind lengths. */
static void
begin_proven(void)
{
	begin();
	put16(20);
	put_stun(0x0001, 0);
	send_part(0, 0, n_bytes);
}

static uint64_t
proven(void)
{
	return context.count[ES_CNT_MEDIA_TCP];
}

TEST(tcp_framed_two_packets_of_one_sender_prove_media)
{
	static const struct {
		const char *name;
		unsigned seq[2];
		uint32_t ssrc[2];
		size_t n[2];
		bool is_media;
	} rows[] = {
		{ "follows", { 7, 8 }, { 9, 9 }, { 20, 20 }, true },
		{ "wraps", { 65535, 65536 }, { 9, 9 }, { 20, 20 }, true },
		{ "without payload", { 7, 8 }, { 9, 9 }, { 12, 12 }, true },
		{ "a byte of payload", { 7, 8 }, { 9, 9 }, { 13, 13 }, true },
		{ "the same number", { 7, 7 }, { 9, 9 }, { 20, 20 }, false },
		{ "one is missing", { 7, 9 }, { 9, 9 }, { 20, 20 }, false },
		{ "other sender, first byte", { 7, 8 }, { 9, 0x01000009 }, { 20, 20 }, false },
		{ "other sender, last byte", { 7, 8 }, { 9, 10 }, { 20, 20 }, false },
		{ "too short for its header", { 7, 8 }, { 0, 0 }, { 12, 11 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		for (int k = 0; k < 2; k++) {
			size_t from = n_bytes;

			put_framed(rows[i].seq[k], rows[i].ssrc[k], rows[i].n[k]);
			send_part(k, from, n_bytes);
		}
		if (proven() != rows[i].is_media || n_got != 2)
			test_fail(__FILE__, __LINE__, "%s: %u proven, %u packets", rows[i].name,
			    (unsigned)proven(), n_got);
		rig_end();
	}
}

/* DTLS may stand between packets of media (RFC 7983), and is no media, whatever its bytes look like. */
TEST(tcp_framed_packet_of_another_protocol_does_not_prove_media)
{
	begin();
	put_framed(7, 9, 20);
	send_part(0, 0, n_bytes);
	put_framed(8, 9, 20);
	bytes[n_bytes - 20] = 22;
	send_part(1, 22, n_bytes);
	CHECK_EQ(n_got, 2);
	CHECK_EQ(proven(), 0);
	rig_end();
}

/* By its first byte a packet is STUN, ZRTP, DTLS or media, else no packet begins there (RFC 7983). */
TEST(tcp_framed_first_byte_says_whether_a_packet_begins)
{
	static const struct {
		uint8_t first;
		bool is_packet;
	} rows[] = { { 0, true }, { 20, true }, { 63, true }, { 64, false }, { 127, false },
		{ 128, true }, { 191, true }, { 192, false }, { 255, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t from;

		begin_proven();
		from = n_bytes;
		put_framed(7, 9, 20);
		bytes[from + 2] = rows[i].first;
		send_part(1, from, n_bytes);
		if (n_got != (rows[i].is_packet ? 2 : 1))
			test_fail(__FILE__, __LINE__, "%u: %u packets", rows[i].first, n_got);
		rig_end();
	}
}

/* RFC 4571 section 2: a length of 0 is no packet; the longest one may follow it. */
TEST(tcp_framed_length_of_nothing_is_passed_over)
{
	size_t from;

	begin_proven();
	from = n_bytes;
	put16(0);
	put16(65535);
	put_rtp(7, 9, 20);
	memset(bytes + n_bytes, 0, 65535 - 20);
	n_bytes += 65535 - 20;
	put16(0);
	put_framed(8, 9, 20);
	send_part(1, from, from + 30000);
	send_part(2, from + 30000, n_bytes);
	CHECK_EQ(n_got, 3);
	CHECK_EQ(got[1].n, 65535);
	CHECK_EQ(got[2].n, 20);
	CHECK_EQ(got[2].transport, ES_TRANSPORT_UDP);
	rig_end();
}

/* However the segments end: within a length, behind it, within a packet. */
TEST(tcp_framed_packets_are_cut_out_of_segments_of_any_size)
{
	for (size_t size = 1; size < 50; size++) {
		begin_proven();
		for (unsigned i = 0; i < 10; i++)
			put_framed(i, 9, i % 2 ? 20 : 13);
		for (size_t at = 22; at < n_bytes; at += size)
			send_part(1, at, at + size < n_bytes ? at + size : n_bytes);
		CHECK_EQ(n_got, 11);
		for (unsigned i = 0; i < 10; i++) {
			CHECK_EQ(got[i + 1].n, i % 2 ? 20 : 13);
			CHECK_EQ(got[i + 1].wire_bytes, i % 2 ? 20 : 13);
		}
		CHECK_EQ(context.count[ES_CNT_TCP_RESYNCS], 0);
		CHECK_EQ(n_holes, 0);
		rig_end();
	}
}

/* RFC 8656 section 12.5: channel data is padded to four bytes, which may come by themselves. */
TEST(tcp_framed_padding_of_channel_data_is_passed_over)
{
	for (size_t size = 1; size < 50; size++) {
		begin();
		put_stun(0x0101, 0); /* a response, its first byte 1 */
		for (unsigned i = 0; i < 10; i++) {
			put16(0x4001);
			put16(13);
			put_rtp(i, 9, 13);
			put("\xff\xff\xff", 3);
		}
		for (size_t at = 0; at < n_bytes; at += size)
			send_part(1, at, at + size < n_bytes ? at + size : n_bytes);
		CHECK_EQ(n_got, 11);
		CHECK_EQ(got[0].n, 20);
		for (unsigned i = 1; i < 11; i++)
			CHECK_EQ(got[i].n, 17); /* with channel and length */
		CHECK_EQ(context.count[ES_CNT_TURN_TCP], 1);
		CHECK_EQ(proven(), 0);
		rig_end();
	}
}

/*
 * The capture cut the segment behind the first bytes of its first packet. What follows in the stream begins
 * where that packet ends; if another one began in what was cut, nobody knows where, and this is a hole.
 */
TEST(tcp_framed_cut_segment_is_a_hole_where_a_second_packet_began)
{
	static const struct {
		const char *name;
		size_t sent; /* of two packets of 22 bytes each */
		unsigned holes;
	} rows[] = {
		{ "within the first", 20, 0 },
		{ "with the first", 22, 0 },
		{ "within the second", 23, 1 },
		{ "with the second", 44, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t from;

		begin_proven();
		from = n_bytes;
		for (unsigned k = 0; k < 5; k++)
			put_framed(k, 9, 20);
		rig_send_cut(1, FIRST + (uint32_t)from, bytes + from, 16, rows[i].sent);
		CHECK_EQ(n_got, 2);
		CHECK_EQ(got[1].n, 14);
		CHECK_EQ(got[1].wire_bytes, 20);
		CHECK_EQ(n_holes, rows[i].holes);
		CHECK_EQ(context.count[ES_CNT_TCP_RESYNCS], rows[i].holes);
		send_part(2, from + (rows[i].holes == 0 ? rows[i].sent : 44), n_bytes);
		es_tcps_flush(&tcps, rig_time(3)); /* found again behind what is missing */
		if (n_got != (rows[i].holes == 0 ? 6 : 5))
			test_fail(__FILE__, __LINE__, "%s: %u packets", rows[i].name, n_got);
		rig_end();
	}
}

/* Of the length itself a byte is missing: how far the packet goes is not known. */
TEST(tcp_framed_segment_cut_within_a_length_is_a_hole)
{
	size_t from;

	begin_proven();
	from = n_bytes;
	for (unsigned k = 0; k < 3; k++)
		put_framed(k, 9, 20);
	rig_send_cut(1, FIRST + (uint32_t)from, bytes + from, 1, 22);
	CHECK_EQ(n_got, 1);
	CHECK_EQ(n_holes, 1);
	send_part(2, from + 22, n_bytes); /* two of one sender: found again */
	CHECK_EQ(n_got, 3);
	rig_end();
}

/* Each hole is one, also behind a segment that was cut where it did no harm. */
TEST(tcp_framed_hole_in_media_is_reported)
{
	size_t from;

	begin_proven();
	from = n_bytes;
	for (unsigned k = 0; k < 6; k++)
		put_framed(k, 9, 20);
	rig_send_cut(1, FIRST + (uint32_t)from, bytes + from, 16, 22);
	CHECK_EQ(n_holes, 0);
	send_part(2, from + 44, from + 88);
	CHECK_EQ(n_holes, 0);
	send_part(2 + ES_TCP_HOLE_MS, from, from + 22);
	CHECK_EQ(n_holes, 1);
	CHECK_EQ(n_got, 4);
	rig_end();
}

/* DNS has the same lengths: on its port only STUN says that they are of media. */
TEST(tcp_framed_needs_stun_on_the_port_of_dns)
{
	const struct es_addr dns = { .family = 4, .port = 53, .ip = { 10, 0, 0, 2 } };

	for (int has_stun = 0; has_stun < 2; has_stun++)
		for (int is_answer = 0; is_answer < 2; is_answer++) {
			struct es_tcp seg = { .seq = FIRST, .flags = ES_TCP_SYN };

			rig_begin(16);
			n_bytes = 0;
			if (has_stun) {
				put16(20);
				put_stun(0x0001, 0);
			}
			for (unsigned k = 0; k < 3; k++)
				put_framed(k, 9, 20);
			rig_segment(0, is_answer ? &dns : &rig_a, is_answer ? &rig_a : &dns, &seg,
			    bytes, n_bytes, n_bytes);
			CHECK_EQ(n_got, has_stun ? 4 : 0);
			CHECK_EQ(proven(), has_stun);
			rig_end();
		}
}

/* The other direction of a connection that is known adds nothing to the count of connections. */
TEST(tcp_framed_connection_is_counted_once)
{
	struct es_tcp seg = { .seq = 5000, .flags = ES_TCP_SYN };

	begin();
	rig_segment(0, &rig_b, &rig_a, &seg, "", 0, 0);
	for (unsigned k = 0; k < 3; k++)
		put_framed(k, 9, 20);
	send_part(1, 0, n_bytes);
	CHECK_EQ(proven(), 1);
	seg = (struct es_tcp){ .seq = 5001, .flags = ES_TCP_PSH };
	rig_segment(2, &rig_b, &rig_a, &seg, bytes, n_bytes, n_bytes);
	CHECK_EQ(n_got, 6);
	CHECK_EQ(proven(), 1);
	rig_end();
}
