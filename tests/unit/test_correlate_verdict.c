/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: which blocks are bad, and where their packets went. */
#include "correlate/verdict/cause.h"
#include "tests/unit/made_verdict.h"

TEST(correlate_one_bad_block_of_few_degrades_and_names_its_segment)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 2, 1, 400, 600, 10); /* inside the SBC */
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK(v->has_segment);
	CHECK_EQ(v->n_one_of, 0);
	CHECK_SLICE(v->segment_from, "access");
	CHECK_SLICE(v->segment_to, "core");
	CHECK_EQ(v->segment_direction, ES_FORWARD);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK(v->causes[0].confidence_ppm > 800000);
	CHECK(has_evidence(v, "20 of 1500 packets seen at access never came to core (1.3 %)"));
	es_correlate_free(s->c);
}

TEST(correlate_a_little_loss_everywhere_is_clean)
{
	struct call4 *s = call4_new(2000);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 0, 2000, 100); /* 1 %, two or three of a block */
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_CLEAN);
	CHECK(!v->has_segment);
	CHECK_EQ(v->n_causes, 0);
	es_correlate_free(s->c);
}

TEST(correlate_one_bad_block_of_many_does_not_degrade)
{
	struct call4 *s = call4_new(4000 + 80);
	struct made_solved *h;

	/* 17 blocks judge one bad block as degraded; more than 20 need two: join two streams */
	for (int i = 0; i < 4; i++) {
		struct made_stream again = s->fwd[i];

		again.restart = 1;
		again.seq = 512;
		again.at_ms += 90000;
		again.n = 2048;
		made_stream_add(&again);
	}
	lose_some(s->fwd_seen, 1, 1, 400, 600, 10);
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK(h->calls[0].directions[0].blocks > 20);
	CHECK_EQ(h->calls[0].directions[0].bad_blocks, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

TEST(correlate_a_small_block_is_judged_with_its_neighbour)
{
	struct call4 *s = call4_new(1000);
	struct made_solved *h;

	for (int i = 0; i < 4; i++)
		s->fwd[i].seq = 256 - 20; /* the first block holds 20 packets */
	call4_lose(s->fwd_seen, 1, 1, 5);
	call4_lose(s->fwd_seen, 1, 1, 6); /* 10 % of 20, under 1 % of 276 */
	call4_signal(s);
	call4_media(s);
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	CHECK_EQ(h->calls[0].directions[0].blocks, 4);
	es_correlate_free(s->c);
}

TEST(correlate_a_block_absent_at_the_last_point_is_lost_whole)
{
	struct call4 *s = call4_new(1536);
	const struct es_verdict *v;
	struct made_solved *h;

	lose_some(s->fwd_seen, 3, 1, 1000, 1536, 1); /* nothing of the end comes to the gateway */
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_SLICE(v->segment_from, "core");
	CHECK_SLICE(v->segment_to, "gw");
	h = made_solve(s->c); /* a second solve says the same */
	CHECK(h->calls[0].directions[0].bad_blocks >= 2);
	CHECK_EQ(h->calls[0].directions[0].segments[2].lost, 536);
	es_correlate_free(s->c);
}

TEST(correlate_loss_both_ways_on_one_segment_is_both)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 300, 800, 8);
	lose_some(s->rev_seen, 0, -1, 300, 800, 6); /* worse on the way back */
	v = solve4(s);
	CHECK_EQ(v->segment_direction, ES_BOTH);
	CHECK_SLICE(v->segment_from, "ep"); /* in the forward sense */
	CHECK_SLICE(v->segment_to, "access");
	es_correlate_free(s->c);
}

TEST(correlate_late_packets_are_network_jitter_of_the_segment_they_became_late_on)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	for (int i = 2; i < 4; i++) {
		s->fwd[i].late_from = 300;
		s->fwd[i].late_to = 420;
	}
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_JITTER);
	CHECK_SLICE(v->segment_from, "access");
	CHECK_SLICE(v->segment_to, "core");
	CHECK(has_evidence(v, "too late to play between access and core (8.0 %) from 00:0"));
	es_correlate_free(s->c);
}

TEST(correlate_a_point_that_saw_nothing_leaves_one_of)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct made_solved *h;

	lose_some(s->fwd_seen, 3, 1, 400, 800, 8);
	call4_signal(s);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			continue; /* core sees the signalling, its media port is not mirrored */
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_SLICE(h->calls[0].legs[2].vantage, "core");
	v = &h->calls[0].verdict;
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->n_one_of, 2);
	CHECK_SLICE(v->one_of[0].from, "access");
	CHECK_SLICE(v->one_of[0].to, "core");
	CHECK_SLICE(v->one_of[1].from, "core");
	CHECK_SLICE(v->one_of[1].to, "gw");
	CHECK_EQ(h->calls[0].directions[0].segments[1].has & ES_SEGMENT_HAS_LOST, 0);
	CHECK(strstr(h->json[0], "\"segment\":{\"one_of\":[{\"from\":\"access\"") != NULL);
	es_correlate_free(s->c);
}

TEST(correlate_two_points_alone_are_one_segment)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct made_solved *h;

	lose_some(s->fwd_seen, 2, 1, 400, 800, 8);
	for (int i = 0; i < 4; i += 3) {
		made_call_add(s->c, s->vantage[i], s->fwd[i].call_id, i == 0 ? 70 : 69,
		    s->fwd[i].at_ms, s->fwd[i].src, s->fwd[i].dst);
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 2);
	v = &h->calls[0].verdict;
	CHECK_EQ(v->n_one_of, 0);
	CHECK_SLICE(v->segment_from, "ep");
	CHECK_SLICE(v->segment_to, "gw");
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 50);
	es_correlate_free(s->c);
}

TEST(correlate_what_the_capture_dropped_is_no_loss_of_the_network)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct made_solved *h;

	/* core's capture misses packets that the gateway has */
	for (uint32_t i = 400; i < 800; i += 4)
		s->fwd_seen[2][i] = false;
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_CLEAN);
	h = made_solve(s->c);
	CHECK_EQ(h->calls[0].directions[0].segments[1].lost, 100); /* never seen at core */
	CHECK_EQ(h->calls[0].directions[0].segments[2].unseen_upstream, 100);
	CHECK(has_evidence(
	    &h->calls[0].verdict, "100 packets came to gw that the capture at core does not have"));
	es_correlate_free(s->c);
}

TEST(correlate_bad_blocks_of_a_capture_with_gaps_are_not_judged)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	for (uint32_t i = 0; i < 1500; i += 4)
		s->fwd_seen[3][i] = false;
	s->fwd[3].coverage = ES_COV_DROPS;
	for (int i = 0; i < 4; i++)
		s->rev[i].n = 0;
	call4_media(s); /* no signalling: no SDP says that the other direction should be heard */
	v = verdict_of(s);
	CHECK_EQ(v->state, ES_VERDICT_UNKNOWN);
	CHECK(has_evidence(v, "forward: the capture at gw, the last vantage point, has gaps"));
	CHECK_SLICE(v->evidence[0].vantage, "gw");
	es_correlate_free(s->c);
}

TEST(correlate_silence_one_way_of_an_answered_call_is_one_way)
{
	struct call4 *s = call4_new(900);
	const struct es_verdict *v;

	for (int i = 0; i < 4; i++) {
		s->rev[i].n = 0;
		s->fwd[i].findings = ES_FINDING_ONE_WAY;
	}
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_ONE_WAY);
	CHECK(!v->has_segment);
	CHECK(has_evidence(v, "reverse: no packet was seen anywhere; the other way 900 "));
	es_correlate_free(s->c);
}

TEST(correlate_silence_that_was_agreed_on_is_clean)
{
	/* sendonly and recvonly: the engine saw that, and found nothing one-way. */
	struct call4 *s = call4_new(900);
	const struct es_verdict *v;

	for (int i = 0; i < 4; i++)
		s->rev[i].n = 0;
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_CLEAN);
	CHECK_EQ(v->n_causes, 0);
	es_correlate_free(s->c);
}

TEST(correlate_way_that_stopped_in_mid_call_is_one_way_since_then)
{
	struct call4 *s = call4_new(2000);
	const struct es_verdict *v;

	for (int i = 0; i < 4; i++) {
		s->rev[i].n = 300; /* 6 of 40 s */
		s->rev[i].findings = ES_FINDING_STOPPED;
	}
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->n_causes, 1);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_ONE_WAY);
	CHECK(v->causes[0].confidence_ppm > 900000);
	CHECK(!v->has_segment);
	CHECK(has_evidence(v, "the last packet came to ep at 00:06; the other way continued"));
	CHECK_EQ(v->evidence[0].value_milli, 6000);
	es_correlate_free(s->c);
}

TEST(correlate_way_that_stopped_and_went_on_elsewhere_is_clean)
{
	/* A re-INVITE moved it to another SSRC: what stopped is not the last of its direction. */
	struct call4 *s = call4_new(2000);
	struct made_stream first[4];

	for (int i = 0; i < 4; i++) {
		first[i] = s->rev[i];
		first[i].ssrc = 0x3333cccc;
		first[i].n = 300;
		first[i].findings = ES_FINDING_STOPPED;
		made_stream_add(&first[i]);
		s->rev[i].at_ms += 6500;
		s->rev[i].n = 1600;
	}
	CHECK_EQ(solve4(s)->state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

TEST(correlate_media_that_never_come_out_are_one_way_on_their_segment)
{
	struct call4 *s = call4_new(900);
	const struct es_verdict *v;

	for (int i = 2; i < 4; i++)
		s->fwd[i].n = 0; /* the SBC sends nothing on */
	v = solve4(s);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_ONE_WAY);
	CHECK_SLICE(v->segment_from, "access");
	CHECK_SLICE(v->segment_to, "core");
	CHECK(confidence(v, ES_CAUSE_NETWORK_LOSS) < v->causes[0].confidence_ppm);
	es_correlate_free(s->c);
}

TEST(correlate_a_sender_that_is_late_already_is_starved)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	for (int i = 0; i < 4; i++) {
		s->fwd[i].late_from = 300;
		s->fwd[i].late_to = 420;
	}
	v = solve4(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_SENDER_STARVED);
	CHECK(!v->has_segment);
	es_correlate_free(s->c);
}

TEST(correlate_loss_before_the_first_point_is_the_far_side)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	lose_some(s->rev_seen, 3, -1, 300, 700, 6);
	v = solve4(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(!v->has_segment);
	CHECK(has_evidence(v, "never came to gw, the first vantage point"));
	es_correlate_free(s->c);
}

TEST(correlate_a_lost_mark_is_a_hint_of_policy)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;

	lose_some(s->fwd_seen, 1, 1, 300, 700, 6);
	s->fwd[0].dscp = 46;
	v = solve4(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_EQ(confidence(v, ES_CAUSE_POLICY), 0); /* below 0.3: no accusation */
	CHECK(has_evidence(v, "forward: DSCP 46 of ep comes to access as 0"));
	es_correlate_free(s->c);
}

TEST(correlate_loss_reported_from_beyond_ranks_behind_loss_seen)
{
	struct call4 *s = call4_new(1500);
	const struct es_verdict *v;
	struct es_record r;

	lose_some(s->fwd_seen, 1, 1, 300, 700, 6);
	call4_signal(s);
	call4_media(s);
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REPORTED;
	r.u.reported.src = s->fwd[3].dst;
	r.u.reported.dst = s->fwd[3].src;
	r.u.reported.subject_ssrc = s->fwd[3].ssrc;
	r.u.reported.time = made_time(s->fwd[3].at_ms + 20000);
	r.u.reported.has = ES_REPORTED_HAS_LOSS;
	r.u.reported.cumulative_lost = 400;
	CHECK_EQ(es_correlate_add(s->c, s->vantage[3], &r), 0);
	v = verdict_of(s);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK(confidence(v, ES_CAUSE_FAR_SIDE) > 0);
	CHECK(confidence(v, ES_CAUSE_FAR_SIDE) < v->causes[0].confidence_ppm);
	CHECK(has_evidence(v, "forward: the receiver beyond gw reports "));
	es_correlate_free(s->c);
}

TEST(correlate_confidence_grows_with_evidence_and_stays_below_certainty)
{
	for (uint32_t bad = 1; bad < 40; bad++) {
		for (uint32_t good = 0; good < 40; good += 3) {
			CHECK(es_cor_overlap_ppm(bad, bad, 0, good) <=
			      es_cor_overlap_ppm(bad + 1, bad + 1, 0, good));
			CHECK(es_cor_overlap_ppm(bad, bad, 0, good) <=
			      es_cor_overlap_ppm(bad, bad, 0, good + 1));
			CHECK(es_cor_overlap_ppm(bad - 1, bad, 0, good) <=
			      es_cor_overlap_ppm(bad, bad, 0, good));
		}
		CHECK(es_cor_share_ppm(900000, bad) <= es_cor_share_ppm(900000, bad + 1));
	}
	CHECK_EQ(es_cor_overlap_ppm(100000, 100000, 0, 100000), ES_COR_SURE_PPM);
	CHECK(es_cor_share_ppm(1000000, UINT64_MAX) <= ES_COR_SURE_PPM);
}

TEST(correlate_json_stands_in_the_order_of_the_contract)
{
	static const char *const keys[] = { "\"call\":", "\"start\":", "\"duration_s\":",
		"\"legs\":", "\"vantage\":", "\"role\":", "\"call_id\":", "\"streams\":",
		"\"ssrc\":", "\"src\":", "\"dst\":", "\"directions\":", "\"name\":", "\"from\":",
		"\"to\":", "\"mos_lq\":", "\"segments\":", "\"expected\":", "\"lost\":",
		"\"late\":", "\"delay_variation_p95_ms\":", "\"verdict\":",
		"\"state\":\"degraded\"",
		"\"segment\":", "\"direction\":", "\"cause\":", "\"confidence\":", "\"causes\":",
		"\"evidence\":", "\"text\":", "\"value\":", "\"unit\":" };
	struct call4 *s = call4_new(1500);
	const char *at;

	lose_some(s->fwd_seen, 1, 1, 300, 700, 6);
	(void)solve4(s);
	at = made_solve(s->c)->json[0];
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		at = strstr(at, keys[i]);
		if (at == NULL)
			test_fail(__FILE__, __LINE__, "%s is not where it should be", keys[i]);
		CHECK(at != NULL);
	}
	es_correlate_free(s->c);
}
