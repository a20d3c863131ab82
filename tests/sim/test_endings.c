/* SPDX-License-Identifier: Apache-2.0 */
/* How calls end and what led there: causes, delays of RFC 6076, redirects, repetitions, transfers. */
#include "tests/sim/parties.h"

static void
bye_with(double ms, const char *extra)
{
	send_sip(ms, ALICE, BOB,
	    (struct world_sip){
		.method = "BYE", .cseq = 2, .from_tag = "ta", .to_tag = "tb", .extra = extra });
}

TEST(reason_of_the_bye_is_the_cause)
{
	set_up();
	bye_with(5000, "Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n");
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_CAUSE);
	CHECK_EQ(world_call(&w, "c1")->cause_space, ES_CAUSE_Q850);
	CHECK_EQ(world_call(&w, "c1")->cause, 16);
	world_done(&w);
}

TEST(reason_of_sip_is_the_cause_where_q850_says_nothing)
{
	set_up();
	bye_with(5000, "Reason: SIP;cause=408\r\n");
	CHECK_EQ(world_call(&w, "c1")->cause_space, ES_CAUSE_SIP);
	CHECK_EQ(world_call(&w, "c1")->cause, 408);
	world_done(&w);
}

TEST(reason_of_a_cancel_that_lost_is_forgotten)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	send_sip(900, ALICE, BOB,
	    (struct world_sip){ .method = "CANCEL",
		.cseq = 1,
		.from_tag = "ta",
		.branch = "z9hG4bK1INVITE",
		.extra = "Reason: Q.850;cause=102\r\n" });
	response(901, true, "200 OK", "INVITE", 1, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_CAUSE, 0);
	world_done(&w);
}

TEST(disconnect_delay_is_bye_to_its_answer)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY, 0);
	request(5500, true, "BYE", 2, "tb", NULL);
	response(5580, true, "200 OK", "BYE", 2, NULL);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY);
	CHECK_EQ(world_call(&w, "c1")->disconnect_delay_us, 580000);
	world_done(&w);
}

TEST(disconnect_delay_of_a_challenged_bye_ends_with_the_second)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	response(5020, true, "407 Proxy Authentication Required", "BYE", 2, NULL);
	request(5040, true, "BYE", 3, "tb", NULL);
	response(5070, true, "200 OK", "BYE", 3, NULL);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY);
	CHECK_EQ(world_call(&w, "c1")->disconnect_delay_us, 70000);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 4000000);
	world_done(&w);
}

TEST(disconnect_delay_of_a_bye_never_answered_is_timer_f)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	request(5500, true, "BYE", 2, "tb", NULL);
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(world_call(&w, "c1")->disconnect_delay_us, 32000000);
	CHECK_EQ(world_call(&w, "c1")->resent, 1);
	world_done(&w);
	set_up(); /* not sent again: the answer went where the capture does not see */
	request(5000, true, "BYE", 2, "tb", NULL);
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY, 0);
	world_done(&w);
}

TEST(post_dial_delay_ends_with_the_first_that_is_heard)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(50, true, "183 Session Progress", "INVITE", 1, NULL); /* nothing to hear */
	response(400, true, "180 Ringing", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->request_delay_us, 50000);
	CHECK_EQ(world_call(&w, "c1")->post_dial_delay_us, 400000);
	world_done(&w);
}

TEST(failure_has_a_request_delay_and_no_post_dial_delay)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "100 Trying", "INVITE", 1, NULL);
	response(250, true, "603 Decline", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->request_delay_us, 250000);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_POST_DIAL_DELAY, 0);
	CHECK_EQ(world_call(&w, "c1")->n_statuses, 2);
	CHECK_EQ(world_call(&w, "c1")->statuses[0], 100);
	CHECK_EQ(world_call(&w, "c1")->statuses[1], 603);
	world_done(&w);
}

TEST(redirect_continues_at_the_contact)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "302 Moved Temporarily", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	request(150, true, "INVITE", 2, NULL, sdp_a);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	response(450, true, "180 Ringing", "INVITE", 2, NULL);
	response(900, true, "200 OK", "INVITE", 2, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->redirects, 1);
	CHECK_EQ(world_call(&w, "c1")->branches, 1);
	CHECK_EQ(world_call(&w, "c1")->request_delay_us, 450000);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

TEST(challenges_of_a_call_are_counted)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(20, true, "407 Proxy Authentication Required", "INVITE", 1, NULL);
	response(520, true, "407 Proxy Authentication Required", "INVITE", 1, NULL);
	request(540, true, "INVITE", 2, NULL, sdp_a);
	response(900, true, "200 OK", "INVITE", 2, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->challenges, 1);
	CHECK_EQ(world_call(&w, "c1")->resent, 1);
	CHECK_EQ(world_call(&w, "c1")->branches, 1);
	world_done(&w);
}

/* Each INVITE within the call has one last answer, whoever sends it how often. */
TEST(challenges_within_a_call_are_counted_once_for_each_invite)
{
	set_up();
	for (unsigned again = 0; again < 2; again++)
		response(2000 + again, true, "401 Unauthorized", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->challenges, 0); /* that one was answered */
	request(3000, true, "INVITE", 2, "tb", sdp_a);
	for (unsigned again = 0; again < 2; again++)
		response(
		    3010 + again, true, "407 Proxy Authentication Required", "INVITE", 2, NULL);
	request(4000, true, "INVITE", 3, "tb", sdp_a);
	response(4010, true, "401 Unauthorized", "INVITE", 3, NULL);
	response(4020, true, "401 Unauthorized", "INVITE", 2, NULL); /* late */
	request(5000, true, "INVITE", 4, NULL, sdp_a);               /* as if it began */
	response(5010, true, "100 Trying", "INVITE", 4, NULL);
	response(5020, true, "401 Unauthorized", "INVITE", 4, NULL);
	request(6000, false, "INVITE", 1, "ta", sdp_b);
	response(6010, false, "401 Unauthorized", "INVITE", 1, NULL);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->challenges, 4);
	world_done(&w);
}

TEST(credentials_with_a_new_tag_continue_the_attempt)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(20, true, "401 Unauthorized", "INVITE", 1, NULL);
	send_sip(40, ALICE, BOB,
	    (struct world_sip){ .method = "INVITE", .cseq = 2, .from_tag = "ta2", .sdp = sdp_a });
	send_sip(900, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 2,
		.from_tag = "ta2",
		.to_tag = "tb",
		.sdp = sdp_b });
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 900000);
	world_done(&w);
}

TEST(cancelled_without_a_487_was_ended_by_the_caller)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	send_sip(900, ALICE, BOB,
	    (struct world_sip){
		.method = "CANCEL", .cseq = 1, .from_tag = "ta", .branch = "z9hG4bK1INVITE" });
	es_engine_advance(w.e, world_time(250000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_CANCELLED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	world_done(&w);
}

TEST(sessions_are_counted_by_the_classes_of_rfc_6076)
{
	static const struct {
		const char *status;
		enum es_counter class;
	} ends[] = {
		{ "200 OK", ES_CNT_SESSIONS_ANSWERED },
		{ "302 Moved Temporarily", ES_CNT_SESSIONS_REDIRECTED },
		{ "407 Proxy Authentication Required", ES_CNT_SESSIONS_CHALLENGED },
		{ "486 Busy Here", ES_CNT_SESSIONS_REFUSED },
		{ "503 Service Unavailable", ES_CNT_SESSIONS_INEFFECTIVE },
	};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		begin();
		request(0, true, "INVITE", 1, NULL, sdp_a);
		request(500, true, "INVITE", 1, NULL, sdp_a);
		response(600, true, ends[i].status, "INVITE", 1, NULL);
		response(1100, true, ends[i].status, "INVITE", 1, NULL);
		CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
		for (unsigned k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
			CHECK_EQ(world_counter(&w, ends[k].class), i == k);
		world_done(&w);
	}
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(600, true, "404 Not Found", "INVITE", 1, NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_REFUSED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_INEFFECTIVE), 0);
	world_done(&w);
}

/* RFC 6076 sections 4.6 to 4.8; 0: in none of them. */
static enum es_counter
class_of(unsigned status)
{
	switch (status) {
	case 401:
	case 402:
	case 407:
		return ES_CNT_SESSIONS_CHALLENGED;
	case 408:
	case 500:
	case 503:
	case 504:
		return ES_CNT_SESSIONS_INEFFECTIVE;
	case 480:
	case 486:
	case 600:
	case 603:
		return ES_CNT_SESSIONS_REFUSED;
	default:
		return status < 400 ? ES_CNT_SESSIONS_REDIRECTED : ES_CNT_SESSIONS;
	}
}

/* Each final status there is: the class it counts in, and no other; how the attempt ended. */
TEST(every_failure_counts_in_its_class_alone)
{
	static const enum es_counter classes[] = { ES_CNT_SESSIONS_ANSWERED,
		ES_CNT_SESSIONS_REDIRECTED, ES_CNT_SESSIONS_CHALLENGED, ES_CNT_SESSIONS_INEFFECTIVE,
		ES_CNT_SESSIONS_REFUSED };
	enum { N = sizeof(classes) / sizeof(classes[0]) };
	uint64_t want[N] = { 0 };

	begin();
	for (unsigned status = 300; status < 700; status++) {
		char id[16], start[32];
		bool is_challenge = status == 401 || status == 407;
		struct world_sip m = { .call_id = id, .method = "INVITE", .cseq = 1 };
		const struct es_call *c;

		(void)snprintf(id, sizeof(id), "s%u", status);
		(void)snprintf(start, sizeof(start), "SIP/2.0 %u X", status);
		m.from_tag = id;
		send_sip(10 * status, ALICE, BOB, m);
		m.start = start;
		m.to_tag = "tb";
		send_sip(10 * status + 5, BOB, ALICE, m);
		c = world_call(&w, id);
		CHECK_EQ(c->final_status, status);
		CHECK_EQ(c->state, is_challenge    ? ES_STATE_IN_PROGRESS
				   : status == 487 ? ES_STATE_CANCELLED
						   : ES_STATE_FAILED);
		CHECK_EQ(c->redirects, status < 400);
		CHECK_EQ(c->challenges, is_challenge);
		for (unsigned k = 0; k < N; k++) {
			want[k] += class_of(status) == classes[k];
			CHECK_EQ(world_counter(&w, classes[k]), want[k]);
		}
	}
	world_done(&w);
}

TEST(blind_transfer_ends_the_first_call_by_who_transferred)
{
	set_up();
	send_sip(5000, BOB, ALICE,
	    (struct world_sip){ .method = "REFER",
		.cseq = 1,
		.from_tag = "tb",
		.to_tag = "ta",
		.extra = "Refer-To: <sip:carol@c.example>\r\n" });
	request(5200, false, "BYE", 2, "ta", NULL);
	send_sip(5300, ALICE, BOB,
	    (struct world_sip){
		.call_id = "c2", .method = "INVITE", .cseq = 1, .from_tag = "ta2", .sdp = sdp_a });
	CHECK_EQ(world_call(&w, "c1")->transfers, 1);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLEE);
	CHECK_EQ(world_call(&w, "c2")->transfers, 0);
	world_done(&w);
}

/* INVITE of "c2" that takes the place of "c1", and its answer. */
static void
replace(double ms, const char *tags)
{
	char extra[128];

	snprintf(extra, sizeof(extra), "Replaces: c1;%s\r\n", tags);
	send_sip(ms, 3, ALICE,
	    (struct world_sip){ .call_id = "c2",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "tc",
		.extra = extra,
		.sdp = sdp_b });
	send_sip(ms + 100, ALICE, 3,
	    (struct world_sip){ .call_id = "c2",
		.start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "tc",
		.to_tag = "ta2",
		.sdp = sdp_a });
}

TEST(attended_transfer_links_both_calls)
{
	set_up();
	replace(5000, "to-tag=ta;from-tag=tb");
	CHECK_SLICE(world_call(&w, "c2")->replaces, "c1");
	CHECK_SLICE(world_call(&w, "c1")->replaced_by, "c2");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	request(5200, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	CHECK_SLICE(world_call(&w, "c1")->replaced_by, "c2");
	world_done(&w);
}

TEST(replaced_call_whose_bye_is_not_seen_is_completed)
{
	set_up();
	replace(5000, "to-tag=ta;from-tag=tb");
	es_engine_advance(w.e, world_time(40000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_UNKNOWN);
	CHECK_EQ(world_call(&w, "c2")->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

TEST(replaces_names_both_tags_of_the_call_either_way_round)
{
	static const struct {
		const char *tags;
		bool is;
	} rows[] = { { "to-tag=ta;from-tag=tb", true }, { "to-tag=tb;from-tag=ta", true },
		{ "to-tag=zz;from-tag=tb", false }, { "to-tag=ta;from-tag=zz", false },
		{ "to-tag=zz;from-tag=ta", false }, { "to-tag=tb;from-tag=zz", false },
		{ "to-tag=ta", false }, { "from-tag=ta", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_up();
		replace(5000, rows[i].tags);
		CHECK_EQ(world_call(&w, "c1")->replaced_by.n, rows[i].is ? 2 : 0);
		es_engine_advance(w.e, world_time(60000));
		CHECK_EQ(world_call(&w, "c1")->state,
		    rows[i].is ? ES_STATE_COMPLETED : ES_STATE_IN_PROGRESS);
		world_done(&w);
	}
}

/* The answer that counts is that of the BYE that ended the call, or of the same with credentials. */
TEST(bye_of_the_other_side_is_not_the_one_that_was_challenged)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	response(5010, true, "407 Proxy Authentication Required", "BYE", 2, NULL);
	request(5020, false, "BYE", 7, "ta", NULL);
	request(5030, true, "BYE", 3, "tb", NULL);
	response(5130, true, "200 OK", "BYE", 3, NULL);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY);
	CHECK_EQ(world_call(&w, "c1")->disconnect_delay_us, 130000);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	world_done(&w);
}

TEST(bye_that_was_not_challenged_is_answered_as_it_was)
{
	set_up();
	request(5000, true, "BYE", 2, "tb", NULL);
	request(5020, true, "BYE", 3, "tb", NULL);
	response(5050, true, "200 OK", "BYE", 2, NULL);
	response(5090, true, "200 OK", "BYE", 3, NULL);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_DISCONNECT_DELAY);
	CHECK_EQ(world_call(&w, "c1")->disconnect_delay_us, 50000);
	world_done(&w);
}
