/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of either side let Bob's media go elsewhere, where nobody captures, and come back. The two sides number
 * their requests independently (RFC 3261 section 12.2.1.1).
 */
#include "tests/sim/parties.h"

enum { PACKETS = 300, NEGOTIATIONS_MAX = 4 };

/* How a request gets the SDP of both sides across. */
enum way {
	REINVITE,
	UPDATE,
	LATE_OFFER, /* the offer is in the 200, the answer in the ACK */
};

struct negotiation {
	bool is_callers;
	unsigned cseq;
	enum way way;
	const char *refused; /* status line; NULL: accepted */
};

/* A request, its final response, and the ACK. */
static void
negotiate(double ms, const struct negotiation *n, const char *of_bob)
{
	const char *own = n->is_callers ? sdp_a : of_bob, *other = n->is_callers ? of_bob : sdp_a;
	const char *method = n->way == UPDATE ? "UPDATE" : "INVITE",
		   *to = n->is_callers ? "tb" : "ta";
	bool is_late = n->way == LATE_OFFER;

	request(ms, n->is_callers, method, n->cseq, to, is_late ? NULL : own);
	response(ms + 5, n->is_callers, n->refused != NULL ? n->refused : "200 OK", method, n->cseq,
	    n->refused != NULL ? NULL : other);
	if (n->way != UPDATE)
		request(ms + 10, n->is_callers, "ACK", n->cseq, to, is_late ? own : NULL);
}

static void
talk(double *ms, struct world_rtp *a, struct world_rtp *b, bool is_away)
{
	for (unsigned i = 0; i < PACKETS; i++) {
		if (!is_away)
			world_send_rtp(&w, *ms, a);
		world_send_rtp(&w, *ms + 3, b);
		a->seq++;
		a->ts += 160;
		b->seq++;
		b->ts += 160;
		*ms += 20;
	}
}

/* What Alice's stream lost after Bob left and came back by turns. */
static uint64_t
lost_by(const struct negotiation n[NEGOTIATIONS_MAX], const char *elsewhere)
{
	struct world_rtp a = to_bob(), b = to_alice();
	double ms = 2000;
	uint64_t lost;

	set_up();
	talk(&ms, &a, &b, false);
	for (unsigned i = 0; i < NEGOTIATIONS_MAX && n[i].cseq != 0; i++) {
		negotiate(ms - 15, &n[i], i % 2 == 0 ? elsewhere : sdp_b);
		talk(&ms, &a, &b, i % 2 == 0);
	}
	world_flush(&w);
	lost = world_stream(&w, 0xa, 0)->lost;
	world_done(&w);
	return lost;
}

struct row {
	const char *name;
	struct negotiation n[NEGOTIATIONS_MAX];
};

static void
none_is_lost(const struct row *rows, size_t n)
{
	char moved[1024], held[1024];

	world_sdp(moved, BOB, 6000, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_sdp(held, BOB, B_PORT, "0 101", "a=sendonly\r\n");
	for (size_t i = 0; i < n; i++)
		for (unsigned is_hold = 0; is_hold < 2; is_hold++) {
			uint64_t lost = lost_by(rows[i].n, is_hold != 0 ? held : moved);

			if (lost != 0)
				test_fail(__FILE__, __LINE__, "%s, %s: %u lost", rows[i].name,
				    is_hold != 0 ? "hold" : "move", (unsigned)lost);
		}
}

TEST(address_withdrawn_under_the_number_of_a_request_of_the_other_side_lost_nothing)
{
	static const struct row rows[] = {
		{ "callee, equal", { { false, 1, REINVITE, NULL }, { false, 2, REINVITE, NULL } } },
		{ "callee, lower", { { true, 7, REINVITE, NULL }, { false, 3, REINVITE, NULL } } },
		{ "callee leaves, equal, caller brings back",
		    { { false, 1, REINVITE, NULL }, { true, 2, REINVITE, NULL } } },
		{ "caller leaves, callee brings back, equal",
		    { { true, 2, REINVITE, NULL }, { false, 2, REINVITE, NULL } } },
		{ "callee leaves, caller brings back, equal",
		    { { false, 5, REINVITE, NULL }, { true, 5, REINVITE, NULL } } },
		{ "alternating", { { true, 2, REINVITE, NULL }, { false, 2, REINVITE, NULL },
				     { true, 3, REINVITE, NULL }, { false, 3, REINVITE, NULL } } },
		{ "alternating, callee first",
		    { { false, 1, REINVITE, NULL }, { true, 2, REINVITE, NULL },
			{ false, 2, REINVITE, NULL }, { true, 3, REINVITE, NULL } } },
		{ "UPDATE", { { false, 1, UPDATE, NULL }, { true, 2, UPDATE, NULL } } },
		{ "UPDATE back", { { true, 2, UPDATE, NULL }, { false, 2, UPDATE, NULL } } },
		{ "late offer", { { false, 1, LATE_OFFER, NULL }, { false, 2, REINVITE, NULL } } },
		{ "late offers of both",
		    { { true, 2, LATE_OFFER, NULL }, { false, 2, LATE_OFFER, NULL } } },
		{ "late offer back",
		    { { false, 2, REINVITE, NULL }, { true, 2, LATE_OFFER, NULL } } },
	};

	none_is_lost(rows, sizeof(rows) / sizeof(rows[0]));
}

/* As long as all numbers differ, or one side alone requests. */
TEST(address_withdrawn_under_a_number_of_its_own_lost_nothing)
{
	static const struct row rows[] = {
		{ "caller", { { true, 2, REINVITE, NULL }, { true, 3, REINVITE, NULL } } },
		{ "caller, late offer",
		    { { true, 2, LATE_OFFER, NULL }, { true, 3, LATE_OFFER, NULL } } },
		{ "callee, higher",
		    { { false, 70, REINVITE, NULL }, { false, 71, REINVITE, NULL } } },
		{ "both", { { true, 2, UPDATE, NULL }, { false, 9, REINVITE, NULL } } },
	};

	none_is_lost(rows, sizeof(rows) / sizeof(rows[0]));
}

/* Glare (RFC 3261 section 14.1), and other refusals: all is as it was before. */
TEST(address_that_a_refused_offer_would_have_withdrawn_stays_wanted)
{
	static const struct row rows[] = {
		{ "caller, 488", { { true, 2, REINVITE, "488 Not Acceptable Here" },
				     { true, 3, REINVITE, NULL } } },
		{ "callee, 488", { { false, 1, REINVITE, "488 Not Acceptable Here" },
				     { true, 2, REINVITE, NULL } } },
		{ "callee, 491", { { false, 1, REINVITE, "491 Request Pending" },
				     { true, 2, REINVITE, NULL } } },
		{ "callee, UPDATE, 491",
		    { { false, 1, UPDATE, "491 Request Pending" }, { true, 2, UPDATE, NULL } } },
		{ "callee, UPDATE, 504",
		    { { false, 1, UPDATE, "504 Server Time-out" }, { true, 2, UPDATE, NULL } } },
	};
	char moved[1024];

	world_sdp(moved, BOB, 6000, "0 101", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (lost_by(rows[i].n, moved) != PACKETS)
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
}
