/* SPDX-License-Identifier: Apache-2.0 */
/* A capture that begins within a call: what a later offer and answer teach of streams that run. */
#include "tests/sim/parties.h"

#define OPUS(pt) "a=rtpmap:" #pt " opus/48000/2\r\n"

static struct world_rtp a;
static struct world_rtp b;
static double now_ms;

/* n packets of Opus each way. */
static void
both_talk(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		world_send_rtp(&w, now_ms, &a);
		world_send_rtp(&w, now_ms + 1, &b);
		now_ms += 20;
		a.seq++;
		b.seq++;
		a.ts += 960;
		b.ts += 960;
	}
}

/* 4 s of a call whose signalling was missed. */
static void
begin_within(void)
{
	begin();
	world_sdp(sdp_a, ALICE, A_PORT, "107", OPUS(107));
	world_sdp(sdp_b, BOB, B_PORT, "107", OPUS(107));
	a = to_bob();
	b = to_alice();
	a.pt = b.pt = 107;
	now_ms = 0;
	both_talk(200);
}

static void
is_opus(uint32_t ssrc)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);

	CHECK_SLICE(s->call_id, "c1");
	CHECK_SLICE(s->codec, "opus");
	CHECK_EQ(s->clock_rate_hz, 48000);
	CHECK(s->has & ES_STREAM_HAS_JITTER);
	CHECK(s->has & ES_STREAM_HAS_QUALITY);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->findings & (ES_FINDING_ONE_WAY | ES_FINDING_CODEC_CHANGED), 0);
}

/* 16 s more; then both streams must be known. */
static void
both_are_opus(void)
{
	both_talk(800);
	world_flush(&w);
	is_opus(0xa);
	is_opus(0xb);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 2);
	world_done(&w);
}

TEST(capture_within_a_call_learns_from_a_refresh_of_either_side)
{
	for (unsigned from_alice = 0; from_alice < 2; from_alice++) {
		begin_within();
		request(now_ms, from_alice, "INVITE", 7, from_alice ? "tb" : "ta",
		    from_alice ? sdp_a : sdp_b);
		response(now_ms + 9, from_alice, "200 OK", "INVITE", 7, from_alice ? sdp_b : sdp_a);
		request(now_ms + 18, from_alice, "ACK", 7, from_alice ? "tb" : "ta", NULL);
		now_ms += 20;
		both_are_opus();
	}
}

TEST(capture_within_a_call_learns_while_media_run_between_offer_and_answer)
{
	begin_within();
	request(now_ms, true, "INVITE", 7, "tb", sdp_a);
	both_talk(5);
	response(now_ms, true, "200 OK", "INVITE", 7, sdp_b);
	both_are_opus();
}

TEST(capture_within_a_call_learns_from_an_update)
{
	for (unsigned from_alice = 0; from_alice < 2; from_alice++) {
		begin_within();
		request(now_ms, from_alice, "UPDATE", 7, from_alice ? "tb" : "ta",
		    from_alice ? sdp_a : sdp_b);
		both_talk(5);
		response(now_ms, from_alice, "200 OK", "UPDATE", 7, from_alice ? sdp_b : sdp_a);
		both_are_opus();
	}
}

TEST(capture_within_a_call_learns_from_the_answer_to_an_update_alone)
{
	begin_within();
	response(now_ms, true, "200 OK", "UPDATE", 7, sdp_b);
	both_are_opus();
}

TEST(capture_within_a_call_learns_from_a_late_offer)
{
	begin_within();
	request(now_ms, true, "INVITE", 7, "tb", NULL);
	both_talk(5);
	response(now_ms, true, "200 OK", "INVITE", 7, sdp_b);
	both_talk(5);
	request(now_ms, true, "ACK", 7, "tb", sdp_a);
	both_are_opus();
}

TEST(capture_that_missed_the_invite_learns_from_its_answer)
{
	begin_within();
	response(now_ms, true, "200 OK", "INVITE", 7, sdp_b);
	both_are_opus();
}

TEST(capture_that_saw_the_ack_alone_learns_from_it)
{
	begin_within();
	request(now_ms, true, "ACK", 7, "tb", sdp_a);
	both_are_opus();
}

TEST(capture_within_a_call_learns_each_side_its_own_numbers)
{
	/* Alice wants Opus as 107, Bob as 96: packets carry the number of who gets them. */
	begin_within();
	world_sdp(sdp_b, BOB, B_PORT, "96", OPUS(96));
	a.pt = 96;
	a.ssrc = 0xc;
	both_talk(100);
	response(now_ms, true, "200 OK", "INVITE", 7, sdp_b); /* its INVITE was missed */
	both_talk(100);
	CHECK_SLICE(world_stream(&w, 0xc, 0)->call_id, "c1");
	request(now_ms, true, "INVITE", 8, "tb", sdp_a);
	response(now_ms + 9, true, "200 OK", "INVITE", 8, sdp_b);
	both_talk(800);
	world_flush(&w);
	is_opus(0xb);
	is_opus(0xc);
	world_done(&w);
}

TEST(messages_within_a_call_without_media_begin_no_call)
{
	begin_within();
	request(now_ms, true, "UPDATE", 7, "tb", NULL);
	response(now_ms + 1, true, "200 OK", "UPDATE", 7, NULL);
	request(now_ms + 2, true, "ACK", 6, "tb", NULL);
	request(now_ms + 3, true, "UPDATE", 8, NULL, sdp_a); /* of no dialog */
	response(now_ms + 4, true, "491 Request Pending", "UPDATE", 9, sdp_b);
	world_flush(&w);
	CHECK(world_call(&w, "c1") == NULL);
	world_done(&w);
}

TEST(direction_that_stops_in_a_call_whose_begin_was_missed_is_found)
{
	begin_within();
	request(now_ms, false, "INVITE", 7, "ta", sdp_b);
	response(now_ms + 9, false, "200 OK", "INVITE", 7, sdp_a);
	now_ms += 20;
	both_talk(100);
	for (unsigned i = 0; i < 1000; i++) {
		world_send_rtp(&w, now_ms, &a);
		now_ms += 20;
		a.seq++;
		a.ts += 960;
	}
	request(now_ms, true, "BYE", 8, "tb", NULL);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_LATE_START, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->findings, ES_FINDING_STOPPED);
	world_done(&w);
}

/* A call is one before its signalling is seen, with it, and none behind it. */
TEST(call_is_counted_once_whoever_shows_it)
{
	begin();
	a = to_bob();
	b = to_alice();
	now_ms = 0;
	both_talk(5);
	CHECK_EQ(es_engine_calls_up(w.e), 1); /* two streams */
	request(200, true, "INVITE", 1, NULL, sdp_a);
	response(210, true, "200 OK", "INVITE", 1, sdp_b);
	now_ms = 220;
	both_talk(5);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	request(400, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(es_engine_calls_up(w.e), 0); /* over, though its media may run on for a moment */
	es_engine_advance(w.e, world_time(20000));
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}
