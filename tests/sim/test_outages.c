/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of which one direction or both are lost for a while or for good, in every variant and seen from every set of
 * captures: what captures at both ends of the loss, or reports of the receivers, can prove has a cause above one half,
 * and a segment that is named is one in which something was lost.
 */
#include "tests/sim/call_variants.h"

enum { A = V_AT_ALICE, S = V_AT_SBC, B = V_AT_BOB, X = V_AT_ACCESS, Y = V_AT_CORE };

static const char *const outages[] = { "x", "y", "z", "b", "rx", "ry", "rz", "rb", "rl", "rxr",
	"ryr", "rzr", "rbr", "rlr", "frb", "fry", "rdrxr", "rdryr", "rdrbr", "rfryr", "rfrbr",
	"ryrfr", "rbrfr" };
enum { OUTAGES = sizeof(outages) / sizeof(outages[0]) };

/* Stretches of the way from Alice to Bob, as bits. */
enum { BEFORE_SBC = 1, IN_SBC = 2, BEHIND_SBC = 4, PAST_SBC = 8 };

#define LOST_FROM_ALICE "y ry ryr fry rdryr rfryr ryrfr rx rxr rdrxr"
#define LOST_TO_BOB "rb rbr frb rdrbr rfrbr rbrfr"
#define LOST_FROM_BOB "rz rzr rx rxr rdrxr"
#define STOPS_AT_BOB "x y b rx ry rb rl fry frb"
#define STOPS_AT_SBC "y z ry rl fry"
#define REPORTED_AT_SBC "rxr ryr rzr rlr rdrxr rdryr rfryr ryrfr"
#define BOTH_ENDS "captures at both ends of the loss"
#define STOPPED "a direction that stops or never comes, where it is missing"
#define REPORTED "reports of the receivers"

/* Outages that must have a cause above one half, and by whom they are known. */
static const struct w_row known[] = {
	{ LOST_FROM_ALICE, A | S, { 0 }, BOTH_ENDS },
	{ LOST_FROM_ALICE " z", A | S | B, { .sip = W_SIGNALLED }, BOTH_ENDS },
	{ "rx ry rxr ryr y", A | S | B, { 0 }, BOTH_ENDS },
	{ LOST_FROM_ALICE, A | S | B, { .ssrc = W_SAME }, BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB, S | B, { 0 }, BOTH_ENDS },
	{ "b z", S | B, { .sip = W_SIGNALLED }, BOTH_ENDS },
	{ "b rb rbr frb rz rzr", A | S | B, { 0 }, BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB, A | S | B, { .sip = W_SIGNALLED }, BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB " " LOST_FROM_ALICE " rl rlr", A | B, { .ssrc = W_SAME },
	    BOTH_ENDS },
	{ "rl rlr", A | S | B, { .ssrc = W_SAME }, BOTH_ENDS },
	{ STOPS_AT_BOB, B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, S | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, A | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, A | S | B, { .sip = W_SIGNALLED }, STOPPED },
	{ "x z", A, { .sip = W_SIGNALLED }, STOPPED },
	{ "x z", A | S, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_SBC, S, { .sip = W_SIGNALLED }, STOPPED },
	{ "rxr ryr rbr rlr rdrxr rdryr rdrbr rfryr rfrbr ryrfr rbrfr", B,
	    { .ssrc = W_SAME, .reports = W_REPORTS }, REPORTED },
	{ REPORTED_AT_SBC, S, { .ssrc = W_SAME, .reports = W_REPORTS }, REPORTED },
	{ "ryr rzr rlr rdryr rfryr ryrfr", S,
	    { .ssrc = W_OWN, .sip = W_SIGNALLED, .reports = W_REPORTS }, REPORTED },
	{ "rxr rzr rdrxr", A, { .ssrc = W_SAME | W_GAPS, .reports = W_REPORTS }, REPORTED },
	{ LOST_FROM_ALICE, A | X, { 0 }, BOTH_ENDS },
	{ LOST_FROM_ALICE, A | Y, { .ssrc = W_SAME }, BOTH_ENDS },
	{ "y rx ry", A | X | Y, { 0 }, BOTH_ENDS },
	{ "rxr ryr", A | X | Y, { .ssrc = W_SAME }, BOTH_ENDS },
	{ "b " LOST_TO_BOB " " LOST_FROM_BOB, X | B, { .ssrc = W_SAME }, BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB, Y | B, { .sip = W_SIGNALLED }, BOTH_ENDS },
	{ LOST_TO_BOB, Y | B, { .ssrc = W_SAME }, BOTH_ENDS },
	{ "b rb rx rz rbr", X | Y | B, { 0 }, BOTH_ENDS },
	{ LOST_TO_BOB " rxr rzr", X | Y | B, { .ssrc = W_SAME }, BOTH_ENDS },
	{ "y rx ry frb", A | X | B, { 0 }, BOTH_ENDS },
	{ "b z rb rx rz frb fry rbr rdrbr", A | Y | B, { 0 }, BOTH_ENDS },
	{ "b y z rb rx ry rz frb rbr rdrbr", A | X | Y | B, { 0 }, BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB " " LOST_FROM_ALICE, A | X | B, { .ssrc = W_SAME },
	    BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB " " LOST_FROM_ALICE, A | Y | B, { .ssrc = W_SAME },
	    BOTH_ENDS },
	{ LOST_TO_BOB " " LOST_FROM_BOB " " LOST_FROM_ALICE, A | X | Y | B, { .ssrc = W_SAME },
	    BOTH_ENDS },
	{ STOPS_AT_SBC, X, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_SBC, Y, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_SBC, X | Y, { .sip = W_SIGNALLED }, STOPPED },
	{ "x z", A | X, { .sip = W_SIGNALLED }, STOPPED },
	{ "x z", A | Y, { .sip = W_SIGNALLED }, STOPPED },
	{ "x z fry", A | X | Y, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, X | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, Y | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, X | Y | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, A | X | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, A | Y | B, { .sip = W_SIGNALLED }, STOPPED },
	{ STOPS_AT_BOB, A | X | Y | B, { .sip = W_SIGNALLED }, STOPPED },
	{ REPORTED_AT_SBC, X, { .ssrc = W_SAME, .reports = W_REPORTS }, REPORTED },
	{ REPORTED_AT_SBC, Y, { .ssrc = W_SAME, .reports = W_REPORTS }, REPORTED },
	{ REPORTED_AT_SBC, X | Y, { .ssrc = W_SAME, .reports = W_REPORTS }, REPORTED },
	{ "rlr rxr ryr rzr rdrxr rdryr", X | Y,
	    { .ssrc = W_OWN, .sip = W_SIGNALLED, .reports = W_REPORTS }, REPORTED },
};

/* What is lost of the direction from Alice to Bob, or back. */
static unsigned
lost_on(const char *phases, bool is_forward)
{
	unsigned on = 0;

	for (const char *p = phases; *p != '\0'; p++) {
		if (is_forward)
			on |= *p == 'x' || *p == 'y' ? BEFORE_SBC
			      : *p == 'b'            ? BEHIND_SBC
			      : *p == 'l'            ? PAST_SBC
						     : 0;
		else
			on |= *p == 'x' || *p == 'z' ? BEHIND_SBC : 0;
	}
	return on;
}

/* How far along the way a point of that name is. */
static unsigned
place_of(es_slice name)
{
	return es_slice_eq(name, es_slice_str("ep"))    ? 0
	       : es_slice_eq(name, es_slice_str("epb")) ? 2
							: 1;
}

/* The stretches between two points, of which the one that sends is the first. */
static unsigned
stretches(es_slice from, es_slice to)
{
	unsigned a = place_of(from), b = place_of(to), n = a < b ? b - a : a - b;

	if (n == 2)
		return BEFORE_SBC | IN_SBC | BEHIND_SBC | PAST_SBC;
	return n == 0 ? IN_SBC : a == 0 || b == 0 ? BEFORE_SBC : BEHIND_SBC;
}

/* Whether something was lost where a verdict says, in the direction from its first point to its second. */
static bool
is_lost_there(const struct es_verdict *v, const char *phases)
{
	unsigned on = 0;
	bool is_forward = true;

	if (v->has_segment && v->n_one_of == 0) {
		on = stretches(v->segment_from, v->segment_to);
		is_forward = place_of(v->segment_from) <= place_of(v->segment_to);
	}
	for (uint32_t i = 0; i < v->n_one_of; i++) {
		on |= stretches(v->one_of[i].from, v->one_of[i].to) | PAST_SBC;
		is_forward = place_of(v->one_of[i].from) <= place_of(v->one_of[i].to);
	}
	return on == 0 || (on & lost_on(phases, is_forward)) != 0 ||
	       (v->segment_direction == ES_BOTH && (on & lost_on(phases, !is_forward)) != 0);
}

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

/* Whether a verdict accuses its segment: that a direction is one-way says nothing of where. */
static bool
accuses_segment(const struct es_verdict *v)
{
	for (uint32_t i = 0; i < v->n_causes; i++)
		if (v->causes[i].cause != ES_CAUSE_ONE_WAY &&
		    v->causes[i].confidence_ppm > W_HALF_PPM)
			return true;
	return false;
}

/* A hint may name a segment of what went elsewhere where each side of the SBC is captured by itself. */
static bool
names_wrong_segment(const struct made_solved *h, const struct v_call *call)
{
	for (uint32_t i = 0; i < h->n && i < 8; i++)
		if (h->calls[i].verdict.state == ES_VERDICT_DEGRADED &&
		    (!call->is_split || accuses_segment(&h->calls[i].verdict)) &&
		    !is_lost_there(&h->calls[i].verdict, call->phases))
			return true;
	return false;
}

/* How many sets of captures have a cause above one half. */
static unsigned
explain_everywhere(struct v_call call, unsigned variant, bool is_split)
{
	unsigned n = 0;

	call.is_split = is_split;
	v_run(&call);
	for (unsigned at = 1; at <= V_AT_ALL; at++) {
		if (!w_are_places(at) || w_is_split(at) != is_split)
			continue;
		for (unsigned tap = 0; tap < (w_may_tap(at) ? 2u : 1u); tap++) {
			const struct made_solved *h;
			bool is_known;

			call.is_tap = tap != 0;
			h = v_explain(at, &call);
			is_known = w_surest_ppm(h) > W_HALF_PPM;
			if (!is_known && w_has_row(known, KNOWN, call.phases, at, variant))
				test_fail(__FILE__, __LINE__, "%s", w_name(&call, at));
			if (names_wrong_segment(h, &call))
				test_fail(__FILE__, __LINE__, "segment of %s", w_name(&call, at));
			n += is_known;
			es_correlate_free(v_correlate);
		}
	}
	v_done();
	return n;
}

/* What is known beyond the table must not become less, either: the count of it was measured. */
static void
are_known(unsigned step, bool is_split, unsigned measured)
{
	unsigned n_known = 0;
	struct v_call call;

	for (unsigned i = 0; i < OUTAGES * W_VARIANTS; i += step)
		if (w_variant(outages[i / W_VARIANTS], i % W_VARIANTS, &call))
			n_known += explain_everywhere(call, i % W_VARIANTS, is_split);
	if (step == 1 && n_known < measured)
		test_fail(__FILE__, __LINE__, "%u are known, not %u", n_known, measured);
}

TEST(outage_that_captures_prove_has_a_cause)
{
	are_known(test_step(19), false, 8638);
}

TEST(outage_that_captures_on_both_sides_of_sbc_prove_has_a_cause)
{
	are_known(test_step(41), true, 17418);
}
