/* SPDX-License-Identifier: Apache-2.0 */
/* What the ends say in RTCP: units, subjects, round trips. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static struct world w;

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A report block about subject: 12 lost in all, a quarter of late, jitter 160 ticks. */
static void
block(uint8_t *p, uint32_t subject, uint32_t lsr, uint32_t dlsr)
{
	put32(p, subject);
	put32(p + 4, 0x40000000u | 12);
	put32(p + 8, 0x00010064);
	put32(p + 12, 160);
	put32(p + 16, lsr);
	put32(p + 20, dlsr);
}

static size_t
sender_report(uint8_t *p, uint32_t ssrc, uint32_t ntp_middle, uint32_t subject)
{
	memset(p, 0, 52);
	p[0] = 0x81;
	p[1] = 200;
	p[3] = 12;
	put32(p + 4, ssrc);
	put32(p + 8, 0xe0000000u | ntp_middle >> 16);
	put32(p + 12, ntp_middle << 16);
	block(p + 28, subject, 0, 0);
	return 52;
}

static size_t
receiver_report(uint8_t *p, uint32_t ssrc, uint32_t subject, uint32_t lsr, uint32_t dlsr)
{
	memset(p, 0, 32);
	p[0] = 0x81;
	p[1] = 201;
	p[3] = 7;
	put32(p + 4, ssrc);
	block(p + 8, subject, lsr, dlsr);
	return 32;
}

/* Two streams between hosts 1 (port 4000, SSRC 0xa) and 2 (port 5000, SSRC 0xb). */
static void
begin(void)
{
	struct world_rtp out = { .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	struct world_rtp back = { .from = 2, .to = 1, .from_port = 5000, .to_port = 4000 };
	double ms = 0;

	out.ssrc = 0xa;
	back.ssrc = 0xb;
	world_init(&w);
	world_start(&w);
	world_run_rtp(&w, &ms, &out, 5);
	ms = 0;
	world_run_rtp(&w, &ms, &back, 5);
}

TEST(report_comes_in_si_units)
{
	const struct es_reported *r;
	uint8_t p[64];

	begin();
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p,
	    receiver_report(p, 0xb, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_EQ(r->reporter_ssrc, 0xb);
	CHECK_EQ(r->subject_ssrc, 0xa);
	CHECK_EQ(r->fraction_lost_ppm, 250000);
	CHECK_EQ(r->cumulative_lost, 12);
	CHECK_EQ(r->highest_seq, 0x10064);
	CHECK(r->has & ES_REPORTED_HAS_JITTER);
	CHECK_EQ(r->jitter_us, 20000);
	CHECK_EQ(r->has & ES_REPORTED_HAS_RTT, 0);
	CHECK_EQ(r->src.port, 5001);
	world_done(&w);
}

TEST(round_trip_is_from_here_to_the_reporter_and_back)
{
	const struct es_reported *r;
	uint8_t p[64];

	begin();
	/* The SR of 0xa passes at 200 ms; 0xb answers after 100 ms; that passes at 340 ms. */
	world_send_udp(&w, 200, world_addr(1, 4001), world_addr(2, 5001), p,
	    sender_report(p, 0xa, 0x12345678, 0xb));
	world_send_udp(&w, 340, world_addr(2, 5001), world_addr(1, 4001), p,
	    receiver_report(p, 0xb, 0xa, 0x12345678, 6554));
	r = &world_nth(&w, ES_REC_REPORTED, 1)->u.reported;
	CHECK(r->has & ES_REPORTED_HAS_RTT);
	CHECK_NEAR(r->rtt_us, 40000, 20);
	/* Of a report nobody saw there is no round trip. */
	world_send_udp(&w, 400, world_addr(2, 5001), world_addr(1, 4001), p,
	    receiver_report(p, 0xb, 0xa, 0x99999999, 6554));
	CHECK_EQ(world_nth(&w, ES_REC_REPORTED, 2)->u.reported.has & ES_REPORTED_HAS_RTT, 0);
	world_done(&w);
}

TEST(rtcp_on_the_port_of_rtp_is_no_rtp)
{
	uint8_t p[64];

	begin();
	world_send_udp(&w, 200, world_addr(2, 5000), world_addr(1, 4000), p,
	    receiver_report(p, 0xb, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_EQ(world_nth(&w, ES_REC_REPORTED, 0)->u.reported.jitter_us, 20000);
	CHECK_EQ(world_counter(&w, ES_CNT_RTP_PACKETS), 10);
	world_done(&w);
}

TEST(jitter_of_a_subject_never_seen_is_absent)
{
	const struct es_reported *r;
	uint8_t p[64];

	begin();
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p,
	    receiver_report(p, 0xb, 0x777, 0, 0));
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_EQ(r->has & ES_REPORTED_HAS_JITTER, 0);
	CHECK(r->has & ES_REPORTED_HAS_LOSS);
	world_done(&w);
}

/* Host 1 sits behind a NAT: neither its RTP nor its RTCP comes from the port its SDP names. */
TEST(rtcp_whose_port_a_nat_moved_is_of_its_call)
{
	struct world_rtp out = {
		.from = 1, .to = 2, .from_port = 6111, .to_port = 5000, .ssrc = 0xa
	};
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE" };
	const struct es_reported *r;
	char sdp[1024];
	uint8_t p[64];
	double ms = 10;

	world_init(&w);
	world_start(&w);
	m.sdp = world_sdp(sdp, 77, 4000, "0", "");
	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "t";
	m.sdp = world_sdp(sdp, 2, 5000, "0", "");
	world_send_sip(&w, 5, world_addr(2, 5060), world_addr(1, 5060), &m);
	world_run_rtp(&w, &ms, &out, 5);
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 7333), p,
	    receiver_report(p, 0xb, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_EQ(r->jitter_us, 20000);
	CHECK_SLICE(r->call_id, "c1");
	/* Of another host it is not. */
	world_send_udp(&w, 300, world_addr(2, 5001), world_addr(9, 7333), p,
	    receiver_report(p, 0xb, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	world_done(&w);
}

TEST(rtcp_of_strangers_is_not_believed)
{
	uint8_t p[64];

	begin();
	world_send_udp(
	    &w, 200, world_addr(8, 5001), world_addr(9, 4001), p, receiver_report(p, 1, 2, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_PACKETS), 1);
	world_done(&w);
}

TEST(broken_rtcp_is_counted)
{
	uint8_t p[64];
	size_t n = receiver_report(p, 0xb, 0xa, 0, 0);

	begin();
	p[3] = 60;
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p, n);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED) + world_counter(&w, ES_CNT_UDP_OTHER), 1);
	world_done(&w);
}
