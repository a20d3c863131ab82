/* SPDX-License-Identifier: Apache-2.0 */
/* The modelled receiver against a plain one that goes through each tick and keeps each transit. */
#include "probes/quality/dejitter.h"

#include "harness.h"

#include <stdlib.h>

enum { PARTS = 5, KEPT = 5, PART_MAX = 4096, US_MAX = ES_DEJITTER_US_MAX };

/* What dejitter.h says, in the order it says it. */
struct model {
	bool started;
	bool is_target_old;
	es_time origin;
	int32_t playout_us, target_us, min_us;
	unsigned empty;
	uint32_t moves;
	uint64_t next, last, step_at, began;
	int32_t ptime_us;
	int64_t next_slot_ns, last_slot_ns, step_ns;
	int64_t end_ns;
	int32_t part[PARTS][PART_MAX]; /* all transits of each half second, the youngest first */
	unsigned n[PARTS];
};

static int64_t
within(int64_t v, int64_t limit)
{
	return v > limit ? limit : v < -limit ? -limit : v;
}

static int
descending(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x < y) - (x > y);
}

static int32_t
min_of(const struct model *m)
{
	int32_t min_us = INT32_MAX;

	for (unsigned i = 0; i < PARTS; i++)
		for (unsigned k = 0; k < m->n[i]; k++)
			min_us = m->part[i][k] < min_us ? m->part[i][k] : min_us;
	return min_us;
}

static void
model_aim(struct model *m)
{
	int32_t top[PARTS * KEPT];
	unsigned kept = 0, n = 0, rank;

	m->is_target_old = false;
	for (unsigned i = 0; i < PARTS; i++) {
		qsort(m->part[i], m->n[i], sizeof(m->part[i][0]), descending);
		n += m->n[i];
		for (unsigned k = 0; k < KEPT && k < m->n[i]; k++)
			top[kept++] = m->part[i][k];
	}
	if (n == 0)
		return;
	qsort(top, kept, sizeof(top[0]), descending);
	rank = ((n - 1) * 3 + 49) / 100;
	m->min_us = min_of(m);
	m->target_us = top[rank < kept ? rank : kept - 1] + 10000;
	if (m->target_us < m->min_us + 20000)
		m->target_us = m->min_us + 20000;
	if (m->target_us > m->min_us + 250000)
		m->target_us = m->min_us + 250000;
}

static void
model_rotate(struct model *m, int64_t now_ns)
{
	if (now_ns - m->end_ns >= PARTS * 500 * ES_NS_PER_MS ||
	    m->end_ns - now_ns >= 1000 * ES_NS_PER_MS) {
		memset(m->n, 0, sizeof(m->n));
		m->end_ns = now_ns + 500 * ES_NS_PER_MS;
	}
	for (; now_ns >= m->end_ns; m->end_ns += 500 * ES_NS_PER_MS) {
		memmove(m->part[1], m->part[0], sizeof(m->part) - sizeof(m->part[0]));
		memmove(&m->n[1], &m->n[0], sizeof(m->n) - sizeof(m->n[0]));
		m->n[0] = 0;
		m->is_target_old = true;
	}
}

static void
model_move(struct model *m, int64_t us)
{
	m->playout_us = (int32_t)within(m->playout_us + us, US_MAX);
}

static void
model_settle(struct model *m, int32_t ptime_us)
{
	if (m->is_target_old)
		model_aim(m);
	if (2 * (m->playout_us - m->target_us) >= 3 * ptime_us)
		model_move(m, -ptime_us);
	else if (2 * (m->target_us - m->playout_us) > ptime_us ||
		 m->target_us - m->playout_us > 20000)
		model_move(m, ptime_us);
	else
		return;
	m->moves++;
}

static void
model_play(struct model *m, const struct es_dejitter_packet *p, int64_t now_ns, int32_t ptime_us,
    struct es_dejitter_took *out)
{
	int64_t since_ns;

	while ((since_ns = now_ns - m->next_slot_ns - m->playout_us * ES_NS_PER_US) > 0) {
		if (m->next != p->number && m->next <= p->highest &&
		    (p->got[m->next / 64 % 8] >> m->next % 64 & 1) != 0) {
			m->empty = 0;
			model_settle(m, ptime_us);
		} else if (p->highest < m->next && m->empty == 3) {
			int64_t tick_ns = ptime_us * ES_NS_PER_US;
			int64_t ticks = (since_ns + tick_ns - 1) / tick_ns;

			out->frozen = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
			out->frozen_at = m->next;
			model_move(m, ticks * ptime_us);
			return;
		} else if (p->highest < m->next) {
			m->empty++;
		}
		m->next++;
		m->next_slot_ns += ptime_us * ES_NS_PER_US;
		if (m->step_ns != 0 && m->next == m->step_at) {
			m->next_slot_ns += m->step_ns;
			m->step_ns = 0;
		}
	}
}

static void
model_begin_at(struct model *m, uint64_t number, int64_t slot_ns)
{
	m->next = number;
	m->next_slot_ns = slot_ns;
	m->step_ns = 0;
	m->empty = 0;
}

static void
model_place(struct model *m, uint64_t number, int64_t slot_ns, int32_t ptime_us)
{
	int64_t half_ns = ptime_us * ES_NS_PER_US / 2;
	int64_t extra_ns = 0;

	if (ptime_us == m->ptime_us && number - m->last < 256 && m->next + 256 > number)
		extra_ns = slot_ns - m->last_slot_ns -
			   (int64_t)(number - m->last) * ptime_us * ES_NS_PER_US;
	else
		model_begin_at(m, number, slot_ns);
	if (extra_ns >= half_ns || extra_ns <= -half_ns) {
		if (m->next >= number || m->step_ns != 0) {
			model_begin_at(m, number, slot_ns);
		} else {
			m->step_at = number;
			m->step_ns = extra_ns;
		}
	}
	m->last = number;
	m->last_slot_ns = slot_ns;
	if (ptime_us != m->ptime_us)
		m->began = number;
	m->ptime_us = ptime_us;
}

static struct es_dejitter_took
model_update(struct model *m, const struct es_dejitter_packet *p)
{
	struct es_dejitter_took out = { false, 0, 0 };
	int32_t us = (int32_t)within(p->transit_ns / 1000, US_MAX);
	int32_t ptime_us = p->ptime_us == 0       ? 20000
			   : p->ptime_us < 200000 ? (int32_t)p->ptime_us
						  : 200000;
	int64_t now_ns;

	if (!m->started) {
		m->started = true;
		m->origin = p->arrival;
		m->playout_us = us + 40000;
		m->target_us = m->playout_us;
		m->min_us = us;
		m->end_ns = 500 * ES_NS_PER_MS;
		m->last = p->number;
		m->last_slot_ns = -us * ES_NS_PER_US;
		m->ptime_us = ptime_us;
		model_begin_at(m, p->number, m->last_slot_ns);
	}
	now_ns = within(es_time_diff(p->arrival, m->origin), INT64_MAX / 16);
	model_rotate(m, now_ns);
	if (p->number > m->last)
		model_place(m, p->number, now_ns - us * ES_NS_PER_US, ptime_us);
	model_play(m, p, now_ns, m->ptime_us, &out);
	out.late = p->number < m->next && (p->number >= m->began || us > m->playout_us);
	if (us + 10000 >= m->target_us || us < m->min_us)
		m->is_target_old = true;
	if (m->n[0] < PART_MAX)
		m->part[0][m->n[0]++] = us;
	return out;
}

/* How a stream behaves; chances are of a thousand packets. */
struct habits {
	uint32_t jitter_us;
	uint32_t lost, reordered, held, stepped, paused, reset, other_ptime, back, odd, unmeasured;
	int32_t skew_ppm;
};

struct play {
	struct habits h;
	uint64_t seed;
	uint64_t number, highest;
	int64_t media_ns, base_ns, held_ns, last_at_ns;
	uint32_t ptime_us;
	uint64_t got[ES_DEJITTER_RING / 64];
};

static uint32_t
below(struct play *l, uint32_t n)
{
	return test_random(&l->seed) % n;
}

static bool
chance(struct play *l, uint32_t of_thousand)
{
	return below(l, 1000) < of_thousand;
}

static void
any_habits(struct play *l)
{
	static const uint32_t jitter_us[] = { 50, 2000, 8000, 15000, 40000, 150000 };
	uint32_t *rare[] = { &l->h.lost, &l->h.reordered, &l->h.held, &l->h.stepped, &l->h.paused,
		&l->h.reset, &l->h.other_ptime, &l->h.back, &l->h.odd, &l->h.unmeasured };

	l->h.jitter_us = jitter_us[below(l, 6)];
	l->h.skew_ppm = below(l, 3) == 0 ? (int32_t)below(l, 600) - 300 : 0;
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		*rare[i] = below(l, 4) == 0 ? below(l, 20) : 0;
}

static void
any_ptime(struct play *l)
{
	static const uint32_t ptime_us[] = { 20000, 10000, 30000, 40000, 60000, 2500, 0, 250,
		1000000 };

	l->ptime_us = ptime_us[below(l, 9)];
}

/* The next packet, in arrival order but for what the habits say. */
static struct es_dejitter_packet
next_packet(struct play *l)
{
	static const int64_t odd_ns[] = { INT64_MIN, INT64_MAX, 0, INT64_MAX / 16, INT64_MIN / 2 };
	struct es_dejitter_packet p = { .got = l->got };
	int64_t at_ns;

	do {
		l->number++;
		l->media_ns += l->ptime_us * ES_NS_PER_US;
		l->held_ns -= l->held_ns > 0 ? l->ptime_us * ES_NS_PER_US : 0;
	} while (chance(l, l->h.lost));
	l->base_ns += chance(l, l->h.stepped) ? ((int64_t)below(l, 300) - 150) * ES_NS_PER_MS : 0;
	l->media_ns += chance(l, l->h.paused) ? below(l, 4000) * ES_NS_PER_MS : 0;
	l->media_ns += chance(l, l->h.reset) ? ((int64_t)below(l, 40) - 20) * ES_NS_PER_MS : 0;
	l->held_ns = chance(l, l->h.held) ? below(l, 700) * ES_NS_PER_MS : l->held_ns;
	if (chance(l, l->h.other_ptime))
		any_ptime(l);
	p.number = l->number;
	p.transit_ns = l->base_ns + (l->held_ns > 0 ? l->held_ns : 0) +
		       below(l, l->h.jitter_us) * ES_NS_PER_US + below(l, 1000) -
		       l->media_ns / 1000000 * l->h.skew_ppm;
	at_ns = l->media_ns + p.transit_ns;
	if (chance(l, l->h.reordered)) {
		uint32_t by = 1 + below(l, 4);

		p.number -= by;
		p.transit_ns += by * l->ptime_us * ES_NS_PER_US;
	}
	if (at_ns < l->last_at_ns && !chance(l, l->h.back)) {
		p.transit_ns += l->last_at_ns - at_ns;
		at_ns = l->last_at_ns;
	}
	l->last_at_ns = at_ns;
	if (chance(l, l->h.odd)) {
		at_ns = odd_ns[below(l, 5)];
		p.transit_ns = below(l, 2) == 0 ? odd_ns[below(l, 5)] : p.transit_ns;
		p.number += below(l, 2000);
		l->number = p.number;
	}
	p.arrival = es_time_of_ns(at_ns);
	p.ptime_us = l->ptime_us;
	p.highest = l->highest;
	return p;
}

static void
note(struct play *l, uint64_t number)
{
	for (uint64_t n = l->highest + 1; n <= number && n <= l->highest + ES_DEJITTER_RING; n++)
		l->got[n / 64 % 8] &= ~(UINT64_C(1) << n % 64);
	l->got[number / 64 % 8] |= UINT64_C(1) << number % 64;
	l->highest = number > l->highest ? number : l->highest;
}

TEST(dejitter_is_as_a_buffer_that_goes_through_each_tick)
{
	enum { STREAMS = 400, PACKETS = 1500 };
	static struct model m;
	uint64_t n = 0, plain = 0, late = 0, frozen = 0, moves = 0;

	for (uint64_t stream = 0; stream < STREAMS; stream += test_step(5)) {
		struct play l = { .seed = stream, .number = 66000, .highest = 66000 };
		struct es_dejitter d;

		m = (struct model){ 0 };
		es_dejitter_init(&d, 0);
		l.ptime_us = 20000;
		if (stream % 3 == 0)
			any_ptime(&l);
		any_habits(&l);
		for (int i = 0; i < PACKETS; i++) {
			struct es_dejitter_packet p = next_packet(&l);
			struct es_dejitter_took is, should;

			if (chance(&l, l.h.unmeasured)) { /* comfort noise */
				note(&l, p.number);
				continue;
			}
			is = es_dejitter_update(&d, &p);
			should = model_update(&m, &p);
			note(&l, p.number);
			CHECK_EQ(is.late, should.late);
			CHECK_EQ(is.frozen, should.frozen);
			CHECK_EQ(is.frozen_at, should.frozen_at);
			CHECK_EQ(d.moves, m.moves);
			CHECK_EQ(es_dejitter_depth_us(&d),
			    min_of(&m) < m.playout_us ? m.playout_us - min_of(&m) : 0);
			n++;
			plain += d.plain_us != 0;
			late += is.late;
			frozen += is.frozen > 0;
		}
		moves += d.moves;
	}
	/* It saw all that there is to see. */
	CHECK(n > PACKETS && plain > n / 3 && plain < n * 9 / 10);
	CHECK(late > n / 500 && frozen > n / 500 && moves > n / 500);
}
