/* SPDX-License-Identifier: Apache-2.0 */
/* A stream that two legs announced: one tap sees both legs of a B2BUA and the media between the phones. */
#include "tests/unit/made_records.h"

static bool seen[2][MADE_PACKETS_MAX];

/* What a tap saw of Alice's (or Bob's) packets, on leg a@x, and b@x next to it. */
static struct made_stream
at_tap(struct es_correlate *c, int vantage, bool is_alices)
{
	struct es_addr alice = made_addr("192.0.2.10", 4000),
		       bob = made_addr("198.51.100.20", 5000);
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = vantage;
	h.ssrc = is_alices ? 0xa1 : 0xb1;
	h.src = is_alices ? alice : bob;
	h.dst = is_alices ? bob : alice;
	h.seq = 1000;
	h.ts = 77;
	h.n = 900;
	h.call_id = "a@x";
	h.other_call_id = "b@x";
	h.ttl = 60;
	return h;
}

static void
signal_both(struct es_correlate *c, int vantage)
{
	struct es_addr alice = made_addr("192.0.2.10", 4000),
		       bob = made_addr("198.51.100.20", 5000);

	made_call_add(c, vantage, "a@x", 70, -500, alice, bob);
	made_call_add(c, vantage, "b@x", 69, -400, alice, bob);
}

static void
is_clean_on_two_legs(const struct es_explained *call, uint64_t packets)
{
	CHECK_EQ(call->n_legs, 2);
	CHECK_SLICE(call->legs[0].call_id, "a@x");
	CHECK_SLICE(call->legs[1].call_id, "b@x");
	CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
	CHECK_EQ(call->verdict.n_causes, 0);
	for (uint32_t d = 0; d < 2; d++) {
		CHECK_EQ(call->legs[d].n_streams, 2);
		CHECK_EQ(call->directions[d].segments[0].expected, packets);
		CHECK_EQ(call->directions[d].segments[0].lost, 0);
	}
}

TEST(correlate_stream_of_two_legs_makes_them_one_call)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	struct made_solved *h;

	signal_both(c, tap);
	for (int way = 0; way < 2; way++) {
		struct made_stream s = at_tap(c, tap, way == 0);

		made_stream_add(&s);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	is_clean_on_two_legs(&h->calls[0], 900);
	CHECK_EQ(h->calls[0].n_joins, 1);
	CHECK_EQ(h->calls[0].joins[0].reason, ES_JOIN_MEDIA);
	es_correlate_free(c);
}

TEST(correlate_short_stream_of_two_legs_stands_on_each_once)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	struct made_solved *h;

	signal_both(c, tap);
	for (int way = 0; way < 2; way++) {
		struct made_stream s = at_tap(c, tap, way == 0);

		s.n = 70; /* 1.4 s */
		made_stream_add(&s);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	is_clean_on_two_legs(&h->calls[0], 70);
	es_correlate_free(c);
}

TEST(correlate_restart_of_a_stream_of_two_legs_stays_on_both)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	struct made_solved *h;

	signal_both(c, tap);
	for (int way = 0; way < 2; way++) {
		struct made_stream s = at_tap(c, tap, way == 0);

		s.n = 300;
		made_stream_add(&s);
		s.restart = 1;
		s.seq += 300; /* continues where it ended */
		s.ts += 300 * MADE_STEP;
		s.at_ms += 300 * MADE_PTIME_MS;
		s.n = 600;
		made_stream_add(&s);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	is_clean_on_two_legs(&h->calls[0], 900);
	es_correlate_free(c);
}

TEST(correlate_loss_behind_a_tap_on_two_legs_is_counted_behind_it)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	const struct es_explained *call;
	struct made_solved *h;

	signal_both(c, tap);
	made_call_add(c, gw, "b@x", 69, 90000 - 400, made_addr("192.0.2.10", 4000),
	    made_addr("198.51.100.20", 5000));
	memset(seen, 1, sizeof(seen));
	for (uint32_t i = 3; i < 900; i += 12)
		seen[0][i] = false;
	for (int way = 0; way < 2; way++) {
		struct made_stream s = at_tap(c, tap, way == 0);

		made_stream_add(&s);
		s.vantage = gw;
		s.call_id = "b@x";
		s.other_call_id = NULL;
		s.at_ms = 90000 + (way == 0 ? 1 : -1);
		s.ttl = way == 0 ? 58 : 64;
		s.seen = way == 0 ? seen[0] : NULL;
		made_stream_add(&s);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_EQ(call->n_legs, 3);
	CHECK_SLICE(call->legs[2].vantage, "gw");
	CHECK_EQ(call->directions[0].segments[0].lost, 0);
	CHECK_EQ(call->directions[0].segments[1].expected, 900);
	CHECK_EQ(call->directions[0].segments[1].lost, 75);
	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_SLICE(call->verdict.segment_to, "gw");
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	es_correlate_free(c);
}

TEST(correlate_tap_between_two_phones_stands_between_them)
{
	struct es_correlate *c = made_correlate();
	static const char *const names[] = { "bob", "tap", "alice" };
	static const uint8_t ttl[2][3] = { { 60, 62, 64 }, { 64, 62, 60 } };
	const struct es_explained *call;
	struct made_solved *h;

	memset(seen, 1, sizeof(seen));
	for (uint32_t i = 3; i < 900; i += 10)
		seen[0][i] = false; /* lost between the tap and Bob */
	for (int v = 0; v < 3; v++) {
		int vantage = es_correlate_vantage(
		    c, es_slice_str(names[v]), v == 1 ? ES_ROLE_TAP : ES_ROLE_ENDPOINT);

		made_call_add(c, vantage, "a@x", 70, 1000 * v - 500, made_addr("192.0.2.10", 4000),
		    made_addr("198.51.100.20", 5000));
		for (int way = 0; way < 2; way++) {
			struct made_stream s = at_tap(c, vantage, way == 0);

			s.other_call_id = NULL;
			s.at_ms = 1000 * v;
			s.ttl = ttl[way][v];
			s.seen = way == 0 && v == 0 ? seen[0] : NULL;
			made_stream_add(&s);
		}
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_SLICE(call->legs[0].vantage, "alice");
	CHECK_SLICE(call->legs[1].vantage, "tap");
	CHECK_SLICE(call->legs[2].vantage, "bob");
	CHECK_EQ(call->directions[0].segments[0].lost, 0);
	CHECK_EQ(call->directions[0].segments[1].lost, 90);
	CHECK_SLICE(call->verdict.segment_from, "tap");
	CHECK_SLICE(call->verdict.segment_to, "bob");
	es_correlate_free(c);
}

/* One stream of a leg of the relay that the phones leave after 4 s: its numbers are the relay's own. */
static void
relayed(struct es_correlate *c, int tap, bool is_second_leg, bool is_alices)
{
	struct es_addr relay = made_addr("203.0.113.5", is_second_leg ? 10002 : 10000);
	struct made_stream h = at_tap(c, tap, is_alices);
	bool from_relay = is_alices == is_second_leg;

	h.n = 200;
	h.call_id = is_second_leg ? "b@x" : "a@x";
	h.other_call_id = NULL;
	if (from_relay) {
		h.src = relay;
		h.ssrc += 0x500;
		h.seq = 30000;
		h.ts = 123456;
	} else {
		h.dst = relay;
	}
	made_stream_add(&h);
}

/* Direct media: two legs over a relay, then between the phones, with the same SSRC and continued numbers. */
TEST(correlate_media_that_leave_a_relay_in_mid_call_lost_nothing)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("pbx"), ES_ROLE_SBC);
	const struct es_explained *call;
	struct made_solved *h;

	signal_both(c, tap);
	for (int way = 0; way < 2; way++) {
		struct made_stream s = at_tap(c, tap, way == 0);

		relayed(c, tap, false, way == 0);
		relayed(c, tap, true, way == 0);
		s.seq += 200;
		s.ts += 200 * MADE_STEP;
		s.at_ms += 200 * MADE_PTIME_MS;
		s.n = 700;
		made_stream_add(&s);
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_EQ(call->n_legs, 2);
	CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
	for (uint32_t d = 0; d < 2; d++) {
		CHECK_EQ(call->directions[d].segments[0].expected, 700);
		CHECK_EQ(call->directions[d].segments[0].lost, 0);
	}
	es_correlate_free(c);
}

/* An announcement of the far leg's own, before: it fills no hole of the media that come through. */
TEST(correlate_announcement_behind_a_point_hides_no_outage)
{
	struct es_correlate *c = made_correlate();
	int near = es_correlate_vantage(c, es_slice_str("near"), ES_ROLE_SBC);
	int far = es_correlate_vantage(c, es_slice_str("far"), ES_ROLE_GATEWAY);
	struct made_stream s = at_tap(c, near, true), first = at_tap(c, far, true);
	struct made_solved *h;

	for (int v = 0; v < 2; v++)
		made_call_add(
		    c, v == 0 ? near : far, "a@x", v == 0 ? 70 : 69, -10000, s.src, s.dst);
	memset(seen, 1, sizeof(seen));
	memset(seen[0], 0, 200); /* the first 4 s never came to the far point */
	s.other_call_id = first.other_call_id = NULL;
	made_stream_add(&s);
	s.vantage = far;
	s.seen = seen[0];
	made_stream_add(&s);
	first.ssrc = 0x77;
	first.n = 300;
	first.at_ms = -8000;
	made_stream_add(&first);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].directions[0].segments[0].expected, 900);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, 200);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(h->calls[0].verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	es_correlate_free(c);
}
