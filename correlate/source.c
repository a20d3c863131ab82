/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: all strands of one SSRC on one leg in one direction, as one vantage point saw them. */
#include "correlate/solve.h"

enum {
	TWIN_MS = 20, /* the same packet passes two legs of one machine within this time */
};

/* Two calls that use one SSRC on one 5-tuple, one after the other, are not one source. */
static bool
may_share(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_strand *x = &s->strands[a], *y = &s->strands[b];

	return x->call_id.n == 0 || y->call_id.n == 0 || x->call_id.p == y->call_id.p;
}

/* Whether the stream of a strand is on the leg of another one, too: a strand of its own stands for that. */
static bool
is_elsewhere(const struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_stream *x = es_cor_stream_of(s, &s->strands[a]);
	es_slice id = s->strands[b].call_id;

	if (id.n == 0 || s->strands[a].call_id.p == id.p)
		return false;
	for (uint32_t i = 0; i < x->rec.n_other_call_ids; i++)
		if (x->rec.other_call_ids[i].p == id.p)
			return true;
	return x->rec.n_other_call_ids > 0 && x->call_id.p == id.p;
}

/*
 * Whether b goes on with the packets of a. Under another Call-ID the numbers must be new ones, as
 * after a transfer: the same ones again are the next call of a player that has one recording.
 */
static bool
goes_on(const struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t *shift)
{
	return es_cor_strand_continues(s, a, b, shift) &&
	       (may_share(s, a, b) || s->strands[b].first + *shift > s->strands[a].last);
}

/* Looks for the latest earlier strand that b belongs to; joins its source, and its line if it fits. */
static void
place(struct es_cor_solve *s, uint32_t first, uint32_t b)
{
	const struct es_stream_key *key = &es_cor_stream_of(s, &s->strands[b])->key;

	s->strands[b].source = b;
	for (uint32_t a = b; a-- > first;) {
		const struct es_stream_key *other = &es_cor_stream_of(s, &s->strands[a])->key;
		bool same = es_cor_same_tuple(key, other);
		int64_t shift;

		if (es_cor_is_reversed(key, other) || is_elsewhere(s, a, b) ||
		    is_elsewhere(s, b, a))
			continue;
		if (goes_on(s, a, b, &shift)) {
			es_cor_line_join(s, a, b, shift);
		} else if (!same || !may_share(s, a, b)) {
			continue;
		}
		s->strands[b].source = s->strands[a].source;
		return;
	}
}

static void
add_strand(struct es_cor_solve *s, struct es_cor_source *src, uint32_t strand)
{
	const struct es_cor_strand *st = &s->strands[strand];
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);

	if (src->n_strands == 0) {
		src->vantage = stream->vantage;
		src->ssrc = stream->key.ssrc;
		src->start = st->start;
	}
	s->source_strands[src->strands + src->n_strands++] = strand;
	src->votes += es_cor_votes(s, st);
	if (stream->has_rec) {
		src->packets += stream->rec.packets;
		return;
	}
	for (uint32_t i = 0; i < st->n_parts; i++)
		src->packets += s->store->parts[s->part_order[st->parts + i]].received;
}

/* Numbers the sources in the order of their first strands. */
static void
collect(struct es_cor_solve *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_strands; i++) {
		struct es_cor_source *src;

		if (s->strands[i].source != i)
			continue;
		src = &s->sources[s->n_sources];
		src->strands = n;
		src->group = s->n_sources;
		src->twin = s->n_sources;
		src->next_of_group = s->n_sources;
		for (uint32_t j = i; j < s->n_strands; j++) {
			if (s->strands[j].source == i)
				add_strand(s, src, j);
			if (es_cor_stream_of(s, &s->strands[j])->vantage != src->vantage ||
			    es_cor_stream_of(s, &s->strands[j])->key.ssrc != src->ssrc)
				break;
		}
		n += src->n_strands;
		s->n_sources++;
	}
	for (uint32_t i = 0; i < s->n_sources; i++) {
		for (uint32_t j = 0; j < s->sources[i].n_strands; j++)
			s->strands[s->source_strands[s->sources[i].strands + j]].source = i;
	}
}

void
es_cor_source_compare(struct es_cor_solve *s, uint32_t x, uint32_t y, struct es_cor_match *out)
{
	const struct es_cor_source *a = &s->sources[x], *b = &s->sources[y];

	memset(out, 0, sizeof(*out));
	out->x = x;
	out->y = y;
	for (uint32_t i = 0; i < a->n_strands; i++) {
		uint32_t p = s->source_strands[a->strands + i];

		for (uint32_t j = 0; j < b->n_strands; j++) {
			uint32_t q = s->source_strands[b->strands + j];
			struct es_cor_match m;
			int64_t shift;

			out->shares_addr |=
			    es_cor_same_tuple(&es_cor_stream_of(s, &s->strands[p])->key,
				&es_cor_stream_of(s, &s->strands[q])->key);
			es_cor_strand_compare(s, p, q, &m, &shift);
			if (m.has_offset && (!out->has_offset || m.pairs > out->pairs)) {
				out->has_offset = true;
				out->offset_ns = m.offset_ns;
			}
			out->pairs += m.pairs;
			out->near += m.near;
			out->contrary += m.contrary;
			out->shift = shift;
		}
	}
}

bool
es_cor_may_match(const struct es_cor_source *a, const struct es_cor_source *b)
{
	return a->votes == 0 || b->votes == 0 || (a->votes > 0) == (b->votes > 0);
}

/* One stream that two legs announced. */
static bool
is_one_stream(
    const struct es_cor_solve *s, const struct es_cor_source *a, const struct es_cor_source *b)
{
	for (uint32_t i = 0; i < a->n_strands; i++)
		for (uint32_t j = 0; j < b->n_strands; j++)
			if (s->strands[s->source_strands[a->strands + i]].stream ==
			    s->strands[s->source_strands[b->strands + j]].stream)
				return true;
	return false;
}

/*
 * The same packets on two legs of one machine: an SBC that captures on all its interfaces. Where
 * several could be it, as with calls that replay one recording, nobody is.
 */
static void
find_twin(struct es_cor_solve *s, uint32_t y, uint32_t first)
{
	uint32_t found = ES_COR_NONE;
	const struct es_stream_key *key =
	    &es_cor_stream_of(s, &s->strands[s->source_strands[s->sources[y].strands]])->key;

	for (uint32_t x = first; x < y; x++) {
		const struct es_cor_source *a = &s->sources[x];
		struct es_cor_match m;
		int64_t way;

		if (is_one_stream(s, a, &s->sources[y])) {
			s->sources[y].twin = a->twin;
			return;
		}
		if (!es_cor_may_match(a, &s->sources[y]) ||
		    es_cor_is_reversed(
			key, &es_cor_stream_of(s, &s->strands[s->source_strands[a->strands]])->key))
			continue;
		es_cor_source_compare(s, x, y, &m);
		way = m.offset_ns < 0 ? -m.offset_ns : m.offset_ns;
		if (!m.has_offset || m.pairs <= m.contrary || way > (int64_t)TWIN_MS * ES_NS_PER_MS)
			continue;
		if (found != ES_COR_NONE && s->sources[found].twin != a->twin)
			return;
		found = x;
	}
	if (found != ES_COR_NONE)
		s->sources[y].twin = s->sources[found].twin;
}

int
es_cor_sources(struct es_cor_solve *s)
{
	uint32_t first = 0;

	s->sources = es_cor_take(s->mem, s->n_strands, sizeof(*s->sources));
	s->source_strands = es_cor_take(s->mem, s->n_strands, sizeof(*s->source_strands));
	if (s->mem->full)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_strands; i++) {
		const struct es_cor_stream *a = es_cor_stream_of(s, &s->strands[first]);
		const struct es_cor_stream *b = es_cor_stream_of(s, &s->strands[i]);

		if (a->vantage != b->vantage || a->key.ssrc != b->key.ssrc)
			first = i;
		place(s, first, i);
	}
	collect(s);
	first = 0;
	for (uint32_t i = 0; i < s->n_sources; i++) {
		if (s->sources[first].vantage != s->sources[i].vantage ||
		    s->sources[first].ssrc != s->sources[i].ssrc)
			first = i;
		find_twin(s, i, first);
	}
	return 0;
}

uint32_t
es_cor_group_of(struct es_cor_solve *s, uint32_t source)
{
	while (s->sources[source].group != source)
		source = s->sources[source].group;
	return source;
}
