/* SPDX-License-Identifier: Apache-2.0 */
/* Union-find over stream views, with the shift of their numbers. */
#include "correlate/join/line.h"

#include "correlate/join/source.h"

enum { LINES_MAX = 1 << 17 }; /* of one RTP stream: what common numbers have room for */

uint32_t
es_cor_line_find(struct es_cor_solve *s, uint32_t stream_view, int64_t *shift)
{
	*shift = 0;
	while (s->stream_views[stream_view].line != stream_view) {
		struct es_cor_stream_view *st = &s->stream_views[stream_view];
		uint32_t up = st->line;

		if (s->stream_views[up].line != up) { /* halves the way for the next search */
			st->shift += s->stream_views[up].shift;
			st->line = s->stream_views[up].line;
		}
		*shift += st->shift;
		stream_view = st->line;
	}
	return stream_view;
}

void
es_cor_line_join(struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t shift)
{
	int64_t of_a, of_b;
	uint32_t ra = es_cor_line_find(s, a, &of_a);
	uint32_t rb = es_cor_line_find(s, b, &of_b);

	/* in terms of ra: number_of_b + shift + of_a; in terms of rb: number_of_b + of_b */
	if (ra < rb) {
		s->stream_views[rb].line = ra;
		s->stream_views[rb].shift = shift + of_a - of_b;
	} else if (rb < ra) {
		s->stream_views[ra].line = rb;
		s->stream_views[ra].shift = of_b - shift - of_a;
	}
}

int
es_cor_lines(struct es_cor_solve *s)
{
	static const int64_t bias = INT64_C(1) << 42; /* shifted numbers stay positive */
	uint32_t *n_lines = es_arena_take(s->mem, s->n_sources, sizeof(*n_lines));

	if (n_lines == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		uint32_t group = es_cor_group_of(s, s->stream_views[i].source);

		if (s->stream_views[i].line != i)
			continue;
		s->stream_views[i].base = bias + ES_COR_LINE_SPAN * (int64_t)n_lines[group];
		n_lines[group] += n_lines[group] < LINES_MAX;
	}
	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		int64_t shift;
		uint32_t root = es_cor_line_find(s, i, &shift);

		if (root != i)
			s->stream_views[i].base = s->stream_views[root].base + shift;
	}
	return 0;
}
