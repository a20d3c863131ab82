/* SPDX-License-Identifier: Apache-2.0 */
/* Findings at their limits, to the millisecond: the last that accuses nobody, and the first that does. */
#include "tests/sim/parties.h"

/* Packets of 20 ms from one instant to the other, both included. */
static void
talk(struct world_rtp r, double from_ms, double to_ms)
{
	world_run_rtp(&w, &from_ms, &r, (unsigned)((to_ms - from_ms) / 20) + 1);
}

/* Ends a call that set_up() began; 1000 ms is when both ways were opened. */
static void
hang_up(double ms)
{
	request(ms, true, "BYE", 2, "tb", NULL);
	response(ms + 1, true, "200 OK", "BYE", 2, NULL);
}

/* All that is to come has come; whether a stream has a finding. */
static bool
is_found(uint32_t ssrc, uint32_t finding)
{
	bool is;

	world_flush(&w);
	is = (world_stream(&w, ssrc, 0)->findings & finding) != 0;
	world_done(&w);
	return is;
}

/* Two seconds: of the stream, of the time that both ways were open, and of both together. */
TEST(one_way_is_a_stream_of_two_seconds)
{
	static const struct {
		double from_ms, to_ms, bye_ms;
		bool is;
	} rows[] = { { 1000, 3000, 9000, true }, { 1000, 2999, 9000, false },
		{ 5000, 7000, 9000, true }, { 5000, 6999, 9000, false }, { 200, 3000, 9000, true },
		{ 200, 2999, 9000, false }, { 200, 4000, 3000, true }, { 200, 4000, 2999, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool continues = rows[i].to_ms > rows[i].bye_ms;
		struct world_rtp r = to_bob();
		double ms = rows[i].from_ms;

		set_up();
		world_run_rtp(&w, &ms, &r, 50);
		if (continues)
			hang_up(rows[i].bye_ms);
		world_send_rtp(&w, rows[i].to_ms, &r);
		if (!continues)
			hang_up(rows[i].bye_ms);
		if (is_found(0xa, ES_FINDING_ONE_WAY) != rows[i].is)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

/* Bob's audio moves from host 3 to host 4, where nothing comes. Video runs on from a host to host 5. */
static void
move_next_to_video(uint8_t video_from, const char *alices)
{
	static const char bobs[] = "m=video 6000 RTP/AVP 96\r\nc=IN IP4 10.0.0.5\r\n"
				   "a=rtpmap:96 VP8/90000\r\n";
	struct world_rtp audio = to_bob(), picture = to_bob(), back = to_alice();
	double ms[] = { 1100, 1105, 1110 };
	char sdp[1024];

	begin();
	audio.to = 3;
	picture.from = video_from;
	picture.to = 5;
	picture.to_port = 6000;
	picture.from_port = 4002;
	back.from = 3;
	picture.ssrc = 0xc;
	picture.pt = 96;
	request(0, true, "INVITE", 1, NULL, world_sdp(sdp, ALICE, A_PORT, "0", alices));
	response(1000, true, "200 OK", "INVITE", 1, world_sdp(sdp, audio.to, B_PORT, "0", bobs));
	request(1010, true, "ACK", 1, "tb", NULL);
	world_run_rtp(&w, &ms[0], &audio, 345);
	world_run_rtp(&w, &ms[1], &picture, 345);
	world_run_rtp(&w, &ms[2], &back, 345);
	request(8000, false, "INVITE", 5, "ta", world_sdp(sdp, 4, B_PORT, "0", bobs));
	response(8010, false, "200 OK", "INVITE", 5, world_sdp(sdp, ALICE, A_PORT, "0", alices));
	world_run_rtp(&w, &ms[1], &picture, 1100);
	world_run_rtp(&w, &ms[2], &back, 1100);
	hang_up(30000);
	CHECK(is_found(0xa, ES_FINDING_STOPPED));
}

TEST(stopped_is_audio_that_moved_where_nothing_comes_next_to_video)
{
	move_next_to_video(6, "m=video 4002 RTP/AVP 96\r\nc=IN IP4 10.0.0.6\r\n");
}

TEST(stopped_is_audio_that_the_senders_own_video_does_not_continue)
{
	move_next_to_video(ALICE, "m=video 4002 RTP/AVP 96\r\n");
}

/* Ten seconds: of silence while both ways were open, and of the other direction's going on. */
TEST(stopped_is_silence_of_ten_seconds)
{
	static const struct {
		double other_ms, hold_ms;
		bool is;
	} rows[] = { { 13000, 14000, true }, { 12999, 14000, false }, { 13500, 13000, true },
		{ 13500, 12999, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world_rtp other = to_alice();
		char hold[2][1024];
		double ms = 1100;

		set_up();
		talk(to_bob(), 1100, 3000);
		world_run_rtp(&w, &ms, &other, 590);
		for (unsigned late = 0; late < 2; late++) {
			if (late == (rows[i].other_ms > rows[i].hold_ms)) {
				world_send_rtp(&w, rows[i].other_ms, &other);
				continue;
			}
			request(rows[i].hold_ms, true, "INVITE", 2, "tb",
			    world_sdp(hold[0], ALICE, A_PORT, "0", "a=sendonly\r\n"));
			response(rows[i].hold_ms, true, "200 OK", "INVITE", 2,
			    world_sdp(hold[1], BOB, B_PORT, "0", "a=recvonly\r\n"));
		}
		hang_up(15000);
		if (is_found(0xa, ES_FINDING_STOPPED) != rows[i].is)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

/* More than a second after both ways were opened. */
TEST(late_start_is_beyond_its_limit)
{
	for (unsigned late = 0; late < 2; late++) {
		set_up();
		talk(to_bob(), 1000 + ES_LATE_START_MS + late, 8000);
		hang_up(9000);
		CHECK_EQ(is_found(0xa, ES_FINDING_LATE_START), late);
	}
}

/* The new SSRC begins up to five seconds after the last packet of the old one. */
TEST(ssrc_follows_within_five_seconds)
{
	for (unsigned late = 0; late < 2; late++) {
		struct world_rtp next = to_bob();

		set_up();
		talk(to_bob(), 1100, 3000);
		next.ssrc = 0xc;
		talk(next, 8000 + late, 9000);
		hang_up(9100);
		CHECK_EQ(is_found(0xc, ES_FINDING_SSRC_CHANGED), !late);
	}
}

/* The old one may end half a second after the new one began; whoever is heard later is a stream next to it. */
TEST(ssrc_follows_what_ends_within_half_a_second)
{
	for (unsigned late = 0; late < 2; late++) {
		struct world_rtp before = to_bob(), next = to_bob();
		double ms = 3000;

		set_up();
		talk(before, 1100, 2980);
		before.seq = (uint16_t)(before.seq + 95);
		before.ts += 160 * 95;
		next.ssrc = 0xc;
		for (unsigned i = 0; i < 25; i++, ms += 20) {
			double at = ms;

			world_run_rtp(&w, &at, &next, 1);
			at = ms + 1;
			world_run_rtp(&w, &at, &before, 1);
		}
		before.ts += 160;
		world_send_rtp(&w, 3500 + late, &before);
		talk(next, 3520, 5000);
		hang_up(6000);
		CHECK_EQ(is_found(0xc, ES_FINDING_SSRC_CHANGED), !late);
	}
}
