/* SPDX-License-Identifier: Apache-2.0 */
/* RTP streams of a call: which sources are the same packets, and the set of packets each point saw. */
#include "correlate/call/rtp_streams.h"

#include "correlate/join/line.h"
#include "correlate/join/seen_numbers.h"
#include "correlate/join/source.h"
#include "correlate/join/stream_view.h"

static const struct es_cor_leg *
leg_of(const struct es_cor_joined_call *c, uint32_t point)
{
	return &c->s->legs[c->points[point].leg];
}

/*
 * What one stream view saw: its parts without their missing runs. known: the parts with them,
 * unknown: what lies between.
 */
static void
add_stream_view(struct es_cor_joined_call *c, const struct es_cor_stream_view *st,
    struct es_cor_view *v, struct es_cor_runs *known, struct es_cor_runs *unknown)
{
	const struct es_cor_record_store *store = c->s->store;
	int64_t next = st->first, base = st->base;

	es_cor_count(c->s, 1 + st->n_parts);
	for (uint32_t i = 0; i < st->n_parts; i++) {
		const struct es_cor_part *p = &store->parts[c->s->part_order[st->parts + i]];
		int64_t at = (int64_t)p->first_seq;

		if (at > next)
			es_cor_runs_add(unknown, base + next, base + at);
		es_cor_runs_add(known, base + at, base + (int64_t)p->last_seq + 1);
		for (uint32_t j = 0; j < p->n_missing; j++) {
			const struct es_missing *gap = &store->missing[p->missing + j];
			int64_t from = (int64_t)gap->seq, to = from + (int64_t)gap->run;

			if (from < at || to > (int64_t)p->last_seq + 1)
				continue;
			es_cor_runs_add(&v->seen, base + at, base + from);
			at = to;
		}
		es_cor_runs_add(&v->seen, base + at, base + (int64_t)p->last_seq + 1);
		next = (int64_t)p->last_seq + 1 > next ? (int64_t)p->last_seq + 1 : next;
	}
	if (next <= st->last)
		es_cor_runs_add(unknown, base + next, base + st->last + 1);
	if (st->is_open) {
		int64_t end = base + (st->last > next ? st->last + 1 : next);
		int64_t line = end - end % ES_COR_LINE_SPAN + ES_COR_LINE_SPAN;

		es_cor_runs_add(unknown, end, line);
	}
}

static int
build_view(struct es_cor_joined_call *c, struct es_cor_rtp_stream *m, uint32_t point)
{
	struct es_cor_solve *s = c->s;
	struct es_cor_view *v = &m->views[point];
	uint32_t n_seen = 0, n_unknown = 0;
	struct es_cor_runs known, unknown;

	v->is_there = v->n_sources > 0;
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < v->n_sources; i++) {
			const struct es_cor_source *src = &s->sources[v->sources[i]];

			for (uint32_t j = 0; j < src->n_stream_views; j++) {
				uint32_t at = s->source_stream_views[src->stream_views + j];
				const struct es_cor_stream_view *st = &s->stream_views[at];

				if (pass == 1) {
					add_stream_view(c, st, v, &known, &unknown);
					continue;
				}
				n_unknown += st->n_parts + 2;
				for (uint32_t k = 0; k < st->n_parts; k++)
					n_seen +=
					    1 +
					    s->store->parts[s->part_order[st->parts + k]].n_missing;
			}
		}
		if (pass == 0) {
			es_cor_runs_new(&v->seen, s->mem, n_seen);
			es_cor_runs_new(&unknown, s->mem, n_unknown);
			es_cor_runs_new(&known, s->mem, n_unknown);
			es_cor_runs_new(&v->unknown, s->mem, 2 * n_unknown);
		}
	}
	es_cor_runs_tidy(&v->seen);
	es_cor_runs_tidy(&unknown);
	es_cor_runs_tidy(&known);
	es_cor_runs_minus(
	    &unknown, &known, &v->unknown); /* one path knows what another one does not */
	return s->mem->n_refused > 0 ? ES_EFULL : 0;
}

/* The RTP stream of a group, made when it is new. */
static struct es_cor_rtp_stream *
rtp_stream_of(struct es_cor_joined_call *c, uint32_t group)
{
	uint32_t *known = &c->s->rtp_stream_of[group];

	if (*known == 0) {
		c->rtp_streams[c->n_rtp_streams].group = group;
		*known = ++c->n_rtp_streams;
	}
	return &c->rtp_streams[*known - 1];
}

/* Numbers the RTP streams in the order of their sources, and lists the sources of each at each point. */
static int
find_rtp_streams(struct es_cor_joined_call *c)
{
	struct es_cor_solve *s = c->s;

	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t p = 0; p < c->n_points; p++) {
			const struct es_cor_leg *leg = leg_of(c, p);
			uint32_t *list =
			    es_arena_take(s->mem, pass * leg->n_sources, sizeof(*list));

			if (list == NULL)
				return ES_EFULL;
			for (uint32_t i = 0; i < leg->n_sources; i++) {
				uint32_t src = s->leg_sources[leg->sources + i];
				uint32_t group = es_cor_group_of(s, src);
				struct es_cor_view *v = &rtp_stream_of(c, group)->views[p];

				if (pass == 0) {
					v->n_sources++;
					continue;
				}
				if (v->sources == NULL) {
					v->sources = list;
					list += v->n_sources;
					v->n_sources = 0;
				}
				v->sources[v->n_sources++] = src;
			}
		}
	}
	for (uint32_t i = 0; i < c->n_rtp_streams; i++)
		s->rtp_stream_of[c->rtp_streams[i].group] = 0; /* for the next call */
	return 0;
}

int
es_cor_rtp_streams(struct es_cor_joined_call *c)
{
	struct es_cor_solve *s = c->s;
	uint32_t cap = 0;

	for (uint32_t p = 0; p < c->n_points; p++)
		cap += leg_of(c, p)->n_sources;
	c->rtp_streams = es_arena_take(s->mem, cap, sizeof(*c->rtp_streams));
	if (s->mem->n_refused > 0 || find_rtp_streams(c) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < c->n_rtp_streams; i++) {
		for (uint32_t p = 0; p < c->n_points; p++) {
			uint64_t n;

			if (build_view(c, &c->rtp_streams[i], p) != 0)
				return ES_EFULL;
			n = es_cor_runs_count(&c->rtp_streams[i].views[p].seen);
			c->rtp_streams[i].packets =
			    n > c->rtp_streams[i].packets ? n : c->rtp_streams[i].packets;
		}
	}
	return 0;
}

void
es_cor_all_seen(const struct es_cor_joined_call *c, uint32_t rtp_stream, struct es_cor_runs *out)
{
	const struct es_cor_view *views = c->rtp_streams[rtp_stream].views;
	uint32_t cap = 0;

	for (uint32_t p = 0; p < c->n_points; p++)
		cap += views[p].seen.n;
	es_cor_runs_new(out, c->s->mem, cap);
	for (uint32_t p = 0; p < c->n_points; p++)
		for (uint32_t j = 0; j < views[p].seen.n; j++)
			es_cor_runs_add(out, views[p].seen.at[j].from, views[p].seen.at[j].to);
	es_cor_runs_tidy(out);
}

uint32_t
es_cor_rtp_stream_source(
    const struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t point)
{
	const struct es_cor_view *v = &m->views[point];
	uint32_t best = ES_COR_NONE;

	for (uint32_t i = 0; i < v->n_sources; i++) {
		if (best == ES_COR_NONE ||
		    c->s->sources[v->sources[i]].packets > c->s->sources[best].packets)
			best = v->sources[i];
	}
	return best;
}

int
es_cor_by_one_clock(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b)
{
	int64_t ns;

	if (leg_of(c, a)->vantage != leg_of(c, b)->vantage || !es_cor_offset(c, m, a, b, &ns))
		return 0;
	return ns > 0 ? 1 : ns < 0 ? -1 : 0;
}

/* Adds what a stream view saw of an RTP stream, if another point saw some of it, too. */
static void
add_common_path(struct es_cor_solve *s, const struct es_cor_stream_view *st,
    const struct es_cor_runs *other, struct es_cor_runs *out)
{
	size_t mark = es_arena_mark(s->mem);
	struct es_cor_runs own;
	bool is_common;

	es_cor_runs_new(&own, s->mem, es_cor_seen_numbers_room(s, st, st->first, st->last + 1));
	es_cor_seen_numbers(s, st, st->first, st->last + 1, st->base, &own);
	is_common = es_cor_runs_common(&own, other) > 0;
	for (uint32_t i = 0; is_common && i < own.n; i++)
		es_cor_runs_add(out, own.at[i].from, own.at[i].to);
	es_arena_reset(s->mem, mark);
}

/* Packets that a point saw, and another one did not, on paths of which both saw some. */
static uint64_t
only_at(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t at, uint32_t other)
{
	struct es_cor_solve *s = c->s;
	const struct es_cor_view *v = &m->views[at];
	size_t mark = es_arena_mark(s->mem);
	struct es_cor_runs all;
	uint64_t n;

	es_cor_runs_new(&all, s->mem, v->seen.cap);
	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[v->sources[i]];

		for (uint32_t j = 0; j < src->n_stream_views; j++)
			add_common_path(s,
			    &s->stream_views[s->source_stream_views[src->stream_views + j]],
			    &m->views[other].seen, &all);
	}
	es_cor_runs_tidy(&all);
	n = es_cor_runs_count(&all) - es_cor_runs_common(&all, &m->views[other].seen);
	es_arena_reset(s->mem, mark);
	return n;
}

int
es_cor_by_inclusion(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b)
{
	uint64_t x = only_at(c, m, a, b), y = only_at(c, m, b, a);

	return x > y ? 1 : x < y ? -1 : 0;
}

int
es_cor_by_ttl(
    struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b)
{
	uint32_t x = es_cor_rtp_stream_source(c, m, a), y = es_cor_rtp_stream_source(c, m, b);
	const struct es_cor_stream *p, *q;

	if (x == ES_COR_NONE || y == ES_COR_NONE)
		return 0;
	p = es_cor_stream_of(
	    c->s, &c->s->stream_views[c->s->source_stream_views[c->s->sources[x].stream_views]]);
	q = es_cor_stream_of(
	    c->s, &c->s->stream_views[c->s->source_stream_views[c->s->sources[y].stream_views]]);
	if (!es_cor_same_tuple(&p->key, &q->key) || (p->rec.has & ES_STREAM_HAS_IP) == 0 ||
	    (q->rec.has & ES_STREAM_HAS_IP) == 0)
		return 0;
	return p->rec.ttl > q->rec.ttl ? 1 : p->rec.ttl < q->rec.ttl ? -1 : 0;
}

bool
es_cor_offset(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t from,
    uint32_t to, int64_t *offset_ns)
{
	uint32_t x = es_cor_rtp_stream_source(c, m, from), y = es_cor_rtp_stream_source(c, m, to);
	struct es_cor_match match;

	if (x == ES_COR_NONE || y == ES_COR_NONE)
		return false;
	es_cor_source_compare(c->s, x, y, &match);
	*offset_ns = match.offset_ns;
	return match.has_offset;
}
