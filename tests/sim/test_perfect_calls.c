/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every short call whose media reach their receivers, relayed or past the SBC in either direction, in every variant
 * and seen from every set of captures: no cause is above one half. What these captures cannot tell from an outage,
 * and what is not acquitted yet, is one table with its reasons; a row that no call needs any more is refused.
 */
#include "tests/sim/call_variants.h"

enum {
	A = V_AT_ALICE,
	S = V_AT_SBC,
	B = V_AT_BOB,
	X = V_AT_ACCESS,
	Y = V_AT_CORE,
	PATTERNS = 56 /* each path, each two and three in turn, and some longer ones */
};

/* A phase is 'r', 'd', 'f' or 'g' of vantages.h, and no phase comes twice in a row. */
static void
pattern(unsigned i, char out[8])
{
	static const char path[] = "rdfg";
	static const char *const longer[] = { "rdrdr", "drdrd", "rfrfr", "rfrgr" };
	unsigned n = i < 4 ? 1 : i < 16 ? 2 : i < 52 ? 3 : 0, k = n == 3 ? i - 16 : i - 4;

	if (n == 0) {
		snprintf(out, 8, "%s", longer[i - 52]);
		return;
	}
	for (unsigned p = n; p-- > 1; k /= 3)
		out[p] = (char)(k % 3);
	out[0] = path[n == 1 ? i : k];
	out[n] = '\0';
	for (unsigned p = 1; p < n; p++) {
		unsigned skip = (unsigned)(strchr(path, out[p - 1]) - path);
		unsigned own = (unsigned)out[p];

		out[p] = path[own + (own >= skip)];
	}
}

/* Why the captures of a row cannot know better: what they saw would be the same after a real outage. */
#define STOPS                                                                                    \
	"a direction leaves the SBC, or never comes to it, and no SDP says why: lost, it would " \
	"look the same"
#define STOPS_AT_SBC \
	"f g df dg fd gd rf dfd dgd dgf drf fdf fdg fgf gdf gdg gfd grf rdf rdg rfd rgf frf gf"
#define TWO_WITNESSES                                                                           \
	"each direction is away at its own time, as in two outages of which each is the other " \
	"one's witness"
#define NO_SDP \
	"no SDP names the address or the payload type of the direct media: they belong to no call"
#define OTHER_SIDE                                                                              \
	"SDP that sends a direction past the SBC is on the side that has no capture: lost, it " \
	"would look the same"
#define NAT                                                                                      \
	"SDP names another host than the one that sends: so does a phone behind a NAT to which " \
	"nothing is sent"
/* What is not acquitted yet, though a capture saw it. */
#define IN_BETWEEN \
	"not yet: packets that the SBC numbered leave a hole in the direct ones before and behind"
#define TWO_CLOCKS                                                                                 \
	"not yet: the SBC renumbers between two captures, and no packet shows what holes were at " \
	"one time"

/* Perfect calls that have a cause above one half all the same. */
static const struct w_row excused[] = {
	{ STOPS_AT_SBC, S, { .sip = W_ONE_OFFER }, STOPS },
	{ "rfrgr", S, { .sip = W_ONE_OFFER }, TWO_WITNESSES },
	{ "rfrgr", S, { .ssrc = W_SAME | W_GAPS, .sip = W_UNSIGNALLED, .reports = W_NO_REPORTS },
	    TWO_WITNESSES },
	{ "rfrgr", S | B, { .ssrc = W_GAPS, .sip = W_UNSIGNALLED, .reports = W_NO_REPORTS },
	    TWO_WITNESSES },
	{ "rfrgr", A | S, { .ssrc = W_GAPS, .sip = W_UNSIGNALLED, .reports = W_NO_REPORTS },
	    TWO_WITNESSES },
	{ "rfrgr", A | S | B,
	    { .ssrc = W_GAPS,
		.sip = W_UNSIGNALLED,
		.direct = W_SAME_ADDRESS,
		.reports = W_NO_REPORTS },
	    IN_BETWEEN },
	{ "f", A, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "f", A | S, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "g", B, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "g", S | B, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ STOPS_AT_SBC, X, { .sip = W_ONE_OFFER }, STOPS },
	{ STOPS_AT_SBC, Y, { .sip = W_ONE_OFFER }, STOPS },
	{ STOPS_AT_SBC, X | Y, { .sip = W_ONE_OFFER }, STOPS },
	{ "f fd fdf df dfd", X, { .sip = W_REINVITE }, NAT },
	{ "g gd gdg dg dgd fdg rdg", X, { .sip = W_REINVITE }, OTHER_SIDE },
	{ "g gd gdg dg dgd", Y, { .sip = W_REINVITE }, NAT },
	{ "f fd fdf df dfd gf rf dgf drf fgf frf gdf gfd grf rdf rfd rgf", Y, { .sip = W_REINVITE },
	    OTHER_SIDE },
	{ "rfrgr", X, { .sip = W_ONE_OFFER }, TWO_WITNESSES },
	{ "rfrgr", Y, { .sip = W_ONE_OFFER }, TWO_WITNESSES },
	{ "rfrgr", X, { .ssrc = W_SAME | W_GAPS, .sip = W_UNSIGNALLED, .reports = W_NO_REPORTS },
	    TWO_WITNESSES },
	{ "rfrgr", Y, { .ssrc = W_SAME | W_GAPS, .sip = W_UNSIGNALLED, .reports = W_NO_REPORTS },
	    TWO_WITNESSES },
	{ "rfrgr", X | Y, { 0 }, TWO_WITNESSES },
	{ "rdr rdrdr drdrd", X | Y, { .ssrc = W_OWN, .sip = W_ONE_OFFER }, TWO_CLOCKS },
	{ "rfrgr", A | X | Y, { .ssrc = W_GAPS }, TWO_CLOCKS },
	{ "rfrgr", X | Y | B, { .ssrc = W_GAPS }, TWO_CLOCKS },
	{ "rfrgr", A | X | Y | B, { .ssrc = W_GAPS }, TWO_CLOCKS },
	{ "f", A | X, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "f", A | Y, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "f", A | X | Y, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "g", X | B, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "g", Y | B, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
	{ "g", X | Y | B, { .sip = W_ONE_OFFER, .direct = 1u << W_NEW_CODEC }, NO_SDP },
};

enum { EXCUSED = sizeof(excused) / sizeof(excused[0]) };

static bool
accuses(const struct made_solved *h, const struct v_call *call)
{
	(void)call;
	return w_surest_ppm(h) > W_HALF_PPM;
}

static void
accuses_nobody(struct v_call call, unsigned variant, bool is_split)
{
	call.is_split = is_split;
	v_run(&call);
	for (unsigned at = 1; at <= V_AT_ALL; at++) {
		if (!w_are_places(at) || w_is_split(at) != is_split ||
		    w_has_row(excused, EXCUSED, call.phases, at, variant))
			continue;
		for (unsigned tap = 0; tap < (w_may_tap(at) ? 2u : 1u); tap++) {
			call.is_tap = tap != 0;
			if (accuses(v_explain(at, &call), &call))
				test_fail(__FILE__, __LINE__, "%s", w_name(&call, at));
			es_correlate_free(v_correlate);
		}
	}
	v_done();
}

static void
none_is_accused(unsigned step, bool is_split)
{
	char phases[8];
	struct v_call call;

	for (unsigned i = 0; i < PATTERNS * W_VARIANTS; i += step) {
		pattern(i / W_VARIANTS, phases);
		if (w_variant(phases, i % W_VARIANTS, &call))
			accuses_nobody(call, i % W_VARIANTS, is_split);
	}
}

TEST(perfect_call_accuses_nobody)
{
	none_is_accused(test_step(17), false);
}

/* Each side of the SBC has a capture of its own, or one side alone has. */
TEST(perfect_call_past_split_sbc_accuses_nobody)
{
	none_is_accused(test_step(37), true);
}

TEST(excuse_that_no_perfect_call_needs_is_refused)
{
	w_needs_rows(excused, EXCUSED, accuses);
}
