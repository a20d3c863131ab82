/* SPDX-License-Identifier: Apache-2.0 */
/* Audio of a direction that stopped in mid-call, or went past the point that saw it until then. */
#include "correlate/verdict/stopped.h"

#include "correlate/join/source.h"

enum {
	WENT_PAST_MIN = 64,      /* packets behind the last one that a point saw */
	ENDS_TOGETHER_MS = 1000, /* between the ends of what came in and of what was made of it */
};

/* The audio stream view of a direction that ended last at a point; NULL: there is none. */
const struct es_cor_stream_view *
es_cor_last_audio(const struct es_cor_direction *d, uint32_t point)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[point].leg];
	const struct es_cor_stream_view *last = NULL;

	for (uint32_t i = 0; i < leg->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[s->leg_sources[leg->sources + i]];

		for (uint32_t j = 0; j < src->n_stream_views && src->direction == d->direction;
		     j++) {
			const struct es_cor_stream_view *st =
			    &s->stream_views[s->source_stream_views[src->stream_views + j]];
			enum es_stream_kind kind = es_cor_stream_of(s, st)->rec.kind;

			if ((kind == ES_KIND_AUDIO || kind == ES_KIND_UNKNOWN) &&
			    (last == NULL || es_time_before(last->end, st->end)))
				last = st;
		}
	}
	return last;
}

/* Packets behind the last one that a later point saw of an RTP stream, which went past it, as an earlier point shows. */
static uint64_t
went_past(const struct es_cor_view *before, const struct es_cor_view *v)
{
	int64_t end = v->seen.n > 0 ? v->seen.at[v->seen.n - 1].to : INT64_MAX;
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->unknown.n; i++) {
		const struct es_cor_run *r = &v->unknown.at[i];

		n += r->to > end
			 ? es_cor_runs_count_in(&before->seen, r->from > end ? r->from : end, r->to)
			 : 0;
	}
	return n;
}

/* The RTP stream of a stream view. */
static uint32_t
rtp_stream_of(const struct es_cor_direction *d, const struct es_cor_stream_view *st)
{
	uint32_t group = es_cor_group_of(d->c->s, st->source), m = 0;

	while (m < d->c->n_rtp_streams && d->c->rtp_streams[m].group != group)
		m++;
	return m;
}

/* Whether an RTP stream went past a position after that saw it last; *is_before: an earlier one saw it at all. */
static bool
has_gone_past(const struct es_cor_direction *d, uint32_t m, uint32_t position, bool *is_before)
{
	*is_before = false;
	for (uint32_t i = 0; i < position; i++) {
		const struct es_cor_view *before = es_cor_view_at(d, m, i);

		*is_before |= before->is_there;
		if (went_past(before, es_cor_view_at(d, m, position)) >= WENT_PAST_MIN)
			return true;
	}
	return false;
}

static uint32_t
vantage_of(const struct es_cor_direction *d, uint32_t position)
{
	return d->c->s->legs[d->c->points[d->order[position]].leg].vantage;
}

/* Whether a host received media of the direction at a position or before. */
static bool
is_receiver(const struct es_cor_direction *d, uint32_t position, const struct es_addr *host)
{
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		for (uint32_t i = 0; i <= position; i++) {
			unsigned n = es_cor_stream_views_at(d, m, i, st);

			for (unsigned k = 0; k < n; k++)
				if (es_addr_same_ip(
					&es_cor_stream_of(d->c->s, st[k])->key.dst, host))
					return true;
		}
	}
	return false;
}

/* Whether a position sees what a relay sends: it would see that wherever it went. */
static bool
is_behind_relay(
    const struct es_cor_direction *d, const struct es_cor_stream_view *st, uint32_t position)
{
	for (uint32_t i = 0; i < position; i++)
		if (vantage_of(d, i) == vantage_of(d, position))
			return true;
	return is_receiver(d, position, &es_cor_stream_of(d->c->s, st)->key.src);
}

static bool
ends_with(const struct es_cor_stream_view *a, const struct es_cor_stream_view *b)
{
	int64_t ns = es_time_diff(a->end, b->end);

	return ns <= ENDS_TOGETHER_MS * ES_NS_PER_MS && ns >= -ENDS_TOGETHER_MS * ES_NS_PER_MS;
}

/* Whether SDP let an RTP stream go past a position when it ended there. */
static bool
is_withdrawn_at(const struct es_cor_direction *d, uint32_t m, uint32_t position)
{
	const struct es_cor_stream_view *last = es_cor_last_audio(d, d->order[position]);
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = last != NULL ? es_cor_stream_views_at(d, m, position, st) : 0;

	for (unsigned i = 0; i < n; i++)
		if ((es_cor_stream_of(d->c->s, st[i])->rec.findings & ES_FINDING_WITHDRAWN) != 0 &&
		    ends_with(st[i], last) && !is_behind_relay(d, st[i], position))
			return true;
	return false;
}

/*
 * Whether SDP let an RTP stream go past a position, or one before. A terminal sees it wherever it goes: what stopped
 * there did so whatever SDP says.
 */
static bool
is_let_past(const struct es_cor_direction *d, uint32_t m, uint32_t position)
{
	bool is_withdrawn = false;

	for (uint32_t i = 0; i <= position; i++) {
		const struct es_cor_stream_view *st = es_cor_last_audio(d, d->order[i]);

		if (es_cor_may_be_passed(d, i))
			is_withdrawn |= is_withdrawn_at(d, m, i);
		else if (st != NULL &&
			 (es_cor_stream_of(d->c->s, st)->rec.findings & ES_FINDING_STOPPED) != 0)
			return false;
	}
	return is_withdrawn;
}

/*
 * Whether audio at two positions ended at one time. Two vantage points have two clocks: there the time from its end
 * to that of the other direction is the same. At a terminal it proves nothing: what went past a relay comes there.
 */
static bool
ends_at_once(const struct es_cor_direction *d, const struct es_cor_direction *other,
    const struct es_cor_stream_view *from, uint32_t before, const struct es_cor_stream_view *st,
    uint32_t position)
{
	const struct es_cor_stream_view *x, *y;
	int64_t ns;

	if (vantage_of(d, before) == vantage_of(d, position))
		return ends_with(from, st);
	if (!es_cor_may_be_passed(d, position))
		return false;
	x = es_cor_last_audio(other, d->order[before]);
	y = es_cor_last_audio(other, d->order[position]);
	if (x == NULL || y == NULL)
		return false;
	ns = es_time_diff(x->end, from->end) - es_time_diff(y->end, st->end);
	return ns <= ENDS_TOGETHER_MS * ES_NS_PER_MS && ns >= -ENDS_TOGETHER_MS * ES_NS_PER_MS;
}

/* Whether a terminal's own capture saw an RTP stream go on to another host after a stream view of it. */
static bool
has_moved(const struct es_cor_direction *d, const struct es_cor_stream_view *from,
    const struct es_cor_stream_view *last, uint32_t position)
{
	return !es_cor_may_be_passed(d, position) &&
	       last->base + last->last - from->base - from->last >= WENT_PAST_MIN &&
	       !es_addr_same_ip(&es_cor_stream_of(d->c->s, from)->key.dst,
		   &es_cor_stream_of(d->c->s, last)->key.dst);
}

/*
 * The audio that was renumbered into a stream view at a position, and that stopped with it on its way there; NULL: none
 * is known. *is_moved: it went on to another host.
 */
static const struct es_cor_stream_view *
renumbered_from(const struct es_cor_direction *d, const struct es_cor_direction *other,
    const struct es_cor_stream_view *st, uint32_t position, bool *is_moved)
{
	const struct es_cor_stream_view *x[ES_COR_STREAM_VIEWS_MAX], *last;
	uint32_t m;
	unsigned n;

	if (position == 0 || !d->is_renumbered[position - 1])
		return NULL;
	last = es_cor_last_audio(d, d->order[position - 1]);
	m = last != NULL ? rtp_stream_of(d, last) : d->c->n_rtp_streams;
	if (m == d->c->n_rtp_streams)
		return NULL;
	if (ends_at_once(d, other, last, position - 1, st, position))
		return last;
	n = es_cor_stream_views_at(d, m, position - 1, x);
	for (unsigned i = 0; i < n; i++) {
		*is_moved = ends_at_once(d, other, x[i], position - 1, st, position) &&
			    has_moved(d, x[i], last, position - 1);
		if (*is_moved)
			return x[i];
	}
	return NULL;
}

/* Whether the audio that stopped at the last point went past it, or past the point that renumbers it. */
static bool
continues_elsewhere(const struct es_cor_direction *d, const struct es_cor_direction *other,
    const struct es_cor_stream_view *st)
{
	bool is_before = false, is_moved = false, may_be = es_cor_may_be_passed(d, d->last_point);

	for (uint32_t p = d->last_point; st != NULL && !is_before; p--) {
		uint32_t m = rtp_stream_of(d, st);

		if (m == d->c->n_rtp_streams)
			return false;
		if (has_gone_past(d, m, p, &is_before) || (may_be && is_let_past(d, m, p)))
			return true;
		st = renumbered_from(d, other, st, p, &is_moved);
		if (is_moved && may_be)
			return true;
	}
	return false;
}

/* Whether the direction ended too early where it is judged; *at: its last packet. */
bool
es_cor_has_stopped(
    const struct es_cor_direction *d, const struct es_cor_direction *other, es_time *at)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_stream_view *st;
	uint32_t point;

	if (d->last_point >= d->n_points)
		return false;
	point = d->order[d->last_point];
	st = es_cor_last_audio(d, point);
	if (st == NULL || (es_cor_stream_of(s, st)->rec.findings & ES_FINDING_STOPPED) == 0 ||
	    continues_elsewhere(d, other, st))
		return false;
	*at = st->end;
	return true;
}
