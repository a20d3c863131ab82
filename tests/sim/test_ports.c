/* SPDX-License-Identifier: Apache-2.0 */
/* Ports and SSRCs that one call after the other uses. */
#include "probes/engine/engine_private.h"
#include "tests/sim/parties.h"

/* SIPp: the next call has the same ports and the same SSRC. */
TEST(next_call_on_the_same_ports_gets_its_own_stream)
{
	struct world_rtp r = to_bob();
	struct world_sip m = {
		.start = "INVITE sip:x@example SIP/2.0", .call_id = "c2", .cseq = 1
	};
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 100);
	request(ms, true, "BYE", 2, "tb", NULL);
	m.method = "INVITE";
	m.from_tag = "tc";
	m.sdp = sdp_a;
	world_send_sip(&w, ms + 100, world_addr(ALICE, 5060), world_addr(BOB, 5060), &m);
	m.start = "SIP/2.0 200 OK";
	m.to_tag = "td";
	m.sdp = sdp_b;
	world_send_sip(&w, ms + 200, world_addr(BOB, 5060), world_addr(ALICE, 5060), &m);
	ms += 300;
	world_run_rtp(&w, &ms, &r, 60);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 100);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xa, 1)->packets, 60);
	CHECK_SLICE(world_stream(&w, 0xa, 1)->call_id, "c2");
	CHECK_EQ(world_call(&w, "c2")->n_streams, 1);
	world_done(&w);
}

/* The same behind a NAT, where the way to Alice is known by the opposite direction only. */
TEST(next_call_behind_a_nat_gets_both_its_streams)
{
	struct world_rtp out = to_bob();
	struct world_rtp back = to_alice();
	struct world_sip m = {
		.start = "INVITE sip:x@example SIP/2.0", .call_id = "c2", .cseq = 1
	};
	double ms = 1100;

	set_up();
	out.from = 77;
	back.to = 77;
	for (unsigned i = 0; i < 100; i++) {
		double again = ms;

		if (i == 50) {
			request(ms, true, "BYE", 2, "tb", NULL);
			m.method = "INVITE";
			m.from_tag = "tc";
			m.sdp = sdp_a;
			world_send_sip(&w, ms, world_addr(ALICE, 5060), world_addr(BOB, 5060), &m);
			m.start = "SIP/2.0 200 OK";
			m.to_tag = "td";
			m.sdp = sdp_b;
			world_send_sip(&w, ms, world_addr(BOB, 5060), world_addr(ALICE, 5060), &m);
		}
		world_run_rtp(&w, &again, &out, 1);
		world_run_rtp(&w, &ms, &back, 1);
	}
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xa, 1)->call_id, "c2");
	CHECK_SLICE(world_stream(&w, 0xb, 1)->call_id, "c2");
	CHECK_EQ(world_stream(&w, 0xb, 0)->packets, 50);
	CHECK_EQ(world_stream(&w, 0xb, 1)->packets, 50);
	world_done(&w);
}

/* A hold may last longer than an ended stream is remembered: its record must not be overwritten. */
TEST(stream_of_a_call_on_hold_comes_back_under_the_next_number)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 50);
	for (ms = 60000; ms < 1500000; ms += 60000)
		request(ms, true, "OPTIONS", 2, "tb", NULL);
	world_run_rtp(&w, &ms, &r, 30);
	request(ms, true, "BYE", 3, "tb", NULL);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 50);
	CHECK_EQ(world_stream(&w, 0xa, 1)->packets, 30);
	CHECK_SLICE(world_stream(&w, 0xa, 1)->call_id, "c1");
	world_done(&w);
}

TEST(ended_stream_is_forgotten_after_its_call)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 50);
	request(3000, true, "BYE", 2, "tb", NULL);
	request(1000000, true, "OPTIONS", 3, "tb", NULL);
	CHECK_EQ(w.e->streams.pool.n_used, 0);
	world_done(&w);
}

/* An SBC hands the port of a call that is over to the next one, whose signalling nobody reads. */
TEST(port_of_an_ended_call_claims_no_later_stream)
{
	struct world_rtp r = to_bob();
	double ms = 1100;

	set_up();
	world_run_rtp(&w, &ms, &r, 100);
	request(ms, true, "BYE", 2, "tb", NULL);
	ms += 30000;
	r.from = 99;
	r.ssrc = 0xc;
	world_run_rtp(&w, &ms, &r, 100);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xc, 0)->packets, 100);
	CHECK_EQ(world_stream(&w, 0xc, 0)->call_id.n, 0);
	CHECK_EQ(world_call(&w, "c1")->n_streams, 1);
	world_done(&w);
}
