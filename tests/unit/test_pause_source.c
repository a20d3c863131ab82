/* SPDX-License-Identifier: Apache-2.0 */
/* What shows that a packet is of a pause, codec by codec, and what shows nothing. */
#include "probes/stream/pauses.h"

#include "probes/wire/rtp/silence.h"

#include "streams_rig.h"

enum { HIGHEST = 1000 };

static struct es_stream_state *s;
static uint8_t payload[320];

/* A codec of type 96 that signalling named, 20 ms a packet, with bytes of one value behind a head. */
static void
begin(const char *name, uint32_t rate_hz)
{
	rig_open();
	s = rig_stream(host(1, 4000), host(2, 5000), 0xa);
	rig_speaks(s);
	es_payload_of(96, es_slice_str(name), rate_hz, &s->coding.first.is);
	s->changes.step = (uint16_t)(rate_hz / 50);
	s->has_signalling = true;
	s->lowest = HIGHEST - 400;
	s->highest = HIGHEST;
	s->oldest = HIGHEST / ES_BLOCK_SEQS - 1;
}

static void
end(void)
{
	es_pauses_drop(&c, s);
	CHECK(s->side.pauses == NULL);
	CHECK_EQ(c.pauses.pool.n_used, 0);
	rig_close();
}

static size_t
fill(const char *head, uint8_t value, size_t n)
{
	size_t at = strlen(head);

	memset(payload, value, sizeof(payload));
	memcpy(payload, head, at);
	return n;
}

static void
sends(uint64_t number, size_t n)
{
	struct es_rtp rtp = { .seq = (uint16_t)number,
		.pt = 96,
		.payload = es_slice_of(payload, n),
		.payload_bytes = (uint32_t)n };

	es_pauses_packet(&c, s, &rtp);
}

static uint64_t
quiet(void)
{
	return s->side.pauses != NULL ? s->side.pauses->packets : 0;
}

/* Speech that each codec shows: what its level is read from, and how far below the top a pause is. */
static const struct speech {
	const char *name;
	uint32_t rate_hz;
	const char *head;
	uint8_t value;
	uint8_t n;
	unsigned fall_db;
	enum es_loudness_of of;
} speech[] = {
	{ "PCMU", 8000, "", 0x80, 160, 40, ES_LOUDNESS_PCMU },
	{ "PCMA", 8000, "", 0xaa, 160, 40, ES_LOUDNESS_PCMA },
	{ "G722", 8000, "", 0x44, 160, 31, ES_LOUDNESS_G722 },
	{ "G722", 8000, "", 0xc4, 160, 31, ES_LOUDNESS_G722 }, /* as in silence, but loud */
	{ "G729", 8000, "", 0x5a, 20, 22, ES_LOUDNESS_G729 },
	{ "GSM", 8000, "\xd8", 0xaa, 33, 22, ES_LOUDNESS_GSM },
	{ "speex", 8000, "\x28", 0xaa, 38, 38, ES_LOUDNESS_SPEEX },
	{ "AMR", 8000, "\xf3\xc0", 0xaa, 32, 30, ES_LOUDNESS_AMR },
};

TEST(pause_by_level_lies_so_far_below_the_top_of_its_codec)
{
	for (size_t i = 0; i < sizeof(speech) / sizeof(speech[0]); i++) {
		const struct speech *k = &speech[i];
		int32_t fall = (int32_t)k->fall_db * 25600 / 602;
		struct es_loudness before;
		int32_t level;

		for (int32_t above = 0; above < 2; above++) {
			begin(k->name, k->rate_hz);
			(void)fill(k->head, k->value, k->n);
			sends(HIGHEST, k->n);
			CHECK(s->side.pauses != NULL);
			CHECK_EQ(s->side.pauses->source, k->of);
			CHECK_EQ(quiet(), 0); /* nobody knows yet how loud speech is */
			before = s->side.pauses->loudness;
			CHECK(es_loudness_read(&before, k->of, es_slice_of(payload, k->n), &level));
			s->side.pauses->activity.top = 16 * (level + fall) + above;
			sends(HIGHEST, k->n);
			CHECK_EQ(quiet(), above);
			CHECK_EQ(memcmp(&before, &s->side.pauses->loudness, sizeof(before)), 0);
			end();
		}
	}
}

TEST(pause_by_level_of_amr_is_of_frames_that_are_where_they_are_as_a_rule)
{
	static const struct {
		bool is_aligned, is_interleaved, has_checksums;
		uint8_t channels, source;
	} rows[] = { { false, false, false, 0, ES_LOUDNESS_AMR },
		{ false, false, false, 1, ES_LOUDNESS_AMR },
		{ true, false, false, 1, ES_LOUDNESS_AMR_ALIGNED },
		{ true, true, false, 1, ES_LOUDNESS_NONE },
		{ true, false, true, 1, ES_LOUDNESS_NONE },
		{ true, false, false, 2, ES_LOUDNESS_NONE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned is_wide = 0; is_wide < 2; is_wide++) {
			struct es_payload *is;

			begin(is_wide ? "AMR-WB" : "AMR", is_wide ? 16000 : 8000);
			is = &s->coding.first.is;
			is->is_octet_aligned = rows[i].is_aligned;
			is->is_interleaved = rows[i].is_interleaved;
			is->has_checksums = rows[i].has_checksums;
			is->channels = rows[i].channels;
			sends(HIGHEST, fill("\xf0\x3c", 0xaa, 33));
			CHECK_EQ(s->side.pauses != NULL, rows[i].source != ES_LOUDNESS_NONE);
			if (s->side.pauses != NULL && !is_wide)
				CHECK_EQ(s->side.pauses->source, rows[i].source);
			end();
		}
	}
}

TEST(pause_in_octet_aligned_amr_is_30_db_below_the_top)
{
	static const uint8_t head[] = { 0xf0, 7 << 3 | 4 };
	es_slice p = es_slice_of(payload, 33);
	struct es_loudness before;
	int32_t level;

	for (int32_t above = 0; above < 2; above++) {
		begin("AMR", 8000);
		s->coding.first.is.is_octet_aligned = true;
		(void)fill("", 0xaa, 33);
		memcpy(payload, head, sizeof(head));
		sends(HIGHEST, 33);
		before = s->side.pauses->loudness;
		CHECK(es_loudness_read(&before, ES_LOUDNESS_AMR_ALIGNED, p, &level));
		s->side.pauses->activity.top = 16 * (level + 30 * 25600 / 602) + above;
		sends(HIGHEST, 33);
		CHECK_EQ(quiet(), above);
		end();
	}
}

/* Every sample zero, from the first packet on. */
TEST(pause_of_zeros_is_one_without_any_speech)
{
	static const struct {
		const char *name;
		uint32_t rate_hz;
		const char *head;
		uint8_t value, n;
	} rows[] = { { "PCMU", 8000, "", 0xff, 160 }, { "PCMA", 8000, "", 0xd5, 160 },
		{ "L16", 8000, "", 0, 160 }, { "L16", 16000, "", 0, 160 },
		{ "G722", 8000, "", 0xfb, 160 }, { "G726-24", 8000, "", 0xff, 60 },
		{ "G726-32", 8000, "", 0xff, 80 }, { "G726-40", 8000, "", 0xff, 100 },
		{ "opus", 48000, "\xf8\xff\xfe", 0, 3 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].name, rows[i].rate_hz);
		sends(HIGHEST, fill(rows[i].head, rows[i].value, rows[i].n));
		CHECK_EQ(quiet(), 1);
		payload[1] ^= 0x40; /* which is no zero of any of them */
		payload[0] ^= 0x40;
		sends(HIGHEST - 1, rows[i].n);
		CHECK_EQ(quiet(), 1);
		end();
	}
}

TEST(pause_of_zeros_of_g729_and_gsm)
{
	static const uint8_t g729[10] = { 0x78, 0x52, 0x80, 0xa0, 0x00, 0xfa, 0xc2, 0x00, 0x07,
		0xd6 };
	static const uint8_t sub[7] = { 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24 };

	begin("G729", 8000);
	memcpy(payload, g729, 10);
	memcpy(payload + 10, g729, 10);
	sends(HIGHEST, 20);
	CHECK_EQ(quiet(), 1);
	end();
	begin("GSM", 8000);
	(void)fill("\xd8", 0x20, 33);
	for (size_t at = 5; at < 33; at += sizeof(sub))
		memcpy(payload + at, sub, sizeof(sub));
	sends(HIGHEST, 33);
	CHECK_EQ(quiet(), 1);
	end();
}

TEST(codec_of_bare_samples_shows_nothing_before_its_first_zeros)
{
	begin("L16", 8000);
	sends(HIGHEST, fill("", 0x11, 160));
	CHECK(s->side.pauses == NULL);
	sends(HIGHEST, fill("", 0, 160));
	sends(HIGHEST - 1, fill("", 0x11, 160));
	CHECK_EQ(quiet(), 1);
	CHECK(es_window_has(s->side.pauses->quiet, HIGHEST));
	CHECK(!es_window_has(s->side.pauses->quiet, HIGHEST - 1));
	end();
}

TEST(codecs_that_show_nothing_have_no_pause)
{
	static const char *const names[] = { "iLBC", "SILK", "G728", "GSM-EFR", "VP8", "new" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin(names[i], i == 4 ? 90000 : 8000);
		sends(HIGHEST, fill("", 0xff, 160));
		sends(HIGHEST, fill("", 0, 160));
		CHECK(s->side.pauses == NULL);
		end();
	}
}

/* Where nobody knows whether it is in clear: longer than its packet time, it has a tag of SRTP. */
TEST(payload_without_signalling_is_read_where_it_is_as_long_as_its_time)
{
	static const struct {
		const char *name;
		uint8_t value, n;
		bool is;
	} rows[] = { { "PCMU", 0x80, 159, false }, { "PCMU", 0x80, 160, true },
		{ "PCMU", 0x80, 161, false }, { "PCMA", 0x80, 160, true },
		{ "PCMA", 0x80, 170, false }, { "G722", 0x44, 160, true },
		{ "G722", 0x44, 170, false }, { "G729", 0x5a, 19, false },
		{ "G729", 0x5a, 20, true }, { "G729", 0x5a, 29, true }, { "G729", 0x5a, 30, false },
		{ "GSM", 0xda, 32, false }, { "GSM", 0xda, 33, true }, { "GSM", 0xda, 34, false },
		{ "GSM", 0xda, 66, false }, { "speex", 0x2a, 99, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].name, 8000);
		s->has_signalling = false;
		sends(HIGHEST, fill("", rows[i].value, rows[i].n));
		CHECK_EQ(s->side.pauses != NULL, rows[i].is);
		s->has_signalling = true;
		sends(HIGHEST, rows[i].n);
		CHECK(s->side.pauses != NULL);
		end();
	}
}

TEST(packet_that_shows_nothing_of_pauses)
{
	static const struct {
		bool is_secure, is_cut, is_red;
		uint8_t level_id, pt;
	} rows[] = { { .pt = 96 }, { .pt = 96, .is_secure = true }, { .pt = 96, .is_cut = true },
		{ .pt = 96, .is_red = true }, { .pt = 96, .level_id = 1 }, { .pt = 97 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_rtp rtp = { .seq = HIGHEST, .pt = rows[i].pt, .is_cut = rows[i].is_cut };

		begin("PCMU", 8000);
		s->is_secure = rows[i].is_secure;
		s->level_id = rows[i].level_id;
		s->coding.first.is.is_red = rows[i].is_red;
		rtp.payload = es_slice_of(payload, fill("", 0xff, 160));
		rtp.payload_bytes = 160;
		es_pauses_packet(&c, s, &rtp);
		CHECK_EQ(quiet(), i == 0);
		end();
	}
}

/* A third of a mean of 90 bytes; what SRTP hides is no silence. */
TEST(pause_of_opus_is_known_by_its_length)
{
	for (unsigned is_secure = 0; is_secure < 2; is_secure++) {
		begin("opus", 48000);
		s->is_secure = is_secure != 0;
		for (unsigned i = 0; i < 10; i++)
			sends(HIGHEST, fill("\x78", 1, 90));
		CHECK_EQ(quiet(), 0);
		sends(HIGHEST, fill("\x78", 1, 30));
		CHECK_EQ(quiet(), 1);
		sends(HIGHEST, fill("\xf8\xff\xfe", 0, 90)); /* a silent frame, by its first bits */
		CHECK_EQ(quiet(), is_secure != 0 ? 1 : 2);
		end();
	}
	begin("opus", 48000);
	s->is_secure = true;
	sends(HIGHEST, fill("\xf8\xff\xfe", 0, 3));
	CHECK_EQ(quiet(), 0);
	end();
}

/* The flag is the first bit of each frame; a descriptor alone is no frame of speech. */
TEST(pause_of_amr_wb_has_frames_none_of_which_is_speech)
{
	static const struct {
		uint8_t head[3];
		uint8_t first, second, n;
		bool is;
	} rows[] = { { { 0xf0, 2 << 3 | 4 }, 0x80, 0, 34, false },
		{ { 0xf0, 2 << 3 | 4 }, 0, 0, 34, true },
		{ { 0xf0, 0x80 | 2 << 3 | 4, 2 << 3 | 4 }, 0, 0, 67, true },
		{ { 0xf0, 0x80 | 2 << 3 | 4, 2 << 3 | 4 }, 0x80, 0, 67, false },
		{ { 0xf0, 0x80 | 2 << 3 | 4, 2 << 3 | 4 }, 0, 0x80, 67, false },
		{ { 0xf0, 15 << 3 | 4 }, 0, 0, 18, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned n_heads = rows[i].head[2] != 0 ? 3 : 2;

		begin("AMR-WB", 16000);
		s->coding.first.is.is_octet_aligned = true;
		(void)fill("", 0, rows[i].n);
		memcpy(payload, rows[i].head, n_heads);
		payload[n_heads] = rows[i].first;
		payload[n_heads + 32] = rows[i].second;
		sends(HIGHEST, rows[i].n);
		CHECK(s->side.pauses != NULL);
		CHECK_EQ(quiet(), rows[i].is);
		end();
	}
}

TEST(comfort_noise_is_of_a_pause_where_any_is_known)
{
	begin("PCMU", 8000);
	s->coding.first.is.kind = ES_CODEC_COMFORT;
	sends(HIGHEST, fill("", 0x7f, 1));
	CHECK(s->side.pauses == NULL);
	s->coding.first.is.kind = ES_CODEC_AUDIO;
	sends(HIGHEST - 1, fill("", 0x80, 160));
	CHECK_EQ(quiet(), 0);
	s->coding.first.is.kind = ES_CODEC_COMFORT;
	sends(HIGHEST, fill("", 0x7f, 1));
	CHECK_EQ(quiet(), 1);
	CHECK(es_window_has(s->side.pauses->quiet, HIGHEST));
	end();
	begin("G729", 8000);
	sends(HIGHEST - 1, fill("", 0x5a, 20));
	sends(HIGHEST, fill("", 0x5a, 2)); /* a silence descriptor */
	CHECK_EQ(quiet(), 1);
	s->coding.first.is.kind = ES_CODEC_EVENT;
	sends(HIGHEST, fill("", 0, 4));
	CHECK_EQ(quiet(), 1);
	end();
}

TEST(quiet_packet_is_noted_in_blocks_that_are_open)
{
	static const struct {
		int32_t d;
		bool is;
	} rows[] = { { 0, true }, { 1, false }, { -232, true }, { -488, true }, { -489, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t number = (uint64_t)(HIGHEST + rows[i].d);

		begin("PCMU", 8000);
		sends(number, fill("", 0xff, 160));
		CHECK_EQ(quiet(), rows[i].is);
		CHECK_EQ(es_window_has(s->side.pauses->quiet, number), rows[i].is);
		end();
	}
}

/* RFC 6464: decibels below the overload point, 40 dB below the top is a pause. */
TEST(pause_by_the_level_announced_is_40_db_below_the_top)
{
	for (uint8_t below = 59; below <= 61; below++) {
		begin("PCMU", 8000);
		es_pauses_level(&c, s, HIGHEST - 1, 20);
		CHECK_EQ(quiet(), 0);
		es_pauses_level(&c, s, HIGHEST, below);
		CHECK_EQ(quiet(), below >= 60);
		end();
	}
}

TEST(another_source_begins_with_nothing_known)
{
	begin("PCMU", 8000);
	es_pauses_level(&c, s, HIGHEST, 0);
	sends(HIGHEST, fill("", 0x80, 160));
	CHECK_EQ(s->side.pauses->source, ES_LOUDNESS_PCMU);
	es_pauses_level(&c, s, HIGHEST, 100); /* not quiet: how loud it was at first is forgotten */
	CHECK_EQ(quiet(), 0);
	sends(HIGHEST, fill("", 0x80, 160));
	es_pauses_level(&c, s, HIGHEST, 0);
	es_pauses_level(&c, s, HIGHEST, 100);
	CHECK_EQ(quiet(), 1);
	s->side.pauses->loudness.gain[0] = 5;
	es_pauses_level(&c, s, HIGHEST, 100); /* the same source continues */
	CHECK_EQ(s->side.pauses->loudness.gain[0], 5);
	sends(HIGHEST, fill("", 0x80, 160));
	CHECK_EQ(s->side.pauses->loudness.gain[0], 0);
	end();
}
