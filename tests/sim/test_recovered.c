/* SPDX-License-Identifier: Apache-2.0 */
/* What RED, RTX and FEC gave back, where payloads may be read. */
#include "tests/sim/parties.h"

enum { LOST = 20, N = 60 };

static const char red_sdp[] = "a=rtpmap:121 red/8000\r\na=fmtp:121 0/0\r\n";
static const char video_sdp[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "m=video 4000 RTP/AVPF 96 97 98 99\r\na=rtpmap:96 VP8/90000\r\n"
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=rtpmap:98 ulpfec/90000\r\na=rtpmap:99 flexfec-03/90000\r\n";

static void
begin_with(const char *sdp, bool use_payload)
{
	world_init(&w);
	w.cfg.use_payload = use_payload;
	world_start(&w);
	request(0, true, "INVITE", 1, NULL, sdp);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
}

static void
send(double ms, uint32_t ssrc, uint8_t pt, unsigned seq, uint32_t ts, const void *payload, size_t n)
{
	uint8_t b[200] = { 0x80, pt, (uint8_t)(seq >> 8), (uint8_t)seq, (uint8_t)(ts >> 24),
		(uint8_t)(ts >> 16), (uint8_t)(ts >> 8), (uint8_t)ts, 0, 0, (uint8_t)(ssrc >> 8),
		(uint8_t)ssrc };

	memcpy(b + 12, payload, n);
	world_send_udp(&w, ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), b, 12 + n);
}

/* RED with one redundant block; the packets from `lost` on, n of them, do not come. */
static void
run_red(unsigned lost, unsigned n)
{
	static const uint8_t payload[5 + 20] = { 0x80, 0x02, 0x80, 10,
		0 }; /* 160 units, 10 bytes */

	for (unsigned i = 0; i < N; i++)
		if (i < lost || i >= lost + n)
			send(1100 + 20 * i, 0xb, 121, 100 + i, 160 * i, payload, sizeof(payload));
	world_flush(&w);
}

TEST(redundant_block_gives_a_lost_packet_back)
{
	const struct es_stream *s;

	world_sdp(sdp_a, ALICE, A_PORT, "121 0", red_sdp);
	begin_with(sdp_a, true);
	run_red(LOST, 1);
	s = world_stream(&w, 0xb, 0);
	CHECK_EQ(s->lost, 1);
	CHECK_EQ(s->has & ES_STREAM_HAS_RECOVERED, ES_STREAM_HAS_RECOVERED);
	CHECK_EQ(s->recovered, 1);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli); /* nothing bad is left */
	CHECK_EQ(s->concealed_s, 0);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.recovered, 1);
	CHECK_EQ(world_nth(&w, ES_REC_INTERVAL, 0)->u.interval.lost, 1);
	world_done(&w);
}

TEST(packet_given_back_in_time_is_not_concealed_though_it_comes_late)
{
	static const uint8_t payload[5 + 20] = { 0x80, 0x02, 0x80, 10, 0 };
	const struct es_stream *s;

	world_init(&w);
	w.cfg.use_payload = true;
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 60;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "121 0", red_sdp);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	for (unsigned i = 0; i < N; i++) {
		if (i != LOST)
			send(1100 + 20 * i, 0xb, 121, 100 + i, 160 * i, payload, sizeof(payload));
		if (i == LOST + 5) /* 105 ms late; its copy was there in time */
			send(1105 + 20 * i, 0xb, 121, 100 + LOST, 160 * LOST, payload,
			    sizeof(payload));
	}
	world_flush(&w);
	s = world_stream(&w, 0xb, 0);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 1);
	CHECK_EQ(s->recovered, 0); /* of those that were lost */
	CHECK_EQ(s->concealed_packets, 0);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli);
	world_done(&w);
}

TEST(one_block_gives_back_no_more_than_the_last_of_a_run)
{
	world_sdp(sdp_a, ALICE, A_PORT, "121 0", red_sdp);
	begin_with(sdp_a, true);
	run_red(LOST, 3);
	CHECK_EQ(world_stream(&w, 0xb, 0)->lost, 3);
	CHECK_EQ(world_stream(&w, 0xb, 0)->recovered, 1);
	world_done(&w);
}

TEST(nothing_lost_is_recovered_zero_and_no_scheme_is_absent)
{
	struct world_rtp r = to_alice();
	double ms = 5000;

	world_sdp(sdp_a, ALICE, A_PORT, "121 0", red_sdp);
	begin_with(sdp_a, true);
	run_red(N, 0);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_RECOVERED, ES_STREAM_HAS_RECOVERED);
	CHECK_EQ(world_stream(&w, 0xb, 0)->recovered, 0);
	world_done(&w);
	begin_with(sdp_a, true);
	world_run_rtp(&w, &ms, &r, 20);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_RECOVERED, 0);
	world_done(&w);
}

TEST(payload_is_not_looked_at_unless_asked)
{
	world_sdp(sdp_a, ALICE, A_PORT, "121 0", red_sdp);
	begin_with(sdp_a, false);
	run_red(LOST, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->lost, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_RECOVERED, 0);
	world_done(&w);
}

TEST(encrypted_payload_shows_nothing)
{
	char extra[256];

	snprintf(extra, sizeof(extra),
	    "%sa=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	    "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
	    red_sdp);
	world_sdp(sdp_a, ALICE, A_PORT, "121 0", extra);
	begin_with(sdp_a, true);
	run_red(LOST, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_RECOVERED, 0);
	world_done(&w);
}

/* Video of one packet each 20 ms; number 100 + LOST is missing. Then whatever repairs it. */
static void
run_video(void)
{
	for (unsigned i = 0; i < N; i++) {
		if (i != LOST)
			send(1100 + 20 * i, 0xb, 96, 100 + i, 1800 * i, "vp8", 3);
		if (i == LOST + 5)
			return;
	}
}

static void
finish_video(void)
{
	for (unsigned i = LOST + 6; i < N; i++)
		send(1100 + 20 * i, 0xb, 96, 100 + i, 1800 * i, "vp8", 3);
	world_flush(&w);
}

TEST(retransmission_gives_the_original_back)
{
	static const uint8_t rtx[] = { 0, 100 + LOST, 'v', 'p', '8' };

	begin_with(video_sdp, true);
	run_video();
	send(1605, 0xc, 97, 1, 1800 * LOST, rtx, sizeof(rtx));
	send(1606, 0xc, 97, 2, 1800 * LOST, rtx, sizeof(rtx)); /* again: once is enough */
	finish_video();
	CHECK_EQ(world_stream(&w, 0xb, 0)->lost, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->recovered, 1);
	CHECK_EQ(world_stream(&w, 0xc, 0)->has & ES_STREAM_HAS_RECOVERED, 0);
	CHECK_EQ(world_stream(&w, 0xc, 0)->repairs_ssrc, 0xb);
	world_done(&w);
}

/* The parity packet protects 100 + LOST - 2 and the mask's followers. */
static void
parity(uint8_t pt, const uint8_t *payload, size_t n, unsigned recovered)
{
	begin_with(video_sdp, true);
	run_video();
	send(1605, 0xd, pt, 1, 1800 * LOST, payload, n);
	finish_video();
	CHECK_EQ(world_stream(&w, 0xb, 0)->lost, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->recovered, recovered);
	CHECK_EQ(world_stream(&w, 0xd, 0)->kind, ES_KIND_FEC);
	world_done(&w);
}

TEST(parity_gives_the_only_missing_one_back)
{
	uint8_t ulp[] = { 0, 96, 0, 100 + LOST - 2, 0, 0, 0, 0, 0, 3, 0, 3, 0xf0, 0, 1 };
	uint8_t flex[] = { 0, 96, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xb, 0, 100 + LOST - 2,
		0xf8, 0, 1 };

	parity(98, ulp, sizeof(ulp), 1);
	parity(99, flex, sizeof(flex), 1);
	ulp[12] = 0xc0; /* does not protect it */
	parity(98, ulp, sizeof(ulp), 0);
	ulp[12] = 0xff; /* and one that is not there yet */
	ulp[13] = 0xff;
	parity(98, ulp, sizeof(ulp), 0);
	flex[15] = 0xe; /* of another source */
	parity(99, flex, sizeof(flex), 0);
}

TEST(repair_after_the_block_closed_does_not_count)
{
	static const uint8_t rtx[] = { 0, 100 + LOST, 'v' };

	begin_with(video_sdp, true);
	for (unsigned i = 0; i < 400; i++)
		if (i != LOST)
			send(1100 + i, 0xb, 96, 100 + i, 1800 * i, "vp8", 3);
	send(1501, 0xc, 97, 1, 0, rtx, sizeof(rtx));
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xb, 0)->lost, 1);
	CHECK_EQ(world_stream(&w, 0xb, 0)->recovered, 0);
	world_done(&w);
}

static const struct es_stream *
run_audio(const char *types, const char *sdp, unsigned with_repair, const uint8_t *repair, size_t n)
{
	uint8_t plain[1 + 20] = { 0 }; /* RED of one block, PCMU */

	world_init(&w);
	w.cfg.use_payload = true;
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 200;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, types, sdp);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	for (unsigned i = 0; i < N; i++)
		if (i == with_repair)
			send(1100 + 20 * i, 0xb, 121, 100 + i, 160 * i, repair, n);
		else if (i != LOST)
			send(1100 + 20 * i, 0xb, 121, 100 + i, 160 * i, plain, sizeof(plain));
	world_flush(&w);
	return world_stream(&w, 0xb, 0);
}

/* RFC 5109 section 14: parity inside RED, among the numbers of what it protects. */
TEST(parity_inside_redundancy_gives_the_only_missing_one_back)
{
	static const char with[] =
	    "a=rtpmap:121 red/8000\r\na=fmtp:121 0/0\r\na=rtpmap:98 ulpfec/8000\r\n";
	uint8_t ulp[] = { 98, 0, 0, 0, 100 + LOST - 2, 0, 0, 0, 0, 0, 3, 0, 3, 0xf0, 0, 1 };

	CHECK_EQ(run_audio("121 0 98", with, LOST + 3, ulp, sizeof(ulp))->recovered, 1);
	world_done(&w);
	CHECK_EQ(run_audio("121 0", red_sdp, LOST + 3, ulp, sizeof(ulp))->recovered, 0);
	world_done(&w);
	ulp[0] = 0; /* that is speech */
	CHECK_EQ(run_audio("121 0 98", with, LOST + 3, ulp, sizeof(ulp))->recovered, 0);
	world_done(&w);
	ulp[0] = 98; /* too late for a buffer of 200 ms */
	CHECK_EQ(run_audio("121 0 98", with, LOST + 20, ulp, sizeof(ulp))->recovered, 0);
	world_done(&w);
	CHECK_EQ(run_audio("121 0 98", with, LOST + 9, ulp, sizeof(ulp))->recovered, 1);
	world_done(&w);
}

/* A time offset that is no whole number of packets: then the place among the blocks says which. */
TEST(redundant_block_of_an_odd_offset_goes_by_its_place)
{
	uint8_t red[9 + 20] = { 0x80, 0x02, 0x84, 5, 0x80, 0x01, 0x44, 5,
		0 }; /* 161 and 81 units */

	CHECK_EQ(run_audio("121 0", red_sdp, LOST + 2, red, sizeof(red))->recovered, 1);
	world_done(&w);
	CHECK_EQ(run_audio("121 0", red_sdp, LOST + 1, red, sizeof(red))->recovered, 1);
	world_done(&w);
	CHECK_EQ(run_audio("121 0", red_sdp, LOST + 3, red, sizeof(red))->recovered, 0);
	world_done(&w);
	red[3] = 0; /* the older block has nothing in it */
	red[2] = 0x84;
	CHECK_EQ(run_audio("121 0", red_sdp, LOST + 2, red, sizeof(red))->recovered, 0);
	world_done(&w);
}
