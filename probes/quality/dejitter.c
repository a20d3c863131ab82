/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled de-jitter buffer: one playout offset, moved by what the last two seconds showed. */
#include "probes/quality/dejitter.h"

enum {
	SLOT_NS = 500000000,
	MARGIN_US = 10000,
	ABOVE_MIN_US = 20000,
	ABOVE_MAX_US = 250000,
	START_US = 60000,   /* above the first packet, until half a second has been seen */
	FREEZE_PACKETS = 3, /* an empty buffer waits after so many */
};

void
es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms)
{
	*d = (struct es_dejitter){ .depth_us = depth_ms < 60000 ? depth_ms * 1000 : 60000000 };
}

static int32_t
us_of(int64_t ns)
{
	int64_t us = ns / 1000;

	/* A quarter of the range: offsets may be added without thought. */
	return us > INT32_MAX / 4   ? INT32_MAX / 4
	       : us < INT32_MIN / 4 ? INT32_MIN / 4
				    : (int32_t)us;
}

static void
slot_add(struct es_dejitter_slot *s, int32_t us)
{
	unsigned at;

	if (s->n == 0 || us < s->min_us)
		s->min_us = us;
	at = s->n < ES_DEJITTER_TOP ? s->n : ES_DEJITTER_TOP;
	if (s->n < UINT16_MAX)
		s->n++;
	if (at == ES_DEJITTER_TOP) {
		if (us <= s->top_us[ES_DEJITTER_TOP - 1])
			return;
		at--;
	}
	for (; at > 0 && s->top_us[at - 1] < us; at--)
		s->top_us[at] = s->top_us[at - 1];
	s->top_us[at] = us;
}

/*
 * 97th percentile of the window from the highest of each slot. With 10 ms packets the sixth highest
 * is asked for; a slot keeps four, so a burst inside one half second is seen a little high.
 */
static int32_t
target_us(const struct es_dejitter *d)
{
	uint8_t taken[ES_DEJITTER_SLOTS] = { 0 };
	int32_t min_us = INT32_MAX;
	int32_t top_us = INT32_MIN;
	unsigned total = 0;
	unsigned skip;

	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++) {
		total += d->slot[i].n;
		if (d->slot[i].n > 0 && d->slot[i].min_us < min_us)
			min_us = d->slot[i].min_us;
	}
	skip = total * 3 / 100;
	for (unsigned k = 0; k <= skip; k++) {
		int best = -1;

		for (int i = 0; i < ES_DEJITTER_SLOTS; i++) {
			const struct es_dejitter_slot *s = &d->slot[i];

			if (taken[i] == ES_DEJITTER_TOP || taken[i] == s->n)
				continue;
			if (best < 0 || s->top_us[taken[i]] > d->slot[best].top_us[taken[best]])
				best = i;
		}
		if (best < 0)
			break;
		top_us = d->slot[best].top_us[taken[best]++];
	}
	top_us += MARGIN_US;
	if (top_us < min_us + ABOVE_MIN_US)
		return min_us + ABOVE_MIN_US;
	return top_us > min_us + ABOVE_MAX_US ? min_us + ABOVE_MAX_US : top_us;
}

/* Half seconds that ended before now: their slots make room. Returns whether one ended. */
static bool
turn_slots(struct es_dejitter *d, es_time now)
{
	int64_t over = es_time_diff(now, es_time_of_ns(d->slot_end_ns));

	if (over < 0 && over > -2 * SLOT_NS)
		return false;
	if (over < 0 || over >= (int64_t)ES_DEJITTER_SLOTS * SLOT_NS) {
		/* Silence longer than the window, or a clock that went back: the window begins anew. */
		for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
			d->slot[i].n = 0;
		d->slot_end_ns = es_time_add(now, SLOT_NS).ns;
		return false;
	}
	for (; over >= 0; over -= SLOT_NS) {
		d->slot_now = (uint8_t)((d->slot_now + 1) % ES_DEJITTER_SLOTS);
		d->slot[d->slot_now].n = 0;
		d->slot_end_ns = es_time_add(es_time_of_ns(d->slot_end_ns), SLOT_NS).ns;
	}
	return true;
}

static bool
is_window_empty(const struct es_dejitter *d)
{
	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++) {
		if (d->slot[i].n > 0)
			return false;
	}
	return true;
}

/* The buffer grows at once and shrinks at a talkspurt or a half second only. */
static void
learn(struct es_dejitter *d, int32_t us)
{
	int32_t target;

	slot_add(&d->slot[d->slot_now], us);
	if (us + MARGIN_US <= d->playout_us)
		return; /* it cannot have raised the target */
	target = target_us(d);
	if (target > d->playout_us)
		d->playout_us = target;
}

bool
es_dejitter_update(
    struct es_dejitter *d, uint64_t ext_seq, es_time arrival, int64_t transit_ns, bool talkspurt)
{
	int32_t us = us_of(transit_ns);
	bool late;

	if (!d->started) {
		d->started = true;
		d->playout_us = us + (int32_t)(d->depth_us != 0 ? d->depth_us : START_US);
		d->slot_end_ns = es_time_add(arrival, SLOT_NS).ns;
		d->last_played = ext_seq;
	}
	if (d->depth_us == 0) {
		bool turned = turn_slots(d, arrival);

		if ((turned || talkspurt) && !is_window_empty(d))
			d->playout_us = target_us(d);
	}
	late = us > d->playout_us;
	if (late && d->depth_us == 0 && ext_seq > d->last_played + FREEZE_PACKETS) {
		d->playout_us = us; /* it had run empty and waited */
		late = false;
	}
	if (!late && ext_seq > d->last_played)
		d->last_played = ext_seq;
	if (d->depth_us == 0)
		learn(d, us);
	return late;
}

uint32_t
es_dejitter_depth_us(const struct es_dejitter *d)
{
	int32_t min_us = INT32_MAX;

	if (d->depth_us != 0)
		return d->depth_us;
	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
		if (d->slot[i].n > 0 && d->slot[i].min_us < min_us)
			min_us = d->slot[i].min_us;
	return min_us < d->playout_us ? (uint32_t)(d->playout_us - min_us) : 0;
}
