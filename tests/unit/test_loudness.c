/* SPDX-License-Identifier: Apache-2.0 */
/* How loud payloads are, by what their codecs write down. */
#include "probes/wire/loudness.h"
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
	put(frame, 1, 4, 8); /* mode 13 is none */
	CHECK_EQ(level(ES_LOUDNESS_SPEEX, frame, 38), INT32_MIN);
	CHECK_EQ(level(ES_LOUDNESS_SPEEX, frame, 4), INT32_MIN);
}

static void
read_all(es_slice p, uint32_t wire_bytes)
{
	struct es_loudness l = { 0 };

	(void)wire_bytes; /* a packet that was cut is not read */
	for (int codec = ES_LOUDNESS_NONE; codec <= ES_LOUDNESS_SPEEX; codec++) {
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
