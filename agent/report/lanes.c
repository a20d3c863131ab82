/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of one direction at each leg, by time. */
#include "agent/report/lanes.h"

#include <stdlib.h>

enum { STEPS_LEAST = 24 }; /* of a lane, however many lanes there are */

static int
by_start(const void *x, const void *y)
{
	const struct es_lane_step *a = x, *b = y;

	if (a->from_ms != b->from_ms)
		return a->from_ms < b->from_ms ? -1 : 1;
	return a->to_ms < b->to_ms ? -1 : a->to_ms > b->to_ms;
}

static struct es_lane_step
step_of(const struct es_shown_call *s, uint32_t leg, const struct es_course_block *b)
{
	return (struct es_lane_step){
		.from_ms = es_shown_call_ms(s, leg, b->start),
		.to_ms = es_shown_call_ms(s, leg, b->end),
		.has = b->has,
		.n_blocks = 1,
		.expected = b->expected,
		.lost = b->lost,
		.late = b->late,
		.jitter_us = b->jitter_us,
		.p95_us = b->p95_us,
		.mos_lq_milli = b->mos_lq_milli,
	};
}

static uint32_t
most(bool has, uint32_t value, uint32_t before)
{
	return has && value > before ? value : before;
}

/* b behind a, in one step. */
static void
add_to_step(struct es_lane_step *a, const struct es_lane_step *b)
{
	if (b->lost > a->lost) {
		a->lost = b->lost;
		a->expected = b->expected;
	}
	a->to_ms = b->to_ms > a->to_ms ? b->to_ms : a->to_ms;
	a->late = most((b->has & ES_INTERVAL_HAS_LATE) != 0, b->late, a->late);
	a->jitter_us = most((b->has & ES_INTERVAL_HAS_JITTER) != 0, b->jitter_us, a->jitter_us);
	a->p95_us = most((b->has & ES_INTERVAL_HAS_DELAY_VARIATION) != 0, b->p95_us, a->p95_us);
	if ((b->has & ES_INTERVAL_HAS_QUALITY) != 0 &&
	    ((a->has & ES_INTERVAL_HAS_QUALITY) == 0 || b->mos_lq_milli < a->mos_lq_milli))
		a->mos_lq_milli = b->mos_lq_milli;
	a->has |= b->has;
	a->n_blocks += b->n_blocks;
}

/* As many blocks to a step as it takes to have no more than room. */
static void
shorten(struct es_lane *lane, size_t room)
{
	size_t each = (lane->n_steps + room - 1) / room, n = 0;

	for (size_t i = 0; i < lane->n_steps; i++) {
		if (i % each == 0)
			lane->steps[n++] = lane->steps[i];
		else
			add_to_step(&lane->steps[n - 1], &lane->steps[i]);
	}
	lane->n_steps = n;
}

static void
sum_up(struct es_lane *lane)
{
	struct es_lane_step worst = { .n_blocks = 0 };

	for (size_t i = 0; i < lane->n_steps; i++) {
		lane->lost += lane->steps[i].lost;
		add_to_step(&worst, &lane->steps[i]);
	}
	lane->n_blocks = lane->n_steps;
	lane->has = worst.has;
	lane->lost_max = worst.lost;
	lane->p95_max_us = worst.p95_us;
	lane->mos_min_milli = worst.mos_lq_milli;
}

/* Puts the blocks of a lane into steps where there is room; how many there are. */
static size_t
collect(const struct es_shown_call *s, const struct es_lane *lane, enum es_direction_name direction,
    struct es_lane_step *steps)
{
	const struct es_leg *l = &s->call->legs[lane->leg];
	uint32_t leg = lane->leg;
	size_t n_all = 0;

	for (uint32_t i = 0; i < l->n_streams; i++) {
		const struct es_course_block *b;
		size_t n;

		if (l->directions[i] != direction || (lane->is_one_stream && lane->stream != i) ||
		    !es_shown_call_is_audio(s, leg, i))
			continue;
		b = es_shown_call_blocks(s, leg, i, &n);
		for (size_t j = 0; j < n && steps != NULL; j++)
			steps[n_all + j] = step_of(s, leg, &b[j]);
		n_all += n;
	}
	return n_all;
}

static int
add_lane(struct es_lanes *lanes, const struct es_shown_call *s, struct es_lane of, size_t room)
{
	size_t n = collect(s, &of, lanes->direction, NULL);
	struct es_lane *lane;

	if (n == 0)
		return 0;
	if (lanes->n == ES_LANES_MAX) {
		lanes->n_left_out++;
		return 0;
	}
	lane = &lanes->at[lanes->n];
	*lane = of;
	lane->steps = calloc(n, sizeof(*lane->steps));
	if (lane->steps == NULL)
		return ES_ENOMEM;
	lanes->n++;
	lane->n_steps = collect(s, lane, lanes->direction, lane->steps);
	qsort(lane->steps, n, sizeof(*lane->steps), by_start);
	sum_up(lane);
	shorten(lane, room);
	return 0;
}

/* One of the direction; where it is not known one of each stream: two of them are seldom one after the other. */
static int
add_lanes(struct es_lanes *lanes, const struct es_shown_call *s, uint32_t leg, size_t room)
{
	struct es_lane of = { .leg = leg, .is_one_stream = lanes->direction == ES_BOTH };
	int rc = 0;

	if (!of.is_one_stream)
		return add_lane(lanes, s, of, room);
	for (; of.stream < s->call->legs[leg].n_streams && rc == 0; of.stream++)
		rc = add_lane(lanes, s, of, room);
	return rc;
}

int
es_lanes_init(struct es_lanes *l, const struct es_shown_call *s, enum es_direction_name direction,
    size_t room)
{
	const struct es_explained *call = s->call;
	size_t each = room / (call->n_legs == 0 ? 1 : call->n_legs);
	int rc = 0;

	l->direction = direction;
	l->n = l->n_left_out = 0;
	each = each < STEPS_LEAST ? STEPS_LEAST : each;
	for (uint32_t i = 0; i < call->n_legs && rc == 0; i++)
		rc = add_lanes(l, s, direction == ES_REVERSE ? call->n_legs - 1 - i : i, each);
	for (uint32_t i = 1; i < l->n; i++)
		l->at[i].is_hit = es_shown_call_is_hit(s, direction,
		    call->legs[l->at[i - 1].leg].vantage, call->legs[l->at[i].leg].vantage);
	return rc;
}

void
es_lanes_free(struct es_lanes *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		free(l->at[i].steps);
	l->n = 0;
}
