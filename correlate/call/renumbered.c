/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that were renumbered on a part of the path for a while: a relay hands packets on under an SSRC
 * of its own, until both phones send to each other directly. What the other points did not see of the
 * phone's own packets then was not lost: it continued under other numbers.
 */
#include "correlate/call/renumbered.h"

#include "correlate/join/stream_view.h"
enum { REACH_MAX = 65536 }; /* numbers */

/* A stretch of numbers and of time in which a point did not see an RTP stream. */
struct hole {
	int64_t from; /* numbers from..to-1 */
	int64_t to;
	es_time start;
	es_time end;
};

/* How long two stretches of time have in common. */
static int64_t
common_ns(const struct hole *h, const struct es_cor_stream_view *st)
{
	int64_t ns = es_time_diff(es_time_before(st->end, h->end) ? st->end : h->end,
	    es_time_before(st->start, h->start) ? h->start : st->start);

	return ns > 0 ? ns : 0;
}

/* The position before that saw most of the numbers, and how many. */
static uint32_t
most_seen(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct hole *h, uint64_t *packets)
{
	uint32_t best = 0;

	*packets = 0;
	for (uint32_t i = 0; i < position; i++) {
		uint64_t n =
		    es_cor_runs_count_in(&es_cor_view_at(d, rtp_stream, i)->seen, h->from, h->to);

		if (n > *packets) {
			*packets = n;
			best = i;
		}
	}
	return best;
}

/* Whether media that the position before did not see were there for at least half of the time. */
static bool
is_filled(
    const struct es_cor_direction *d, uint32_t before, uint32_t position, const struct hole *h)
{
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	int64_t ns = 0;

	es_cor_count(d->c->s, d->c->n_rtp_streams);
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		unsigned n;

		if (d->c->rtp_streams[m].direction != d->direction ||
		    es_cor_view_at(d, m, before)->is_there)
			continue;
		n = es_cor_stream_views_at(d, m, position, st);
		for (unsigned i = 0; i < n; i++)
			ns += common_ns(h, st[i]);
	}
	return ns > 0 && ns * 2 >= es_time_diff(h->end, h->start);
}

/* What the point did not see before a stream view, or behind the last one of a line (next NULL). */
static bool
hole_between(
    const struct es_cor_stream_view *prev, const struct es_cor_stream_view *next, struct hole *h)
{
	int64_t end = prev != NULL ? prev->base + prev->last + 1 : 0;
	int64_t begin = next != NULL ? next->base + next->first : end + REACH_MAX;
	bool is_one_line = prev != NULL && begin - end < REACH_MAX;

	if (next == NULL) {
		*h = (struct hole){ end, begin, prev->end, prev->end };
		return true;
	}
	*h = (struct hole){ is_one_line ? end : begin - REACH_MAX, begin,
		is_one_line ? prev->end : next->start, next->start };
	return h->from < h->to;
}

/* Adds a hole to what is unknown at the position, if its packets came under other numbers. */
static void
leave_out_hole(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct es_cor_stream_view *prev, const struct es_cor_stream_view *next,
    struct es_cor_runs *unknown)
{
	const struct es_cor_stream_view *st = next != NULL ? next : prev;
	uint64_t packets;
	struct hole h;
	uint32_t before;
	int64_t ns;

	if (!hole_between(prev, next, &h) || st->clock_rate_hz == 0)
		return;
	before = most_seen(d, rtp_stream, position, &h, &packets);
	if (packets == 0 || packets > REACH_MAX)
		return;
	ns = es_cor_packets_ns(st->step, st->clock_rate_hz, (int64_t)packets);
	if (next == NULL)
		h.end = es_time_add(h.end, ns);
	else if (!es_time_before(h.start, h.end))
		h.start = es_time_add(h.end, -ns);
	if (is_filled(d, before, position, &h))
		es_cor_runs_add(unknown, h.from, h.to);
}

static void
leave_out_holes(struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	struct es_cor_view *v = &d->c->rtp_streams[rtp_stream].views[d->order[position]];
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = es_cor_stream_views_at(d, rtp_stream, position, st);
	struct es_cor_runs unknown;

	if (n == 0)
		return;
	es_cor_runs_new(&unknown, d->c->s->mem, v->unknown.n + 2 * n);
	for (uint32_t i = 0; i < v->unknown.n; i++)
		es_cor_runs_add(&unknown, v->unknown.at[i].from, v->unknown.at[i].to);
	for (unsigned i = 0; i < n; i++) {
		bool is_last =
		    i + 1 == n ||
		    (st[i + 1]->base + st[i + 1]->first) - (st[i]->base + st[i]->last) > REACH_MAX;

		leave_out_hole(d, rtp_stream, position, i > 0 ? st[i - 1] : NULL, st[i], &unknown);
		if (is_last)
			leave_out_hole(d, rtp_stream, position, st[i], NULL, &unknown);
	}
	es_cor_runs_tidy(&unknown);
	v->unknown = unknown;
}

/* Whether media of the direction stand at a position that are not at every one before. */
static bool
has_own_media(const struct es_cor_direction *d, uint32_t position)
{
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction ||
		    !es_cor_view_at(d, m, position)->is_there)
			continue;
		for (uint32_t i = 0; i < position; i++)
			if (!es_cor_view_at(d, m, i)->is_there)
				return true;
	}
	return false;
}

void
es_cor_leave_out_renumbered(struct es_cor_direction *d)
{
	for (uint32_t p = 1; p < d->n_points && d->c->n_rtp_streams <= ES_COR_RTP_STREAMS_MAX;
	     p++) {
		if (!has_own_media(d, p))
			continue;
		for (uint32_t m = 0; m < d->c->n_rtp_streams; m++)
			if (d->c->rtp_streams[m].direction == d->direction &&
			    es_cor_view_at(d, m, p)->is_there)
				leave_out_holes(d, m, p);
	}
}
