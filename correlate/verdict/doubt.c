/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubt, where a terminal of the call used more than one path. Two hosts that send to each other are a path. A point
 * sees a path if packets that another point saw between these hosts, in either direction, came to it, or if its own
 * capture has the two hosts. What was sent on a path that an SBC or a tap does not see need not have come there. A
 * terminal sees all paths to it; packets that it did not see may have come under other numbers if it heard others
 * while they were due.
 */
#include "correlate/verdict/doubt.h"

#include "correlate/call/holes.h"
#include "correlate/call/seen_periods.h"
#include "correlate/join/seen_numbers.h"
#include "correlate/join/source.h"
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/stopped.h"

enum { LAST_PACKETS_MIN = 64 }; /* on another path, before a direction that ends is in doubt */

static const struct es_cor_leg *
leg_at(const struct es_cor_direction *d, uint32_t position)
{
	return &d->c->s->legs[d->c->points[d->order[position]].leg];
}

static const struct es_stream_key *
key_of(const struct es_cor_direction *d, const struct es_cor_stream_view *st)
{
	return &es_cor_stream_of(d->c->s, st)->key;
}

static bool
is_same_path(const struct es_stream_key *a, const struct es_stream_key *b)
{
	return (es_addr_same_ip(&a->src, &b->src) && es_addr_same_ip(&a->dst, &b->dst)) ||
	       (es_addr_same_ip(&a->src, &b->dst) && es_addr_same_ip(&a->dst, &b->src));
}

/* Whether a terminal sent media of the call to more than one host, or had them from more than one. */
static bool
has_paths(const struct es_cor_direction *d)
{
	for (uint32_t p = 0; p < d->n_points; p++) {
		const struct es_cor_leg *leg = leg_at(d, p);

		es_cor_count(d->c->s, leg->n_stream_views);
		for (uint32_t i = 1; i < leg->n_stream_views && !es_cor_may_be_passed(d, p); i++)
			if (!is_same_path(key_of(d, es_cor_leg_stream_view(d->c->s, leg, 0)),
				key_of(d, es_cor_leg_stream_view(d->c->s, leg, i))))
				return true;
	}
	return false;
}

/* Whether packets of a stream view, of either direction, came to a position. */
static bool
has_come(const struct es_cor_direction *d, const struct es_cor_stream_view *st, uint32_t position)
{
	struct es_cor_solve *s = d->c->s;
	uint32_t group = es_cor_group_of(s, st->source), m = 0;
	size_t mark = es_arena_mark(s->mem);
	struct es_cor_runs seen;
	bool has;

	while (m < d->c->n_rtp_streams && d->c->rtp_streams[m].group != group)
		m++;
	es_cor_count(s, 1 + m);
	if (m == d->c->n_rtp_streams)
		return false;
	es_cor_runs_new(&seen, s->mem, es_cor_seen_numbers_room(s, st, st->first, st->last + 1));
	es_cor_seen_numbers(s, st, st->first, st->last + 1, st->base, &seen);
	has = es_cor_runs_common(&seen, &es_cor_view_at(d, m, position)->seen) > 0;
	es_arena_reset(s->mem, mark);
	return has;
}

/* Whether a position sees the path that a stream view at another one took. Of too many streams it is not known. */
static bool
sees_path(const struct es_cor_direction *d, const struct es_cor_stream_view *st, uint32_t at,
    uint32_t position)
{
	const struct es_cor_joined_call *c = d->c;
	const struct es_cor_leg *leg = leg_at(d, at);

	if (leg->n_stream_views > ES_COR_STREAM_VIEWS_MAX)
		return true;
	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *x = es_cor_leg_stream_view(c->s, leg, i);

		if (is_same_path(key_of(d, x), key_of(d, st)) && has_come(d, x, position))
			return true;
	}
	for (uint32_t p = 0; p < c->n_points; p++) {
		const struct es_cor_leg *own = &c->s->legs[c->points[p].leg];

		if (own->vantage != leg_at(d, position)->vantage)
			continue;
		es_cor_count(c->s, own->n_stream_views);
		for (uint32_t i = 0; i < own->n_stream_views; i++)
			if (is_same_path(
				key_of(d, es_cor_leg_stream_view(c->s, own, i)), key_of(d, st)))
				return true;
	}
	return false;
}

/* How long of a period one RTP stream was not seen at a position. */
static int64_t
apart_ns(const struct es_cor_seen_period *x, const struct es_cor_seen_period *y, unsigned n)
{
	int64_t ns = es_time_diff(x->end, x->start);

	for (unsigned i = 0; i < n; i++) {
		int64_t common_ns =
		    es_time_diff(es_time_before(x->end, y[i].end) ? x->end : y[i].end,
			es_time_max(x->start, y[i].start));

		ns -= common_ns > 0 ? common_ns : 0;
	}
	return ns;
}

/* Whether a position heard others of the direction for half of the time of a stream view, while it missed those. */
static bool
heard_others(const struct es_cor_direction *d, uint32_t rtp_stream,
    const struct es_cor_stream_view *st, uint32_t position)
{
	struct es_cor_seen_period own[ES_COR_SEEN_PERIODS_MAX], x[ES_COR_SEEN_PERIODS_MAX];
	unsigned n_own = es_cor_seen_periods(d, rtp_stream, position, own);
	int64_t ns = 0;

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		unsigned n = m == rtp_stream || d->c->rtp_streams[m].direction != d->direction
				 ? 0
				 : es_cor_seen_periods(d, m, position, x);

		for (unsigned i = 0; i < n; i++)
			ns += apart_ns(&x[i], own, n_own);
	}
	return ns > 0 && ns * 2 >= es_time_diff(st->end, st->start);
}

/* Packets of a stream view that no later position saw, less those that are unknown at one. */
static uint64_t
lost_of(const struct es_cor_direction *d, uint32_t rtp_stream, const struct es_cor_stream_view *st,
    uint32_t from, uint32_t to)
{
	struct es_cor_solve *s = d->c->s;
	size_t mark = es_arena_mark(s->mem);
	const struct es_cor_view *v = es_cor_view_at(d, rtp_stream, to);
	struct es_cor_runs left, less;
	uint64_t n = 0;

	es_cor_runs_new(&left, s->mem, es_cor_seen_numbers_room(s, st, st->first, st->last + 1));
	es_cor_seen_numbers(s, st, st->first, st->last + 1, st->base, &left);
	for (uint32_t i = from + 1; i <= d->n_points && s->mem->n_refused == 0; i++) {
		const struct es_cor_runs *known =
		    i < d->n_points ? &es_cor_view_at(d, rtp_stream, i)->seen : &v->unknown;

		es_cor_runs_new(&less, s->mem, left.n + known->n);
		if (s->mem->n_refused > 0)
			break;
		es_cor_runs_minus(&left, known, &less);
		left = less;
	}
	n = es_cor_runs_count(&left);
	es_arena_reset(s->mem, mark);
	return n;
}

bool
es_cor_doubts_fault(const struct es_cor_direction *d, const struct es_cor_fault *fault)
{
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	uint64_t all = 0, elsewhere = 0;

	if (fault->is_upstream || fault->late > fault->lost || !has_paths(d))
		return false;
	if (d->begun[fault->to].lost * 2 > fault->lost && es_cor_may_be_passed(d, fault->from))
		return true; /* its numbers need not have been made of what came there */
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		unsigned n = d->c->rtp_streams[m].direction != d->direction
				 ? 0
				 : es_cor_stream_views_at(d, m, fault->from, st);

		for (unsigned i = 0; i < n; i++) {
			uint64_t lost = lost_of(d, m, st[i], fault->from, fault->to);

			all += lost;
			if (lost > 0 && !sees_path(d, st[i], fault->from, fault->to) &&
			    (es_cor_may_be_passed(d, fault->to) ||
				heard_others(d, m, st[i], fault->to)))
				elsewhere += lost;
		}
	}
	return elsewhere * 2 > all;
}

bool
es_cor_doubts_stop(const struct es_cor_direction *d)
{
	if (d->last_point >= d->n_points || !es_cor_may_be_passed(d, d->last_point) ||
	    !has_paths(d))
		return false;
	for (uint32_t i = 0; i < d->last_point; i++) {
		const struct es_cor_stream_view *st = es_cor_last_audio(d, d->order[i]);

		if (st != NULL && st->last - st->first >= LAST_PACKETS_MIN &&
		    (es_cor_stream_of(d->c->s, st)->rec.findings & ES_FINDING_STOPPED) == 0 &&
		    !sees_path(d, st, i, d->last_point))
			return true;
	}
	return false;
}

void
es_cor_doubt_evidence(const struct es_cor_direction *d, struct es_verdict *out)
{
	struct es_evidence *e = es_cor_evidence(out);

	es_cor_add_text(e, d->direction > 0 ? "forward: " : "reverse: ");
	es_cor_add_text(
	    e, "the call's media took more than one path: lost or elsewhere, nobody knows");
}
