/* SPDX-License-Identifier: Apache-2.0 */
/* The points and RTP streams of a direction. */
#include "correlate/call/direction.h"

/* Whether a budget left out media of the call at a point: its call record says so or, without signalling, a stream's. */
static bool
is_shed(const struct es_cor_joined_call *c, uint32_t point)
{
	const struct es_cor_leg *leg = &c->s->legs[c->points[point].leg];
	uint32_t coverage = leg->call != ES_COR_NONE ? c->s->store->calls[leg->call].coverage : 0;

	for (uint32_t i = 0; i < leg->n_stream_views; i++)
		coverage |= es_cor_stream_of(c->s, es_cor_leg_stream_view(c->s, leg, i))->coverage;
	return (coverage & ES_COV_SHED_RTP) != 0;
}

/* Whether a point sees media of the call: in any direction, and in this one if some of its media was left out there. */
static bool
sees_media(const struct es_cor_joined_call *c, uint32_t point, int direction)
{
	bool has_all = !is_shed(c, point);

	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		if (c->rtp_streams[i].views[point].is_there &&
		    (has_all || c->rtp_streams[i].direction == direction))
			return true;
	}
	return false;
}

bool
es_cor_direction_begin(struct es_cor_direction *d, struct es_cor_joined_call *c, int direction)
{
	bool has_media = false;

	memset(d, 0, sizeof(*d));
	d->c = c;
	d->direction = direction;
	d->n_points = c->n_points;
	d->last_point = c->n_points;
	for (uint32_t i = 0; i < c->n_points; i++) {
		d->order[i] = direction > 0 ? i : c->n_points - 1 - i;
		d->is_without_media[i] = !sees_media(c, d->order[i], direction);
		if (!d->is_without_media[i])
			d->last_point = i;
	}
	for (uint32_t m = 0; m < c->n_rtp_streams; m++)
		has_media |= c->rtp_streams[m].direction == direction;
	return has_media;
}

bool
es_cor_direction_is_shed_at(const struct es_cor_direction *d, uint32_t position)
{
	return d->is_without_media[position] && is_shed(d->c, d->order[position]);
}

bool
es_cor_may_be_passed(const struct es_cor_direction *d, uint32_t position)
{
	enum es_role role = d->c->points[d->order[position]].role;

	return role == ES_ROLE_SBC || role == ES_ROLE_TAP;
}

bool
es_cor_direction_is_later(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	for (uint32_t i = position + 1; i < d->n_points; i++) {
		if (es_cor_view_at(d, rtp_stream, i)->is_there)
			return true;
	}
	return false;
}

uint32_t
es_cor_direction_last_point(const struct es_cor_direction *d, uint32_t rtp_stream)
{
	uint32_t last = d->last_point;

	for (uint32_t i = 0; i < d->n_points; i++) {
		if (!es_cor_view_at(d, rtp_stream, i)->is_there ||
		    es_cor_direction_is_later(d, rtp_stream, i))
			continue;
		/* it may have been lost from here on, unless it was renumbered */
		for (uint32_t j = i; j + 1 < d->n_points; j++) {
			if (d->is_renumbered[j])
				return j;
		}
		return last > i ? last : i;
	}
	return last;
}

uint32_t
es_cor_direction_first_point(const struct es_cor_direction *d, uint32_t rtp_stream)
{
	uint32_t last = es_cor_direction_last_point(d, rtp_stream), first = 0;

	while (first < last && !es_cor_view_at(d, rtp_stream, first)->is_there)
		first++;
	return first;
}

unsigned
es_cor_stream_views_at(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct es_cor_stream_view *out[ES_COR_STREAM_VIEWS_MAX])
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_view *v = es_cor_view_at(d, rtp_stream, position);
	unsigned n = 0;

	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[v->sources[i]];

		if (src->n_stream_views > ES_COR_STREAM_VIEWS_MAX - n)
			return 0;
		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			const struct es_cor_stream_view *st =
			    &s->stream_views[s->source_stream_views[src->stream_views + j]];
			unsigned at = n++;

			es_cor_count(s, 1);
			for (; at > 0 &&
			       st->base + st->first < out[at - 1]->base + out[at - 1]->first;
			     at--)
				out[at] = out[at - 1];
			out[at] = st;
		}
	}
	return n;
}

void
es_cor_each_part(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    void (*call)(
	void *ctx, const struct es_cor_stream *st, const struct es_cor_part *p, int64_t first),
    void *ctx)
{
	struct es_cor_solve *s = d->c->s;
	const struct es_cor_view *v = es_cor_view_at(d, rtp_stream, position);

	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[v->sources[i]];

		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			const struct es_cor_stream_view *st =
			    &s->stream_views[s->source_stream_views[src->stream_views + j]];

			es_cor_count(s, 1 + st->n_parts);
			for (uint32_t k = 0; k < st->n_parts; k++) {
				const struct es_cor_part *p =
				    &s->store->parts[s->part_order[st->parts + k]];

				call(ctx, es_cor_stream_of(s, st), p,
				    st->base + (int64_t)p->first_seq);
			}
		}
	}
}

bool
es_cor_is_completed(const struct es_cor_view *v, const struct es_cor_part *p, int64_t first)
{
	int64_t n = (int64_t)(p->last_seq - p->first_seq) + 1;

	return es_cor_runs_count_in(&v->seen, first, first + n) +
		   es_cor_runs_count_in(&v->unknown, first, first + n) >
	       p->received;
}

bool
es_cor_first_is_sender(const struct es_cor_direction *d)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[0]].leg];

	if (d->c->points[d->order[0]].role == ES_ROLE_ENDPOINT)
		return true;
	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_cor_stream *stream = es_cor_stream_of(s, st);

		if (s->sources[st->source].direction == d->direction && stream->has_rec &&
		    stream->rec.seen == ES_SEEN_EGRESS)
			return true;
	}
	return false;
}
