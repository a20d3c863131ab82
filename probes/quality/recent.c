/* SPDX-License-Identifier: Apache-2.0 */
/* Minimum and percentile of a window that slides by half seconds. */
#include "probes/quality/recent.h"

enum {
	RANK_PERCENT = 3, /* so many of a hundred are above the percentile */
	NONE_US = INT32_MIN,
};

static void
clear(struct es_recent_part *p)
{
	p->n = 0;
	p->min_us = INT32_MAX;
	for (unsigned i = 0; i < ES_RECENT_TOP; i++)
		p->top_us[i] = NONE_US;
}

void
es_recent_init(struct es_recent *r, int64_t now_ns)
{
	r->end_ns = now_ns + ES_RECENT_PART_NS;
	for (unsigned i = 0; i < ES_RECENT_PARTS; i++)
		clear(&r->part[i]);
}

bool
es_recent_rotate(struct es_recent *r, int64_t now_ns)
{
	int64_t over_ns = now_ns - r->end_ns;

	if (over_ns < 0 || over_ns >= ES_RECENT_PARTS * ES_RECENT_PART_NS) {
		/* Silence longer than the window, or a clock that went back: the window begins again. */
		es_recent_init(r, now_ns);
		return false;
	}
	for (; over_ns >= 0; over_ns -= ES_RECENT_PART_NS) {
		for (unsigned i = ES_RECENT_PARTS - 1; i > 0; i--)
			r->part[i] = r->part[i - 1];
		clear(&r->part[0]);
		r->end_ns += ES_RECENT_PART_NS;
	}
	return true;
}

int32_t
es_recent_min_us(const struct es_recent *r)
{
	int32_t min_us = INT32_MAX;

	for (unsigned i = 0; i < ES_RECENT_PARTS; i++)
		if (r->part[i].min_us < min_us)
			min_us = r->part[i].min_us;
	return min_us;
}

static int32_t
highest_us(const struct es_recent *r)
{
	int32_t top_us = NONE_US;

	for (unsigned i = 0; i < ES_RECENT_PARTS; i++)
		if (r->part[i].top_us[0] > top_us)
			top_us = r->part[i].top_us[0];
	return top_us;
}

/* The highest that is not among the `skip` highest, as far as parts keep them. */
static int32_t
ranked_us(const struct es_recent *r, uint64_t skip)
{
	unsigned taken[ES_RECENT_PARTS] = { 0 };
	int32_t head_us[ES_RECENT_PARTS];
	int32_t top_us = 0;

	for (unsigned i = 0; i < ES_RECENT_PARTS; i++)
		head_us[i] = r->part[i].top_us[0];
	for (uint64_t k = 0; k <= skip; k++) {
		int32_t best_us = head_us[0];
		unsigned best = 0;

		for (unsigned i = 1; i < ES_RECENT_PARTS; i++) {
			best = head_us[i] > best_us ? i : best;
			best_us = head_us[i] > best_us ? head_us[i] : best_us;
		}
		if (best_us == NONE_US)
			break;
		top_us = best_us;
		head_us[best] =
		    ++taken[best] < ES_RECENT_TOP ? r->part[best].top_us[taken[best]] : NONE_US;
	}
	return top_us;
}

bool
es_recent_compute(struct es_recent *r, int32_t floor_us, int32_t *us)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ES_RECENT_PARTS; i++)
		n += r->part[i].n;
	if (n == 0)
		return false;
	r->min_us = es_recent_min_us(r);
	floor_us += r->min_us;
	*us = highest_us(r);
	if (*us > floor_us)
		*us = ranked_us(r, ((n - 1) * RANK_PERCENT + 49) / 100);
	if (*us < floor_us)
		*us = floor_us;
	return true;
}
