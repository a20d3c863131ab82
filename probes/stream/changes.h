/* SPDX-License-Identifier: Apache-2.0 */
/* What changes while a stream lasts: DSCP, TTL, packet time. Counts its pauses, events and comfort noise. */
#ifndef EARSHOT_STREAM_CHANGES_H
#define EARSHOT_STREAM_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_CHANGES_FIRST_STEPS = 2,   /* as many equal steps in a row make the first packet time */
	ES_CHANGES_CHANGED_STEPS = 4, /* as many make another one: pauses are not that regular */
	ES_CHANGES_PTIME_MAX_MS =
	    120, /* longer steps are pauses: silence descriptors come each 160 ms */
};

struct es_changes {
	uint32_t events;  /* packets */
	uint32_t comfort; /* packets */
	uint32_t silences;
	uint16_t dscp_changes;
	uint16_t step; /* timestamp units per packet now, 0 unknown */
	uint16_t step_new;
	uint8_t n_new; /* how often step_new came in a row */
	bool has_ptime_changed;
	uint8_t dscp_last;
	uint8_t ttl_min;
	uint8_t ttl_max;
	uint8_t reordered_max; /* numbers behind the highest; more than a hundred is stale */
};

void es_changes_begin(struct es_changes *c, uint8_t dscp, uint8_t ttl);

/* A packet whose DSCP or TTL is not as before. */
void es_changes_mark(struct es_changes *c, uint8_t dscp, uint8_t ttl);

static inline void
es_changes_ip(struct es_changes *c, uint8_t dscp, uint8_t ttl)
{
	if (dscp != c->dscp_last || ttl < c->ttl_min || ttl > c->ttl_max)
		es_changes_mark(c, dscp, ttl);
}

/* Timestamp step of two audio packets in order, above 0 and not c->step. */
void es_changes_other_step(struct es_changes *c, uint32_t step, uint32_t clock_rate_hz);

/* The timestamp step of two audio packets in order of one payload type, above 0. */
static inline void
es_changes_step(struct es_changes *c, uint32_t step, uint32_t clock_rate_hz)
{
	if (step == c->step)
		c->n_new = 0;
	else
		es_changes_other_step(c, step, clock_rate_hz);
}

/* The first audio packet after comfort noise, with its timestamp step from the packet before. */
void es_changes_talk(struct es_changes *c, uint32_t step);

/* The codec changed: the packet time is learned again. */
void es_changes_codec(struct es_changes *c);

#endif
