/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4, IPv6, UDP and TCP headers. */
#include "probes/wire/link/tcp_segment.h"
#include "probes/wire/link/udp.h"
#include "sweep.h"

/* 10.0.0.1:4000 -> 10.0.0.2:5000, DSCP 46, TTL 64, ID 0x1234, 4 bytes of payload */
static const uint8_t v4_udp[] = { 0x45, 0xb8, 0, 32, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
	10, 0, 0, 2, 0x0f, 0xa0, 0x13, 0x88, 0, 12, 0xab, 0xcd, 1, 2, 3, 4 };

#define V6_ADDRS                                                                                  \
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0, \
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 2

/* Hop-by-hop, destination options (16 bytes), UDP with 2 bytes. */
static const uint8_t v6_udp[] = { 0x6b, 0x80, 0, 0, 0, 34, 0, 63, V6_ADDRS, 60, 0, 1, 4, 0, 0, 0, 0,
	17, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0xa0, 0x13, 0x88, 0, 10, 0, 0, 7,
	8 };

TEST(ip_v4_with_udp)
{
	char text[ES_ADDR_TEXT_MAX];
	struct es_udp udp;
	struct es_ip ip;

	CHECK_EQ(es_ip_parse(GUARDED(v4_udp), &ip), 0);
	(void)es_addr_ip_text(&ip.src, text);
	CHECK_STR(text, "10.0.0.1");
	(void)es_addr_ip_text(&ip.dst, text);
	CHECK_STR(text, "10.0.0.2");
	CHECK_EQ(ip.src.port, 0);
	CHECK_EQ(ip.proto, ES_PROTO_UDP);
	CHECK_EQ(ip.ttl, 64);
	CHECK_EQ(ip.dscp, 46);
	CHECK_EQ(ip.id, 0x1234);
	CHECK(!ip.is_fragment);
	CHECK_EQ(ip.payload.n, 12);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.src_port, 4000);
	CHECK_EQ(udp.dst_port, 5000);
	CHECK_EQ(udp.length_bytes, 12);
	CHECK_EQ(udp.checksum, 0xabcd);
	CHECK_EQ(udp.payload.n, 4);
	CHECK_EQ(udp.payload_wire_bytes, 4);
}

TEST(ip_v4_leaves_the_ethernet_trailer_out)
{
	uint8_t padded[sizeof(v4_udp) + 14] = { 0 };
	struct es_ip ip;

	memcpy(padded, v4_udp, sizeof(v4_udp));
	CHECK_EQ(es_ip_parse(GUARDED(padded), &ip), 0);
	CHECK_EQ(ip.payload.n, 12);
	padded[2] = padded[3] = 0; /* total length left to the network card */
	CHECK_EQ(es_ip_parse(GUARDED(padded), &ip), 0);
	CHECK_EQ(ip.payload.n, 26);
	CHECK_EQ(ip.payload_wire_bytes, 26);
}

TEST(ip_v4_cut_by_the_capture_keeps_the_length_of_the_wire)
{
	struct es_udp udp;
	struct es_ip ip;

	CHECK_EQ(es_ip_parse(test_guarded(v4_udp, 29), &ip), 0);
	CHECK_EQ(ip.payload.n, 9);
	CHECK_EQ(ip.payload_wire_bytes, 12);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.payload.n, 1);
	CHECK_EQ(udp.payload_wire_bytes, 4);
	CHECK_EQ(es_ip_parse(test_guarded(v4_udp, 27), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), ES_EMALFORMED);
}

TEST(ip_v4_options_are_passed_over)
{
	uint8_t bytes[sizeof(v4_udp) + 4];
	struct es_udp udp;
	struct es_ip ip;

	memcpy(bytes, v4_udp, 20);
	memset(bytes + 20, 1, 4); /* no-operation */
	memcpy(bytes + 24, v4_udp + 20, 12);
	bytes[0] = 0x46;
	bytes[3] = 36;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.src_port, 4000);
	bytes[0] = 0x44; /* header of 16 bytes */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
	bytes[0] = 0x4f; /* header longer than the packet */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
	bytes[0] = 0x46;
	bytes[3] = 23; /* total length below the header */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
}

/* Segmentation offload: lengths are filled in behind the place of capture. */
TEST(ip_and_udp_length_of_0_is_all_that_was_captured)
{
	uint8_t bytes[sizeof(v4_udp)];
	struct es_udp udp;
	struct es_ip ip;

	memcpy(bytes, v4_udp, sizeof(bytes));
	bytes[2] = bytes[3] = 0;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(ip.payload_wire_bytes, 12);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.payload.n, 4);
	bytes[24] = bytes[25] = 0;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.payload_wire_bytes, 4);
	CHECK_EQ(udp.payload.n, 4);
	bytes[25] = 7; /* below its own header */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), ES_EMALFORMED);
}

TEST(ip_v4_fragments_are_distinguished)
{
	uint8_t bytes[sizeof(v4_udp)];
	struct es_udp udp;
	struct es_ip ip;

	memcpy(bytes, v4_udp, sizeof(bytes));
	bytes[6] = 0x40; /* don't fragment */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(!ip.is_fragment);
	bytes[6] = 0x20; /* more fragments: the first */
	bytes[25] = 200; /* its UDP length is that of the whole datagram */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(ip.is_fragment && ip.has_more);
	CHECK(es_ip_has_head(&ip));
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.payload_wire_bytes, 192);
	CHECK_EQ(udp.payload.n, 4);
	bytes[6] = 0;
	bytes[7] = 3; /* the last */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(ip.is_fragment && !ip.has_more);
	CHECK(!es_ip_has_head(&ip));
	CHECK_EQ(ip.fragment_at_bytes, 24);
}

TEST(ip_v6_walks_its_extension_headers)
{
	char text[ES_ADDR_TEXT_MAX];
	struct es_udp udp;
	struct es_ip ip;

	CHECK_EQ(es_ip_parse(GUARDED(v6_udp), &ip), 0);
	(void)es_addr_ip_text(&ip.dst, text);
	CHECK_STR(text, "2001:db8::2");
	CHECK_EQ(ip.proto, ES_PROTO_UDP);
	CHECK_EQ(ip.ttl, 63);
	CHECK_EQ(ip.dscp, 46);
	CHECK_EQ(ip.id, 0);
	CHECK_EQ(ip.payload_wire_bytes, 10);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.dst_port, 5000);
	CHECK_EQ(udp.payload.n, 2);
	CHECK_EQ(es_ip_parse(test_guarded(v6_udp, 63), &ip), ES_EMALFORMED);
}

TEST(ip_v6_chain_is_bounded)
{
	uint8_t bytes[40 + 8 * (ES_IPV6_EXTENSIONS_MAX + 1) + 8] = { 0x60, 0, 0, 0, 0, 80, 60, 64,
		V6_ADDRS };
	struct es_ip ip;

	for (size_t i = 0; i < ES_IPV6_EXTENSIONS_MAX + 1u; i++)
		bytes[40 + 8 * i] = 60;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
	bytes[40 + 8 * (ES_IPV6_EXTENSIONS_MAX - 1)] = 17;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(ip.payload_wire_bytes, 16);
}

TEST(ip_v6_extensions_beyond_the_payload_length)
{
	uint8_t bytes[sizeof(v6_udp)];
	struct es_ip ip;

	memcpy(bytes, v6_udp, sizeof(bytes));
	bytes[5] = 23; /* less than the two extension headers */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
	bytes[5] = 24;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(ip.payload.n, 0);
}

TEST(ip_v6_fragments)
{
	uint8_t bytes[] = { 0x60, 0, 0, 0, 0, 16, 44, 64, V6_ADDRS, 17, 0, 0, 1, 0, 0, 0xbe, 0xef,
		0x0f, 0xa0, 0x13, 0x88, 5, 0, 0, 0 };
	struct es_ip ip;

	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(ip.is_fragment && ip.has_more && es_ip_has_head(&ip));
	CHECK_EQ(ip.id, 0xbeef);
	CHECK_EQ(ip.proto, ES_PROTO_UDP);
	CHECK_EQ(ip.payload.n, 8);
	bytes[40] = 60; /* in the middle, what looks like a next header is not one */
	bytes[43] = 0x18;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(ip.is_fragment && !ip.has_more && !es_ip_has_head(&ip));
	CHECK_EQ(ip.fragment_at_bytes, 24);
	CHECK_EQ(ip.payload.n, 8);
	bytes[40] = 17;
	bytes[43] = 0; /* atomic: a fragment header, but all in one */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK(!ip.is_fragment);
}

/* Behind the headers of a whole datagram a second fragment header stands: what follows is no transport. */
TEST(ip_follow_takes_no_part_for_a_whole)
{
	uint8_t bytes[] = { 44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0x01, 0x00, 0, 0, 0xbe, 0xef, 0x0f,
		0xa0, 0x13, 0x88, 0, 8, 0, 0 };
	struct es_ip ip = { .proto = 60, .payload_wire_bytes = sizeof(bytes) };
	struct es_ip out;

	ip.src.family = 6;
	ip.dst.family = 6;
	ip.payload = GUARDED(bytes);
	CHECK_EQ(es_ip_follow(&ip, &out), ES_EMALFORMED);
	bytes[10] = 0;
	bytes[11] = 1; /* the first of several */
	ip.payload = GUARDED(bytes);
	CHECK_EQ(es_ip_follow(&ip, &out), ES_EMALFORMED);
	bytes[0] = 17; /* none at all */
	ip.payload = GUARDED(bytes);
	CHECK_EQ(es_ip_follow(&ip, &out), 0);
	CHECK_EQ(out.proto, ES_PROTO_UDP);
	CHECK_EQ(out.payload.n, 16);
}

TEST(ip_other_versions_are_malformed)
{
	static const uint8_t bytes[40] = { 0x55 };
	struct es_ip ip = { .ttl = 9 };

	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), ES_EMALFORMED);
	CHECK_EQ(es_ip_parse(test_guarded(bytes, 0), &ip), ES_EMALFORMED);
	CHECK_EQ(ip.ttl, 9);
}

TEST(udp_length_must_be_possible)
{
	uint8_t bytes[sizeof(v4_udp)];
	struct es_udp udp;
	struct es_ip ip;

	memcpy(bytes, v4_udp, sizeof(bytes));
	bytes[25] = 7;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), ES_EMALFORMED);
	bytes[25] = 13;
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), ES_EMALFORMED);
	bytes[25] = 10; /* shorter than IP: the rest is not its */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_udp_parse(&ip, &udp), 0);
	CHECK_EQ(udp.payload.n, 2);
}

TEST(tcp_with_options)
{
	uint8_t bytes[] = { 0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x13, 0xc4, 0x13, 0xc5, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0x60, 0x18, 1, 0, 0, 0,
		0, 0, 1, 1, 1, 1, 'h', 'i' };
	struct es_tcp tcp;
	struct es_ip ip;

	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_tcp_segment_parse(&ip, &tcp), 0);
	CHECK_EQ(tcp.src_port, 5060);
	CHECK_EQ(tcp.dst_port, 5061);
	CHECK_EQ(tcp.seq, UINT32_MAX);
	CHECK_EQ(tcp.ack, 9);
	CHECK_EQ(tcp.flags, ES_TCP_ACK | ES_TCP_PSH);
	CHECK_SLICE(tcp.payload, "hi");
	CHECK_EQ(tcp.payload_wire_bytes, 2);
	bytes[32] = 0x40; /* header of 16 bytes */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_tcp_segment_parse(&ip, &tcp), ES_EMALFORMED);
	bytes[32] = 0x70; /* header longer than the segment */
	CHECK_EQ(es_ip_parse(GUARDED(bytes), &ip), 0);
	CHECK_EQ(es_tcp_segment_parse(&ip, &tcp), ES_EMALFORMED);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_ip ip;
	struct es_udp udp;
	struct es_tcp tcp;

	(void)wire_bytes;
	if (es_ip_parse(bytes, &ip) != 0)
		return;
	if (ip.payload.n > ip.payload_wire_bytes)
		test_fail(__FILE__, __LINE__, "more captured than was sent");
	if (es_udp_parse(&ip, &udp) == 0 && udp.payload.n > udp.payload_wire_bytes)
		test_fail(__FILE__, __LINE__, "more captured than was sent");
	if (es_tcp_segment_parse(&ip, &tcp) == 0 && tcp.payload.n > tcp.payload_wire_bytes)
		test_fail(__FILE__, __LINE__, "more captured than was sent");
}

TEST(ip_sweep)
{
	sweep(v4_udp, sizeof(v4_udp), parse_all);
	sweep(v6_udp, sizeof(v6_udp), parse_all);
}
