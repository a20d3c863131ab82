/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet delay variation, RFC 5481 section 4.2: delay above the minimum of a window. The window of a block is
 * the block and the one before it, so that a short block, or one that begins badly, has a minimum. A stream's
 * figure is over all its packets, each above the minimum of its own block's window: the sender's clock skew does
 * not add up in it.
 *
 * Histogram of 16 us bins that double in width from the eighth bin on at every fourth: a value is known to 16 us
 * or an eighth, whichever is more; 0.46 s and above in the last. A minimum that falls within a block shifts the
 * histogram and blurs it a little further.
 */
#ifndef EARSHOT_QUALITY_TIMING_VARIATION_H
#define EARSHOT_QUALITY_TIMING_VARIATION_H

#include "earshot/record.h"

enum { ES_VARIATION_BINS = 56 };

/* Of a block. */
struct es_variation {
	int64_t min_ns;                   /* of the window */
	int64_t max_ns;                   /* of the block */
	uint8_t count[ES_VARIATION_BINS]; /* a block has 256 numbers; 255 is enough */
	uint32_t own_ns;                  /* the block's own minimum above min_ns; with any */
	uint8_t shifts;
	bool seeded; /* min_ns holds a value */
	bool any;    /* so does max_ns */
};

/* Of a stream. */
struct es_variation_sum {                  /* begins as zeros */
	uint16_t count[ES_VARIATION_BINS]; /* halved all together when one is full */
	uint8_t halvings;
	uint8_t rounding; /* changes which half of the packets count after a halving */
};

/* before: the open block before this one, or NULL. */
void es_variation_init(struct es_variation *v, const struct es_variation *before);

/* transit_ns of es_transit_update, for every kind but ES_TRANSIT_SAME. */
void es_variation_update(struct es_variation *v, int64_t transit_ns);

/* False with fewer than two packets. */
bool es_variation_percentiles(const struct es_variation *v, struct es_delay_variation *out);

void es_variation_sum_add(struct es_variation_sum *s, const struct es_variation *block);
bool es_variation_sum_percentiles(const struct es_variation_sum *s, struct es_delay_variation *out);

#endif
