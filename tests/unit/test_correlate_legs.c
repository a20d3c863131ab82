/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a leg of a call, and what does not. */
#include "tests/unit/made_records.h"

/* The SBC hands SIP of its access side to a monitor beyond the gateway: it passes core and gw as HEP. */
TEST(correlate_call_handed_on_in_hep_is_no_leg)
{
	struct call4 *s = call4_new(1200);
	struct made_solved *h;

	call4_signal(s);
	call4_media(s);
	for (int i = 2; i < 4; i++) {
		struct es_record r;

		memset(&r, 0, sizeof(r));
		r.type = ES_REC_CALL;
		r.u.call.call_id = es_slice_str(s->fwd[0].call_id);
		r.u.call.state = ES_STATE_COMPLETED;
		r.u.call.transport = ES_TRANSPORT_HEP;
		r.u.call.start = made_time(0);
		CHECK_EQ(es_correlate_add(s->c, s->vantage[i], &r), 0);
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 4);
	CHECK_EQ(h->calls[0].directions[0].n_segments, 3);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(s->c);
}

enum key { ICID, CONFIGURED, USER_TO_USER };

/* A call of two minutes without media; key: the value in the header of that kind. */
static void
keyed_call(struct es_correlate *c, int vantage, const char *call_id, int64_t at_ms, enum key kind,
    const char *key)
{
	struct es_record r;
	struct es_call *call = &r.u.call;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	call->call_id = es_slice_str(call_id);
	call->state = ES_STATE_COMPLETED;
	call->has = ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION;
	call->setup_us = 1000000;
	call->duration_us = 119000000;
	call->start = made_time(at_ms);
	if (kind == ICID)
		call->icid = es_slice_str(key);
	else if (kind == CONFIGURED)
		call->custom_key = es_slice_str(key);
	else
		call->user_to_user = es_slice_str(key);
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

/* The same value at an endpoint and behind the SBC, whose clocks are far apart. */
static void
join_by(enum key kind, enum es_join_reason reason, uint32_t weight_ppm)
{
	struct es_correlate *c = made_correlate();
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	struct made_solved *h;

	keyed_call(c, ep, "a1", 0, kind, "k-1");
	keyed_call(c, ep, "a2", 5000, kind, "k-2");
	keyed_call(c, gw, "b1", 900000, kind, "k-1");
	keyed_call(c, gw, "b3", 905000, kind, "k-3");
	h = made_solve(c);
	CHECK_EQ(h->n, 3);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK_EQ(h->calls[0].n_joins, 1);
	CHECK_EQ(h->calls[0].joins[0].reason, reason);
	CHECK_EQ(h->calls[0].joins[0].weight_ppm, weight_ppm);
	es_correlate_free(c);
}

TEST(correlate_icid_joins_legs)
{
	join_by(ICID, ES_JOIN_ICID, 970000);
}

TEST(correlate_configured_header_joins_legs)
{
	join_by(CONFIGURED, ES_JOIN_CONFIGURED, 970000);
}

TEST(correlate_user_to_user_joins_legs)
{
	join_by(USER_TO_USER, ES_JOIN_USER_TO_USER, 900000);
}

/* A customer's number in the header: each of his calls has it. */
TEST(correlate_a_key_that_successive_calls_have_joins_nothing)
{
	static const enum key kinds[] = { ICID, CONFIGURED, USER_TO_USER };

	for (size_t i = 0; i < 3; i++) {
		struct es_correlate *c = made_correlate();
		int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
		int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);

		keyed_call(c, ep, "a1", 0, kinds[i], "customer");
		keyed_call(c, ep, "a2", 300000, kinds[i], "customer");
		keyed_call(c, gw, "b1", 0, kinds[i], "customer");
		CHECK_EQ(made_solve(c)->n, 3);
		es_correlate_free(c);
	}
}

/* An SBC captured on both sides, whose second gateway takes the call that the first one refused. */
TEST(correlate_a_key_joins_both_legs_of_one_vantage_point)
{
	struct es_correlate *c = made_correlate();
	int sbc = es_correlate_vantage(c, es_slice_str("sbc"), ES_ROLE_SBC);
	struct made_solved *h;

	keyed_call(c, sbc, "a", 0, ICID, "k");
	keyed_call(c, sbc, "b1", 500, ICID, "k");
	keyed_call(c, sbc, "b2", 30000, ICID, "k");
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].n_legs, 3);
	es_correlate_free(c);
}

/* Two agents of one centre at one time: other packets, so other calls, whatever the header says. */
TEST(correlate_user_to_user_does_not_merge_simultaneous_calls)
{
	struct call4 *s = call4_new(1200);
	struct made_solved *h;

	for (int i = 0; i < 4; i++) {
		struct es_record r;

		memset(&r, 0, sizeof(r));
		r.type = ES_REC_CALL;
		r.u.call.call_id = es_slice_str(s->fwd[i].call_id);
		r.u.call.state = ES_STATE_COMPLETED;
		r.u.call.start = made_time(s->fwd[i].at_ms);
		r.u.call.user_to_user = es_slice_str("campaign-7");
		CHECK_EQ(es_correlate_add(s->c, s->vantage[i], &r), 0);
	}
	call4_media(s);
	for (int i = 0; i < 2; i++) {
		struct made_stream other = s->fwd[i];

		other.ssrc = 0x3333cccc;
		other.src.port = 4100;
		other.dst.port = 5100;
		other.seq = 7;
		other.call_id = "other@access";
		made_stream_add(&other);
		keyed_call(
		    s->c, s->vantage[i], "other@access", other.at_ms, USER_TO_USER, "campaign-7");
	}
	h = made_solve(s->c);
	CHECK_EQ(h->n, 2);
	CHECK_EQ(h->calls[0].n_legs + h->calls[1].n_legs, 6);
	es_correlate_free(s->c);
}

/* A call of one minute. */
static void
plain_call(struct es_correlate *c, int vantage, const char *call_id, int64_t at_ms)
{
	struct es_record r;
	struct es_call *call = &r.u.call;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	call->call_id = es_slice_str(call_id);
	call->state = ES_STATE_COMPLETED;
	call->has = ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION;
	call->setup_us = 1000000;
	call->duration_us = 60000000;
	call->start = made_time(at_ms);
	CHECK_EQ(es_correlate_add(c, vantage, &r), 0);
}

/* Uses of one Call-ID as two vantage points saw them; how many calls, and how many of two legs. */
static void
uses(const int64_t *at_ep, unsigned n_ep, const int64_t *at_gw, unsigned n_gw, unsigned n_calls,
    unsigned n_joined)
{
	struct es_correlate *c = made_correlate();
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	unsigned joined = 0;
	struct made_solved *h;

	for (int round = 0; round < 2; round++) { /* delivered twice */
		for (unsigned i = 0; i < n_ep; i++)
			plain_call(c, ep, "again", at_ep[i]);
		for (unsigned i = n_gw; i-- > 0;)
			plain_call(c, gw, "again", at_gw[i]);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, n_calls);
	for (unsigned i = 0; i < h->n; i++) {
		CHECK_SLICE(h->calls[i].call, "again");
		joined += h->calls[i].n_legs == 2;
	}
	CHECK_EQ(joined, n_joined);
	es_correlate_free(c);
}

TEST(correlate_uses_of_a_call_id_are_joined_one_by_one)
{
	static const int64_t ep[] = { 0, 100000, 350000 };
	static const int64_t gw[] = { 5000100, 5100040, 5350050 }; /* its clock is far off */

	uses(ep, 3, NULL, 0, 3, 0);
	uses(ep, 1, gw, 1, 1, 1);
	uses(ep, 2, gw, 2, 2, 2);
	uses(ep, 3, gw, 3, 3, 3);
}

TEST(correlate_uses_that_one_vantage_point_missed_are_found_by_the_times_between)
{
	static const int64_t ep[] = { 0, 100000, 350000, 700000 };
	static const int64_t gw[] = { 5100040, 5350050 };

	uses(ep, 4, gw, 2, 4, 2);
}

/* One use alone has no times between: only clocks that agree show which one it is. */
TEST(correlate_use_that_could_be_any_is_joined_with_none)
{
	static const int64_t ep[] = { 0, 100000, 350000 };
	static const int64_t far[] = { 5100040 };
	static const int64_t near[] = { 100040 };
	static const int64_t regular[] = { 0, 60000, 120000 };
	static const int64_t shifted[] = { 5000000, 5060000 };

	uses(ep, 3, far, 1, 4, 0);
	uses(ep, 3, near, 1, 3, 1);
	uses(regular, 3, shifted, 2, 5, 0);
}

TEST(correlate_regular_uses_of_a_call_id_are_joined_one_by_one)
{
	int64_t ep[8], gw[8];

	for (int i = 0; i < 8; i++) {
		ep[i] = INT64_C(60000) * i;
		gw[i] = 777777 + INT64_C(60000) * i;
	}
	uses(ep, 8, gw, 8, 8, 8);
}

/* No room for names: those uses are reported as one and counted, and all other calls as they are. */
TEST(correlate_uses_without_room_for_names_leave_the_other_calls)
{
	static const char again[] = "0123456789012345678901234567890123456789@again";
	struct es_correlate_config cfg = { .max_sources = 16, .max_blocks = 16, .max_missing = 16 };
	struct es_correlate *c = NULL;
	unsigned n_again = 0, n_other = 0;
	struct made_solved *h;
	int ep;

	cfg.max_calls = 32;
	cfg.max_host = 16;
	cfg.text_bytes = 250; /* the name itself, two copies, and what the others are called */
	CHECK_EQ(es_correlate_new(&cfg, &c), 0);
	ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	plain_call(c, ep, "one", 0);
	for (int i = 0; i < 5; i++)
		plain_call(c, ep, again, INT64_C(100000) * (i + 1));
	plain_call(c, ep, "two", 900000);
	plain_call(c, ep, "two", 1000000); /* these have room */
	for (int round = 0; round < 2; round++) {
		h = made_solve(c);
		for (unsigned i = 0; i < h->n; i++) {
			n_again += es_slice_eq(h->calls[i].call, es_slice_str(again));
			n_other += h->calls[i].call.n == 3;
		}
		CHECK_EQ(n_other, 3);
		CHECK(n_again >= 1);
		CHECK_EQ(es_correlate_refused(c), 5);
		n_again = n_other = 0;
	}
	es_correlate_free(c);
}

TEST(correlate_calls_without_a_call_id_are_no_uses_of_one)
{
	struct es_correlate *c = made_correlate();
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);

	for (int i = 0; i < 3; i++)
		plain_call(c, ep, "", INT64_C(100000) * i);
	plain_call(c, ep, "named", 400000);
	CHECK_EQ(made_solve(c)->n, 1);
	es_correlate_free(c);
}
