/* SPDX-License-Identifier: Apache-2.0 */
/* Several media lines on one address (RFC 8843), and the streams that repair others. */
#include "tests/sim/parties.h"

static const char offer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1 2\r\n"
    "m=audio 4000 UDP/TLS/RTP/SAVPF 111 63 9\r\na=mid:0\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
    "a=fmtp:63 111/111\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "m=video 4000 UDP/TLS/RTP/SAVPF 96 97 49\r\na=mid:1\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=rtpmap:49 flexfec-03/90000\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=bundle-only\r\na=mid:2\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";

static const char answer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1 2\r\n"
    "m=audio 5000 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "m=video 5000 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"
    "a=ssrc-group:FID 500 501\r\na=ssrc:500 cname:x\r\na=ssrc:501 cname:x\r\n"
    "m=video 5000 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:2\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"
    "a=ssrc:600 cname:x\r\n";

static void
set_up_bundle(void)
{
	begin();
	request(0, true, "INVITE", 1, NULL, offer);
	response(1000, true, "200 OK", "INVITE", 1, answer);
}

static void
send_one(double ms, uint32_t ssrc, uint8_t pt, unsigned seq, const uint8_t *ext, size_t ext_bytes)
{
	uint8_t b[80] = { 0x80, pt, 0, (uint8_t)seq, 0, 0, (uint8_t)(seq * 960 >> 8),
		(uint8_t)(seq * 960), (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16),
		(uint8_t)(ssrc >> 8), (uint8_t)ssrc };

	if (ext_bytes > 0) {
		b[0] |= 0x10;
		b[12] = 0xbe;
		b[13] = 0xde;
		b[15] = (uint8_t)(ext_bytes / 4);
		memcpy(b + 16, ext, ext_bytes);
	}
	world_send_udp(&w, ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), b, sizeof(b));
}

TEST(bundled_address_knows_the_types_of_all_its_lines)
{
	const struct es_stream *s;

	set_up_bundle();
	send_one(1100, 0xa, 111, 1, NULL, 0);
	send_one(1110, 500, 96, 1, NULL, 0);
	send_one(1120, 501, 97, 1, NULL, 0);
	send_one(1130, 0xf, 49, 1, NULL, 0);
	send_one(1140, 600, 96, 1, NULL, 0);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_SLICE(s->codec, "opus");
	CHECK_EQ(s->kind, ES_KIND_AUDIO);
	CHECK_SLICE(s->mid, "0");
	s = world_stream(&w, 500, 0);
	CHECK_SLICE(s->codec, "VP8");
	CHECK_EQ(s->kind, ES_KIND_VIDEO);
	CHECK_EQ(s->has & (ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_REPAIRS), 0);
	CHECK_SLICE(s->mid, "1"); /* type 96 is on two lines: the SSRC decides */
	s = world_stream(&w, 501, 0);
	CHECK_EQ(s->kind, ES_KIND_RTX);
	CHECK_EQ(s->has & ES_STREAM_HAS_REPAIRS, ES_STREAM_HAS_REPAIRS);
	CHECK_EQ(s->repairs_ssrc, 500);
	s = world_stream(&w, 0xf, 0);
	CHECK_EQ(s->kind, ES_KIND_FEC);
	CHECK_SLICE(s->mid, "1");
	CHECK_EQ(s->has & ES_STREAM_HAS_REPAIRS, 0); /* three media streams: which one, who knows */
	CHECK_SLICE(world_stream(&w, 600, 0)->mid, "2");
	world_done(&w);
}

TEST(mid_in_packets_outweighs_what_sdp_said_of_the_ssrc)
{
	static const uint8_t mid2[] = { 0x40, '2', 0, 0 };

	set_up_bundle();
	send_one(1100, 0xa, 96, 1, NULL, 0);
	send_one(1120, 0xa, 96, 2, mid2, sizeof(mid2));
	send_one(1140, 500, 96, 2, mid2, sizeof(mid2));
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->mid, "2");
	CHECK_SLICE(world_stream(&w, 500, 0)->mid, "2");
	world_done(&w);
}

TEST(audio_level_is_read_where_it_was_negotiated)
{
	static const uint8_t talk[] = { 0x10, 0x80 | 30, 0, 0 };
	static const uint8_t rest[] = { 0x10, 127, 0, 0 };
	const struct es_stream *s;

	set_up_bundle();
	for (unsigned i = 0; i < 10; i++)
		send_one(1100 + 20 * i, 0xa, 111, i, i < 6 ? talk : rest, 4);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_EQ(s->has & ES_STREAM_HAS_LEVEL, ES_STREAM_HAS_LEVEL);
	CHECK_EQ(s->level_dbov, -69); /* (6 * 30 + 4 * 127) / 10 */
	CHECK_EQ(s->speech_ppm, 600000);
	world_done(&w);
}

TEST(audio_level_without_negotiation_is_no_level)
{
	static const uint8_t talk[] = { 0x10, 0x80 | 30, 0, 0 };
	struct world_rtp r = to_bob();
	double ms = 1200;

	set_up();
	for (unsigned i = 0; i < 10; i++)
		send_one(1100 + 20 * i, 0xb, 0, i, talk, 4);
	world_run_rtp(&w, &ms, &r, 10);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xb, 0)->has & ES_STREAM_HAS_LEVEL, 0);
	world_done(&w);
}

TEST(redundant_audio_has_the_clock_of_what_it_packs)
{
	const struct es_stream *s;

	set_up_bundle();
	for (unsigned i = 0; i < 50; i++)
		send_one(1100 + 20 * i, 0xa, 63, i, NULL, 0);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK_SLICE(s->codec, "red");
	CHECK_EQ(s->kind, ES_KIND_AUDIO);
	CHECK_EQ(s->ptime_us, 20000);
	CHECK_EQ(s->has & ES_STREAM_HAS_JITTER, ES_STREAM_HAS_JITTER);
	world_done(&w);
}

/* An SSRC of its own, no a=ssrc-group: the lone media stream next to it. */
TEST(retransmissions_repair_the_one_media_stream_of_their_flow)
{
	set_up_bundle();
	send_one(1100, 0xa, 96, 1, NULL, 0);
	send_one(1120, 0xb, 97, 1, NULL, 0);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xb, 0)->kind, ES_KIND_RTX);
	CHECK_EQ(world_stream(&w, 0xb, 0)->repairs_ssrc, 0xa);
	world_done(&w);
}

/* Payloads too short for speech, numbers going on: silence, nothing of it lost. */
TEST(silence_descriptors_are_received_and_counted_apart)
{
	uint8_t b[12 + 10] = { 0x80, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb };
	const struct es_stream *s;

	begin();
	world_sdp(sdp_a, ALICE, A_PORT, "18", NULL);
	world_sdp(sdp_b, BOB, B_PORT, "18", NULL);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	for (unsigned i = 0; i < 20; i++) {
		unsigned slot = i < 10 ? i : i + 100; /* two seconds of silence in between */

		b[3] = (uint8_t)i;
		b[6] = (uint8_t)(slot * 160 >> 8);
		b[7] = (uint8_t)(slot * 160);
		world_send_udp(&w, 1100 + 20 * slot, world_addr(BOB, B_PORT),
		    world_addr(ALICE, A_PORT), b, i == 9 ? 14 : sizeof(b));
	}
	world_flush(&w);
	s = world_stream(&w, 0xb, 0);
	CHECK_EQ(s->packets, 20);
	CHECK_EQ(s->lost, 0);
	CHECK_EQ(s->late, 0);
	CHECK_EQ(s->comfort_noise_packets, 1);
	CHECK_EQ(s->silences, 1);
	world_done(&w);
}

/* RFC 8843 section 9.2: without MID and SSRC the payload type decides, where one line alone has it. */
TEST(type_of_two_bundled_lines_says_nothing_of_the_line)
{
	set_up_bundle();
	for (unsigned i = 1; i < 6; i++) {
		send_one(1100 + 20 * i, 0x77, 96, i, NULL, 0);
		send_one(1101 + 20 * i, 0x78, 111, i, NULL, 0);
	}
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0x77, 0)->codec, "VP8");
	CHECK_EQ(world_stream(&w, 0x77, 0)->mid.n, 0);
	CHECK_SLICE(world_stream(&w, 0x78, 0)->mid, "0");
	world_done(&w);
}
