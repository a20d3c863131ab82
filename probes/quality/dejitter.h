/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A receiver's de-jitter buffer, modelled: tells of each packet, in arrival order, whether its turn to
 * be played had passed.
 *
 * fixed      anchored at the first packet: later than its slot + depth is late.
 * adaptive   plays a frame at each tick of the media clock, at first 40 ms behind the first packet.
 *            It wants to be where the 97th percentile of (arrival - slot) over the last two seconds
 *            is, and 10 ms, within 20..250 ms above their minimum, and goes there by whole frames:
 *            one is put in when it wants half a frame more, one left out at one and a half less.
 *            Whether there is silence to do it in, headers do not tell. A tick that finds the
 *            buffer empty conceals the frame; after three in a row it freezes: the delay grows
 *            until something comes.
 */
#ifndef EARSHOT_QUALITY_DEJITTER_H
#define EARSHOT_QUALITY_DEJITTER_H

#include "earshot/time.h"

enum {
	ES_DEJITTER_SLOTS = 5, /* of half a second: a window of 2 to 2.5 s */
	ES_DEJITTER_TOP = 5,   /* highest transits kept of each */
};

struct es_dejitter_slot {
	int32_t top_us[ES_DEJITTER_TOP]; /* descending */
	int32_t min_us;
	uint16_t n;
};

struct es_dejitter {
	uint32_t depth_us;  /* fixed; 0: adaptive */
	int32_t playout_us; /* transit up to which a packet is in time */
	int32_t target_us;  /* where it wants to be */
	int32_t min_us;     /* of the window, when that was last reckoned */
	uint8_t empty;      /* ticks in a row that found nothing */
	uint8_t slot_now;
	bool started;
	bool is_target_old;
	uint32_t moves;       /* frames put in or left out */
	uint64_t next;        /* number whose turn is next */
	int64_t next_slot_ns; /* when that would be with a transit of 0 */
	uint64_t last;        /* highest number measured, and its slot */
	int64_t last_slot_ns;
	uint64_t step_at; /* where slots jump: a pause of the sender behind `next` */
	int64_t step_ns;  /* by so much, 0: nowhere */
	es_time origin;   /* of all ns here: the first packet's arrival */
	int64_t slot_end_ns;
	struct es_dejitter_slot slot[ES_DEJITTER_SLOTS];
};

/* A packet that is measured: none of equal timestamp, no comfort noise, no event. */
struct es_dejitter_packet {
	uint64_t number; /* extended sequence number */
	es_time arrival;
	int64_t transit_ns;  /* of es_transit_update, without drift */
	uint32_t ptime_us;   /* packet time, 0: unknown */
	const uint64_t *got; /* ring of ES_DEJITTER_RING numbers: which came, this one may be in */
	uint64_t highest;    /* of all that came before it */
};

enum { ES_DEJITTER_RING = 512 };

struct es_dejitter_took {
	bool late;
	uint32_t frozen;    /* frames that a buffer run empty waited .. */
	uint64_t frozen_at; /* .. before this number */
};

/* depth_ms 0: adaptive. */
void es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms);

struct es_dejitter_took
es_dejitter_update(struct es_dejitter *d, const struct es_dejitter_packet *p);

/* How long a packet of the smallest transit may yet be awaited, counted from its arrival. */
uint32_t es_dejitter_depth_us(const struct es_dejitter *d);

#endif
