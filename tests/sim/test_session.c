/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers of RFC 4028: what was agreed, and calls that end because no refresh came. */
#include "tests/sim/parties.h"

static void
answer(double ms, bool to_alice, const char *status, const char *method, unsigned cseq,
    const char *extra, const char *sdp)
{
	char start[64];

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	send_sip(ms, to_alice ? BOB : ALICE, to_alice ? ALICE : BOB,
	    (struct world_sip){ .start = start,
		.method = method,
		.cseq = cseq,
		.from_tag = to_alice ? "ta" : "tb",
		.to_tag = to_alice ? "tb" : "ta",
		.extra = extra,
		.sdp = sdp });
}

/* Answered at 1000 ms; extra: of the 200. */
static void
set_up_with(const char *extra)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	answer(1000, true, "200 OK", "INVITE", 1, extra, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
}

/* Both talk from 1020 ms for so many seconds. */
static void
talk(unsigned seconds)
{
	struct world_rtp a = to_bob(), b = to_alice();

	for (unsigned s = 0; s < seconds; s++) {
		double ms = 1020 + 1000.0 * s;

		world_run_rtp(&w, &ms, &a, 50);
		ms = 1020 + 1000.0 * s;
		world_run_rtp(&w, &ms, &b, 50);
	}
}

TEST(session_timer_and_its_refresher_are_reported)
{
	set_up_with("Session-Expires: 1800;refresher=uac\r\n");
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_SESSION_EXPIRES);
	CHECK_EQ(world_call(&w, "c1")->session_expires_s, 1800);
	CHECK_EQ(world_call(&w, "c1")->session_refresher, ES_PARTY_CALLER);
	world_done(&w);
	set_up_with("x: 90 ; refresher=UAS\r\n");
	CHECK_EQ(world_call(&w, "c1")->session_expires_s, 90);
	CHECK_EQ(world_call(&w, "c1")->session_refresher, ES_PARTY_CALLEE);
	world_done(&w);
}

/* What an offer asks for is not agreed; without a word in the 2xx there is no timer. */
TEST(session_timer_asked_for_and_not_agreed_is_absent)
{
	begin();
	send_sip(0, ALICE, BOB,
	    (struct world_sip){ .method = "INVITE",
		.cseq = 1,
		.from_tag = "ta",
		.extra = "Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n",
		.sdp = sdp_a });
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_SESSION_EXPIRES, 0);
	CHECK_EQ(world_call(&w, "c1")->session_refresher, ES_PARTY_UNKNOWN);
	world_done(&w);
}

TEST(session_refresh_by_the_callee_makes_the_callee_refresh)
{
	set_up_with("Session-Expires: 1800;refresher=uas\r\n");
	request(800000, false, "UPDATE", 1, "ta", NULL);
	answer(
	    800100, false, "200 OK", "UPDATE", 1, "Session-Expires: 600;refresher=uac\r\n", NULL);
	CHECK_EQ(world_call(&w, "c1")->session_expires_s, 600);
	CHECK_EQ(world_call(&w, "c1")->session_refresher, ES_PARTY_CALLEE);
	request(900000, false, "UPDATE", 2, "ta", NULL);
	answer(900100, false, "200 OK", "UPDATE", 2, NULL, NULL); /* not bounded any longer */
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_SESSION_EXPIRES, 0);
	world_done(&w);
}

/* Refused with 422 and tried again with a longer interval: one attempt of one call. */
TEST(session_interval_too_small_is_tried_again)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	answer(50, true, "422 Session Interval Too Small", "INVITE", 1, "Min-SE: 3600\r\n", NULL);
	request(60, true, "ACK", 1, "tb", NULL);
	request(100, true, "INVITE", 2, NULL, sdp_a);
	answer(1000, true, "200 OK", "INVITE", 2, "Session-Expires: 3600;refresher=uac\r\n", sdp_b);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	CHECK_EQ(world_call(&w, "c1")->session_expires_s, 3600);
	world_done(&w);
}

TEST(session_that_nobody_refreshed_expires)
{
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	talk(90);
	es_engine_advance(w.e, world_time(1000000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_UNKNOWN);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_DURATION, 0);
	CHECK(world_call(&w, "c1")->is_session_expired);
	world_done(&w);
}

TEST(session_without_media_expires_with_its_interval)
{
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	request(45000, true, "UPDATE", 2, "tb", NULL);
	answer(45100, true, "200 OK", "UPDATE", 2, "Session-Expires: 90;refresher=uac\r\n", NULL);
	es_engine_advance(w.e, world_time(160000)); /* 45.1 + 90 + 32 s are not over */
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(170000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	CHECK(world_call(&w, "c1")->is_session_expired);
	world_done(&w);
}

/* The capture missed the refresh: media show that the call lived on. */
TEST(session_whose_media_continue_has_not_expired)
{
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	talk(200);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(8000000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	CHECK(!world_call(&w, "c1")->is_session_expired);
	world_done(&w);
}

/* RFC 4028 section 10: the side that waits sends BYE a third of the interval before its end. */
TEST(session_given_up_by_who_waited_for_the_refresh)
{
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	request(61100, false, "BYE", 1, "ta", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLEE);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 60100000);
	CHECK(world_call(&w, "c1")->is_session_expired);
	world_done(&w);
}

TEST(session_hung_up_is_not_expired)
{
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	request(60900, false, "BYE", 1, "ta", NULL); /* before its time */
	CHECK(!world_call(&w, "c1")->is_session_expired);
	world_done(&w);
	set_up_with("Session-Expires: 90;refresher=uac\r\n");
	request(80000, true, "BYE", 2, "tb", NULL); /* by who would have refreshed it */
	CHECK(!world_call(&w, "c1")->is_session_expired);
	world_done(&w);
	set_up_with(NULL);
	request(80000, false, "BYE", 1, "ta", NULL);
	CHECK(!world_call(&w, "c1")->is_session_expired);
	world_done(&w);
}
