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

/* Fails if a sentence says of packets that they never came to a point, or if that is a cause. */
static void
misses_none(const struct v_call *call, unsigned at)
{
	const struct es_verdict *v = &v_explain(at, call)->calls[0].verdict;

	CHECK_EQ(v->n_causes, 0);
	for (uint32_t i = 0; i < v->n_evidence; i++)
		CHECK(strstr(v->evidence[i].text, "never came to") == NULL);
	es_correlate_free(v_correlate);
}

/*
 * SDP sends a direction past the SBC for a while; on the other side the SBC names the same addresses as before, and a
 * capture there misses the packets. The far side was accused of them, for certain where a receiver had reported as many
 * lost at another time ("rfrbr"): behind the SBC, where these two captures see no loss.
 */
TEST(direction_that_sdp_sent_past_one_side_of_the_sbc_for_a_while_was_not_lost_before_it)
{
	static const char *const phases[] = { "rfr", "rfrfr", "rgr", "rfrgr", "rfrbr", "rbrfr" };

	for (unsigned i = 0; i < 24; i++) {
		struct v_call call = { .phases = phases[i % 6],
			.has_reinvite = true,
			.is_split = true,
			.is_one_call = i / 6 % 2 != 0,
			.has_reports = i / 12 != 0,
			.counts_lost = i / 12 != 0 };

		v_run(&call);
		misses_none(&call, X | Y);
		call.is_tap = true;
		misses_none(&call, X | Y);
		v_done();
	}
}

/* What SDP sends past the SBC must come to the phone, and SDP sends nothing past a side in that time. */
TEST(direction_that_sdp_sent_past_the_sbc_and_that_the_phone_did_not_get_was_lost)
{
	static const struct {
		const char *phases;
		unsigned at;
	} rows[] = { { "rmr", X | Y | B }, { "ryr", X | Y }, { "rfryr", X | Y } };

	for (unsigned i = 0; i < 3; i++) {
		struct v_call call = {
			.phases = rows[i].phases, .has_reinvite = true, .is_split = true
		};
		const struct made_solved *h;

		v_run(&call);
		h = v_explain(rows[i].at, &call);
		CHECK_EQ(h->n, 1);
		if (h->calls[0].verdict.state != ES_VERDICT_DEGRADED)
			test_fail(__FILE__, __LINE__, "%s at %u", rows[i].phases, rows[i].at);
		es_correlate_free(v_correlate);
		v_done();
	}
}

/* Blocks that were not delivered are no blocks that the stream did not expect. */
TEST(blocks_that_the_access_side_did_not_deliver_do_not_acquit)
{
	struct v_call call = { .phases = "ryr", .has_reinvite = true, .is_split = true };
	const struct es_verdict *v;
	unsigned n_left_out = 0, n_said = 0;
	int vantage[2];

	v_run(&call);
	v_correlate = made_correlate();
	vantage[0] = es_correlate_vantage(v_correlate, es_slice_str("access"), ES_ROLE_SBC);
	vantage[1] = es_correlate_vantage(v_correlate, es_slice_str("core"), ES_ROLE_SBC);
	for (unsigned i = 0; i < 2; i++)
		for (size_t k = 0; k < v_world[3 + i].n_records; k++) {
			const struct es_record *r = &v_world[3 + i].records[k]->is;

			if (i == 0 && r->type == ES_REC_INTERVAL && r->u.interval.received == 0)
				n_left_out++;
			else
				(void)es_correlate_add(v_correlate, vantage[i], r);
		}
	CHECK(n_left_out > 0);
	v = &made_solve(v_correlate)->calls[0].verdict;
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	for (uint32_t i = 0; i < v->n_evidence; i++)
		n_said += strstr(v->evidence[i].text, "where they were lost is not known") != NULL;
	CHECK_EQ(n_said, 1);
	es_correlate_free(v_correlate);
	v_done();
}
