/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SBC that a re-INVITE takes out of one direction for good, as its own capture alone sees it: what SDP sends past
 * it has not stopped. What stays away without SDP, or before it, or when it is expected again, has.
 */
#include "tests/sim/vantages.h"

enum { SURE_PPM = 900000, LONG = 550 }; /* packets of a phase: 11 s */

/* What the capture at the SBC says of the call. */
static void
says(const struct v_call *call, enum es_verdict_state state)
{
	const struct made_solved *h;
	const struct es_verdict *v;

	v_run(call);
	h = v_explain(V_AT_SBC, call);
	CHECK_EQ(h->n, 1);
	v = &h->calls[0].verdict;
	if (v->state != state ||
	    (state == ES_VERDICT_DEGRADED && v->causes[0].confidence_ppm < SURE_PPM))
		test_fail(__FILE__, __LINE__, "%s with SSRC %d, one call %d: state %d",
		    call->phases, call->ssrc, call->is_one_call, v->state);
	es_correlate_free(v_correlate);
	v_done();
}

/* By the way the SBC numbers what it relays, and with one Call-ID or two. */
static void
is_so(struct v_call call, enum es_verdict_state state)
{
	for (unsigned i = 0; i < 8; i++)
		call.n[i] = LONG;
	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned one = 0; one < 2; one++) {
			call.ssrc = (enum v_ssrc)kind;
			call.is_one_call = one != 0;
			says(&call, state);
		}
	}
}

TEST(direction_that_sdp_sends_past_the_sbc_has_not_stopped)
{
	static const char *const phases[] = { "rf", "frf", "rg", "grg" };

	for (unsigned i = 0; i < 4; i++)
		is_so(
		    (struct v_call){ .phases = phases[i], .has_reinvite = true }, ES_VERDICT_CLEAN);
}

TEST(direction_that_sdp_sends_past_the_sbc_from_the_start_is_not_missing)
{
	is_so((struct v_call){ .phases = "f", .has_reinvite = true }, ES_VERDICT_CLEAN);
	is_so((struct v_call){ .phases = "g", .has_reinvite = true }, ES_VERDICT_CLEAN);
}

/* One that is lost on its way past the SBC looks the same there; the captures of the phones show it. */
TEST(direction_lost_past_the_sbc_is_accused_by_both_phones_and_not_by_the_sbc)
{
	for (unsigned i = 0; i < 6; i++) {
		struct v_call call = { .phases = "m",
			.ssrc = (enum v_ssrc)(i % 3),
			.is_one_call = i >= 3,
			.has_reinvite = true };
		const struct made_solved *h;

		says(&call, ES_VERDICT_CLEAN);
		v_run(&call);
		h = v_explain(V_AT_ALICE | V_AT_BOB, &call);
		CHECK_EQ(h->n, 1);
		CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_DEGRADED);
		CHECK(h->calls[0].verdict.causes[0].confidence_ppm > SURE_PPM);
		es_correlate_free(v_correlate);
		v_done();
	}
}

TEST(direction_that_never_came_when_sdp_names_the_sbc_is_missing)
{
	is_so((struct v_call){ .phases = "y" }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "z" }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "y", .has_reinvite = true, .is_refreshed = true },
	    ES_VERDICT_DEGRADED);
}

TEST(direction_that_sdp_brought_to_the_sbc_later_and_that_never_came_is_missing)
{
	is_so((struct v_call){ .phases = "fy", .has_reinvite = true }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "gz", .has_reinvite = true }, ES_VERDICT_DEGRADED);
}

TEST(direction_that_never_came_before_sdp_sent_it_past_the_sbc_is_missing)
{
	is_so((struct v_call){ .phases = "yf", .has_reinvite = true }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "zg", .has_reinvite = true }, ES_VERDICT_DEGRADED);
}

TEST(direction_that_leaves_the_sbc_without_sdp_has_stopped)
{
	is_so((struct v_call){ .phases = "rf" }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "rg" }, ES_VERDICT_DEGRADED);
}

TEST(direction_that_is_lost_when_sdp_names_the_same_addresses_has_stopped)
{
	is_so((struct v_call){ .phases = "ry", .has_reinvite = true, .is_refreshed = true },
	    ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "rz", .has_reinvite = true, .is_refreshed = true },
	    ES_VERDICT_DEGRADED);
}

TEST(direction_that_sdp_brought_back_and_that_did_not_come_has_stopped)
{
	is_so((struct v_call){ .phases = "rfy", .has_reinvite = true }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "rgz", .has_reinvite = true }, ES_VERDICT_DEGRADED);
}

TEST(direction_that_was_silent_before_sdp_sent_it_past_the_sbc_has_stopped)
{
	is_so((struct v_call){ .phases = "ryf", .has_reinvite = true }, ES_VERDICT_DEGRADED);
	is_so((struct v_call){ .phases = "rzg", .has_reinvite = true }, ES_VERDICT_DEGRADED);
}
