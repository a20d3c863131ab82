/* SPDX-License-Identifier: Apache-2.0 */
/* Packets inside of envelopes, through the whole engine. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { IP_BYTES = 20, ETHERNET_BYTES = 14, FRAME_MAX = 1024, RTP_PACKETS = 40 };

static struct world w;
static uint8_t frame[FRAME_MAX];
static size_t n_frame;
static const struct es_unknown *seen_unknowns;
static struct es_unknown kept[16];

static void
put16(size_t at, unsigned v)
{
	frame[at] = (uint8_t)(v >> 8);
	frame[at + 1] = (uint8_t)v;
}

/* An IPv4 header in front of what stands in the frame. */
static void
wrap_ip(uint8_t proto, uint16_t id, uint8_t ttl, uint8_t tos)
{
	memmove(frame + IP_BYTES, frame, n_frame);
	n_frame += IP_BYTES;
	memset(frame, 0, IP_BYTES);
	frame[0] = 0x45;
	frame[1] = tos;
	put16(2, (unsigned)n_frame);
	put16(4, id);
	frame[8] = ttl;
	frame[9] = proto;
	frame[12] = 10;
	frame[15] = 1;
	frame[16] = 10;
	frame[19] = 2;
}

/* What the checksum of the IPv4 header in front must be. */
static unsigned
sum(void)
{
	unsigned total = 0;

	for (size_t at = 0; at < IP_BYTES; at += 2)
		total += at == 10 ? 0 : (unsigned)(frame[at] << 8 | frame[at + 1]);
	total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

static void
wrap(const void *header, size_t n)
{
	memmove(frame + n, frame, n_frame);
	memcpy(frame, header, n);
	n_frame += n;
}

static void
wrap_udp(uint16_t src_port, uint16_t dst_port)
{
	memmove(frame + 8, frame, n_frame);
	n_frame += 8;
	put16(0, src_port);
	put16(2, dst_port);
	put16(4, (unsigned)n_frame);
	put16(6, 0x1234 + frame[11]); /* no checksum of anything, but a copy's is the same */
}

/* Packet i of a stream, from its IP header on. */
static void
rtp(unsigned i)
{
	n_frame = 12 + 160;
	memset(frame, 0, n_frame);
	frame[0] = 0x80;
	put16(2, 100 + i);
	put16(6, 160 * i);
	frame[11] = 0xa;
	wrap_udp(4000, 5000);
	wrap_ip(17, (uint16_t)(1000 + i), 57, 46 << 2);
}

static void
wrap_ethernet(unsigned type)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t header[ETHERNET_BYTES];

	memcpy(header, macs, 12);
	header[12] = (uint8_t)(type >> 8);
	header[13] = (uint8_t)type;
	wrap(header, sizeof(header));
}

static void
wrap_gtp(void)
{
	uint8_t header[8] = { 0x30, 0xff, (uint8_t)(n_frame >> 8), (uint8_t)n_frame, 0, 0, 0, 9 };

	wrap(header, sizeof(header));
	wrap_udp(2152, 2152);
	wrap_ip(17, 7, 255, 0);
}

static void
send_frame(double ms)
{
	struct es_packet p = { .ts = world_time(ms), .link = ES_LINK_ETHERNET };

	p.cap_bytes = p.wire_bytes = (uint32_t)n_frame;
	p.data = test_guarded(frame, n_frame).p;
	es_engine_packet(w.e, &p);
}

static void
begin(void)
{
	world_init(&w);
	world_start(&w);
}

TEST(tunnels_measure_the_innermost_packet)
{
	const struct es_stream *s;

	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++) {
		rtp(i);
		wrap_gtp();
		wrap_ethernet(0x0800);
		send_frame(20.0 * i);
	}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, RTP_PACKETS);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->ttl, 57); /* not the tunnel's */
	CHECK_EQ(s->dscp, 46);
	CHECK_EQ(world_counter(&w, ES_CNT_TUNNELLED), RTP_PACKETS);
	world_done(&w);
}

static void
seen_twice(bool in_a_tunnel)
{
	static const uint8_t tag[] = { 0x81, 0, 0, 100 };
	const struct es_stream *s;

	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++) {
		rtp(i);
		wrap_ethernet(0x0800);
		send_frame(20.0 * i);
		if (i % 2 != 0)
			continue; /* too few to be a mirror by their share */
		rtp(i);
		if (in_a_tunnel)
			wrap_gtp();
		wrap_ethernet(0x0800);
		if (!in_a_tunnel) {
			memmove(frame + 16, frame + 12, n_frame - 12);
			memcpy(frame + 12, tag, 4);
			n_frame += 4;
		}
		send_frame(20.0 * i + 1);
	}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, RTP_PACKETS);
	CHECK_EQ(s->capture_duplicates, RTP_PACKETS / 2);
	CHECK_EQ(s->duplicates, 0);
	world_done(&w);
}

TEST(tunnels_copy_inside_and_outside_is_the_captures)
{
	seen_twice(true);
}

TEST(tunnels_copy_on_another_vlan_is_the_captures)
{
	seen_twice(false);
}

static void
keep_unknowns(void *ctx, const struct es_record *r)
{
	(void)ctx;
	if (r->type != ES_REC_HEALTH)
		return;
	memcpy(kept, r->u.health.unknowns, r->u.health.n_unknowns * sizeof(kept[0]));
	seen_unknowns = r->u.health.n_unknowns > 0 ? kept : NULL;
}

static void
begin_unknowns(void)
{
	static const struct es_config cfg;
	struct es_sink sink = { keep_unknowns, NULL };

	seen_unknowns = NULL;
	memset(kept, 0, sizeof(kept));
	memset(&w, 0, sizeof(w));
	CHECK_EQ(es_engine_new(&cfg, &sink, &w.e), 0);
}

TEST(tunnels_nest_to_a_limit)
{
	for (unsigned deep = 8; deep <= 9; deep++) {
		begin_unknowns();
		rtp(0);
		for (unsigned i = 0; i < deep; i++)
			wrap_ip(4, 1, 64, 0);
		wrap_ethernet(0x0800);
		send_frame(0);
		es_engine_health(w.e, world_time(0));
		CHECK_EQ(es_engine_counter(w.e, ES_CNT_RTP_PACKETS), deep == 8);
		CHECK_EQ(es_engine_counter(w.e, ES_CNT_TOO_DEEP), deep == 9);
		CHECK_EQ(kept[0].layer, deep == 9 ? ES_UNKNOWN_DEPTH : 0);
		CHECK_EQ(kept[0].number, deep == 9 ? 0x0800 : 0);
		es_engine_free(w.e);
	}
}

TEST(tunnels_unknown_ones_leave_a_sample)
{
	begin_unknowns();
	for (unsigned i = 0; i < 3; i++) {
		memcpy(frame, "0123456789abcdefghij", 20);
		frame[0] = (uint8_t)('0' + i);
		n_frame = 20;
		wrap_ethernet(0x7777);
		send_frame(i);
	}
	es_engine_health(w.e, world_time(9));
	CHECK(seen_unknowns != NULL);
	CHECK_EQ(kept[0].layer, ES_UNKNOWN_ETHERTYPE);
	CHECK_EQ(kept[0].number, 0x7777);
	CHECK_EQ(kept[0].count, 3);
	CHECK_EQ(kept[0].sample_bytes, 16);
	CHECK(memcmp(kept[0].sample, "2123456789abcdef", 16) == 0); /* the last */
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_ETHERTYPE), 3);
	es_engine_free(w.e);
}

static void
send_unknown(uint16_t ethertype, double ms)
{
	n_frame = 4;
	memset(frame, 0, n_frame);
	wrap_ethernet(ethertype);
	send_frame(ms);
}

/* Packets of it that the last health record counts. */
static uint64_t
reported_of(uint32_t ethertype)
{
	for (unsigned i = 0; seen_unknowns != NULL && i < 16; i++)
		if (kept[i].number == ethertype)
			return kept[i].count;
	return 0;
}

TEST(tunnels_unknown_table_is_bounded)
{
	begin_unknowns();
	for (unsigned i = 0; i < 40; i++)
		send_unknown((uint16_t)(0x7700 + i), i);
	es_engine_health(w.e, world_time(99));
	CHECK_EQ(kept[15].number, 0x770f);
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_ETHERTYPE), 40);
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_UNSAMPLED), 24);
	es_engine_free(w.e);
}

/* Sixteen odd numbers were reported and still come: a seventeenth is in the next health record all the same. */
TEST(tunnels_unknown_that_comes_late_is_sampled_in_its_period)
{
	begin_unknowns();
	for (unsigned i = 0; i < 16 * 100; i++)
		send_unknown((uint16_t)(0x7700 + i % 16), i);
	es_engine_health(w.e, world_time(1600));
	CHECK_EQ(reported_of(0x7700), 100);
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_UNSAMPLED), 0);
	for (unsigned i = 0; i < 16 * 100; i++) {
		send_unknown((uint16_t)(0x7700 + i % 16), 2000 + i);
		if (i % 100 == 0)
			send_unknown(0x7800, 2000 + i);
	}
	es_engine_health(w.e, world_time(4000));
	CHECK_EQ(reported_of(0x7800), 16);
	es_engine_free(w.e);
}

/* A flood of numbers, each seen once, keeps no row from what continues, nor takes it away. */
TEST(tunnels_unknown_flood_leaves_what_continues)
{
	begin_unknowns();
	for (unsigned i = 0; i < 3000; i++) {
		if (i % 5 == 0)
			send_unknown(0x7ffe, i);
		if (i > 20 && i % 5 == 0)
			send_unknown(0x7fff, i);
		send_unknown((uint16_t)(0x7000 + i), i);
	}
	es_engine_health(w.e, world_time(3000));
	CHECK_EQ(reported_of(0x7ffe), 600);
	CHECK(reported_of(0x7fff) > 400);
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_ETHERTYPE), 3000 + 600 + 595);
	CHECK_EQ(es_engine_counter(w.e, ES_CNT_UNKNOWN_UNSAMPLED),
	    3000 + 600 + 595 - 600 - reported_of(0x7fff) - 14);
	es_engine_free(w.e);
}

TEST(tunnels_icmp_error_quoting_media_is_no_media)
{
	static const uint8_t unreachable[8] = { 3, 3 };

	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++) {
		rtp(i);
		wrap(unreachable, sizeof(unreachable));
		wrap_ip(1, 5, 64, 0);
		wrap_ethernet(0x0800);
		send_frame(20.0 * i);
	}
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_PACKETS), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_OTHER_PROTOCOLS), RTP_PACKETS);
	CHECK_EQ(world_counter(&w, ES_CNT_UNKNOWN_IP_PROTO), 0);
	world_done(&w);
}

/* Cuts the IPv4 packet in the frame in two at `at` payload bytes and wraps nothing: part 0 or 1. */
static void
part(unsigned which, size_t at)
{
	size_t n_payload = n_frame - IP_BYTES;

	if (which == 0) {
		n_frame = IP_BYTES + at;
		put16(6, 0x2000);
	} else {
		memmove(frame + IP_BYTES, frame + IP_BYTES + at, n_payload - at);
		n_frame -= at;
		put16(6, (unsigned)(at / 8));
	}
	put16(2, (unsigned)n_frame);
}

TEST(tunnels_fragments_inside_of_fragments)
{
	const struct es_stream *s;

	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++)
		for (unsigned in = 0; in < 2; in++)
			for (unsigned out = 0; out < 2; out++) {
				rtp(i);
				part(in, 96);
				wrap_gtp();
				put16(4, 2 * i + in + 1);
				part(out, 64);
				wrap_ethernet(0x0800);
				send_frame(20.0 * i);
			}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, RTP_PACKETS);
	CHECK_EQ(world_counter(&w, ES_CNT_FRAGMENTS_DROPPED), 0);
	world_done(&w);
}

TEST(tunnels_extension_headers_behind_an_ipv6_fragment)
{
	const struct es_stream *s;

	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++)
		for (unsigned k = 0; k < 2; k++) {
			/* Destination options, 8 bytes, then UDP: 8 + 180 bytes in parts of 96. */
			static const uint8_t options[8] = { 17, 0, 1, 4 };
			uint8_t header[48] = { 0x60, 0, 0, 0, 0, 0, 44, 64 };
			size_t n;

			rtp(i);
			memmove(frame, frame + IP_BYTES, n_frame - IP_BYTES);
			n_frame -= IP_BYTES;
			wrap(options, sizeof(options));
			n = k == 0 ? 96 : n_frame - 96;
			if (k == 1)
				memmove(frame, frame + 96, n);
			n_frame = n;
			header[5] = (uint8_t)(n + 8);
			header[8] = header[24] = 0xfd;
			header[23] = 1;
			header[39] = 2;
			header[40] = 60;
			header[43] = k == 0 ? 1 : 96;
			header[47] = (uint8_t)(i + 1);
			wrap(header, sizeof(header));
			wrap_ethernet(0x86dd);
			send_frame(20.0 * i);
		}
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, RTP_PACKETS);
	world_done(&w);
}

static void
wrap_vxlan(uint8_t flags, uint8_t field, uint8_t last)
{
	uint8_t header[8] = { flags, field, 0xd1, 0xf2, 0, 0, 9, last };

	wrap(header, sizeof(header));
	wrap_udp(50000, 4789);
	wrap_ip(17, 7, 255, 0);
}

/* RFC 7348 section 5: what is reserved is ignored; only what is inside may speak against it. */
TEST(tunnels_vxlan_with_reserved_bits_holds_a_call)
{
	begin();
	for (unsigned i = 0; i < RTP_PACKETS; i++) {
		rtp(i);
		put16(10, sum());
		wrap_ethernet(0x0800);
		wrap_vxlan((uint8_t)(8 | i << 4), (uint8_t)i, (uint8_t)(i * 3));
		wrap_ethernet(0x0800);
		send_frame(20.0 * i);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, RTP_PACKETS);
	CHECK_EQ(world_counter(&w, ES_CNT_TUNNELLED), RTP_PACKETS);
	world_done(&w);
}

/* GTP-C of version 2 has the first four bytes of ChannelData. */
TEST(tunnels_gtp_control_is_no_relayed_media)
{
	static const uint8_t request[] = { 0x48, 0x20, 0, 17, 0x80, 0, 0x12, 0x34, 0, 0, 1, 0, 3, 0,
		1, 0, 7, 1, 0, 0, 0 };

	begin();
	for (unsigned i = 0; i < 10; i++) {
		memcpy(frame, request, sizeof(request));
		n_frame = sizeof(request);
		wrap_udp(2123, i % 2 == 0 ? 2123 : 30000);
		wrap_ip(17, (uint16_t)i, 64, 0);
		wrap_ethernet(0x0800);
		send_frame(20.0 * i);
	}
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_GTP_CONTROL), 10);
	CHECK_EQ(world_counter(&w, ES_CNT_TURN_CHANNEL), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_PACKETS), 0);
	world_done(&w);
}
