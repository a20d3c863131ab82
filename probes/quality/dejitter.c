/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled de-jitter buffer: ticks of the media clock between arrivals. */
#include "probes/quality/dejitter.h"

enum {
	ABOVE_MIN_US = 20000,
	ABOVE_MAX_US = 250000,
	BELOW_MAX_US = ABOVE_MIN_US, /* however long a frame is: lower, all would be late */
	START_US = 40000,
	FREEZE_TICKS = 3, /* empty ones in a row, before it waits */
	PTIME_MAX_US = 200000,
	PTIME_USUAL_US = 20000, /* until a packet time is known */
};

void
es_dejitter_init(struct es_dejitter *d, uint32_t depth_ms)
{
	*d = (struct es_dejitter){ .depth_us = depth_ms < 60000 ? depth_ms * 1000 : 60000000 };
	es_recent_init(&d->recent, 0);
}

static int64_t
within(int64_t v, int64_t limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

/* The plain ticks up to the last arrival. Those behind it may be of another packet time. */
static void
catch_up(struct es_dejitter *d)
{
	int64_t tick_ns = d->plain_us * ES_NS_PER_US;
	int64_t ticks;

	if (tick_ns == 0 || d->last_ns <= d->due_ns)
		return;
	ticks = (d->last_ns - d->due_ns + tick_ns - 1) / tick_ns;
	d->next += (uint64_t)ticks;
	d->due_ns += ticks * tick_ns;
}

void
es_dejitter_unsettle(struct es_dejitter *d)
{
	catch_up(d);
	d->is_target_old = true;
	d->plain_us = 0;
}

static void
aim(struct es_dejitter *d)
{
	int32_t us;

	d->is_target_old = false;
	if (!es_recent_compute(&d->recent, ABOVE_MIN_US - ES_DEJITTER_MARGIN_US, &us))
		return;
	us += ES_DEJITTER_MARGIN_US;
	d->target_us = us < d->recent.min_us + ABOVE_MAX_US ? us : d->recent.min_us + ABOVE_MAX_US;
}

static void
move_by(struct es_dejitter *d, int64_t us)
{
	int32_t playout_us = (int32_t)within(d->playout_us + us, ES_DEJITTER_US_MAX);

	d->due_ns += (playout_us - d->playout_us) * ES_NS_PER_US;
	d->playout_us = playout_us;
	d->plain_us = 0;
}

/* A frame was played: one more or one less of the next to come where it should be. */
static void
settle(struct es_dejitter *d, int32_t ptime_us)
{
	if (d->is_target_old)
		aim(d);
	if (2 * (int64_t)(d->playout_us - d->target_us) >= 3 * (int64_t)ptime_us) {
		move_by(d, -ptime_us);
	} else if (2 * (int64_t)(d->target_us - d->playout_us) > ptime_us ||
		   d->target_us - d->playout_us > BELOW_MAX_US) {
		move_by(d, ptime_us);
	} else {
		d->plain_us = d->step_ns == 0 ? (uint32_t)ptime_us : 0;
		return;
	}
	d->moves++;
}

static void
step_on(struct es_dejitter *d, int32_t ptime_us)
{
	d->next++;
	d->due_ns += ptime_us * ES_NS_PER_US;
	if (d->step_ns == 0 || (uint32_t)d->next != d->step_at)
		return;
	d->due_ns += d->step_ns;
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
		int64_t since_ns = now_ns - d->due_ns;

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
			d->plain_us = 0;
		}
		step_on(d, ptime_us);
	}
}

static void
begin_at(struct es_dejitter *d, uint64_t number, int64_t slot_ns)
{
	d->next = number;
	d->due_ns = slot_ns + d->playout_us * ES_NS_PER_US;
	d->step_ns = 0;
	d->empty = 0;
}

/* A packet's place on the media clock: where the sender paused, slots jump. */
static void
place(struct es_dejitter *d, uint64_t number, int64_t slot_ns, int32_t ptime_us)
{
	bool is_other = ptime_us != d->ptime_us;
	int64_t half_ns = ptime_us * ES_NS_PER_US / 2;
	int64_t last_slot_ns = d->last_ns - d->last_us * ES_NS_PER_US;
	uint64_t ahead = number - d->last;
	int64_t extra_ns;

	d->ptime_us = ptime_us;
	if (is_other) {
		d->plain_us = 0;
		d->began = number;
	}
	if (is_other || ahead >= ES_DEJITTER_BEHIND_MAX ||
	    d->next + ES_DEJITTER_BEHIND_MAX <= number) {
		begin_at(d, number, slot_ns);
		return;
	}
	extra_ns = slot_ns - last_slot_ns - (int64_t)ahead * ptime_us * ES_NS_PER_US;
	if (extra_ns < half_ns && extra_ns > -half_ns)
		return;
	if (d->next >= number || d->step_ns != 0) {
		begin_at(d, number, slot_ns);
	} else {
		d->step_at = (uint32_t)number;
		d->step_ns = extra_ns;
		d->plain_us = 0;
	}
}

static struct es_dejitter_took
adapt(struct es_dejitter *d, const struct es_dejitter_packet *p, int32_t us)
{
	struct es_dejitter_took out = { false, 0, 0 };
	int64_t now_ns = within(es_time_diff(p->arrival, d->origin), ES_DEJITTER_CLOCK_MAX_NS);
	int32_t ptime_us = p->ptime_us == 0             ? PTIME_USUAL_US
			   : p->ptime_us < PTIME_MAX_US ? (int32_t)p->ptime_us
							: PTIME_MAX_US;

	if (d->ptime_us == 0)
		d->ptime_us = ptime_us;
	catch_up(d);
	if (es_recent_is_over(&d->recent, now_ns) && es_recent_rotate(&d->recent, now_ns))
		es_dejitter_unsettle(d);
	if (p->number > d->last) {
		place(d, p->number, now_ns - us * ES_NS_PER_US, ptime_us);
		d->last = p->number;
		d->last_ns = now_ns;
		d->last_us = us;
	}
	play(d, p, now_ns, d->ptime_us, &out);
	out.late = p->number < d->next && (p->number >= d->began || us > d->playout_us);
	es_dejitter_learn(d, us);
	return out;
}

static void
begin(struct es_dejitter *d, const struct es_dejitter_packet *p, int32_t us)
{
	d->started = true;
	d->origin = p->arrival;
	d->playout_us = us + (int32_t)(d->depth_us != 0 ? d->depth_us : START_US);
	d->target_us = d->playout_us;
	d->recent.min_us = us;
	d->last = p->number;
	d->last_us = us;
	begin_at(d, p->number, -us * ES_NS_PER_US);
}

struct es_dejitter_took
es_dejitter_update_any(struct es_dejitter *d, const struct es_dejitter_packet *p)
{
	int32_t us = (int32_t)within(p->transit_ns / ES_NS_PER_US, ES_DEJITTER_US_MAX);

	if (!d->started)
		begin(d, p, us);
	if (d->depth_us == 0)
		return adapt(d, p, us);
	return (struct es_dejitter_took){ .late = us > d->playout_us };
}

uint32_t
es_dejitter_depth_us(const struct es_dejitter *d)
{
	int32_t min_us;

	if (d->depth_us != 0)
		return d->depth_us;
	min_us = es_recent_min_us(&d->recent);
	return min_us < d->playout_us ? (uint32_t)(d->playout_us - min_us) : 0;
}
