/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one-way delay from end to end, as far as RTCP shows it. A round trip taken from here (LSR and DLSR, RFC
 * 3550 section 6.4.1) covers the part between here and the end that answered: the one-way delay of a stream seen
 * in the middle is half of the sum of both round trips, as if both directions took as long. If the capture is at
 * the receiver's own host, the round trip to the sender is the whole. If these are unknown, the round trip that
 * an end reported is used, which is of the whole path anywhere.
 */
#ifndef EARSHOT_STREAM_DELAY_PATH_H
#define EARSHOT_STREAM_DELAY_PATH_H

#include "earshot/record.h"

/* A round trip longer than this is a clock that stepped, or the answer to another report. */
#define ES_ROUND_TRIP_MAX_US INT64_C(60000000)

enum es_delay_path_part {
	ES_DELAY_PATH_TO_RECEIVER = 0,
	ES_DELAY_PATH_TO_SENDER = 1,
	ES_DELAY_PATH_WHOLE = 2, /* as an end reported */
	ES_DELAY_PATH_PARTS = 3,
};

struct es_delay_path {
	uint32_t round_trip_us[ES_DELAY_PATH_PARTS]; /* smoothed */
	uint8_t known;                               /* bits of them */
	uint64_t packets;                            /* judged while mouth to ear was known .. */
	uint64_t sum_us;                             /* .. and the sum of it over them */
	uint64_t device_packets;                     /* the same of what the ends add */
	uint64_t device_sum_us;
};

/* One measurement; what cannot be is left out. Smoothed by an eighth, like RFC 6298. */
void
es_delay_path_note(struct es_delay_path *p, enum es_delay_path_part part, int64_t round_trip_us);

/*
 * Delay from mouth to ear: the network's part, and device_us for what the ends add (packet time, lookahead,
 * buffer). False: the network's part is not known.
 */
bool es_delay_path_mouth_to_ear_us(
    const struct es_delay_path *p, enum es_seen seen, uint64_t device_us, uint32_t *us);

/* That delay held for n packets. */
void es_delay_path_add(struct es_delay_path *p, uint32_t mouth_to_ear_us, uint32_t n);

/* The mean of it, false: it was never known. */
bool es_delay_path_mean_us(const struct es_delay_path *p, uint32_t *us);

/* What the ends add, likewise: known without the network's part. */
void es_delay_path_add_device(struct es_delay_path *p, uint32_t device_us, uint32_t n);
bool es_delay_path_device_us(const struct es_delay_path *p, uint32_t *us);

#endif
