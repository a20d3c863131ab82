/* SPDX-License-Identifier: Apache-2.0 */
/* Calls side by side under one Call-ID, at one vantage point and at two. */
#include "tests/unit/made_records.h"

enum { CALLS = 3, PACKETS = 900, GW_CLOCK_MS = 90000 };

static bool seen[MADE_PACKETS_MAX];

static struct es_addr
end_of(int call, bool is_caller)
{
	char ip[32];

	(void)snprintf(ip, sizeof(ip), is_caller ? "192.0.2.%d" : "198.51.100.%d", call + 1);
	return made_addr(ip, is_caller ? 4000 : 5000);
}

/* Begins 200 ms behind the call before; at the gateway the INVITEs stand in the opposite order. */
static void
call(struct es_correlate *c, int vantage, int call, bool is_gw)
{
	made_call_add(c, vantage, "same@x", is_gw ? 69 : 70,
	    is_gw ? GW_CLOCK_MS + 200 * (CALLS - call) : 200 * call, end_of(call, true),
	    end_of(call, false));
}

/* Media begin when all calls have begun. The gateway misses each 12th packet of Alice's in the last call. */
static void
media(struct es_correlate *c, int vantage, int call, bool is_gw)
{
	for (int way = 0; way < 2; way++) {
		struct made_stream h;

		memset(&h, 0, sizeof(h));
		h.c = c;
		h.vantage = vantage;
		h.call_id = "same@x";
		h.ssrc = (uint32_t)(0x100 + 2 * call + way);
		h.src = end_of(call, way == 0);
		h.dst = end_of(call, way != 0);
		h.seq = (uint16_t)(1000 * call + 100 * way);
		h.ts = (uint32_t)(77777 * (2 * call + way));
		h.n = PACKETS;
		h.at_ms = 3000 + 20 * call + (is_gw ? GW_CLOCK_MS : 0);
		h.ttl = is_gw == (way == 0) ? 60 : 64;
		h.seen = is_gw && way == 0 && call == CALLS - 1 ? seen : NULL;
		made_stream_add(&h);
	}
}

/* Which call the i-th explained one is: by the address of its caller. */
static int
which(const struct made_solved *h, uint32_t i)
{
	char text[32];

	for (int call = 0; call < CALLS; call++) {
		(void)snprintf(text, sizeof(text), "\"192.0.2.%d:4000\"", call + 1);
		if (strstr(h->json[i], text) != NULL)
			return call;
	}
	return 31;
}

static void
check(const struct made_solved *h, uint32_t legs)
{
	unsigned found = 0;

	CHECK_EQ(h->n, CALLS);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct es_explained *e = &h->calls[i];
		int call = which(h, i);
		bool is_bad = legs == 2 && call == CALLS - 1;

		CHECK_SLICE(e->call, "same@x");
		CHECK_EQ(e->n_legs, legs);
		CHECK_EQ(e->verdict.state, is_bad ? ES_VERDICT_DEGRADED : ES_VERDICT_CLEAN);
		for (uint32_t l = 0; l < e->n_legs; l++)
			CHECK_EQ(e->legs[l].n_streams, 2);
		if (legs == 2)
			CHECK_EQ(e->directions[0].segments[0].lost, is_bad ? 75 : 0);
		found |= 1u << call;
	}
	CHECK_EQ(found, (1u << CALLS) - 1);
}

TEST(correlate_calls_side_by_side_under_one_call_id_have_their_own_media)
{
	struct es_correlate *c = made_correlate();
	int tap = es_correlate_vantage(c, es_slice_str("tap"), ES_ROLE_TAP);

	for (int i = 0; i < CALLS; i++) {
		call(c, tap, i, false);
		media(c, tap, i, false);
	}
	check(made_solve(c), 1);
	es_correlate_free(c);
}

TEST(correlate_calls_side_by_side_are_joined_by_their_addresses)
{
	struct es_correlate *c = made_correlate();
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);

	memset(seen, 1, sizeof(seen));
	for (uint32_t i = 3; i < PACKETS; i += 12)
		seen[i] = false;
	for (int i = 0; i < CALLS; i++) {
		call(c, ep, i, false);
		media(c, ep, i, false);
		call(c, gw, i, true);
		media(c, gw, i, true);
	}
	check(made_solve(c), 2);
	es_correlate_free(c);
}

/* The gateway saw the signalling of all and no media: nothing is missing between call and call. */
TEST(correlate_call_side_by_side_makes_no_hole_in_another_one)
{
	struct es_correlate *c = made_correlate();
	int ep = es_correlate_vantage(c, es_slice_str("ep"), ES_ROLE_ENDPOINT);
	int gw = es_correlate_vantage(c, es_slice_str("gw"), ES_ROLE_GATEWAY);
	struct made_solved *h;

	for (int i = 0; i < CALLS; i++) {
		call(c, ep, i, false);
		media(c, ep, i, false);
	}
	memset(seen, 1, sizeof(seen));
	call(c, gw, 1, true);
	media(c, gw, 1, true);
	h = made_solve(c);
	CHECK_EQ(h->n, CALLS);
	for (uint32_t i = 0; i < h->n; i++) {
		CHECK_EQ(h->calls[i].verdict.state, ES_VERDICT_CLEAN);
		CHECK_EQ(h->calls[i].n_legs, which(h, i) == 1 ? 2 : 1);
	}
	es_correlate_free(c);
}
