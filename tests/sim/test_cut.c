/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that the capture's snap length cut: each is counted as cut, and the health record says so. */
#include "tests/sim/parties.h"
#include "tests/sim/rtcp.h"

enum {
	ETHERNET_BYTES = 14,
	UDP_HEADERS_BYTES = 42, /* Ethernet, IPv4, UDP */
	TCP_HEADERS_BYTES = 54,
	RTP_BYTES = 12,
};

static void
begin_cut(uint32_t snap_bytes)
{
	world_init(&w);
	w.snap_bytes = snap_bytes;
	world_start(&w);
}

static uint32_t
health_flags(void)
{
	es_engine_health(w.e, world_time(99999));
	return world_nth(&w, ES_REC_HEALTH, world_count(&w, ES_REC_HEALTH) - 1)->coverage.flags;
}

static uint64_t
all_cut(void)
{
	return world_counter(&w, ES_CNT_HEADERS_CUT) + world_counter(&w, ES_CNT_RTCP_CUT) +
	       world_counter(&w, ES_CNT_SIP_CUT);
}

/* Nothing else than cut is said of it. */
static void
check_only_cut(uint32_t snap_bytes)
{
	if (all_cut() != 1 || world_counter(&w, ES_CNT_UDP_OTHER) != 0 ||
	    world_counter(&w, ES_CNT_MALFORMED) != 0 ||
	    world_counter(&w, ES_CNT_RTCP_MALFORMED) != 0 ||
	    world_counter(&w, ES_CNT_SIP_MALFORMED) != 0)
		test_fail(__FILE__, __LINE__, "snap length %u: cut %u", (unsigned)snap_bytes,
		    (unsigned)all_cut());
	CHECK_EQ(health_flags(), ES_COV_CUT);
}

TEST(lone_sender_report_that_is_cut_anywhere_is_cut)
{
	uint8_t p[64];
	size_t n = sender_report(p, 0xa, 1, 0xb);

	for (uint32_t snap = 1; snap < UDP_HEADERS_BYTES + n; snap += test_step(3)) {
		begin_cut(snap);
		world_send_udp(&w, 0, world_addr(1, 5005), world_addr(2, 5005), p, n);
		check_only_cut(snap);
		world_done(&w);
	}
	begin_cut(0);
	world_send_udp(&w, 0, world_addr(1, 5005), world_addr(2, 5005), p, n);
	CHECK_EQ(all_cut(), 0);
	CHECK_EQ(health_flags(), 0);
	world_done(&w);
}

TEST(rtp_that_is_cut_within_its_header_is_cut)
{
	for (uint32_t snap = 1; snap < UDP_HEADERS_BYTES + RTP_BYTES; snap++) {
		struct world_rtp r = { .from = 1, .to = 2, .ssrc = 0xa };

		begin_cut(snap);
		world_send_rtp(&w, 0, &r);
		check_only_cut(snap);
		world_done(&w);
	}
}

/* Behind its header RTP is measured, whatever is cut: that is how most captures are made. */
TEST(rtp_that_is_cut_behind_its_header_is_whole)
{
	struct world_rtp r = { .from = 1, .to = 2, .ssrc = 0xa };
	double ms = 0;

	begin_cut(UDP_HEADERS_BYTES + RTP_BYTES);
	world_run_rtp(&w, &ms, &r, 50);
	CHECK_EQ(all_cut(), 0);
	CHECK_EQ(health_flags(), 0);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 50);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->coverage.flags, 0);
	world_done(&w);
}

TEST(sip_that_is_cut_anywhere_is_cut)
{
	static const char *const starts[] = { "INVITE sip:b@b SIP/2.0", "SUBSCRIBE sips:b SIP/2.0",
		"SIP/2.0 200 OK" };
	const struct world_sip base = {
		.call_id = "c", .from_tag = "f", .cseq = 1, .method = "INVITE"
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct world_sip m = base;
		char text[1024];
		size_t n;

		m.start = starts[i];
		n = world_sip_text(&m, text, sizeof(text));
		for (uint32_t snap = 1 + (uint32_t)i; snap < UDP_HEADERS_BYTES + n;
		     snap += test_step(17)) {
			begin_cut(snap);
			world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
			check_only_cut(snap);
			world_done(&w);
		}
		begin_cut((uint32_t)(UDP_HEADERS_BYTES + n - 1));
		world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
		check_only_cut((uint32_t)(UDP_HEADERS_BYTES + n - 1));
		world_done(&w);
	}
}

TEST(segments_that_are_cut_within_their_headers_are_cut)
{
	static const char bytes[] = "OPTIONS sip:b SIP/2.0\r\n";

	for (uint32_t snap = 1; snap < TCP_HEADERS_BYTES; snap++) {
		begin_cut(snap);
		world_send_tcp(&w, 0, world_addr(1, 5060), world_addr(2, 5060), 1, 0x18, bytes,
		    sizeof(bytes) - 1);
		CHECK_EQ(world_counter(&w, ES_CNT_HEADERS_CUT), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_MALFORMED), 0);
		CHECK_EQ(health_flags(), ES_COV_CUT);
		world_done(&w);
	}
}

/* What is damaged stays so in a capture that cuts it far behind its headers. */
TEST(damaged_headers_are_no_cut_ones)
{
	uint8_t frame[200] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x75 };
	struct es_packet p = { .ts = world_time(0),
		.data = frame,
		.cap_bytes = sizeof(frame),
		.wire_bytes = 1514,
		.link = ES_LINK_ETHERNET };

	begin_cut(0);
	es_engine_packet(w.e, &p);
	CHECK_EQ(world_counter(&w, ES_CNT_MALFORMED), 1);
	p.cap_bytes = p.wire_bytes = ETHERNET_BYTES + 10; /* sent so short */
	es_engine_packet(w.e, &p);
	CHECK_EQ(world_counter(&w, ES_CNT_MALFORMED), 2);
	CHECK_EQ(all_cut(), 0);
	CHECK_EQ(health_flags(), 0);
	world_done(&w);
}

/* The header is all there: nothing that was cut off can mend its length. */
TEST(udp_length_that_cannot_be_is_malformed_in_a_cut_packet)
{
	uint8_t frame[62] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 100, 0, 1, 0, 0,
		64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 0x39, 0x13, 0xc4, 0, 200 };
	struct es_packet p = { .ts = world_time(0),
		.data = frame,
		.cap_bytes = sizeof(frame),
		.wire_bytes = 114,
		.link = ES_LINK_ETHERNET };

	begin_cut(0);
	es_engine_packet(w.e, &p);
	CHECK_EQ(world_counter(&w, ES_CNT_MALFORMED), 1);
	CHECK_EQ(all_cut(), 0);
	CHECK_EQ(health_flags(), 0);
	p.cap_bytes = UDP_HEADERS_BYTES - 1; /* the checksum is not all there */
	es_engine_packet(w.e, &p);
	CHECK_EQ(world_counter(&w, ES_CNT_MALFORMED), 1);
	CHECK_EQ(all_cut(), 1);
	world_done(&w);
}

/* The sender's part is there, the report block behind it is not. */
TEST(report_out_of_a_cut_packet_says_that_it_is_cut)
{
	struct world_rtp r = {
		.from = 1, .to = 2, .ssrc = 0xa, .from_port = 5004, .to_port = 5004
	};
	uint8_t p[64 + 8];
	double ms = 0;
	size_t n = receiver_report(p, 0xb, 0xa, 0, 0);

	p[n] = 0x80; /* an empty report behind it */
	p[n + 1] = 201;
	p[n + 2] = 0;
	p[n + 3] = 1;
	put32(p + n + 4, 0xb);
	begin_cut(0);
	world_run_rtp(&w, &ms, &r, 50);
	w.snap_bytes = (uint32_t)(UDP_HEADERS_BYTES + n);
	world_send_udp(&w, ms, world_addr(2, 5005), world_addr(1, 5005), p, n + 8);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_EQ(world_nth(&w, ES_REC_REPORTED, 0)->coverage.flags, ES_COV_CUT);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_CUT), 1);
	w.snap_bytes = 0;
	world_send_udp(&w, ms + 5000, world_addr(2, 5005), world_addr(1, 5005), p, n + 8);
	CHECK_EQ(world_nth(&w, ES_REC_REPORTED, 1)->coverage.flags, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_CUT), 1);
	world_flush(&w);
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->coverage.flags, 0);
	world_done(&w);
}
