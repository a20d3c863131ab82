/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SDP sends media past an SBC for a while, on the side that the sender is on. The SDP on the other side names the same
 * addresses as before, so a capture there misses the packets, and counts them as lost. The stream on the first side
 * knows better: it did not expect them. What did not come to the SBC cannot be lost behind it.
 */
#include "correlate/call/unexpected.h"

#include "correlate/call/rtp_streams.h"

/* The first position with media; n_points: none. */
static uint32_t
first_position(const struct es_cor_direction *d)
{
	uint32_t first = 0;

	while (first < d->n_points && d->is_without_media[first])
		first++;
	return first;
}

/* Whether a stream view has ended and its blocks were all delivered: they have as many numbers as its record expects. */
static bool
is_whole(const struct es_cor_solve *s, const struct es_cor_stream_view *st)
{
	int64_t next = st->first;
	uint64_t n = 0;

	es_cor_count(s, st->n_parts);
	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &s->store->parts[s->part_order[st->parts + i]];
		int64_t from = (int64_t)p->first_seq, to = (int64_t)p->last_seq + 1;

		from = from > next ? from : next;
		n += to > from ? (uint64_t)(to - from) : 0;
		next = to > next ? to : next;
	}
	return !st->is_open && n == es_cor_stream_of(s, st)->rec.expected;
}

/* The numbers between the blocks of a stream view that is whole: it did not expect them. */
static void
add_unexpected(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, struct es_cor_runs *out)
{
	int64_t next = st->first;

	es_cor_count(s, st->n_parts);
	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &s->store->parts[s->part_order[st->parts + i]];
		int64_t to = (int64_t)p->last_seq + 1;

		es_cor_runs_add(out, st->base + next, st->base + (int64_t)p->first_seq);
		next = to > next ? to : next;
	}
}

/* Adds to what is unknown at a position the runs of which no point saw a packet. */
static void
add_unknown(struct es_cor_joined_call *c, uint32_t rtp_stream, const struct es_cor_runs *runs,
    struct es_cor_view *v)
{
	struct es_cor_runs all, unknown;
	size_t mark;

	es_cor_runs_new(&unknown, c->s->mem, v->unknown.n + runs->n);
	mark = es_arena_mark(c->s->mem);
	es_cor_all_seen(c, rtp_stream, &all);
	if (c->s->mem->n_refused > 0)
		return;
	for (uint32_t i = 0; i < v->unknown.n; i++)
		es_cor_runs_add(&unknown, v->unknown.at[i].from, v->unknown.at[i].to);
	for (uint32_t i = 0; i < runs->n; i++)
		if (es_cor_runs_count_in(&all, runs->at[i].from, runs->at[i].to) == 0)
			es_cor_runs_add(&unknown, runs->at[i].from, runs->at[i].to);
	es_arena_reset(c->s->mem, mark);
	es_cor_runs_tidy(&unknown);
	v->unknown = unknown;
}

static void
leave_out(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t first, uint32_t last)
{
	struct es_cor_joined_call *c = d->c;
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = es_cor_stream_views_at(d, rtp_stream, first, st);
	struct es_cor_runs runs;
	uint32_t room = 0;

	for (unsigned i = 0; i < n; i++)
		room += st[i]->n_parts;
	es_cor_runs_new(&runs, c->s->mem, room);
	for (unsigned i = 0; i < n; i++)
		if (is_whole(c->s, st[i]))
			add_unexpected(c->s, st[i], &runs);
	es_cor_runs_tidy(&runs);
	if (runs.n > 0)
		add_unknown(
		    c, rtp_stream, &runs, &c->rtp_streams[rtp_stream].views[d->order[last]]);
}

void
es_cor_leave_out_unexpected(struct es_cor_direction *d)
{
	uint32_t first = first_position(d);

	if (first == d->n_points || !es_cor_may_be_passed(d, first))
		return;
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		uint32_t last;

		if (d->c->rtp_streams[m].direction != d->direction ||
		    !es_cor_view_at(d, m, first)->is_there)
			continue;
		last = es_cor_direction_last_point(d, m);
		if (last > first && es_cor_may_be_passed(d, last))
			leave_out(d, m, first, last);
	}
}
