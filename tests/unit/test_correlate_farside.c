/* SPDX-License-Identifier: Apache-2.0 */
/* What was never seen accuses less than what was seen to vanish. */
#include "tests/unit/made_records.h"

/* Packets from..to, every step-th, are not seen: forward from point `from_point` on, or in reverse by no point. */
static void
vanish(struct call4 *s, int forward_from, bool is_echoed, uint32_t from, uint32_t to, uint32_t step)
{
	for (uint32_t i = from; i < to; i += step) {
		if (forward_from >= 0)
			call4_lose(s->fwd_seen, forward_from, 1, i);
		if (is_echoed)
			call4_lose(s->rev_seen, 3, -1, i);
	}
}

static const struct es_verdict *
solve(struct call4 *s)
{
	struct made_solved *h;

	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return &h->calls[0].verdict;
}

static uint32_t
far_side_ppm(const struct es_verdict *v)
{
	for (uint32_t i = 0; i < v->n_causes; i++)
		if (v->causes[i].cause == ES_CAUSE_FAR_SIDE)
			return v->causes[i].confidence_ppm;
	return 0;
}

TEST(correlate_echoing_far_end_leaves_the_segment_named)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	vanish(s, 1, true, 300, 900, 6);
	vanish(s, -1, true, 900, 1000, 6); /* a little more on the way back */
	v = solve(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK(v->has_segment);
	CHECK_SLICE(v->segment_from, "ep");
	CHECK_SLICE(v->segment_to, "access");
	CHECK(far_side_ppm(v) < v->causes[0].confidence_ppm);
	es_correlate_free(s->c);
}

TEST(correlate_echoed_loss_both_ways_of_one_segment_is_that_segment)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	vanish(s, 1, true, 300, 900, 6);
	for (uint32_t i = 303; i < 900; i += 7) /* access to ep loses on the way back, too */
		call4_lose(s->rev_seen, 0, -1, i);
	v = solve(s);
	CHECK(v->has_segment);
	CHECK_EQ(v->segment_direction, ES_BOTH);
	CHECK_SLICE(v->segment_from, "ep");
	CHECK_SLICE(v->segment_to, "access");
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK(far_side_ppm(v) <= 500000);
	CHECK(far_side_ppm(v) < v->causes[0].confidence_ppm);
	es_correlate_free(s->c);
}

TEST(correlate_one_witness_makes_the_far_side_a_half_at_most)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	vanish(s, -1, true, 300, 900, 6);
	v = solve(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(!v->has_segment);
	CHECK(v->causes[0].confidence_ppm <= 500000);
	es_correlate_free(s->c);
}

TEST(correlate_far_side_of_much_more_loss_than_a_segment_stands)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	vanish(s, -1, true, 300, 900, 3);
	for (uint32_t i = 301; i < 900; i += 60)
		call4_lose(s->rev_seen, 0, -1, i);
	v = solve(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(!v->has_segment);
	es_correlate_free(s->c);
}

TEST(evidence_of_loss_that_no_point_saw_says_which_way_and_when)
{
	static const char way[] = "reverse: ",
			  what[] = " packets of the bad blocks came to no vantage point from 00:0";
	struct call4 *s = call4_new(1500);
	const struct es_evidence *e = NULL;
	const struct es_verdict *v;

	vanish(s, -1, true, 300, 900, 4);
	for (uint32_t i = 301; i < 900; i += 6)
		call4_lose(s->rev_seen, 0, -1, i);
	v = solve(s);
	CHECK_SLICE(v->segment_from, "access");
	CHECK_SLICE(v->segment_to, "ep");
	for (uint32_t i = 0; i < v->n_evidence; i++)
		e = strstr(v->evidence[i].text, what) != NULL ? &v->evidence[i] : e;
	CHECK(e != NULL);
	CHECK_EQ(strncmp(e->text, way, strlen(way)), 0);
	CHECK(e->has_period);
	CHECK(e->from_ms > 0 && e->from_ms < 300 * 20 + 1000);
	CHECK(e->to_ms > 900 * 20 - 6000 && e->to_ms < 900 * 20 + 6000);
	CHECK_SLICE(e->vantage, "ep");
	es_correlate_free(s->c);
}

/* A capture that ended before the call says nothing of what was lost after it: "never came to ep" was untrue. */
TEST(correlate_loss_after_the_end_of_the_first_capture_is_not_of_the_far_side)
{
	struct call4 *s = call4_new(1500);
	const struct es_evidence *e = NULL;
	const struct es_verdict *v;

	vanish(s, 1, false, 300, 1500, 6);
	s->fwd[0].n = 600; /* 12 of 30 s */
	s->fwd[0].is_open = true;
	v = solve(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(far_side_ppm(v), 0);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_SLICE(v->segment_from, "ep");
	for (uint32_t i = 0; i < v->n_evidence; i++) {
		CHECK(strstr(v->evidence[i].text, "never came to ep") == NULL);
		if (strstr(v->evidence[i].text, "where they were lost is not known") != NULL)
			e = &v->evidence[i];
	}
	CHECK(e != NULL && strstr(e->text, "the capture at ep has nothing") != NULL);
	CHECK(e != NULL && e->has_period && e->from_ms > 8000);
	es_correlate_free(s->c);
}

/* A gap of the first capture, or what it dropped: "never came to ep" accused the far side of it. */
TEST(correlate_loss_in_gaps_of_the_first_capture_is_not_of_the_far_side)
{
	static const uint32_t flags[] = { ES_COV_GAP, ES_COV_DROPS, ES_COV_EVICTED };

	for (unsigned k = 0; k < 3; k++) {
		struct call4 *s = call4_new(1500);
		const struct es_evidence *e = NULL;
		const struct es_verdict *v;

		for (uint32_t i = 300; i < 900; i += 6)
			call4_lose(s->fwd_seen, 0, 1, i);
		s->fwd[0].coverage = flags[k];
		v = solve(s);
		CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
		CHECK_EQ(far_side_ppm(v), 0);
		CHECK(!v->has_segment);
		for (uint32_t i = 0; i < v->n_evidence; i++) {
			CHECK(strstr(v->evidence[i].text, "never came to ep") == NULL);
			if (strstr(v->evidence[i].text, "where they were lost is not known") !=
			    NULL)
				e = &v->evidence[i];
		}
		CHECK(e != NULL && strstr(e->text, "the capture at ep has gaps") != NULL);
		CHECK(e != NULL && e->has_period);
		es_correlate_free(s->c);
	}
}

TEST(correlate_report_of_the_receiver_bears_the_far_side_out)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct es_record r;

	vanish(s, -1, true, 300, 900, 6);
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported.src = s->rev[0].dst;
	r.u.reported.dst = s->rev[0].src;
	r.u.reported.subject_ssrc = s->rev[0].ssrc;
	r.u.reported.time = made_time(s->rev[0].at_ms + 25000);
	r.u.reported.has = ES_REPORTED_HAS_LOSS;
	r.u.reported.cumulative_lost = 100;
	CHECK_EQ(es_correlate_add(s->c, s->vantage[0], &r), 0);
	v = solve(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(v->causes[0].confidence_ppm > 500000);
	es_correlate_free(s->c);
}

TEST(correlate_report_of_another_call_bears_nothing_out)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct es_record r;

	vanish(s, -1, true, 300, 900, 6);
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported.src = s->rev[0].dst;
	r.u.reported.dst = s->rev[0].src;
	r.u.reported.subject_ssrc = s->rev[0].ssrc; /* an hour later, with the same SSRC */
	r.u.reported.time = made_time(s->rev[0].at_ms + 3600000);
	r.u.reported.has = ES_REPORTED_HAS_LOSS;
	r.u.reported.cumulative_lost = 100;
	CHECK_EQ(es_correlate_add(s->c, s->vantage[0], &r), 0);
	v = solve(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(v->causes[0].confidence_ppm <= 500000);
	es_correlate_free(s->c);
}

/* Its report kept the one name of both calls, which neither of them had any more: it was not used. */
TEST(correlate_report_of_a_call_whose_call_id_was_used_before_is_heard)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v = NULL;
	struct es_record r;
	struct made_solved *h;

	vanish(s, -1, true, 300, 900, 6);
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported.src = s->rev[0].dst;
	r.u.reported.dst = s->rev[0].src;
	r.u.reported.subject_ssrc = s->rev[0].ssrc;
	r.u.reported.time = made_time(s->rev[0].at_ms + 25000);
	r.u.reported.has = ES_REPORTED_HAS_LOSS;
	r.u.reported.cumulative_lost = 100;
	r.u.reported.call_id = es_slice_str(s->rev[0].call_id);
	CHECK_EQ(es_correlate_add(s->c, s->vantage[0], &r), 0);
	for (int i = 0; i < 4; i++)
		made_call_add(s->c, s->vantage[i], s->fwd[i].call_id, i < 2 ? 70 : 69,
		    s->fwd[i].at_ms - 3600000, s->fwd[i].src, s->fwd[i].dst);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	for (uint32_t i = 0; i < h->n && i < 8; i++)
		if (h->calls[i].verdict.state == ES_VERDICT_DEGRADED)
			v = &h->calls[i].verdict;
	CHECK(v != NULL);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(v->causes[0].confidence_ppm > 500000);
	es_correlate_free(s->c);
}
