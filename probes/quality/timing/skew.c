/* SPDX-License-Identifier: Apache-2.0 */
/* Clock skew: Theil-Sen slope through the minima of a few windows. */
#include "probes/quality/timing/skew.h"

enum {
	FIRST_WINDOW_MS = 1000,
	STREAM_MIN_MS = 5000,
	POINTS_MIN = 4,
	SCATTER_MAX_PPB = 50000,
	LEARN_MIN_MS =
	    30000, /* shorter ones are exact to 50 ppm, too little for a window of 10 s */
	LEARNED_MAX_PPB = 500000, /* no oscillator is that bad: something else moves */
	PAIRS = ES_SKEW_WINDOWS * (ES_SKEW_WINDOWS - 1) / 2,
};

/* Windows begin at multiples of their length. */
static uint32_t
window_ms(const struct es_skew *s)
{
	return (uint32_t)FIRST_WINDOW_MS << s->doublings;
}

/* All points taken: windows become twice as long, of each pair of points the lower stays. */
static void
merge(struct es_skew *s)
{
	for (unsigned i = 0; i < ES_SKEW_WINDOWS / 2; i++) {
		const struct es_skew_point *a = &s->point[2 * i];
		const struct es_skew_point *b = a + 1;

		s->point[i] = b->transit_us < a->transit_us ? *b : *a;
	}
	s->n = ES_SKEW_WINDOWS / 2;
	s->doublings++;
}

/* The last point. */
static void
put(struct es_skew *s, struct es_skew_point p)
{
	s->point[s->n - 1] = p;
	s->end_ms = (p.at_ms / window_ms(s) + 1) * window_ms(s); /* at_ms < 2^31: fits */
}

static int32_t
us_of(int64_t ns)
{
	int64_t us = ns / 1000;

	return us > INT32_MAX ? INT32_MAX : us < INT32_MIN ? INT32_MIN : (int32_t)us;
}

/* Time that ran since the packet before, at the skew known now; a fast sender's transit falls. */
static void
drift(struct es_skew *s, uint32_t at_ms)
{
	if (at_ms <= s->last_ms)
		return;
	s->drift_ns += (int64_t)s->ppb * (int64_t)(at_ms - s->last_ms) / 1000;
	s->last_ms = at_ms;
}

int64_t
es_skew_update(struct es_skew *s, es_time arrival, int64_t transit_ns)
{
	int64_t at_ms;
	struct es_skew_point p;

	if (!s->started) {
		s->first = arrival;
		s->started = true;
	}
	at_ms = es_time_diff(arrival, s->first) / ES_NS_PER_MS;
	if (at_ms < 0 || at_ms > INT32_MAX)
		return transit_ns +
		       s->drift_ns; /* the capture's clock went back, or 24 days are over */
	p.at_ms = (uint32_t)at_ms;
	p.transit_us = us_of(transit_ns);
	drift(s, p.at_ms);
	transit_ns += s->drift_ns;
	if (p.at_ms < s->end_ms) {
		if (p.transit_us < s->point[s->n - 1].transit_us)
			put(s, p);
		return transit_ns;
	}
	if (s->n == ES_SKEW_WINDOWS)
		merge(s);
	s->n++;
	put(s, p);
	return transit_ns;
}

/* Slopes between all pairs of points, ascending; returns how many. */
static unsigned
slopes(const struct es_skew *s, int64_t out[PAIRS])
{
	unsigned n = 0;

	for (unsigned i = 0; i + 1 < s->n; i++) {
		for (unsigned k = i + 1; k < s->n; k++) {
			int64_t us = (int64_t)s->point[k].transit_us - s->point[i].transit_us;
			int64_t ms = (int64_t)s->point[k].at_ms - s->point[i].at_ms;
			unsigned at = n;

			if (2 * ms < window_ms(s))
				continue; /* neighbours across an edge: nothing to lean on */
			for (; at > 0 && out[at - 1] > us * 1000000 / ms; at--)
				out[at] = out[at - 1];
			out[at] = us * 1000000 / ms;
			n++;
		}
	}
	return n;
}

bool
es_skew_ppb(const struct es_skew *s, int32_t *out)
{
	int64_t slope[PAIRS];
	unsigned n;
	int64_t median;

	if (s->n < POINTS_MIN ||
	    s->point[s->n - 1].at_ms - s->point[0].at_ms < STREAM_MIN_MS - FIRST_WINDOW_MS)
		return false;
	n = slopes(s, slope);
	if (n < POINTS_MIN)
		return false;
	median = (slope[(n - 1) / 2] + slope[n / 2]) / 2;
	if (slope[3 * n / 4] - slope[n / 4] > 2 * SCATTER_MAX_PPB)
		return false;
	if (median > INT32_MAX || median < -INT32_MAX)
		return false;
	*out = (int32_t)-median; /* a fast sender's packets come ever earlier for their timestamp */
	return true;
}

void
es_skew_learn(struct es_skew *s)
{
	int32_t ppb;

	if (s->n == 0 || s->point[s->n - 1].at_ms < LEARN_MIN_MS)
		return;
	if (es_skew_ppb(s, &ppb) && ppb <= LEARNED_MAX_PPB && ppb >= -LEARNED_MAX_PPB)
		s->ppb = ppb;
}
