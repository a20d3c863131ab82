/* SPDX-License-Identifier: Apache-2.0 */
/* Twins: the same packets on two legs of one machine, an SBC that captures on all its interfaces. */
#include "correlate/join/twin.h"

#include "correlate/join/source.h"
#include "correlate/join/stream_view.h"

enum {
	TWIN_MS = 20,  /* the same packet passes two legs of one machine within this time */
	FEW = 64,      /* sources of one SSRC: up to so many are all compared with each other */
	LOOK_MAX = 64, /* of more than that: so many candidates; beyond it there is no twin */
	PART_MS = 32,  /* of time: of two neighbours one holds what passed within TWIN_MS */
};

static const struct es_stream_key *
first_key(const struct es_cor_solve *s, const struct es_cor_source *src)
{
	return &es_cor_stream_of(s, &s->stream_views[s->source_stream_views[src->stream_views]])
		    ->key;
}

/* One stream that two legs announced. */
static bool
is_one_stream(
    const struct es_cor_solve *s, const struct es_cor_source *a, const struct es_cor_source *b)
{
	for (uint32_t i = 0; i < a->n_stream_views; i++) {
		uint32_t stream =
			     s->stream_views[s->source_stream_views[a->stream_views + i]].stream,
			 from, to;

		es_cor_stream_views_near(a->n_stream_views, b->n_stream_views, i, &from, &to);
		for (uint32_t j = from; j < to; j++)
			if (s->stream_views[s->source_stream_views[b->stream_views + j]].stream ==
			    stream)
				return true;
	}
	return false;
}

static bool
is_twin(struct es_cor_solve *s, uint32_t x, uint32_t y)
{
	const struct es_cor_source *a = &s->sources[x], *b = &s->sources[y];
	struct es_cor_match m;
	int64_t delay_ns;

	if (!es_cor_may_match(a, b) || es_cor_is_reversed(first_key(s, b), first_key(s, a)))
		return false;
	es_cor_source_compare(s, x, y, &m);
	delay_ns = m.offset_ns < 0 ? -m.offset_ns : m.offset_ns;
	return m.has_offset && m.pairs > m.contrary && delay_ns <= (int64_t)TWIN_MS * ES_NS_PER_MS;
}

/*
 * Takes x for the twin of y. False where another one could be it too, as with calls that replay one
 * recording: then there is no twin.
 */
static bool
take_twin(const struct es_cor_solve *s, uint32_t x, uint32_t *found)
{
	if (*found != ES_COR_NONE && s->sources[*found].twin != s->sources[x].twin) {
		*found = ES_COR_NONE;
		return false;
	}
	*found = x;
	return true;
}

/* Looks at x for y; false: there is no need to look further. */
static bool
try_twin(struct es_cor_solve *s, uint32_t x, uint32_t y, uint32_t *found)
{
	if (is_one_stream(s, &s->sources[x], &s->sources[y])) {
		*found = x;
		return false;
	}
	return !is_twin(s, x, y) || take_twin(s, x, found);
}

static void
twins_of_few(struct es_cor_solve *s, uint32_t first, uint32_t end)
{
	for (uint32_t y = first; y < end; y++) {
		uint32_t found = ES_COR_NONE;

		for (uint32_t x = first; x < y; x++) {
			if (!try_twin(s, x, y, &found))
				break;
		}
		if (found != ES_COR_NONE)
			s->sources[y].twin = s->sources[found].twin;
	}
}

/* Of the packets of an anchor's block and about when they came. */
static uint64_t
moment_hash(const struct es_cor_solve *s, const struct es_cor_stream_view *st,
    const struct es_cor_anchor *a, int64_t part)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);
	uint32_t in_block = (uint32_t)(a->seq % ES_BLOCK_SEQS);
	int64_t at_ns = a->at.ns, number;
	struct es_cor_key key;

	at_ns -= es_cor_packets_ns(st->step, st->clock_rate_hz, in_block);
	number = at_ns / (PART_MS * ES_NS_PER_MS) + part;
	memset(&key, 0, sizeof(key));
	key.vantage = stream->vantage;
	key.ssrc = stream->key.ssrc;
	key.kind = (uint32_t)(a->seq / ES_BLOCK_SEQS) & 255;
	key.number = a->ts - in_block * st->step;
	memcpy(key.src.ip, &number, sizeof(number));
	return es_cor_hash(s, &key);
}

struct search {
	struct es_cor_solve *s;
	struct es_cor_index index;
	uint32_t *seen; /* by source from `first` on: the last one + 1 that was compared with it */
	uint32_t first;
};

/* Goes through the sources of one chain; false when y has no single twin. */
static bool
try_chain(struct search *f, uint64_t hash, uint32_t y, uint32_t *found, uint32_t *n)
{
	for (uint32_t e = es_cor_index_first(&f->index, hash); e != ES_COR_INDEX_END;
	     e = f->index.entries[e].next) {
		uint32_t x = f->index.entries[e].item;

		es_cor_count(f->s, 1);
		if (f->seen[x - f->first] == y + 1)
			continue;
		f->seen[x - f->first] = y + 1;
		if (++*n > LOOK_MAX) {
			*found = ES_COR_NONE;
			return false;
		}
		if (!try_twin(f->s, x, y, found))
			return false;
	}
	return true;
}

static void
find_twin(struct search *f, uint32_t y)
{
	struct es_cor_solve *s = f->s;
	const struct es_cor_source *src = &s->sources[y];
	uint32_t found = ES_COR_NONE, n = 0;
	bool is_single = true;

	for (uint32_t i = 0; i < src->n_stream_views && is_single; i++) {
		const struct es_cor_stream_view *st =
		    &s->stream_views[s->source_stream_views[src->stream_views + i]];

		for (uint32_t j = 0; j < st->n_anchors && is_single; j++) {
			const struct es_cor_anchor *a = &s->anchors[st->anchors + j];

			for (int64_t part = -1; part <= 1 && is_single; part++)
				is_single =
				    try_chain(f, moment_hash(s, st, a, part), y, &found, &n);
		}
	}
	if (found != ES_COR_NONE)
		s->sources[y].twin = s->sources[found].twin;
	for (uint32_t i = 0; i < src->n_stream_views; i++) {
		const struct es_cor_stream_view *st =
		    &s->stream_views[s->source_stream_views[src->stream_views + i]];

		for (uint32_t j = 0; j < st->n_anchors; j++)
			es_cor_index_add(
			    &f->index, moment_hash(s, st, &s->anchors[st->anchors + j], 0), y);
	}
}

static int
twins_of_many(struct es_cor_solve *s, uint32_t first, uint32_t end)
{
	size_t mark = es_arena_mark(s->mem);
	struct search f = { .s = s, .first = first };
	uint32_t n = 0;

	for (uint32_t i = first; i < end; i++)
		for (uint32_t j = 0; j < s->sources[i].n_stream_views; j++)
			n += s->stream_views[s->source_stream_views[s->sources[i].stream_views + j]]
				 .n_anchors;
	f.seen = es_arena_take(s->mem, end - first, sizeof(*f.seen));
	if (es_cor_index_new(&f.index, s->mem, n) != 0)
		return ES_EFULL;
	for (uint32_t y = first; y < end; y++)
		find_twin(&f, y);
	es_arena_reset(s->mem, mark);
	return 0;
}

int
es_cor_twins(struct es_cor_solve *s)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i <= s->n_sources; i++) {
		if (i < s->n_sources && s->sources[first].vantage == s->sources[i].vantage &&
		    s->sources[first].ssrc == s->sources[i].ssrc)
			continue;
		if (i - first <= FEW)
			twins_of_few(s, first, i);
		else if (twins_of_many(s, first, i) != 0)
			return ES_EFULL;
		first = i;
	}
	return 0;
}
