/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two legs of one call, each of which alone knows half of the media: one direction bypasses the B2BUA, or
 * both legs renumber the ports.
 */
#include "tests/sim/two_legs.h"

enum { RELAY_A = 10000, RELAY_B = 10002, MEDIA_HOST = 12 };

/* Ends both legs, and the capture. */
static void
hang_up(void)
{
	bye(now_ms, "leg-a", ALICE, B2BUA);
	bye(now_ms + 10, "leg-b", B2BUA, BOB);
	world_flush(&w);
}

/* A stream is of one leg, and of another one beside it; nothing is said against it. */
static void
is_innocent(uint32_t ssrc, const char *call, const char *other)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);

	CHECK_SLICE(s->call_id, call);
	CHECK_EQ(s->n_other_call_ids, other != NULL ? 1 : 0);
	if (other != NULL && s->n_other_call_ids == 1)
		CHECK_SLICE(s->other_call_ids[0], other);
	CHECK_EQ(s->findings & (ES_FINDING_ONE_WAY | ES_FINDING_STOPPED), 0);
	CHECK(world_stream(&w, ssrc, 1) == NULL);
}

/* Who is heard by whom, besides: Alice's media, or Bob's, go over a relay with other numbers behind it. */
struct half {
	uint8_t relay;
	bool of_alice;  /* her media go over it; else Bob's */
	bool is_silent; /* who sends directly */
};

static void
talk_half(const struct half *h)
{
	a = to_bob();
	b = to_alice();
	for (unsigned n = 500; n > 0; n--) {
		struct world_rtp in = h->of_alice ? a : b, out = in;

		in.to = out.from = h->relay;
		in.to_port = h->of_alice ? RELAY_A : RELAY_B;
		out.from_port = h->of_alice ? RELAY_B : RELAY_A;
		out.ssrc = 0xc;
		if (!h->is_silent)
			world_send_rtp(&w, now_ms, h->of_alice ? &b : &a);
		world_send_rtp(&w, now_ms + 1, &in);
		world_send_rtp(&w, now_ms + 2, &out);
		now_ms += 20;
		a.seq++;
		b.seq++;
		a.ts += 160;
		b.ts += 160;
	}
}

static void
half(const struct half *h)
{
	char on_a[1024], on_b[1024];

	begin();
	world_sdp(on_a, h->relay, RELAY_A, "0 101", NULL);
	world_sdp(on_b, h->relay, RELAY_B, "0 101", NULL);
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, h->of_alice ? sdp_a : on_b);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, h->of_alice ? on_a : sdp_b);
	now_ms = 1020;
	talk_half(h);
	hang_up();
}

TEST(direction_that_bypasses_the_b2bua_is_of_both_legs)
{
	for (unsigned i = 0; i < 2; i++) {
		half(&(struct half){ .relay = i == 0 ? B2BUA : MEDIA_HOST });
		is_innocent(0xa, "leg-a", "leg-b");
		is_innocent(0xb, "leg-b", NULL);
		is_innocent(0xc, "leg-a", NULL);
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
		world_done(&w);
	}
}

TEST(way_back_that_bypasses_the_b2bua_is_of_both_legs)
{
	for (unsigned i = 0; i < 2; i++) {
		half(&(struct half){ .relay = i == 0 ? B2BUA : MEDIA_HOST, .of_alice = true });
		is_innocent(0xb, "leg-b", "leg-a");
		is_innocent(0xa, "leg-a", NULL);
		is_innocent(0xc, "leg-b", NULL);
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
		world_done(&w);
	}
}

/* The B2BUA asks both phones again in mid-call, and that is all that the capture saw of the signalling. */
TEST(capture_in_mid_call_sees_a_bypass_of_one_direction)
{
	char on_b[1024];

	begin();
	world_sdp(on_b, B2BUA, RELAY_B, "0 101", NULL);
	say(0, "leg-a", B2BUA, ALICE, false, "INVITE sip:y@example SIP/2.0", "INVITE", 7, sdp_b);
	say(1, "leg-b", B2BUA, BOB, true, "INVITE sip:y@example SIP/2.0", "INVITE", 7, on_b);
	say(20, "leg-a", ALICE, B2BUA, true, "SIP/2.0 200 OK", "INVITE", 7, sdp_a);
	say(21, "leg-b", BOB, B2BUA, false, "SIP/2.0 200 OK", "INVITE", 7, sdp_b);
	now_ms = 100;
	talk_half(&(struct half){ .relay = B2BUA });
	hang_up();
	is_innocent(0xa, "leg-a", "leg-b");
	is_innocent(0xb, "leg-b", NULL);
	is_innocent(0xc, "leg-a", NULL);
	world_done(&w);
}

TEST(phone_that_hears_nobody_beside_a_relay_is_one_way)
{
	half(&(struct half){ .relay = B2BUA, .is_silent = true });
	CHECK_EQ(world_stream(&w, 0xb, 0)->findings & ES_FINDING_ONE_WAY, ES_FINDING_ONE_WAY);
	CHECK_EQ(world_stream(&w, 0xc, 0)->findings & ES_FINDING_ONE_WAY, ES_FINDING_ONE_WAY);
	world_done(&w);
}

/* Bob is a gateway with one port for all its calls: whose leg hears Alice cannot be said. */
TEST(bypass_to_a_port_of_several_calls_is_of_the_leg_that_knows_its_sender)
{
	char on_b[1024], on_d[1024], sdp_c[1024];

	begin();
	world_sdp(on_b, B2BUA, RELAY_B, "0 101", NULL);
	world_sdp(on_d, B2BUA, RELAY_B + 2, "0 101", NULL);
	world_sdp(sdp_c, MEDIA_HOST, 6000, "0 101", NULL);
	invite(0, "leg-a", ALICE, B2BUA, sdp_a);
	invite(10, "leg-b", B2BUA, BOB, on_b);
	invite(20, "leg-c", MEDIA_HOST, B2BUA, sdp_c);
	invite(30, "leg-d", B2BUA, BOB, on_d);
	answer(1000, "leg-b", BOB, B2BUA, sdp_b);
	answer(1010, "leg-a", B2BUA, ALICE, sdp_b);
	answer(1020, "leg-d", BOB, B2BUA, sdp_b);
	answer(1030, "leg-c", B2BUA, MEDIA_HOST, sdp_b);
	now_ms = 1100;
	talk_half(&(struct half){ .relay = B2BUA });
	hang_up();
	is_innocent(0xa, "leg-a", NULL);
	CHECK_EQ(world_call(&w, "leg-d")->n_streams, 0);
	world_done(&w);
}
