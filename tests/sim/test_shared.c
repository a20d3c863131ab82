/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that several dialogs announce: Alice (1) calls Bob (2) through a B2BUA (9), which gives the second
 * leg a Call-ID of its own and hands the SDP on. Media flow between the phones.
 */
#include "tests/sim/two_legs.h"

enum { CAROL = 3 };

/* Answered at 1 s on both legs. */
static void
connect_both(void)
{
	begin();
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, sdp_a);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, sdp_b);
}

static void
talk_from(double ms, unsigned n)
{
	a = to_bob();
	b = to_alice();
	now_ms = ms;
	talk(n);
}

/* A stream belongs to its call and also to these, in order. */
static void
is_of(uint32_t ssrc, const char *call, const char *other, const char *third)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);
	unsigned n = (other != NULL ? 1u : 0u) + (third != NULL ? 1u : 0u);

	CHECK_SLICE(s->call_id, call);
	CHECK_EQ(s->n_other_call_ids, n);
	if (n > 0 && s->n_other_call_ids == n)
		CHECK_SLICE(s->other_call_ids[0], other);
	if (n > 1 && s->n_other_call_ids == n)
		CHECK_SLICE(s->other_call_ids[1], third);
	CHECK_EQ(s->findings, 0);
	CHECK(world_stream(&w, ssrc, 1) == NULL);
}

TEST(media_that_two_legs_announce_belong_to_both)
{
	connect_both();
	talk_from(1100, 500);
	bye(11200, "leg-a", ALICE, B2BUA);
	bye(11210, "leg-b", B2BUA, BOB);
	es_engine_advance(w.e, world_time(20000));
	is_of(0xa, "leg-a", "leg-b", NULL);
	is_of(0xb, "leg-a", "leg-b", NULL);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
	CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
	world_done(&w);
}

TEST(media_that_overtake_the_answer_on_one_leg_stay_together)
{
	connect_both();
	world_restart(&w);
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, sdp_a);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	b = to_alice();
	world_run_rtp(&w, &(double){ 1002 }, &b, 1); /* leg-a has not heard of Bob's address */
	answer(1030, "leg-a", B2BUA, ALICE, sdp_b);
	talk_from(1100, 1);
	b.seq = (uint16_t)(b.seq + 5);
	talk(400);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "leg-b");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "leg-b");
	CHECK_SLICE(world_stream(&w, 0xa, 0)->other_call_ids[0], "leg-a");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->other_call_ids[0], "leg-a");
	CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
	CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
	world_done(&w);
}

TEST(leg_that_appears_when_media_flow_already_shares_them)
{
	begin();
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	answer(1000, "leg-a", B2BUA, ALICE, sdp_b);
	talk_from(1100, 200);
	invite(now_ms, "leg-b", B2BUA, BOB, sdp_a);
	answer(now_ms + 9, "leg-b", BOB, B2BUA, sdp_b);
	now_ms += 20;
	talk(200);
	world_flush(&w);
	is_of(0xa, "leg-a", "leg-b", NULL);
	is_of(0xb, "leg-a", "leg-b", NULL);
	CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
	world_done(&w);
}

TEST(media_of_three_dialogs_belong_to_all)
{
	begin();
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, 8, sdp_a);
	invite(20, "leg-c", 8, BOB, sdp_a);
	answer(1000, "leg-c", BOB, 8, sdp_b);
	answer(1010, "leg-b", 8, B2BUA, sdp_b);
	answer(1020, "leg-a", B2BUA, ALICE, sdp_b);
	talk_from(1100, 400);
	world_flush(&w);
	is_of(0xa, "leg-a", "leg-b", "leg-c");
	is_of(0xb, "leg-a", "leg-b", "leg-c");
	world_done(&w);
}

TEST(media_go_direct_in_mid_call_and_belong_to_both_legs)
{
	char relay_a[1024], relay_b[1024];

	begin();
	world_sdp(relay_a, B2BUA, 7000, "0", NULL);
	world_sdp(relay_b, B2BUA, 7002, "0", NULL);
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, relay_b);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, relay_a);
	talk_from(1100, 0);
	a.to = b.from = B2BUA;
	a.to_port = b.from_port = 7000;
	talk(150);
	CHECK_EQ(world_stream(&w, 0xa, 0)->n_other_call_ids, 0);
	/* The B2BUA takes itself out: each phone gets the other's address. */
	say(now_ms, "leg-a", B2BUA, ALICE, false, "INVITE sip:x@example SIP/2.0", "INVITE", 5,
	    sdp_b);
	say(now_ms + 2, "leg-b", B2BUA, BOB, true, "INVITE sip:x@example SIP/2.0", "INVITE", 6,
	    sdp_a);
	say(now_ms + 8, "leg-a", ALICE, B2BUA, true, "SIP/2.0 200 OK", "INVITE", 5, sdp_a);
	say(now_ms + 9, "leg-b", BOB, B2BUA, false, "SIP/2.0 200 OK", "INVITE", 6, sdp_b);
	now_ms += 20;
	a.to = BOB;
	a.to_port = B_PORT;
	b.from = BOB;
	b.from_port = B_PORT;
	a.ssrc = 0xc;
	b.ssrc = 0xd;
	talk(700);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms + 9, "leg-b", B2BUA, BOB);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xc, 0)->call_id, "leg-a");
	CHECK_SLICE(world_stream(&w, 0xd, 0)->call_id, "leg-a");
	CHECK_SLICE(world_stream(&w, 0xc, 0)->other_call_ids[0], "leg-b");
	CHECK_SLICE(world_stream(&w, 0xd, 0)->other_call_ids[0], "leg-b");
	for (uint32_t ssrc = 0xa; ssrc <= 0xd; ssrc++)
		CHECK_EQ(
		    world_stream(&w, ssrc, 0)->findings & (ES_FINDING_ONE_WAY | ES_FINDING_STOPPED),
		    0);
	CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
	world_done(&w);
}

TEST(leg_that_ends_first_does_not_end_the_media)
{
	connect_both();
	talk_from(1100, 100);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	talk(2000); /* 40 s: the ended leg stays known */
	CHECK(world_stream(&w, 0xa, 1) == NULL);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	bye(now_ms, "leg-b", B2BUA, BOB);
	es_engine_advance(w.e, world_time(now_ms + 6000));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 2100);
	is_of(0xa, "leg-a", "leg-b", NULL);
	is_of(0xb, "leg-a", "leg-b", NULL);
	world_done(&w);
}

/* The way back leads to the leg that is over; what is shared with the other one lives as long as that. */
TEST(media_that_begin_after_one_leg_ended_live_with_the_other)
{
	connect_both();
	talk_from(1100, 0);
	world_run_rtp(&w, &now_ms, &a, 100);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	world_run_rtp(&w, &now_ms, &b, 100);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "leg-a");
	CHECK_EQ(world_stream(&w, 0xb, 0)->n_other_call_ids, 1);
	es_engine_advance(w.e, world_time(now_ms + 20000));
	CHECK_EQ(world_stream(&w, 0xb, 0)->state, ES_STATE_IN_PROGRESS);
	bye(now_ms + 20000, "leg-b", B2BUA, BOB);
	es_engine_advance(w.e, world_time(now_ms + 25000));
	CHECK_EQ(world_stream(&w, 0xb, 0)->state, ES_STATE_COMPLETED);
	world_done(&w);
}

/* What comes more than 5 s after the end is somebody else's. */
TEST(media_that_begin_within_five_seconds_after_the_call_are_its_own)
{
	for (unsigned late = 0; late < 2; late++) {
		connect_both();
		bye(2000, "leg-a", ALICE, B2BUA);
		bye(2000, "leg-b", B2BUA, BOB);
		talk_from(7000 + late, 0);
		world_run_rtp(&w, &now_ms, &a, 50);
		world_flush(&w);
		CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, late ? "" : "leg-a");
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, !late);
		world_done(&w);
	}
}

/* Of a call that is over they end 5 s after their last packet, not after the 300 s of a pause. */
TEST(media_that_begin_after_the_call_end_soon)
{
	connect_both();
	bye(2000, "leg-a", ALICE, B2BUA);
	bye(2000, "leg-b", B2BUA, BOB);
	talk_from(6000, 50);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(now_ms + 4900));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(now_ms + 5100));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "leg-a");
	world_done(&w);
}

TEST(shared_leg_that_ends_first_stays_with_the_media)
{
	connect_both();
	talk_from(1100, 100);
	bye(now_ms, "leg-b", B2BUA, BOB);
	talk(2500); /* longer than an ended call is remembered */
	bye(now_ms, "leg-a", ALICE, B2BUA);
	es_engine_advance(w.e, world_time(now_ms + 6000));
	is_of(0xa, "leg-a", "leg-b", NULL);
	is_of(0xb, "leg-a", "leg-b", NULL);
	CHECK_EQ(world_stream(&w, 0xb, 0)->state, ES_STATE_COMPLETED);
	world_done(&w);
}

TEST(media_keep_all_their_legs_alive)
{
	connect_both();
	talk_from(1100, 10);
	for (unsigned i = 0; i < 4; i++) { /* ten hours of comfort noise, a packet each 4 minutes */
		for (unsigned k = 0; k < 38; k++) {
			now_ms += 240000;
			talk(1);
		}
		CHECK_EQ(world_call(&w, "leg-a")->state, ES_STATE_IN_PROGRESS);
		CHECK_EQ(world_call(&w, "leg-b")->state, ES_STATE_IN_PROGRESS);
	}
	world_done(&w);
}

TEST(hold_on_both_legs_of_shared_media_is_not_one_way)
{
	char hold[1024], held[1024];

	begin();
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, sdp_a);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, sdp_b);
	world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n");
	world_sdp(held, BOB, B_PORT, "0", "a=recvonly\r\n");
	say(1500, "leg-a", ALICE, B2BUA, true, "INVITE sip:x@example SIP/2.0", "INVITE", 2, hold);
	say(1510, "leg-b", B2BUA, BOB, true, "INVITE sip:x@example SIP/2.0", "INVITE", 2, hold);
	say(1520, "leg-b", BOB, B2BUA, false, "SIP/2.0 200 OK", "INVITE", 2, held);
	say(1530, "leg-a", B2BUA, ALICE, false, "SIP/2.0 200 OK", "INVITE", 2, held);
	a = to_bob();
	now_ms = 1600;
	world_run_rtp(&w, &now_ms, &a, 900);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms, "leg-b", B2BUA, BOB);
	world_flush(&w);
	is_of(0xa, "leg-a", "leg-b", NULL);
	world_done(&w);
}

TEST(shared_media_in_one_direction_are_one_way)
{
	connect_both();
	a = to_bob();
	now_ms = 1100;
	world_run_rtp(&w, &now_ms, &a, 500);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms, "leg-b", B2BUA, BOB);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, ES_FINDING_ONE_WAY);
	world_done(&w);
}

TEST(fork_behind_a_b2bua_shares_media_with_the_branch_that_answers)
{
	char sdp_c[1024];

	begin();
	world_sdp(sdp_c, CAROL, 6000, "0", NULL);
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, sdp_a);
	invite(11, "leg-c", B2BUA, CAROL, sdp_a);
	say(100, "leg-c", CAROL, B2BUA, false, "SIP/2.0 183 Session Progress", "INVITE", 1, sdp_c);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, sdp_b);
	talk_from(1100, 300);
	world_flush(&w);
	is_of(0xa, "leg-a", "leg-b", NULL);
	is_of(0xb, "leg-a", "leg-b", NULL);
	CHECK_EQ(world_call(&w, "leg-c")->n_streams, 0);
	world_done(&w);
}

TEST(next_call_on_the_same_ports_shares_nothing_with_one_whose_bye_was_missed)
{
	begin();
	invite(0, "old", ALICE, BOB, sdp_a);
	answer(1000, "old", BOB, ALICE, sdp_b);
	talk_from(1100, 100);
	invite(60000, "new", ALICE, BOB, sdp_a);
	answer(61000, "new", BOB, ALICE, sdp_b);
	a = to_bob();
	b = to_alice();
	a.ssrc = 0xc;
	b.ssrc = 0xd;
	now_ms = 61100;
	talk(300);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "old");
	CHECK_SLICE(world_stream(&w, 0xc, 0)->call_id, "new");
	CHECK_SLICE(world_stream(&w, 0xd, 0)->call_id, "new");
	for (uint32_t ssrc = 0xa; ssrc <= 0xd; ssrc++)
		CHECK_EQ(world_stream(&w, ssrc, 0)->n_other_call_ids, 0);
	CHECK_EQ(world_call(&w, "old")->n_streams, 2);
	CHECK_EQ(world_call(&w, "new")->n_streams, 2);
	world_done(&w);
}

TEST(calls_of_a_load_generator_on_the_same_ports_share_nothing)
{
	char leg[2][16];

	begin();
	for (unsigned i = 0; i < 40; i++) {
		snprintf(leg[0], sizeof(leg[0]), "a-%u", i);
		snprintf(leg[1], sizeof(leg[1]), "b-%u", i);
		invite(10.0 * i, leg[0], ALICE, B2BUA, sdp_a);
		invite(10.0 * i + 1, leg[1], B2BUA, BOB, sdp_a);
		answer(10.0 * i + 2, leg[1], BOB, B2BUA, sdp_b);
		answer(10.0 * i + 3, leg[0], B2BUA, ALICE, sdp_b);
	}
	talk_from(1100, 300);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->n_other_call_ids, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->n_other_call_ids, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 0); /* nothing is short of room */
	world_done(&w);
}

TEST(call_that_ended_before_another_began_shares_nothing_with_it)
{
	connect_both();
	talk_from(1100, 100);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms, "leg-b", B2BUA, BOB);
	invite(now_ms + 10, "new-a", ALICE, 8, sdp_a); /* by another server */
	answer(now_ms + 20, "new-a", 8, ALICE, sdp_b);
	now_ms += 40;
	talk(300);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "leg-a");
	CHECK_SLICE(world_stream(&w, 0xa, 0)->other_call_ids[0], "leg-b");
	CHECK_SLICE(world_stream(&w, 0xa, 1)->call_id, "new-a");
	CHECK_EQ(world_stream(&w, 0xa, 1)->n_other_call_ids, 0);
	world_done(&w);
}

/* The B2BUA, or a NAT before it, gives one phone another port on the second leg. */
TEST(legs_that_name_two_ports_of_one_phone_share_its_media)
{
	for (unsigned callers = 0; callers < 2; callers++) {
		char other[1024];

		begin();
		world_sdp(
		    other, callers ? ALICE : BOB, callers ? A_PORT + 44 : B_PORT + 44, "0 101", "");
		invite(0, "leg-a", ALICE, B2BUA, sdp_a);
		invite(10, "leg-b", B2BUA, BOB, callers ? other : sdp_a);
		answer(1000, "leg-b", BOB, B2BUA, sdp_b);
		answer(1010, "leg-a", B2BUA, ALICE, callers ? sdp_b : other);
		a = to_bob();
		b = to_alice();
		if (callers)
			b.to_port = A_PORT + 44;
		else
			a.to_port = B_PORT + 44;
		now_ms = 1020;
		talk(500);
		bye(now_ms, "leg-a", ALICE, B2BUA);
		bye(now_ms + 10, "leg-b", B2BUA, BOB);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, 0xa, 0)->findings, 0);
		CHECK_EQ(world_stream(&w, 0xb, 0)->findings, 0);
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
		world_done(&w);
	}
}

/* A port used again for a call of its own, while the BYE of the call before was missed. */
TEST(next_call_on_one_port_of_a_host_shares_nothing_with_one_that_was_answered)
{
	char next[1024];

	connect_both();
	world_sdp(next, BOB, B_PORT + 44, "0 101", "");
	invite(3000, "next", ALICE, CAROL, sdp_a);
	answer(3500, "next", CAROL, ALICE, next);
	a = to_bob();
	b = to_alice();
	a.to_port = b.from_port = B_PORT + 44;
	now_ms = 3600;
	talk(500);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "next");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "next");
	CHECK_EQ(world_stream(&w, 0xa, 0)->n_other_call_ids, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->n_other_call_ids, 0);
	world_done(&w);
}

/* Alice sends to Bob directly, Bob to Alice over a relay on the second leg. */
TEST(phone_that_hears_the_other_leg_is_not_one_way)
{
	char relay[1024];

	begin();
	world_sdp(relay, B2BUA, 10002, "0 101", "");
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, relay);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, sdp_b);
	a = to_bob();
	b = to_alice();
	b.to = B2BUA;
	b.to_port = 10002;
	now_ms = 1020;
	talk(500);
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms + 10, "leg-b", B2BUA, BOB);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xb, 0)->findings & ES_FINDING_ONE_WAY, 0);
	world_done(&w);
}

/* n packets of Alice's alone. */
static void
alice_talks(unsigned n)
{
	for (; n > 0; n--) {
		world_send_rtp(&w, now_ms, &a);
		now_ms += 20;
		a.seq++;
		a.ts += 160;
	}
}

/* Bob stops at 7 s: for a hold that the second leg alone knows, or for nothing. */
TEST(hold_on_the_second_leg_alone_is_no_stop)
{
	for (unsigned holds = 0; holds < 2; holds++) {
		char hold[1024];

		connect_both();
		talk_from(1020, 300);
		if (holds) {
			world_sdp(hold, BOB, B_PORT, "0 101", "a=sendonly\r\n");
			say(now_ms, "leg-b", BOB, B2BUA, false, "INVITE sip:y@example SIP/2.0",
			    "INVITE", 5, hold);
			world_sdp(hold, ALICE, A_PORT, "0 101", "a=recvonly\r\n");
			say(now_ms + 9, "leg-b", B2BUA, BOB, true, "SIP/2.0 200 OK", "INVITE", 5,
			    hold);
			now_ms += 20;
		}
		alice_talks(800);
		bye(now_ms, "leg-a", ALICE, B2BUA);
		bye(now_ms + 10, "leg-b", B2BUA, BOB);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, 0xb, 0)->findings & ES_FINDING_STOPPED,
		    holds ? 0 : ES_FINDING_STOPPED);
		world_done(&w);
	}
}

/* Over the relay of the B2BUA, from phone to phone, over the relay: what the relay sends is of its own leg. */
TEST(media_of_a_relay_around_direct_media_are_of_their_own_leg)
{
	static const bool is_direct[] = { false, true, false };
	char relay_a[1024], relay_b[1024];

	begin();
	world_sdp(relay_a, B2BUA, 10000, "0 101", "");
	world_sdp(relay_b, B2BUA, 10002, "0 101", "");
	a = to_bob();
	b = to_alice();
	now_ms = 0;
	for (unsigned i = 0; i < 3; i++) {
		static const char first[] = "INVITE sip:x@example SIP/2.0";
		static const char again[] = "INVITE sip:y@example SIP/2.0";
		const char *start = i == 0 ? first : again;

		say(now_ms, "leg-a", ALICE, B2BUA, true, start, "INVITE", i + 1, sdp_a);
		say(now_ms + 1, "leg-b", B2BUA, BOB, true, start, "INVITE", i + 1,
		    is_direct[i] ? sdp_a : relay_b);
		say(now_ms + 2, "leg-b", BOB, B2BUA, false, "SIP/2.0 200 OK", "INVITE", i + 1,
		    sdp_b);
		say(now_ms + 3, "leg-a", B2BUA, ALICE, false, "SIP/2.0 200 OK", "INVITE", i + 1,
		    is_direct[i] ? sdp_b : relay_a);
		for (unsigned n = 0; n < 300; n++) {
			struct world_rtp in[2] = { a, b }, out[2] = { a, b };

			in[0].to = in[1].to = out[0].from = out[1].from = B2BUA;
			in[0].to_port = out[1].from_port = 10000;
			in[1].to_port = out[0].from_port = 10002;
			for (unsigned k = 0; k < 2 && !is_direct[i]; k++) {
				world_send_rtp(&w, now_ms + 5 + k, &in[k]);
				world_send_rtp(&w, now_ms + 7 + k, &out[k]);
			}
			if (is_direct[i])
				talk(1);
			else
				talk_elsewhere();
		}
	}
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms + 10, "leg-b", B2BUA, BOB);
	world_flush(&w);
	for (unsigned i = 0; i < world_count(&w, ES_REC_STREAM); i++) {
		const struct es_stream *s = &world_nth(&w, ES_REC_STREAM, i)->u.stream;
		bool is_relayed = s->key.src.port / 10000 == 1 || s->key.dst.port / 10000 == 1;

		if (s->state != ES_STATE_COMPLETED)
			continue;
		CHECK_EQ(s->lost, 0);
		CHECK_EQ(s->expected, is_relayed ? 600 : 300);
		CHECK_EQ(s->n_other_call_ids, is_relayed ? 0 : 1);
		if (is_relayed)
			CHECK_SLICE(s->call_id, s->key.src.port == 10000 || s->key.dst.port == 10000
						    ? "leg-a"
						    : "leg-b");
	}
	CHECK_EQ(world_call(&w, "leg-a")->n_streams, 4);
	CHECK_EQ(world_call(&w, "leg-b")->n_streams, 4);
	world_done(&w);
}

/* The first of three legs knows Alice by another port than the two behind it. */
TEST(third_leg_shares_what_the_first_knows_by_another_port)
{
	for (unsigned stops = 0; stops < 2; stops++) {
		char other[1024];

		begin();
		world_sdp(other, ALICE, A_PORT + 44, "0 101", "");
		invite(0, "leg-a", ALICE, B2BUA, sdp_a);
		invite(10, "leg-b", B2BUA, CAROL, other);
		invite(20, "leg-c", CAROL, BOB, other);
		answer(1000, "leg-c", BOB, CAROL, sdp_b);
		answer(1010, "leg-b", CAROL, B2BUA, sdp_b);
		answer(1020, "leg-a", B2BUA, ALICE, sdp_b);
		a = to_bob();
		b = to_alice();
		b.to_port = A_PORT + 44;
		now_ms = 1030;
		talk(300);
		if (stops)
			alice_talks(800);
		else
			talk(800);
		bye(now_ms, "leg-a", ALICE, B2BUA);
		bye(now_ms, "leg-b", B2BUA, CAROL);
		bye(now_ms, "leg-c", CAROL, BOB);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, 0xa, 0)->findings, 0);
		CHECK_EQ(world_stream(&w, 0xb, 0)->findings, stops ? ES_FINDING_STOPPED : 0);
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-c")->n_streams, 2);
		world_done(&w);
	}
}
