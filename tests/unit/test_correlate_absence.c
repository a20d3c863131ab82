/* SPDX-License-Identifier: Apache-2.0 */
/* Holes of both directions at one time, at an SBC that alone saw the call. */
#include "tests/unit/made_records.h"

enum { N = 1500, FROM = 500, TO = 1000 };

static struct es_correlate *c;
static int sbc;
static uint32_t n_packets;
static bool there[MADE_PACKETS_MAX], back[MADE_PACKETS_MAX];

static void
begin(void)
{
	c = made_correlate();
	n_packets = N;
	sbc = es_correlate_vantage(c, es_slice_str("sbc"), ES_ROLE_SBC);
	memset(there, 1, sizeof(there));
	memset(back, 1, sizeof(back));
}

static void
lose(bool seen[MADE_PACKETS_MAX], uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		seen[i] = false;
}

static struct made_stream
stream(bool is_there)
{
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = sbc;
	h.call_id = "a@x";
	h.ssrc = is_there ? 0xa : 0xb;
	h.src = is_there ? made_addr("192.0.2.10", 4000) : made_addr("203.0.113.5", 10000);
	h.dst = is_there ? made_addr("203.0.113.5", 10000) : made_addr("192.0.2.10", 4000);
	h.seq = is_there ? 65000 : 1000;
	h.ts = 77;
	h.n = n_packets;
	h.seen = is_there ? there : back;
	h.ttl = 60;
	return h;
}

/* What the receiver of the way there, or back, reports at a time of the call, when it has heard all up to then. */
static struct es_reported
report_of(bool is_there, int64_t at_ms, int32_t lost)
{
	struct made_stream h = stream(is_there);
	struct es_reported r;

	memset(&r, 0, sizeof(r));
	r.src = h.dst;
	r.dst = h.src;
	r.reporter_ssrc = is_there ? 0xb : 0xa;
	r.subject_ssrc = h.ssrc;
	r.time = made_time(at_ms);
	r.has = ES_REPORTED_HAS_LOSS | ES_REPORTED_HAS_HIGHEST;
	r.cumulative_lost = lost;
	r.highest_seq = h.seq + (uint32_t)(at_ms / MADE_PTIME_MS);
	return r;
}

static void
report_add(const struct es_reported *reported)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported = *reported;
	CHECK_EQ(es_correlate_add(c, sbc, &r), 0);
}

static void
report(bool is_there, int64_t at_ms, int32_t lost)
{
	struct es_reported r = report_of(is_there, at_ms, lost);

	report_add(&r);
}

static const struct es_explained *
solve(void)
{
	struct made_stream f = stream(true), b = stream(false);
	struct made_solved *h;

	made_call_add(c, sbc, "a@x", 70, -500, f.src, f.dst);
	made_stream_add(&f);
	made_stream_add(&b);
	h = made_solve(c);
	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return &h->calls[0];
}

static void
is_unknown(void)
{
	const struct es_explained *call = solve();

	CHECK_EQ(call->verdict.state, ES_VERDICT_UNKNOWN);
	CHECK(!call->verdict.has_segment);
	CHECK_EQ(call->verdict.n_causes, 0);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK_EQ(call->directions[i].bad_blocks, 0);
		CHECK_EQ(call->directions[i].mos_lq_milli, 4400); /* of the blocks around it */
	}
	es_correlate_free(c);
}

/* Whether far_side is named, and whether with more confidence than one witness allows. */
static void
is_far_side(bool is_sure)
{
	const struct es_verdict *v = &solve()->verdict;

	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK_EQ(v->causes[0].confidence_ppm > 500000, is_sure);
	es_correlate_free(c);
}

TEST(correlate_hole_of_both_directions_at_one_time_is_unknown)
{
	static const int late[] = { -100, 0, 150 }; /* media come back at times of their own */

	for (unsigned i = 0; i < 3; i++) {
		begin();
		lose(there, FROM, TO);
		lose(back, (uint32_t)(FROM + late[i]), (uint32_t)(TO + late[i]));
		is_unknown();
	}
}

/* Two of them: the numbers of each. */
TEST(correlate_holes_of_both_directions_again_are_unknown)
{
	begin();
	for (uint32_t i = 200; i < 1400; i += 400) {
		lose(there, i, i + 200);
		lose(back, i, i + 190);
	}
	is_unknown();
}

TEST(correlate_hole_of_one_way_has_one_witness)
{
	begin();
	lose(there, FROM, TO);
	is_far_side(false);
}

TEST(correlate_holes_at_two_times_have_two_witnesses)
{
	begin();
	lose(there, FROM, TO);
	lose(back, TO, TO + 400);
	is_far_side(true);
}

/* Past the SBC in one direction: its receiver missed nothing. */
TEST(correlate_hole_of_one_way_that_its_receiver_had_is_no_loss)
{
	begin();
	lose(there, FROM, TO);
	report(true, 9000, 3);
	report(true, 25000, 5);
	CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(c);
	begin();
	lose(there, FROM, TO);
	lose(back, TO, TO + 400);
	report(true, 9000, 0);
	report(true, 25000, 0);
	report(false, 9000, 0);
	report(false, 33000, 0);
	CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(c);
}

TEST(correlate_hole_of_one_way_that_its_receiver_missed_is_sure)
{
	begin();
	lose(there, FROM, TO);
	report(true, 9000, 3);
	report(true, 25000, 503);
	is_far_side(true);
}

/* The receiver of the other direction knows nothing of it, nor does its own before it heard packets behind it. */
TEST(correlate_hole_of_one_way_is_no_loss_by_its_own_receiver_alone)
{
	begin();
	lose(there, FROM, TO);
	report(false, 9000, 0);
	report(false, 25000, 0);
	is_far_side(false);
	begin();
	lose(there, FROM, TO);
	report(true, 9000, 0);
	report(true, TO * MADE_PTIME_MS + 100, 0);
	is_far_side(false);
}

/* A receiver that missed so many begins to count again. */
TEST(correlate_hole_of_one_way_is_no_loss_below_3000_numbers)
{
	for (uint32_t n = 2999; n <= 3000; n++) {
		begin();
		n_packets = 500 + n + 500;
		lose(there, FROM, FROM + n);
		report(true, 9000, 0);
		report(true, (FROM + n) * MADE_PTIME_MS + 2000, 0);
		if (n == 3000) {
			is_far_side(false);
			continue;
		}
		CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

/* Its count fell, so the receiver began to count again, or forgot: what the hole cost is not known (RFC 3550 A.1). */
TEST(correlate_hole_of_one_way_is_not_acquitted_by_a_count_that_fell)
{
	static const struct {
		int32_t before, after;
		bool is_acquitted;
	} rows[] = { { 40, 0, false }, { 3, 0, false }, { 40, 39, false }, { 40, 40, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		lose(there, FROM, TO);
		report(true, 9000, rows[i].before);
		report(true, 25000, rows[i].after);
		if (!rows[i].is_acquitted) {
			is_far_side(false);
			continue;
		}
		CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

TEST(correlate_hole_of_both_directions_is_unknown_by_a_count_that_fell)
{
	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	report(true, 9000, 40);
	report(true, 25000, 0);
	is_unknown();
}

/* What a report behind a hole says, after one at 9 s that counts 3 lost: which of it acquits. */
struct behind {
	int64_t at_ms;
	int32_t lost;
	uint32_t fraction_ppm;
	int32_t advance; /* of the highest number, beyond that of the packets up to then */
	uint32_t reporter_ssrc;
	uint32_t has;
	bool is_acquitted;
};

enum { BOTH = ES_REPORTED_HAS_LOSS | ES_REPORTED_HAS_HIGHEST };

static const struct behind behind[] = {
	{ 25000, 3, 0, 0, 0xb, BOTH, true },
	{ 25000, 3 + 62, 0, 0, 0xb, BOTH, true }, /* an eighth of 500 */
	{ 25000, 3 + 63, 0, 0, 0xb, BOTH, false },
	{ 25000, 3, 125000, 0, 0xb, BOTH, true },
	{ 25000, 3, 900000, 0, 0xb, BOTH, false },
	{ 25000, 3, 125001, 0, 0xb, BOTH, false },
	{ 25000, 3, 0, 0, 0xc, BOTH, false },
	{ 25000, 3, 0, 0, 0xb, ES_REPORTED_HAS_LOSS, false },
	{ 25000, 3, 0, -800, 0xb, BOTH, false }, /* that of the report before */
	{ 25000, 3, 0, 500, 0xb, BOTH, false },
	{ 25000, 3, 0, -65536, 0xb, BOTH, false }, /* it counts its cycles again */
	{ 25000, 0, 0, 0, 0xb, BOTH, false },
};

static void
add_behind(const struct behind *row)
{
	struct es_reported r = report_of(true, row->at_ms, row->lost);

	r.fraction_lost_ppm = row->fraction_ppm;
	r.highest_seq += (uint32_t)row->advance;
	r.reporter_ssrc = row->reporter_ssrc;
	r.has = row->has;
	report(true, 9000, 3);
	report_add(&r);
}

TEST(correlate_hole_of_one_way_is_not_acquitted_by_contradicting_reports)
{
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		begin();
		lose(there, FROM, TO);
		add_behind(&behind[i]);
		if (!behind[i].is_acquitted) {
			is_far_side(false);
			continue;
		}
		CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

TEST(correlate_hole_of_both_directions_is_unknown_by_contradicting_reports)
{
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		begin();
		lose(there, FROM, TO);
		lose(back, FROM, TO);
		add_behind(&behind[i]);
		if (!behind[i].is_acquitted) {
			is_unknown();
			continue;
		}
		CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

TEST(correlate_hole_of_one_way_is_not_acquitted_without_a_report_before_it)
{
	begin();
	lose(there, FROM, TO);
	report(true, FROM * MADE_PTIME_MS + 200, 0);
	report(true, 25000, 0);
	is_far_side(false);
}

/* A receiver that never counts heard nothing in the hole, if its highest number stood still; else it had the packets. */
TEST(correlate_hole_of_one_way_of_a_receiver_that_never_counts)
{
	for (unsigned stood_still = 0; stood_still < 2; stood_still++) {
		begin();
		lose(there, FROM, TO);
		for (int64_t at_ms = 5000; at_ms <= 25000; at_ms += 4000) {
			struct es_reported r = report_of(true, at_ms, 0);

			if (stood_still && at_ms > FROM * MADE_PTIME_MS &&
			    at_ms < TO * MADE_PTIME_MS)
				r.highest_seq = 65000 + FROM - 1;
			report_add(&r);
		}
		if (stood_still) {
			is_far_side(false);
			continue;
		}
		CHECK_EQ(solve()->verdict.state, ES_VERDICT_CLEAN);
		es_correlate_free(c);
	}
}

/* As that of one direction: a receiver that missed so many begins to count again. */
TEST(correlate_hole_of_both_directions_is_unknown_from_3000_numbers)
{
	begin();
	n_packets = 500 + 3000 + 500;
	lose(there, FROM, FROM + 3000);
	lose(back, FROM, FROM + 3000);
	report(true, 9000, 0);
	report(true, (FROM + 3000) * MADE_PTIME_MS + 2000, 0);
	is_unknown();
}

/* Where two vantage points saw the call, what they saw decides. */
TEST(correlate_hole_of_one_way_is_no_loss_at_the_only_vantage_point)
{
	int first, tap;

	begin();
	first = sbc;
	tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	lose(there, FROM, TO);
	for (unsigned i = 0; i < 2; i++) {
		struct made_stream h = stream(i == 0);

		h.vantage = tap;
		made_stream_add(&h);
		sbc = i == 0 ? first : tap;
		report(true, 9000, 0);
		report(true, 25000, 0);
	}
	sbc = first;
	is_far_side(false);
}

/* What fails by degrees was not sent elsewhere. */
TEST(correlate_hole_with_losses_around_it_is_no_absence)
{
	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	for (uint32_t i = FROM - 100; i < FROM; i += 8) {
		lose(there, i, i + 1);
		lose(back, i, i + 1);
	}
	is_far_side(true);
}

TEST(correlate_short_holes_of_both_directions_are_no_absence)
{
	begin();
	for (uint32_t i = 300; i < 1300; i += 100) {
		lose(there, i, i + 40);
		lose(back, i, i + 40);
	}
	is_far_side(true);
}

/* Video continues: so the place was not cut off, and the call had not left it. */
TEST(correlate_hole_while_a_stream_continues_is_no_absence)
{
	struct made_stream video;

	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	video = stream(true);
	video.ssrc = 0xc;
	video.src.port = 4002;
	video.dst.port = 10004;
	video.seen = NULL;
	made_stream_add(&video);
	is_far_side(true);
}

TEST(correlate_report_that_grew_over_a_hole_of_both_directions_shows_loss)
{
	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	report(false, 9000, 3);
	report(false, 25000, 503);
	is_far_side(true);
}

TEST(correlate_report_that_did_not_grow_over_a_hole_of_both_directions_shows_none)
{
	const struct es_explained *call;

	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	report(true, 9000, 3);
	report(true, 25000, 5);
	call = solve();
	CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
	CHECK(strstr(call->verdict.evidence[2].text, "the receiver reports") != NULL);
	es_correlate_free(c);
}

/* A receiver that has not heard a packet behind the hole yet counts none of it. */
TEST(correlate_report_at_the_end_of_a_hole_shows_nothing)
{
	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	report(true, 9000, 0);
	report(true, TO * MADE_PTIME_MS + 100, 0);
	is_unknown();
}

/* Nor one of a third of it. */
TEST(correlate_report_of_a_part_of_a_hole_leaves_it_unknown)
{
	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	report(true, 25000, (TO - FROM) / 3);
	is_unknown();
}

/* Other loss of the call stays what it is. */
TEST(correlate_hole_of_both_directions_leaves_other_loss)
{
	const struct es_explained *call;

	begin();
	lose(there, FROM, TO);
	lose(back, FROM, TO);
	for (uint32_t i = 1150; i < 1450; i += 8)
		lose(there, i, i + 1);
	call = solve();
	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(call->verdict.causes[0].confidence_ppm <= 500000);
	CHECK_EQ(call->directions[1].bad_blocks, 0);
	es_correlate_free(c);
}
