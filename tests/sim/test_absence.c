/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that an SBC relays for a part of their time, explained from captures at some places: what was perfect is
 * never called loss, what was lost is reported, and what cannot be known is not claimed.
 */
#include "tests/sim/vantages.h"

static const unsigned places[] = { V_AT_SBC, V_AT_ALICE | V_AT_SBC,
	V_AT_ALICE | V_AT_SBC | V_AT_BOB };
static const char *const perfect[] = { "rdr", "drd", "rdrdr", "drdrd" };

static uint32_t
surest_ppm(const struct es_verdict *v)
{
	return v->n_causes > 0 ? v->causes[0].confidence_ppm : 0;
}

/* The worst that is said of any of the calls that the captures make of it. */
static void
is_at_most(unsigned at, const struct v_call *call, enum es_verdict_state worst)
{
	const struct made_solved *h = v_explain(at, call);

	CHECK(h->n > 0);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct es_verdict *v = &h->calls[i].verdict;

		if (v->state == ES_VERDICT_DEGRADED ||
		    (v->state == ES_VERDICT_UNKNOWN && worst == ES_VERDICT_CLEAN))
			test_fail(__FILE__, __LINE__, "%s at %u with SSRC %d: state %d, %s %u",
			    call->phases, at, call->ssrc, v->state,
			    v->n_causes > 0 ? es_cause_name(v->causes[0].cause) : "",
			    surest_ppm(v));
		CHECK(!v->has_segment);
		for (uint32_t d = 0; d < h->calls[i].n_directions; d++) {
			const struct es_direction *dir = &h->calls[i].directions[d];

			CHECK(!dir->has_mos_lq || dir->mos_lq_milli > 4000);
			CHECK_EQ(dir->bad_blocks, 0);
			for (uint32_t s = 0; s < dir->n_segments; s++)
				CHECK_EQ(dir->segments[s].lost, 0);
		}
	}
	es_correlate_free(v_correlate);
}

/* At all places; what the SBC alone says may be less than what more captures say. */
static void
never_accused(struct v_call call, enum es_verdict_state at_sbc)
{
	v_run(&call);
	for (unsigned i = 0; i < 3; i++)
		is_at_most(places[i], &call, i == 0 ? at_sbc : ES_VERDICT_CLEAN);
	call.is_tap = true;
	is_at_most(V_AT_SBC, &call, at_sbc);
	v_done();
}

TEST(absence_that_no_sdp_explains_accuses_nobody)
{
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned kind = 0; kind < 3; kind++)
			never_accused(
			    (struct v_call){ .phases = perfect[i], .ssrc = (enum v_ssrc)kind },
			    ES_VERDICT_UNKNOWN);
		never_accused((struct v_call){ .phases = perfect[i], .has_no_sip = true },
		    ES_VERDICT_UNKNOWN);
	}
}

/* Without signalling the legs of a relay with an SSRC of its own are calls of their own. */
TEST(absence_behind_an_own_ssrc_without_signalling_accuses_nobody)
{
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned kind = 1; kind < 3; kind++) {
			struct v_call call = {
				.phases = perfect[i], .ssrc = (enum v_ssrc)kind, .has_no_sip = true
			};

			v_run(&call);
			for (unsigned at = 0; at < 3; at++)
				is_at_most(places[at], &call, ES_VERDICT_UNKNOWN);
			v_done();
		}
	}
}

TEST(absence_that_sdp_explains_is_clean)
{
	static const char *const phases[] = { "rdr", "drd", "rdrdr", "drdrd", "rfr", "rfrfr" };

	for (unsigned i = 0; i < 6; i++)
		for (unsigned kind = 0; kind < 3; kind++)
			never_accused((struct v_call){ .phases = phases[i],
					  .ssrc = (enum v_ssrc)kind,
					  .has_reinvite = true },
			    ES_VERDICT_CLEAN);
}

TEST(absence_that_a_receiver_missed_nothing_of_is_clean)
{
	for (unsigned kind = 0; kind < 2; kind++)
		never_accused((struct v_call){ .phases = "rdr",
				  .ssrc = (enum v_ssrc)kind,
				  .has_reports = true,
				  .counts_lost = true },
		    ES_VERDICT_CLEAN);
}

/* The evidence is what an operator would want to read. */
TEST(absence_is_said_with_its_times)
{
	struct v_call call = { .phases = "rdr" };
	const struct made_solved *h;

	v_run(&call);
	h = v_explain(V_AT_SBC, &call);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_UNKNOWN);
	CHECK(strstr(h->json[0], "no media either way at sbc/1 from 00:10 to 00:20: lost "
				 "or elsewhere, nobody knows") != NULL);
	es_correlate_free(v_correlate);
	v_done();
}

/* A real outage: of which the SBC alone cannot know what it was, and each further capture says it. */
static void
is_said(struct v_call call, bool has_witness)
{
	v_run(&call);
	for (unsigned i = 0; i < 3; i++) {
		const struct made_solved *h = v_explain(places[i], &call);
		const struct es_verdict *v = &h->calls[0].verdict;

		CHECK_EQ(h->n, 1);
		CHECK(v->state != ES_VERDICT_CLEAN);
		if (i > 0) {
			CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
			CHECK_SLICE(v->segment_from, "ep");
			CHECK_SLICE(v->segment_to, "sbc/1");
			CHECK(surest_ppm(v) > 900000);
		} else if (has_witness) {
			CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
			CHECK(surest_ppm(v) > 900000);
		} else {
			CHECK(surest_ppm(v) <= 500000);
		}
		es_correlate_free(v_correlate);
	}
	v_done();
}

TEST(outage_both_ways_is_not_clean_anywhere)
{
	for (unsigned kind = 0; kind < 3; kind++)
		is_said((struct v_call){ .phases = "rxr", .ssrc = (enum v_ssrc)kind }, false);
}

TEST(outage_both_ways_that_receivers_report_is_far_side)
{
	for (unsigned kind = 0; kind < 2; kind++)
		is_said((struct v_call){ .phases = "rxr",
			    .ssrc = (enum v_ssrc)kind,
			    .has_reports = true,
			    .counts_lost = true },
		    true);
}

TEST(outage_one_way_is_degraded_everywhere)
{
	for (unsigned kind = 0; kind < 3; kind++)
		is_said((struct v_call){ .phases = "ryr", .ssrc = (enum v_ssrc)kind }, false);
}

/* Next to a re-INVITE that sends media elsewhere at another time. */
TEST(outage_next_to_media_that_sdp_sent_elsewhere_is_reported)
{
	static const char *const phases[] = { "rdrxr", "rxrdr" };

	for (unsigned i = 0; i < 2; i++)
		for (unsigned kind = 0; kind < 3; kind++)
			is_said((struct v_call){ .phases = phases[i],
				    .ssrc = (enum v_ssrc)kind,
				    .has_reinvite = true },
			    false);
}

/* A session refresh within an outage says nothing of it. */
TEST(outage_with_a_refresh_is_said)
{
	is_said((struct v_call){ .phases = "rxr", .is_refreshed = true }, false);
	is_said((struct v_call){ .phases = "ryr", .is_refreshed = true }, false);
}
