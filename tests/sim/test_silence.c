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

/* A steady level is no silence: comfort noise in samples, a tone, a law's silence under the other one. */
TEST(silence_is_not_what_is_merely_steady)
{
	static const uint8_t rows[][2] = { { 0, 0xd5 }, { 8, 0xff }, { 0, 0xfe }, { 97, 0xff } };

	for (unsigned i = 0; i < 4; i++) {
		CHECK(hear(rows[i][0], rows[i][1], true, 300)->quiet_packets < 300);
		world_done(&w);
	}
}

/* n packets of one payload, of a codec that SDP names. */
static const struct es_stream *
hear_payload(
    const char *codec, const uint8_t *payload, size_t n_payload, bool is_secure, unsigned n)
{
	static char maps[200];
	uint8_t p[256] = { 0x80, 97 };
	double ms = 100;

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	(void)snprintf(maps, sizeof(maps), "a=rtpmap:97 %s\r\n%s", codec,
	    is_secure ? "a=fingerprint:sha-256 4A:AD\r\n" : "");
	world_sdp(sdp_a, ALICE, A_PORT, "97", maps);
	world_sdp(sdp_b, BOB, B_PORT, "97", maps);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "200 OK", "INVITE", 1, sdp_b);
	memcpy(p + 12, payload, n_payload);
	p[11] = 0xa;
	for (unsigned i = 0; i < n; i++, ms += 20) {
		uint32_t ts = i * (strncmp(codec, "opus", 4) == 0 ? 960 : 160);

		p[2] = (uint8_t)(i >> 8);
		p[3] = (uint8_t)i;
		for (int k = 0; k < 4; k++)
			p[4 + k] = (uint8_t)(ts >> (24 - 8 * k));
		world_send_udp(
		    &w, ms, world_addr(ALICE, A_PORT), world_addr(BOB, B_PORT), p, 12 + n_payload);
	}
	world_flush(&w);
	return world_stream(&w, 0xa, 0);
}

static const uint8_t g729_zero[20] = { 0x78, 0x52, 0x80, 0xa0, 0, 0xfa, 0xc2, 0, 7, 0xd6, 0x78,
	0xaa, 0x40, 0xa0, 0, 0xfa, 0xc2, 0, 7, 0xd6 };
static const uint8_t gsm_zero[33] = { 0xd8, 0x20, 0xa2, 0xe1, 0x5a, 0x50, 0, 0x49, 0x24, 0x92, 0x49,
	0x24, 0x50, 0, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50, 0, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50, 0,
	0x49, 0x24, 0x92, 0x49, 0x24 };
static const uint8_t celt_zero[3] = { 0xf8, 0xff, 0xfe };
static const uint8_t silk_zero[8] = { 0x48, 0x07, 0xc9, 0x79, 0xc8, 0xc9, 0x57, 0xc0 };

TEST(silence_that_is_coded_is_quiet_from_the_first_packet)
{
	static uint8_t g722[160], g726[80];
	static const struct {
		const char *codec;
		const uint8_t *payload;
		size_t n;
	} rows[] = {
		{ "G722/8000", g722, sizeof(g722) },
		{ "G726-32/8000", g726, sizeof(g726) },
		{ "G729/8000", g729_zero, sizeof(g729_zero) },
		{ "GSM/8000", gsm_zero, sizeof(gsm_zero) },
		{ "opus/48000/2", celt_zero, sizeof(celt_zero) },
		{ "opus/48000/2", silk_zero, sizeof(silk_zero) },
	};

	memset(g722, 0xfa, sizeof(g722));
	memset(g726, 0xff, sizeof(g726));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct es_stream *s =
		    hear_payload(rows[i].codec, rows[i].payload, rows[i].n, false, 300);

		if (s == NULL || s->quiet_packets != 300)
			test_fail(__FILE__, __LINE__, "%s: %u", rows[i].codec,
			    s != NULL ? (unsigned)s->quiet_packets : 0);
		world_done(&w);
	}
}

/* In SRTP the same bytes say nothing. */
TEST(silence_is_not_read_out_of_srtp)
{
	const struct es_stream *s =
	    hear_payload("opus/48000/2", celt_zero, sizeof(celt_zero), true, 300);

	CHECK(s != NULL);
	CHECK_EQ(s->quiet_packets, 0);
	world_done(&w);
}

/* Who never had a silent packet has nothing that distinguishes speech from a pause. */
TEST(silence_is_unknown_of_a_codec_that_shows_only_zeros)
{
	static uint8_t g726[80] = { 0x12, 0x34 };
	const struct es_stream *s = hear_payload("G726-32/8000", g726, sizeof(g726), false, 300);

	CHECK(s != NULL);
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
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
