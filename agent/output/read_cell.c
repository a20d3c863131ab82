/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of tables for people. */
#include "agent/output/read_cell.h"

#include "runtime/shown_text.h"

enum {
	/* Bounds of MOS of ITU-T G.107 Annex B: below the first many users are dissatisfied, below the other nearly all. */
	MOS_MANY_MILLI = 3600,
	MOS_ALL_MILLI = 3100,
};

/* Returns the columns that the text takes, at most those it was given unless tables are wide. */
static int
put(const struct es_read_style *style, es_slice text, int columns, FILE *to)
{
	size_t all = es_shown_text_columns(text, style->is_utf8);
	bool is_cut = !style->is_wide && all > (size_t)columns;
	int room = is_cut ? columns - 1 : (int)all, used = 0;

	while (text.n > 0) {
		struct es_shown_char c = es_shown_text_next(text, style->is_utf8);

		if (used + c.columns > room)
			break;
		used += c.columns;
		text = es_shown_text_put(text, c, to);
	}
	if (is_cut)
		fputc('~', to);
	return used + is_cut;
}

void
es_cell_last(const struct es_read_style *style, es_slice text, int columns, FILE *to)
{
	(void)put(style, text, columns, to);
}

void
es_cell_text(const struct es_read_style *style, es_slice text, int columns, FILE *to)
{
	int used = put(style, text, columns, to);

	if (used < columns)
		fprintf(to, "%*s", columns - used, "");
}

const char *
es_cell_number(bool known, double thousandths, int decimals, char out[ES_CELL_NUMBER_BYTES])
{
	if (known)
		(void)snprintf(out, ES_CELL_NUMBER_BYTES, "%.*f", decimals, thousandths / 1000.0);
	else
		(void)snprintf(out, ES_CELL_NUMBER_BYTES, "-");
	return out;
}

void
es_cell_coloured(const struct es_read_style *style, enum es_colour colour, int columns,
    const char *text, FILE *to)
{
	/* ECMA-48 SGR */
	static const char *const begin[] = { "", "\x1b[1m", "\x1b[31m", "\x1b[33m" };
	bool is = style->is_coloured && colour != ES_COLOUR_NONE;

	fprintf(to, " %s%*s%s", is ? begin[colour] : "", columns, text, is ? "\x1b[0m" : "");
}

es_slice
es_cell_pair(const struct es_addr *src, const struct es_addr *dst, char out[ES_CELL_PAIR_BYTES])
{
	char a[ES_ADDR_TEXT_MAX], b[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(src, a);
	(void)es_addr_text(dst, b);
	return es_slice_of(out, (size_t)snprintf(out, ES_CELL_PAIR_BYTES, "%s -> %s", a, b));
}

enum es_colour
es_cell_mos_colour(bool known, uint32_t milli)
{
	if (!known || milli >= MOS_MANY_MILLI)
		return ES_COLOUR_NONE;
	return milli >= MOS_ALL_MILLI ? ES_COLOUR_YELLOW : ES_COLOUR_RED;
}
