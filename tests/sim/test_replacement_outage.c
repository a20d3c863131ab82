/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real outages while another stream is at hand that might pass for what was missing: they stay lost. Bob hears
 * Alice over a relay (9), which keeps the gaps of her numbers.
 */
#include "tests/sim/parties.h"

enum { RELAY = 9, MEDIA_SERVER = 7, RELAYED = 0x51, OTHER = 0xa, BACK = 0xb };

static struct world_rtp relayed, other, back;
static double now_ms;

static void
begin_call(bool is_announced)
{
	char relay[1024];

	begin();
	world_sdp(relay, RELAY, 10002, "0 101", "");
	if (is_announced) {
		send_sip(0, RELAY, BOB,
		    (struct world_sip){
			.method = "INVITE", .cseq = 1, .from_tag = "ta", .sdp = relay });
		send_sip(10, BOB, RELAY,
		    (struct world_sip){ .start = "SIP/2.0 200 OK",
			.method = "INVITE",
			.cseq = 1,
			.from_tag = "ta",
			.to_tag = "tb",
			.sdp = sdp_b });
	}
	relayed = other = to_bob();
	relayed.from = RELAY;
	relayed.from_port = 10002;
	relayed.ssrc = RELAYED;
	other.from = MEDIA_SERVER;
	other.ssrc = OTHER;
	back = to_alice();
	back.to = RELAY;
	back.to_port = 10002;
	back.ssrc = BACK;
	now_ms = 100;
}

static void
pass(struct world_rtp *r, bool is_seen)
{
	if (is_seen)
		world_send_rtp(&w, now_ms, r);
	r->seq++;
	r->ts += 160;
}

/* Ends the capture; what the relayed stream lost, and what the other one did. */
static void
has_lost(uint64_t lost)
{
	world_flush(&w);
	CHECK_EQ(world_stream(&w, RELAYED, 0)->lost, lost);
	CHECK_EQ(world_stream(&w, OTHER, 0)->lost, 0);
	world_done(&w);
}

/* A conference sends each speaker to one port, in turns: one begins a sentence just when the other's are lost. */
TEST(replacement_is_no_speaker_after_a_pause)
{
	for (unsigned announced = 0; announced < 2; announced++) {
		begin_call(announced != 0);
		for (unsigned i = 0; i < 1500; i++) {
			bool speaks = i < 300 || (i >= 810 && i < 1400);

			if (speaks)
				pass(&other, true);
			pass(&relayed, i < 800 || i >= 1050);
			now_ms += 20;
		}
		has_lost(250);
	}
}

/* They talk in turns, and each numbers what it says. */
TEST(replacement_is_no_speaker_who_takes_turns)
{
	begin_call(false);
	for (unsigned i = 0; i < 2000; i++) {
		bool is_others = i / 200 % 2 == 1;

		if (is_others)
			pass(&other, true);
		else
			pass(&relayed, true);
		now_ms += 20;
	}
	for (unsigned i = 0; i < 600; i++) {
		pass(&relayed, i < 100 || i >= 350);
		if (i >= 105 && i < 340)
			pass(&other, true);
		now_ms += 20;
	}
	has_lost(250);
}

/* The same with video on the port, which never pauses. */
TEST(replacement_is_no_speaker_next_to_video)
{
	struct world_rtp video;

	begin_call(false);
	video = other;
	video.ssrc = 0xf;
	video.pt = 34; /* H.263 */
	for (unsigned i = 0; i < 1500; i++) {
		bool speaks = i < 300 || (i >= 810 && i < 1400);

		if (speaks)
			pass(&other, true);
		pass(&video, true);
		pass(&relayed, i < 800 || i >= 1050);
		now_ms += 20;
	}
	has_lost(250);
}

/* Alice numbers little, as she says little: an announcement from 4 s on is longer than what is missing. */
TEST(replacement_is_no_announcement_to_a_sender_that_pauses)
{
	begin_call(true);
	for (unsigned i = 0; i < 1500; i++) {
		if (i % 500 < 100)
			pass(&relayed, i < 500 || i >= 1000);
		else
			relayed.ts += 160;
		if (i >= 700 && i < 950)
			pass(&other, true);
		now_ms += 20;
	}
	has_lost(100);
}

/* It begins at once, and brings twice of what is missing. */
TEST(replacement_is_no_stream_that_brings_much_more)
{
	begin_call(true);
	for (unsigned i = 0; i < 1500; i++) {
		if (i < 800 || i >= 1000)
			pass(&relayed, i < 500 || i >= 1000);
		else
			relayed.ts += 160;
		if (i >= 510 && i < 995)
			pass(&other, true);
		now_ms += 20;
	}
	has_lost(300);
}

/* The relay's way to Bob fails, and a media server speaks up at once: Bob still sends to the relay. */
TEST(replacement_is_no_announcement_while_the_way_back_stays)
{
	for (unsigned announced = 0; announced < 2; announced++) {
		begin_call(announced != 0);
		for (unsigned i = 0; i < 1500; i++) {
			pass(&back, true);
			pass(&relayed, i < 500 || i >= 750);
			if (i >= 505 && i < 740)
				pass(&other, true);
			now_ms += 20;
		}
		has_lost(250);
	}
}

/* Both ways go elsewhere: Bob sends to who sends to him. */
TEST(replacement_whose_way_back_moved_too_is_no_loss)
{
	for (unsigned announced = 0; announced < 2; announced++) {
		begin_call(announced != 0);
		for (unsigned i = 0; i < 1500; i++) {
			bool is_direct = i >= 500 && i < 750;

			back.to = is_direct ? MEDIA_SERVER : RELAY;
			back.to_port = is_direct ? A_PORT : 10002;
			pass(&back, true);
			pass(&relayed, !is_direct);
			if (is_direct)
				pass(&other, true);
			now_ms += 20;
		}
		has_lost(0);
	}
}

/* One way alone, as SDP says. */
TEST(replacement_that_sdp_names_is_no_loss_while_the_way_back_stays)
{
	char sdp[1024];

	begin_call(true);
	for (unsigned i = 0; i < 1500; i++) {
		bool is_direct = i >= 500 && i < 750;

		if (i == 498 || i == 748) {
			bool is_there = i == 498;

			world_sdp(sdp, is_there ? MEDIA_SERVER : RELAY, is_there ? A_PORT : 10002,
			    "0 101", "");
			send_sip(now_ms, RELAY, BOB,
			    (struct world_sip){ .method = "INVITE",
				.cseq = i,
				.from_tag = "ta",
				.to_tag = "tb",
				.sdp = sdp });
			send_sip(now_ms + 10, BOB, RELAY,
			    (struct world_sip){ .start = "SIP/2.0 200 OK",
				.method = "INVITE",
				.cseq = i,
				.from_tag = "ta",
				.to_tag = "tb",
				.sdp = sdp_b });
		}
		pass(&back, true);
		pass(&relayed, !is_direct);
		if (is_direct)
			pass(&other, true);
		now_ms += 20;
	}
	has_lost(0);
}
