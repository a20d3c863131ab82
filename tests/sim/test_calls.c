/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as an observer sees them: SIP over UDP, SDP, and the media that belongs to them. */
#include "tests/sim/parties.h"

TEST(call_completes_and_is_timed)
{
	const struct es_call *c;

	set_up();
	request(61000, false, "BYE", 1, "ta", NULL);
	response(61010, false, "200 OK", "BYE", 1, NULL);
	c = world_call(&w, "c1");
	CHECK(c != NULL);
	CHECK_EQ(c->state, ES_STATE_COMPLETED);
	CHECK_EQ(c->final_status, 200);
	CHECK_EQ(c->request_delay_us, 100000);
	CHECK_EQ(c->setup_us, 1000000);
	CHECK_EQ(c->ring_us, 900000);
	CHECK_EQ(c->duration_us, 60000000);
	CHECK_EQ(c->ended_by, ES_PARTY_CALLEE);
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->max_forwards, 70);
	CHECK_SLICE(c->from, "alice@a.example");
	CHECK_SLICE(c->to, "bob@b.example");
	CHECK_EQ(c->n_codecs, 1);
	CHECK_SLICE(c->codecs[0], "PCMU");
	CHECK_EQ(c->n_caller_media, 1);
	CHECK_EQ(c->caller_media[0].port, A_PORT);
	CHECK_EQ(c->callee_media[0].port, B_PORT);
	CHECK_EQ(c->holds, 0);
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}

TEST(call_is_up_from_invite_to_bye)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	request(2000, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	world_done(&w);
}

TEST(retransmissions_are_no_new_events)
{
	unsigned n;

	set_up();
	request(1200, true, "INVITE", 1, NULL, sdp_a);
	response(1300, true, "180 Ringing", "INVITE", 1, NULL);
	response(1500, true, "200 OK", "INVITE", 1, sdp_b);
	request(5000, true, "BYE", 2, "tb", NULL);
	n = world_count(&w, ES_REC_CALL);
	request(5500, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_count(&w, ES_REC_CALL), n);
	response(5600, true, "200 OK", "BYE", 2, NULL);
	response(5700, true, "200 OK", "BYE", 2, NULL);
	CHECK_EQ(world_count(&w, ES_REC_CALL), n + 1);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->resent, 5);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	CHECK_EQ(world_call(&w, "c1")->duration_us, 4000000);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

TEST(busy_call_has_failed)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(50, true, "486 Busy Here", "INVITE", 1, NULL);
	request(60, true, "ACK", 1, "tb", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 486);
	CHECK_EQ(world_call(&w, "c1")->request_delay_us, 50000);
	CHECK_EQ(world_call(&w, "c1")->has & (ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION), 0);
	world_done(&w);
}

TEST(cancelled_call_was_ended_by_its_caller)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	request(3000, true, "CANCEL", 1, NULL, NULL);
	response(3001, true, "200 OK", "CANCEL", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	response(3002, true, "487 Request Terminated", "INVITE", 1, NULL);
	request(3003, true, "ACK", 1, "tb", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_CANCELLED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLER);
	CHECK_EQ(world_call(&w, "c1")->final_status, 487);
	world_done(&w);
}

TEST(answer_that_crosses_the_cancel_wins)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	request(3000, true, "CANCEL", 1, NULL, NULL);
	response(3001, true, "200 OK", "INVITE", 1, sdp_b);
	request(3100, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	world_done(&w);
}

TEST(credentials_continue_the_same_attempt)
{
	const struct es_call *c;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(20, true, "407 Proxy Authentication Required", "INVITE", 1, NULL);
	request(30, true, "ACK", 1, "tb", NULL);
	CHECK_EQ(es_engine_calls_up(w.e), 1);
	request(40, true, "INVITE", 2, NULL, sdp_a);
	response(140, true, "180 Ringing", "INVITE", 2, NULL);
	response(1040, true, "200 OK", "INVITE", 2, sdp_b);
	request(2040, true, "BYE", 3, "tb", NULL);
	c = world_call(&w, "c1");
	CHECK_EQ(c->state, ES_STATE_COMPLETED);
	CHECK_EQ(c->final_status, 200);
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->request_delay_us, 140000);
	CHECK_EQ(c->setup_us, 1040000);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS), 1);
	world_done(&w);
}

TEST(challenge_without_credentials_fails_after_32_s)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(20, true, "401 Unauthorized", "INVITE", 1, NULL);
	es_engine_advance(w.e, world_time(30000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(33000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_FAILED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 401);
	world_done(&w);
}

TEST(unanswered_call_ends_unknown)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	es_engine_advance(w.e, world_time(241000));
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_UNKNOWN);
	CHECK_EQ(es_engine_calls_up(w.e), 0);
	world_done(&w);
}

TEST(hold_is_known_while_it_lasts)
{
	es_slice id = es_slice_str("c1");
	char hold[1024], held[1024];

	set_up();
	world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n");
	world_sdp(held, BOB, B_PORT, "0", "a=recvonly\r\n");
	CHECK(!es_engine_is_held(w.e, id));
	request(5000, true, "INVITE", 2, "tb", hold);
	response(5100, true, "200 OK", "INVITE", 2, held);
	CHECK(es_engine_is_held(w.e, id));
	CHECK(!es_engine_is_held(w.e, es_slice_str("c2")));
	request(9000, true, "INVITE", 3, "tb", sdp_a);
	response(9010, true, "200 OK", "INVITE", 3, sdp_b);
	CHECK(!es_engine_is_held(w.e, id));
	request(10000, true, "INVITE", 4, "tb", hold);
	response(10010, true, "200 OK", "INVITE", 4, held);
	CHECK(es_engine_is_held(w.e, id));
	request(12000, true, "BYE", 5, "tb", "");
	response(12010, true, "200 OK", "BYE", 5, "");
	CHECK(!es_engine_is_held(w.e, id));
	world_done(&w);
}

TEST(hold_is_counted_once_for_who_asks)
{
	char hold[1024];
	char held[1024];

	set_up();
	world_sdp(hold, ALICE, A_PORT, "0", "a=sendonly\r\n");
	world_sdp(held, BOB, B_PORT, "0", "a=recvonly\r\n");
	request(5000, true, "INVITE", 2, "tb", hold);
	request(5500, true, "INVITE", 2, "tb", hold);
	response(5600, true, "200 OK", "INVITE", 2, held);
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	request(9000, true, "INVITE", 3, "tb", sdp_a);
	response(9010, true, "200 OK", "INVITE", 3, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	world_sdp(hold, BOB, B_PORT, "0", "a=inactive\r\n");
	request(12000, false, "INVITE", 1, "ta", hold);
	response(12010, false, "200 OK", "INVITE", 1, sdp_a);
	CHECK_EQ(world_call(&w, "c1")->holds, 2);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 1000000);
	world_done(&w);
}

TEST(refused_reinvite_does_not_end_the_call)
{
	set_up();
	request(5000, true, "INVITE", 2, "tb", sdp_a);
	response(5010, true, "488 Not Acceptable Here", "INVITE", 2, NULL);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	world_done(&w);
}

TEST(refer_counts_as_transfer_once)
{
	set_up();
	request(5000, false, "REFER", 7, "ta", NULL);
	request(5500, false, "REFER", 7, "ta", NULL);
	response(5600, false, "202 Accepted", "REFER", 7, NULL);
	CHECK_EQ(world_call(&w, "c1")->transfers, 1);
	world_done(&w);
}

/* A queue plays music for minutes before somebody answers. */
TEST(call_lives_while_early_media_does)
{
	struct world_rtp r = to_alice();
	struct world_rtp back = to_bob();
	double ms = 200;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	world_run_rtp(&w, &ms, &r, 16000);
	response(ms, true, "200 OK", "INVITE", 1, sdp_b);
	ms += 20;
	world_run_rtp(&w, &ms, &back, 50);
	request(ms, true, "BYE", 2, "tb", NULL);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 2);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	world_done(&w);
}

TEST(call_that_is_answered_late_was_given_up_too_early)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	response(250000, true, "200 OK", "INVITE", 1, sdp_b);
	request(260000, true, "BYE", 2, "tb", NULL);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->setup_us, 250000000);
	world_done(&w);
}

TEST(early_media_belongs_to_the_call)
{
	struct world_rtp r = to_alice();
	double ms = 200;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	world_run_rtp(&w, &ms, &r, 50);
	response(2000, true, "200 OK", "INVITE", 1, sdp_b);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xb, 0)->packets, 50);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_RING, 0);
	world_done(&w);
}

TEST(announced_stream_is_believed_from_its_first_packet)
{
	struct world_rtp r = to_bob();

	set_up();
	world_send_rtp(&w, 1100, &r);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 1);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	CHECK_EQ(world_call(&w, "c1")->streams[0].ssrc, 0xa);
	world_done(&w);
}

TEST(media_before_its_signalling_is_claimed_when_it_comes)
{
	struct world_rtp r = to_bob();
	double ms = 0;

	begin();
	world_run_rtp(&w, &ms, &r, 20);
	CHECK_EQ(world_stream(&w, 0xa, 0)->call_id.n, 0);
	request(500, true, "INVITE", 1, NULL, sdp_a);
	response(600, true, "200 OK", "INVITE", 1, sdp_b);
	world_run_rtp(&w, &ms, &r, 40);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 60);
	CHECK_EQ(world_counter(&w, ES_CNT_STREAMS), 1);
	world_done(&w);
}

/* Bob's SDP has his real address, Alice's an address behind her NAT: RTP to her is known by the way back. */
TEST(nat_source_is_latched_by_the_opposite_direction)
{
	struct world_rtp out = to_bob();
	struct world_rtp back = to_alice();
	double ms = 1100;

	set_up();
	out.from = 77;
	out.from_port = 61000;
	back.to = 77;
	back.to_port = 61000;
	for (unsigned i = 0; i < 50; i++) {
		double again = ms;

		world_run_rtp(&w, &again, &back, 1); /* first, so it is an orphan at first */
		world_run_rtp(&w, &ms, &out, 1);
	}
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xb, 0)->packets, 50);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 2);
	CHECK(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_SRTP);
	world_done(&w);
}

TEST(codec_change_by_reinvite_keeps_the_stream)
{
	struct world_rtp r = to_bob();
	double ms = 1100;
	char offer[1024];
	char answer[1024];

	set_up();
	world_run_rtp(&w, &ms, &r, 40);
	world_sdp(offer, ALICE, A_PORT, "96", "a=rtpmap:96 opus/48000/2\r\n");
	world_sdp(answer, BOB, B_PORT, "96", "a=rtpmap:96 opus/48000/2\r\n");
	request(ms, true, "INVITE", 2, "tb", offer);
	response(ms + 5, true, "200 OK", "INVITE", 2, answer);
	r.pt = 96;
	for (unsigned i = 0; i < 100; i++) {
		world_run_rtp(&w, &ms, &r, 1);
		r.ts += 800;
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 140);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->codec, "opus");
	CHECK_EQ(world_stream(&w, 0xa, 0)->clock_rate_hz, 48000);
	CHECK_EQ(world_stream(&w, 0xa, 0)->jitter_max_us, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->ptime_us, 20000);
	CHECK_EQ(world_call(&w, "c1")->n_codecs, 2);
	CHECK_SLICE(world_call(&w, "c1")->codecs[1], "opus");
	world_done(&w);
}

TEST(telephone_events_stay_out_of_jitter)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 40);
	r.pt = 101;
	for (unsigned i = 0; i < 20; i++) { /* one timestamp for the whole event */
		world_send_rtp(&w, ms, &r);
		r.seq++;
		ms += 20;
	}
	r.pt = 0;
	r.ts += 20 * 160;
	world_run_rtp(&w, &ms, &r, 40);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 100);
	CHECK_EQ(world_stream(&w, 0xa, 0)->lost, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->jitter_max_us, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->payload_type, 0);
	world_done(&w);
}

TEST(srtp_is_known_from_the_signalling)
{
	static const char *const lines[] = {
		"a=setup:active\r\na=fingerprint:sha-256 "
		"4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:"
		"19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF\r\n",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
		"inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
	};

	for (size_t i = 0; i < 2; i++) {
		struct world_rtp r = to_bob();
		double ms = 1100;

		begin();
		world_sdp(sdp_b, BOB, B_PORT, "0", lines[i]);
		request(0, true, "INVITE", 1, NULL, sdp_a);
		response(1000, true, "200 OK", "INVITE", 1, sdp_b);
		world_run_rtp(&w, &ms, &r, 10);
		if ((world_stream(&w, 0xa, 0)->has & ES_STREAM_HAS_SRTP) == 0 ||
		    !world_stream(&w, 0xa, 0)->srtp)
			test_fail(__FILE__, __LINE__, "not with %.12s", lines[i]);
		world_done(&w);
	}
}

TEST(stream_ends_five_seconds_after_its_call)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 100);
	request(3200, true, "BYE", 2, "tb", NULL);
	world_run_rtp(&w, &ms, &r, 20); /* a tail of 400 ms */
	es_engine_advance(w.e, world_time(ms - 20 + 4999));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_IN_PROGRESS);
	es_engine_advance(w.e, world_time(ms - 20 + 5001));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 120);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream_record(&w, 0xa, 0)->at.ns, world_time(ms - 20 + 5000).ns);
	world_done(&w);
}

TEST(stream_long_silent_ends_with_its_call)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 100);
	request(60000, true, "BYE", 2, "tb", NULL);
	es_engine_advance(w.e, world_time(60001));
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED);
	world_done(&w);
}

TEST(expected_media_lives_180_s)
{
	struct world_rtp r = to_alice();

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	world_send_rtp(&w, 181000, &r);
	CHECK(world_stream(&w, 0xb, 0) == NULL);
	world_done(&w);
}

TEST(late_offer_is_answered_in_the_ack)
{
	struct world_rtp r = to_alice();
	double ms = 1100;

	begin();
	request(0, true, "INVITE", 1, NULL, NULL);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", sdp_a);
	world_run_rtp(&w, &ms, &r, 5);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_EQ(world_call(&w, "c1")->n_codecs, 2);
	world_done(&w);
}

TEST(capture_that_begins_in_a_call_learns_from_the_answer)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	begin();
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	world_run_rtp(&w, &ms, &r, 5);
	request(9000, false, "BYE", 1, "ta", NULL);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_COMPLETED);
	CHECK_EQ(world_call(&w, "c1")->ended_by, ES_PARTY_CALLEE);
	CHECK_EQ(world_call(&w, "c1")->has & (ES_CALL_HAS_SETUP | ES_CALL_HAS_DURATION), 0);
	CHECK_EQ(world_call(&w, "c1")->invite_src.ip[3], ALICE);
	world_done(&w);
}

TEST(other_methods_are_counted_and_make_no_call)
{
	begin();
	request(0, true, "REGISTER", 1, NULL, NULL);
	response(10, true, "200 OK", "REGISTER", 1, NULL);
	request(20, true, "OPTIONS", 1, NULL, NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_OTHER_METHODS), 3);
	CHECK_EQ(world_count(&w, ES_REC_CALL), 0);
	world_done(&w);
}

TEST(call_still_up_at_the_end_says_so)
{
	set_up();
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

/* What a description says above a limit is left out and counted, and the rest of it holds. */
TEST(sdp_above_a_limit_is_counted)
{
	char lines[512] = "";
	size_t n = 0;

	for (unsigned id = 1; id <= 18; id++)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "a=extmap:%u x\r\n", id);
	set_up();
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SDP_OVER_LIMIT), 0);
	world_done(&w);
	begin();
	world_sdp(sdp_b, BOB, B_PORT, "0", lines);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SDP_OVER_LIMIT), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SDP_MALFORMED), 0);
	CHECK_EQ(world_call(&w, "c1")->callee_media[0].port, B_PORT);
	world_done(&w);
}
