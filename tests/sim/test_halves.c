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

/* A stream is of one leg, and of another one next to it; nothing is said against it. */
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
	bool of_alice;   /* her media go over it; else Bob's */
	bool is_silent;  /* who sends directly */
	bool is_relayed; /* the relay is named to both */
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
	answer(1010, "leg-a", B2BUA, ALICE, h->of_alice || h->is_relayed ? on_a : sdp_b);
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

static uint32_t
one_way_of(uint32_t ssrc)
{
	return world_stream(&w, ssrc, 0)->findings & ES_FINDING_ONE_WAY;
}

TEST(phone_that_hears_nobody_next_to_a_relay_is_one_way)
{
	half(&(struct half){ .relay = B2BUA, .is_silent = true, .is_relayed = true });
	CHECK_EQ(one_way_of(0xb), ES_FINDING_ONE_WAY);
	CHECK_EQ(one_way_of(0xc), ES_FINDING_ONE_WAY);
	world_done(&w);
}

/* A capture at the relay sees no more of a call in which Bob hears Alice directly, as SDP says. */
TEST(phone_that_may_hear_directly_next_to_a_relay_is_not_one_way)
{
	half(&(struct half){ .relay = B2BUA, .is_silent = true });
	CHECK_EQ(one_way_of(0xb), 0);
	CHECK_EQ(one_way_of(0xc), 0);
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

/*
 * The B2BUA names a port of its own choice for each phone, which somebody on the way puts right: no
 * address of one leg stands in the other one, and each has one direction.
 */
static void
connect_renumbered(const char *first, const char *second, double ms, uint16_t shift)
{
	char of_a[1024], of_b[1024], for_a[1024], for_b[1024];

	world_sdp(of_a, ALICE, (uint16_t)(A_PORT + shift), "0", NULL);
	world_sdp(for_b, ALICE, (uint16_t)(A_PORT + 600 + shift), "0", NULL);
	world_sdp(of_b, BOB, (uint16_t)(B_PORT + shift), "0", NULL);
	world_sdp(for_a, BOB, (uint16_t)(B_PORT + 1000 + shift), "0", NULL);
	invite(ms, first, ALICE, B2BUA, of_a);
	invite(ms + 10, second, B2BUA, BOB, for_b);
	answer(ms + 1000, second, BOB, B2BUA, of_b);
	answer(ms + 1010, first, B2BUA, ALICE, for_a);
	a = to_bob();
	b = to_alice();
	a.to_port = (uint16_t)(B_PORT + 1000 + shift);
	b.to_port = (uint16_t)(A_PORT + 600 + shift);
	a.from_port = (uint16_t)(A_PORT + shift);
	b.from_port = (uint16_t)(B_PORT + shift);
}

TEST(legs_that_renumber_both_ports_have_the_media_of_both)
{
	for (unsigned i = 0; i < 4; i++) { /* ends: both, the first leg first, no BYE was seen */
		begin();
		connect_renumbered("leg-a", "leg-b", 0, 0);
		if (i == 3) { /* other ports are at work: NAT on both sides */
			a.from_port = 33000;
			b.from_port = 44000;
		}
		now_ms = 1100;
		talk(500);
		if (i == 1) {
			bye(now_ms, "leg-a", ALICE, B2BUA);
			talk(600);
		}
		if (i != 2)
			hang_up();
		else
			world_flush(&w);
		is_innocent(0xa, "leg-a", "leg-b");
		is_innocent(0xb, "leg-b", "leg-a");
		CHECK_EQ(world_call(&w, "leg-a")->n_streams, 2);
		CHECK_EQ(world_call(&w, "leg-b")->n_streams, 2);
		world_done(&w);
	}
}

TEST(renumbered_legs_of_two_calls_at_one_time_are_left_alone)
{
	struct world_rtp one[2];
	double at[2] = { 1100, 1101 };

	begin();
	connect_renumbered("leg-a", "leg-b", 0, 0);
	one[0] = a;
	one[1] = b;
	connect_renumbered("leg-c", "leg-d", 3, 100);
	a.ssrc = 0xc;
	b.ssrc = 0xd;
	now_ms = 1100;
	for (unsigned n = 500; n > 0; n--) {
		talk(1);
		for (unsigned i = 0; i < 2; i++)
			world_run_rtp(&w, &at[i], &one[i], 1);
	}
	bye(now_ms, "leg-c", ALICE, B2BUA);
	bye(now_ms, "leg-d", B2BUA, BOB);
	hang_up();
	is_innocent(0xa, "leg-a", NULL);
	is_innocent(0xb, "leg-b", NULL);
	is_innocent(0xc, "leg-c", NULL);
	is_innocent(0xd, "leg-d", NULL);
	world_done(&w);
}

/* Calls between the two phones themselves, as many as a busy line has, each with media both ways. */
static void
connect_directly(double ms, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char id[24], of_a[1024], of_b[1024];
		uint16_t port = (uint16_t)(20000 + 2 * i);
		struct world_rtp there = { .from = ALICE, .to = BOB, .ssrc = 0x1000 + i };
		struct world_rtp back = { .from = BOB, .to = ALICE, .ssrc = 0x2000 + i };

		snprintf(id, sizeof(id), "direct-%u", i);
		invite(ms, id, ALICE, BOB, world_sdp(of_a, ALICE, port, "0", NULL));
		answer(ms, id, BOB, ALICE, world_sdp(of_b, BOB, port, "0", NULL));
		there.from_port = there.to_port = back.from_port = back.to_port = port;
		for (unsigned k = 0; k < 3; k++) {
			world_send_rtp(&w, ms + 20 * k, &there);
			world_send_rtp(&w, ms + 20 * k, &back);
			there.seq++;
			back.seq++;
			there.ts += 160;
			back.ts += 160;
		}
	}
}

TEST(renumbered_legs_are_found_next_to_other_calls_of_the_two_phones)
{
	static const unsigned between[] = { 1, 2, 31 };

	for (unsigned i = 0; i < 3; i++) {
		begin();
		connect_renumbered("leg-a", "leg-b", 0, 0);
		now_ms = 1100;
		world_run_rtp(&w, &now_ms, &a, 2);
		connect_directly(now_ms, between[i]);
		now_ms += 50;
		talk(500);
		hang_up();
		is_innocent(0xa, "leg-a", "leg-b");
		is_innocent(0xb, "leg-b", "leg-a");
		world_done(&w);
	}
}

/* The caller's media begin again under another SSRC: its leg stays where it was next to the other one. */
TEST(renumbered_legs_stay_next_to_each_other_when_one_has_a_further_stream)
{
	begin();
	connect_renumbered("leg-a", "leg-b", 0, 0);
	now_ms = 1100;
	talk(10);
	connect_directly(now_ms, 40);
	now_ms += 50;
	a.ssrc = 0xc;
	talk(500);
	hang_up();
	is_innocent(0xc, "leg-a", "leg-b");
	is_innocent(0xb, "leg-b", "leg-a");
	world_done(&w);
}

TEST(renumbered_legs_without_media_of_one_phone_are_one_way)
{
	for (unsigned i = 0; i < 2; i++) {
		begin();
		connect_renumbered("leg-a", "leg-b", 0, 0);
		now_ms = 1100;
		world_run_rtp(&w, &now_ms, i == 0 ? &a : &b, 500);
		hang_up();
		CHECK_EQ(world_stream(&w, i == 0 ? 0xa : 0xb, 0)->findings, ES_FINDING_ONE_WAY);
		world_done(&w);
	}
}

/* A call between the same two phones, a minute later, whose callee is silent. */
TEST(renumbered_legs_of_an_earlier_call_excuse_nobody)
{
	begin();
	connect_renumbered("leg-c", "leg-d", 0, 100);
	b.ssrc = 0xd;
	now_ms = 1100;
	world_run_rtp(&w, &now_ms, &b, 2900); /* of Bob alone, to 59 s */
	now_ms = 60000;
	connect_renumbered("leg-a", "leg-b", now_ms, 0);
	now_ms += 1100;
	world_run_rtp(&w, &now_ms, &a, 500);
	hang_up();
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings, ES_FINDING_ONE_WAY);
	world_done(&w);
}

/* Bob's media stop at 7 s: for a hold that the first leg alone knows, or for nothing. */
TEST(hold_on_the_leg_without_a_direction_is_no_stop_of_it)
{
	for (unsigned holds = 0; holds < 2; holds++) {
		char hold[1024];

		begin();
		connect_renumbered("leg-a", "leg-b", 0, 0);
		now_ms = 1100;
		talk(300);
		if (holds) {
			world_sdp(hold, BOB, B_PORT + 1000, "0", "a=inactive\r\n");
			say(now_ms, "leg-a", B2BUA, ALICE, false, "INVITE sip:y@example SIP/2.0",
			    "INVITE", 5, hold);
			world_sdp(hold, ALICE, A_PORT, "0", "a=inactive\r\n");
			say(now_ms + 9, "leg-a", ALICE, B2BUA, true, "SIP/2.0 200 OK", "INVITE", 5,
			    hold);
			now_ms += 20;
		}
		world_run_rtp(&w, &now_ms, &a, 800);
		hang_up();
		CHECK_EQ(world_stream(&w, 0xb, 0)->findings & ES_FINDING_STOPPED,
		    holds ? 0 : ES_FINDING_STOPPED);
		world_done(&w);
	}
}
