/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SBC that keeps the Call-ID on both of its sides and sends with SSRCs of its own: each side is a point, as it is
 * with two Call-IDs, and nothing is lost between a side and the phone of the other one.
 */
#include "tests/sim/vantages.h"

enum { EVERYWHERE = V_AT_ALICE | V_AT_SBC | V_AT_BOB, SURE_PPM = 900000 };

/* What the captures at some places say of the call: no cause, or loss from one point to another one. */
static void
says(unsigned at, const struct v_call *call, const char *from, const char *to)
{
	const struct made_solved *h = v_explain(at, call);
	const struct es_verdict *v = &h->calls[0].verdict;
	bool is_right;

	CHECK_EQ(h->n, 1);
	if (from == NULL)
		is_right = v->state == ES_VERDICT_CLEAN;
	else
		is_right = v->n_causes > 0 && v->causes[0].cause == ES_CAUSE_NETWORK_LOSS &&
			   v->causes[0].confidence_ppm > SURE_PPM && v->has_segment &&
			   es_slice_eq(v->segment_from, es_slice_str(from)) &&
			   es_slice_eq(v->segment_to, es_slice_str(to));
	if (!is_right)
		test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d: state %d", call->phases, at,
		    call->ssrc, v->state);
	es_correlate_free(v_correlate);
}

/* With no re-INVITE and with one, numbered with gaps and without, at an SBC and at a tap next to it. */
static void
is_clean(const char *phases, unsigned at)
{
	for (unsigned i = 0; i < 8; i++) {
		struct v_call call = { .phases = phases,
			.ssrc = (i & 1) != 0 ? V_OWN_SSRC : V_OWN_SSRC_NO_GAP,
			.is_one_call = true,
			.has_reinvite = (i & 2) != 0,
			.is_tap = (i & 4) != 0 };

		v_run(&call);
		says(at, &call, NULL, NULL);
		v_done();
	}
}

TEST(relay_with_its_own_ssrc_in_one_call_accuses_nobody)
{
	for (unsigned at = 1; at <= EVERYWHERE; at++)
		is_clean("r", at);
}

TEST(one_direction_past_a_relay_in_one_call_is_clean_where_both_phones_know_it)
{
	static const char *const phases[] = { "rf", "frf", "rg", "grg", "rfr", "rgr" };

	for (unsigned i = 0; i < 6; i++)
		is_clean(phases[i], EVERYWHERE);
}

static void
is_lost(const char *phases, unsigned at, const char *from, const char *to)
{
	for (unsigned i = 0; i < 2; i++) {
		struct v_call call = { .phases = phases,
			.ssrc = i == 0 ? V_OWN_SSRC : V_OWN_SSRC_NO_GAP,
			.is_one_call = true };

		v_run(&call);
		says(at, &call, from, to);
		v_done();
	}
}

TEST(outage_before_a_relay_in_one_call_is_sure)
{
	is_lost("ryr", V_AT_ALICE | V_AT_SBC, "ep", "sbc/1");
	is_lost("ryr", EVERYWHERE, "ep", "sbc/1");
}

TEST(outage_behind_a_relay_in_one_call_is_sure)
{
	is_lost("rbr", V_AT_SBC | V_AT_BOB, "sbc/2", "epb");
	is_lost("rbr", EVERYWHERE, "sbc/2", "epb");
}
