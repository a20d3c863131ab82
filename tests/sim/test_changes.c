/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that change while they are up: hold, codec, address, offers refused, offers in odd places. */
#include "probes/engine/engine_private.h"
#include "tests/sim/parties.h"

static char offer[1024];
static char reply[1024];

/* A re-INVITE of Alice and its answer. */
static void
reinvite(double ms, unsigned cseq, const char *status)
{
	request(ms, true, "INVITE", cseq, "tb", offer);
	response(ms + 10, true, status, "INVITE", cseq, status[0] == '2' ? reply : NULL);
	request(ms + 20, true, "ACK", cseq, "tb", NULL);
}

TEST(hold_and_resume_is_one_hold)
{
	set_up();
	world_sdp(offer, ALICE, A_PORT, "0", "a=sendonly\r\n");
	world_sdp(reply, BOB, B_PORT, "0", "a=recvonly\r\n");
	reinvite(5000, 2, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	world_sdp(offer, ALICE, A_PORT, "0", NULL);
	world_sdp(reply, BOB, B_PORT, "0", NULL);
	reinvite(9000, 3, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	CHECK_EQ(world_call(&w, "c1")->media_moves, 0);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 0);
	world_done(&w);
}

TEST(hold_of_rfc_2543_is_a_hold_and_no_move)
{
	set_up();
	snprintf(offer, sizeof(offer),
	    "v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
	    "m=audio %u RTP/AVP 0\r\n",
	    A_PORT);
	world_sdp(reply, BOB, B_PORT, "0", NULL);
	reinvite(5000, 2, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	CHECK_EQ(world_call(&w, "c1")->media_moves, 0);
	world_done(&w);
}

/* An INVITE without SDP, an offer in its answer: the ACK holds, and lets go. */
TEST(hold_in_an_answer_is_a_hold)
{
	set_up();
	for (unsigned cseq = 2; cseq < 4; cseq++) {
		double ms = cseq * 2000;

		world_sdp(offer, ALICE, A_PORT, "0", cseq == 2 ? "a=sendonly\r\n" : NULL);
		request(ms, true, "INVITE", cseq, "tb", NULL);
		response(ms + 10, true, "200 OK", "INVITE", cseq, sdp_b);
		request(ms + 20, true, "ACK", cseq, "tb", offer);
		CHECK_EQ(world_call(&w, "c1")->holds, 1);
	}
	world_sdp(reply, BOB, B_PORT, "0", "a=inactive\r\n");
	world_sdp(offer, ALICE, A_PORT, "0", NULL);
	reinvite(9000, 4, "200 OK");
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->holds, 2);
	world_done(&w);
}

/* Who only announces something sends one way from the start. */
TEST(one_way_from_the_start_is_no_hold)
{
	begin();
	world_sdp(reply, BOB, B_PORT, "0", "a=sendonly\r\n");
	world_sdp(offer, ALICE, A_PORT, "0", NULL);
	request(0, true, "INVITE", 1, NULL, offer);
	response(1000, true, "200 OK", "INVITE", 1, reply);
	request(1010, true, "ACK", 1, "tb", NULL);
	reinvite(5000, 2, "200 OK");
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->holds, 0);
	world_done(&w);
}

TEST(codec_change_is_counted_when_it_is_answered)
{
	set_up();
	world_sdp(offer, ALICE, A_PORT, "8", NULL);
	world_sdp(reply, BOB, B_PORT, "8", NULL);
	request(5000, true, "INVITE", 2, "tb", offer);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 0);
	world_done(&w);
	set_up();
	reinvite(5000, 2, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
	CHECK_EQ(world_call(&w, "c1")->n_codecs, 2);
	reinvite(6000, 3, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
	world_done(&w);
}

TEST(codec_change_by_update_counts_too)
{
	set_up();
	world_sdp(offer, ALICE, A_PORT, "8", NULL);
	world_sdp(reply, BOB, B_PORT, "8", NULL);
	request(5000, true, "UPDATE", 2, "tb", offer);
	response(5010, true, "200 OK", "UPDATE", 2, reply);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
	world_done(&w);
}

TEST(move_of_the_media_is_counted_and_its_stream_claimed)
{
	struct world_rtp r = to_bob();
	double ms = 5100;

	set_up();
	world_sdp(offer, ALICE, A_PORT, "0", NULL);
	world_sdp(reply, BOB, 6000, "0", NULL);
	reinvite(5000, 2, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->media_moves, 1);
	CHECK_EQ(world_call(&w, "c1")->n_callee_media, 2);
	r.to_port = 6000;
	world_run_rtp(&w, &ms, &r, 5);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	world_sdp(reply, BOB, B_PORT, "0", NULL);
	reinvite(9000, 3, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->media_moves, 2);
	world_done(&w);
}

TEST(refused_offer_changes_nothing)
{
	struct world_rtp r = to_alice();
	double ms = 5200;

	set_up();
	world_sdp(offer, ALICE, 4444, "96", "a=rtpmap:96 opus/48000/2\r\na=inactive\r\n");
	reinvite(5000, 2, "488 Not Acceptable Here");
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->holds, 0);
	CHECK_EQ(world_call(&w, "c1")->media_moves, 0);
	CHECK_EQ(world_call(&w, "c1")->n_caller_media, 1);
	CHECK_EQ(world_call(&w, "c1")->final_status, 200);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
	set_up();
	reinvite(5000, 2, "488 Not Acceptable Here");
	world_run_rtp(&w, &ms, &r, 5);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->codec, "PCMU");
	world_done(&w);
}

TEST(glare_changes_nothing_until_one_side_tries_again)
{
	set_up();
	world_sdp(offer, ALICE, A_PORT, "0", "a=sendonly\r\n");
	request(5000, true, "INVITE", 2, "tb", offer);
	request(5001, false, "INVITE", 1, "ta", sdp_b);
	response(5020, true, "491 Request Pending", "INVITE", 2, NULL);
	response(5021, false, "491 Request Pending", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->holds, 0);
	world_sdp(reply, BOB, B_PORT, "0", "a=recvonly\r\n");
	reinvite(8000, 3, "200 OK");
	CHECK_EQ(world_call(&w, "c1")->holds, 1);
	CHECK_EQ(world_call(&w, "c1")->state, ES_STATE_IN_PROGRESS);
	world_done(&w);
}

TEST(late_offer_within_a_call_is_answered_in_the_ack)
{
	set_up();
	world_sdp(offer, BOB, B_PORT, "8 0", NULL);
	world_sdp(reply, ALICE, A_PORT, "8", NULL);
	request(5000, true, "INVITE", 2, "tb", NULL);
	response(5010, true, "200 OK", "INVITE", 2, offer);
	request(5020, true, "ACK", 2, "tb", reply);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 1);
	CHECK_EQ(world_call(&w, "c1")->holds, 0);
	world_done(&w);
}

TEST(prack_answers_the_offer_of_a_reliable_response)
{
	begin();
	request(0, true, "INVITE", 1, NULL, NULL);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	world_sdp(reply, ALICE, A_PORT, "0", NULL);
	request(110, true, "PRACK", 2, "tb", reply);
	response(120, true, "200 OK", "PRACK", 2, NULL);
	CHECK_EQ(world_call(&w, "c1")->n_codecs, 1);
	response(1000, true, "200 OK", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 0);
	CHECK_EQ(world_call(&w, "c1")->n_caller_media, 1);
	CHECK_EQ(world_call(&w, "c1")->post_dial_delay_us, 100000);
	world_done(&w);
}

TEST(update_before_the_answer_is_no_change_of_the_call)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	request(110, true, "PRACK", 2, "tb", NULL);
	response(120, true, "200 OK", "PRACK", 2, NULL);
	world_sdp(offer, ALICE, 4002, "8", NULL);
	world_sdp(reply, BOB, B_PORT, "8", NULL);
	request(200, true, "UPDATE", 3, "tb", offer);
	response(210, true, "200 OK", "UPDATE", 3, reply);
	response(900, true, "200 OK", "INVITE", 1, NULL);
	CHECK_EQ(world_call(&w, "c1")->media_moves, 0);
	CHECK_EQ(world_call(&w, "c1")->codec_changes, 0);
	CHECK_EQ(world_call(&w, "c1")->n_caller_media, 2);
	CHECK_EQ(world_call(&w, "c1")->n_codecs, 2);
	world_done(&w);
}

TEST(early_media_is_timed_from_the_invite)
{
	struct world_rtp r = to_alice();
	struct world_rtp back = to_bob();
	double ms = 300;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "183 Session Progress", "INVITE", 1, sdp_b);
	world_send_rtp(&w, 200, &back); /* of the caller: not what it hears */
	world_run_rtp(&w, &ms, &r, 50);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA);
	CHECK_EQ(world_call(&w, "c1")->early_media_us, 300000);
	response(2000, true, "200 OK", "INVITE", 1, sdp_b);
	CHECK_EQ(world_call(&w, "c1")->early_media_us, 300000);
	world_done(&w);
}

TEST(media_that_overtakes_the_answer_is_not_early)
{
	struct world_rtp r = to_alice();
	double ms = 960;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	world_run_rtp(&w, &ms, &r, 2);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	world_run_rtp(&w, &ms, &r, 48);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA, 0);
	world_done(&w);
}

/* The offer comes with the answer: only by then it is known whose media it was. */
TEST(media_that_overtakes_a_late_offer_is_not_early)
{
	struct world_rtp r = to_alice();
	double ms = 900;

	begin();
	request(0, true, "INVITE", 1, NULL, NULL);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	world_run_rtp(&w, &ms, &r, 5);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", sdp_a);
	world_run_rtp(&w, &ms, &r, 50);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA, 0);
	world_done(&w);
}

/* The capture missed the 2xx; its ACK was seen. */
TEST(media_around_an_answer_that_was_missed_is_not_early)
{
	struct world_rtp r = to_alice();

	for (unsigned i = 0; i < 2; i++) {
		double ms = i == 0 ? 980 : 1100;

		begin();
		request(0, true, "INVITE", 1, NULL, sdp_a);
		response(100, true, "180 Ringing", "INVITE", 1, NULL);
		if (i == 0)
			world_run_rtp(&w, &ms, &r, 1);
		send_sip(1010, ALICE, BOB,
		    (struct world_sip){ .method = "ACK",
			.cseq = 1,
			.from_tag = "ta",
			.to_tag = "tb",
			.branch = "z9hG4bKack" });
		world_run_rtp(&w, &ms, &r, 50);
		world_flush(&w);
		CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
		CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA, 0);
		world_done(&w);
	}
}

TEST(early_media_that_no_sdp_announced_is_reported)
{
	struct world_rtp r = to_alice();
	double ms = 500;

	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	world_run_rtp(&w, &ms, &r, 100);
	response(2500, true, "200 OK", "INVITE", 1, sdp_b);
	world_flush(&w);
	CHECK(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA);
	CHECK_EQ(world_call(&w, "c1")->early_media_us, 500000);
	world_done(&w);
}

TEST(media_after_the_answer_is_not_early)
{
	struct world_rtp r = to_alice();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 50);
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
	CHECK_EQ(world_call(&w, "c1")->has & ES_CALL_HAS_EARLY_MEDIA, 0);
	world_done(&w);
}

/* One call captured on both sides of a proxy that relays media: every SDP comes with two addresses. */
TEST(relayed_media_on_two_hops_is_no_move)
{
	static const char *const branch[] = { "h1", "h2" };
	char a[2][1024], b[2][1024];
	uint8_t host[] = { ALICE, 9, BOB };

	begin();
	world_sdp(a[0], ALICE, A_PORT, "0", NULL);
	world_sdp(a[1], 9, 9000, "0", NULL);
	world_sdp(b[1], BOB, B_PORT, "0", NULL);
	world_sdp(b[0], 9, 9002, "0", NULL);
	for (unsigned n = 0; n < 2; n++) { /* the INVITE, then a refresh of the session */
		const char *to = n == 0 ? NULL : "tb";

		for (unsigned i = 0; i < 2; i++)
			send_sip(n * 5000 + i, host[i], host[i + 1],
			    (struct world_sip){ .method = "INVITE",
				.cseq = n + 1,
				.from_tag = "ta",
				.to_tag = to,
				.branch = branch[i],
				.sdp = a[i] });
		for (unsigned i = 2; i-- > 0;)
			send_sip(n * 5000 + 100 - i, host[i + 1], host[i],
			    (struct world_sip){ .start = "SIP/2.0 200 OK",
				.method = "INVITE",
				.cseq = n + 1,
				.from_tag = "ta",
				.to_tag = "tb",
				.branch = branch[i],
				.sdp = b[i] });
	}
	world_flush(&w);
	CHECK_EQ(world_call(&w, "c1")->media_moves, 0);
	CHECK_EQ(world_call(&w, "c1")->holds, 0);
	CHECK_EQ(world_call(&w, "c1")->n_caller_media, 2);
	CHECK_EQ(world_call(&w, "c1")->n_callee_media, 2);
	world_done(&w);
}

/* An offer that waits is kept as text, keys and all: only as long as it waits. */
TEST(offer_that_waited_leaves_no_keys_behind)
{
	static const char key[] = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
	const struct es_pool *p;
	bool is_there = false;
	char line[128];

	set_up();
	snprintf(line, sizeof(line), "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n", key);
	world_sdp(offer, ALICE, A_PORT, "0", line);
	world_sdp(reply, BOB, B_PORT, "0", NULL);
	reinvite(5000, 2, "200 OK");
	p = &w.e->signalling.offers;
	CHECK_EQ(p->n_used, 0);
	CHECK(p->fresh > 0);
	for (size_t at = 0; at + sizeof(key) <= p->fresh * p->item_bytes; at++)
		is_there = is_there || memcmp(p->items + at, key, sizeof(key) - 1) == 0;
	CHECK(!is_there);
	world_done(&w);
}
