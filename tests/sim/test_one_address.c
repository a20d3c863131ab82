/* SPDX-License-Identifier: Apache-2.0 */
/* One address that many calls announce: eight are remembered, and which gives way to the ninth. */
#include "tests/sim/parties.h"

enum { FIRST_HOST = 10, CALLS = 9 };

static char id[8];
static bool is_candidate; /* the address is one of several that are offered */

/* Call k from Alice's one port to a host of its own. */
static void
message(double ms, unsigned k, bool is_response, const char *start, const char *method,
    unsigned cseq, const char *sdp)
{
	uint8_t host = (uint8_t)(FIRST_HOST + k);
	struct world_sip m = { .start = start, .call_id = id, .cseq = cseq, .method = method };

	snprintf(id, sizeof(id), "c%u", k);
	m.from_tag = "ta";
	m.to_tag = is_response || cseq > 1 ? "tb" : NULL;
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(is_response ? host : ALICE, 5060),
	    world_addr(is_response ? ALICE : host, 5060), &m);
}

static void
call(unsigned k)
{
	char sdp[1024];

	if (is_candidate)
		world_sdp(sdp, ALICE, (uint16_t)(8000 + 2 * k), "0",
		    "a=candidate:1 1 udp 1 10.0.0.1 4000 typ host\r\n");
	else
		world_sdp(sdp, ALICE, A_PORT, "0", NULL);
	message(100 * k, k, false, "INVITE sip:b@b SIP/2.0", "INVITE", 1, sdp);
	message(100 * k + 20, k, true, "SIP/2.0 200 OK", "INVITE", 1,
	    world_sdp(sdp, (uint8_t)(FIRST_HOST + k), B_PORT, "0", NULL));
}

static void
bye(unsigned k)
{
	message(100 * k + 50, k, false, "BYE sip:b@b SIP/2.0", "BYE", 2, NULL);
}

static void
talk(unsigned k)
{
	struct world_rtp r = to_alice();
	double ms = 100 * CALLS;

	r.from = (uint8_t)(FIRST_HOST + k);
	r.ssrc = 0x100 + k;
	world_run_rtp(&w, &ms, &r, 50);
}

static void
belongs(unsigned stream, const char *call_id)
{
	const struct es_stream *s = world_stream(&w, 0x100 + stream, 0);

	CHECK_SLICE(s->call_id, call_id);
}

TEST(address_of_eight_calls_knows_them_by_the_other_end)
{
	char expected[8];

	begin();
	for (unsigned k = 0; k < CALLS - 1; k++)
		call(k);
	for (unsigned k = 0; k < CALLS - 1; k++)
		talk(k);
	world_flush(&w);
	for (unsigned k = 0; k < CALLS - 1; k++) {
		snprintf(expected, sizeof(expected), "c%u", k);
		belongs(k, expected);
	}
	world_done(&w);
}

TEST(address_of_a_ninth_call_is_taken_from_the_oldest)
{
	char expected[8];

	begin();
	for (unsigned k = 0; k < CALLS; k++)
		call(k);
	for (unsigned k = 1; k < CALLS; k++)
		talk(k);
	world_flush(&w);
	for (unsigned k = 1; k < CALLS; k++) {
		snprintf(expected, sizeof(expected), "c%u", k);
		belongs(k, expected);
	}
	world_done(&w);
}

TEST(address_of_a_ninth_call_is_taken_from_one_that_is_over)
{
	char expected[8];

	for (unsigned over = 0; over < CALLS - 1; over += 3) {
		begin();
		for (unsigned k = 0; k < CALLS; k++) {
			call(k);
			if (k == over)
				bye(k);
		}
		for (unsigned k = 0; k < CALLS; k++)
			if (k != over)
				talk(k);
		world_flush(&w);
		for (unsigned k = 0; k < CALLS; k++) {
			snprintf(expected, sizeof(expected), "c%u", k);
			if (k != over)
				belongs(k, expected);
		}
		world_done(&w);
	}
}

/* Candidates do not take the address from calls that are at work, and do where one is over. */
TEST(candidate_of_a_ninth_call_takes_the_address_of_a_call_that_is_over_only)
{
	for (unsigned over = 0; over < 2; over++) {
		const struct es_stream *s;

		is_candidate = true;
		begin();
		for (unsigned k = 0; k < CALLS - 1; k++)
			call(k);
		if (over)
			bye(3);
		call(CALLS - 1);
		for (unsigned k = 0; k < CALLS; k++)
			if (!over || k != 3)
				talk(k);
		world_flush(&w);
		is_candidate = false;
		for (unsigned k = 0; k < CALLS - 1; k++) {
			char expected[8];

			snprintf(expected, sizeof(expected), "c%u", k);
			if (!over || k != 3)
				belongs(k, expected);
		}
		s = world_stream(&w, 0x100 + CALLS - 1, 0);
		CHECK_EQ(es_slice_eq(s->call_id, es_slice_str("c8")), over == 1);
		world_done(&w);
	}
}

/* Whose turn it was with the address is nobody's who sends from elsewhere: the newest call has it. */
TEST(media_from_nowhere_known_are_of_the_newest_call)
{
	struct world_rtp r = to_alice();
	double ms = 100 * CALLS;

	begin();
	for (unsigned k = 0; k < 3; k++)
		call(k);
	r.from = 99;
	world_run_rtp(&w, &ms, &r, 50);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c2");
	world_done(&w);
}
