/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of a receiver's de-jitter buffer (RFC 7005). For each packet, in order of arrival, it computes whether
 * the playout time had passed.
 *
 * fixed      anchored at the first packet: later than its slot + depth is late.
 * adaptive   plays a frame at each tick of the media clock, at first 40 ms behind the first packet.
 *            It wants to be where the 97th percentile of (arrival - slot) over the last two seconds
 *            is, and 10 ms, within 20..250 ms above their minimum, and goes there by whole frames:
 *            one is put in when it wants half a frame or 20 ms more, one left out at one and a half
 *            less. Where frames get another length, ticks begin again with the packet that shows it,
 *            and packets before that one are late when they come behind their own slot.
 *            Headers do not show whether there is silence to do it in. A tick that finds the
 *            buffer empty conceals the frame; after three in a row it freezes: the delay grows
 *            until something comes.
 */
#ifndef EARSHOT_QUALITY_DEJITTER_H
#define EARSHOT_QUALITY_DEJITTER_H

#include "earshot/time.h"
#include "probes/quality/recent.h"

#define ES_DEJITTER_CLOCK_MAX_NS (INT64_MAX / 16) /* from the first packet on */

enum {
	ES_DEJITTER_RING = 512,                        /* numbers */
	ES_DEJITTER_BEHIND_MAX = ES_DEJITTER_RING / 2, /* what is further on empties it first */
	ES_DEJITTER_MARGIN_US = 10000,                 /* above the percentile */
	ES_DEJITTER_US_MAX = INT32_MAX / 8,            /* offsets may be added without thought */
};

struct es_dejitter {
	uint32_t plain_us;  /* packet time at which ticks move nothing; 0: they must be looked at */
	int32_t target_us;  /* where it wants to be */
	int32_t playout_us; /* where it is: transit up to which a packet is in time */
	int32_t last_us;    /* transit of the highest number measured .. */
	uint64_t last;      /* .. which is this .. */
	int64_t last_ns;    /* .. and when it came */
	uint64_t next;      /* number whose turn is next, but for plain ticks up to last_ns */
	int64_t due_ns;     /* when that is */
	es_time origin;     /* of all ns here: the first packet's arrival */
	struct es_recent recent;
	uint64_t began; /* number at which ticks took another length: those below have no tick .. */
	int32_t ptime_us;  /* .. and that length */
	int64_t step_ns;   /* turns jump by so much, 0: nowhere .. */
	uint32_t step_at;  /* .. at the number of these low bits, behind a pause of the sender */
	uint32_t depth_us; /* fixed; 0: adaptive */
	uint32_t moves;    /* frames put in or left out */
	uint8_t empty;     /* ticks in a row that found nothing */
	bool started;
	bool is_target_old;
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

struct es_dejitter_took {
	bool late;
	uint32_t frozen;    /* frames that a buffer run empty waited .. */
	uint64_t frozen_at; /* .. before this number */
};

/* depth_ms 0: adaptive. */
void es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms);

/* How long a packet of the smallest transit may yet be awaited, counted from its arrival. */
uint32_t es_dejitter_depth_us(const struct es_dejitter *d);

/* Any packet; es_dejitter_update is the same, and quicker for most. */
struct es_dejitter_took
es_dejitter_update_any(struct es_dejitter *d, const struct es_dejitter_packet *p);

/* The target may have to move: the next tick that plays a frame computes it again. */
void es_dejitter_unsettle(struct es_dejitter *d);

/* What is not among the highest, and no new minimum, moves the percentile by its rank only. */
static inline void
es_dejitter_learn(struct es_dejitter *d, int32_t us)
{
	if (us + ES_DEJITTER_MARGIN_US >= d->target_us || us < d->recent.min_us)
		es_dejitter_unsettle(d);
	es_recent_add(&d->recent, us);
}

/*
 * Whether a packet is what nearly all are: the next number, in its slot and in time, while the buffer
 * is where it wants to be. As it is in time, no tick before it found the buffer empty, and none moved
 * anything: they need not be gone through until something else comes. Which tick lies between which
 * packets, chance decides, and a processor guesses it wrong.
 */
static inline bool
es_dejitter_is_plain(
    const struct es_dejitter *d, const struct es_dejitter_packet *p, int64_t now_ns, int64_t us)
{
	int64_t tick_ns = d->plain_us * ES_NS_PER_US;
	uint64_t ahead = p->number - d->next;
	int64_t half_off_ns;

	if (p->ptime_us == 0 || p->ptime_us != d->plain_us || p->number != d->last + 1 ||
	    now_ns < d->last_ns || now_ns > ES_DEJITTER_CLOCK_MAX_NS || us > ES_DEJITTER_US_MAX ||
	    us < -ES_DEJITTER_US_MAX || ahead >= ES_DEJITTER_BEHIND_MAX)
		return false;
	half_off_ns = now_ns - d->last_ns - (us - d->last_us) * ES_NS_PER_US - tick_ns / 2;
	return half_off_ns > 0 && half_off_ns < tick_ns &&
	       now_ns <= d->due_ns + (int64_t)ahead * tick_ns &&
	       !es_recent_is_over(&d->recent, now_ns);
}

static inline struct es_dejitter_took
es_dejitter_update(struct es_dejitter *d, const struct es_dejitter_packet *p)
{
	int64_t now_ns = es_time_diff(p->arrival, d->origin);
	int64_t us = p->transit_ns / ES_NS_PER_US;

	if (!es_dejitter_is_plain(d, p, now_ns, us))
		return es_dejitter_update_any(d, p);
	d->last = p->number;
	d->last_ns = now_ns;
	d->last_us = (int32_t)us;
	es_dejitter_learn(d, (int32_t)us);
	return (struct es_dejitter_took){ false, 0, 0 };
}

#endif
