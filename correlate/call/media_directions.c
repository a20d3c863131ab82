/* SPDX-License-Identifier: Apache-2.0 */
/* Which media go from the caller to the callee, and which come back. */
#include "correlate/call/media_directions.h"

#include "correlate/call/rtp_streams.h"
#include "correlate/call/shared_addresses.h"
#include "correlate/input/queue.h"
#include "correlate/join/source.h"

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

/*
 * RTP streams that share an address with one of known direction get theirs from it: in passes over all of them
 * until no pass finds another one, each from the first in their order that it can. Only those are visited that
 * have something to get, in the same order.
 */
struct spread {
	struct es_cor_joined_call *c;
	struct es_cor_shared_addresses shared;
	struct es_cor_queue due; /* pass << 32 | RTP stream */
	bool *is_due;            /* by RTP stream */
	uint32_t rtp_stream;     /* whose stream views are added, */
	uint32_t point;          /* seen here */
	uint32_t n_stream_views;
};

static const uint64_t BEFORE_FIRST_PASS = UINT32_MAX; /* behind the last RTP stream of pass 0 */

static void
count_stream_view(
    void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	struct spread *sp = ctx;

	(void)stream_view;
	(void)st;
	sp->n_stream_views++;
}

static void
add_addresses(
    void *ctx, const struct es_cor_stream_view *stream_view, const struct es_cor_stream *st)
{
	struct spread *sp = ctx;

	(void)stream_view;
	es_cor_shared_addresses_add(&sp->shared, sp->rtp_stream, sp->point, &st->key);
}

static void
each_of_call(
    struct spread *sp, void (*call)(void *ctx, const struct es_cor_stream_view *stream_view,
			   const struct es_cor_stream *st))
{
	struct es_cor_joined_call *c = sp->c;

	for (sp->rtp_stream = 0; sp->rtp_stream < c->n_rtp_streams; sp->rtp_stream++)
		for (sp->point = 0; sp->point < c->n_points; sp->point++)
			each_stream_view(c, &c->rtp_streams[sp->rtp_stream], sp->point, call, sp);
}

static int
spread_new(struct spread *sp, struct es_cor_joined_call *c)
{
	memset(sp, 0, sizeof(*sp));
	sp->c = c;
	each_of_call(sp, count_stream_view);
	sp->is_due = es_arena_take(c->s->mem, c->n_rtp_streams, sizeof(*sp->is_due));
	if (sp->is_due == NULL || es_cor_queue_new(&sp->due, c->s->mem, c->n_rtp_streams) != 0 ||
	    es_cor_shared_addresses_new(&sp->shared, c->s, c->n_rtp_streams, sp->n_stream_views) !=
		0)
		return ES_EFULL;
	each_of_call(sp, add_addresses);
	return 0;
}

/* RTP streams of unknown direction with this address are visited in the pass of `now` if they come behind it. */
static void
visit_users(struct spread *sp, const struct es_cor_address *address, uint64_t now)
{
	for (uint32_t u = address->uses; u != ES_COR_NONE; u = sp->shared.uses[u].next) {
		uint32_t i = sp->shared.uses[u].rtp_stream;
		uint64_t due = (now & ~(uint64_t)UINT32_MAX) | i;

		es_cor_count(sp->c->s, 1);
		if (sp->c->rtp_streams[i].direction != 0 || sp->is_due[i])
			continue;
		sp->is_due[i] = true;
		es_cor_queue_add(&sp->due, due > now ? due : due + ((uint64_t)1 << 32));
	}
}

/* The next RTP stream to visit; false if there is none. */
static bool
next_due(struct spread *sp, uint64_t *now, uint32_t *rtp_stream)
{
	if (!es_cor_queue_pop(&sp->due, now))
		return false;
	*rtp_stream = (uint32_t)*now;
	sp->is_due[*rtp_stream] = false;
	return true;
}

/* An RTP stream's direction is known: it is the example for those that share an address with it. */
static void
offer(struct spread *sp, uint32_t rtp_stream, uint64_t now)
{
	uint32_t from, to;

	es_cor_address_uses(&sp->shared, rtp_stream, &from, &to);
	for (uint32_t u = from; u < to; u++) {
		struct es_cor_address *a = &sp->shared.addresses[sp->shared.uses[u].address];

		if (a->lowest == ES_COR_NONE)
			visit_users(sp, a, now);
		a->lowest = rtp_stream < a->lowest ? rtp_stream : a->lowest;
	}
}

/* The first RTP stream of known direction that shares an address with this one. */
static uint32_t
example_of(const struct spread *sp, uint32_t rtp_stream)
{
	uint32_t from, to, lowest = ES_COR_NONE;

	es_cor_address_uses(&sp->shared, rtp_stream, &from, &to);
	for (uint32_t u = from; u < to; u++) {
		uint32_t other = sp->shared.addresses[sp->shared.uses[u].address].lowest;

		lowest = other < lowest ? other : lowest;
	}
	return lowest;
}

static void
copy_directions(struct spread *sp)
{
	struct es_cor_rtp_stream *rtp_streams = sp->c->rtp_streams;
	uint64_t now;
	uint32_t i;

	while (next_due(sp, &now, &i)) {
		uint32_t j = example_of(sp, i);

		rtp_streams[i].direction =
		    rtp_streams[j].direction * es_cor_relation(&sp->shared, i, j);
		offer(sp, i, now);
	}
}

static bool
is_all_known(const struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		if (c->rtp_streams[i].direction == 0)
			return false;
	}
	return true;
}

int
es_cor_media_directions(struct es_cor_joined_call *c)
{
	size_t mark = es_arena_mark(c->s->mem);
	struct spread sp;

	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		struct tally t = { c, 0 };

		for (uint32_t p = 0; p < c->n_points; p++)
			each_stream_view(c, &c->rtp_streams[i], p, count_votes, &t);
		c->rtp_streams[i].direction = t.votes > 0 ? 1 : t.votes < 0 ? -1 : 0;
	}
	if (is_all_known(c))
		return 0;
	if (spread_new(&sp, c) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		if (c->rtp_streams[i].direction != 0)
			offer(&sp, i, BEFORE_FIRST_PASS);
	}
	copy_directions(&sp);
	es_arena_reset(c->s->mem, mark);
	return 0;
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

/* What an RTP stream shows of the clocks of the first point and each other one. */
struct clocks {
	bool is_known[ES_PATH_MAX];
	int64_t offset_ns[ES_PATH_MAX];
};

static void
fill_clocks(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, struct clocks *out)
{
	for (uint32_t p = 1; p < c->n_points; p++)
		out->is_known[p] = es_cor_offset(c, m, 0, p, &out->offset_ns[p]);
}

/*
 * Of two opposite RTP streams the one going away from the first point needs longer to the others by the
 * round trip, whatever their clocks say. Positive: the one whose clocks are given.
 */
static int
direction_by_round_trip(
    struct es_cor_joined_call *c, const struct clocks *clocks, const struct es_cor_rtp_stream *b)
{
	for (uint32_t p = 1; p < c->n_points; p++) {
		int64_t x = clocks->offset_ns[p], y;

		if (clocks->is_known[p] && es_cor_offset(c, b, 0, p, &y) && x != y)
			return x > y ? 1 : -1;
	}
	return 0;
}

/* By the first of the opposite RTP streams that shows a round trip. */
static int
direction_by_opposite(struct spread *sp, uint32_t rtp_stream)
{
	struct es_cor_joined_call *c = sp->c;
	struct clocks clocks;
	uint32_t from, to, other;
	uint64_t now;
	int sign = 0;

	fill_clocks(c, &c->rtp_streams[rtp_stream], &clocks);
	es_cor_address_uses(&sp->shared, rtp_stream, &from, &to);
	for (uint32_t u = from; u < to; u++)
		visit_users(
		    sp, &sp->shared.addresses[sp->shared.uses[u].address], BEFORE_FIRST_PASS);
	while (next_due(sp, &now, &other)) {
		if (sign == 0 && other != rtp_stream &&
		    es_cor_relation(&sp->shared, rtp_stream, other) < 0)
			sign = direction_by_round_trip(c, &clocks, &c->rtp_streams[other]);
	}
	return sign;
}

/* All that share an address with one whose direction is set get theirs at once, so no address is visited twice. */
int
es_cor_media_directions_without_signalling(struct es_cor_joined_call *c)
{
	size_t mark = es_arena_mark(c->s->mem);
	struct spread sp;

	if (is_all_known(c))
		return 0;
	if (spread_new(&sp, c) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		struct es_cor_rtp_stream *m = &c->rtp_streams[i];

		if (m->direction != 0)
			continue;
		m->direction = direction_past_first(c, m);
		if (m->direction == 0)
			m->direction = direction_by_opposite(&sp, i);
		m->direction = m->direction == 0 ? 1 : m->direction;
		offer(&sp, i, BEFORE_FIRST_PASS);
		copy_directions(&sp);
	}
	es_arena_reset(c->s->mem, mark);
	return 0;
}
