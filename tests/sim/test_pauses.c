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

/* A call of type 111, 20 ms a packet, that sends one payload in speech and another in pauses. */
static const struct es_stream *
measure_packets(const char *profile, const char *attributes, uint32_t step, unsigned packet_ms,
    es_slice loud, es_slice still)
{
	static char offer[1024], answer[1024];

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	for (unsigned side = 0; side < 2; side++)
		(void)snprintf(side == 0 ? offer : answer, sizeof(offer),
		    "v=0\r\no=- 1 1 IN IP4 10.0.0.%u\r\ns=-\r\nc=IN IP4 10.0.0.%u\r\nt=0 0\r\n"
		    "m=audio %u %s 111\r\n%s",
		    side + 1, side + 1, side == 0 ? A_PORT : B_PORT, profile, attributes);
	request(0, true, "INVITE", 1, NULL, offer);
	response(1000, true, "200 OK", "INVITE", 1, answer);
	request(1010, true, "ACK", 1, "tb", NULL);
	for (unsigned i = 0; i < 400; i++) {
		uint32_t ts = i * step;
		es_slice payload = is_still(i) ? still : loud;
		uint8_t b[12 + 100] = { 0x80, 111, (uint8_t)(i >> 8), (uint8_t)i, 0,
			(uint8_t)(ts >> 16), (uint8_t)(ts >> 8), (uint8_t)ts, 0, 0, 0, SSRC };

		memcpy(b + 12, payload.p, payload.n);
		world_send_udp(&w, 1020 + packet_ms * i, world_addr(BOB, B_PORT),
		    world_addr(ALICE, A_PORT), b, 12 + payload.n);
	}
	world_flush(&w);
	return world_stream(&w, SSRC, 0);
}

static const struct es_stream *
measure_call(
    const char *profile, const char *attributes, uint32_t step, es_slice loud, es_slice still)
{
	return measure_packets(profile, attributes, step, 20, loud, still);
}

TEST(pauses_of_opus_are_known_by_its_length_in_srtp_too)
{
	static const uint8_t payload[90] = { 0 };
	const struct es_stream *s = measure_call("RTP/SAVP", "a=rtpmap:111 opus/48000/2\r\n", 960,
	    es_slice_of(payload, 90), es_slice_of(payload, 40));

	CHECK(s->srtp);
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, ES_STREAM_HAS_PAUSES);
	CHECK_EQ(s->quiet_packets, 200);
	world_done(&w);
}

/* The flag is the first bit behind the table of contents. */
TEST(pauses_of_amr_wb_are_known_by_its_voice_activity_flag)
{
	static const uint8_t loud[34] = { 0xf0, 2 << 3 | 4, 0x80 };
	static const uint8_t still[34] = { 0xf0, 2 << 3 | 4, 0 };
	const struct es_stream *s =
	    measure_call("RTP/AVP", "a=rtpmap:111 AMR-WB/16000\r\na=fmtp:111 octet-align=1\r\n",
		320, es_slice_of(loud, 34), es_slice_of(still, 34));

	CHECK_EQ(s->quiet_packets, 200);
	world_done(&w);
	s = measure_call("RTP/AVP",
	    "a=rtpmap:111 AMR-WB/16000\r\na=fmtp:111 octet-align=1;crc=1\r\n", 320,
	    es_slice_of(loud, 34), es_slice_of(still, 34));
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0); /* a CRC is where the flag would be */
	world_done(&w);
	s = measure_call("RTP/SAVP", "a=rtpmap:111 AMR-WB/16000\r\na=fmtp:111 octet-align=1\r\n",
	    320, es_slice_of(loud, 34), es_slice_of(still, 34));
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
}

/* 12.2 kbit/s: the highest and the lowest gains that there are. */
TEST(pauses_of_amr_are_known_by_its_gains)
{
	static const uint8_t still[33] = { 0xf0, 7 << 3 | 4 };
	uint8_t loud[33];
	const struct es_stream *s;

	memset(loud, 0xff, sizeof(loud));
	memcpy(loud, still, 2);
	s = measure_call("RTP/AVP", "a=rtpmap:111 AMR/8000\r\na=fmtp:111 octet-align=1\r\n", 160,
	    es_slice_of(loud, 33), es_slice_of(still, 33));
	CHECK_NEAR((double)s->quiet_packets, 200, 5); /* gains rise from what was before */
	world_done(&w);
}

/* Bandwidth-efficient, the flag is bit 10; octet-aligned, bit 16. */
TEST(pauses_of_amr_wb_follow_a_packing_that_was_renegotiated)
{
	static const char *const fmtp[] = {
		"a=rtpmap:111 AMR-WB/16000\r\na=fmtp:111 octet-align=1\r\n",
		"a=rtpmap:111 AMR-WB/16000\r\n"
	};
	static const uint8_t head[2][2] = { { 0xf0, 2 << 3 | 4 }, { 0xf1, 0x40 } };

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	for (unsigned i = 0; i < 400; i++) {
		unsigned part = i / 200;
		uint8_t b[12 + 34] = { 0x80, 111, (uint8_t)(i >> 8), (uint8_t)i, 0,
			(uint8_t)(i * 320 >> 16), (uint8_t)(i * 320 >> 8), (uint8_t)(i * 320), 0, 0,
			0, SSRC };

		if (i % 200 == 0) {
			world_sdp(sdp_a, ALICE, A_PORT, "111", fmtp[part]);
			world_sdp(sdp_b, BOB, B_PORT, "111", fmtp[part]);
			request(20 * i, true, "INVITE", part + 1, part > 0 ? "tb" : NULL, sdp_a);
			response(20 * i + 2, true, "200 OK", "INVITE", part + 1, sdp_b);
			request(20 * i + 3, true, "ACK", part + 1, "tb", NULL);
		}
		memcpy(b + 12, head[part], 2);
		if (!is_still(i))
			b[part == 0 ? 14 : 13] |= part == 0 ? 0x80 : 0x20;
		world_send_udp(&w, 20 * i + 5, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT),
		    b, sizeof(b));
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, SSRC, 0)->quiet_packets, 200);
	world_done(&w);
}

/* Frames of both in turn (RFC 4867 section 4.1), and gains follow each other in one of them. */
TEST(pauses_of_amr_in_two_channels_are_unknown)
{
	static const uint8_t payload[3 + 2 * 12] = { 0xf0, 0x84, 4 };
	es_slice p = es_slice_of(payload, sizeof(payload));
	const struct es_stream *s = measure_call(
	    "RTP/AVP", "a=rtpmap:111 AMR/8000/2\r\na=fmtp:111 octet-align=1\r\n", 160, p, p);

	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	CHECK_NEAR(s->ie_eff_milli, 35600, 0); /* two frames of 4.75 are not one of a higher mode */
	world_done(&w);
}

/* 40 ms a packet: a descriptor and nothing, five bytes behind the request and two entries. */
TEST(pauses_of_amr_are_known_by_silence_descriptors_of_several_frames)
{
	static const uint8_t loud[3 + 2 * 31] = { 0xf0, 0x80 | 7 << 3 | 4, 7 << 3 | 4 };
	static const uint8_t still[3 + 5] = { 0xf0, 0x80 | 8 << 3 | 4, 15 << 3 | 4 };
	const struct es_stream *s =
	    measure_packets("RTP/AVP", "a=rtpmap:111 AMR/8000\r\na=fmtp:111 octet-align=1\r\n", 320,
		40, es_slice_of(loud, sizeof(loud)), es_slice_of(still, sizeof(still)));

	CHECK_EQ(s->comfort_noise_packets, 200);
	CHECK_EQ(s->quiet_packets, 200);
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

TEST(pauses_of_srtp_are_known_by_the_audio_level_alone)
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

/* SIP in TLS and keys in its SDP: nothing shows that it is SRTP but the tag of 10 bytes. */
TEST(pauses_of_srtp_without_signalling_are_unknown)
{
	uint8_t b[12 + 170] = { 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SSRC };
	const struct es_stream *s;

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	for (unsigned i = 0; i < 400; i++) {
		b[2] = (uint8_t)(i >> 8);
		b[3] = (uint8_t)i;
		b[5] = (uint8_t)(i * 160 >> 16);
		b[6] = (uint8_t)(i * 160 >> 8);
		b[7] = (uint8_t)(i * 160);
		for (unsigned k = 12; k < sizeof(b); k++)
			b[k] = (uint8_t)(i * 31 + k * k * 7);
		world_send_udp(
		    &w, 20 * i, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), b, sizeof(b));
	}
	world_flush(&w);
	s = world_stream(&w, SSRC, 0);
	CHECK((s->has & ES_STREAM_HAS_QUALITY) != 0);
	CHECK_EQ(s->has & ES_STREAM_HAS_PAUSES, 0);
	world_done(&w);
}

enum { RTX_SSRC = 0xc, REPAIRED_PACKETS = 600 };

/* What became of packet i of a repaired stream. */
enum fate { RECEIVED, GIVEN_BACK, GONE };

/* A payload and, where a retransmission gives it back, its number before it. */
static void
send_payload(double ms, bool is_rtx, uint8_t pt, unsigned i, uint32_t ts, uint8_t fill, size_t n)
{
	unsigned seq = is_rtx ? i : 1000 + i;
	uint8_t b[12 + 2 + 160] = { 0x80, pt, (uint8_t)(seq >> 8), (uint8_t)seq,
		(uint8_t)(ts >> 24), (uint8_t)(ts >> 16), (uint8_t)(ts >> 8), (uint8_t)ts, 0, 0, 0,
		is_rtx ? RTX_SSRC : SSRC };
	size_t head = 12;

	if (is_rtx) {
		b[head++] = (uint8_t)((1000 + i) >> 8);
		b[head++] = (uint8_t)(1000 + i);
	}
	memset(b + head, fill, n);
	world_send_udp(&w, ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), b, head + n);
}

static const char opus_sdp[] =
    "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 maxplaybackrate=16000;useinbandfec=1\r\n"
    "a=rtpmap:97 rtx/48000\r\na=fmtp:97 apt=96\r\n";

static void
set_up_clear(const char *types, const char *attributes)
{
	world_init(&w);
	w.cfg.use_payload = true;
	w.cfg.receiver = ES_RECEIVER_FIXED;
	w.cfg.receiver_ms = 200;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, types, attributes);
	world_sdp(sdp_b, BOB, B_PORT, types, attributes);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
}

/* A call in clear whose first half is speech and whose second is a pause, with retransmissions. */
static const struct es_stream *
measure_repaired(const char *types, const char *attributes, enum fate (*fate)(unsigned i))
{
	bool is_opus = strstr(attributes, "opus") != NULL;
	uint8_t pt = is_opus ? 96 : 0;
	uint32_t step = is_opus ? 960 : 160;

	set_up_clear(types, attributes);
	for (unsigned i = 0; i < REPAIRED_PACKETS; i++) {
		bool still = i >= REPAIRED_PACKETS / 2;
		double ms = 1020 + 20 * i;

		if (fate(i) == RECEIVED)
			send_payload(ms, false, pt, i, step * i, still ? STILL : LOUD,
			    is_opus && still ? 30 : 100);
		if (i > 2 && fate(i - 2) == GIVEN_BACK)
			send_payload(ms + 1, true, 97, i - 2, step * (i - 2), STILL, 30);
	}
	world_flush(&w);
	return world_stream(&w, SSRC, 0);
}

static bool
is_hit_late(unsigned i, unsigned rest)
{
	return i > REPAIRED_PACKETS / 2 + 20 && i < REPAIRED_PACKETS - 20 && i % 10 == rest;
}

static enum fate
gone_then_given_back(unsigned i)
{
	return is_hit_late(i, 4) ? GONE : is_hit_late(i, 5) ? GIVEN_BACK : RECEIVED;
}

static enum fate
given_back_then_gone(unsigned i)
{
	return is_hit_late(i, 4) ? GIVEN_BACK : is_hit_late(i, 5) ? GONE : RECEIVED;
}

static enum fate
gone_only(unsigned i)
{
	return is_hit_late(i, 5) ? GONE : RECEIVED;
}

TEST(pauses_with_a_packet_given_back_are_no_better_than_without_loss)
{
	const struct es_stream *s = measure_repaired("96 97", opus_sdp, gone_then_given_back);

	CHECK(s->recovered > 20);
	CHECK(s->quiet_packets > 200);
	CHECK_EQ(s->mos_lq_milli, s->clean_mos_lq_milli); /* each lone loss is in the next packet */
	world_done(&w);
}

TEST(pauses_go_on_over_a_packet_given_back)
{
	static const char rtx[] = "a=rtpmap:97 rtx/8000\r\na=fmtp:97 apt=0\r\n";
	const struct es_stream *s = measure_repaired("0 97", rtx, given_back_then_gone);
	uint32_t mos = s->mos_lq_milli;

	CHECK(s->recovered > 20);
	world_done(&w);
	CHECK_EQ(mos, measure_repaired("0 97", rtx, gone_only)->mos_lq_milli);
	world_done(&w);
}

/* The last packet of a part comes late, and its sender continues after 11 s. */
TEST(pauses_with_silence_behind_a_late_packet_are_no_better_than_without_loss)
{
	enum { PART = 150 };
	const struct es_stream *s;

	set_up_clear("96", opus_sdp);
	for (unsigned i = 0; i < PART; i++) {
		bool still = i >= PART / 2;

		send_payload(1020 + 20 * i + (i == PART - 1 ? 300 : 0), false, 96, i, 960 * i,
		    still ? STILL : LOUD, still ? 30 : 100);
	}
	for (unsigned i = PART; i < 2 * PART; i++)
		send_payload(1020 + 20 * i + 11000, false, 96, i, 960 * i + 11 * 48000, LOUD, 100);
	world_flush(&w);
	s = world_stream(&w, SSRC, 0);
	CHECK_EQ(s->late, 1);
	CHECK(s->mos_lq_milli <= s->clean_mos_lq_milli);
	world_done(&w);
}

/* How loud speech was is asked of one codec at a time: what was a pause in one may be speech in the next. */
TEST(pauses_of_another_codec_are_measured_again)
{
	enum { EACH = 200, QUIET_A_LAW = 0xc5 };
	struct world_rtp r = { .from = BOB, .to = ALICE, .from_port = B_PORT, .to_port = A_PORT };

	for (int is_changed = 0; is_changed < 2; is_changed++) {
		double ms = 0;

		world_init(&w);
		w.cfg.use_payload = true;
		world_start(&w);
		r.ssrc = SSRC;
		r.seq = 1;
		r.ts = 0;
		r.pt = is_changed ? 0 : 8;
		r.fill = is_changed ? 0x80 : 0xaa; /* as loud as it can be, of either law */
		world_run_rtp(&w, &ms, &r, EACH);
		r.pt = 8;
		r.fill = QUIET_A_LAW;
		world_run_rtp(&w, &ms, &r, EACH);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, SSRC, 0)->quiet_packets, is_changed ? 0 : EACH);
		world_done(&w);
	}
}

/* A turn of speech and one of a pause. */
static void
speak_and_pause(double *ms, struct world_rtp *line)
{
	line->fill = LOUD;
	world_run_rtp(&w, ms, line, TURN);
	line->fill = STILL;
	world_run_rtp(&w, ms, line, TURN);
}

/* What a stream knows of its pauses is its own, also where another has ended and a third begins. */
TEST(pauses_of_one_stream_outlive_those_of_another)
{
	struct world_rtp line[3];
	double ms = 0;

	world_init(&w);
	w.cfg.use_payload = true;
	world_start(&w);
	for (unsigned i = 0; i < 3; i++)
		line[i] = (struct world_rtp){ .from = BOB,
			.to = ALICE,
			.from_port = B_PORT,
			.to_port = (uint16_t)(A_PORT + 2 * i),
			.ssrc = SSRC + i };
	speak_and_pause(&ms, &line[0]);
	speak_and_pause(&ms, &line[1]); /* which then ends by 300 s of silence */
	ms += 290000;
	line[0].ts += 160 * 14600;
	speak_and_pause(&ms, &line[0]);
	ms += 20000;
	line[0].ts += 160 * 1000;
	speak_and_pause(&ms, &line[2]);
	speak_and_pause(&ms, &line[0]);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, SSRC + 1, 0)->quiet_packets, TURN);
	CHECK_EQ(world_stream(&w, SSRC + 2, 0)->quiet_packets, TURN);
	CHECK_EQ(world_stream(&w, SSRC, 0)->quiet_packets, 3 * TURN);
	world_done(&w);
}
