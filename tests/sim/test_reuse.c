/* SPDX-License-Identifier: Apache-2.0 */
/* A Call-ID that is used again: each use is a call of its own, with its own media and its own end. */
#include "tests/sim/parties.h"

static char sdp[2][1024];

/* A message of the use with this number: tags "ta<use>" and "tb<use>". */
static void
say(double ms, unsigned use, bool is_caller, const char *start, const char *method, unsigned cseq,
    bool has_to_tag, const char *body)
{
	char from[16], to[16], branch[48];
	struct world_sip m = { .start = start, .call_id = "c1", .cseq = cseq, .method = method };
	bool is_response = strncmp(start, "SIP/2.0", 7) == 0;
	bool from_alice = is_caller != is_response;

	snprintf(from, sizeof(from), "t%c%u", is_caller ? 'a' : 'b', use);
	snprintf(to, sizeof(to), "t%c%u", is_caller ? 'b' : 'a', use);
	snprintf(branch, sizeof(branch), "z9hG4bK%u%u%s", use, cseq, method);
	m.from_tag = from;
	m.to_tag = has_to_tag ? to : NULL;
	m.branch = branch;
	m.sdp = body;
	world_send_sip(&w, ms, world_addr(from_alice ? ALICE : BOB, 5060),
	    world_addr(from_alice ? BOB : ALICE, 5060), &m);
}

static void
invite(double ms, unsigned use)
{
	world_sdp(
	    sdp[0], ALICE, (uint16_t)(A_PORT + 100 * use), "96", "a=rtpmap:96 opus/48000/2\r\n");
	world_sdp(
	    sdp[1], BOB, (uint16_t)(B_PORT + 100 * use), "96", "a=rtpmap:96 opus/48000/2\r\n");
	say(ms, use, true, "INVITE sip:b@b SIP/2.0", "INVITE", 1, false, sdp[0]);
}

static void
bye(double ms, unsigned use)
{
	say(ms, use, true, "BYE sip:b@b SIP/2.0", "BYE", 2, true, NULL);
	say(ms + 10, use, true, "SIP/2.0 200 OK", "BYE", 2, true, NULL);
}

/* A call of 4 s with media to Bob from the first second on. */
static void
call(double ms, unsigned use)
{
	struct world_rtp r = to_bob();
	double at = ms + 1000;

	invite(ms, use);
	say(ms + 500, use, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
	say(ms + 510, use, true, "ACK sip:b@b SIP/2.0", "ACK", 1, true, NULL);
	r.from_port = (uint16_t)(A_PORT + 100 * use);
	r.to_port = (uint16_t)(B_PORT + 100 * use);
	r.ssrc = 0x100 + use;
	r.pt = 96;
	world_run_rtp(&w, &at, &r, 100);
	bye(ms + 4000, use);
}

/* The last record of the call that began then. */
static const struct es_call *
began(double ms)
{
	const struct es_call *found = NULL;
	const struct es_record *r;

	for (unsigned i = 0; (r = world_nth(&w, ES_REC_CALL, i)) != NULL; i++)
		if (r->u.call.start.ns == world_time(ms).ns)
			found = &r->u.call;
	return found;
}

static void
check_call(double ms, unsigned use)
{
	const struct es_call *c = began(ms);
	const struct es_stream *s = world_stream(&w, 0x100 + use, 0);

	CHECK(c != NULL);
	CHECK_SLICE(c->call_id, "c1");
	CHECK_EQ(c->state, ES_STATE_COMPLETED);
	CHECK_EQ(c->duration_us, 3500000);
	CHECK_EQ(c->n_streams, 1);
	CHECK_EQ(c->streams[0].ssrc, 0x100 + use);
	CHECK(s != NULL);
	CHECK_SLICE(s->call_id, "c1");
	CHECK_SLICE(s->codec, "opus");
}

TEST(call_id_used_again_is_a_call_of_its_own)
{
	begin();
	for (unsigned use = 0; use < 6; use++)
		call(6600 * use, use);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 6);
	for (unsigned use = 0; use < 6; use++)
		check_call(6600 * use, use);
	world_done(&w);
}

/* Long after the first was forgotten. */
TEST(call_id_used_again_after_a_minute_is_a_call_of_its_own)
{
	begin();
	call(0, 0);
	call(64000, 1);
	world_flush(&w);
	check_call(0, 0);
	check_call(64000, 1);
	world_done(&w);
}

/* BYE and its answer come again while the second call is up. */
TEST(late_bye_of_the_first_use_does_not_end_the_second)
{
	begin();
	call(0, 0);
	invite(4400, 1);
	say(4500, 1, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
	bye(4600, 0);
	CHECK_EQ(began(4400)->state, ES_STATE_IN_PROGRESS);
	bye(8000, 1);
	world_flush(&w);
	check_call(0, 0);
	CHECK_EQ(began(4400)->state, ES_STATE_COMPLETED);
	CHECK_EQ(began(4400)->duration_us, 3500000);
	CHECK_EQ(began(0)->resent, 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_FOREIGN), 0);
	world_done(&w);
}

/* A capture that was played twice has the same tags, branches and numbers. */
TEST(call_played_again_with_its_tags_is_a_call_of_its_own)
{
	begin();
	call(0, 0);
	call(6600, 0);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	CHECK_EQ(began(0)->duration_us, 3500000);
	CHECK(began(6600) != NULL);
	CHECK_EQ(began(6600)->duration_us, 3500000);
	CHECK_EQ(began(6600)->n_streams, 1);
	world_done(&w);
}

TEST(late_invite_of_a_call_that_is_over_begins_none)
{
	begin();
	call(0, 0);
	invite(5000, 0);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	check_call(0, 0);
	world_done(&w);
}

TEST(retry_with_credentials_and_a_new_tag_is_the_same_call)
{
	begin();
	invite(0, 0);
	say(10, 0, true, "SIP/2.0 401 Unauthorized", "INVITE", 1, true, NULL);
	say(20, 0, true, "ACK sip:b@b SIP/2.0", "ACK", 1, true, NULL);
	say(3000, 1, true, "INVITE sip:b@b SIP/2.0", "INVITE", 2, false, sdp[0]);
	say(3500, 1, true, "SIP/2.0 200 OK", "INVITE", 2, true, sdp[1]);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	CHECK_EQ(began(0)->final_status, 200);
	world_done(&w);
}

/* On one hop no INVITE is the far side of another one. */
TEST(other_tags_on_the_hop_of_a_call_that_is_up_are_another_call)
{
	begin();
	invite(0, 0);
	invite(5, 1);
	say(500, 0, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
	invite(600, 2);
	bye(4000, 0);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 3);
	CHECK_EQ(began(0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(began(0)->duration_us, 3500000);
	CHECK_EQ(began(5)->has & ES_CALL_HAS_STATUS, 0);
	CHECK_EQ(began(600)->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

TEST(call_id_used_again_after_a_refusal_is_a_call_of_its_own)
{
	begin();
	invite(0, 0);
	say(100, 0, true, "SIP/2.0 486 Busy Here", "INVITE", 1, true, NULL);
	call(5000, 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	CHECK_EQ(began(0)->state, ES_STATE_FAILED);
	check_call(5000, 1);
	world_done(&w);
}

/* As many uses as the network likes: sixteen are remembered, each of them has its last word. */
TEST(uses_of_a_call_id_are_bounded)
{
	begin();
	for (unsigned use = 0; use < 200; use++) {
		invite(30 * use, use);
		say(30 * use + 10, use, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
		bye(30 * use + 15, use);
	}
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 200);
	for (unsigned use = 0; use < 200; use++)
		CHECK_EQ(began(30 * use)->state, ES_STATE_COMPLETED);
	world_done(&w);
}

/* The capture missed each BYE. */
TEST(call_id_used_again_is_a_call_of_its_own_whose_end_nobody_saw)
{
	begin();
	for (unsigned use = 0; use < 18; use++) {
		struct world_rtp r = to_bob();
		double at = 10000 * use + 1000;

		invite(10000 * use, use);
		say(10000 * use + 500, use, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
		r.from_port = (uint16_t)(A_PORT + 100 * use);
		r.to_port = (uint16_t)(B_PORT + 100 * use);
		r.ssrc = 0x100 + use;
		r.pt = 96;
		world_run_rtp(&w, &at, &r, 100);
	}
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS_EVICTED), 0);
	bye(180000, 17);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 18);
	for (unsigned use = 0; use < 18; use++) {
		const struct es_call *c = began(10000 * use);

		CHECK(c != NULL);
		CHECK_EQ(c->final_status, 200);
		CHECK_EQ(c->n_streams, 1);
		CHECK_EQ(c->streams[0].ssrc, 0x100 + use);
		/* two of eighteen found no place among the uses that are remembered */
		CHECK_EQ(c->state, use < 2     ? ES_STATE_UNKNOWN
				   : use == 17 ? ES_STATE_COMPLETED
					       : ES_STATE_IN_PROGRESS);
		CHECK_SLICE(world_stream(&w, 0x100 + use, 0)->codec, "opus");
	}
	world_done(&w);
}

/* On a hop of its own it is the far side of a B2BUA, whenever it is called. */
TEST(other_tags_on_another_hop_are_the_same_call)
{
	struct world_sip m = { .start = "INVITE sip:c@c SIP/2.0",
		.call_id = "c1",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "far",
		.branch = "z9hG4bKfar" };

	begin();
	invite(0, 0);
	say(500, 0, true, "SIP/2.0 200 OK", "INVITE", 1, true, sdp[1]);
	world_send_sip(&w, 9000, world_addr(BOB, 5060), world_addr(3, 5060), &m);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

/* A capture that began within the first call, and missed its end. */
TEST(call_id_used_again_after_a_call_of_which_only_a_refresh_was_seen)
{
	begin();
	world_sdp(sdp[0], ALICE, A_PORT, "96", "a=rtpmap:96 opus/48000/2\r\n");
	world_sdp(sdp[1], BOB, B_PORT, "96", "a=rtpmap:96 opus/48000/2\r\n");
	say(1000, 0, true, "INVITE sip:b@b SIP/2.0", "INVITE", 7, true, sdp[0]);
	say(1010, 0, true, "SIP/2.0 200 OK", "INVITE", 7, true, sdp[1]);
	call(20000, 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 2);
	check_call(20000, 1);
	world_done(&w);
}
