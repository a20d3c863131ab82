/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages per method and status, each distinguished from the same message sent again. */
#include "tests/sim/parties.h"

static uint64_t
counted(unsigned what)
{
	uint64_t resent;

	return world_sip_count(&w, what, &resent);
}

static uint64_t
resent(unsigned what)
{
	uint64_t n;

	(void)world_sip_count(&w, what, &n);
	return n;
}

TEST(sip_counts_of_a_call)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	response(5010, true, "200 OK", "BYE", 2, NULL);
	CHECK_EQ(counted(ES_SIP_KIND_INVITE), 1);
	CHECK_EQ(counted(ES_SIP_KIND_ACK), 1);
	CHECK_EQ(counted(ES_SIP_KIND_BYE), 1);
	CHECK_EQ(counted(100), 1);
	CHECK_EQ(counted(180), 1);
	CHECK_EQ(counted(200), 2);
	CHECK_EQ(resent(200), 0);
	world_done(&w);
}

TEST(sip_counts_of_every_method)
{
	static const char *const methods[] = { "INVITE", "ACK", "BYE", "CANCEL", "REGISTER",
		"OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY", "SUBSCRIBE", "MESSAGE",
		"PUBLISH", "FROB" };

	begin();
	for (unsigned i = 0; i < 15; i++)
		request(i * 100, true, methods[i], i + 1, NULL, NULL);
	request(2000, true, "KNIT", 20, NULL, NULL);
	for (unsigned i = 0; i < 14; i++)
		CHECK_EQ(counted(i + 1), 1);
	CHECK_EQ(counted(ES_SIP_KIND_OTHER), 2);
	world_done(&w);
}

TEST(sip_counts_distinguish_retransmissions)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	request(500, true, "INVITE", 1, NULL, sdp_a);
	request(1500, true, "INVITE", 1, NULL, sdp_a);
	response(1600, true, "407 Proxy Authentication Required", "INVITE", 1, NULL);
	request(1700, true, "INVITE", 2, NULL, sdp_a);
	CHECK_EQ(counted(ES_SIP_KIND_INVITE), 4);
	CHECK_EQ(resent(ES_SIP_KIND_INVITE), 2);
	world_done(&w);
}

TEST(sip_message_captured_twice_counts_once)
{
	begin();
	request(0, true, "OPTIONS", 1, NULL, NULL);
	w.ip_id--;
	request(0.02, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(counted(ES_SIP_KIND_OPTIONS), 1);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_COPIES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	world_done(&w);
}

TEST(sip_message_on_its_next_hop_is_not_sent_again)
{
	begin();
	send_sip(
	    0, ALICE, 9, (struct world_sip){ .method = "OPTIONS", .cseq = 1, .from_tag = "t" });
	send_sip(1, 9, BOB, (struct world_sip){ .method = "OPTIONS", .cseq = 1, .from_tag = "t" });
	CHECK_EQ(counted(ES_SIP_KIND_OPTIONS), 2);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 0);
	world_done(&w);
}

TEST(sip_messages_remembered_are_bounded)
{
	begin();
	for (unsigned i = 1; i <= 5000; i++)
		request(i, true, "OPTIONS", i, NULL, NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_RECENT_EVICTED), 5000 - 4096);
	request(6000, true, "OPTIONS", 5000, NULL, NULL);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 1);
	request(6100, true, "OPTIONS", 1, NULL, NULL); /* forgotten */
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 1);
	CHECK_EQ(counted(ES_SIP_KIND_OPTIONS), 5002);
	world_done(&w);
}

/* 64 T1 (RFC 3261 section 17) after the last of them it is another transaction. */
TEST(sip_message_is_sent_again_for_32_s)
{
	begin();
	request(0, true, "OPTIONS", 1, NULL, NULL);
	request(31999, true, "OPTIONS", 1, NULL, NULL);
	request(63998, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 2);
	request(95998, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 2);
	request(96000, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 3);
	CHECK_EQ(counted(ES_SIP_KIND_OPTIONS), 5);
	world_done(&w);
}

/* A record of health that keeps its counts. */
struct seen {
	uint32_t n_sip;
	uint64_t invites;
};

static void
on_health(void *ctx, const struct es_record *r)
{
	struct seen *s = ctx;

	if (r->type != ES_REC_HEALTH)
		return;
	s->n_sip = r->u.health.n_sip;
	for (uint32_t i = 0; i < s->n_sip; i++)
		if (r->u.health.sip[i].what == ES_SIP_KIND_INVITE)
			s->invites = r->u.health.sip[i].messages;
}

TEST(sip_counts_stand_in_the_health_record)
{
	static const char text[] = "INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\n"
				   "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: h\r\n"
				   "CSeq: 1 INVITE\r\n\r\n";
	struct seen s = { 0 };
	struct es_sink sink = { .record = on_health, .ctx = &s };

	world_init(&w);
	CHECK_EQ(es_engine_new(&w.cfg, &sink, &w.e), 0);
	world_send_text(&w, 0, world_addr(1, 5060), world_addr(2, 5060), text);
	es_engine_health(w.e, world_time(1));
	CHECK_EQ(s.n_sip, 1);
	CHECK_EQ(s.invites, 1);
	world_done(&w);
}

/* A registrar may refuse it, a capture may cut it: it was sent. */
TEST(message_that_says_too_little_is_counted_by_its_start_line)
{
	static const char no_colon[] = "REGISTER sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\n"
				       "Contact: <sip:a@a>;+sip.instance=\"<urn\n>\"\r\n\r\n";
	static const char no_cseq[] = "MESSAGE sip:b SIP/2.0\r\nCall-ID: m1\r\n\r\n";

	begin();
	world_send_text(&w, 0, world_addr(ALICE, 5060), world_addr(BOB, 5060), no_colon);
	world_send_text(&w, 500, world_addr(ALICE, 5060), world_addr(BOB, 5060), no_colon);
	world_send_text(&w, 600, world_addr(ALICE, 5060), world_addr(BOB, 5060), no_cseq);
	CHECK_EQ(counted(ES_SIP_KIND_REGISTER), 2);
	CHECK_EQ(resent(ES_SIP_KIND_REGISTER), 1);
	CHECK_EQ(counted(ES_SIP_KIND_MESSAGE), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 3);
	world_done(&w);
}

TEST(message_that_the_capture_cut_is_counted_by_its_start_line)
{
	world_init(&w);
	w.snap_bytes = 96;
	world_start(&w);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "180 Ringing", "INVITE", 1, NULL);
	CHECK_EQ(counted(ES_SIP_KIND_INVITE), 1);
	CHECK_EQ(counted(180), 1);
	CHECK_EQ(world_count(&w, ES_REC_CALL), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_CUT), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
	es_engine_health(w.e, world_time(20));
	CHECK_EQ(world_nth(&w, ES_REC_HEALTH, 0)->coverage.flags, ES_COV_CUT);
	world_done(&w);
	world_init(&w);
	w.snap_bytes = 52; /* inside the start line: not known to be one */
	world_start(&w);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	CHECK_EQ(counted(ES_SIP_KIND_INVITE), 0);
	world_done(&w);
}

/* Its headers are whole, its SDP is not: the call is there, and says that its signalling is not. */
TEST(message_that_the_capture_cut_in_its_body_marks_its_call)
{
	world_init(&w);
	w.snap_bytes = 350;
	world_start(&w);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "180 Ringing", "INVITE", 1, NULL);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_CUT), 1);
	CHECK_EQ(world_count(&w, ES_REC_CALL) > 0, true);
	CHECK_EQ(world_nth(&w, ES_REC_CALL, world_count(&w, ES_REC_CALL) - 1)->coverage.flags,
	    ES_COV_CUT);
	world_done(&w);
}

/* A ping that never changes its branch. */
TEST(message_of_a_later_transaction_is_not_sent_again)
{
	begin();
	for (unsigned i = 0; i < 5; i++)
		request(i * 60000, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(counted(ES_SIP_KIND_OPTIONS), 5);
	CHECK_EQ(resent(ES_SIP_KIND_OPTIONS), 0);
	world_done(&w);
}

struct shown {
	char line[160];
	double ms;
};

static struct shown shown[16];
static unsigned n_shown;

static void
on_message(void *ctx, const struct es_sip_message *m)
{
	struct shown *s = &shown[n_shown++];
	char src[ES_ADDR_TEXT_MAX], dst[ES_ADDR_TEXT_MAX];

	CHECK(ctx == &n_shown);
	CHECK(n_shown <= sizeof(shown) / sizeof(shown[0]));
	(void)es_addr_text(&m->src, src);
	(void)es_addr_text(&m->dst, dst);
	s->ms = (double)es_time_diff(m->at, world_time(0)) / 1e6;
	CHECK(snprintf(s->line, sizeof(s->line), "%.*s %.*s %u %u%s%s %s %s", (int)m->call_id.n,
		  (const char *)m->call_id.p, (int)m->method.n, (const char *)m->method.p, m->cseq,
		  m->status, m->has_sdp ? " sdp" : "", m->is_resent ? " resent" : "", src,
		  dst) < (int)sizeof(s->line));
}

TEST(sip_messages_of_calls_are_shown_to_who_wants_them)
{
	static const struct shown expected[] = {
		{ "c1 INVITE 1 0 sdp 10.0.0.1:5060 10.0.0.2:5060", 0 },
		{ "c1 INVITE 1 0 sdp resent 10.0.0.1:5060 10.0.0.2:5060", 500 },
		{ "c1 INVITE 1 180 10.0.0.2:5060 10.0.0.1:5060", 600 },
		{ "c1 INVITE 1 200 sdp 10.0.0.2:5060 10.0.0.1:5060", 1000 },
		{ "c1 BYE 2 0 10.0.0.2:5060 10.0.0.1:5060", 5000 },
	};

	n_shown = 0;
	begin();
	w.cfg.sip = (struct es_sip_sink){ on_message, &n_shown };
	world_restart(&w);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	request(500, true, "INVITE", 1, NULL, sdp_a);
	response(600, true, "180 Ringing", "INVITE", 1, NULL);
	request(700, true, "OPTIONS", 7, NULL, NULL); /* of no call */
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(5000, false, "BYE", 2, "ta", NULL);
	CHECK_EQ(n_shown, sizeof(expected) / sizeof(expected[0]));
	for (unsigned i = 0; i < n_shown; i++) {
		CHECK_STR(shown[i].line, expected[i].line);
		CHECK_NEAR(shown[i].ms, expected[i].ms, 0.001);
	}
	world_done(&w);
}
