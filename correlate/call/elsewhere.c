/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that pass a point by: two phones leave a relay and send to each other directly. What went to another
 * host than the packets that the point saw need not have come there: neither seen nor lost.
 */
#include "correlate/call/elsewhere.h"

#include "correlate/join/seen_numbers.h"

struct path {
	const struct es_cor_stream_view *stream_view;
	const struct es_addr *dst;
	bool is_seen;  /* the point saw packets of it, too */
	bool is_apart; /* it saw none, and need not have */
};

/* Whether a point saw packets of a stream view, too. */
static bool
has_seen(
    struct es_cor_solve *s, const struct es_cor_stream_view *st, const struct es_cor_runs *there)
{
	size_t mark = es_arena_mark(s->mem);
	struct es_cor_runs own;
	bool has;

	es_cor_runs_new(&own, s->mem, es_cor_seen_numbers_room(s, st, st->first, st->last + 1));
	es_cor_seen_numbers(s, st, st->first, st->last + 1, st->base, &own);
	has = es_cor_runs_common(&own, there) > 0;
	es_arena_reset(s->mem, mark);
	return has;
}

/* The paths of an RTP stream at a position, as another point saw them; 0: too many. */
static unsigned
paths_at(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct es_cor_view *there, struct path out[ES_COR_STREAM_VIEWS_MAX])
{
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = es_cor_stream_views_at(d, rtp_stream, position, st);

	for (unsigned i = 0; i < n; i++) {
		out[i].stream_view = st[i];
		out[i].dst = &es_cor_stream_of(d->c->s, st[i])->key.dst;
		out[i].is_seen = has_seen(d->c->s, st[i], &there->seen);
	}
	return n;
}

/* Whether packets of a path must pass the point: some that it saw went to the same host. */
static bool
must_pass(const struct path *paths, unsigned n, const struct path *p)
{
	bool has_seen = false;

	for (unsigned i = 0; i < n; i++) {
		has_seen |= paths[i].is_seen;
		if (paths[i].is_seen && es_addr_same_ip(paths[i].dst, p->dst))
			return true;
	}
	return !has_seen;
}

/* Whether packets of the RTP stream come to a vantage point on one path and leave it on another one. */
static bool
is_relay(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	const struct es_cor_joined_call *c = d->c;
	const struct es_cor_solve *s = c->s;
	uint32_t vantage = s->legs[c->points[d->order[position]].leg].vantage;

	for (uint32_t i = 0; i < d->n_points; i++) {
		if (i != position && es_cor_view_at(d, rtp_stream, i)->n_sources > 0 &&
		    s->legs[c->points[d->order[i]].leg].vantage == vantage)
			return true;
	}
	return false;
}

/* Whether a position saw packets of the RTP stream to a host. */
static bool
has_target(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct es_addr *host)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_view *v = es_cor_view_at(d, rtp_stream, position);

	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[v->sources[i]];

		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			uint32_t st = s->source_stream_views[src->stream_views + j];

			if (es_addr_same_ip(
				&es_cor_stream_of(s, &s->stream_views[st])->key.dst, host))
				return true;
		}
	}
	return false;
}

/*
 * Whether media to a host may pass a position by: an SBC, and a tap next to a relay or one that saw nothing
 * to that host. What is sent to a terminal must come there.
 */
static bool
may_pass_by(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    const struct es_addr *host)
{
	switch (d->c->points[d->order[position]].role) {
	case ES_ROLE_SBC:
		return true;
	case ES_ROLE_TAP:
		return is_relay(d, rtp_stream, position) ||
		       !has_target(d, rtp_stream, position, host);
	default:
		return false;
	}
}

static uint32_t
room_of(const struct es_cor_solve *s, const struct path *paths, unsigned n)
{
	uint32_t room = 0;

	for (unsigned i = 0; i < n; i++)
		room += es_cor_seen_numbers_room(s, paths[i].stream_view,
		    paths[i].stream_view->first, paths[i].stream_view->last + 1);
	return room;
}

/* Adds the numbers of the paths that go past a position to what is unknown there. */
static void
add_unknown(struct es_cor_solve *s, const struct path *paths, unsigned n, struct es_cor_view *v)
{
	struct es_cor_runs unknown;

	es_cor_runs_new(&unknown, s->mem, v->unknown.n + room_of(s, paths, n));
	for (uint32_t i = 0; i < v->unknown.n; i++)
		es_cor_runs_add(&unknown, v->unknown.at[i].from, v->unknown.at[i].to);
	for (unsigned i = 0; i < n; i++)
		if (paths[i].is_apart)
			es_cor_seen_numbers(s, paths[i].stream_view, paths[i].stream_view->first,
			    paths[i].stream_view->last + 1, paths[i].stream_view->base, &unknown);
	es_cor_runs_tidy(&unknown);
	v->unknown = unknown;
}

/* Packets that went past a position which saw others of the RTP stream, on their way from another position. */
static void
leave_out(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t from, uint32_t position)
{
	struct es_cor_view *v = &d->c->rtp_streams[rtp_stream].views[d->order[position]];
	struct path paths[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = paths_at(d, rtp_stream, from, v, paths);
	bool is_any = false;

	for (unsigned i = 0; i < n; i++) {
		paths[i].is_apart = !paths[i].is_seen && !must_pass(paths, n, &paths[i]) &&
				    may_pass_by(d, rtp_stream, position, paths[i].dst);
		is_any |= paths[i].is_apart;
	}
	if (is_any)
		add_unknown(d->c->s, paths, n, v);
}

/* Whether a relay stands at a position, of whose vantage point no side saw the RTP stream. */
static bool
is_unseen_at_relay(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position)
{
	return es_cor_may_be_passed(d, position) &&
	       es_cor_view_at(d, rtp_stream, position)->n_sources == 0 &&
	       !is_relay(d, rtp_stream, position);
}

/* The streams of the opposite direction that the vantage point of a position sees. */
struct opposite {
	const struct es_stream_key *key[ES_COR_STREAM_VIEWS_MAX];
	unsigned n;
	bool is_full; /* there are more */
	bool is_gathered;
};

static void
gather_leg(const struct es_cor_direction *d, const struct es_cor_leg *leg, struct opposite *o)
{
	const struct es_cor_solve *s = d->c->s;

	for (uint32_t i = 0; i < leg->n_stream_views && !o->is_full; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);

		es_cor_count(s, 1);
		if (s->sources[st->source].direction != -d->direction)
			continue;
		o->is_full = o->n == ES_COR_STREAM_VIEWS_MAX;
		if (!o->is_full)
			o->key[o->n++] = &es_cor_stream_of(s, st)->key;
	}
}

/* Walks all streams of the call at that vantage point: once for a position, not for each of its RTP streams. */
static void
gather_opposite(const struct es_cor_direction *d, uint32_t position, struct opposite *out)
{
	const struct es_cor_joined_call *c = d->c;
	const struct es_cor_leg *legs = c->s->legs;
	uint32_t vantage = legs[c->points[d->order[position]].leg].vantage;

	out->is_gathered = true;
	for (uint32_t i = 0; i < c->n_points; i++)
		if (legs[c->points[i].leg].vantage == vantage)
			gather_leg(d, &legs[c->points[i].leg], out);
}

/* Whether a host sends on to another one than where it has it from. */
static bool
sends_on(const struct opposite *o, const struct es_addr *relay, const struct es_addr *from)
{
	for (unsigned i = 0; i < o->n; i++)
		if (es_addr_same_ip(&o->key[i]->src, relay) &&
		    !es_addr_same_ip(&o->key[i]->dst, relay) &&
		    !es_addr_same_ip(&o->key[i]->dst, from))
			return true;
	return false;
}

/*
 * Whether a relay beyond which a host is stands at the position: the vantage point there sees the opposite direction
 * come from that host to another one, which sends it on to a third.
 */
static bool
is_peer(const struct opposite *o, const struct es_addr *host)
{
	bool has_relay = false;

	for (unsigned i = 0; i < o->n && !o->is_full; i++) {
		if (es_addr_same_ip(&o->key[i]->dst, host))
			return false;
		has_relay |=
		    es_addr_same_ip(&o->key[i]->src, host) && sends_on(o, &o->key[i]->dst, host);
	}
	return has_relay;
}

/* Packets that went to the peer behind a relay, which saw none of the RTP stream. */
static void
leave_out_peer(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t from,
    uint32_t position, const struct opposite *opposite)
{
	struct es_cor_view *v = &d->c->rtp_streams[rtp_stream].views[d->order[position]];
	struct path paths[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = paths_at(d, rtp_stream, from, v, paths);

	for (unsigned i = 0; i < n; i++) {
		paths[i].is_apart = is_peer(opposite, paths[i].dst);
		v->is_there |= paths[i].is_apart;
	}
	if (v->is_there)
		add_unknown(d->c->s, paths, n, v);
}

/* What went past a position of all that earlier positions saw. */
static void
leave_out_at(const struct es_cor_direction *d, uint32_t position)
{
	struct opposite opposite = { .is_gathered = false };

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		bool is_unseen;

		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		is_unseen = is_unseen_at_relay(d, m, position);
		if (!is_unseen && !es_cor_view_at(d, m, position)->is_there)
			continue;
		if (is_unseen && !opposite.is_gathered)
			gather_opposite(d, position, &opposite);
		for (uint32_t from = 0; from < position; from++) {
			if (es_cor_view_at(d, m, from)->n_sources == 0)
				continue;
			if (is_unseen)
				leave_out_peer(d, m, from, position, &opposite);
			else
				leave_out(d, m, from, position);
		}
	}
}

void
es_cor_leave_out_elsewhere(struct es_cor_direction *d)
{
	for (uint32_t p = 1; p < d->n_points; p++)
		leave_out_at(d, p);
}
