/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages that are handed over a little out of order still make a whole call. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { MESSAGES = 6 };

static struct world w;

/* One message of a call of 10 s that is answered after 1 s, at its own time. */
static void
send_message(unsigned which)
{
	static const struct {
		double ms;
		const char *start;
		const char *method;
		unsigned cseq;
		bool is_response;
	} call[MESSAGES] = {
		{ 0, "INVITE sip:b@b SIP/2.0", "INVITE", 1, false },
		{ 3, "SIP/2.0 180 Ringing", "INVITE", 1, true },
		{ 1000, "SIP/2.0 200 OK", "INVITE", 1, true },
		{ 1003, "ACK sip:b@b SIP/2.0", "ACK", 1, false },
		{ 11000, "BYE sip:b@b SIP/2.0", "BYE", 2, false },
		{ 11003, "SIP/2.0 200 OK", "BYE", 2, true },
	};
	char sdp[1024];
	struct world_sip m = { .start = call[which].start, .call_id = "c", .from_tag = "f" };

	m.to_tag = which == 0 ? NULL : "t";
	m.cseq = call[which].cseq;
	m.method = call[which].method;
	m.branch = which == 3 ? "z9hG4bKack" : NULL;
	if (which == 0 || which == 2)
		m.sdp = world_sdp(sdp, which == 0 ? 1 : 2, 4000, "0", NULL);
	world_send_sip(&w, call[which].ms, world_addr(call[which].is_response ? 2 : 1, 5060),
	    world_addr(call[which].is_response ? 1 : 2, 5060), &m);
}

/* The call in this order of its messages. */
static void
check_order(const unsigned order[MESSAGES])
{
	const struct es_call *c;

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < MESSAGES; i++)
		send_message(order[i]);
	world_flush(&w);
	c = world_call(&w, "c");
	CHECK(c != NULL);
	CHECK_EQ(c->state, ES_STATE_COMPLETED);
	CHECK_EQ(c->final_status, 200);
	CHECK((c->has & ES_CALL_HAS_STATUS) != 0 && (c->has & ES_CALL_HAS_SETUP) != 0);
	CHECK((c->has & ES_CALL_HAS_RING) != 0 && (c->has & ES_CALL_HAS_DURATION) != 0);
	CHECK_EQ(c->setup_us, 1000000);
	CHECK_EQ(c->ring_us, 997000);
	CHECK_EQ(c->request_delay_us, 3000);
	CHECK_EQ(c->duration_us, 10000000);
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->has & ES_CALL_HAS_MAX_FORWARDS, ES_CALL_HAS_MAX_FORWARDS);
	CHECK_EQ(c->max_forwards, 70);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_ANSWERED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_COMPLETED), 1);
	world_done(&w);
}

/* The call with two neighbours swapped. */
static void
check_swapped(unsigned first)
{
	unsigned order[MESSAGES];

	for (unsigned i = 0; i < MESSAGES; i++)
		order[i] = i == first ? i + 1 : i == first + 1 ? i - 1 : i;
	check_order(order);
}

TEST(overtaken_by_nothing)
{
	check_swapped(MESSAGES);
}

TEST(overtaken_invite)
{
	check_swapped(0);
}

TEST(overtaken_ringing)
{
	check_swapped(1);
}

TEST(overtaken_answer_by_its_ack)
{
	check_swapped(2);
}

TEST(overtaken_bye_by_its_answer)
{
	check_swapped(4);
}

/* One direction of the call, then the other: INVITE, 180, 200, ACK, BYE, 200 are 0 to 5. */
TEST(overtaken_answers_by_all_that_the_caller_sent)
{
	static const unsigned caller_first[] = { 0, 3, 4, 1, 2, 5 };
	static const unsigned answer_last[] = { 0, 1, 3, 4, 2, 5 };
	static const unsigned callee_first[] = { 1, 2, 5, 0, 3, 4 };

	check_order(caller_first);
	check_order(answer_last);
	check_order(callee_first);
}

/* The 200 was not captured; what comes long after the ACK is another try of it: no times from it. */
TEST(overtaken_is_no_answer_that_was_sent_again)
{
	world_init(&w);
	world_start(&w);
	send_message(0);
	send_message(3);
	{
		struct world_sip m = { .start = "SIP/2.0 200 OK",
			.call_id = "c",
			.from_tag = "f",
			.to_tag = "t",
			.cseq = 1,
			.method = "INVITE" };

		world_send_sip(&w, 1600, world_addr(2, 5060), world_addr(1, 5060), &m);
	}
	world_flush(&w);
	CHECK((world_call(&w, "c")->has & ES_CALL_HAS_SETUP) == 0);
	CHECK_EQ(world_call(&w, "c")->final_status, 200);
	world_done(&w);
}

static void
send_response(double ms, const char *start, bool has_sdp)
{
	char sdp[1024];
	struct world_sip m = { .start = start,
		.call_id = "c",
		.from_tag = "f",
		.to_tag = "t",
		.cseq = 1,
		.method = "INVITE" };

	m.sdp = has_sdp ? world_sdp(sdp, 2, 4000, "0", NULL) : NULL;
	world_send_sip(&w, ms, world_addr(2, 5060), world_addr(1, 5060), &m);
}

/* The whole set-up took 5 ms, and the INVITE was handed over behind all of it. */
TEST(overtaken_invite_by_all_of_its_answers)
{
	const struct es_call *c;

	world_init(&w);
	world_start(&w);
	send_response(2, "SIP/2.0 180 Ringing", false);
	send_response(5, "SIP/2.0 200 OK", true);
	send_message(0);
	c = world_call(&w, "c");
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->has & ES_CALL_HAS_SETUP, ES_CALL_HAS_SETUP);
	CHECK_EQ(c->has & ES_CALL_HAS_RING, ES_CALL_HAS_RING);
	CHECK_EQ(c->setup_us, 5000);
	CHECK_EQ(c->ring_us, 3000);
	CHECK_EQ(c->request_delay_us, 2000);
	CHECK_EQ(c->post_dial_delay_us, 2000);
	world_done(&w);
}

TEST(overtaken_invite_by_an_answer_that_nothing_announced)
{
	const struct es_call *c;

	world_init(&w);
	world_start(&w);
	send_response(5, "SIP/2.0 200 OK", true);
	send_message(0);
	c = world_call(&w, "c");
	CHECK_EQ(c->setup_us, 5000);
	CHECK_EQ(c->has & ES_CALL_HAS_RING, 0);
	CHECK_EQ(c->post_dial_delay_us, 5000);
	CHECK_EQ(c->request_delay_us, 5000);
	world_done(&w);
}

/* Nor where the call is over: the call had an answer that nobody saw. */
TEST(overtaken_is_no_answer_long_after_the_ack_of_a_call_that_ended)
{
	static const unsigned begins[] = { 0, 1, 3, 4 };

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < 4; i++)
		send_message(begins[i]);
	send_response(11001, "SIP/2.0 200 OK", false);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c")->state, ES_STATE_COMPLETED);
	CHECK((world_call(&w, "c")->has & (ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION)) == 0);
	CHECK_EQ(world_call(&w, "c")->final_status, 200);
	world_done(&w);
}

/* CANCEL and what it brings: each direction keeps its order, the two are mixed in every way. */
TEST(overtaken_cancel_ends_cancelled)
{
	static const struct {
		double ms;
		const char *start;
		const char *method;
		bool is_response;
	} messages[7] = {
		{ 0, "INVITE sip:b@b SIP/2.0", "INVITE", false },
		{ 3000, "CANCEL sip:b@b SIP/2.0", "CANCEL", false },
		{ 3006, "ACK sip:b@b SIP/2.0", "ACK", false },
		{ 3, "SIP/2.0 100 Trying", "INVITE", true },
		{ 200, "SIP/2.0 180 Ringing", "INVITE", true },
		{ 3003, "SIP/2.0 200 OK", "CANCEL", true },
		{ 3004, "SIP/2.0 487 Request Terminated", "INVITE", true },
	};

	for (unsigned mix = 0; mix < 1u << 7; mix++) {
		unsigned next[2] = { 0, 3 };

		if (__builtin_popcount(mix) != 3)
			continue;
		world_init(&w);
		world_start(&w);
		for (unsigned i = 0; i < 7; i++) {
			unsigned k = next[(mix >> i & 1) == 0]++;
			bool back = messages[k].is_response;
			char sdp[1024];
			struct world_sip m = { .start = messages[k].start,
				.call_id = "c",
				.from_tag = "f",
				.to_tag = k == 4 || k == 6 || k == 2 ? "t" : NULL,
				.cseq = 1,
				.method = messages[k].method,
				.branch = "z9hG4bK1" }; /* all of one transaction */

			if (k == 0)
				m.sdp = world_sdp(sdp, 1, 4000, "0", NULL);
			world_send_sip(&w, messages[k].ms, world_addr(back ? 2 : 1, 5060),
			    world_addr(back ? 1 : 2, 5060), &m);
		}
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c")->state, ES_STATE_CANCELLED);
		CHECK_EQ(world_call(&w, "c")->final_status, 487);
		CHECK_EQ(world_call(&w, "c")->ended_by, ES_PARTY_CALLER);
		CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SESSIONS_ANSWERED), 0);
		world_done(&w);
	}
}
