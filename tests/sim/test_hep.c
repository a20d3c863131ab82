/* SPDX-License-Identifier: Apache-2.0 */
/* HEP as input: what other agents handed on, over UDP and TCP. */
#include "tests/sim/parties.h"
#include "tests/unit/hep_samples.h"

enum { SYN = 2, PSH = 0x18, HEP_PORT = 9060 };

static size_t
invite(char *out, size_t cap, const char *call_id)
{
	struct world_sip m = { .start = "INVITE sip:b@b SIP/2.0", .call_id = call_id, .cseq = 1 };

	m.method = "INVITE";
	m.from_tag = "ta";
	m.sdp = sdp_a;
	return world_sip_text(&m, out, cap);
}

static struct hep_sample
hep_invite(const char *call_id, uint32_t seconds, uint32_t micros)
{
	struct hep_sample s;
	char text[2048];

	hep_begin(&s, ALICE, 5060, BOB, 5060, seconds, micros, 1);
	hep_chunk(&s, 15, text, invite(text, sizeof(text), call_id));
	return s;
}

static void
send_hep(double ms, const struct hep_sample *s)
{
	world_send_udp(&w, ms, world_addr(8, 5000), world_addr(9, HEP_PORT), s->bytes, s->n);
}

TEST(hep_call_has_the_inner_addresses_and_time)
{
	struct es_addr alice = world_addr(ALICE, 5060);
	struct hep_sample s = hep_invite("h1", WORLD_T0_S, 900000);
	const struct es_call *c;

	begin();
	send_hep(1000, &s);
	c = world_call(&w, "h1");
	CHECK(c != NULL);
	CHECK(es_addr_eq(&c->invite_src, &alice));
	CHECK_EQ(c->start.ns, world_time(900).ns);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	world_done(&w);
}

TEST(hep_of_a_clock_far_off_has_the_time_of_its_packet)
{
	struct hep_sample s = hep_invite("h1", WORLD_T0_S + 3600, 0);

	begin();
	send_hep(1000, &s);
	CHECK_EQ(world_call(&w, "h1")->start.ns, world_time(1000).ns);
	world_done(&w);
}

TEST(hep_media_is_bound_to_the_call_that_hep_reported)
{
	struct hep_sample s = hep_invite("h1", WORLD_T0_S, 0);
	struct world_rtp r = to_alice();
	double ms = 100;

	begin();
	send_hep(1, &s);
	world_run_rtp(&w, &ms, &r, 50);
	world_flush(&w);
	CHECK(es_slice_eq(world_stream(&w, 0xb, 0)->call_id, es_slice_str("h1")));
	world_done(&w);
}

/* A packet of SSRC 7 from Alice to Bob; its time stands in HEP. */
static struct hep_sample
hep_rtp(uint16_t i)
{
	uint8_t rtp[172] = { 0x80, 0, (uint8_t)(i >> 8), (uint8_t)i };
	uint32_t ts = i * 160u;
	struct hep_sample s;

	rtp[6] = (uint8_t)(ts >> 8);
	rtp[7] = (uint8_t)ts;
	rtp[11] = 7;
	hep_begin(&s, ALICE, 4000, BOB, 5000, WORLD_T0_S + i / 50, i % 50 * 20000u, 4);
	hep_chunk(&s, 15, rtp, sizeof(rtp));
	return s;
}

TEST(hep_rtp_is_measured)
{
	begin();
	for (uint16_t i = 0; i < 100; i++) {
		struct hep_sample s = hep_rtp(i);

		if (i != 60)
			send_hep(i * 20 + 3 * (i % 5), &s);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 7, 0)->packets, 99);
	CHECK_EQ(world_stream(&w, 7, 0)->lost, 1);
	CHECK_EQ(world_stream(&w, 7, 0)->jitter_max_us, 0); /* by the inner clock */
	world_done(&w);
}

TEST(hep_rtp_has_no_ip_header_rather_than_zeroes)
{
	begin();
	for (uint16_t i = 0; i < 20; i++) {
		struct hep_sample s = hep_rtp(i);

		send_hep(i * 20, &s);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 7, 0)->packets, 20);
	CHECK_EQ(world_stream(&w, 7, 0)->has & ES_STREAM_HAS_IP, 0);
	world_done(&w);
}

TEST(hep_copies_of_a_stream_that_is_seen_are_left_alone)
{
	struct world_rtp r = {
		.from = ALICE, .to = BOB, .from_port = 4000, .to_port = 5000, .ssrc = 7
	};
	const struct es_stream *st;

	begin();
	for (uint16_t i = 0; i < 50; i++) {
		struct hep_sample s = hep_rtp(i);

		r.seq = i;
		r.ts = i * 160u;
		if (i != 30)
			world_send_rtp(&w, i * 20, &r);
		send_hep(i * 20 + 1, &s);
	}
	world_flush(&w);
	st = world_stream(&w, 7, 0);
	CHECK_EQ(st->packets, 51); /* two came from HEP before it was believed */
	CHECK_EQ(st->duplicates, 2);
	CHECK_EQ(st->lost, 1);
	world_done(&w);
}

/* What HEP hands on of it has no DSCP: that is no change of marking. */
TEST(stream_seen_natively_and_by_hep_is_not_remarked)
{
	struct world_rtp r = { .from = ALICE,
		.to = BOB,
		.from_port = 4000,
		.to_port = 5000,
		.ssrc = 7,
		.ttl = 60,
		.tos = 46 << 2 };
	const struct es_stream *st;

	begin();
	for (uint16_t i = 0; i < 20; i++) {
		struct hep_sample s = hep_rtp(i);

		r.seq = i;
		r.ts = i * 160u;
		if (i % 4 != 3)
			send_hep(i * 20, &s);
		if (i % 4 != 0)
			world_send_rtp(&w, i * 20 + 1, &r);
	}
	world_flush(&w);
	st = world_stream(&w, 7, 0);
	CHECK(st->has & ES_STREAM_HAS_IP);
	CHECK_EQ(st->dscp, 46);
	CHECK_EQ(st->dscp_changes, 0);
	CHECK_EQ(st->findings & ES_FINDING_REMARKED, 0);
	CHECK_EQ(st->ttl_min, 60);
	CHECK_EQ(st->ttl, 60);
	world_done(&w);
}

TEST(hep_of_unknown_contents_is_counted)
{
	struct hep_sample s;

	begin();
	hep_begin(&s, 1, 1, 2, 2, WORLD_T0_S, 0, 5);
	hep_chunk(&s, 15, "{\"ssrc\":1}", 10); /* RTCP as JSON */
	send_hep(1, &s);
	hep_begin(&s, 1, 1, 2, 2, WORLD_T0_S, 0, 100);
	hep_chunk(&s, 15, "a log line", 10);
	send_hep(2, &s);
	hep_begin(&s, 1, 1, 2, 2, WORLD_T0_S, 0, 1);
	hep_chunk(&s, 16, "\x1f\x8b", 2);
	send_hep(3, &s);
	s.bytes[11] = 0;
	send_hep(4, &s);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_OTHER), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_COMPRESSED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MALFORMED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_UDP_OTHER), 0);
	world_done(&w);
}

TEST(hep_over_tcp_is_cut_by_length_and_found_again_behind_a_hole)
{
	struct es_addr from = world_addr(8, 5000), to = world_addr(9, HEP_PORT);
	struct hep_sample s = hep_invite("h1", WORLD_T0_S, 0);
	uint32_t seq = 101;

	begin();
	world_send_tcp(&w, 0, from, to, 100, SYN, NULL, 0);
	for (size_t at = 0; at < s.n; at += 100, seq += 100)
		world_send_tcp(
		    &w, 0, from, to, seq, PSH, s.bytes + at, s.n - at < 100 ? s.n - at : 100);
	seq = 101 + (uint32_t)s.n;
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MESSAGES), 1);
	/* The first half of the next is missing. */
	seq += 200;
	world_send_tcp(&w, 10, from, to, seq, PSH, s.bytes + 200, s.n - 200);
	seq += (uint32_t)s.n - 200;
	world_send_tcp(&w, 4000, from, to, seq, PSH, s.bytes, s.n);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_RESYNCS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

/* The packet of HEP that carries what Alice (or Bob) sent, at ms by its own clock. */
static struct hep_sample
hep_sip(double ms, bool from_alice, const struct world_sip *m)
{
	uint8_t from = from_alice ? ALICE : BOB;
	uint8_t to = from_alice ? BOB : ALICE;
	struct hep_sample s;
	char text[2048];

	hep_begin(&s, from, 5060, to, 5060, WORLD_T0_S, (uint32_t)(ms * 1000), 1);
	hep_chunk(&s, 15, text, world_sip_text(m, text, sizeof(text)));
	return s;
}

static void
hear_invite(double ms)
{
	struct hep_sample s = hep_sip(ms, true,
	    &(struct world_sip){ .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "ta",
		.sdp = sdp_a });

	send_hep(ms, &s);
}

static void
hear_response(double ms, const char *status, const char *sdp)
{
	char start[64];
	struct hep_sample s;

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	s = hep_sip(ms, false,
	    &(struct world_sip){ .start = start,
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "ta",
		.to_tag = "tb",
		.sdp = sdp });
	send_hep(ms, &s);
}

TEST(hep_copies_of_a_call_that_is_seen_change_nothing)
{
	struct es_addr alice = world_addr(ALICE, 5060);
	const struct es_call *c;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	hear_invite(1);
	hear_response(5, "183 Session Progress", sdp_b);
	response(10, true, "100 Trying", "INVITE", 1, NULL);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	hear_response(120, "486 Busy Here", NULL);
	response(500, true, "200 OK", "INVITE", 1, NULL);
	hear_response(510, "200 OK", sdp_b);
	request(520, true, "ACK", 1, "tb", NULL);
	c = world_call(&w, "c1");
	CHECK_EQ(c->transport, ES_TRANSPORT_UDP);
	CHECK(es_addr_eq(&c->invite_src, &alice));
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(c->final_status, 200);
	CHECK_EQ(c->n_statuses, 3);
	CHECK_EQ(c->request_delay_us, 100000);
	CHECK_EQ(c->post_dial_delay_us, 100000);
	CHECK_EQ(c->setup_us, 500000);
	CHECK_EQ(c->branches, 1);
	CHECK_EQ(c->resent, 0);
	CHECK_EQ(c->n_callee_media, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MESSAGES), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
	world_done(&w);
}

TEST(hep_call_is_taken_over_by_its_invite)
{
	const struct es_call *c;

	begin();
	hear_invite(0);
	hear_response(2, "100 Trying", NULL);
	hear_response(4, "183 Session Progress", sdp_b);
	c = world_call(&w, "c1");
	CHECK_EQ(c->transport, ES_TRANSPORT_HEP);
	send_sip(20, 3, 4,
	    (struct world_sip){ .cseq = 1, .method = "INVITE", .from_tag = "ta", .sdp = sdp_a });
	c = world_call(&w, "c1");
	CHECK_EQ(c->transport, ES_TRANSPORT_UDP);
	CHECK_EQ(c->start.ns, world_time(20).ns);
	CHECK_EQ(c->n_statuses, 0);
	CHECK_EQ(c->has & ES_CALL_HAS_REQUEST_DELAY, 0);
	hear_response(30, "180 Ringing", NULL);
	send_sip(120, 4, 3,
	    (struct world_sip){ .start = "SIP/2.0 180 Ringing",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "ta",
		.to_tag = "tb" });
	hear_response(130, "200 OK", sdp_b);
	send_sip(1020, 4, 3,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "ta",
		.to_tag = "tb",
		.sdp = sdp_b });
	c = world_call(&w, "c1");
	CHECK(es_addr_eq(&c->invite_src, &(struct es_addr[]){ world_addr(3, 5060) }[0]));
	CHECK(es_addr_eq(&c->invite_dst, &(struct es_addr[]){ world_addr(4, 5060) }[0]));
	CHECK_EQ(c->request_delay_us, 100000);
	CHECK_EQ(c->setup_us, 1000000);
	CHECK_EQ(c->ring_us, 900000);
	CHECK_EQ(c->n_statuses, 2);
	CHECK_EQ(c->branches, 1);
	CHECK_EQ(c->n_caller_media, 1);
	CHECK_EQ(c->n_callee_media, 1);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
	world_done(&w);
}

TEST(hep_alone_reports_a_whole_call)
{
	const struct es_call *c;

	begin();
	hear_invite(0);
	hear_response(100, "180 Ringing", NULL);
	hear_response(900, "200 OK", sdp_b);
	c = world_call(&w, "c1");
	CHECK_EQ(c->transport, ES_TRANSPORT_HEP);
	CHECK_EQ(c->setup_us, 900000);
	CHECK_EQ(c->n_statuses, 2);
	world_done(&w);
}
