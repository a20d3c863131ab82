/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations: one record per address of record and contact, reported when something changed. */
#include "tests/sim/parties.h"

enum { PHONE = 5, REGISTRAR = 6 };

#define CONTACT "Contact: <sip:bob@10.0.0.5:5060>"

static void
ask(double ms, unsigned cseq, const char *extra)
{
	send_sip(ms, PHONE, REGISTRAR,
	    (struct world_sip){ .call_id = "r1",
		.method = "REGISTER",
		.cseq = cseq,
		.from_tag = "t",
		.extra = extra });
}

static void
reported(double ms, unsigned cseq, const char *status, const char *extra)
{
	char start[64];

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	send_sip(ms, REGISTRAR, PHONE,
	    (struct world_sip){ .call_id = "r1",
		.start = start,
		.method = "REGISTER",
		.cseq = cseq,
		.from_tag = "t",
		.to_tag = "tr",
		.extra = extra });
}

static const struct es_registration *
phone(void)
{
	return world_registration(&w, "10.0.0.5:5060");
}

/* Registered after a challenge, 300 ms. */
static void
register_phone(void)
{
	begin();
	ask(0, 1, CONTACT "\r\nExpires: 600\r\nUser-Agent: Phone/1.0\r\n");
	reported(100, 1, "401 Unauthorized", NULL);
	ask(200, 2, CONTACT "\r\nExpires: 600\r\nAuthorization: Digest x=y\r\n");
	reported(300, 2, "200 OK", CONTACT ";expires=120\r\n");
}

TEST(registration_with_a_challenge_is_one_attempt)
{
	const struct es_registration *r;

	register_phone();
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 1);
	r = phone();
	CHECK(r != NULL);
	CHECK_SLICE(r->aor, "bob@b.example");
	CHECK_SLICE(r->call_id, "r1");
	CHECK_SLICE(r->user_agent, "Phone/1.0");
	CHECK_EQ(r->state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(r->status, 200);
	CHECK_EQ(r->delay_us, 300000);
	CHECK_EQ(r->expires_s, 120);
	CHECK_EQ(r->attempts, 1);
	CHECK_EQ(r->challenges, 1);
	CHECK_EQ(r->failures, 0);
	CHECK_EQ(r->src.ip[3], PHONE);
	CHECK_EQ(r->dst.ip[3], REGISTRAR);
	CHECK_EQ(r->transport, ES_TRANSPORT_UDP);
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS), 1);
	world_done(&w);
}

TEST(registration_refreshed_is_not_reported_again)
{
	register_phone();
	for (unsigned i = 3; i < 8; i++) {
		ask((i - 2) * 60000, i, CONTACT "\r\nExpires: 600\r\n");
		reported((i - 2) * 60000 + 50, i, "200 OK", CONTACT ";expires=120\r\n");
	}
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 1);
	world_flush(&w);
	CHECK_EQ(phone()->attempts, 6);
	CHECK_EQ(phone()->delay_us, 50000);
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	world_done(&w);
}

TEST(registration_runs_out)
{
	register_phone();
	es_engine_advance(w.e, world_time(120299));
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	es_engine_advance(w.e, world_time(120301));
	CHECK_EQ(phone()->state, ES_REGISTRATION_EXPIRED);
	CHECK_EQ(phone()->time.ns, world_time(120300).ns);
	world_done(&w);
}

TEST(registration_is_removed_by_expires_0)
{
	register_phone();
	ask(5000, 3, CONTACT ";expires=0\r\n");
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	reported(5050, 3, "200 OK", NULL);
	CHECK_EQ(phone()->state, ES_REGISTRATION_REMOVED);
	world_done(&w);
}

TEST(registration_wildcard_removes_all_contacts)
{
	begin();
	ask(0, 1, CONTACT ";expires=60, <sip:bob@10.0.0.7:5070>;expires=60\r\n");
	reported(50, 1, "200 OK", CONTACT ";expires=60, <sip:bob@10.0.0.7:5070>;expires=90\r\n");
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(world_registration(&w, "10.0.0.7:5070")->expires_s, 90);
	ask(5000, 2, "Contact: *\r\nExpires: 0\r\n");
	reported(5050, 2, "200 OK", NULL);
	CHECK_EQ(phone()->state, ES_REGISTRATION_REMOVED);
	CHECK_EQ(world_registration(&w, "10.0.0.7:5070")->state, ES_REGISTRATION_REMOVED);
	world_done(&w);
}

TEST(registration_refused_has_failed)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	reported(80, 1, "403 Forbidden", NULL);
	CHECK_EQ(phone()->state, ES_REGISTRATION_FAILED);
	CHECK_EQ(phone()->status, 403);
	CHECK_EQ(phone()->failures, 1);
	CHECK_EQ(phone()->has & (ES_REGISTRATION_HAS_DELAY | ES_REGISTRATION_HAS_EXPIRES), 0);
	ask(30000, 2, CONTACT "\r\n");
	reported(30080, 2, "200 OK", CONTACT "\r\nExpires: 77\r\n");
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(phone()->attempts, 2);
	CHECK_EQ(phone()->expires_s, 77);
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_INEFFECTIVE), 1);
	world_done(&w);
}

TEST(registration_never_answered_has_failed_if_it_was_sent_again)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	ask(500, 1, CONTACT "\r\n");
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(phone()->state, ES_REGISTRATION_FAILED);
	CHECK_EQ(phone()->has & ES_REGISTRATION_HAS_STATUS, 0);
	CHECK_EQ(phone()->attempts, 1);
	CHECK_EQ(phone()->failures, 1);
	world_done(&w);
	begin();
	ask(0, 1, CONTACT "\r\n");
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(phone()->state, ES_REGISTRATION_UNKNOWN);
	world_done(&w);
}

TEST(registration_challenged_without_credentials_has_failed)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	reported(80, 1, "401 Unauthorized", NULL);
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(phone()->state, ES_REGISTRATION_FAILED);
	CHECK_EQ(phone()->challenges, 1);
	world_done(&w);
}

TEST(registration_without_an_answer_at_the_end_is_pending)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 0);
	world_flush(&w);
	CHECK_EQ(phone()->state, ES_REGISTRATION_PENDING);
	world_done(&w);
}

TEST(registration_query_is_no_registration)
{
	begin();
	ask(0, 1, NULL);
	reported(10, 1, "200 OK", CONTACT ";expires=60\r\n");
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 0);
	world_done(&w);
}

TEST(registrations_are_evicted_the_unanswered_first)
{
	char extra[64];

	world_init(&w);
	w.cfg.max_registrations = 3;
	world_start(&w);
	ask(0, 1, CONTACT "\r\n");
	reported(10, 1, "200 OK", CONTACT ";expires=600\r\n");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(extra, sizeof(extra), "Contact: <sip:x@10.0.0.9:%u>\r\n", 6000 + i);
		ask(100 + i * 10, 2 + i, extra);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_EVICTED), 18);
	world_flush(&w);
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	world_done(&w);
}

TEST(registrations_of_one_name_are_at_most_sixteen)
{
	char extra[64];

	begin();
	for (unsigned i = 0; i < 20; i++) {
		snprintf(extra, sizeof(extra), "Contact: <sip:x@10.0.0.9:%u>\r\n", 6000 + i);
		ask(100 + i * 10, 2 + i, extra);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_EVICTED), 4);
	world_done(&w);
}

TEST(registration_is_not_ended_by_a_stranger_who_is_refused)
{
	struct world_sip m = { .call_id = "stranger",
		.method = "REGISTER",
		.cseq = 1,
		.from_tag = "x",
		.extra = CONTACT "\r\nExpires: 0\r\n" };

	register_phone();
	send_sip(1000, 9, REGISTRAR, m);
	m.start = "SIP/2.0 403 Forbidden";
	m.to_tag = "y";
	m.extra = NULL;
	send_sip(1010, REGISTRAR, 9, m);
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(phone()->failures, 1);
	/* Its own refresh that is refused ends it. */
	ask(2000, 3, CONTACT "\r\nExpires: 600\r\n");
	reported(2010, 3, "403 Forbidden", NULL);
	CHECK_EQ(phone()->state, ES_REGISTRATION_FAILED);
	world_done(&w);
}

TEST(registration_of_one_name_that_is_longest_silent_gives_way)
{
	char extra[64];

	begin();
	for (unsigned i = 0; i < 16; i++) {
		snprintf(extra, sizeof(extra), "Contact: <sip:x@10.0.0.9:%u>\r\n", 6000 + i);
		ask(100 + i * 10, 2 + i, extra);
	}
	for (unsigned i = 0; i < 16; i++) {
		if (i == 5)
			continue;
		snprintf(extra, sizeof(extra), "Contact: <sip:x@10.0.0.9:%u>\r\n", 6000 + i);
		ask(1000 + i * 10, 100 + i, extra);
	}
	ask(2000, 200, CONTACT "\r\n");
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_EVICTED), 1);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 1);
	CHECK_SLICE(world_nth(&w, ES_REC_REGISTRATION, 0)->u.registration.contact, "10.0.0.9:6005");
	CHECK(world_nth(&w, ES_REC_REGISTRATION, 0)->coverage.flags & ES_COV_EVICTED);
	world_done(&w);
}

TEST(registration_refused_again_is_reported_once_more_when_it_is_forgotten)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	reported(50, 1, "403 Forbidden", NULL);
	ask(60000, 2, CONTACT "\r\n");
	reported(60050, 2, "403 Forbidden", NULL);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 1);
	es_engine_advance(w.e, world_time(60050 + 3599000));
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 1);
	es_engine_advance(w.e, world_time(60050 + 3600000));
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 2);
	CHECK_EQ(phone()->attempts, 2);
	CHECK_EQ(phone()->failures, 2);
	CHECK_EQ(phone()->state, ES_REGISTRATION_FAILED);
	/* What comes now is another beginning. */
	ask(3700000, 3, CONTACT "\r\n");
	reported(3700050, 3, "403 Forbidden", NULL);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 3);
	CHECK_EQ(phone()->attempts, 1);
	CHECK_EQ(phone()->start.ns, world_time(3700000).ns);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 3);
	world_done(&w);
}

TEST(registration_that_ended_is_forgotten_after_five_minutes)
{
	register_phone();
	ask(5000, 3, CONTACT ";expires=0\r\n");
	reported(5050, 3, "200 OK", NULL);
	CHECK_EQ(phone()->attempts, 2);
	ask(5050 + 299000, 4, CONTACT "\r\n");
	reported(5050 + 299010, 4, "200 OK", NULL);
	CHECK_EQ(phone()->attempts, 3);
	ask(310000, 5, CONTACT ";expires=0\r\n");
	reported(310050, 5, "200 OK", NULL);
	es_engine_advance(w.e, world_time(310050 + 300000));
	ask(620000, 6, CONTACT "\r\n");
	reported(620010, 6, "200 OK", NULL);
	CHECK_EQ(phone()->attempts, 1);
	CHECK_EQ(phone()->expires_s, 3600); /* nobody said how long: RFC 3261 section 10.2.1.1 */
	world_done(&w);
}

TEST(registration_is_answered_by_its_own_answer_only)
{
	struct world_sip m = { .call_id = "r2",
		.start = "SIP/2.0 200 OK",
		.method = "REGISTER",
		.cseq = 2,
		.from_tag = "t",
		.to_tag = "tr" };

	begin();
	ask(0, 2, CONTACT "\r\nExpires: 600\r\n");
	reported(10, 1, "403 Forbidden", NULL);
	reported(20, 3, "403 Forbidden", NULL);
	send_sip(30, REGISTRAR, PHONE, m);
	CHECK_EQ(world_count(&w, ES_REC_REGISTRATION), 0);
	reported(100, 2, "100 Trying", NULL);
	reported(200, 2, "200 OK", NULL);
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	CHECK_EQ(phone()->delay_us, 200000);
	CHECK_EQ(phone()->expires_s, 600);
	CHECK_EQ(phone()->failures, 0);
	world_done(&w);
}

TEST(registration_challenged_by_a_proxy_is_one_attempt)
{
	begin();
	ask(0, 1, CONTACT "\r\nExpires: 600\r\n");
	reported(100, 1, "407 Proxy Authentication Required", NULL);
	ask(200, 2, CONTACT "\r\nExpires: 600\r\n");
	reported(300, 2, "200 OK", NULL);
	CHECK_EQ(phone()->attempts, 1);
	CHECK_EQ(phone()->challenges, 1);
	CHECK_EQ(phone()->delay_us, 300000);
	CHECK_EQ(phone()->state, ES_REGISTRATION_ACTIVE);
	world_done(&w);
}

TEST(registration_where_payment_is_required_is_not_ineffective)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	reported(100, 1, "302 Moved Temporarily", NULL);
	ask(200, 2, CONTACT "\r\n");
	reported(300, 2, "402 Payment Required", NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_INEFFECTIVE), 0);
	ask(400, 3, CONTACT "\r\n");
	reported(500, 3, "400 Bad Request", NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_REGISTRATIONS_INEFFECTIVE), 1);
	CHECK_EQ(phone()->failures, 3);
	world_done(&w);
}

TEST(registration_knows_that_the_capture_dropped_packets)
{
	begin();
	ask(0, 1, CONTACT "\r\n");
	es_engine_dropped(w.e, world_time(10), world_time(20), 3);
	reported(100, 1, "200 OK", NULL);
	CHECK(world_nth(&w, ES_REC_REGISTRATION, 0)->coverage.flags & ES_COV_DROPS);
	world_done(&w);
}
