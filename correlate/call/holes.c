/* SPDX-License-Identifier: Apache-2.0 */
/* When the packets that are missing were due. */
#include "correlate/call/holes.h"

#include "correlate/join/stream_view.h"
enum {
	PAUSE_SLACK_MS =
	    500, /* a pause and a hole of one cause differ in length by so much at most */
};

const struct es_cor_stream_view *
es_cor_holes_stream_view(const struct es_cor_holes *h, uint32_t rtp_stream, uint32_t *at)
{
	const struct es_cor_joined_call *c = h->c;
	uint32_t n = 0;

	for (uint32_t p = 0; p < c->n_points; p++) {
		const struct es_cor_view *v = &c->rtp_streams[rtp_stream].views[p];

		if (es_cor_vantage_of(c, p) != h->vantage)
			continue;
		for (uint32_t i = 0; i < v->n_sources; i++) {
			const struct es_cor_source *src = &c->s->sources[v->sources[i]];

			if (*at - n < src->n_stream_views)
				return &c->s->stream_views[c->s->source_stream_views
							       [src->stream_views + (*at)++ - n]];
			n += src->n_stream_views;
		}
	}
	return NULL;
}

static int64_t
packets_ns(const struct es_cor_stream_view *st, int64_t n)
{
	return es_cor_packets_ns(st->step, st->clock_rate_hz, n);
}

/* When a stream view stopped before a hole and continued after it; false: it does not span the hole. */
static bool
time_of(const struct es_cor_solve *s, const struct es_cor_stream_view *st, struct es_cor_hole_at *x)
{
	int64_t from = x->from - st->base, to = x->to - st->base;
	const struct es_cor_anchor *a = NULL, *b = NULL;

	if (from <= st->first || to > st->last || st->clock_rate_hz == 0 || st->step == 0)
		return false;
	for (uint32_t i = 0; i < st->n_anchors && b == NULL; i++) {
		const struct es_cor_anchor *anchor = &s->anchors[st->anchors + i];

		if (anchor->seq < from)
			a = anchor;
		else if (anchor->seq >= to)
			b = anchor;
	}
	if (a == NULL)
		return false;
	x->step_ns = packets_ns(st, 1);
	x->start = es_time_add(a->at, packets_ns(st, from - a->seq));
	x->end = b != NULL ? es_time_add(b->at, packets_ns(st, to - b->seq))
			   : es_time_add(x->start, packets_ns(st, to - from));
	return true;
}

void
es_cor_holes_add(struct es_cor_holes *h, uint32_t rtp_stream, const struct es_cor_runs *seen)
{
	for (uint32_t i = 1; i < seen->n && h->n < ES_COR_HOLES_MAX; i++) {
		struct es_cor_hole_at x = { .rtp_stream = rtp_stream,
			.direction = h->c->rtp_streams[rtp_stream].direction };
		const struct es_cor_stream_view *st;
		bool is_timed = false;

		x.from = seen->at[i - 1].to;
		x.to = seen->at[i].from;
		if (x.to - x.from >= ES_COR_GAP_MAX)
			continue;
		for (uint32_t at = 0;
		     !is_timed && (st = es_cor_holes_stream_view(h, rtp_stream, &at)) != NULL;)
			is_timed = time_of(h->c->s, st, &x);
		if (is_timed && es_cor_hole_ns(&x) >= h->least_ns)
			h->at[h->n++] = x;
	}
}

bool
es_cor_holes_meet(const struct es_cor_hole_at *a, const struct es_cor_hole_at *b)
{
	es_time start = es_time_max(a->start, b->start);
	es_time end = es_time_before(a->end, b->end) ? a->end : b->end;
	int64_t common_ns = es_time_diff(end, start);

	return common_ns * 2 > es_cor_hole_ns(a) && common_ns * 2 > es_cor_hole_ns(b);
}

/* Whether a pause is about as long as a hole: what has one cause begins and ends at one time. */
static bool
is_as_long(int64_t pause_ns, const struct es_cor_hole_at *x)
{
	int64_t apart_ns = pause_ns - es_cor_hole_ns(x);

	return (apart_ns < 0 ? -apart_ns : apart_ns) <= PAUSE_SLACK_MS * ES_NS_PER_MS;
}

/* How long a part took beyond the time of its packets. */
static int64_t
pause_in(const struct es_cor_stream_view *st, const struct es_cor_part *p)
{
	return es_time_diff(p->end, p->start) -
	       packets_ns(st, (int64_t)(p->last_seq - p->first_seq));
}

/* What a stream view did in the middle half of a hole. */
static enum es_cor_silence
silence_of(const struct es_cor_solve *s, const struct es_cor_stream_view *st,
    const struct es_cor_hole_at *x)
{
	int64_t quarter_ns = es_cor_hole_ns(x) / 4;
	es_time from = es_time_add(x->start, quarter_ns), to = es_time_add(x->end, -quarter_ns);
	const struct es_cor_part *before = NULL, *after = NULL;

	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &s->store->parts[s->part_order[st->parts + i]];

		if (p->received == 0)
			continue;
		if (!es_time_before(from, p->end))
			before = p;
		else if (!es_time_before(p->start, to))
			after = after == NULL ? p : after;
		else if (p->n_missing > 0 || st->clock_rate_hz == 0 ||
			 !is_as_long(pause_in(st, p), x))
			return ES_COR_HEARD;
		else
			return ES_COR_PAUSED;
	}
	return before != NULL && after != NULL &&
		       is_as_long(es_time_diff(after->start, before->end), x)
		   ? ES_COR_PAUSED
		   : ES_COR_NOT_THERE;
}

enum es_cor_silence
es_cor_holes_silence(
    const struct es_cor_holes *h, uint32_t rtp_stream, const struct es_cor_hole_at *x)
{
	const struct es_cor_stream_view *st;
	bool is_timed = false, has_paused = false;

	for (unsigned i = 0; i < h->n; i++)
		if (h->at[i].rtp_stream == rtp_stream && es_cor_holes_meet(&h->at[i], x))
			return ES_COR_PAUSED;
	for (uint32_t at = 0; (st = es_cor_holes_stream_view(h, rtp_stream, &at)) != NULL;) {
		enum es_cor_silence now = silence_of(h->c->s, st, x);

		if (now == ES_COR_HEARD)
			return ES_COR_HEARD;
		is_timed = true;
		has_paused |= now == ES_COR_PAUSED;
	}
	return has_paused ? ES_COR_PAUSED : is_timed ? ES_COR_NOT_THERE : ES_COR_HEARD;
}

void
es_cor_leave_out(struct es_cor_joined_call *c, uint32_t rtp_stream, int64_t from, int64_t to)
{
	for (uint32_t p = 0; p < c->n_points; p++) {
		struct es_cor_view *v = &c->rtp_streams[rtp_stream].views[p];
		struct es_cor_runs unknown;

		if (!v->is_there)
			continue;
		es_cor_runs_new(&unknown, c->s->mem, v->unknown.n + 1);
		for (uint32_t i = 0; i < v->unknown.n; i++)
			es_cor_runs_add(&unknown, v->unknown.at[i].from, v->unknown.at[i].to);
		es_cor_runs_add(&unknown, from, to);
		es_cor_runs_tidy(&unknown);
		v->unknown = unknown;
	}
}
