/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments: what went missing between two neighbouring points, to the packet. All of them; the one at fault
 * is chosen in verdict/fault.c.
 */
#include "correlate/call/segment.h"

#include "correlate/call/delay.h"
#include "correlate/call/elsewhere.h"
#include "correlate/call/relayed.h"
#include "correlate/call/renumbered.h"
#include "correlate/call/replaced.h"
#include "correlate/call/unexpected.h"

static bool
is_earlier(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	for (uint32_t i = 0; i < position; i++) {
		if (es_cor_view_at(d, rtp_stream, i)->is_there)
			return true;
	}
	return false;
}

/* Media end at i and others begin at i + 1: packets are renumbered between them. */
static bool
is_renumbered(const struct es_cor_direction *d, uint32_t i)
{
	bool ends = false, begins = false;

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		ends |= es_cor_view_at(d, m, i)->is_there && !es_cor_direction_is_later(d, m, i);
		begins |= es_cor_view_at(d, m, i + 1)->is_there && !is_earlier(d, m, i + 1);
	}
	return ends && begins;
}

/* Expected, lost and unseen of one RTP stream between two positions that can be compared. */
static void
compare_views(const struct es_cor_view *from, const struct es_cor_view *to, struct es_arena *mem,
    struct es_segment *out)
{
	size_t mark = es_arena_mark(mem);
	struct es_cor_runs known, lost, known_there, unseen;

	es_cor_runs_new(&known, mem, from->seen.n + to->unknown.n);
	es_cor_runs_new(&lost, mem, from->seen.n + to->unknown.n + to->seen.n);
	es_cor_runs_new(&known_there, mem, to->seen.n + from->unknown.n);
	es_cor_runs_new(&unseen, mem, to->seen.n + from->unknown.n + from->seen.n);
	if (mem->n_refused == 0) {
		es_cor_runs_minus(&from->seen, &to->unknown, &known);
		es_cor_runs_minus(&known, &to->seen, &lost);
		es_cor_runs_minus(&to->seen, &from->unknown, &known_there);
		es_cor_runs_minus(&known_there, &from->seen, &unseen);
		out->expected += es_cor_runs_count(&known);
		out->lost += es_cor_runs_count(&lost);
		out->unseen_upstream += es_cor_runs_count(&unseen);
	}
	es_arena_reset(mem, mark);
}

struct figures {
	bool has_late;
	bool has_variation;
	uint64_t late;
	uint64_t packets; /* of the stream that variation belongs to */
	uint32_t p95_us;
};

/* Late packets and delay variation of all media of the direction at one position. */
static struct figures
figures_at(const struct es_cor_direction *d, uint32_t position)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	struct figures f = { 0 };

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;
		bool is_egress = rec->seen == ES_SEEN_EGRESS;

		if (s->sources[st->source].direction != d->direction)
			continue;
		if ((rec->has & ES_STREAM_HAS_LATE) != 0 || is_egress) {
			f.has_late = true;
			f.late += (rec->has & ES_STREAM_HAS_LATE) != 0 ? rec->late : 0;
		}
		if ((rec->has & ES_STREAM_HAS_DELAY_VARIATION) != 0 && rec->packets > f.packets) {
			f.has_variation = true;
			f.packets = rec->packets;
			f.p95_us = rec->delay_variation.p95_us;
		}
	}
	return f;
}

static void
estimate(const struct es_cor_direction *d, uint32_t i, struct es_segment *out)
{
	struct figures a = figures_at(d, i), b = figures_at(d, i + 1);

	if (a.has_late && b.has_late) {
		out->has |= ES_SEGMENT_HAS_LATE;
		out->late = b.late > a.late ? b.late - a.late : 0;
	}
	if (a.has_variation && b.has_variation) {
		out->has |= ES_SEGMENT_HAS_DELAY_VARIATION;
		out->delay_variation_p95_us = b.p95_us > a.p95_us ? b.p95_us - a.p95_us : 0;
	}
}

static void
compare_points(const struct es_cor_direction *d, uint32_t i, struct es_segment *out)
{
	struct es_arena *mem = d->c->s->mem;
	static const struct es_cor_view nothing;

	out->has = ES_SEGMENT_HAS_EXPECTED | ES_SEGMENT_HAS_LOST;
	if (d->is_without_media[i])
		out->has &= ~(uint32_t)ES_SEGMENT_HAS_EXPECTED;
	if (d->is_without_media[i] || d->is_without_media[i + 1] || d->is_renumbered[i])
		out->has &= ~(uint32_t)ES_SEGMENT_HAS_LOST;
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		const struct es_cor_view *from = es_cor_view_at(d, m, i);
		const struct es_cor_view *to = es_cor_view_at(d, m, i + 1);

		if (d->c->rtp_streams[m].direction != d->direction || !from->is_there)
			continue;
		/* seen further on: this point was there and did not see it, its capture is not whole */
		if (!to->is_there && es_cor_direction_is_later(d, m, i + 1))
			out->has &= ~(uint32_t)ES_SEGMENT_HAS_LOST;
		compare_views(from, to->is_there ? to : &nothing, mem, out);
	}
	if ((out->has & ES_SEGMENT_HAS_LOST) == 0)
		out->lost = out->unseen_upstream = 0;
	estimate(d, i, out);
}

int
es_cor_segments(struct es_cor_direction *d, struct es_direction *out)
{
	const struct es_cor_joined_call *c = d->c;

	out->name = d->direction > 0 ? ES_FORWARD : ES_REVERSE;
	out->from = c->points[d->order[0]].name;
	out->to = c->points[d->order[d->n_points - 1]].name;
	out->n_segments = 0;
	es_cor_leave_out_renumbered(d);
	es_cor_leave_out_elsewhere(d);
	es_cor_leave_out_relayed(d);
	es_cor_leave_out_replaced(d);
	for (uint32_t i = 0; i + 1 < d->n_points; i++)
		d->is_renumbered[i] = is_renumbered(d, i);
	es_cor_leave_out_unexpected(d); /* up to where it is renumbered */
	for (uint32_t i = 0; i + 1 < d->n_points; i++) {
		struct es_segment *seg = &out->segments[out->n_segments++];

		memset(seg, 0, sizeof(*seg));
		seg->from = c->points[d->order[i]].name;
		seg->to = c->points[d->order[i + 1]].name;
		compare_points(d, i, seg);
		if (es_cor_round_trip_us(d, i, i + 1, &seg->round_trip_us))
			seg->has |= ES_SEGMENT_HAS_ROUND_TRIP;
	}
	return c->s->mem->n_refused > 0 ? ES_EFULL : 0;
}
