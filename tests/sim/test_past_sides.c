/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SBC that a re-INVITE takes out of one direction for good: to an address that nobody was seen sending to before,
 * or as captures on each side of the SBC see it. What SDP sends past it has not stopped; what a phone did not send, or
 * did not get, has.
 */
#include "tests/sim/vantages.h"

enum {
	A = V_AT_ALICE,
	S = V_AT_SBC,
	B = V_AT_BOB,
	X = V_AT_ACCESS,
	Y = V_AT_CORE,
	SURE_PPM = 900000,
	LONG = 550 /* packets of a phase: 11 s */
};

/* Fails unless captures at some places say so. */
static void
says(const struct v_call *call, unsigned at, bool is_sure)
{
	const struct made_solved *h = v_explain(at, call);
	uint32_t ppm = 0;

	for (uint32_t i = 0; i < h->n; i++)
		if (h->calls[i].verdict.n_causes > 0 &&
		    h->calls[i].verdict.causes[0].confidence_ppm > ppm)
			ppm = h->calls[i].verdict.causes[0].confidence_ppm;
	if (is_sure ? ppm < SURE_PPM : ppm > 0 || h->calls[0].verdict.state != ES_VERDICT_CLEAN)
		test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d, one call %d, tap %d: %u",
		    call->phases, at, call->ssrc, call->is_one_call, call->is_tap, ppm);
	es_correlate_free(v_correlate);
}

/* At each of some sets of places, with one Call-ID or two, for some ways in which the SBC numbers. */
static void
all_say(struct v_call call, const unsigned *at, size_t n, bool is_sure)
{
	for (unsigned i = 0; i < 8; i++)
		call.n[i] = LONG;
	call.has_reinvite = true;
	for (unsigned i = 0; i < 6; i++) {
		call.ssrc = (enum v_ssrc)(i % 3);
		call.is_one_call = i >= 3;
		v_run(&call);
		for (size_t k = 0; k < 2 * n; k++) {
			call.is_tap = k >= n;
			says(&call, at[k % n], is_sure);
		}
		v_done();
	}
}

TEST(direction_sent_to_an_address_that_nobody_sent_to_before_has_not_stopped)
{
	static const char *const phases[] = { "rf", "frf", "rg" };
	static const unsigned at[] = { S };

	for (unsigned i = 0; i < 3; i++) {
		all_say((struct v_call){ .phases = phases[i], .has_new_port = true }, at, 1, false);
		all_say(
		    (struct v_call){ .phases = phases[i], .is_natted = true, .is_nat_said = true },
		    at, 1, false);
	}
}

TEST(direction_that_sdp_sends_past_both_sides_of_the_sbc_has_not_stopped)
{
	static const unsigned forward[] = { X, X | Y }, reverse[] = { Y, X | Y };

	all_say((struct v_call){ .phases = "rf", .is_split = true }, forward, 2, false);
	all_say((struct v_call){ .phases = "frf", .is_split = true }, forward, 2, false);
	all_say((struct v_call){ .phases = "rg", .is_split = true }, reverse, 2, false);
	all_say((struct v_call){ .phases = "rf", .has_new_port = true, .is_split = true }, forward,
	    2, false);
}

/* The core side does not know who sends to the SBC; Alice's capture does. */
TEST(direction_that_goes_past_the_sbc_has_not_stopped_behind_it)
{
	static const unsigned at[] = { A | Y, A | X | Y };

	all_say(
	    (struct v_call){
		.phases = "rf", .is_natted = true, .is_nat_said = true, .is_split = true },
	    at, 2, false);
}

TEST(direction_that_is_lost_at_both_sides_of_the_sbc_has_stopped)
{
	static const unsigned at[] = { X, Y, X | Y, A | X | Y, X | Y | B };

	all_say(
	    (struct v_call){ .phases = "ry", .is_split = true, .is_refreshed = true }, at, 5, true);
}

TEST(direction_that_sdp_brought_back_to_both_sides_and_that_did_not_come_has_stopped)
{
	static const unsigned at[] = { X, Y, X | Y };

	all_say((struct v_call){ .phases = "rfy", .is_split = true }, at, 3, true);
}

/* Alice's own capture would see her packets wherever SDP sends them. */
TEST(direction_that_a_phone_does_not_send_past_the_sbc_has_stopped)
{
	static const unsigned whole[] = { A, A | S },
			      split[] = { A | X, A | Y, A | X | Y, A | X | Y | B };
	static const unsigned unknown[] = { S };

	all_say((struct v_call){ .phases = "rn", .has_new_port = true }, whole, 2, true);
	all_say((struct v_call){ .phases = "rn", .has_new_port = true }, unknown, 1, false);
	all_say((struct v_call){ .phases = "rn", .is_split = true }, split, 4, true);
}

TEST(direction_that_a_phone_does_not_get_past_the_sbc_has_stopped)
{
	static const unsigned whole[] = { B, S | B, A | S | B },
			      split[] = { X | Y | B, A | X | B, A | X | Y | B };

	all_say((struct v_call){ .phases = "rm", .has_new_port = true }, whole, 3, true);
	all_say((struct v_call){ .phases = "rm", .is_split = true }, split, 3, true);
}

TEST(direction_that_sdp_sends_past_both_sides_of_the_sbc_from_the_start_is_not_missing)
{
	static const char *const phases[] = { "f", "g", "df", "fd", "gd" };
	static const unsigned at[] = { X | Y };

	for (unsigned i = 0; i < 5; i++)
		all_say((struct v_call){ .phases = phases[i], .is_split = true }, at, 1, false);
}

/* What a phone's own capture did not see went past nothing, and what SDP sends over the SBC must come there. */
TEST(direction_that_is_missing_from_the_start_is_one_way)
{
	static const unsigned unsent[] = { A | X | Y, A | X, A | Y }, lost[] = { X | Y | B, Y | B },
			      relayed[] = { X, Y, X | Y };

	all_say((struct v_call){ .phases = "n", .is_split = true }, unsent, 3, true);
	all_say((struct v_call){ .phases = "m", .is_split = true }, lost, 2, true);
	all_say((struct v_call){ .phases = "y", .is_split = true }, relayed, 3, true);
	all_say((struct v_call){ .phases = "dy", .is_split = true }, relayed, 3, true);
}
