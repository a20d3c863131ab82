/* SPDX-License-Identifier: Apache-2.0 */
/* Legs at one tap that are joined by a key, and media that go past one of them. */
#include "tests/unit/made_records.h"

#define ALICE made_addr("192.0.2.10", 4000)
#define BOB made_addr("198.51.100.20", 5000)
#define RELAY(port) made_addr("203.0.113.5", port)

/* A call that names its session: both legs have the same. */
static void
leg(struct es_correlate *c, int vantage, const char *call_id, int64_t at_ms, struct es_addr caller,
    struct es_addr callee)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.u.call.call_id = es_slice_str(call_id);
	r.u.call.session_id = es_slice_str("0123456789abcdef0123456789abcdef");
	r.u.call.state = ES_STATE_COMPLETED;
	r.u.call.has = ES_CALL_HAS_STATUS | ES_CALL_HAS_DURATION | ES_CALL_HAS_MAX_FORWARDS;
	r.u.call.final_status = 200;
	r.u.call.duration_us = 40000000;
	r.u.call.max_forwards = call_id[0] == 'a' ? 70 : 69;
	r.u.call.start = made_time(at_ms);
	r.u.call.caller_media = &caller;
	r.u.call.n_caller_media = 1;
	r.u.call.callee_media = &callee;
	r.u.call.n_callee_media = 1;
	if (es_correlate_add(c, vantage, &r) != 0)
		test_fail(__FILE__, __LINE__, "call was refused");
}

static void
stream(struct es_correlate *c, int vantage, const char *call_id, uint32_t ssrc, struct es_addr src,
    struct es_addr dst)
{
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = vantage;
	h.call_id = call_id;
	h.ssrc = ssrc;
	h.src = src;
	h.dst = dst;
	h.seq = (uint16_t)(ssrc * 100);
	h.ts = ssrc;
	h.n = 900;
	h.ttl = 60;
	made_stream_add(&h);
}

static void
is_clean(struct es_correlate *c)
{
	const struct made_solved *h = made_solve(c);
	const struct es_explained *call = &h->calls[0];

	CHECK_EQ(h->n, 1);
	CHECK_EQ(call->n_legs, 2);
	CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
	CHECK_EQ(call->n_directions, 2);
	for (uint32_t d = 0; d < call->n_directions; d++) {
		CHECK_EQ(call->directions[d].segments[0].lost, 0);
		CHECK(call->directions[d].has_mos_lq);
	}
	es_correlate_free(c);
}

/* Each leg has one direction: the B2BUA renumbered both ports, and other calls of that time leave open which is which. */
TEST(correlate_legs_of_one_direction_each_lost_nothing)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);

	leg(c, tap, "a@x", -500, ALICE, made_addr("198.51.100.20", 6000));
	leg(c, tap, "b@x", -400, made_addr("192.0.2.10", 4600), BOB);
	stream(c, tap, "a@x", 0xa1, ALICE, made_addr("198.51.100.20", 6000));
	stream(c, tap, "b@x", 0xb1, BOB, made_addr("192.0.2.10", 4600));
	is_clean(c);
}

/* Alice's media go to Bob, Bob's over a relay; the agent did not see that both legs have Alice's. */
TEST(correlate_media_to_the_receiver_of_the_next_leg_are_not_lost)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);

	leg(c, tap, "a@x", -500, ALICE, BOB);
	leg(c, tap, "b@x", -400, RELAY(10002), BOB);
	stream(c, tap, "a@x", 0xa1, ALICE, BOB);
	stream(c, tap, "b@x", 0xb1, BOB, RELAY(10002));
	stream(c, tap, "a@x", 0xb1, RELAY(10000), ALICE);
	is_clean(c);
}

/* What goes to the relay and does not leave it is lost in it. */
TEST(correlate_media_that_a_relay_keeps_are_lost_in_it)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	const struct es_explained *call;
	struct made_solved *h;

	leg(c, tap, "a@x", -500, ALICE, RELAY(10000));
	leg(c, tap, "b@x", -400, RELAY(10002), BOB);
	stream(c, tap, "a@x", 0xa1, ALICE, RELAY(10000));
	stream(c, tap, "b@x", 0xb1, BOB, RELAY(10002));
	stream(c, tap, "a@x", 0xb1, RELAY(10000), ALICE);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_ONE_WAY);
	CHECK_SLICE(call->verdict.segment_to, "tap/2");
	CHECK_EQ(call->directions[0].segments[0].lost, 900);
	es_correlate_free(c);
}

/* At another vantage point a leg has seen what it has seen. */
TEST(correlate_media_to_the_receiver_may_be_lost_before_another_tap)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	struct made_solved *h;

	leg(c, tap, "a@x", -500, ALICE, BOB);
	leg(c, gw, "b@x", -400, ALICE, BOB);
	stream(c, tap, "a@x", 0xa1, ALICE, BOB);
	stream(c, gw, "b@x", 0xb1, BOB, ALICE);
	stream(c, tap, "a@x", 0xb1, BOB, ALICE);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 900);
	CHECK_SLICE(h->calls[0].verdict.segment_to, "gw");
	es_correlate_free(c);
}
