/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of digital silence, and streams too short to be scored. */
#include "tests/sim/parties.h"

/* n packets of one byte over and over, read or not. */
static const struct es_stream *
hear(uint8_t pt, uint8_t fill, bool use_payload, unsigned n)
{
	static char maps[] = "a=rtpmap:97 L16/8000\r\n";
	struct world_rtp r = to_bob();
	double ms = 100;

	world_init(&w);
	w.cfg.use_payload = use_payload;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "0 8 97", maps);
	world_sdp(sdp_b, BOB, B_PORT, "0 8 97", maps);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "200 OK", "INVITE", 1, sdp_b);
	r.pt = pt;
	r.fill = fill;
	world_run_rtp(&w, &ms, &r, n);
	world_flush(&w);
	return world_stream(&w, 0xa, 0);
}

/* Both zeros of either law. */
TEST(silence_that_is_digital_is_quiet_from_the_first_packet)
{
	static const uint8_t rows[][2] = { { 0, 0xff }, { 0, 0x7f }, { 8, 0xd5 }, { 8, 0x55 } };

	for (unsigned i = 0; i < 4; i++) {
		CHECK_EQ(hear(rows[i][0], rows[i][1], true, 300)->quiet_packets, 300);
		world_done(&w);
		CHECK_EQ(hear(rows[i][0], rows[i][1], false, 300)->has & ES_STREAM_HAS_PAUSES, 0);
		world_done(&w);
	}
}

/* A steady level is none: comfort noise in samples, a tone, a law's silence under the other one. */
TEST(silence_is_not_what_is_merely_steady)
{
	static const uint8_t rows[][2] = { { 0, 0xd5 }, { 8, 0xff }, { 0, 0xfe }, { 97, 0xff } };

	for (unsigned i = 0; i < 4; i++) {
		CHECK(hear(rows[i][0], rows[i][1], true, 300)->quiet_packets < 300);
		world_done(&w);
	}
}

TEST(stream_of_less_than_a_second_has_no_mos)
{
	for (unsigned n = 5; n < 100; n += 45) {
		const struct es_stream *s = hear(0, 0x90, false, n);

		CHECK_EQ(s->unscored, n < 50 ? ES_UNSCORED_TOO_SHORT : ES_UNSCORED_NOT);
		CHECK_EQ((s->has & ES_STREAM_HAS_QUALITY) != 0, n >= 50);
		CHECK_EQ((s->has & ES_STREAM_HAS_WORST) != 0, n >= 50);
		world_done(&w);
	}
}
