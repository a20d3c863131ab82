/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transits of the last 2 to 2.5 s: their minimum and their 97th percentile, from the minimum and
 * the highest few of each half second. Times are of the caller's clock.
 */
#ifndef EARSHOT_QUALITY_RECENT_H
#define EARSHOT_QUALITY_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#define ES_RECENT_PART_NS INT64_C(500000000)

enum {
	ES_RECENT_PARTS = 5,
	ES_RECENT_TOP = 5,
};

/* Half a second of them. */
struct es_recent_part {
	int32_t top_us[ES_RECENT_TOP]; /* the highest, descending */
	int32_t min_us;
	uint32_t n;
};

struct es_recent {
	int64_t end_ns; /* of the part that has not ended */
	int32_t min_us; /* of the window, as computed last */
	struct es_recent_part
	    part[ES_RECENT_PARTS]; /* the first has not ended, the last is the oldest */
};

void es_recent_init(struct es_recent *r, int64_t now_ns);

/* Whether the newest part has ended, or the clock went back by more than half a second. */
static inline bool
es_recent_is_over(const struct es_recent *r, int64_t now_ns)
{
	int64_t left_ns = r->end_ns - now_ns;

	return left_ns <= 0 || left_ns >= 2 * ES_RECENT_PART_NS;
}

/* Then the oldest parts are removed. False if all were, so that no value can be computed. */
bool es_recent_rotate(struct es_recent *r, int64_t now_ns);

static inline int32_t
es_recent_between(int32_t us, int32_t low_us, int32_t high_us)
{
	int32_t most_us = us < high_us ? us : high_us;

	return most_us > low_us ? most_us : low_us;
}

/* Without branches: whether a transit is among the highest, chance decides. Saves 1 ns of 8. */
static inline void
es_recent_add(struct es_recent *r, int32_t us)
{
	struct es_recent_part *p = &r->part[0];

	p->n++;
	p->min_us = us < p->min_us ? us : p->min_us;
	p->top_us[4] = es_recent_between(us, p->top_us[4], p->top_us[3]);
	p->top_us[3] = es_recent_between(us, p->top_us[3], p->top_us[2]);
	p->top_us[2] = es_recent_between(us, p->top_us[2], p->top_us[1]);
	p->top_us[1] = es_recent_between(us, p->top_us[1], p->top_us[0]);
	p->top_us[0] = us > p->top_us[0] ? us : p->top_us[0];
}

/* INT32_MAX if unknown. */
int32_t es_recent_min_us(const struct es_recent *r);

/*
 * Computes the minimum again, and the percentile or, where that is higher, floor_us above the minimum. In a window
 * of more than some 800 transits it is the lowest of the highest ones that are kept, above the true percentile.
 * False if there is no transit.
 */
bool es_recent_compute(struct es_recent *r, int32_t floor_us, int32_t *us);

#endif
