/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: all stream views of one SSRC on one leg in one direction, as one vantage point saw them. */
#include "correlate/join/source.h"

#include "correlate/input/fit.h"
#include "correlate/join/stream_view.h"

int
es_cor_votes(const struct es_cor_solve *s, const struct es_cor_stream_view *stream_view)
{
	const struct es_cor_stream *st = es_cor_stream_of(s, stream_view);
	es_slice id = stream_view->call_id;
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
add_stream_view(struct es_cor_solve *s, struct es_cor_source *src, uint32_t stream_view)
{
	const struct es_cor_stream_view *st = &s->stream_views[stream_view];
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);

	if (src->n_stream_views == 0) {
		src->vantage = stream->vantage;
		src->ssrc = stream->key.ssrc;
		src->start = st->start;
	}
	s->source_stream_views[src->stream_views + src->n_stream_views++] = stream_view;
	src->votes += es_cor_votes(s, st);
	if (stream->has_rec) {
		src->packets += stream->rec.packets;
		return;
	}
	for (uint32_t i = 0; i < st->n_parts; i++)
		src->packets += s->store->parts[s->part_order[st->parts + i]].received;
}

/* Numbers the sources in the order of their first stream views. */
static void
collect(struct es_cor_solve *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		uint32_t first = s->stream_views[i].source;

		/* until here the first stream view names the source, and is known before the others */
		if (first == i) {
			struct es_cor_source *src = &s->sources[s->n_sources];

			src->group = src->twin = src->next_of_group = s->n_sources;
			s->stream_views[i].source = s->n_sources++;
		} else {
			s->stream_views[i].source = s->stream_views[first].source;
		}
		s->sources[s->stream_views[i].source].n_stream_views++;
	}
	for (uint32_t i = 0; i < s->n_sources; i++) {
		s->sources[i].stream_views = n;
		n += s->sources[i].n_stream_views;
		s->sources[i].n_stream_views = 0;
	}
	for (uint32_t i = 0; i < s->n_stream_views; i++)
		add_stream_view(s, &s->sources[s->stream_views[i].source], i);
}

void
es_cor_source_compare(struct es_cor_solve *s, uint32_t x, uint32_t y, struct es_cor_match *out)
{
	const struct es_cor_source *a = &s->sources[x], *b = &s->sources[y];

	memset(out, 0, sizeof(*out));
	out->x = x;
	out->y = y;
	for (uint32_t i = 0; i < a->n_stream_views; i++) {
		uint32_t p = s->source_stream_views[a->stream_views + i], from, to;

		es_cor_stream_views_near(a->n_stream_views, b->n_stream_views, i, &from, &to);
		for (uint32_t j = from; j < to; j++) {
			uint32_t q = s->source_stream_views[b->stream_views + j];
			struct es_cor_match m;
			int64_t shift;

			out->shares_addr |=
			    es_cor_same_tuple(&es_cor_stream_of(s, &s->stream_views[p])->key,
				&es_cor_stream_of(s, &s->stream_views[q])->key);
			es_cor_stream_view_compare(s, p, q, &m, &shift);
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
	s->sources = es_arena_take(s->mem, s->n_stream_views, sizeof(*s->sources));
	s->source_stream_views =
	    es_arena_take(s->mem, s->n_stream_views, sizeof(*s->source_stream_views));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	collect(s);
	s->rtp_stream_of = es_arena_take(s->mem, s->n_sources, sizeof(*s->rtp_stream_of));
	return s->rtp_stream_of == NULL ? ES_EFULL : 0;
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
