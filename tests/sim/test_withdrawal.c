/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of either side let Bob's media go elsewhere, where nobody captures, and come back. The two sides number
 * their requests independently (RFC 3261 section 12.2.1.1).
 *
 * A script is a list of requests: 'a' of Alice or 'b' of Bob, CSeq, and 'i' re-INVITE, 'u' UPDATE, 'l' re-INVITE
 * with the offer in the 200 and the answer in the ACK, 'p' re-INVITE whose 183 has the answer, too. A status behind
 * it refuses it. By turns Bob leaves and comes back.
 */
#include "tests/sim/parties.h"

#include <stdlib.h>

enum { PACKETS = 300 };

/* Sends one request of a script, its responses and the ACK; returns the rest of the script. */
static const char *
negotiate(double ms, const char *script, const char *of_bob)
{
	bool is_callers = script[0] == 'a';
	char *rest;
	unsigned cseq = (unsigned)strtoul(script + 1, &rest, 10);
	char way = *rest++;
	unsigned refusal = (unsigned)strtoul(rest, &rest, 10);
	const char *own = is_callers ? sdp_a : of_bob, *other = is_callers ? of_bob : sdp_a;
	const char *method = way == 'u' ? "UPDATE" : "INVITE", *to = is_callers ? "tb" : "ta";
	char status[32];

	snprintf(status, sizeof(status), "%u Final", refusal != 0 ? refusal : 200);
	request(ms, is_callers, method, cseq, to, way == 'l' ? NULL : own);
	if (way == 'p')
		response(ms + 3, is_callers, "183 Session Progress", method, cseq, other);
	response(ms + 5, is_callers, status, method, cseq, refusal != 0 ? NULL : other);
	if (way != 'u')
		request(ms + 10, is_callers, "ACK", cseq, to, way == 'l' ? own : NULL);
	return rest + strspn(rest, " ");
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

/* Fails unless Alice's stream to the address that Bob left lost so much. */
static void
check_lost(const char *script, const char *elsewhere, uint64_t lost)
{
	struct world_rtp a = to_bob(), b = to_alice();
	bool is_away = false;
	double ms = 2000;

	set_up();
	talk(&ms, &a, &b, false);
	for (const char *at = script; *at != '\0';) {
		is_away = !is_away;
		at = negotiate(ms - 15, at, is_away ? elsewhere : sdp_b);
		talk(&ms, &a, &b, is_away);
	}
	world_flush(&w);
	if (world_stream(&w, 0xa, 0)->lost != lost || world_stream(&w, 0xb, 0)->lost != 0)
		test_fail(__FILE__, __LINE__, "%s: %u lost", script,
		    (unsigned)world_stream(&w, 0xa, 0)->lost);
	world_done(&w);
}

/* Bob moves to another port, or holds. */
static void
check_all(const char *const *scripts, size_t n, uint64_t lost)
{
	char moved[1024], held[1024];

	world_sdp(moved, BOB, 6000, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_sdp(held, BOB, B_PORT, "0 101", "a=sendonly\r\n");
	for (size_t i = 0; i < n; i++) {
		check_lost(scripts[i], moved, lost);
		check_lost(scripts[i], held, lost);
	}
}

TEST(address_withdrawn_under_the_number_of_a_request_of_the_other_side_lost_nothing)
{
	/* Bob's address was named in the 200 of Alice's INVITE 1. */
	static const char *const scripts[] = { "b1i b2i", "a7i b3i", "b1i a2i", "a2i b2i",
		"b5i a5i", "a2i b2i a3i b3i", "b1i a2i b2i a3i", "b1u a2u", "a2u b2u", "b1l b2i",
		"a2l b2l", "b2i a2l" };

	check_all(scripts, sizeof(scripts) / sizeof(scripts[0]), 0);
}

TEST(address_withdrawn_under_a_number_of_its_own_lost_nothing)
{
	static const char *const scripts[] = { "a2i a3i", "a2l a3l", "a2p a3p", "b70i b71i",
		"b70p b71p", "a2u b9i" };

	check_all(scripts, sizeof(scripts) / sizeof(scripts[0]), 0);
}

TEST(address_that_a_refused_offer_would_have_withdrawn_stays_wanted)
{
	static const char *const scripts[] = { "a2i488 a3i", "b1i488 a2i", "b1i491 a2i",
		"b1u491 a2u", "b1u504 a2u", "a2l488 a3i", "a2p488 a3i", "b2p488 a3i" };

	check_all(scripts, sizeof(scripts) / sizeof(scripts[0]), PACKETS);
}

/* An INVITE without SDP of the one side is refused while the other side's waits: its answer is an answer. */
TEST(answer_to_an_offer_is_one_whatever_the_other_side_asks_meanwhile)
{
	char pcma[1024];

	world_sdp(pcma, BOB, B_PORT, "8", "");
	for (unsigned is_crossed = 0; is_crossed < 2; is_crossed++) {
		set_up();
		request(2000, true, "INVITE", 2, "tb", sdp_a);
		if (is_crossed != 0) {
			request(2001, false, "INVITE", 2, "ta", NULL);
			response(2005, false, "491 Request Pending", "INVITE", 2, NULL);
			request(2006, false, "ACK", 2, "ta", NULL);
		}
		response(2007, true, "200 OK", "INVITE", 2, pcma);
		request(2008, true, "ACK", 2, "tb", NULL);
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
		world_done(&w);
	}
}

/* Glare (RFC 3261 section 14.1): both offers are refused, or the caller's is accepted all the same. */
TEST(address_in_offers_that_cross_is_withdrawn_by_the_one_that_is_accepted)
{
	char moved[1024];

	world_sdp(moved, BOB, 6000, "0 101", "");
	for (unsigned is_accepted = 0; is_accepted < 2; is_accepted++) {
		struct world_rtp a = to_bob(), b = to_alice();
		double ms = 2000;

		set_up();
		talk(&ms, &a, &b, false);
		request(ms - 20, true, "INVITE", 2, "tb", sdp_a);
		request(ms - 19, false, "INVITE", 2, "ta", moved);
		response(ms - 15, false, "491 Request Pending", "INVITE", 2, NULL);
		request(ms - 14, false, "ACK", 2, "ta", NULL);
		if (is_accepted != 0)
			response(ms - 13, true, "200 OK", "INVITE", 2, moved);
		else
			response(ms - 13, true, "491 Request Pending", "INVITE", 2, NULL);
		request(ms - 12, true, "ACK", 2, "tb", NULL);
		talk(&ms, &a, &b, true);
		(void)negotiate(ms - 15, "b3i", sdp_b);
		talk(&ms, &a, &b, false);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, 0xa, 0)->lost, is_accepted != 0 ? 0 : PACKETS);
		world_done(&w);
	}
}
