/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relay that numbers packets with an SSRC of its own, seen by both phones: a hole at the callee that the caller's
 * own packets filled on another path, and holes that they did not.
 */
#include "tests/unit/made_records.h"

enum { N = 1500, FROM = 500, TO = 1000, OWN = 0xa, RELAYED = 0x50a };

static struct es_correlate *c;
static int ep, epb;
static struct es_addr alice, bob, to_alice, to_bob; /* phones, and the relay's ports to them */
static bool relayed[MADE_PACKETS_MAX], direct[MADE_PACKETS_MAX];

static struct made_stream
stream(int vantage, uint32_t ssrc, struct es_addr src, struct es_addr dst)
{
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = vantage;
	h.call_id = "a@x";
	h.ssrc = ssrc;
	h.src = src;
	h.dst = dst;
	h.seq = (uint16_t)(ssrc * 13);
	h.ts = ssrc * 7777;
	h.at_ms = vantage == ep ? 0 : 90000;
	h.n = N;
	h.ttl = 60;
	return h;
}

/* All but what the relayed stream misses; how the other one ran, the tests say. */
static void
begin(void)
{
	struct made_stream h;

	c = made_correlate();
	ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	epb = es_correlate_vantage(c, es_slice_str("epb"), ES_ROLE_ENDPOINT);
	alice = made_addr("192.0.2.10", 4000);
	bob = made_addr("198.51.100.2", 5000);
	to_alice = made_addr("203.0.113.5", 10000);
	to_bob = made_addr("203.0.113.5", 10002);
	memset(relayed, 1, sizeof(relayed));
	memset(direct, 0, sizeof(direct));
	made_call_add(c, ep, "a@x", 70, -500, alice, to_alice);
	made_call_add(c, epb, "a@x", 69, 89500, to_bob, bob);
	h = stream(ep, OWN, alice, to_alice);
	made_stream_add(&h);
	h = stream(ep, 0x50b, to_alice, alice);
	made_stream_add(&h);
	h = stream(epb, 0xb, bob, to_bob);
	made_stream_add(&h);
}

static void
fill(bool seen[MADE_PACKETS_MAX], bool is_seen, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		seen[i] = is_seen;
}

/* The verdict with the relayed stream and the other one, to a port of Bob's. */
static const struct es_verdict *
solve(uint32_t ssrc, uint16_t port)
{
	struct made_stream r = stream(epb, RELAYED, to_bob, bob), x = stream(epb, ssrc, alice, bob);
	struct made_solved *h;

	r.seen = relayed;
	x.seen = direct;
	x.dst.port = port;
	made_stream_add(&r);
	made_stream_add(&x);
	h = made_solve(c);
	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return &h->calls[0].verdict;
}

static void
is_clean(const struct es_verdict *v)
{
	CHECK_EQ(v->state, ES_VERDICT_CLEAN);
	CHECK_EQ(v->n_causes, 0);
	es_correlate_free(c);
}

static void
is_far_side(const struct es_verdict *v)
{
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	es_correlate_free(c);
}

TEST(correlate_hole_that_the_senders_own_packets_filled_is_no_loss)
{
	static const int edge[] = { 0, 5, -25 }; /* packets that both paths, or none, brought */

	for (unsigned i = 0; i < 3; i++) {
		begin();
		fill(relayed, false, FROM, TO);
		fill(direct, true, (uint32_t)(FROM + edge[i]), (uint32_t)(TO - edge[i]));
		is_clean(solve(OWN, 5000));
	}
}

TEST(correlate_holes_that_the_senders_own_packets_filled_are_no_loss)
{
	begin();
	for (uint32_t i = 200; i < 1400; i += 400) {
		fill(relayed, false, i, i + 200);
		fill(direct, true, i, i + 200);
	}
	is_clean(solve(OWN, 5000));
}

/* An announcement that the line is bad. */
TEST(correlate_hole_filled_by_another_sender_is_no_replacement)
{
	begin();
	fill(relayed, false, FROM, TO);
	fill(direct, true, FROM, TO);
	is_far_side(solve(0xc, 5000));
}

/* The sender's own packets had come all the time: the other stream carried something else. */
TEST(correlate_hole_in_packets_that_ran_before_is_no_replacement)
{
	begin();
	fill(relayed, false, FROM, TO);
	fill(direct, true, FROM - 100, TO);
	is_far_side(solve(OWN, 5000));
	begin();
	fill(relayed, false, FROM, TO);
	fill(direct, true, FROM, TO + 100);
	is_far_side(solve(OWN, 5000));
}

TEST(correlate_hole_with_packets_to_another_port_is_no_replacement)
{
	begin();
	fill(relayed, false, FROM, TO);
	fill(direct, true, FROM, TO);
	is_far_side(solve(OWN, 5002));
}

/* Ten seconds are missing, of which the sender's own packets brought six. */
TEST(correlate_hole_is_lost_where_nothing_came)
{
	const struct es_verdict *v;

	begin();
	fill(relayed, false, FROM, TO);
	fill(direct, true, FROM, TO - 200);
	v = solve(OWN, 5000);
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_LOSS); /* the caller's capture had them */
	CHECK(es_slice_eq(v->segment_from, es_slice_str("ep")));
	CHECK(es_slice_eq(v->segment_to, es_slice_str("epb")));
	es_correlate_free(c);
}

/* A record of an agent may say anything; the collector divides by the packet time that follows from it. */
TEST(correlate_hole_of_a_stream_with_an_impossible_clock_is_judged_without_it)
{
	static const uint32_t rates[][2] = { { 4000000000, 1 }, { 1000000001, 1 }, { 1, 1 << 20 },
		{ 1, 0xffffffff }, { 0xffffffff, 0xffffffff } };

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct made_stream r, x;
		struct made_solved *h;

		begin();
		fill(relayed, false, FROM, TO);
		fill(direct, true, FROM, TO);
		r = stream(epb, RELAYED, to_bob, bob);
		x = stream(epb, OWN, alice, bob);
		r.clock_rate_hz = x.clock_rate_hz = rates[i][0];
		r.rtp_step = x.rtp_step = rates[i][1];
		r.seen = relayed;
		x.seen = direct;
		made_stream_add(&r);
		made_stream_add(&x);
		h = made_solve(c);
		CHECK_EQ(h->n, 1);
		es_correlate_free(c);
	}
}
