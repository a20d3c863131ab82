/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that leave a path and come back: over a relay, directly between the phones, over the relay again. The
 * records are those of an agent that takes the numbers that went elsewhere for loss.
 */
#include "tests/unit/made_records.h"

enum { PHASE = 500 };

/* Whether packet i went directly: the phases of the call in turn, 'r' for the relay. */
static bool
is_direct(const char *phases, uint32_t i)
{
	return phases[i / PHASE] == 'd';
}

struct detour {
	const char *phases;
	struct es_addr a, b, relay_in, relay_out;
	uint32_t lost_from, lost_to; /* packets that no point behind the sender saw */
	int64_t direct_ms;           /* the direct path is faster by this */
};

static struct detour
detour_of(const char *phases)
{
	struct detour d = { .phases = phases };

	d.a = made_addr("192.0.2.10", 4000);
	d.b = made_addr("198.51.100.20", 5000);
	d.relay_in = made_addr("203.0.113.5", 10000);
	d.relay_out = made_addr("203.0.113.5", 10002);
	return d;
}

enum place { AT_ALICE, AT_BOB };

/* What a phone's own capture has of the packets of one way. */
static void
add_direction(
    const struct detour *d, struct es_correlate *c, int vantage, enum place place, bool is_alices)
{
	static bool seen[2][MADE_PACKETS_MAX];
	bool is_sender = (place == AT_ALICE) == is_alices;
	uint32_t n = (uint32_t)strlen(d->phases) * PHASE;

	for (int direct = 0; direct < 2; direct++) {
		struct made_stream h;

		memset(&h, 0, sizeof(h));
		for (uint32_t i = 0; i < n; i++)
			seen[direct][i] =
			    is_direct(d->phases, i) == (direct == 1) &&
			    (is_sender || !is_alices || i < d->lost_from || i >= d->lost_to);
		h.c = c;
		h.vantage = vantage;
		h.ssrc = is_alices ? 0xa1 : 0xb1;
		h.seq = is_alices ? 64000 : 1000; /* one of them wraps */
		h.ts = 77;
		h.n = n;
		h.seen = seen[direct];
		h.call_id = "one@x";
		h.src = is_alices ? d->a : d->b;
		h.dst = is_alices ? d->b : d->a;
		h.at_ms = place == AT_BOB ? 700000 + 40 : 0;
		h.at_ms += place == AT_BOB ? (is_sender   ? -40
						 : direct ? -d->direct_ms
							  : 0)
					   : (is_sender ? 0 : 40);
		if (direct == 0 && (place == AT_ALICE ? is_alices : is_alices == is_sender))
			h.dst = d->relay_in;
		else if (direct == 0 && place == AT_ALICE)
			h.src = d->relay_in;
		else if (direct == 0)
			h.src = d->relay_out;
		made_stream_add(&h);
	}
}

static void
add_phone(const struct detour *d, struct es_correlate *c, enum place place)
{
	int vantage = es_correlate_vantage(
	    c, es_slice_str(place == AT_ALICE ? "alice" : "bob"), ES_ROLE_ENDPOINT);

	made_call_add(c, vantage, "one@x", place == AT_ALICE ? 70 : 69,
	    place == AT_ALICE ? -900 : 699100, d->a, place == AT_ALICE ? d->relay_in : d->b);
	add_direction(d, c, vantage, place, true);
	add_direction(d, c, vantage, place, false);
}

static void
is_clean(const char *phases, bool is_both)
{
	struct detour d = detour_of(phases);
	struct es_correlate *c = made_correlate();
	const struct es_explained *call;
	struct made_solved *h;

	add_phone(&d, c, AT_ALICE);
	if (is_both)
		add_phone(&d, c, AT_BOB);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_EQ(call->n_legs, is_both ? 2 : 1);
	CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
	CHECK_EQ(call->verdict.n_causes, 0);
	CHECK_EQ(call->n_directions, 2);
	for (uint32_t i = 0; i < call->n_directions && is_both; i++) {
		CHECK_EQ(call->directions[i].segments[0].expected, strlen(phases) * PHASE);
		CHECK_EQ(call->directions[i].segments[0].lost, 0);
	}
	es_correlate_free(c);
}

TEST(correlate_media_that_come_back_to_a_relay_lost_nothing)
{
	is_clean("rdr", false);
	is_clean("rdr", true);
}

TEST(correlate_media_that_leave_the_direct_path_for_a_while_lost_nothing)
{
	is_clean("drd", false);
	is_clean("drd", true);
}

TEST(correlate_media_that_change_their_path_again_and_again_lost_nothing)
{
	is_clean("rdrdrdr", false);
	is_clean("rdrdrdr", true);
	is_clean("rd", true);
	is_clean("dr", true);
}

/* Lost at both changes of path, and in between. */
TEST(correlate_loss_at_a_change_of_path_is_counted_once)
{
	static const uint32_t lost[][2] = { { 480, 560 }, { 960, 1040 }, { 600, 690 } };

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		struct detour d = detour_of("rdr");
		struct es_correlate *c = made_correlate();
		const struct es_explained *call;
		struct made_solved *h;

		d.lost_from = lost[i][0];
		d.lost_to = lost[i][1];
		add_phone(&d, c, AT_ALICE);
		add_phone(&d, c, AT_BOB);
		h = made_solve(c);
		CHECK_EQ(h->n, 1);
		call = &h->calls[0];
		CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
		CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
		CHECK_SLICE(call->verdict.segment_from, "alice");
		CHECK_SLICE(call->verdict.segment_to, "bob");
		CHECK_EQ(call->directions[0].segments[0].expected, 3 * PHASE);
		CHECK_EQ(call->directions[0].segments[0].lost, d.lost_to - d.lost_from);
		CHECK_EQ(call->directions[1].segments[0].lost, 0);
		es_correlate_free(c);
	}
}

/* One capture alone: what no point saw of Alice's packets at Bob's is lost before him, and only that. */
TEST(correlate_loss_at_a_change_of_path_is_seen_by_one_capture)
{
	struct detour d = detour_of("rdr");
	struct es_correlate *c = made_correlate();
	const struct es_explained *call;
	struct made_solved *h;

	d.lost_from = 470;
	d.lost_to = 560;
	add_phone(&d, c, AT_BOB);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	call = &h->calls[0];
	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_FAR_SIDE);
	CHECK(strstr(h->json[0], "90 packets of the bad blocks never came") != NULL);
	es_correlate_free(c);
}

/* The same packets on a second path next to the first, as for a recorder: it fills nothing. */
TEST(correlate_copy_on_another_path_fills_no_hole)
{
	static bool seen[MADE_PACKETS_MAX];
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);
	struct made_solved *h;
	struct made_stream s;

	memset(seen, 1, sizeof(seen));
	memset(seen + 300, 0, 100);
	memset(&s, 0, sizeof(s));
	s.c = c;
	s.vantage = tap;
	s.ssrc = 0xa1;
	s.src = made_addr("203.0.113.5", 10002);
	s.dst = made_addr("198.51.100.20", 5000);
	s.seq = 1000;
	s.n = 900;
	s.seen = seen;
	s.call_id = "one@x";
	made_call_add(c, tap, "one@x", 70, -500, made_addr("203.0.113.5", 10002), s.dst);
	made_stream_add(&s);
	s.dst = made_addr("203.0.113.99", 7000);
	s.seen = NULL;
	s.seq += 350; /* the recorder joins while packets are missing on the way to Bob */
	s.ts += 350 * MADE_STEP;
	s.at_ms += 350 * MADE_PTIME_MS;
	s.n = 550;
	s.call_id = NULL;
	made_stream_add(&s);
	h = made_solve(c);
	CHECK(h->n >= 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(h->calls[0].n_legs, 2);
	CHECK(strstr(h->json[0], "50 packets came to tap/2") != NULL);
	es_correlate_free(c);
}

/* Alice and the SBC that the direct media pass by, on its access side. */
static const struct es_explained *
with_sbc(const char *phases, const struct es_addr *target, uint32_t lost_from, uint32_t lost_to)
{
	static bool seen[4][MADE_PACKETS_MAX];
	struct detour d = detour_of(phases);
	struct es_correlate *c = made_correlate();
	uint32_t n = (uint32_t)strlen(phases) * PHASE;
	static struct made_solved h;
	int sbc;

	d.b = target != NULL ? *target : d.b;
	add_phone(&d, c, AT_ALICE);
	sbc = es_correlate_vantage(c, es_slice_str("sbc"), ES_ROLE_SBC);
	made_call_add(c, sbc, "one@x", 70, 4100, d.a, d.relay_in);
	for (int way = 0; way < 2; way++) {
		struct made_stream s;

		memset(&s, 0, sizeof(s));
		for (uint32_t i = 0; i < n; i++)
			seen[way][i] =
			    !is_direct(phases, i) && (way == 1 || i < lost_from || i >= lost_to);
		s.c = c;
		s.vantage = sbc;
		s.ssrc = way == 0 ? 0xa1 : 0xb1;
		s.src = way == 0 ? d.a : d.relay_in;
		s.dst = way == 0 ? d.relay_in : d.a;
		s.seq = way == 0 ? 64000 : 1000;
		s.ts = 77;
		s.at_ms = 5000 + 20;
		s.n = n;
		s.seen = seen[way];
		s.call_id = "one@x";
		made_stream_add(&s);
	}
	h = *made_solve(c);
	if (h.n != 1)
		test_fail(__FILE__, __LINE__, "not one call");
	es_correlate_free(c);
	return &h.calls[0];
}

TEST(correlate_media_that_pass_an_sbc_by_are_not_lost_there)
{
	static const char *const calls[] = { "rdr", "rd", "dr", "drd", "rdrdrdr" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct es_explained *call = with_sbc(calls[i], NULL, 0, 0);
		uint32_t relayed = 0;

		for (const char *p = calls[i]; *p != '\0'; p++)
			relayed += *p == 'r' ? PHASE : 0;
		CHECK_EQ(call->verdict.state, ES_VERDICT_CLEAN);
		CHECK_EQ(call->verdict.n_causes, 0);
		CHECK_EQ(call->directions[0].segments[0].expected, relayed);
		CHECK_EQ(call->directions[0].segments[0].lost, 0);
		CHECK_EQ(call->directions[1].segments[0].lost, 0);
	}
}

TEST(correlate_loss_before_an_sbc_is_found_among_what_passes_it_by)
{
	const struct es_explained *call = with_sbc("rdr", NULL, 1100, 1190);

	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_EQ(call->directions[0].segments[0].expected, 2 * PHASE);
	CHECK_EQ(call->directions[0].segments[0].lost, 90);
}

/* What goes to another port of the SBC must come there. */
TEST(correlate_media_to_a_dead_port_of_an_sbc_are_lost)
{
	struct es_addr other = made_addr("203.0.113.5", 10100);
	const struct es_explained *call = with_sbc("rdr", &other, 0, 0);

	CHECK_EQ(call->verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(call->verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_EQ(call->directions[0].segments[0].expected, 3 * PHASE);
	CHECK_EQ(call->directions[0].segments[0].lost, PHASE);
}

/* A direct path that lets nothing through: the phone it leads to is no point that media pass by. */
TEST(correlate_dead_direct_path_between_two_phones_is_loss)
{
	struct detour d = detour_of("rdr");
	struct es_correlate *c = made_correlate();
	struct made_solved *h;

	d.lost_from = PHASE;
	d.lost_to = 2 * PHASE;
	add_phone(&d, c, AT_ALICE);
	add_phone(&d, c, AT_BOB);
	h = made_solve(c);
	CHECK_EQ(h->n, 1);
	CHECK_EQ(h->calls[0].verdict.state, ES_VERDICT_DEGRADED);
	CHECK_EQ(h->calls[0].verdict.causes[0].cause, ES_CAUSE_NETWORK_LOSS);
	CHECK_EQ(h->calls[0].directions[0].segments[0].lost, PHASE);
	es_correlate_free(c);
}

/* A load generator: one SSRC in all calls, each with a detour of its own. */
TEST(correlate_detours_of_very_many_calls_of_one_ssrc_lose_nothing)
{
	struct es_correlate_config cfg = { { 1 }, 256, 4096, 16384, 64, 512, 16384 };
	struct detour d = detour_of("rdr");
	struct es_correlate *c;
	struct made_solved *h;
	int vantage;

	CHECK_EQ(es_correlate_new(&cfg, &c), 0);
	vantage = es_correlate_vantage(c, es_slice_str("alice"), ES_ROLE_ENDPOINT);
	for (uint16_t i = 0; i < 30; i++) {
		static bool seen[2][MADE_PACKETS_MAX];
		struct made_stream s;

		memset(seen, 0, sizeof(seen));
		for (uint32_t k = 0; k < 3 * PHASE; k++)
			seen[is_direct(d.phases, k)][k] = true;
		memset(&s, 0, sizeof(s));
		s.c = c;
		s.vantage = vantage;
		s.ssrc = 0xa1;
		s.n = 3 * PHASE;
		s.at_ms = i * 10;
		s.seq = (uint16_t)(1000 + i * 999);
		s.ts = 77 + i * 1234567u;
		s.src = d.a;
		s.src.port = (uint16_t)(s.src.port + 2 * i);
		for (int direct = 0; direct < 2; direct++) {
			s.dst = direct ? d.b : d.relay_in;
			s.dst.port = (uint16_t)(s.dst.port + 2 * i);
			s.seen = seen[direct];
			made_stream_add(&s);
		}
		/* and two calls without a detour: more streams than are all compared */
		s.seen = NULL;
		s.n = 300;
		for (int k = 0; k < 2; k++) {
			s.dst.port = (uint16_t)(20000 + 100 * k + i);
			s.src.port = (uint16_t)(30000 + 100 * k + i);
			s.seq = (uint16_t)(s.seq + 7000);
			s.ts += 99999999;
			made_stream_add(&s);
		}
	}
	h = made_solve(c);
	CHECK_EQ(h->n, 90);
	for (uint32_t i = 0; i < 8; i++)
		CHECK_EQ(h->calls[i].verdict.state, ES_VERDICT_CLEAN);
	es_correlate_free(c);
}
