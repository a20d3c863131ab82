/* SPDX-License-Identifier: Apache-2.0 */
/* Samples, steps and gains of payloads. */
#include "probes/wire/rtp/loudness.h"

#include "probes/base/bitfield.h"
#include "probes/wire/rtp/amr.h"

enum {
	ONE = 256, /* a doubling */
	G722_STEP_MAX = 18432,
	G729_FRAME_BYTES = 10,
	GSM_FRAME_BYTES = 33,
};

/* log2(v), the mantissa's taken as straight: half a decibel off at most. v 0 counts as 1. */
static int32_t
log2_q8(uint64_t v)
{
	int top;

	if (v <= 1)
		return 0;
	top = 63 - __builtin_clzll(v);
	return top * ONE + (int32_t)(top <= 8 ? (v << (8 - top)) & 255 : (v >> (top - 8)) & 255);
}

/* G.711 tables 2a and 2b, on a scale of 14 and 13 bits brought to one of 16. */
static int32_t
sample(enum es_loudness_of codec, uint8_t b)
{
	uint8_t u = codec == ES_LOUDNESS_PCMU ? (uint8_t)~b : b ^ 0x55;
	unsigned exponent = u >> 4 & 7;
	int32_t mantissa = u & 15;

	if (codec == ES_LOUDNESS_PCMU)
		return (((mantissa << 3) + 132) << exponent) - 132;
	if (exponent == 0)
		return (mantissa << 4) + 8;
	return ((mantissa << 4) + 264) << (exponent - 1);
}

static bool
of_samples(enum es_loudness_of codec, es_slice p, int32_t *level)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p.n; i++) {
		int32_t v = sample(codec, p.p[i]);

		sum += (uint64_t)((int64_t)v * v);
	}
	*level = log2_q8(sum / p.n) / 2;
	return true;
}

/* G.722 clause 3.6: the step follows the codes, and forgets by 1/128 with each. */
static bool
of_g722(struct es_loudness *l, es_slice p, int32_t *level)
{
	/* By the four bits of a code that count, clause 6.2.1.3. */
	static const int16_t move[] = { -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538,
		334, 172, 58, -30, -60 };
	int64_t sum = 0;

	for (size_t i = 0; i < p.n; i++) {
		int32_t step = l->g722_step - l->g722_step / 128 + move[p.p[i] >> 2 & 15];

		l->g722_step = step < 0 ? 0 : step > G722_STEP_MAX ? G722_STEP_MAX : step;
		sum += l->g722_step;
	}
	*level = (int32_t)(sum / (int64_t)p.n / (2048 / ONE));
	return true;
}

/* Corrections of the gain in 1/8192, by the codeword (G.729 clause 3.9.2). */
static const uint16_t g729_first[] = { 9949, 2425, 27162, 9291, 5022, 1516, 14756, 5404 };
static const uint16_t g729_second[] = { 592, 1861, 2395, 3392, 2005, 5935, 0, 237, 2966, 4914, 1196,
	1630, 4861, 14276, 525, 3256 };

/* What the last corrections make expect, in percent of each: equation 69 there, TS 26.090 clause 5.8. */
static int32_t
with_expected(struct es_loudness *l, int32_t gain)
{
	static const int32_t weight[] = { 68, 58, 34, 19 };
	int32_t level = gain;

	for (unsigned i = 0; i < 4; i++)
		level += weight[i] * l->gain[i] / 100;
	for (unsigned i = 3; i > 0; i--)
		l->gain[i] = l->gain[i - 1];
	l->gain[0] = gain;
	return level;
}

static int32_t
g729_subframe(struct es_loudness *l, const uint8_t *frame, size_t at)
{
	int32_t gain = log2_q8((uint64_t)g729_first[es_bitfield_get(frame, at, 3)] +
			       g729_second[es_bitfield_get(frame, at + 3, 4)]) -
		       13 * ONE;

	return with_expected(l, gain);
}

/* Frames of 10 ms; the two bytes of a silence descriptor after them add nothing. */
static bool
of_g729(struct es_loudness *l, es_slice p, int32_t *level)
{
	int32_t sum = 0;
	int32_t n = 0;

	for (size_t i = 0; i + G729_FRAME_BYTES <= p.n; i += G729_FRAME_BYTES, n += 2)
		sum += g729_subframe(l, p.p + i, 44) + g729_subframe(l, p.p + i, 73);
	if (n == 0)
		return false;
	*level = sum / n;
	return true;
}

/* The maximum that a code of six bits stands for (GSM 06.10 table 3.5), to the middle of its range. */
static uint64_t
gsm_maximum(uint32_t code)
{
	unsigned exponent = code >> 3;

	if (code < 16)
		return code * 32 + 16;
	return (((code & 7) + 8u) * 2 + 1) << (exponent + 3);
}

static bool
of_gsm(es_slice p, int32_t *level)
{
	uint64_t sum = 0;
	uint64_t n = 0;

	for (size_t i = 0; i + GSM_FRAME_BYTES <= p.n; i += GSM_FRAME_BYTES) {
		if (p.p[i] >> 4 != 0xd) /* RFC 3551 section 4.5.8 */
			return false;
		for (size_t k = 0; k < 4; k++, n++) {
			uint64_t v = gsm_maximum(es_bitfield_get(p.p + i, 51 + 56 * k, 6));

			sum += v * v;
		}
	}
	if (n == 0)
		return false;
	*level = log2_q8(sum / n) / 2;
	return true;
}

/* The first frame: wideband bit, mode, 30 bits of spectrum, gain in steps of e^(1/3.5). */
static bool
of_speex(es_slice p, int32_t *level)
{
	uint32_t mode;

	if (p.n < 5 || es_bitfield_get(p.p, 0, 1) != 0)
		return false;
	mode = es_bitfield_get(p.p, 1, 4);
	if (mode < 3 || mode > 7)
		return false;
	*level = (int32_t)(es_bitfield_get(p.p, 35, 5) * 1055 / 10);
	return true;
}

static bool
of_amr(struct es_loudness *l, es_slice p, bool is_octet_aligned, int32_t *level)
{
	struct es_amr_packing packing = { .is_octet_aligned = is_octet_aligned };
	struct es_amr_frame frames[ES_AMR_FRAMES_MAX];
	unsigned n = es_amr_frames(p, packing, frames);
	int32_t sum = 0;
	int32_t means = 0;

	for (unsigned i = 0; i < n; i++) {
		means += es_amr_mean_gain(&frames[i]);
		for (unsigned k = 0; k < ES_AMR_SUBFRAMES; k++)
			sum += with_expected(l, es_amr_gain(p.p, &frames[i], k));
	}
	if (n == 0)
		return false;
	*level = means / (int32_t)n + sum / (int32_t)(n * ES_AMR_SUBFRAMES);
	return true;
}

bool
es_loudness_read(
    struct es_loudness *l, enum es_loudness_of codec, es_slice payload, int32_t *level_q8)
{
	if (payload.n == 0)
		return false;
	switch (codec) {
	case ES_LOUDNESS_PCMU:
	case ES_LOUDNESS_PCMA:
		return of_samples(codec, payload, level_q8);
	case ES_LOUDNESS_G722:
		return of_g722(l, payload, level_q8);
	case ES_LOUDNESS_G729:
		return of_g729(l, payload, level_q8);
	case ES_LOUDNESS_GSM:
		return of_gsm(payload, level_q8);
	case ES_LOUDNESS_SPEEX:
		return of_speex(payload, level_q8);
	case ES_LOUDNESS_AMR:
	case ES_LOUDNESS_AMR_ALIGNED:
		return of_amr(l, payload, codec == ES_LOUDNESS_AMR_ALIGNED, level_q8);
	case ES_LOUDNESS_NONE:
		break;
	}
	return false;
}
