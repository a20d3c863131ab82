/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A receiver's de-jitter buffer, modelled: tells of each packet, in arrival order, whether it came
 * too late to be played.
 *
 * fixed      anchored at the first packet: later than its slot + depth is late.
 * adaptive   97th percentile of (arrival - slot) over the last 2 s plus 10 ms, within 20..250 ms
 *            above the minimum. It grows at once and shrinks at a talkspurt or each half second: whether
 *            there is silence to move in, headers do not tell. Empty for more than three
 *            packets it freezes: what comes is played and the delay grows.
 */
#ifndef EARSHOT_QUALITY_DEJITTER_H
#define EARSHOT_QUALITY_DEJITTER_H

#include "earshot/time.h"

enum {
	ES_DEJITTER_SLOTS = 4, /* of half a second: the window of 2 s */
	ES_DEJITTER_TOP = 3,   /* highest transits kept of each */
};

struct es_dejitter_slot {
	int32_t top_us[ES_DEJITTER_TOP]; /* descending */
	int32_t min_us;
	uint16_t n;
};

struct es_dejitter {
	uint32_t depth_us;  /* fixed; 0: adaptive */
	int32_t playout_us; /* transit up to which a packet is in time */
	int64_t slot_end_ns;
	uint64_t last_played; /* highest extended number in time */
	struct es_dejitter_slot slot[ES_DEJITTER_SLOTS];
	uint8_t slot_now;
	bool started;
};

/* depth_ms 0: adaptive. */
void es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms);

/*
 * ext_seq      extended sequence number
 * transit_ns   of es_transit_update; not called for ES_TRANSIT_SAME (never late)
 * talkspurt    the marker bit, or the timestamp ran on over silence: the buffer may move
 * Returns true if the packet is late.
 */
bool es_dejitter_update(
    struct es_dejitter *d, uint64_t ext_seq, es_time arrival, int64_t transit_ns, bool talkspurt);

/* How long a packet of the smallest transit may yet be awaited, counted from its arrival. */
uint32_t es_dejitter_depth_us(const struct es_dejitter *d);

#endif
