/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls without signalling of which one direction alone goes past a relay for a while: what came to the receiver
 * on another path was not lost, whatever the relay numbers it with. What came nowhere was.
 */
#include "tests/sim/vantages.h"

enum { EVERYWHERE = V_AT_ALICE | V_AT_SBC | V_AT_BOB, SURE_PPM = 900000, HALF_PPM = 500000 };

static uint32_t
surest_ppm(const struct made_solved *h)
{
	uint32_t ppm = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct es_verdict *v = &h->calls[i].verdict;

		for (uint32_t k = 0; k < v->n_causes; k++)
			ppm = v->causes[k].confidence_ppm > ppm ? v->causes[k].confidence_ppm : ppm;
	}
	return ppm;
}

/* No cause has a confidence above one half, wherever the captures are. */
static void
has_no_sure_cause(const struct v_call *call)
{
	v_run(call);
	for (unsigned at = 1; at <= EVERYWHERE; at++) {
		uint32_t ppm = surest_ppm(v_explain(at, call));

		if (ppm > HALF_PPM)
			test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d: %u", call->phases, at,
			    call->ssrc, ppm);
		es_correlate_free(v_correlate);
	}
	v_done();
}

/* The verdict on a call or on one of its halves: a segment, and surely. */
static void
is_lost_between(unsigned at, const struct v_call *call, const char *from, const char *to)
{
	const struct made_solved *h = v_explain(at, call);
	bool is_found = false;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct es_verdict *v = &h->calls[i].verdict;

		is_found |= v->state == ES_VERDICT_DEGRADED && v->has_segment &&
			    v->causes[0].cause == ES_CAUSE_NETWORK_LOSS &&
			    v->causes[0].confidence_ppm > SURE_PPM &&
			    strncmp((const char *)v->segment_from.p, from, strlen(from)) == 0 &&
			    strncmp((const char *)v->segment_to.p, to, strlen(to)) == 0;
	}
	if (!is_found)
		test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d: not between %s and %s",
		    call->phases, at, call->ssrc, from, to);
	es_correlate_free(v_correlate);
}

TEST(one_direction_past_a_relay_with_its_own_ssrc_has_no_sure_cause)
{
	static const char *const phases[] = { "rfr", "rfrfr", "frf", "fr", "rf", "rgr", "grg" };

	for (unsigned i = 0; i < 7; i++)
		for (unsigned kind = 0; kind < 3; kind++)
			has_no_sure_cause(&(struct v_call){
			    .phases = phases[i], .ssrc = (enum v_ssrc)kind, .has_no_sip = true });
}

TEST(direct_media_next_to_a_capture_at_the_callee_accuse_nobody)
{
	static const char *const phases[] = { "rdr", "drd", "rdrdr", "rd", "dr" };

	for (unsigned i = 0; i < 5; i++)
		has_no_sure_cause(&(struct v_call){ .phases = phases[i], .has_no_sip = true });
}

TEST(one_direction_past_a_relay_through_a_nat_has_no_sure_cause)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		has_no_sure_cause(&(struct v_call){ .phases = "rfr",
		    .ssrc = (enum v_ssrc)kind,
		    .has_no_sip = true,
		    .is_natted = true });
		has_no_sure_cause(&(struct v_call){ .phases = "rfr",
		    .ssrc = (enum v_ssrc)kind,
		    .has_no_sip = true,
		    .has_new_codec = true });
	}
}

/* 40 ms at each change of the path reach no receiver: too little to be heard. */
TEST(one_direction_past_a_relay_after_a_short_gap_has_no_sure_cause)
{
	for (unsigned kind = 0; kind < 3; kind++)
		has_no_sure_cause(&(struct v_call){ .phases = "rxfxr",
		    .n = { 500, 2, 500, 2, 500 },
		    .ssrc = (enum v_ssrc)kind,
		    .has_no_sip = true });
}

/* The receiver has one call on its port, not two. */
TEST(one_direction_past_a_relay_is_on_the_leg_of_its_port)
{
	struct v_call call = { .phases = "rfr", .ssrc = V_OWN_SSRC, .has_no_sip = true };

	v_run(&call);
	CHECK_EQ(v_explain(V_AT_BOB, &call)->n, 1);
	es_correlate_free(v_correlate);
	CHECK_EQ(v_explain(V_AT_ALICE | V_AT_BOB, &call)->n, 1);
	es_correlate_free(v_correlate);
	v_done();
}

TEST(outage_of_one_direction_before_a_relay_is_sure)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct v_call call = {
			.phases = "ryr", .ssrc = (enum v_ssrc)kind, .has_no_sip = true
		};

		v_run(&call);
		is_lost_between(V_AT_ALICE | V_AT_SBC, &call, "ep", "sbc");
		is_lost_between(EVERYWHERE, &call, "ep", "sbc");
		v_done();
	}
}

TEST(outage_of_one_direction_behind_a_relay_is_sure)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct v_call call = {
			.phases = "rbr", .ssrc = (enum v_ssrc)kind, .has_no_sip = true
		};

		v_run(&call);
		is_lost_between(V_AT_SBC | V_AT_BOB, &call, "sbc", "epb");
		is_lost_between(EVERYWHERE, &call, "sbc", "epb");
		v_done();
	}
}

TEST(outage_that_ends_a_direction_behind_a_relay_is_sure)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct v_call call = {
			.phases = "frb", .ssrc = (enum v_ssrc)kind, .has_no_sip = true
		};

		v_run(&call);
		is_lost_between(V_AT_SBC | V_AT_BOB, &call, "sbc", "epb");
		is_lost_between(EVERYWHERE, &call, "sbc", "epb");
		v_done();
	}
}

/* On the direct way, which no relay numbers: both phones know what the one sent and the other did not get. */
TEST(outage_of_a_direct_direction_is_sure)
{
	struct v_call call = { .phases = "rlr", .has_no_sip = true };

	v_run(&call);
	is_lost_between(V_AT_ALICE | V_AT_BOB, &call, "ep", "epb");
	v_done();
}

/* What the captures at some places say: of all calls that they make of it. */
static void
is_clean(unsigned at, const struct v_call *call)
{
	const struct made_solved *h = v_explain(at, call);

	for (uint32_t i = 0; i < h->n; i++)
		if (h->calls[i].verdict.state != ES_VERDICT_CLEAN)
			test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d: state %d",
			    call->phases, at, call->ssrc, h->calls[i].verdict.state);
	es_correlate_free(v_correlate);
}

/* With no SIP, with SIP that says nothing of it, and with a re-INVITE. */
static void
is_clean_by_any_signalling(unsigned at, const char *phases)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned sip = 0; sip < 3; sip++) {
			struct v_call call = { .phases = phases,
				.ssrc = (enum v_ssrc)kind,
				.has_no_sip = sip == 0,
				.has_reinvite = sip == 2 };

			v_run(&call);
			is_clean(at, &call);
			v_done();
		}
	}
}

TEST(one_direction_past_a_relay_is_clean_where_both_phones_know_it)
{
	static const char *const phases[] = { "rfr", "rfrfr", "rgr", "rfrgr" };

	for (unsigned i = 0; i < 4; i++)
		is_clean_by_any_signalling(V_AT_ALICE | V_AT_BOB, phases[i]);
}

TEST(direction_that_went_past_the_sbc_has_not_stopped)
{
	is_clean_by_any_signalling(V_AT_ALICE | V_AT_SBC, "rf");
	is_clean_by_any_signalling(V_AT_ALICE | V_AT_SBC, "frf");
}

TEST(direction_that_was_lost_before_the_sbc_has_stopped)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct v_call call = { .phases = "ry", .ssrc = (enum v_ssrc)kind };

		v_run(&call);
		CHECK(surest_ppm(v_explain(V_AT_ALICE | V_AT_SBC, &call)) > SURE_PPM);
		es_correlate_free(v_correlate);
		v_done();
	}
}

/* The phone sends to the host from which the SBC has the other direction: the peer, and not the SBC. */
TEST(direction_past_an_sbc_from_the_start_was_not_lost_before_it)
{
	static const char *const phases[] = { "f", "df", "fd", "fdf" };

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned kind = 0; kind < 6; kind++) {
			struct v_call call = { .phases = phases[i],
				.ssrc = (enum v_ssrc)(kind % 3),
				.has_reinvite = kind >= 3 };

			v_run(&call);
			is_clean(V_AT_ALICE | V_AT_SBC, &call);
			v_done();
		}
	}
}

/* The same phone's packets to the SBC were lost. */
TEST(direction_past_an_sbc_from_the_start_acquits_no_loss_before_it)
{
	static const char *const phases[] = { "y", "fy", "yf" };

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned sip = 0; sip < 2; sip++) {
			struct v_call call = { .phases = phases[i], .has_no_sip = sip == 0 };

			v_run(&call);
			CHECK(surest_ppm(v_explain(V_AT_ALICE | V_AT_SBC, &call)) > HALF_PPM);
			es_correlate_free(v_correlate);
			v_done();
		}
	}
}

/* Direct media put both legs of the SBC into one place: Max-Forwards shows which one is the caller's. */
TEST(legs_of_an_sbc_that_direct_media_join_stand_in_their_order)
{
	static const char *const phases[] = { "f", "df", "fd" };

	for (unsigned i = 0; i < 3; i++) {
		struct v_call call = { .phases = phases[i], .ssrc = V_OWN_SSRC };

		v_run(&call);
		is_clean(V_AT_SBC | V_AT_BOB, &call);
		is_clean(EVERYWHERE, &call);
		v_done();
	}
}

/* SDP named the phone in both dialogs, so the engine gave the SBC's packets to it to both. */
TEST(packets_of_an_sbc_are_on_the_leg_of_its_own_port)
{
	static const char *const phases[] = { "dfr", "df", "fd", "dg", "gd" };

	for (unsigned i = 0; i < 5; i++) {
		struct v_call call = {
			.phases = phases[i], .ssrc = V_OWN_SSRC, .has_reinvite = true
		};

		v_run(&call);
		is_clean(V_AT_SBC, &call);
		is_clean(V_AT_ALICE | V_AT_SBC, &call);
		is_clean(V_AT_SBC | V_AT_BOB, &call);
		v_done();
	}
}

/* The sender's own packets came past the relay before, so that a point behind it knows their numbers. */
TEST(loss_behind_a_relay_that_was_passed_before_is_not_in_the_relay)
{
	for (unsigned kind = 1; kind < 3; kind++) {
		struct v_call call = { .phases = "frb", .ssrc = (enum v_ssrc)kind };
		const struct es_verdict *v;

		v_run(&call);
		v = &v_explain(EVERYWHERE, &call)->calls[0].verdict;
		CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
		CHECK(!es_slice_eq(v->segment_to, es_slice_str("sbc/2")));
		es_correlate_free(v_correlate);
		v_done();
	}
}
