/* SPDX-License-Identifier: Apache-2.0 */
/* How loud payloads are, by what their codecs write down. */
#include "probes/wire/rtp/loudness.h"
#include "sweep.h"

#define DOUBLING 256

static int32_t
level(enum es_loudness_of codec, const void *p, size_t n)
{
	struct es_loudness l = { 0 };
	int32_t is = INT32_MIN;

	if (!es_loudness_read(&l, codec, test_guarded(p, n), &is))
		return INT32_MIN;
	return is;
}

/* n bits of v, highest first, from bit `at` of p on. */
static void
put(uint8_t *p, size_t at, unsigned n, uint32_t v)
{
	for (; n > 0; n--, at++)
		if ((v >> (n - 1) & 1) != 0)
			p[at / 8] |= (uint8_t)(0x80 >> at % 8);
}

TEST(loudness_of_g711_is_the_mean_square_of_its_samples)
{
	/* Largest and smallest codes: 32124 and 0 of mu-law, 32256 and 8 of A-law (G.711 tables). */
	static const uint8_t mu_loud[] = { 0x80, 0x00 }, mu_still[] = { 0xff, 0x7f };
	static const uint8_t a_loud[] = { 0xaa, 0x2a }, a_still[] = { 0xd5, 0x55 };
	/* 1884 = 2^10.88 and half of it, but for the offset of the segments. */
	static const uint8_t half[] = { 0xad, 0xbe };

	CHECK_NEAR(level(ES_LOUDNESS_PCMU, mu_loud, 2), 14.97 * DOUBLING, 24);
	CHECK_EQ(level(ES_LOUDNESS_PCMU, mu_still, 2), 0);
	CHECK_NEAR(level(ES_LOUDNESS_PCMA, a_loud, 2), 14.98 * DOUBLING, 24);
	CHECK_NEAR(level(ES_LOUDNESS_PCMA, a_still, 2), 3 * DOUBLING, 8);
	CHECK_NEAR(
	    level(ES_LOUDNESS_PCMU, half, 1) - level(ES_LOUDNESS_PCMU, half + 1, 1), DOUBLING, 40);
	CHECK_NEAR(level(ES_LOUDNESS_PCMU, mu_loud, 1), level(ES_LOUDNESS_PCMU, mu_loud + 1, 1), 0);
}

TEST(loudness_of_g722_follows_the_step_of_its_lower_band)
{
	uint8_t rising[320], falling[320];
	struct es_loudness l = { 0 };
	int32_t loud = 0, still = 0;

	memset(rising, 1 << 2, sizeof(rising));    /* the largest difference, again and again */
	memset(falling, 15 << 2, sizeof(falling)); /* the smallest */
	CHECK(es_loudness_read(&l, ES_LOUDNESS_G722, es_slice_of(rising, 320), &loud));
	CHECK(l.g722_step <= 18432);
	CHECK(es_loudness_read(&l, ES_LOUDNESS_G722, es_slice_of(falling, 320), &still));
	CHECK(loud > 8 * DOUBLING);
	CHECK(still < loud);
	for (unsigned i = 0; i < 10; i++)
		CHECK(es_loudness_read(&l, ES_LOUDNESS_G722, es_slice_of(falling, 320), &still));
	CHECK_EQ(still, 0);
}

/* Both subframes of a frame with the largest gain that the codebooks have, or the smallest. */
static void
g729_frame(uint8_t frame[10], bool is_loud)
{
	memset(frame, 0, 10);
	for (size_t at = 44; at <= 73; at += 29) {
		put(frame, at, 3, is_loud ? 2 : 5);      /* 27162 and 1516 of 8192 */
		put(frame, at + 3, 4, is_loud ? 13 : 6); /* 14276 and 0 */
	}
}

TEST(loudness_of_g729_is_its_gain_over_what_the_last_ones_make_expect)
{
	uint8_t frame[10];
	struct es_loudness l = { 0 };
	int32_t first = 0, later = 0;

	g729_frame(frame, true);
	/* log2(41438 / 8192) = 2.34; the second subframe expects 0.68 of it: 1.34 on the mean. */
	CHECK_NEAR(level(ES_LOUDNESS_G729, frame, 10), 2.34 * 1.34 * DOUBLING, 48);
	CHECK(es_loudness_read(&l, ES_LOUDNESS_G729, es_slice_of(frame, 10), &first));
	CHECK(es_loudness_read(&l, ES_LOUDNESS_G729, es_slice_of(frame, 10), &later));
	CHECK(es_loudness_read(&l, ES_LOUDNESS_G729, es_slice_of(frame, 10), &later));
	/* In the end 1 + 0.68 + 0.58 + 0.34 + 0.19 times the correction. */
	CHECK_NEAR(later, 2.34 * 2.79 * DOUBLING, 64);
	g729_frame(frame, false);
	for (unsigned i = 0; i < 3; i++)
		CHECK(es_loudness_read(&l, ES_LOUDNESS_G729, es_slice_of(frame, 10), &later));
	CHECK_NEAR(later, -2.43 * 2.79 * DOUBLING, 64);
	CHECK_EQ(level(ES_LOUDNESS_G729, frame, 2), INT32_MIN); /* silence descriptor */
}

TEST(loudness_of_gsm_is_the_maximum_of_its_residual)
{
	uint8_t frame[66] = { 0xd0 };
	int32_t still;

	frame[33] = 0xd0;
	still = level(ES_LOUDNESS_GSM, frame, 33);
	CHECK_NEAR(still, 4 * DOUBLING, 1); /* 16: the middle of 0..31 */
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 4; k++)
			put(frame + 33 * i, 51 + 56 * k, 6, 63);
	CHECK_NEAR(level(ES_LOUDNESS_GSM, frame, 33), 14.95 * DOUBLING, 24); /* 31744 */
	CHECK_NEAR(level(ES_LOUDNESS_GSM, frame, 66), 14.95 * DOUBLING, 24);
	frame[33] = 0;
	CHECK_EQ(level(ES_LOUDNESS_GSM, frame, 66), INT32_MIN); /* no frame of GSM */
	CHECK_EQ(level(ES_LOUDNESS_GSM, frame, 32), INT32_MIN);
}

TEST(loudness_of_speex_is_the_gain_of_its_excitation)
{
	uint8_t frame[38] = { 0 };

	put(frame, 1, 4, 5);
	CHECK_EQ(level(ES_LOUDNESS_SPEEX, frame, 38), 0);
	put(frame, 35, 5, 14); /* e^(14 / 3.5) = 54.6 = 2^5.77 */
	CHECK_NEAR(level(ES_LOUDNESS_SPEEX, frame, 38), 5.77 * DOUBLING, 4);
	put(frame, 1, 4, 8); /* there is no mode 13 */
	CHECK_EQ(level(ES_LOUDNESS_SPEEX, frame, 38), INT32_MIN);
	CHECK_EQ(level(ES_LOUDNESS_SPEEX, frame, 4), INT32_MIN);
}

/*
 * Frames of the reference encoder, octet-aligned: an onset of a loud buzz, and faint noise (12 and 2 bits
 * of 16). Payloads of a mode are of one length.
 */
enum { AMR_PAYLOAD_MAX = 33 };

static const struct {
	unsigned bytes;
	uint8_t loud[AMR_PAYLOAD_MAX];
	uint8_t faint[AMR_PAYLOAD_MAX];
} amr_frames[] = {
	{ 14,
	    { 0xf0, 0x04, 0xf3, 0x00, 0x2f, 0xdf, 0xf4, 0xa1, 0xd9, 0x8a, 0x38, 0xd3, 0x0b, 0x8c },
	    { 0xf0, 0x04, 0x65, 0x8b, 0xd4, 0xf4, 0x09, 0x6e, 0x31, 0x75, 0x82, 0x2c, 0x3b,
		0x08 } },
	{ 15,
	    { 0xf0, 0x0c, 0xcf, 0x00, 0x2e, 0xa0, 0x70, 0xfc, 0x20, 0x26, 0x49, 0x44, 0x43, 0x5c,
		0x9a },
	    { 0xf0, 0x0c, 0xcc, 0x18, 0x7f, 0xff, 0xfd, 0xf5, 0xfa, 0xed, 0x1f, 0x0d, 0xe0, 0x98,
		0x1c } },
	{ 17,
	    { 0xf0, 0x14, 0xcf, 0x8e, 0x79, 0x18, 0xc8, 0xab, 0xcd, 0xd9, 0x83, 0x50, 0xfb, 0xfb,
		0xf3, 0xdd, 0x98 },
	    { 0xf0, 0x14, 0x0f, 0xc2, 0xf0, 0xbf, 0x9f, 0xe3, 0xcf, 0xd9, 0x80, 0x5f, 0x4d, 0xce,
		0xfc, 0xbf, 0x94 } },
	{ 19,
	    { 0xf0, 0x1c, 0xcf, 0xc8, 0xf1, 0x75, 0xf6, 0x7e, 0xf6, 0xc9, 0x67, 0x0d, 0x98, 0xd7,
		0x80, 0xb9, 0xdc, 0x81, 0x1c },
	    { 0xf0, 0x1c, 0xff, 0xe4, 0x70, 0x83, 0x61, 0x80, 0x2c, 0x96, 0x6f, 0xd0, 0x73, 0xc9,
		0xcc, 0x20, 0x16, 0xa1, 0x38 } },
	{ 21,
	    { 0xf0, 0x24, 0xe7, 0x85, 0xa7, 0xd7, 0x5f, 0x9a, 0xcb, 0x9d, 0x6e, 0xc7, 0x63, 0x38,
		0x15, 0xf2, 0xf8, 0x54, 0xd8, 0xab, 0x60 },
	    { 0xf0, 0x24, 0x16, 0x07, 0xbb, 0x01, 0x00, 0x1e, 0xc9, 0x2d, 0xf1, 0xfe, 0xbb, 0xdf,
		0xe6, 0x64, 0xb1, 0x9a, 0xe9, 0x5e, 0x60 } },
	{ 22,
	    { 0xf0, 0x2c, 0x13, 0x0d, 0x8f, 0xe1, 0x05, 0x21, 0xe7, 0xfe, 0x5b, 0x8b, 0xcb, 0x29,
		0x80, 0x7c, 0xbc, 0x88, 0x19, 0x19, 0xf8, 0x02 },
	    { 0xf0, 0x2c, 0xd1, 0x68, 0xcc, 0x00, 0xe0, 0x21, 0xa5, 0xf1, 0x23, 0xe5, 0xd9, 0x4f,
		0x11, 0x21, 0xc5, 0x3e, 0xb2, 0x0e, 0x1d, 0x60 } },
	{ 28,
	    { 0xf0, 0x34, 0xe7, 0xd0, 0x9a, 0x77, 0xe7, 0xde, 0xfe, 0xe9, 0x78, 0xcc, 0x6c, 0x73,
		0x8c, 0xbe, 0x16, 0xb6, 0xbc, 0x4f, 0xe9, 0x20, 0x5f, 0x86, 0x82, 0xf2, 0x54,
		0xd0 },
	    { 0xf0, 0x34, 0xff, 0xd9, 0x17, 0x39, 0x80, 0x00, 0x61, 0xbe, 0x43, 0xd4, 0x03, 0x46,
		0x39, 0xb3, 0x33, 0x2e, 0xcb, 0x96, 0xe5, 0x12, 0x6d, 0x6b, 0x53, 0x84, 0x6c,
		0xc0 } },
	{ 33,
	    { 0xf0, 0x3c, 0x0c, 0xa3, 0x61, 0xb8, 0x7f, 0xbd, 0x15, 0xfe, 0x1d, 0xfe, 0x5b, 0xe0,
		0x32, 0x39, 0xea, 0x41, 0x79, 0x2d, 0x2f, 0x50, 0x98, 0x77, 0x9c, 0xa0, 0x5f, 0xe7,
		0x92, 0xed, 0x1e, 0xbb, 0xc0 },
	    { 0xf0, 0x3c, 0x88, 0xf8, 0x86, 0x9b, 0xea, 0xd8, 0x09, 0x60, 0x16, 0xc2, 0x9c, 0x45,
		0x06, 0xe0, 0x00, 0x23, 0x10, 0x45, 0x3d, 0x43, 0x62, 0xa4, 0x2a, 0xf7, 0xbd, 0x02,
		0x7d, 0x50, 0xd5, 0xa4, 0x40 } },
};

/* The same frame, bandwidth-efficient: RFC 4867 sections 4.3 and 4.4. */
static size_t
pack(uint8_t out[AMR_PAYLOAD_MAX], const uint8_t *in, size_t n)
{
	memset(out, 0, AMR_PAYLOAD_MAX);
	out[0] = in[0] >> 4 << 4;
	put(out, 4, 6, in[1] >> 2);
	for (size_t i = 2; i < n; i++)
		put(out, 10 + 8 * (i - 2), 8, in[i]);
	return n;
}

/* The same correction of the gain, of what 33, 30 and 28.75 dB make expect (TS 26.090 clause 5.8). */
TEST(loudness_of_amr_continues_where_its_mode_changes)
{
	static const uint8_t at_10_2[2 + 26] = { 0xf0, 6 << 3 | 4 };
	static const uint8_t at_7_4[2 + 19] = { 0xf0, 4 << 3 | 4 };
	static const uint8_t at_6_7[2 + 17] = { 0xf0, 3 << 3 | 4 };
	int32_t is = level(ES_LOUDNESS_AMR_ALIGNED, at_10_2, sizeof(at_10_2));

	CHECK_NEAR(is - level(ES_LOUDNESS_AMR_ALIGNED, at_7_4, sizeof(at_7_4)), 3 * 256 / 6.02, 1);
	CHECK_NEAR(
	    is - level(ES_LOUDNESS_AMR_ALIGNED, at_6_7, sizeof(at_6_7)), 4.25 * 256 / 6.02, 1);
}

TEST(loudness_of_amr_is_its_gain_in_every_mode_and_packing)
{
	for (size_t i = 0; i < sizeof(amr_frames) / sizeof(amr_frames[0]); i++) {
		size_t n = amr_frames[i].bytes;
		uint8_t loud[AMR_PAYLOAD_MAX], faint[AMR_PAYLOAD_MAX];
		int32_t is = level(ES_LOUDNESS_AMR_ALIGNED, amr_frames[i].loud, n);

		CHECK_NEAR(is - level(ES_LOUDNESS_AMR_ALIGNED, amr_frames[i].faint, n),
		    6.1 * DOUBLING, 0.4 * DOUBLING);
		CHECK_EQ(level(ES_LOUDNESS_AMR, loud, pack(loud, amr_frames[i].loud, n)), is);
		CHECK_EQ(level(ES_LOUDNESS_AMR, faint, pack(faint, amr_frames[i].faint, n)),
		    level(ES_LOUDNESS_AMR_ALIGNED, amr_frames[i].faint, n));
		CHECK_EQ(level(ES_LOUDNESS_AMR_ALIGNED, amr_frames[i].loud, n - 1), INT32_MIN);
	}
}

static void
read_all(es_slice p, uint32_t wire_bytes)
{
	struct es_loudness l = { 0 };

	(void)wire_bytes; /* a packet that was cut is not read */
	for (int codec = ES_LOUDNESS_NONE; codec <= ES_LOUDNESS_AMR_ALIGNED; codec++) {
		int32_t is = 0;

		if (es_loudness_read(&l, (enum es_loudness_of)codec, p, &is))
			CHECK(is > -100 * DOUBLING && is < 100 * DOUBLING);
	}
}

TEST(loudness_sweep)
{
	uint8_t sample[66];

	for (size_t i = 0; i < sizeof(sample); i++)
		sample[i] = (uint8_t)(0xd0 + i * 37 % 16 + i / 33 * 0);
	sample[33] = 0xd7;
	sweep(sample, sizeof(sample), read_all);
}
