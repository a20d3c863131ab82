/* SPDX-License-Identifier: Apache-2.0 */
/* Which media go from the caller to the callee, and which come back. */
#include "correlate/call/media_directions.h"

#include "correlate/call/rtp_streams.h"
#include "correlate/join/source.h"
#include "correlate/join/stream_view.h"

enum { COMPARED_MAX = 4096 }; /* pairs of stream views of two RTP streams: more add nothing */

/* Calls back for each stream view of an RTP stream at a point. */
static void
each_stream_view(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t point,
    void (*call)(
	void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st),
    void *ctx)
{
	const struct es_cor_view *v = &m->views[point];

	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &c->s->sources[v->sources[i]];

		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			uint32_t at = c->s->source_stream_views[src->stream_views + j];

			call(ctx, &c->s->stream_views[at],
			    es_cor_stream_of(c->s, &c->s->stream_views[at]));
		}
	}
}

struct tally {
	const struct es_cor_joined_call *c;
	int votes;
};

static void
count_votes(void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	struct tally *t = ctx;

	(void)st; /* the stream view leads to it */
	t->votes += es_cor_votes(t->c->s, stream_view);
}

struct relation {
	const struct es_stream_key *key;
	struct es_cor_joined_call *c;
	const struct es_cor_rtp_stream *other;
	uint32_t point;
	int sign; /* 1 same direction, -1 opposite, 0 not known */
	uint32_t n;
};

static void
compare_inner(
    void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	struct relation *r = ctx;

	(void)stream_view;
	if (r->sign != 0 || r->n == COMPARED_MAX)
		return;
	r->n++;
	es_cor_count(r->c->s, 1);
	if (es_cor_is_reversed(r->key, &st->key) || es_addr_eq(&r->key->src, &st->key.dst) ||
	    es_addr_eq(&r->key->dst, &st->key.src))
		r->sign = -1;
	else if (es_addr_eq(&r->key->src, &st->key.src) || es_addr_eq(&r->key->dst, &st->key.dst))
		r->sign = 1;
}

static void
compare_outer(
    void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	struct relation *r = ctx;

	(void)stream_view;
	r->key = &st->key;
	if (r->sign == 0 && r->n < COMPARED_MAX)
		each_stream_view(r->c, r->other, r->point, compare_inner, r);
}

/* How two RTP streams run, seen where both are: in one direction, in opposite ones, or nothing in common. */
static int
relation_of(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *a,
    const struct es_cor_rtp_stream *b)
{
	for (uint32_t p = 0; p < c->n_points; p++) {
		struct relation r = { NULL, c, b, p, 0, 0 };

		each_stream_view(c, a, p, compare_outer, &r);
		if (r.sign != 0)
			return r.sign;
	}
	return 0;
}

/* Media get the direction of others of known direction that share an address with them. */
static void
copy_directions(struct es_cor_joined_call *c)
{
	for (bool is_new = true; is_new;) {
		is_new = false;
		for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
			for (uint32_t j = 0;
			     j < c->n_rtp_streams && c->rtp_streams[i].direction == 0; j++) {
				if (c->rtp_streams[j].direction == 0)
					continue;
				c->rtp_streams[i].direction =
				    c->rtp_streams[j].direction *
				    relation_of(c, &c->rtp_streams[i], &c->rtp_streams[j]);
				is_new |= c->rtp_streams[i].direction != 0;
			}
		}
	}
}

void
es_cor_media_directions(struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		struct tally t = { c, 0 };

		for (uint32_t p = 0; p < c->n_points; p++)
			each_stream_view(c, &c->rtp_streams[i], p, count_votes, &t);
		c->rtp_streams[i].direction = t.votes > 0 ? 1 : t.votes < 0 ? -1 : 0;
	}
	copy_directions(c);
}

static void
note_seen(void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	int *sign = ctx;

	(void)stream_view;
	if (st->has_rec && st->rec.seen == ES_SEEN_EGRESS)
		*sign = 1;
	else if (st->has_rec && st->rec.seen == ES_SEEN_INGRESS)
		*sign = -1;
}

/* The direction of an RTP stream past the first point, by the host's addresses, then by lost packets. */
static int
direction_past_first(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m)
{
	int sign = 0;

	each_stream_view(c, m, 0, note_seen, &sign);
	for (uint32_t p = 1; p < c->n_points && sign == 0; p++) {
		if (m->views[0].is_there && m->views[p].is_there)
			sign = es_cor_by_one_clock(c, m, 0, p);
		if (m->views[0].is_there && m->views[p].is_there && sign == 0)
			sign = es_cor_by_inclusion(c, m, 0, p);
	}
	return sign;
}

/*
 * Of two opposite RTP streams the one going away from the first point needs longer to the others by the
 * round trip, whatever their clocks say.
 */
static int
direction_by_round_trip(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *a,
    const struct es_cor_rtp_stream *b)
{
	for (uint32_t p = 1; p < c->n_points; p++) {
		int64_t x, y;

		if (es_cor_offset(c, a, 0, p, &x) && es_cor_offset(c, b, 0, p, &y) && x != y)
			return x > y ? 1 : -1;
	}
	return 0;
}

void
es_cor_media_directions_without_signalling(struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		struct es_cor_rtp_stream *m = &c->rtp_streams[i];

		if (m->direction != 0)
			continue;
		m->direction = direction_past_first(c, m);
		for (uint32_t j = 0; j < c->n_rtp_streams && m->direction == 0; j++) {
			if (j != i && relation_of(c, m, &c->rtp_streams[j]) < 0)
				m->direction = direction_by_round_trip(c, m, &c->rtp_streams[j]);
		}
		m->direction = m->direction == 0 ? 1 : m->direction;
		copy_directions(c);
	}
}
