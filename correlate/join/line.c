/* SPDX-License-Identifier: Apache-2.0 */
/* Union-find over strands, with the shift of their numbers. */
#include "correlate/join/line.h"

#include "correlate/join/source.h"

enum { LINES_MAX = 1 << 17 }; /* of one medium: what common numbers have room for */

uint32_t
es_cor_line_find(struct es_cor_solve *s, uint32_t strand, int64_t *shift)
{
	*shift = 0;
	while (s->strands[strand].line != strand) {
		struct es_cor_strand *st = &s->strands[strand];
		uint32_t up = st->line;

		if (s->strands[up].line != up) { /* halves the way for the next search */
			st->shift += s->strands[up].shift;
			st->line = s->strands[up].line;
		}
		*shift += st->shift;
		strand = st->line;
	}
	return strand;
}

void
es_cor_line_join(struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t shift)
{
	int64_t of_a, of_b;
	uint32_t ra = es_cor_line_find(s, a, &of_a);
	uint32_t rb = es_cor_line_find(s, b, &of_b);

	/* in terms of ra: number_of_b + shift + of_a; in terms of rb: number_of_b + of_b */
	if (ra < rb) {
		s->strands[rb].line = ra;
		s->strands[rb].shift = shift + of_a - of_b;
	} else if (rb < ra) {
		s->strands[ra].line = rb;
		s->strands[ra].shift = of_b - shift - of_a;
	}
}

int
es_cor_lines(struct es_cor_solve *s)
{
	static const int64_t bias = INT64_C(1) << 42; /* shifted numbers stay positive */
	uint32_t *n_lines = es_arena_take(s->mem, s->n_sources, sizeof(*n_lines));

	if (n_lines == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_strands; i++) {
		uint32_t group = es_cor_group_of(s, s->strands[i].source);

		if (s->strands[i].line != i)
			continue;
		s->strands[i].base = bias + ES_COR_LINE_SPAN * (int64_t)n_lines[group];
		n_lines[group] += n_lines[group] < LINES_MAX;
	}
	for (uint32_t i = 0; i < s->n_strands; i++) {
		int64_t shift;
		uint32_t root = es_cor_line_find(s, i, &shift);

		if (root != i)
			s->strands[i].base = s->strands[root].base + shift;
	}
	return 0;
}
