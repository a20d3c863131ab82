/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that went a way which no capture watches: a cause for them is a hint, not an accusation, and the evidence
 * says so. Loss on a way that captures watch stays an accusation, in a call with detours, too.
 */
#include "tests/sim/call_variants.h"

enum {
	A = V_AT_ALICE,
	S = V_AT_SBC,
	B = V_AT_BOB,
	X = V_AT_ACCESS,
	Y = V_AT_CORE,
	SURE_PPM = 900000
};

static bool
says_nobody_knows(const struct es_verdict *v)
{
	for (uint32_t i = 0; i < v->n_evidence; i++)
		if (strstr(v->evidence[i].text, "more than one path") != NULL)
			return true;
	return false;
}

/* What captures at some places say of each variant of a call that is in a set. */
static void
all_say(const char *phases, unsigned at, const struct w_set *in, bool is_split, bool is_sure)
{
	struct v_call call;

	for (unsigned k = 0; k < W_VARIANTS; k++) {
		const struct made_solved *h;
		uint32_t ppm;
		bool is_hint = false;

		if (!w_is_in(in, k) || !w_variant(phases, k, &call))
			continue;
		call.is_split = is_split;
		v_run(&call);
		h = v_explain(at, &call);
		ppm = w_surest_ppm(h);
		for (uint32_t i = 0; i < h->n && i < 8; i++)
			is_hint |= says_nobody_knows(&h->calls[i].verdict);
		if (is_sure ? ppm < SURE_PPM : ppm > W_HALF_PPM || (ppm == W_HALF_PPM && !is_hint))
			test_fail(__FILE__, __LINE__, "%s, places %u: %u ppm, hint %d",
			    w_name(&call, at), at, ppm, is_hint);
		es_correlate_free(v_correlate);
		v_done();
	}
}

/* The core side of an SBC, and Bob, whose packets past the SBC it cannot see. */
TEST(doubt_core_side_and_bob_accuse_no_detour)
{
	static const char *const phases[] = { "rf", "frf", "rd", "rfr", "fr" };
	static const struct w_set all = { .direct = 1u << W_PLAIN, .reports = W_NO_REPORTS };

	for (unsigned i = 0; i < 5; i++)
		all_say(phases[i], Y | B, &all, true, false);
}

TEST(doubt_host_that_no_capture_knows_is_no_accusation)
{
	static const struct w_set natted = {
		.sip = W_SIGNALLED, .direct = 1u << W_NATTED, .reports = W_NO_REPORTS
	};

	all_say("f", A | S, &natted, false, false);
	all_say("fdf", A | S, &natted, false, false);
	all_say("gdg", S | B, &natted, false, false);
}

TEST(doubt_sbc_that_is_one_point_accuses_no_detour)
{
	static const struct w_set own = {
		.ssrc = W_OWN, .sip = W_IN_ONE_ID, .direct = 1u << W_PLAIN
	};

	all_say("df", A | S, &own, false, false);
	all_say("dg", S | B, &own, false, false);
	all_say("dfg", A | S | B, &own, false, false);
}

/* Between Bob's direct packets, Alice hears those that the SBC numbered. */
TEST(doubt_terminal_that_heard_others_did_not_miss_packets)
{
	static const struct w_set own = {
		.ssrc = W_OWN, .sip = W_IN_TWO_IDS, .reports = W_NO_REPORTS
	};

	all_say("dfd", A | S, &own, false, false);
	all_say("dgd", S | B, &own, false, false);
	all_say("dfd", A | S | B, &own, false, false);
}

TEST(doubt_spares_no_loss_on_a_path_that_is_watched)
{
	static const struct w_set all = { .direct = 1u << W_PLAIN, .reports = W_NO_REPORTS };
	static const struct w_set said = {
		.sip = W_SIGNALLED, .direct = 1u << W_PLAIN, .reports = W_NO_REPORTS
	};
	static const struct w_set same = {
		.ssrc = W_SAME, .sip = W_SIGNALLED, .direct = 1u << W_PLAIN
	};

	all_say(
	    "y", A | Y, &said, true, true); /* one path, of which the core side sees no packet */
	all_say("z", X | B, &said, true, true);
	all_say("y", A | S, &all, false, true);
	all_say("ryr", A | S, &all, false, true);
	all_say("ry", A | X, &all, true, true);
	all_say("rb", X | Y | B, &all, true, true);
	all_say("rfryr", A | S, &same, false, true);
	all_say("rfrbr", S | B, &same, false, true);
}
