/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP streams that a relay on the path begins, with an SSRC of its own: packets of theirs that came late, that a relay
 * sent without having got them, or that a capture with gaps may have missed.
 */
#include "tests/unit/made_records.h"

enum { N = 1536, FROM = 512, TO = 768, OWN = 0xa, RELAYED = 0x50a, BACK = 0xb, OTHER = 0xc };

static struct es_correlate *c;
static int access_side, core, epb;
static struct es_addr alice, to_alice, to_bob, bob; /* phones, and the relay's ports to them */
static bool holes[MADE_PACKETS_MAX];                /* packets of FROM..TO are missing */

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
	h.seq = (uint16_t)(ssrc * 256);
	h.ts = ssrc * 7777;
	h.at_ms = vantage == access_side ? 0 : vantage == core ? 5000 : 90000;
	h.n = N;
	h.ttl = 60;
	return h;
}

/* The access side of a relay, its core side if has_core, and Bob's phone; media come from Bob, too. */
static void
begin(bool has_core)
{
	struct made_stream h;

	c = made_correlate();
	access_side = es_correlate_vantage(c, es_slice_str("access"), ES_ROLE_SBC);
	core = has_core ? es_correlate_vantage(c, es_slice_str("core"), ES_ROLE_SBC) : -1;
	epb = es_correlate_vantage(c, es_slice_str("epb"), ES_ROLE_ENDPOINT);
	alice = made_addr("192.0.2.10", 4000);
	bob = made_addr("198.51.100.2", 5000);
	to_alice = made_addr("203.0.113.5", 10000);
	to_bob = made_addr("203.0.113.5", 10002);
	made_call_add(c, access_side, "a@x", 70, -500, alice, to_alice);
	made_call_add(c, epb, "a@x", 69, 89500, to_bob, bob);
	if (has_core)
		made_call_add(c, core, "a@x", 69, 4500, to_bob, bob);
	memset(holes, 1, sizeof(holes));
	for (uint32_t i = FROM; i < TO; i++)
		holes[i] = false;
	h = stream(access_side, BACK, to_alice, alice);
	made_stream_add(&h);
	h = stream(epb, BACK, bob, to_bob);
	made_stream_add(&h);
}

static const struct es_verdict *
solve(void)
{
	struct made_solved *h = made_solve(c);

	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return &h->calls[0].verdict;
}

static bool
is_said(const struct es_verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->n_evidence; i++)
		if (strstr(v->evidence[i].text, text) != NULL)
			return true;
	return false;
}

static bool
names_segment(const struct es_verdict *v, const char *from, const char *to)
{
	return v->has_segment && es_slice_eq(v->segment_from, es_slice_str(from)) &&
	       es_slice_eq(v->segment_to, es_slice_str(to));
}

/* Bob's phone got a stream of the relay late; the relay's access side had it so already, or in time, or cannot say. */
static const struct es_verdict *
solve_late(bool is_late_before, bool is_unknown_before)
{
	struct made_stream before, behind;

	begin(false);
	before = stream(access_side, OWN, alice, to_alice);
	behind = stream(epb, RELAYED, to_bob, bob);
	before.no_late = is_unknown_before;
	behind.late_from = FROM;
	behind.late_to = TO;
	if (is_late_before) {
		before.late_from = FROM;
		before.late_to = TO;
	}
	made_stream_add(&before);
	made_stream_add(&behind);
	return solve();
}

TEST(correlate_packets_late_behind_a_relay_alone_are_not_late_before_it)
{
	const struct es_verdict *v = solve_late(false, false);

	CHECK_EQ(v->causes[0].cause, ES_CAUSE_NETWORK_JITTER);
	CHECK(names_segment(v, "access", "epb"));
	CHECK(!is_said(v, "already late at access"));
	es_correlate_free(c);
}

TEST(correlate_packets_late_before_a_relay_are_not_late_in_it)
{
	const struct es_verdict *v = solve_late(true, false);

	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(!v->has_segment);
	CHECK(is_said(v, "256 packets of the bad blocks were already late at access, the first"));
	es_correlate_free(c);
}

TEST(correlate_packets_late_behind_a_relay_are_late_at_the_point_that_shows_it)
{
	const struct es_verdict *v = solve_late(false, true);

	CHECK(!v->has_segment);
	CHECK(!is_said(v, "already late at access"));
	CHECK(is_said(v, "256 packets of the bad blocks were already late at epb, the first "
			 "vantage point of an RTP stream that begins behind access"));
	es_correlate_free(c);
}

/* The relay handed on all that it got; an announcement of another server is what has holes. */
TEST(correlate_loss_of_an_announcement_is_not_of_the_relay_that_lost_nothing)
{
	const struct es_verdict *v;
	struct made_stream h;

	begin(false);
	h = stream(access_side, OWN, alice, to_alice);
	made_stream_add(&h);
	h = stream(epb, RELAYED, to_bob, bob);
	made_stream_add(&h);
	h = stream(epb, OTHER, to_bob, bob);
	h.seen = holes;
	made_stream_add(&h);
	v = solve();
	CHECK_EQ(v->state, ES_VERDICT_DEGRADED);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(!v->has_segment);
	CHECK(!is_said(v, "never came to access"));
	CHECK(is_said(v, "256 packets of the bad blocks never came to epb"));
	es_correlate_free(c);
}

/* Whose gaps they are: of the capture that was to see the relay's stream first, not of the first one of the path. */
TEST(correlate_gaps_of_a_capture_behind_a_relay_are_not_of_the_one_before)
{
	const struct es_verdict *v;
	struct made_stream h;

	begin(true);
	h = stream(core, BACK, bob, to_bob);
	made_stream_add(&h);
	h = stream(access_side, OWN, alice, to_alice);
	made_stream_add(&h);
	h = stream(core, RELAYED, to_bob, bob);
	h.seen = holes;
	h.coverage = ES_COV_GAP;
	made_stream_add(&h);
	h = stream(epb, RELAYED, to_bob, bob);
	h.seen = holes;
	made_stream_add(&h);
	v = solve();
	CHECK(!v->has_segment);
	CHECK(is_said(v, "never came to epb"));
	CHECK(is_said(v, "the capture at core has gaps"));
	CHECK(!is_said(v, "the capture at access"));
	es_correlate_free(c);
}

/* Numbers of the sender's stream can be missed as far as the relay alone. */
TEST(correlate_packets_lost_before_a_relay_or_in_gaps_did_not_miss_the_phone_behind_it)
{
	const struct es_verdict *v;
	struct made_stream h;
	int ep;

	begin(false);
	ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	made_call_add(c, ep, "a@x", 70, -500, alice, to_alice);
	h = stream(ep, BACK, to_alice, alice);
	made_stream_add(&h);
	h = stream(ep, OWN, alice, to_alice);
	h.seen = holes;
	h.coverage = ES_COV_GAP;
	made_stream_add(&h);
	h = stream(access_side, OWN, alice, to_alice);
	h.seen = holes;
	made_stream_add(&h);
	h = stream(epb, RELAYED, to_bob, bob);
	made_stream_add(&h);
	v = solve();
	CHECK(is_said(v, "256 packets of the bad blocks never came to access"));
	CHECK(is_said(v, "the capture at ep has gaps"));
	CHECK(!is_said(v, "never came to epb"));
	es_correlate_free(c);
}
