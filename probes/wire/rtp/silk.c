/* SPDX-License-Identifier: Apache-2.0 */
/* The range decoder of RFC 6716 section 4.1, for the first symbols of SILK. */
#include "probes/wire/rtp/silk.h"

#include "probes/base/cursor.h"

enum {
	SILENT_MAX_BYTES = 8, /* of zeros there are 5 in narrowband, 7 in wideband */
	SUBFRAMES = 4,
	GAIN_MAX = 1,   /* of 63, each 1.4 dB */
	DELTA_SAME = 4, /* this one and those below do not raise a gain */
	TOP = 1 << 23,  /* the range stays above it */
	MASK = 0x7fffffff,
};

struct range {
	struct es_cur c;
	uint32_t value; /* how far the code lies below the range's top */
	uint32_t size;
	uint8_t last;
};

/* After its end the frame reads as zeros. */
static uint8_t
next_byte(struct range *r)
{
	return es_cur_left(&r->c) > 0 ? es_cur_u8(&r->c) : 0;
}

static void
widen(struct range *r)
{
	while (r->size <= TOP) {
		uint32_t bits = (uint32_t)r->last << 8;

		r->last = next_byte(r);
		bits = (bits | r->last) >> 1;
		r->size <<= 8;
		r->value = ((r->value << 8) + (255 & ~bits)) & MASK;
	}
}

static struct range
range_of(es_slice frame)
{
	struct range r = { .c = es_cur_of(frame), .size = 128 };

	r.last = next_byte(&r);
	r.value = 127 - (r.last >> 1);
	widen(&r);
	return r;
}

/* A symbol by its inverse cumulative distribution out of 256, which ends with 0 (section 4.1.3.3). */
static unsigned
symbol(struct range *r, const uint8_t *distribution)
{
	uint32_t unit = r->size >> 8, above = r->size, below = unit * distribution[0];
	unsigned i = 0;

	while (r->value < below) {
		above = below;
		below = unit * distribution[++i];
	}
	r->value -= below;
	r->size = above - below;
	widen(r);
	return i;
}

/* Sections 4.2.3 and 4.2.4, 4.2.7.3 and 4.2.7.4. */
bool
es_silk_is_silent(es_slice frame)
{
	static const uint8_t flag[] = { 128, 0 }, type[] = { 230, 0 };
	static const uint8_t gain_high[] = { 224, 112, 44, 15, 3, 2, 1, 0 };
	static const uint8_t gain_low[] = { 224, 192, 160, 128, 96, 64, 32, 0 };
	static const uint8_t gain_delta[] = { 250, 245, 234, 203, 71, 0 }; /* the others as one */
	struct range r = range_of(frame);
	unsigned gain;

	if (frame.n == 0 || frame.n > SILENT_MAX_BYTES)
		return false;
	if (symbol(&r, flag) != 0 || symbol(&r, flag) != 0)
		return false;   /* voice activity; a copy of the frame before, which had some */
	(void)symbol(&r, type); /* only how its noise is shaped */
	gain = 8 * symbol(&r, gain_high);
	gain += symbol(&r, gain_low);
	for (unsigned i = 1; i < SUBFRAMES; i++)
		if (symbol(&r, gain_delta) > DELTA_SAME)
			return false;
	return gain <= GAIN_MAX;
}
