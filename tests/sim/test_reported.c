/* SPDX-License-Identifier: Apache-2.0 */
/* What the ends say in RTCP: units, subjects, round trips. */
#include "tests/sim/rtcp.h"
#include "tests/unit/harness.h"

static struct world w;

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

/* The value of a metric, -1 where the record does not list it. */
static int64_t
value_of(const struct es_reported *r, enum es_reported_metric metric)
{
	for (uint32_t i = 0; i < r->n_values; i++)
		if (r->values[i].metric == metric)
			return r->values[i].value;
	return -1;
}

TEST(extended_report_is_a_record_of_its_own)
{
	static const uint8_t statistics[] = { 0, 0, 0, 0xa, 0, 10, 0, 20, 0, 0, 0, 3, 0, 0, 0, 1, 0,
		0, 0, 80, 0, 0, 1, 0x40, 0, 0, 0, 160, 0, 0, 0, 8, 0, 0, 0, 0 };
	const struct es_reported *r;
	uint8_t p[64];

	begin();
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p,
	    extended_report(p, 0xb, 6, 0xe0, statistics, sizeof(statistics)));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_EQ(r->source, ES_SOURCE_RTCP_XR);
	CHECK_EQ(r->reporter_ssrc, 0xb);
	CHECK_EQ(r->subject_ssrc, 0xa);
	CHECK_EQ(r->has, 0);
	CHECK_EQ(value_of(r, ES_RM_LOST_PACKETS), 3);
	CHECK_EQ(value_of(r, ES_RM_JITTER_MEAN_US), 20000);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_XR_BLOCKS), 1);
	/* The same between strangers is no report. */
	world_send_udp(&w, 300, world_addr(8, 5001), world_addr(9, 4001), p,
	    extended_report(p, 0xb, 6, 0xe0, statistics, sizeof(statistics)));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_STRANGERS), 1);
	world_done(&w);
}

TEST(measurement_information_names_the_packets_of_the_blocks_behind_it)
{
	static const uint8_t xr[] = { 0x80, 207, 0, 12, 0, 0, 0, 0xb, 14, 0, 0, 7, 0, 0, 0, 0xa, 0,
		0, 0, 100, 0, 1, 0, 0, 0, 1, 0, 255, 0, 5, 0, 0, 0, 0, 0, 60, 0x80, 0, 0, 0, 24,
		0xb0, 0, 2, 0, 0, 0, 0xa, 0, 0, 0, 9 };
	const struct es_reported *r;
	uint8_t p[sizeof(xr)];

	begin();
	memcpy(p, xr, sizeof(xr));
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p, sizeof(p));
	p[41] = 0xf0; /* cumulative */
	world_send_udp(&w, 300, world_addr(2, 5001), world_addr(1, 4001), p, sizeof(p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 2);
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_SLICE(r->kind, "interval");
	CHECK_EQ(value_of(r, ES_RM_DISCARDED_PACKETS), 9);
	CHECK_EQ(value_of(r, ES_RM_FIRST_SEQ), 65536);
	CHECK_EQ(value_of(r, ES_RM_LAST_SEQ), 65791);
	CHECK_EQ(value_of(r, ES_RM_DURATION_US), 5000000);
	r = &world_nth(&w, ES_REC_REPORTED, 1)->u.reported;
	CHECK_SLICE(r->kind, "cumulative");
	CHECK_EQ(value_of(r, ES_RM_FIRST_SEQ), 100);
	CHECK_EQ(value_of(r, ES_RM_DURATION_US), 60500000);
	world_done(&w);
}

TEST(round_trip_from_the_receivers_own_reference_time)
{
	static const uint8_t reference[] = { 0xe0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0 };
	static const uint8_t dlrr[] = { 0, 0, 0, 0xa, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x19, 0x9a };
	const struct es_reported *r;
	uint8_t p[64];

	begin();
	/* 0xa states its time at 200 ms; 0xb answers after 100 ms; that passes at 340 ms. */
	world_send_udp(&w, 200, world_addr(1, 4001), world_addr(2, 5001), p,
	    extended_report(p, 0xa, 4, 0, reference, sizeof(reference)));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	world_send_udp(&w, 340, world_addr(2, 5001), world_addr(1, 4001), p,
	    extended_report(p, 0xb, 5, 0, dlrr, sizeof(dlrr)));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
	CHECK_EQ(r->source, ES_SOURCE_RTCP_XR);
	CHECK_EQ(r->subject_ssrc, 0xa);
	CHECK(r->has & ES_REPORTED_HAS_RTT);
	CHECK_NEAR(r->rtt_us, 40000, 20);
	world_done(&w);
}

TEST(bye_in_rtcp_is_a_finding)
{
	static const uint8_t bye[] = { 0x81, 203, 0, 1, 0, 0, 0, 0xa };

	begin();
	world_send_udp(&w, 200, world_addr(1, 4001), world_addr(2, 5001), bye, sizeof(bye));
	/* Nobody says it for another. */
	world_send_udp(&w, 200, world_addr(9, 4001), world_addr(1, 4001), bye, sizeof(bye));
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_BYES), 1);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, ES_FINDING_BYE);
	CHECK_EQ(world_stream(&w, 0xb, 0)->findings, 0);
	world_done(&w);
}

/* Names of people and what applications send are nobody's business here: counted, and no report. */
TEST(source_description_and_app_are_counted_and_not_kept)
{
	static const uint8_t compound[] = { 0x80, 201, 0, 1, 0, 0, 0, 0xb, 0x81, 202, 0, 3, 0, 0, 0,
		0xb, 1, 4, 'b', 'o', 'b', '@', 0, 0, 0x80, 204, 0, 3, 0, 0, 0, 0xb, 'N', 'A', 'M',
		'E', 1, 2, 3, 4 };
	unsigned n;

	begin();
	n = world_count(&w, ES_REC_REPORTED);
	world_send_udp(
	    &w, 200, world_addr(2, 5001), world_addr(1, 4001), compound, sizeof(compound));
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_SDES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_APPS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 0);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), n);
	world_done(&w);
}

TEST(rtcp_of_reduced_size_is_believed)
{
	static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 0xb, 0, 0, 0, 0xa };

	begin();
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), pli, sizeof(pli));
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_FEEDBACK), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 0);
	world_done(&w);
}

TEST(rtcp_at_any_port_is_of_the_only_such_stream_between_two_hosts)
{
	struct world_rtp twin = { .from = 1, .to = 2, .from_port = 6000, .to_port = 7000 };
	uint8_t p[64];
	double ms = 300;

	begin();
	world_send_udp(&w, 200, world_addr(2, 9123), world_addr(1, 8123), p,
	    receiver_report(p, 0xb, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_EQ(world_nth(&w, ES_REC_REPORTED, 0)->u.reported.jitter_us, 20000);
	/* A second stream of that SSRC: now nobody knows whose it is. */
	twin.ssrc = 0xa;
	world_run_rtp(&w, &ms, &twin, 5);
	world_send_udp(&w, 500, world_addr(2, 9123), world_addr(1, 8123), p,
	    receiver_report(p, 0x99, 0xa, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	world_done(&w);
}

/* Of 256 streams of one SSRC the last is the one whose description names the port. */
TEST(rtcp_of_the_last_of_256_streams_of_one_ssrc_is_found)
{
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE" };
	char sdp[1024];
	uint8_t p[64];

	world_init(&w);
	world_start(&w);
	m.sdp = world_sdp(sdp, 2, 20000 + 2 * 255, "0", "a=rtcp:5600\r\n");
	world_send_sip(&w, 0, world_addr(2, 5060), world_addr(1, 5060), &m);
	for (unsigned i = 0; i < 256; i++) {
		struct world_rtp r = { .from = 1, .to = 2, .from_port = 4000, .ssrc = 0xa };
		double ms = 10;

		r.to_port = (uint16_t)(20000 + 2 * i);
		world_run_rtp(&w, &ms, &r, 5);
	}
	world_send_udp(&w, 200, world_addr(1, 9123), world_addr(2, 5600), p,
	    sender_report(p, 0xa, 0x12345678, 0xb));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	world_done(&w);
}

/* Two calls, one SSRC, RTCP at the ports that a=rtcp names. */
TEST(rtcp_goes_to_the_port_that_sdp_names)
{
	struct world_rtp out = { .from = 1, .to = 2, .from_port = 4000, .to_port = 5000 };
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE" };
	char sdp[1024];
	uint8_t p[64];
	double ms = 10;

	world_init(&w);
	world_start(&w);
	m.sdp = world_sdp(sdp, 1, 4000, "0", "a=rtcp:4600\r\n");
	world_send_sip(&w, 0, world_addr(1, 5060), world_addr(2, 5060), &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "t";
	m.sdp = world_sdp(sdp, 2, 5000, "0", "a=rtcp:5600\r\n");
	world_send_sip(&w, 5, world_addr(2, 5060), world_addr(1, 5060), &m);
	out.ssrc = 0xa;
	world_run_rtp(&w, &ms, &out, 5);
	out.from_port = 6000;
	out.to_port = 7000;
	ms = 10;
	world_run_rtp(&w, &ms, &out, 5);
	world_send_udp(&w, 200, world_addr(1, 4600), world_addr(2, 5600), p,
	    receiver_report(p, 0xa, 0x77, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_SLICE(world_nth(&w, ES_REC_REPORTED, 0)->u.reported.call_id, "c1");
	world_done(&w);
}

/* As many reports as fit: neither the time nor the records of one packet may grow with it. */
TEST(rtcp_compound_of_many_packets_gives_bounded_records)
{
	uint8_t p[200 * 32];

	begin();
	for (unsigned i = 0; i < 200; i++)
		receiver_report(p + i * 32, 0xb, 0xa, 0, 0);
	world_send_udp(&w, 200, world_addr(2, 5001), world_addr(1, 4001), p, 100 * 32);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 64); /* each packet and each block is a search */
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_OVER_LIMIT), 1);
	world_send_udp(&w, 300, world_addr(2, 5001), world_addr(1, 4001), p, sizeof(p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 128);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_OVER_LIMIT), 2);
	world_send_udp(&w, 400, world_addr(2, 5001), world_addr(1, 4001), p, 64 * 32);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 192);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_OVER_LIMIT), 2);
	world_done(&w);
}

/* One reference time answered a hundred times over in one block. */
TEST(dlrr_of_many_answers_gives_bounded_records)
{
	static const uint8_t reference[] = { 0xe0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0 };
	static const uint8_t one[] = { 0, 0, 0, 0xa, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x19, 0x9a };
	uint8_t dlrr[300 * 12];
	uint8_t p[sizeof(dlrr) + 12];
	size_t n;

	begin();
	world_send_udp(&w, 200, world_addr(1, 4001), world_addr(2, 5001), p,
	    extended_report(p, 0xa, 4, 0, reference, sizeof(reference)));
	for (unsigned i = 0; i < 300; i++)
		memcpy(dlrr + i * 12, one, 12);
	n = extended_report(p, 0xb, 5, 0, dlrr, sizeof(dlrr));
	p[2] = (2 + sizeof(dlrr) / 4) >> 8;
	p[10] = (sizeof(dlrr) / 4) >> 8;
	world_send_udp(&w, 340, world_addr(2, 5001), world_addr(1, 4001), p, n);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 127);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_OVER_LIMIT), 1);
	world_done(&w);
}
