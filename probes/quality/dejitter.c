/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled de-jitter buffer: ticks of the media clock between arrivals. */
#include "probes/quality/dejitter.h"

#define SLOT_NS INT64_C(500000000)
#define CLOCK_MAX_NS (INT64_MAX / 16)

enum {
	MARGIN_US = 10000,
	ABOVE_MIN_US = 20000,
	ABOVE_MAX_US = 250000,
	START_US = 40000,
	FREEZE_TICKS = 3, /* empty ones in a row, before it waits */
	PTIME_MAX_US = 200000,
	PTIME_USUAL_US = 20000, /* until a packet time is known */
	RANK_PERCENT = 3,       /* so many of a hundred are above the percentile */
	US_MAX = INT32_MAX / 8, /* offsets may be added without thought */
	NONE_US = INT32_MIN,
	BEHIND_MAX = ES_DEJITTER_RING / 2,
};

static void
slot_clear(struct es_dejitter_slot *s)
{
	s->n = 0;
	s->min_us = INT32_MAX;
	for (unsigned i = 0; i < ES_DEJITTER_TOP; i++)
		s->top_us[i] = NONE_US;
}

void
es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms)
{
	*d = (struct es_dejitter){ .depth_us = depth_ms < 60000 ? depth_ms * 1000 : 60000000 };
	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
		slot_clear(&d->slot[i]);
}

static int32_t
us_of(int64_t ns)
{
	int64_t us = ns / 1000;

	return us > US_MAX ? US_MAX : us < -US_MAX ? -US_MAX : (int32_t)us;
}

/* Since the first packet; far from where a sum could overflow. */
static int64_t
clock_ns(const struct es_dejitter *d, es_time at)
{
	int64_t ns = es_time_diff(at, d->origin);

	return ns > CLOCK_MAX_NS ? CLOCK_MAX_NS : ns < -CLOCK_MAX_NS ? -CLOCK_MAX_NS : ns;
}

/* Without branches: whether a transit is among the highest, chance decides. */
static void
slot_add(struct es_dejitter_slot *s, int32_t us)
{
	s->min_us = us < s->min_us ? us : s->min_us;
	s->n = (uint16_t)(s->n + (s->n < UINT16_MAX));
	for (unsigned i = 0; i < ES_DEJITTER_TOP; i++) {
		int32_t top_us = s->top_us[i];

		s->top_us[i] = us > top_us ? us : top_us;
		us = us > top_us ? top_us : us;
	}
}

/* The highest transit of the window that is not among its `skip` highest, as far as slots keep them. */
static int32_t
ranked(const struct es_dejitter *d, unsigned skip)
{
	unsigned taken[ES_DEJITTER_SLOTS] = { 0 };
	int32_t head_us[ES_DEJITTER_SLOTS];
	int32_t top_us = 0;

	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
		head_us[i] = d->slot[i].top_us[0];
	for (unsigned k = 0; k <= skip; k++) {
		unsigned best = 0;

		for (unsigned i = 1; i < ES_DEJITTER_SLOTS; i++)
			best = head_us[i] > head_us[best] ? i : best;
		if (head_us[best] == NONE_US)
			break;
		top_us = head_us[best];
		head_us[best] =
		    ++taken[best] < ES_DEJITTER_TOP ? d->slot[best].top_us[taken[best]] : NONE_US;
	}
	return top_us;
}

static void
aim(struct es_dejitter *d)
{
	int32_t min_us = INT32_MAX;
	unsigned n = 0;
	int32_t us;

	d->is_target_old = false;
	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++) {
		n += d->slot[i].n;
		if (d->slot[i].min_us < min_us)
			min_us = d->slot[i].min_us;
	}
	if (n == 0)
		return;
	d->min_us = min_us;
	us = ranked(d, ((n - 1) * RANK_PERCENT + 49) / 100) + MARGIN_US;
	if (us < min_us + ABOVE_MIN_US)
		us = min_us + ABOVE_MIN_US;
	d->target_us = us < min_us + ABOVE_MAX_US ? us : min_us + ABOVE_MAX_US;
}

/* Half seconds that ended before now: their slots make room. */
static void
turn_slots(struct es_dejitter *d, int64_t now_ns)
{
	int64_t over = now_ns - d->slot_end_ns;

	if (over < 0 && over > -2 * SLOT_NS)
		return;
	if (over < 0 || over >= ES_DEJITTER_SLOTS * SLOT_NS) {
		/* Silence longer than the window, or a clock that went back: the window begins anew. */
		for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
			slot_clear(&d->slot[i]);
		d->slot_end_ns = now_ns + SLOT_NS;
		return;
	}
	for (; over >= 0; over -= SLOT_NS) {
		d->slot_now = (uint8_t)((d->slot_now + 1) % ES_DEJITTER_SLOTS);
		slot_clear(&d->slot[d->slot_now]);
		d->slot_end_ns += SLOT_NS;
	}
	d->is_target_old = true;
}

static void
learn(struct es_dejitter *d, int32_t us)
{
	/* What is not among the highest, and no new minimum, moves the percentile by its rank only. */
	if (us + MARGIN_US >= d->target_us || us < d->min_us)
		d->is_target_old = true;
	slot_add(&d->slot[d->slot_now], us);
}

static void
move_by(struct es_dejitter *d, int64_t us)
{
	int64_t at = d->playout_us + us;

	d->playout_us = at > US_MAX ? US_MAX : at < -US_MAX ? -US_MAX : (int32_t)at;
}

/* A frame was played: one more or one less of the next to come where it should be. */
static void
settle(struct es_dejitter *d, int32_t ptime_us)
{
	if (d->is_target_old)
		aim(d);
	if (2 * (int64_t)(d->playout_us - d->target_us) >= 3 * (int64_t)ptime_us)
		move_by(d, -ptime_us);
	else if (2 * (int64_t)(d->target_us - d->playout_us) > ptime_us)
		move_by(d, ptime_us);
	else
		return;
	d->moves++;
}

static void
step_on(struct es_dejitter *d, int32_t ptime_us)
{
	d->next++;
	d->next_slot_ns += ptime_us * ES_NS_PER_US;
	if (d->step_ns == 0 || d->next != d->step_at)
		return;
	d->next_slot_ns += d->step_ns;
	d->step_ns = 0;
}

static bool
is_there(const struct es_dejitter_packet *p, uint64_t number)
{
	return number != p->number && number <= p->highest &&
	       (p->got[number / 64 % (ES_DEJITTER_RING / 64)] >> number % 64 & 1) != 0;
}

/* The ticks before this arrival. */
static void
play(struct es_dejitter *d, const struct es_dejitter_packet *p, int64_t now_ns, int32_t ptime_us,
    struct es_dejitter_took *out)
{
	for (;;) {
		int64_t since_ns = now_ns - d->next_slot_ns - d->playout_us * ES_NS_PER_US;

		if (since_ns <= 0)
			return;
		if (is_there(p, d->next)) {
			d->empty = 0;
			settle(d, ptime_us);
		} else if (p->highest < d->next && d->empty == FREEZE_TICKS) {
			int64_t tick_ns = ptime_us * ES_NS_PER_US;
			int64_t ticks = (since_ns + tick_ns - 1) / tick_ns;

			out->frozen = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
			out->frozen_at = d->next;
			move_by(d, ticks * ptime_us);
			return;
		} else if (p->highest < d->next) {
			d->empty++;
		}
		step_on(d, ptime_us);
	}
}

static void
begin_at(struct es_dejitter *d, uint64_t number, int64_t slot_ns)
{
	d->next = number;
	d->next_slot_ns = slot_ns;
	d->step_ns = 0;
	d->empty = 0;
}

/* A packet's place on the media clock: where the sender paused, slots jump. */
static void
place(struct es_dejitter *d, uint64_t number, int64_t slot_ns, int32_t ptime_us)
{
	int64_t half_ns = ptime_us * ES_NS_PER_US / 2;
	int64_t extra_ns =
	    slot_ns - d->last_slot_ns - (int64_t)(number - d->last) * ptime_us * ES_NS_PER_US;

	if (extra_ns < half_ns && extra_ns > -half_ns)
		return;
	if (d->next >= number || d->step_ns != 0) {
		begin_at(d, number, slot_ns);
	} else {
		d->step_at = number;
		d->step_ns = extra_ns;
	}
}

static struct es_dejitter_took
adapt(struct es_dejitter *d, const struct es_dejitter_packet *p, int32_t us)
{
	struct es_dejitter_took out = { false, 0, 0 };
	int64_t now_ns = clock_ns(d, p->arrival);
	int64_t slot_ns = now_ns - us * ES_NS_PER_US;
	int32_t ptime_us = p->ptime_us == 0             ? PTIME_USUAL_US
			   : p->ptime_us < PTIME_MAX_US ? (int32_t)p->ptime_us
							: PTIME_MAX_US;

	turn_slots(d, now_ns);
	if (p->number > d->last) {
		if (p->number - d->last < BEHIND_MAX && d->next + BEHIND_MAX > p->number)
			place(d, p->number, slot_ns, ptime_us);
		else
			begin_at(d, p->number, slot_ns);
		d->last = p->number;
		d->last_slot_ns = slot_ns;
	}
	play(d, p, now_ns, ptime_us, &out);
	out.late = p->number < d->next;
	learn(d, us);
	return out;
}

struct es_dejitter_took
es_dejitter_update(struct es_dejitter *d, const struct es_dejitter_packet *p)
{
	int32_t us = us_of(p->transit_ns);

	if (!d->started) {
		d->started = true;
		d->origin = p->arrival;
		d->playout_us = us + (int32_t)(d->depth_us != 0 ? d->depth_us : START_US);
		d->target_us = d->playout_us;
		d->min_us = us;
		d->slot_end_ns = SLOT_NS;
		d->last = p->number;
		d->last_slot_ns = -us * ES_NS_PER_US;
		begin_at(d, p->number, d->last_slot_ns);
	}
	if (d->depth_us == 0)
		return adapt(d, p, us);
	return (struct es_dejitter_took){ .late = us > d->playout_us };
}

uint32_t
es_dejitter_depth_us(const struct es_dejitter *d)
{
	int32_t min_us = INT32_MAX;

	if (d->depth_us != 0)
		return d->depth_us;
	for (unsigned i = 0; i < ES_DEJITTER_SLOTS; i++)
		if (d->slot[i].min_us < min_us)
			min_us = d->slot[i].min_us;
	return min_us < d->playout_us ? (uint32_t)(d->playout_us - min_us) : 0;
}
