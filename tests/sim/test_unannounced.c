/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media whose addresses no SDP names. On the wire Alice is host 1 and Bob host 2; their SDP has other
 * hosts: behind a NAT they know themselves by private addresses, or by names.
 */
#include "tests/sim/parties.h"

enum { A_PRIVATE = 101, B_PRIVATE = 102, A_NAT_PORT = 33333, OTHER = 7 };

static struct world_rtp a, b;
static double now_ms;

static void
talk(unsigned n)
{
	while (n-- > 0) {
		world_send_rtp(&w, now_ms, &a);
		world_send_rtp(&w, now_ms + 1, &b);
		now_ms += 20;
		a.seq++;
		b.seq++;
		a.ts += 160;
		b.ts += 160;
	}
}

static const char *
named(char out[1024], const char *host, unsigned port)
{
	snprintf(out, 1024,
	    "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	    "m=audio %u RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
	    host, host, port);
	return out;
}

/* Answered at 1 s; media from 1.1 s on, Alice's through a NAT that gives her another port. */
static void
call(const char *of_a, const char *of_b)
{
	request(0, true, "INVITE", 1, NULL, of_a);
	response(1000, true, "200 OK", "INVITE", 1, of_b);
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	now_ms = 1100;
}

static void
begin_natted(void)
{
	begin();
	world_sdp(sdp_a, A_PRIVATE, A_PORT, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_sdp(sdp_b, B_PRIVATE, B_PORT, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
}

static void
is_bound(uint32_t ssrc)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);

	CHECK_SLICE(s->call_id, "c1");
	CHECK_SLICE(s->codec, "PCMU");
	CHECK(s->has & ES_STREAM_HAS_QUALITY);
	CHECK(s->has & ES_STREAM_HAS_SRTP);
	CHECK_EQ(s->findings, 0);
	CHECK_EQ(s->packets, s->expected);
}

static void
both_are_bound(void)
{
	talk(500);
	request(now_ms, true, "BYE", 2, "tb", NULL);
	es_engine_advance(w.e, world_time(now_ms + 6000));
	is_bound(0xa);
	is_bound(0xb);
	CHECK_EQ(world_stream(&w, 0xa, 0)->state, ES_STATE_COMPLETED); /* it ends with its call */
	CHECK_EQ(world_call(&w, "c1")->n_streams, 2);
	world_done(&w);
}

static void
none_is_bound(void)
{
	talk(300);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->call_id.n, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->call_id.n, 0);
	world_done(&w);
}

TEST(media_behind_nat_on_both_sides_are_the_calls)
{
	begin_natted();
	call(sdp_a, sdp_b);
	both_are_bound();
}

TEST(media_of_names_in_sdp_are_the_calls)
{
	char one[1024], two[1024];
	static const char *const host[][2] = { { "alice.example", "bob.example" },
		{ "10.0.0.1", "bob.example" }, { "alice.example", "10.0.0.2" } };

	for (unsigned i = 0; i < 3; i++) {
		begin();
		call(named(one, host[i][0], A_PORT), named(two, host[i][1], B_PORT));
		both_are_bound();
	}
}

TEST(media_of_an_address_of_zero_without_ice_are_the_calls)
{
	char one[1024], two[1024];

	begin();
	call(named(one, "0.0.0.0", A_PORT), named(two, "0.0.0.0", B_PORT));
	both_are_bound();
}

TEST(media_between_ports_of_which_one_was_announced_are_the_calls)
{
	for (unsigned i = 0; i < 2; i++) { /* Alice's port, then Bob's; never the way back of one */
		begin_natted();
		call(sdp_a, sdp_b);
		a.from_port = i == 0 ? A_PORT : 30000;
		a.to_port = i == 0 ? 30001 : B_PORT;
		b.from_port = i == 0 ? 30002 : B_PORT;
		b.to_port = i == 0 ? A_PORT : 30003;
		both_are_bound();
	}
}

TEST(media_from_an_announced_to_an_unannounced_address_are_the_calls)
{
	/* Both sides of the call are on one host; the peer, host 7, is in no SDP. */
	begin();
	world_sdp(sdp_b, ALICE, B_PORT, "0 101", NULL);
	call(sdp_a, sdp_b);
	a.from_port = A_PORT;
	a.to = b.from = OTHER;
	a.to_port = b.from_port = 6000;
	b.to_port = B_PORT;
	both_are_bound();
}

TEST(media_before_the_answer_are_the_calls)
{
	begin_natted();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_PORT; /* one that SDP announced */
	now_ms = 200;
	world_run_rtp(&w, &now_ms, &b, 100);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	response(now_ms, true, "200 OK", "INVITE", 1, sdp_b);
	now_ms += 20;
	both_are_bound();
}

TEST(media_that_overtake_the_answer_are_bound_when_it_comes)
{
	begin_natted();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	now_ms = 200;
	talk(20);
	CHECK_EQ(world_stream(&w, 0xa, 0)->call_id.n, 0);
	response(now_ms, true, "200 OK", "INVITE", 1, sdp_b);
	now_ms += 20;
	both_are_bound();
}

TEST(media_of_two_calls_of_one_pair_of_hosts_are_known_by_port)
{
	char two[1024];

	begin_natted();
	for (unsigned i = 0; i < 2; i++) {
		const char *id = i == 0 ? "c1" : "c2";

		world_sdp(two, A_PRIVATE, (uint16_t)(A_PORT + 2 * i), "0", NULL);
		send_sip(10.0 * i, ALICE, BOB,
		    (struct world_sip){ .call_id = id,
			.from_tag = "ta",
			.cseq = 1,
			.method = "INVITE",
			.sdp = two });
		world_sdp(two, B_PRIVATE, (uint16_t)(B_PORT + 2 * i), "0", NULL);
		send_sip(500 + 10.0 * i, BOB, ALICE,
		    (struct world_sip){ .start = "SIP/2.0 200 OK",
			.call_id = id,
			.from_tag = "ta",
			.to_tag = "tb",
			.cseq = 1,
			.method = "INVITE",
			.sdp = two });
	}
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	now_ms = 1100;
	talk(200);
	a.ssrc = 0xc;
	b.ssrc = 0xd;
	a.from_port = b.to_port = A_NAT_PORT + 1;
	a.to_port = b.from_port = B_PORT + 2;
	talk(200);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xc, 0)->call_id, "c2");
	CHECK_SLICE(world_stream(&w, 0xd, 0)->call_id, "c2");
	world_done(&w);
}

TEST(media_that_fit_two_calls_are_bound_to_none)
{
	begin_natted();
	for (unsigned i = 0; i < 12; i++) { /* all with the same ports */
		char id[8];

		snprintf(id, sizeof(id), "x%u", i);
		send_sip(i, ALICE, BOB,
		    (struct world_sip){ .call_id = id,
			.from_tag = "ta",
			.cseq = 1,
			.method = "INVITE",
			.sdp = sdp_a });
		send_sip(500 + i, BOB, ALICE,
		    (struct world_sip){ .start = "SIP/2.0 200 OK",
			.call_id = id,
			.from_tag = "ta",
			.to_tag = "tb",
			.cseq = 1,
			.method = "INVITE",
			.sdp = sdp_b });
	}
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	now_ms = 1100;
	none_is_bound();
}

TEST(media_of_other_types_ports_hosts_or_times_are_not_the_calls)
{
	for (unsigned i = 0; i < 4; i++) {
		begin_natted();
		if (i == 3) { /* it was there before the call */
			a = to_bob();
			b = to_alice();
			a.from_port = b.to_port = A_NAT_PORT;
			now_ms = -9000;
			talk(50);
			a.ssrc++;
			b.ssrc++;
		}
		call(sdp_a, sdp_b);
		a.pt = b.pt = i == 0 ? 8 : 0; /* PCMA, which neither announced */
		a.to_port = b.from_port = i == 1 ? B_PORT + 2 : B_PORT;
		if (i == 2) /* SIP goes by a proxy, media do not: another host */
			a.to = b.from = OTHER;
		if (i == 3)
			now_ms = -8000;
		none_is_bound();
	}
}

TEST(media_next_to_those_at_the_announced_address_are_not_the_calls)
{
	/* Bob's host has two addresses; at the one that signals, another call has the same port. */
	begin();
	world_sdp(sdp_b, OTHER, B_PORT, "0", NULL);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	a = to_bob();
	b = to_alice();
	a.to = b.from = OTHER;
	now_ms = 1100;
	talk(100);
	a = to_bob();
	a.ssrc = 0xc;
	a.from_port = A_NAT_PORT;
	for (unsigned i = 0; i < 100; i++) {
		struct world_rtp own = to_bob();

		own.to = OTHER;
		own.seq = (uint16_t)(own.seq + 100 + i);
		own.ts += 160 * (100 + i);
		world_send_rtp(&w, now_ms, &own);
		world_run_rtp(&w, &now_ms, &a, 1);
	}
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xc, 0)->call_id.n, 0);
	world_done(&w);
}

TEST(call_whose_way_back_may_be_among_unclaimed_media_is_not_one_way)
{
	/* Bob answers from a port he did not announce, to the one Alice's NAT gave her: nobody can say whose. */
	begin();
	call(sdp_a, sdp_b);
	a.from_port = A_PORT;
	b.from_port = 30001;
	b.to_port = 30002;
	talk(500);
	request(now_ms, true, "BYE", 2, "tb", NULL);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xb, 0)->call_id.n, 0);
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings & ES_FINDING_ONE_WAY, 0);
	world_done(&w);
}

TEST(next_call_on_the_ports_of_a_nat_begins_again)
{
	begin_natted();
	call(sdp_a, sdp_b);
	talk(100);
	request(now_ms, true, "BYE", 2, "tb", NULL);
	send_sip(now_ms + 5, ALICE, BOB,
	    (struct world_sip){
		.call_id = "c2", .from_tag = "t2", .cseq = 1, .method = "INVITE", .sdp = sdp_a });
	send_sip(now_ms + 9, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.call_id = "c2",
		.from_tag = "t2",
		.to_tag = "t3",
		.cseq = 1,
		.method = "INVITE",
		.sdp = sdp_b });
	now_ms += 20;
	talk(200);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xa, 1)->call_id, "c2");
	world_done(&w);
}

TEST(leg_behind_nat_shares_its_media_with_the_other)
{
	/* A B2BUA, host 9, hands on what Alice's SDP says; her NAT makes it wrong on both legs. */
	static const char *const leg[] = { "leg-a", "leg-b" };

	begin();
	world_sdp(sdp_a, A_PRIVATE, A_PORT, "0", NULL);
	for (unsigned i = 0; i < 2; i++)
		send_sip(10.0 * i, i == 0 ? ALICE : 9, i == 0 ? 9 : BOB,
		    (struct world_sip){ .call_id = leg[i],
			.from_tag = "ta",
			.cseq = 1,
			.method = "INVITE",
			.sdp = sdp_a });
	for (unsigned i = 2; i-- > 0;)
		send_sip(1000 - 10.0 * i, i == 0 ? 9 : BOB, i == 0 ? ALICE : 9,
		    (struct world_sip){ .start = "SIP/2.0 200 OK",
			.call_id = leg[i],
			.from_tag = "ta",
			.to_tag = "tb",
			.cseq = 1,
			.method = "INVITE",
			.sdp = sdp_b });
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	now_ms = 1100;
	talk(300);
	world_flush(&w);
	for (uint32_t ssrc = 0xa; ssrc <= 0xb; ssrc++) {
		CHECK_SLICE(world_stream(&w, ssrc, 0)->call_id, "leg-a");
		CHECK_EQ(world_stream(&w, ssrc, 0)->n_other_call_ids, 1);
		CHECK_SLICE(world_stream(&w, ssrc, 0)->codec, "PCMU");
		CHECK_EQ(world_stream(&w, ssrc, 0)->findings, 0);
	}
	world_done(&w);
}

TEST(last_word_on_a_port_counts_whatever_the_hash)
{
	char of_a[1024], first[1024], other[1024], last[1024];

	for (uint8_t key = 0; key < 16; key++) {
		begin();
		w.cfg.hash_key[0] = key;
		world_restart(&w);
		/* Bob moves to another address at the same port and back; 107 is another codec each time. */
		world_sdp(of_a, A_PRIVATE, A_PORT, "0", NULL);
		world_sdp(first, B_PRIVATE, B_PORT, "107", "a=rtpmap:107 opus/48000/2\r\n");
		world_sdp(other, B_PRIVATE + 1, B_PORT, "107", "a=rtpmap:107 iLBC/8000\r\n");
		world_sdp(last, B_PRIVATE, B_PORT, "107", "a=rtpmap:107 G722/8000\r\n");
		call(of_a, first);
		request(1050, false, "INVITE", 5, "ta", other);
		response(1060, false, "200 OK", "INVITE", 5, of_a);
		request(1070, false, "INVITE", 6, "ta", last);
		response(1080, false, "200 OK", "INVITE", 6, of_a);
		a.pt = 107;
		talk(300);
		world_flush(&w);
		CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
		CHECK_SLICE(world_stream(&w, 0xa, 0)->codec, "G722");
		world_done(&w);
	}
}

/* Its offer was applied while the phone's answer was still out: each way knew the call by the other alone. */
TEST(capture_within_a_call_behind_nat_learns_from_a_refresh_of_either_side)
{
	for (unsigned from_alice = 0; from_alice < 2; from_alice++) {
		const char *to = from_alice ? "tb" : "ta";

		begin();
		world_sdp(sdp_a, A_PRIVATE, A_PORT, "107", "a=rtpmap:107 opus/48000/2\r\n");
		world_sdp(sdp_b, B_PRIVATE, B_PORT, "107", "a=rtpmap:107 opus/48000/2\r\n");
		a = to_bob();
		b = to_alice();
		a.from_port = b.to_port = A_NAT_PORT;
		a.pt = b.pt = 107;
		now_ms = 0;
		talk(100);
		request(now_ms, from_alice, "INVITE", 7, to, from_alice ? sdp_a : sdp_b);
		world_send_rtp(&w, now_ms + 1, &b); /* the way back first */
		b.seq++;
		b.ts += 160;
		now_ms += 2;
		talk(5);
		response(now_ms, from_alice, "200 OK", "INVITE", 7, from_alice ? sdp_b : sdp_a);
		talk(100);
		world_flush(&w);
		for (uint32_t ssrc = 0xa; ssrc <= 0xb; ssrc++) {
			CHECK_SLICE(world_stream(&w, ssrc, 0)->call_id, "c1");
			CHECK_SLICE(world_stream(&w, ssrc, 0)->codec, "opus");
		}
		world_done(&w);
	}
}

/* An earlier call on the same ports, whose signalling was not seen, ended 10 s before this one began. */
TEST(media_that_ended_before_the_call_began_are_not_the_calls)
{
	begin_natted();
	a = to_bob();
	b = to_alice();
	a.from_port = b.to_port = A_NAT_PORT;
	a.ssrc = 0xe;
	b.ssrc = 0xf;
	now_ms = 0;
	talk(300);
	request(16000, true, "INVITE", 1, NULL, sdp_a);
	response(17000, true, "200 OK", "INVITE", 1, sdp_b);
	a.ssrc = 0xa;
	b.ssrc = 0xb;
	now_ms = 17100;
	talk(300);
	world_flush(&w);
	is_bound(0xa);
	is_bound(0xb);
	CHECK_EQ(world_stream(&w, 0xe, 0)->call_id.n, 0);
	CHECK_EQ(world_stream(&w, 0xf, 0)->call_id.n, 0);
	world_done(&w);
}
