/* SPDX-License-Identifier: Apache-2.0 */
/* Modes of AMR that the length does not show and the payload does. */
#include "tests/sim/parties.h"

enum { SSRC = 0xa, PT = 96 };

/* Clean MOS of a stream whose payloads begin with head, in a length of no mode. */
static uint32_t
clean_mos(bool use_payload, const char *fmtp, const uint8_t head[2])
{
	const struct es_stream *s;
	char extra[128];
	uint32_t mos;

	world_init(&w);
	w.cfg.use_payload = use_payload;
	world_start(&w);
	(void)snprintf(extra, sizeof(extra), "a=rtpmap:96 AMR/8000\r\n%s", fmtp);
	world_sdp(sdp_a, ALICE, A_PORT, "96", extra);
	world_sdp(sdp_b, BOB, B_PORT, "96", extra);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
	for (unsigned i = 0; i < 300; i++) {
		uint8_t b[12 + 77] = { 0x80, PT, (uint8_t)(i >> 8), (uint8_t)i, 0,
			(uint8_t)(i * 160 >> 16), (uint8_t)(i * 160 >> 8), (uint8_t)(i * 160), 0, 0,
			0, SSRC, head[0], head[1] };

		world_send_udp(&w, 1020 + 20 * i, world_addr(BOB, B_PORT),
		    world_addr(ALICE, A_PORT), b, sizeof(b));
	}
	world_flush(&w);
	s = world_stream(&w, SSRC, 0);
	mos = (s->has & ES_STREAM_HAS_QUALITY) != 0 ? s->mos_lq_milli : 0;
	world_done(&w);
	return mos;
}

TEST(amr_mode_is_read_where_payloads_are)
{
	static const uint8_t packed[] = { 0xf0, 0x40 };  /* 4.75 kbit/s */
	static const uint8_t aligned[] = { 0xf0, 0x04 }; /* the same */
	const char *octets = "a=fmtp:96 octet-align=1\r\n";
	uint32_t assumed = clean_mos(false, "", packed);

	CHECK(assumed > 4000); /* 12.2 */
	CHECK_NEAR(clean_mos(true, "", packed), 2980, 100);
	CHECK_NEAR(clean_mos(true, octets, aligned), 2980, 100);
	CHECK_EQ(clean_mos(false, octets, aligned), assumed);
	/* A checksum comes behind the table, and implies octets. */
	CHECK_NEAR(clean_mos(true, "a=fmtp:96 crc=1\r\n", aligned), 2980, 100);
	/* Interleaved payloads have a head of their own. */
	CHECK_EQ(clean_mos(true, "a=fmtp:96 octet-align=1;interleaving=30\r\n", aligned), assumed);
}
