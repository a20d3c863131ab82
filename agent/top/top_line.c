/* SPDX-License-Identifier: Apache-2.0 */
/* The last look at what goes to the terminal. */
#include "agent/top/top_line.h"

#include "runtime/shown_text.h"

/* Bytes of "ESC [ digits m" at the start of s; 0: it is something else. */
static size_t
sgr_bytes(es_slice s)
{
	size_t i = 2;

	if (s.n < 3 || s.p[0] != 0x1b || s.p[1] != '[')
		return 0;
	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == ';'))
		i++;
	return i < s.n && s.p[i] == 'm' ? i + 1 : 0;
}

/* The next character, or a colour, which takes no column. */
static struct es_shown_char
next(es_slice s, bool is_utf8, bool *is_colour)
{
	size_t n = sgr_bytes(s);

	*is_colour = n > 0;
	return n > 0 ? (struct es_shown_char){ n, 0, true } : es_shown_text_next(s, is_utf8);
}

void
es_top_line_put(es_slice line, bool is_utf8, uint32_t columns, FILE *to)
{
	bool is_colour, is_past = false;

	while (line.n > 0) {
		struct es_shown_char c = next(line, is_utf8, &is_colour);

		is_past = is_past || (uint32_t)c.columns > columns;
		columns -= is_past ? 0 : (uint32_t)c.columns;
		/* What comes behind the edge may still end a colour. */
		if (is_colour || !is_past)
			line = es_shown_text_put(line, c, to);
		else
			line = es_slice_of(line.p + c.n_bytes, line.n - c.n_bytes);
	}
}

uint32_t
es_top_line_columns(es_slice line, bool is_utf8)
{
	uint32_t columns = 0;
	bool is_colour;

	while (line.n > 0) {
		struct es_shown_char c = next(line, is_utf8, &is_colour);

		columns += (uint32_t)c.columns;
		line = es_slice_of(line.p + c.n_bytes, line.n - c.n_bytes);
	}
	return columns;
}
