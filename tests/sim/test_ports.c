/* SPDX-License-Identifier: Apache-2.0 */
/* Ports and SSRCs that one call after the other uses. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { ALICE = 1, BOB = 2, A_PORT = 4000, B_PORT = 5000 };

static struct world w;
static char sdp_a[1024];
static char sdp_b[1024];

static void
begin(void)
{
	world_init(&w);
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "0 8 101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_sdp(sdp_b, BOB, B_PORT, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
}

static void
request(double ms, bool from_alice, const char *method, unsigned cseq, const char *to_tag,
    const char *sdp)
{
	char start[64];
	struct world_sip m = { .start = start, .call_id = "c1", .cseq = cseq, .method = method };

	snprintf(start, sizeof(start), "%s sip:x@example SIP/2.0", method);
	m.from_tag = from_alice ? "ta" : "tb";
	m.to_tag = to_tag;
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(from_alice ? ALICE : BOB, 5060),
	    world_addr(from_alice ? BOB : ALICE, 5060), &m);
}

/* The answer to a request that Alice (or Bob) sent. */
static void
response(double ms, bool to_alice, const char *status, const char *method, unsigned cseq,
    const char *sdp)
{
	char start[64];
	struct world_sip m = { .start = start, .call_id = "c1", .cseq = cseq, .method = method };

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	m.from_tag = to_alice ? "ta" : "tb";
	m.to_tag = to_alice ? "tb" : "ta";
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(to_alice ? BOB : ALICE, 5060),
	    world_addr(to_alice ? ALICE : BOB, 5060), &m);
}

/* INVITE at 0, 180 at 100, 200 at 1000, ACK at 1010. */
static void
set_up(void)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "100 Trying", "INVITE", 1, NULL);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
}

static struct world_rtp
to_bob(void)
{
	return (struct world_rtp){ .from = ALICE,
		.to = BOB,
		.from_port = A_PORT,
		.to_port = B_PORT,
		.ssrc = 0xa,
		.seq = 100,
		.ts = 1000 };
}

static struct world_rtp
to_alice(void)
{
	return (struct world_rtp){ .from = BOB,
		.to = ALICE,
		.from_port = B_PORT,
		.to_port = A_PORT,
		.ssrc = 0xb,
		.seq = 200,
		.ts = 2000 };
}

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
