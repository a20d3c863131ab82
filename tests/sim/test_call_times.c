/* SPDX-License-Identifier: Apache-2.0 */
/* When a call that says nothing more is over, to the millisecond, and as what. */
#include "tests/sim/parties.h"

/* Silent since this instant; the state it is in until so many seconds later, and the one it ends in. */
static void
ends_after(double since_ms, unsigned seconds, enum es_state before, enum es_state after)
{
	es_engine_advance(w.e, world_time(since_ms + 1000.0 * seconds - 1));
	CHECK_EQ(world_call(&w, "c1")->state, before);
	es_engine_advance(w.e, world_time(since_ms + 1000.0 * seconds));
	CHECK_EQ(world_call(&w, "c1")->state, after);
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}

/* Timer C of RFC 3261 is above three minutes. */
TEST(call_that_nobody_answers_is_over_after_four_minutes)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	ends_after(0, 240, ES_STATE_IN_PROGRESS, ES_STATE_UNKNOWN);
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(5000, true, "180 Ringing", "INVITE", 1, NULL);
	ends_after(5000, 240, ES_STATE_IN_PROGRESS, ES_STATE_UNKNOWN);
}

TEST(call_whose_challenge_nobody_takes_has_failed_after_32_s)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "401 Unauthorized", "INVITE", 1, NULL);
	ends_after(100, 32, ES_STATE_IN_PROGRESS, ES_STATE_FAILED);
}

TEST(call_that_was_answered_and_shows_no_sign_is_over_after_two_hours)
{
	set_up();
	ends_after(1010, 7200, ES_STATE_IN_PROGRESS, ES_STATE_UNKNOWN);
}

/* Nobody said 487. */
TEST(call_that_was_cancelled_and_never_answered_was_cancelled_by_the_caller)
{
	struct world_sip m = { .method = "INVITE",
		.cseq = 1,
		.from_tag = "ta",
		.branch = "z9hG4bKone",
		.sdp = sdp_a };

	begin();
	send_sip(0, ALICE, BOB, m);
	m.method = "CANCEL";
	m.sdp = NULL;
	send_sip(3000, ALICE, BOB, m);
	es_engine_advance(w.e, world_time(3000 + 240000));
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	ends_after(3000, 240, ES_STATE_CANCELLED, ES_STATE_CANCELLED);
}

/* The same INVITE within two seconds after the end is late; later it is a call of its own. */
TEST(invite_after_the_end_is_late_for_two_seconds)
{
	for (unsigned again = 0; again < 2; again++) {
		set_up();
		request(4000, true, "BYE", 2, "tb", NULL);
		request(5999 + again, true, "INVITE", 1, NULL, sdp_a);
		CHECK_EQ(es_engine_calls_up(w.e), again);
		CHECK_EQ(
		    world_call(&w, "c1")->state, again ? ES_STATE_IN_PROGRESS : ES_STATE_COMPLETED);
		world_done(&w);
	}
}

/* 180 behind the 200, so many milliseconds; the first that is near enough is when it rang. */
TEST(overtaken_ringing_is_within_ten_milliseconds_and_once)
{
	static const struct {
		double first_ms, second_ms;
		uint64_t post_dial_us; /* 0: it was not heard to ring */
	} rows[] = { { 1010, 1010, 1010000 }, { 1005, 1009, 1005000 }, { 1010.001, 1011, 0 },
		{ 1011, 1020, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct es_call *call;

		begin();
		request(0, true, "INVITE", 1, NULL, sdp_a);
		response(1000, true, "200 OK", "INVITE", 1, sdp_b);
		response(rows[i].first_ms, true, "180 Ringing", "INVITE", 1, NULL);
		response(rows[i].second_ms, true, "180 Ringing", "INVITE", 1, NULL);
		world_flush(&w);
		call = world_call(&w, "c1");
		CHECK_EQ((call->has & ES_CALL_HAS_RING) != 0, rows[i].post_dial_us != 0);
		CHECK_EQ(call->ring_us, 0);
		CHECK_EQ(call->post_dial_delay_us,
		    rows[i].post_dial_us != 0 ? rows[i].post_dial_us : 1000000);
		CHECK_EQ(call->request_delay_us, 1000000);
		world_done(&w);
	}
}
