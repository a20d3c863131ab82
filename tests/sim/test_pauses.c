/* SPDX-License-Identifier: Apache-2.0 */
/* What is lost in a pause weighs less, what is lost in speech more; only where payloads are read. */
#include "tests/sim/parties.h"

enum {
	SSRC = 0xa,
	TURN = 50,      /* packets of speech, and then of a pause */
	PACKETS = 2000, /* nearly eight blocks */
	LOUD = 0x90,    /* of mu-law */
	STILL = 0xff,
};

static bool
is_still(unsigned i)
{
	return i / TURN % 2 != 0;
}

/* One in ten, in the middle of a turn of speech or of a pause: as many of either. */
static bool
is_hit(unsigned i, bool in_pause)
{
	return i >= 2 * TURN && is_still(i) == in_pause && i % TURN % 5 == 2;
}

static bool
is_hit_in_speech(unsigned i)
{
	return is_hit(i, false);
}

static bool
is_hit_in_pause(unsigned i)
{
	return is_hit(i, true);
}

static bool
is_never_hit(unsigned i)
{
	(void)i;
	return false;
}

/* What the engine says of a stream of speech and pauses that loses what is hit. Valid until done(). */
static const struct es_stream *
measure(bool use_payload, bool (*lost)(unsigned i))
{
	struct world_rtp r = { .from = BOB, .to = ALICE, .from_port = B_PORT, .to_port = A_PORT };

	world_init(&w);
	w.cfg.use_payload = use_payload;
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 60;
	world_start(&w);
	r.ssrc = SSRC;
	for (unsigned i = 0; i < PACKETS; i++, r.seq++, r.ts += 160) {
		r.fill = is_still(i) ? STILL : LOUD;
		if (!lost(i))
			world_send_rtp(&w, 20 * i, &r);
	}
	world_flush(&w);
	return world_stream(&w, SSRC, 0);
}

static uint32_t
mos_of(bool use_payload, bool (*lost)(unsigned i))
{
	uint32_t mos = measure(use_payload, lost)->mos_lq_milli;

	world_done(&w);
	return mos;
}

TEST(pauses_make_a_loss_weigh_less_and_speech_more)
{
	uint32_t blind = mos_of(false, is_hit_in_speech);

	CHECK_NEAR(mos_of(false, is_hit_in_pause), blind, 10);
	CHECK(mos_of(true, is_hit_in_pause) > blind + 200);
	CHECK(mos_of(true, is_hit_in_speech) < blind);
	CHECK_EQ(mos_of(true, is_never_hit), mos_of(false, is_never_hit));
}

TEST(pauses_are_counted_where_they_are_known)
{
	const struct es_stream *s = measure(true, is_never_hit);

	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, ES_STREAM_HAS_PAUSES);
	CHECK_EQ(s->quiet_packets, PACKETS / (2 * TURN) * TURN);
	world_done(&w);
	s = measure(false, is_never_hit);
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
}

TEST(pauses_of_a_payload_that_was_cut_are_unknown)
{
	struct world_rtp r = { .from = BOB, .to = ALICE, .from_port = B_PORT, .to_port = A_PORT };
	double ms = 0;

	world_init(&w);
	w.cfg.use_payload = true;
	w.snap_bytes = 96;
	world_start(&w);
	r.ssrc = SSRC;
	world_run_rtp(&w, &ms, &r, 100);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, SSRC, 0)->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
}

/* A secure call that sends audio levels; every other turn is a pause by what the level says. */
static const struct es_stream *
measure_secure(const char *extmap)
{
	static const uint8_t head[] = { 0xbe, 0xde, 0, 1, 0x10 };
	static char offer[1024], answer[1024];

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	(void)snprintf(offer, sizeof(offer),
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
	    "m=audio 4000 RTP/SAVP 0\r\n%s",
	    extmap);
	(void)snprintf(answer, sizeof(answer),
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
	    "m=audio 5000 RTP/SAVP 0\r\n%s",
	    extmap);
	request(0, true, "INVITE", 1, NULL, offer);
	response(1000, true, "200 OK", "INVITE", 1, answer);
	request(1010, true, "ACK", 1, "tb", NULL);
	for (unsigned i = 0; i < 400; i++) {
		uint8_t b[12 + 8 + 170] = { 0x90, 0, (uint8_t)(i >> 8), (uint8_t)i, 0,
			(uint8_t)(i * 160 >> 16), (uint8_t)(i * 160 >> 8), (uint8_t)(i * 160), 0, 0,
			0, SSRC };

		memcpy(b + 12, head, sizeof(head));
		b[17] = is_still(i) ? 127 : 20;
		world_send_udp(&w, 1020 + 20 * i, world_addr(BOB, B_PORT),
		    world_addr(ALICE, A_PORT), b, sizeof(b));
	}
	world_flush(&w);
	return world_stream(&w, SSRC, 0);
}

TEST(pauses_of_srtp_are_told_by_the_audio_level_alone)
{
	const struct es_stream *s =
	    measure_secure("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");

	CHECK(s->srtp);
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, ES_STREAM_HAS_PAUSES);
	CHECK_EQ(s->quiet_packets, 200);
	world_done(&w);
	s = measure_secure("");
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
}
