/* SPDX-License-Identifier: Apache-2.0 */
/* What changes in the course of a stream: marking, path length, packet time; pauses and kinds. */
#ifndef EARSHOT_STREAM_COURSE_H
#define EARSHOT_STREAM_COURSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ES_COURSE_FIRST_STEPS = 2,   /* equal ones in a row make the first packet time */
	ES_COURSE_CHANGED_STEPS = 4, /* and so many another one: pauses are not that regular */
	ES_COURSE_PTIME_MAX_MS =
	    120, /* longer steps are pauses: silence descriptors come each 160 ms */
};

struct es_course {
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

void es_course_begin(struct es_course *c, uint8_t dscp, uint8_t ttl);

/* A packet whose DSCP or TTL is not as before. */
void es_course_mark(struct es_course *c, uint8_t dscp, uint8_t ttl);

static inline void
es_course_ip(struct es_course *c, uint8_t dscp, uint8_t ttl)
{
	if (dscp != c->dscp_last || ttl < c->ttl_min || ttl > c->ttl_max)
		es_course_mark(c, dscp, ttl);
}

/* Timestamp step of two audio packets in order, above 0 and not c->step. */
void es_course_other_step(struct es_course *c, uint32_t step, uint32_t clock_rate_hz);

/* The same, of one payload type and of the clock it has. */
static inline void
es_course_step(struct es_course *c, uint32_t step, uint32_t clock_rate_hz)
{
	if (step == c->step)
		c->n_new = 0;
	else
		es_course_other_step(c, step, clock_rate_hz);
}

/* The first audio packet behind comfort noise, step after it: talk goes on. */
void es_course_talk(struct es_course *c, uint32_t step);

/* Another codec: what it packs is learned again. */
void es_course_codec(struct es_course *c);

#endif
