/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: all strands of one SSRC on one leg in one direction, as one vantage point saw them. */
#include "correlate/join/source.h"

#include "correlate/input/fit.h"
#include "correlate/join/strand.h"

int
es_cor_votes(const struct es_cor_solve *s, const struct es_cor_strand *strand)
{
	const struct es_cor_stream *st = es_cor_stream_of(s, strand);
	es_slice id = strand->call_id;
	uint32_t e = ES_COR_INDEX_END;
	int votes = 0;

	/* each stream by its own dialog: one leg may have carried several, one after the other */
	if (id.n > 0)
		e = es_cor_index_first(&s->calls, es_cor_call_hash(s, st->vantage, id));
	for (; e != ES_COR_INDEX_END; e = s->calls.entries[e].next) {
		const struct es_cor_call *c = &s->store->calls[s->calls.entries[e].item];

		if (c->vantage != st->vantage || c->rec.call_id.p != id.p)
			continue;
		votes += es_cor_fit_votes(&c->rec, &st->key);
	}
	return votes;
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
		uint32_t first = s->strands[i].source;

		/* until here the first strand names the source, and is known before the others */
		if (first == i) {
			struct es_cor_source *src = &s->sources[s->n_sources];

			src->group = src->twin = src->next_of_group = s->n_sources;
			s->strands[i].source = s->n_sources++;
		} else {
			s->strands[i].source = s->strands[first].source;
		}
		s->sources[s->strands[i].source].n_strands++;
	}
	for (uint32_t i = 0; i < s->n_sources; i++) {
		s->sources[i].strands = n;
		n += s->sources[i].n_strands;
		s->sources[i].n_strands = 0;
	}
	for (uint32_t i = 0; i < s->n_strands; i++)
		add_strand(s, &s->sources[s->strands[i].source], i);
}

void
es_cor_source_compare(struct es_cor_solve *s, uint32_t x, uint32_t y, struct es_cor_match *out)
{
	const struct es_cor_source *a = &s->sources[x], *b = &s->sources[y];

	memset(out, 0, sizeof(*out));
	out->x = x;
	out->y = y;
	for (uint32_t i = 0; i < a->n_strands; i++) {
		uint32_t p = s->source_strands[a->strands + i], from, to;

		es_cor_strands_near(a->n_strands, b->n_strands, i, &from, &to);
		for (uint32_t j = from; j < to; j++) {
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

int
es_cor_sources(struct es_cor_solve *s)
{
	s->sources = es_arena_take(s->mem, s->n_strands, sizeof(*s->sources));
	s->source_strands = es_arena_take(s->mem, s->n_strands, sizeof(*s->source_strands));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	collect(s);
	s->media_of = es_arena_take(s->mem, s->n_sources, sizeof(*s->media_of));
	return s->media_of == NULL ? ES_EFULL : 0;
}

uint32_t
es_cor_group_of(struct es_cor_solve *s, uint32_t source)
{
	while (s->sources[source].group != source) {
		uint32_t up = s->sources[source].group;

		s->sources[source].group = s->sources[up].group;
		source = up;
	}
	return source;
}
