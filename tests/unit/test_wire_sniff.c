/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of UDP payloads. */
#include "probes/wire/other/sniff.h"
#include "probes/wire/other/stun.h"
#include "probes/wire/sip/sip.h"
#include "sweep.h"

static enum es_shape
shape(es_slice payload)
{
	return es_sniff(payload, (uint32_t)payload.n);
}

static enum es_shape
shape_of_text(const char *text)
{
	return shape(test_guarded(text, strlen(text)));
}

TEST(sniff_rtp_and_rtcp_share_a_port)
{
	uint8_t pkt[172] = { 0x80, 0 };

	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_RTP);
	CHECK_EQ(es_sniff(test_guarded(pkt, 12), 172), ES_SHAPE_RTP); /* cut */
	CHECK_EQ(es_sniff(test_guarded(pkt, 11), 172), ES_SHAPE_OTHER);
	pkt[1] = 0x80 | 8; /* PCMA with marker */
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_RTP);
	pkt[1] = 200;
	pkt[3] = 6;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_RTCP);
	CHECK_EQ(es_sniff(test_guarded(pkt, 4), 172), ES_SHAPE_RTCP);
	pkt[2] = 1; /* longer than the packet: neither a report nor a payload type in use */
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
	pkt[1] = 0x80 | 66; /* a dynamic type of old, with marker */
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_RTP);
	pkt[0] = 0x40;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
}

TEST(sniff_stun_with_and_without_cookie)
{
	static const uint8_t binding[] = { 0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7,
		8, 9, 10, 11, 12, 0x80, 0x22, 0, 0 };
	static const uint8_t classic[20] = { 0, 1, 0, 0, 9, 9, 9, 9 };
	static const uint8_t odd[20] = { 0, 7, 0, 0, 9, 9, 9, 9 };
	static const uint8_t zeros[20] = { 0 };

	CHECK_EQ(shape(GUARDED(binding)), ES_SHAPE_STUN);
	CHECK_EQ(es_sniff(test_guarded(binding, 8), 24), ES_SHAPE_STUN);
	CHECK_EQ(es_sniff(GUARDED(binding), 28), ES_SHAPE_OTHER); /* length does not fit */
	CHECK_EQ(shape(GUARDED(classic)), ES_SHAPE_STUN);
	CHECK_EQ(shape(GUARDED(odd)), ES_SHAPE_OTHER);
	CHECK_EQ(shape(GUARDED(zeros)), ES_SHAPE_OTHER);
}

TEST(sniff_dtls_records)
{
	uint8_t pkt[13 + 40] = { 22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40 };

	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_DTLS);
	pkt[2] = 0xfd;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_DTLS);
	pkt[12] = 41;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
	pkt[12] = 40;
	pkt[1] = 3; /* TLS */
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
	CHECK(!es_dtls_is(test_guarded(pkt, 12), 53));
}

TEST(sniff_dtls_1_3_ciphertext_fills_its_datagram)
{
	uint8_t pkt[40] = { 0x2d, 0, 7, 0, 35 };

	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_DTLS);
	pkt[4] = 34;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
	pkt[0] = 0x25; /* number of 8 bits */
	pkt[2] = 0;
	pkt[3] = 36;
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_DTLS);
	pkt[0] = 0x28; /* no length: nothing to know it by */
	CHECK_EQ(shape(GUARDED(pkt)), ES_SHAPE_OTHER);
}

/* RFC 7983 and RFC 9443: the first byte parts them, the rest confirms it. */
TEST(sniff_what_else_shares_a_media_port)
{
	uint8_t zrtp[28] = { 0x10, 0, 0, 1, 'Z', 'R', 'T', 'P' };
	uint8_t turn[20] = { 0x40, 0, 0, 16 };
	uint8_t quic[1200] = { 0xc3, 0, 0, 0, 1, 8 };

	CHECK_EQ(shape(GUARDED(zrtp)), ES_SHAPE_ZRTP);
	CHECK_EQ(es_sniff(test_guarded(zrtp, 8), 140), ES_SHAPE_ZRTP);
	zrtp[7] = 'p';
	CHECK_EQ(shape(GUARDED(zrtp)), ES_SHAPE_OTHER);
	CHECK_EQ(shape(GUARDED(turn)), ES_SHAPE_TURN_CHANNEL);
	turn[3] = 14; /* padded */
	CHECK_EQ(shape(GUARDED(turn)), ES_SHAPE_TURN_CHANNEL);
	turn[3] = 12;
	CHECK_EQ(shape(GUARDED(turn)), ES_SHAPE_OTHER);
	turn[0] = 0x50; /* reserved by RFC 8656: a short header of QUIC, perhaps */
	turn[3] = 16;
	CHECK_EQ(shape(GUARDED(turn)), ES_SHAPE_OTHER);
	CHECK_EQ(shape(GUARDED(quic)), ES_SHAPE_QUIC);
	quic[4] = 9;
	CHECK_EQ(shape(GUARDED(quic)), ES_SHAPE_OTHER);
	memcpy(quic + 1, "Q046", 4);
	CHECK_EQ(shape(GUARDED(quic)), ES_SHAPE_QUIC);
}

TEST(sniff_sip_on_any_port)
{
	CHECK_EQ(shape_of_text("INVITE sip:a@b SIP/2.0\r\n"), ES_SHAPE_SIP);
	CHECK_EQ(shape_of_text("SIP/2.0 180 Ringing\r\n"), ES_SHAPE_SIP);
	CHECK_EQ(shape_of_text("KDMQ sip:1@10.0.0.1 SIP/2.0\r\n"), ES_SHAPE_SIP);
	CHECK_EQ(shape_of_text("\r\nOPTIONS sip:b SIP/2.0\r\n"), ES_SHAPE_SIP);
	CHECK_EQ(shape_of_text("INVITE sip:a-name-cut-by-the-cap"), ES_SHAPE_SIP);
	CHECK_EQ(shape_of_text("SIP/3.0 200 OK\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("SIP/2.0 20 OK\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("SIP/2.0 700 OK\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("GET / HTTP/1.1\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("NOTIFY * HTTP/1.1\r\n"), ES_SHAPE_OTHER); /* SSDP */
	CHECK_EQ(shape_of_text("some words SIP/2.0 and more\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("\x16\x03\x01"), ES_SHAPE_OTHER);
}

TEST(sniff_keepalives)
{
	static const uint8_t zeros[4] = { 0 };

	CHECK_EQ(shape_of_text(""), ES_SHAPE_KEEPALIVE);
	CHECK_EQ(shape_of_text("\r\n\r\n"), ES_SHAPE_KEEPALIVE);
	CHECK_EQ(shape(GUARDED(zeros)), ES_SHAPE_KEEPALIVE);
	CHECK_EQ(shape_of_text("jaK"), ES_SHAPE_OTHER);
	CHECK_EQ(shape_of_text("\r\n\r\n\r\n"), ES_SHAPE_OTHER);
	CHECK_EQ(es_sniff(es_slice_of(NULL, 0), 200), ES_SHAPE_OTHER); /* nothing captured */
}

/* A shape is what its own recogniser takes, and lies in its range of the first byte (RFC 7983, RFC 9443). */
static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	uint8_t b0 = bytes.n > 0 ? bytes.p[0] : 0;
	uint8_t b1 = bytes.n > 1 ? bytes.p[1] : 0;
	bool is_version2 = b0 >> 6 == 2;

	switch (es_sniff(bytes, wire_bytes)) {
	case ES_SHAPE_RTP:
		CHECK(is_version2 && bytes.n >= 12);
		break;
	case ES_SHAPE_RTCP:
		CHECK(is_version2 && wire_bytes >= 8 && b1 >= 192 && b1 <= 223);
		CHECK(4u * (256u * bytes.p[2] + bytes.p[3] + 1) <= wire_bytes);
		break;
	case ES_SHAPE_SIP:
		CHECK(es_sip_is_start(bytes));
		break;
	case ES_SHAPE_STUN:
		CHECK(b0 < 4 && es_stun_is(bytes, wire_bytes));
		break;
	case ES_SHAPE_ZRTP:
		CHECK(b0 >> 4 == 1 && es_zrtp_is(bytes, wire_bytes));
		break;
	case ES_SHAPE_DTLS:
		CHECK(b0 < 64 && es_dtls_is(bytes, wire_bytes));
		break;
	case ES_SHAPE_TURN_CHANNEL:
		CHECK(b0 >> 4 == 4 && es_turn_channel_is(bytes, wire_bytes));
		break;
	case ES_SHAPE_QUIC:
		CHECK(b0 >> 6 == 3 && es_quic_is(bytes, wire_bytes));
		break;
	case ES_SHAPE_KEEPALIVE:
		CHECK(wire_bytes <= 4);
		break;
	case ES_SHAPE_OTHER:
		CHECK(b0 >= 4 || bytes.n == 0 || !es_stun_is(bytes, wire_bytes));
		CHECK(is_version2 || bytes.n == 0 || !es_sip_is_start(bytes));
		break;
	}
}

TEST(sniff_sweep)
{
	static const uint8_t stun[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8,
		9, 10, 11, 12 };
	static const uint8_t rtcp[] = { 0x80, 201, 0, 1, 0, 0, 0, 5 };
	static const char sip[] = "OPTIONS sip:b SIP/2.0\r\n";

	sweep(stun, sizeof(stun), parse_all);
	sweep(rtcp, sizeof(rtcp), parse_all);
	sweep(sip, sizeof(sip) - 1, parse_all);
}
