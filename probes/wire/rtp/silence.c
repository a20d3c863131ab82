/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codes of zeros. Those of G.729 and GSM 06.10 are what the bit-exact encoders in bcg729 1.1.1 and libgsm
 * 1.0.19 give for samples of zero, from the first frame on and again some frames after speech; those of
 * G.722 and G.726 are of SpanDSP 0.0.6, those of Opus of libopus 1.3.1. Uniform noise of one unit of 16 bits gives none of them but of
 * G.726, which decodes to zero there too.
 */
#include "probes/wire/rtp/silence.h"

#include "probes/base/cursor.h"
#include "probes/wire/rtp/silk.h"

enum {
	G722_LEAST_BYTES = 40, /* 5 ms: by chance, a few codes may be what they are in silence */
	G726_LEAST_BYTES = 15,
	G729_FRAME_BYTES = 10,
	G729_SID_BYTES = 2,
	GSM_FRAME_BYTES = 33,
	OPUS_FRAMES_MAX = 48,
	OPUS_HYBRID = 12, /* configurations from here on, RFC 6716 section 3.1 */
	OPUS_CELT = 16,
};

/* All bytes are one value, but for the bits of the mask. */
static bool
is_all(es_slice p, uint8_t value, uint8_t mask)
{
	for (size_t i = 0; i < p.n; i++)
		if (((p.p[i] ^ value) & ~mask & 0xff) != 0)
			return false;
	return p.n > 0;
}

/* Whether the payload is frames of n bytes, each of which passes. rest: bytes that may follow. */
static bool
is_frames(es_slice p, size_t n, size_t rest, bool (*is_one)(const uint8_t *frame))
{
	size_t i = 0;

	for (; i + n <= p.n; i += n)
		if (!is_one(p.p + i))
			return false;
	return i > 0 && (p.n - i == 0 || p.n - i == rest);
}

/* Behind the 18 bits of the line spectrum: pitch, both codebooks and gains. */
static bool
is_g729(const uint8_t *frame)
{
	static const uint8_t zero[7] = { 0xa0, 0x00, 0xfa, 0xc2, 0x00, 0x07, 0xd6 };

	return (frame[2] & 0x3f) == 0 && memcmp(frame + 3, zero, sizeof(zero)) == 0;
}

/* Behind the signature and eight reflection coefficients: four subframes whose residual is the least. */
static bool
is_gsm(const uint8_t *frame)
{
	static const uint8_t subframe[7] = { 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24 };

	for (size_t at = 5; at < GSM_FRAME_BYTES; at += sizeof(subframe))
		if (memcmp(frame + at, subframe, sizeof(subframe)) != 0)
			return false;
	return frame[0] >> 4 == 0xd;
}

/*
 * The first symbol of a frame of CELT says that it is silent (RFC 6716 section 4.3): its probability is
 * 1/32768, so that the range coder writes it as fifteen ones.
 */
static bool
is_celt(es_slice frame)
{
	return frame.n >= 2 && frame.p[0] == 0xff && frame.p[1] >= 0xfe;
}

/* Length of a frame, RFC 6716 section 3.2.1. */
static size_t
opus_length(struct es_cur *c)
{
	size_t n = es_cur_u8(c);

	return n < 252 ? n : n + 4u * es_cur_u8(c);
}

/* Lengths of all frames but the last, which takes what is left. Returns how many frames; 0: malformed. */
static unsigned
opus_frames(struct es_cur *c, uint8_t code, size_t length[OPUS_FRAMES_MAX])
{
	unsigned n = code == 0 ? 1 : 2;
	bool is_variable = code == 2;
	size_t padding = 0;
	uint8_t more;

	if (code == 3) {
		uint8_t count = es_cur_u8(c);

		n = count & 0x3f;
		is_variable = (count & 0x80) != 0;
		for (more = (count & 0x40) != 0 ? 255 : 0; more == 255 && !c->bad;) {
			more = es_cur_u8(c);
			padding += more == 255 ? 254 : more;
		}
	}
	if (n == 0 || n > OPUS_FRAMES_MAX)
		return 0;
	for (unsigned i = 0; i + 1 < n && is_variable; i++)
		length[i] = opus_length(c);
	if (c->bad || padding > es_cur_left(c))
		return 0;
	*c = es_cur_sub(c, es_cur_left(c) - padding);
	for (unsigned i = 0; i + 1 < n && !is_variable; i++)
		length[i] = es_cur_left(c) / n;
	return n;
}

/* A configuration of SILK alone, 20 ms, mono. */
static bool
is_silk_20_ms(uint8_t head)
{
	return head >> 3 < OPUS_HYBRID && (head >> 3) % 4 == 1 && (head & 4) == 0;
}

static bool
is_opus(es_slice p)
{
	struct es_cur c = es_cur_of(p);
	uint8_t head = es_cur_u8(&c);
	size_t length[OPUS_FRAMES_MAX];
	unsigned n;

	if (c.bad || (head >> 3 < OPUS_CELT && !is_silk_20_ms(head)))
		return false;
	n = opus_frames(&c, head & 3, length);
	for (unsigned i = 0; i < n; i++) {
		es_slice frame = i + 1 < n ? es_cur_slice(&c, length[i]) : es_cur_rest(&c);

		if (c.bad || !(head >> 3 < OPUS_CELT ? es_silk_is_silent(frame) : is_celt(frame)))
			return false;
	}
	return n > 0;
}

bool
es_silence_is(enum es_silence_of codec, es_slice p)
{
	switch (codec) {
	case ES_SILENCE_PCMU: /* there are two zeros */
		return is_all(p, 0xff, 0x80);
	case ES_SILENCE_PCMA:
		return is_all(p, 0xd5, 0x80);
	case ES_SILENCE_L16:
		return is_all(p, 0, 0);
	case ES_SILENCE_G722: /* the two bits of the upper band, of whose step noise makes other codes */
		return p.n >= G722_LEAST_BYTES && is_all(p, 0xc0, 0x3f);
	case ES_SILENCE_G726:
		return p.n >= G726_LEAST_BYTES && is_all(p, 0xff, 0);
	case ES_SILENCE_G729:
		return is_frames(p, G729_FRAME_BYTES, G729_SID_BYTES, is_g729);
	case ES_SILENCE_GSM:
		return is_frames(p, GSM_FRAME_BYTES, 0, is_gsm);
	case ES_SILENCE_OPUS:
		return is_opus(p);
	case ES_SILENCE_NONE:
		break;
	}
	return false;
}
