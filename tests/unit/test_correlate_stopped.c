/* SPDX-License-Identifier: Apache-2.0 */
/* Audio that stopped in mid-call next to packets that went past an SBC: only its own packets show that it did not. */
#include "tests/unit/made_records.h"

enum { SENT = 2500, RELAYED = 500, HEARD = 1000 }; /* packets */
enum { AUDIO = 1, VIDEO = 3, RENUMBERED = 4 };     /* SSRCs of what Alice sends */

static struct es_correlate *c;
static int at_alice, at_sbc, at_bob;
static struct es_addr alice, bob, sbc_a, sbc_b;

/* The packets from..to-1 of a sender, as one capture saw them. */
static void
add(int vantage, uint32_t ssrc, struct es_addr src, struct es_addr dst, uint32_t from, uint32_t to,
    uint32_t findings)
{
	struct made_stream h;

	memset(&h, 0, sizeof(h));
	h.c = c;
	h.vantage = vantage;
	h.ssrc = ssrc;
	h.src = src;
	h.dst = dst;
	h.call_id = vantage == at_bob || (vantage == at_sbc && (es_addr_same_ip(&src, &bob) ||
								   es_addr_same_ip(&dst, &bob)))
			? "b@x"
			: "a@x";
	h.seq = (uint16_t)(1000 * ssrc + from);
	h.ts = 77777 * ssrc + from * MADE_STEP;
	h.at_ms = (vantage == at_alice    ? 0
		      : vantage == at_sbc ? 9000
					  : 90000) +
		  (int64_t)from * MADE_PTIME_MS;
	h.n = to - from;
	h.ttl = 60;
	h.findings = findings;
	h.is_video = ssrc == VIDEO;
	made_stream_add(&h);
}

/* Alice, an SBC and perhaps Bob: what Bob sends is relayed at first, then direct, and never stops. */
static void
begin(bool has_bob)
{
	c = made_correlate();
	at_alice = es_correlate_vantage(c, es_slice_str("epa"), ES_ROLE_ENDPOINT);
	at_sbc = es_correlate_vantage(c, es_slice_str("sbc"), ES_ROLE_SBC);
	at_bob = has_bob ? es_correlate_vantage(c, es_slice_str("epb"), ES_ROLE_ENDPOINT) : -1;
	alice = made_addr("192.0.2.1", 4000);
	bob = made_addr("198.51.100.2", 5000);
	sbc_a = made_addr("203.0.113.5", 10000);
	sbc_b = made_addr("203.0.113.5", 10002);
	made_call_add(c, at_alice, "a@x", 70, -500, alice, sbc_a);
	made_call_add(c, at_sbc, "a@x", 70, 8500, alice, sbc_a);
	made_call_add(c, at_sbc, "b@x", 69, 8510, sbc_b, bob);
	add(at_sbc, 2, bob, sbc_b, 0, RELAYED, 0);
	add(at_sbc, 2, sbc_a, alice, 0, RELAYED, 0);
	add(at_alice, 2, sbc_a, alice, 0, RELAYED, 0);
	add(at_alice, 2, bob, alice, RELAYED, SENT, 0);
	if (!has_bob)
		return;
	made_call_add(c, at_bob, "b@x", 69, 89500, sbc_b, bob);
	add(at_bob, 2, bob, sbc_b, 0, RELAYED, 0);
	add(at_bob, 2, bob, alice, RELAYED, SENT, 0);
}

/* Whether the only call is one-way. */
static bool
is_one_way(void)
{
	struct made_solved *h = made_solve(c);
	bool is = false;

	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "not one call");
	for (uint32_t i = 0; i < h->calls[0].verdict.n_causes; i++)
		is |= h->calls[0].verdict.causes[i].cause == ES_CAUSE_ONE_WAY;
	es_correlate_free(c);
	return is;
}

/* The SBC saw none of the direct packets; the phone they went to heard a few. */
TEST(correlate_stop_at_a_phone_is_not_acquitted_by_what_went_past_the_sbc)
{
	begin(true);
	add(at_alice, AUDIO, alice, sbc_a, 0, RELAYED, 0);
	add(at_alice, AUDIO, alice, bob, RELAYED, SENT, 0);
	add(at_sbc, AUDIO, alice, sbc_a, 0, RELAYED, 0);
	add(at_sbc, AUDIO, sbc_b, bob, 0, RELAYED, 0);
	add(at_bob, AUDIO, sbc_b, bob, 0, RELAYED, 0);
	add(at_bob, AUDIO, alice, bob, RELAYED, HEARD, ES_FINDING_STOPPED);
	CHECK(is_one_way());
}

TEST(correlate_audio_that_stopped_is_not_acquitted_by_video_that_went_past_the_sbc)
{
	begin(false);
	add(at_alice, AUDIO, alice, sbc_a, 0, RELAYED, ES_FINDING_STOPPED);
	add(at_sbc, AUDIO, alice, sbc_a, 0, RELAYED, ES_FINDING_STOPPED);
	add(at_sbc, AUDIO, sbc_b, bob, 0, RELAYED, ES_FINDING_STOPPED);
	add(at_alice, VIDEO, alice, sbc_a, 0, RELAYED, 0);
	add(at_alice, VIDEO, alice, bob, RELAYED, SENT, 0);
	add(at_sbc, VIDEO, alice, sbc_a, 0, RELAYED, 0);
	add(at_sbc, VIDEO, sbc_b, bob, 0, RELAYED, 0);
	CHECK(is_one_way());
}

/* What the SBC sends to Bob under an SSRC of its own, and ends after a number of packets. */
static bool
is_one_way_renumbered(uint32_t n)
{
	begin(false);
	add(at_alice, AUDIO, alice, sbc_a, 0, RELAYED, 0);
	add(at_alice, AUDIO, alice, bob, RELAYED, SENT, 0);
	add(at_sbc, AUDIO, alice, sbc_a, 0, RELAYED, ES_FINDING_STOPPED);
	add(at_sbc, RENUMBERED, sbc_b, bob, 0, n, ES_FINDING_STOPPED);
	return is_one_way();
}

TEST(correlate_stop_in_an_sbc_is_not_acquitted_by_what_went_past_it_later)
{
	CHECK(is_one_way_renumbered(RELAYED / 2));
	CHECK(!is_one_way_renumbered(RELAYED));
}

/* It ended when SDP withdrew its destination. */
enum { WITHDRAWN = ES_FINDING_STOPPED | ES_FINDING_WITHDRAWN };

/* A call that only an SBC sees, or a tap in its place, with what Alice sent to it and it sent to Bob. */
static bool
is_one_way_at(enum es_role role, uint32_t in, uint32_t out)
{
	c = made_correlate();
	at_alice = at_bob = -1;
	at_sbc = es_correlate_vantage(c, es_slice_str("sbc"), role);
	made_call_add(c, at_sbc, "a@x", 70, 8500, alice, sbc_a);
	made_call_add(c, at_sbc, "b@x", 69, 8510, sbc_b, bob);
	add(at_sbc, 2, bob, sbc_b, 0, SENT, 0);
	add(at_sbc, 2, sbc_a, alice, 0, SENT, 0);
	add(at_sbc, AUDIO, alice, sbc_a, 0, RELAYED, in);
	add(at_sbc, AUDIO, sbc_b, bob, 0, RELAYED, out);
	return is_one_way();
}

TEST(correlate_stop_is_acquitted_by_sdp_where_media_may_pass_by)
{
	static const struct {
		const char *name;
		enum es_role role;
		uint32_t in, out;
		bool is;
	} rows[] = {
		{ "SBC", ES_ROLE_SBC, WITHDRAWN, ES_FINDING_STOPPED, false },
		{ "tap", ES_ROLE_TAP, WITHDRAWN, ES_FINDING_STOPPED, false },
		{ "gateway", ES_ROLE_GATEWAY, WITHDRAWN, ES_FINDING_STOPPED, true },
		{ "no SDP", ES_ROLE_SBC, ES_FINDING_STOPPED, ES_FINDING_STOPPED, true },
		/* Bob named another host, and the SBC sent nothing there. */
		{ "the SBC's own", ES_ROLE_SBC, ES_FINDING_STOPPED, WITHDRAWN, true },
		{ "what the SBC sends", ES_ROLE_SBC, 0, WITHDRAWN, true },
	};

	begin(false);
	es_correlate_free(c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_one_way_at(rows[i].role, rows[i].in, rows[i].out) != rows[i].is)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
}

/* The two sides of an SBC with an SSRC of its own, on two clocks; it ends after a number of packets of each side. */
static bool
is_one_way_in_sides(uint32_t in, uint32_t out, uint32_t other_out, bool is_withdrawn)
{
	int at_core;

	c = made_correlate();
	at_alice = at_bob = -1;
	at_sbc = es_correlate_vantage(c, es_slice_str("access"), ES_ROLE_SBC);
	at_core = es_correlate_vantage(c, es_slice_str("core"), ES_ROLE_SBC);
	made_call_add(c, at_sbc, "a@x", 70, 8500, alice, sbc_a);
	made_call_add(c, at_core, "a@x", 69, 89500, sbc_b, bob);
	add(at_sbc, 2, sbc_a, alice, 0, SENT, 0);
	add(at_core, 2, bob, sbc_b, 0, other_out, 0);
	add(at_sbc, AUDIO, alice, sbc_a, 0, in, is_withdrawn ? WITHDRAWN : ES_FINDING_STOPPED);
	add(at_core, RENUMBERED, sbc_b, bob, 0, out, ES_FINDING_STOPPED);
	return is_one_way();
}

TEST(correlate_stop_behind_an_sbc_is_acquitted_by_sdp_before_it_if_both_ended_together)
{
	static const struct {
		uint32_t in, out, other_out;
		bool is_withdrawn, is;
	} rows[] = {
		{ RELAYED, RELAYED, SENT, true, false }, { RELAYED, RELAYED, SENT, false, true },
		{ RELAYED, RELAYED - 50, SENT, true, false }, /* a second apart */
		{ RELAYED, RELAYED - 60, SENT, true, true },
		{ RELAYED - 60, RELAYED, SENT, true, true },
		{ RELAYED, RELAYED - 100, SENT - 100, true,
		    false }, /* what is after one end counts */
	};

	begin(false);
	es_correlate_free(c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_one_way_in_sides(rows[i].in, rows[i].out, rows[i].other_out,
			rows[i].is_withdrawn) != rows[i].is)
			test_fail(__FILE__, __LINE__, "row %zu", i);
}
