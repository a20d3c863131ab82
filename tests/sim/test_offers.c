/* SPDX-License-Identifier: Apache-2.0 */
/* Offers that wait for their answer: how many, how long they may be, and what becomes of one too many. */
#include "tests/sim/parties.h"

enum { WAITING_MAX = 4, LENGTH_MAX = 4096 };

/* An offer of Alice within the call that puts it on hold. */
static void
offer_hold(double ms, unsigned cseq)
{
	char sdp[1024];

	request(
	    ms, true, "INVITE", cseq, "tb", world_sdp(sdp, ALICE, A_PORT, "0", "a=sendonly\r\n"));
}

static void
accept_hold(double ms, unsigned cseq)
{
	char sdp[1024];

	response(
	    ms, true, "200 OK", "INVITE", cseq, world_sdp(sdp, BOB, B_PORT, "0", "a=recvonly\r\n"));
}

TEST(offer_that_cannot_be_read_is_counted)
{
	static const struct {
		const char *sdp;
		unsigned n;
	} rows[] = { { "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n", 0 },
		{ "v=1\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n", 1 } };

	for (size_t i = 0; i < 2; i++) {
		begin();
		request(0, true, "INVITE", 1, NULL, rows[i].sdp);
		CHECK_EQ(world_counter(&w, ES_CNT_SDP_MALFORMED), rows[i].n);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 0);
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c1")->n_caller_media, 1 - rows[i].n);
		world_done(&w);
	}
}

/* Four of a call wait; a fifth finds no place and is believed without its answer. */
TEST(offers_of_one_call_that_wait_are_four)
{
	for (unsigned n = 1; n <= WAITING_MAX + 1; n++) {
		set_up();
		for (unsigned i = 0; i < n; i++)
			offer_hold(2000 + i, 2 + i);
		CHECK_EQ(world_counter(&w, ES_CNT_OFFERS_EVICTED), n > WAITING_MAX);
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c1")->holds, n > WAITING_MAX);
		world_done(&w);
	}
}

/* An answer gives the place back, as does a refusal. */
TEST(offers_that_are_settled_make_room)
{
	set_up();
	for (unsigned i = 0; i < 3 * WAITING_MAX; i++) {
		offer_hold(2000 + 10 * i, 2 + i);
		if (i % 2 == 0)
			response(
			    2005 + 10 * i, true, "488 Not Acceptable Here", "INVITE", 2 + i, NULL);
		else
			accept_hold(2005 + 10 * i, 2 + i);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_OFFERS_EVICTED), 0);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->holds, 1); /* and never taken back */
	world_done(&w);
}

/* One that is longer than a place is believed at once. */
TEST(offer_of_4096_bytes_waits)
{
	for (unsigned more = 0; more < 2; more++) {
		static char sdp[LENGTH_MAX + 2];
		size_t n, left;

		set_up();
		n = (size_t)snprintf(
		    sdp, sizeof(sdp), "%s", world_sdp(sdp_a, ALICE, A_PORT, "0", "a=sendonly\r\n"));
		for (left = LENGTH_MAX + more - n; left > 0; left = LENGTH_MAX + more - n) {
			size_t line = left > 200 ? 100 : left;

			memset(sdp + n, 'x', line);
			memcpy(sdp + n, "a=", 2);
			memcpy(sdp + n + line - 2, "\r\n", 2);
			n += line;
		}
		sdp[n] = '\0';
		request(2000, true, "INVITE", 2, "tb", sdp);
		CHECK_EQ(world_counter(&w, ES_CNT_OFFERS_EVICTED), more);
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c1")->holds, more);
		world_done(&w);
	}
}
