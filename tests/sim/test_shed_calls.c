/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of which a budget left out the media at some vantage points: not seen there, neither lost nor clean. */
#include "tests/sim/vantages.h"

enum { AT_ALL = V_AT_ALICE | V_AT_SBC | V_AT_BOB };

static const char *
state_name(enum es_verdict_state s)
{
	return s == ES_VERDICT_CLEAN ? "clean" : s == ES_VERDICT_DEGRADED ? "degraded" : "unknown";
}

/* All that segments say was lost, in both directions. */
static uint64_t
lost_of(const struct es_explained *x)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < x->n_directions; i++)
		for (uint32_t k = 0; k < x->directions[i].n_segments; k++)
			if ((x->directions[i].segments[k].has & ES_SEGMENT_HAS_LOST) != 0)
				lost += x->directions[i].segments[k].lost;
	return lost;
}

/*
 * A clean call, one that lost 200 packets forward behind the SBC, one that lost 200 from Bob to the SBC; and which of the
 * three captures had no budget for it. What is lost is said by those that saw it, and only where both ends did.
 */
TEST(shed_at_a_vantage_point_is_not_seen_there)
{
	static const struct {
		const char *phases;
		unsigned shed_at;
		const char *want; /* state, packets lost in segments */
	} rows[] = {
		{ "rrr", 0, "clean 0" },
		{ "rrr", V_AT_ALICE, "unknown 0" }, /* nobody saw what came to Alice */
		{ "rrr", V_AT_SBC, "clean 0" },
		{ "rrr", V_AT_BOB, "unknown 0" },
		{ "rrr", AT_ALL, "unknown 0" },
		{ "rbr", 0, "degraded 200" },
		{ "rbr", V_AT_ALICE, "degraded 200" },
		{ "rbr", V_AT_SBC, "degraded 0" },
		{ "rbr", V_AT_BOB, "unknown 0" },
		{ "rzr", 0, "degraded 200" },
		{ "rzr", V_AT_ALICE, "degraded 200" },
		{ "rzr", V_AT_SBC, "degraded 0" },
		{ "rzr", V_AT_ALICE | V_AT_SBC, "unknown 0" },
	};
	char is[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct v_call call = {
			.phases = rows[i].phases, .n = { 200, 200, 200 }, .shed_at = rows[i].shed_at
		};
		const struct made_solved *h;

		v_run(&call);
		h = v_explain(AT_ALL, &call);
		CHECK_EQ(h->n, 1);
		(void)snprintf(is, sizeof(is), "%s %u", state_name(h->calls[0].verdict.state),
		    (unsigned)lost_of(&h->calls[0]));
		if (strcmp(is, rows[i].want) != 0)
			test_fail(__FILE__, __LINE__, "row %u: %s, not %s", (unsigned)i, is,
			    rows[i].want);
		CHECK_EQ(strstr(h->json[0], "a budget left out the media of this call at ") != NULL,
		    rows[i].shed_at != 0);
		es_correlate_free(v_correlate);
		v_done();
	}
}
