/* SPDX-License-Identifier: Apache-2.0 */
/* The last look at what goes to the terminal. */
#include "agent/top/top_line.h"

#include <stdbool.h>
#include <string.h>

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

static bool
is_bar(es_slice s)
{
	return s.n >= 3 && s.p[0] == 0xe2 && s.p[1] == 0x96 && s.p[2] >= 0x81 && s.p[2] <= 0x88;
}

/* The next character: its bytes, and how many columns it takes. */
static size_t
step(es_slice s, uint32_t *columns, bool *is_fine)
{
	size_t n = sgr_bytes(s);

	*columns = n > 0 ? 0 : 1;
	*is_fine = true;
	if (n > 0)
		return n;
	if (is_bar(s))
		return 3;
	*is_fine = s.p[0] >= 0x20 && s.p[0] < 0x7f;
	return 1;
}

void
es_top_line_put(es_slice line, uint32_t columns, FILE *to)
{
	uint32_t wide;
	bool is_fine;

	while (line.n > 0) {
		size_t n = step(line, &wide, &is_fine);

		if (wide <= columns) { /* what comes behind the edge may still end a colour */
			columns -= wide;
			if (is_fine)
				(void)fwrite(line.p, 1, n, to);
			else
				(void)fputc('?', to);
		} else {
			columns = 0;
		}
		line = es_slice_of(line.p + n, line.n - n);
	}
}

uint32_t
es_top_line_columns(es_slice line)
{
	uint32_t columns = 0, wide;
	bool is_fine;

	while (line.n > 0) {
		size_t n = step(line, &wide, &is_fine);

		columns += wide;
		line = es_slice_of(line.p + n, line.n - n);
	}
	return columns;
}
