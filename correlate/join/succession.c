/* SPDX-License-Identifier: Apache-2.0 */
/* Which stream views of one SSRC at one vantage point continue where an earlier one ended or paused: one source. */
#include "correlate/join/succession.h"

#include "correlate/join/line.h"
#include "correlate/join/seen_numbers.h"
#include "correlate/join/stream_view.h"

enum {
	FEW = 64, /* stream views of one SSRC: up to so many are all compared with each other */
	LOOK_MAX =
	    64, /* stream views on about one line of timestamps that are looked at, latest first */
	BY_LINE = 64, /* kinds of keys: this and the width of the line's part in bits */
	BY_PATH = 1,
	BY_PATH_AND_CALL = 2,
};

/* Two calls that use one SSRC on one 5-tuple, one after the other, are not one source. */
static bool
may_share(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_stream_view *x = &s->stream_views[a], *y = &s->stream_views[b];

	return x->call_id.n == 0 || y->call_id.n == 0 || x->call_id.p == y->call_id.p;
}

/* Whether the stream is on the leg of another one, too: a stream view of its own stands for that. */
static bool
is_elsewhere(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_stream *x = es_cor_stream_of(s, &s->stream_views[a]);
	es_slice id = s->stream_views[b].call_id;

	if (id.n == 0 || s->stream_views[a].call_id.p == id.p)
		return false;
	for (uint32_t i = 0; i < x->rec.n_other_call_ids; i++)
		if (x->rec.other_call_ids[i].p == id.p)
			return true;
	return x->rec.n_other_call_ids > 0 && x->call_id.p == id.p;
}

/*
 * Whether b continues the packets of a, behind its end or where a has a hole. Under another Call-ID the
 * numbers must be new ones, as after a transfer: the same ones again are the next call of a player that
 * has one recording.
 */
static bool
continues(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift)
{
	if (es_cor_stream_view_continues(s, a, b, shift) &&
	    (may_share(s, a, b) || s->stream_views[b].first + *shift > s->stream_views[a].last))
		return true;
	return es_cor_seen_numbers_fill(s, a, b, shift);
}

static const struct es_stream_key *
key_of(const struct es_cor_solve *s, uint32_t stream_view)
{
	return &es_cor_stream_of(s, &s->stream_views[stream_view])->key;
}

/* Makes b one source with a if it belongs to it, and one line if it fits. */
static bool
follows(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_stream_key *key = key_of(s, b), *other = key_of(s, a);
	int64_t shift;

	if (es_cor_is_reversed(key, other) || is_elsewhere(s, a, b) || is_elsewhere(s, b, a))
		return false;
	if (continues(s, a, b, &shift))
		es_cor_line_join(s, a, b, shift);
	else if (!es_cor_same_tuple(key, other) || !may_share(s, a, b))
		return false;
	s->stream_views[b].source = s->stream_views[a].source;
	return true;
}

/* Of an SSRC with many stream views: what a later one may belong to. */
struct lines {
	struct es_cor_solve *s;
	struct es_cor_index index;
	uint32_t
	    widths; /* one bit for each width in bits that a stream view's line was noted with */
};

static uint64_t
path_hash(const struct es_cor_solve *s, uint32_t stream_view, uint32_t kind, es_slice call_id)
{
	const struct es_cor_stream *st = es_cor_stream_of(s, &s->stream_views[stream_view]);
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.vantage = st->vantage;
	key.ssrc = st->key.ssrc;
	key.src = st->key.src;
	key.dst = st->key.dst;
	key.call_id = call_id.p;
	return es_cor_hash(s, &key);
}

/* Timestamps in parts of 2^width: a part holds all that may follow within the limits of continuing. */
static uint64_t
line_hash(const struct es_cor_solve *s, uint32_t stream_view, uint32_t width, uint32_t ts)
{
	const struct es_cor_stream *st = es_cor_stream_of(s, &s->stream_views[stream_view]);
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = BY_LINE + width;
	key.vantage = st->vantage;
	key.ssrc = st->key.ssrc;
	key.number = width > 31 ? 0 : ts >> width;
	return es_cor_hash(s, &key);
}

static void
note(struct lines *l, uint32_t a)
{
	const struct es_cor_stream_view *st = &l->s->stream_views[a];
	const struct es_cor_anchor *last;
	struct es_cor_hole hole = { 0 };
	uint32_t width = 0;
	uint64_t reach;

	es_cor_index_add(&l->index, path_hash(l->s, a, BY_PATH, es_slice_of(NULL, 0)), a);
	es_cor_index_add(&l->index, path_hash(l->s, a, BY_PATH_AND_CALL, st->call_id), a);
	if (st->n_anchors == 0 || st->step == 0)
		return;
	reach = (uint64_t)ES_COR_CONTINUES_FORWARD * st->step;
	reach += st->clock_rate_hz != 0 ? st->clock_rate_hz : (uint64_t)st->step * 50;
	while (width < 31 && UINT64_C(1) << width < reach)
		width++;
	l->widths |= 1u << width;
	last = &l->s->anchors[st->anchors + st->n_anchors - 1];
	es_cor_index_add(&l->index,
	    line_hash(
		l->s, a, width, last->ts + (uint32_t)((uint64_t)(st->last - last->seq) * st->step)),
	    a);
	while (es_cor_seen_numbers_hole(l->s, a, &hole))
		es_cor_index_add(&l->index, line_hash(l->s, a, width, hole.ts), a);
}

/* The latest stream view on the line that b continues; ES_COR_NONE. */
static uint32_t
latest_on_line(const struct lines *l, uint32_t b)
{
	const struct es_cor_stream_view *st = &l->s->stream_views[b];
	const struct es_cor_anchor *first = &l->s->anchors[st->anchors];
	uint32_t best = ES_COR_NONE, ts;

	if (st->n_anchors == 0)
		return ES_COR_NONE;
	ts = first->ts - (uint32_t)((uint64_t)(first->seq - st->first) * st->step);
	for (uint32_t width = 0; width < 32; width++) {
		for (uint32_t part = 0; (l->widths & 1u << width) != 0 && part < 3; part++) {
			uint64_t hash =
			    line_hash(l->s, b, width, ts + (part << width) - (1u << width));
			uint32_t e = es_cor_index_first(&l->index, hash);
			int64_t shift;

			for (uint32_t n = 0; e != ES_COR_INDEX_END && n < LOOK_MAX; n++) {
				uint32_t a = l->index.entries[e].item;

				e = l->index.entries[e].next;
				if (es_cor_is_reversed(key_of(l->s, b), key_of(l->s, a)) ||
				    is_elsewhere(l->s, a, b) || is_elsewhere(l->s, b, a) ||
				    !continues(l->s, a, b, &shift))
					continue;
				best = best == ES_COR_NONE || a > best ? a : best;
				break;
			}
		}
	}
	return best;
}

/* The latest stream view of an SSRC with many that b belongs to; ES_COR_NONE. */
static uint32_t
latest(const struct lines *l, uint32_t b)
{
	es_slice id = l->s->stream_views[b].call_id;
	const es_slice none = es_slice_of(NULL, 0);
	uint64_t hashes[2] = { path_hash(l->s, b, id.n > 0 ? BY_PATH_AND_CALL : BY_PATH, id),
		path_hash(l->s, b, BY_PATH_AND_CALL, none) };
	uint32_t best = latest_on_line(l, b);

	for (int i = 0; i < 2; i++) {
		uint32_t e = es_cor_index_first(&l->index, hashes[i]);

		if (e != ES_COR_INDEX_END &&
		    (best == ES_COR_NONE || l->index.entries[e].item > best))
			best = l->index.entries[e].item;
	}
	return best;
}

static bool
is_one_group(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_stream *x = es_cor_stream_of(s, &s->stream_views[a]);
	const struct es_cor_stream *y = es_cor_stream_of(s, &s->stream_views[b]);

	return x->vantage == y->vantage && x->key.ssrc == y->key.ssrc;
}

/* Looks for the latest earlier stream view that each of an SSRC belongs to. */
static void
place_few(struct es_cor_solve *s, uint32_t first, uint32_t end)
{
	for (uint32_t b = first; b < end; b++) {
		for (uint32_t a = b; a-- > first;) {
			if (follows(s, a, b))
				break;
		}
	}
}

static int
place_many(struct es_cor_solve *s, uint32_t first, uint32_t end)
{
	size_t mark = es_arena_mark(s->mem);
	struct lines l = { .s = s };
	uint32_t n = 3 * (end - first);

	for (uint32_t b = first; b < end; b++) {
		struct es_cor_hole hole = { 0 };

		while (es_cor_seen_numbers_hole(s, b, &hole))
			n++;
	}
	if (es_cor_index_new(&l.index, s->mem, n) != 0)
		return ES_EFULL;
	for (uint32_t b = first; b < end; b++) {
		uint32_t a = latest(&l, b);

		if (a != ES_COR_NONE)
			(void)follows(s, a, b); /* not one: it stays a source of its own */
		note(&l, b);
	}
	es_arena_reset(s->mem, mark);
	return 0;
}

int
es_cor_succession(struct es_cor_solve *s)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i <= s->n_stream_views; i++) {
		if (i < s->n_stream_views)
			s->stream_views[i].source = i;
		if (i < s->n_stream_views && is_one_group(s, first, i))
			continue;
		if (i - first <= FEW)
			place_few(s, first, i);
		else if (place_many(s, first, i) != 0)
			return ES_EFULL;
		first = i;
	}
	return 0;
}
