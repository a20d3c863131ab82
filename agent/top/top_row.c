/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of calls. */
#include "agent/top/top_row.h"

#include "agent/output/read_cell.h"
#include "probes/base/call_id.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"
#include "runtime/shown_text.h"

#include <inttypes.h>

enum {
	MARK = 1,        /* columns of the cursor */
	PARTY_LEAST = 8, /* columns of a party that figures leave it */
	PARTY_WELL = 16, /* columns wanted for it before further figures have a place */
	PARTY_MOST = 32,
	CALL_ID_LEAST = 12,
	CODEC_COLUMNS = 5,
	FIGURE_COLUMNS = 4,
	JITTER_COLUMNS = 3,
	WORST_COLUMNS = 5,
	JITTER_TENTHS_BELOW_US = 9950, /* 10 ms and more are shown without a fraction */
	LOSS_BAD_PPM = 10000,          /* G.711 without concealment suffers from 1 % on */
	LOSS_VERY_BAD_PPM = 50000,     /* ES_BAD_SHARE of a block, docs/CORRELATION.md */
};

/* In the order in which they stand. > is from caller to callee. */
static const struct {
	const char *title;
	int columns;
} shown[ES_TOP_COLUMNS] = {
	[ES_TOP_COLUMN_STATE] = { "state", 7 },
	[ES_TOP_COLUMN_START] = { "start", 8 },
	[ES_TOP_COLUMN_TIME] = { " time", 5 },
	[ES_TOP_COLUMN_CODEC] = { "codec", CODEC_COLUMNS },
	[ES_TOP_COLUMN_LOSS] = { "loss%>  <", 2 * FIGURE_COLUMNS + 1 },
	[ES_TOP_COLUMN_LAST_LOSS] = { "last%>  <", 2 * FIGURE_COLUMNS + 1 },
	[ES_TOP_COLUMN_LATE] = { "late%>  <", 2 * FIGURE_COLUMNS + 1 },
	[ES_TOP_COLUMN_JITTER] = { "jit>  <", 2 * JITTER_COLUMNS + 1 },
	[ES_TOP_COLUMN_MOS] = { "MOS >   <", 2 * FIGURE_COLUMNS + 1 },
	[ES_TOP_COLUMN_WORST] = { "worst", WORST_COLUMNS },
};

/* The first ones stay on the narrowest screen. */
static const enum es_top_column by_need[] = { ES_TOP_COLUMN_MOS, ES_TOP_COLUMN_LOSS,
	ES_TOP_COLUMN_STATE, ES_TOP_COLUMN_TIME, ES_TOP_COLUMN_JITTER, ES_TOP_COLUMN_WORST,
	ES_TOP_COLUMN_CODEC };
static const enum es_top_column if_wide[] = { ES_TOP_COLUMN_START, ES_TOP_COLUMN_LAST_LOSS,
	ES_TOP_COLUMN_LATE };

/* Takes as many columns of a list as leave parties of this width; returns the rest. */
static int
take(struct es_top_layout *l, const enum es_top_column *list, size_t n, int rest, int party)
{
	for (size_t i = 0; i < n; i++) {
		int columns = shown[list[i]].columns + 1;

		if (rest - columns < 2 * party)
			break;
		l->has[list[i]] = true;
		rest -= columns;
	}
	return rest;
}

struct es_top_layout
es_top_row_layout(uint32_t columns)
{
	struct es_top_layout l = { 0 };
	int rest = (int)columns - MARK - 1;

	rest = take(&l, by_need, sizeof(by_need) / sizeof(by_need[0]), rest, PARTY_LEAST);
	rest = take(&l, if_wide, sizeof(if_wide) / sizeof(if_wide[0]), rest, PARTY_WELL);
	if (rest - CALL_ID_LEAST - 1 >= 2 * PARTY_MOST) {
		l.call_id = rest - 2 * PARTY_MOST - 1;
		rest = 2 * PARTY_MOST;
	}
	l.from = (rest + 1) / 2 > 1 ? (rest + 1) / 2 : 1;
	l.to = rest / 2 > 1 ? rest / 2 : 1;
	return l;
}

void
es_top_row_titles(const struct es_top_layout *l, FILE *to)
{
	fprintf(to, " %-*.*s %-*.*s", l->from, l->from, "from", l->to, l->to, "to");
	for (int i = 0; i < ES_TOP_COLUMNS; i++)
		if (l->has[i])
			fprintf(to, " %-*s", shown[i].columns, shown[i].title);
	if (l->call_id > 0)
		fprintf(to, " %-*s", l->call_id, "Call-ID");
}

static const char *
word_of(const struct es_top_call *c, bool is_held)
{
	static const char *const phases[] = { "calling", "ringing", "talking", "no SIP" };

	if (c->phase == ES_TOP_TALKING && is_held)
		return "held";
	if (c->phase != ES_TOP_OVER)
		return phases[c->phase];
	if (c->state == ES_STATE_FAILED)
		return "failed";
	if (c->state == ES_STATE_CANCELLED)
		return "cancel";
	return c->state == ES_STATE_UNKNOWN && c->call_id != NULL ? "no end" : "ended";
}

bool
es_top_row_state(const struct es_top_call *c, bool is_held, char out[ES_TOP_STATE_BYTES])
{
	bool is_failed = c->phase == ES_TOP_OVER && c->state == ES_STATE_FAILED;

	if (is_failed && c->status != 0)
		(void)snprintf(out, ES_TOP_STATE_BYTES, "err %" PRIu32, c->status % 1000);
	else
		(void)snprintf(out, ES_TOP_STATE_BYTES, "%s", word_of(c, is_held));
	return is_failed;
}

void
es_top_row_time(const struct es_top_call *c, es_time now, char out[ES_TOP_TIME_BYTES])
{
	es_time from = c->phase == ES_TOP_TALKING ? c->answered : c->start;
	int64_t s = c->phase == ES_TOP_OVER ? (int64_t)(c->duration_us / 1000000)
					    : es_time_diff(now, from) / ES_NS_PER_S;

	if (s < 0)
		s = 0;
	if (c->phase == ES_TOP_OVER && c->duration_us == 0)
		(void)snprintf(out, ES_TOP_TIME_BYTES, "-");
	else if (s < 3600)
		(void)snprintf(out, ES_TOP_TIME_BYTES, "%02d:%02d", (int)s / 60, (int)s % 60);
	else if (s < 86400)
		(void)snprintf(out, ES_TOP_TIME_BYTES, "%dh%02dm", (int)s / 3600, (int)s / 60 % 60);
	else
		(void)snprintf(
		    out, ES_TOP_TIME_BYTES, "%" PRId64 "d%02dh", s / 86400, (int)(s / 3600 % 24));
}

/* "user@host", or the user alone where that fits better. */
static void
party(const struct es_read_style *style, const struct es_top_text *text, int columns, FILE *to)
{
	es_slice all = es_slice_of(text->bytes, text->n);
	es_slice user = es_text_first(all, es_text_find(all, '@'));
	bool is_cut = es_shown_text_columns(all, style->is_utf8) > (size_t)columns && user.n > 0;

	es_cell_text(style, text->n == 0 ? es_slice_str("-") : is_cut ? user : all, columns, to);
}

/* "10.0.0.1:4000", or the address alone where that fits better. */
static void
end(const struct es_read_style *style, const struct es_addr *a, int columns, FILE *to)
{
	char text[ES_ADDR_TEXT_MAX];
	int n = es_addr_text(a, text);

	if (n > columns)
		n = es_addr_ip_text(a, text);
	es_cell_text(style, es_slice_of(text, (size_t)n), columns, to);
}

static void
parties(const struct es_top_layout *l, const struct es_read_style *style,
    const struct es_top_call *c, FILE *to)
{
	if (c->call_id != NULL) {
		party(style, &c->from, l->from, to);
		fputc(' ', to);
		party(style, &c->to, l->to, to);
	} else {
		end(style, &c->ends[0], l->from, to);
		fputc(' ', to);
		end(style, &c->ends[1], l->to, to);
	}
}

/* "0.0", "12.3", "100": of four columns. */
static void
share(const struct es_read_style *style, uint64_t part, uint64_t whole, FILE *to)
{
	char text[ES_CELL_NUMBER_BYTES];
	uint64_t ppm = whole == 0 ? 0 : part * UINT64_C(1000000) / whole;
	enum es_colour colour = ppm >= LOSS_VERY_BAD_PPM ? ES_COLOUR_RED
				: ppm >= LOSS_BAD_PPM    ? ES_COLOUR_YELLOW
							 : ES_COLOUR_NONE;

	es_cell_coloured(style, colour, FIGURE_COLUMNS,
	    es_cell_number(whole != 0, (double)ppm / 10, ppm < 999500 ? 1 : 0, text), to);
}

static void
mos(const struct es_read_style *style, uint32_t milli, int columns, FILE *to)
{
	char text[ES_CELL_NUMBER_BYTES];

	es_cell_coloured(style, es_cell_mos_colour(milli != 0, milli), columns,
	    es_cell_number(milli != 0, milli, 2, text), to);
}

static void
jitter(const struct es_read_style *style, const struct es_top_stream *s, FILE *to)
{
	char text[ES_CELL_NUMBER_BYTES];
	bool known = s != NULL && s->has_jitter;

	es_cell_coloured(style, ES_COLOUR_NONE, JITTER_COLUMNS,
	    es_cell_number(known, known ? s->jitter_us : 0,
		known && s->jitter_us < JITTER_TENTHS_BELOW_US ? 1 : 0, text),
	    to);
}

/* A column with a figure of each direction. */
static void
figure(const struct es_read_style *style, enum es_top_column column, const struct es_top_side *s,
    FILE *to)
{
	const struct es_top_stream *last = s->stream;

	switch (column) {
	case ES_TOP_COLUMN_LOSS:
		share(style, s->lost, s->expected, to);
		break;
	case ES_TOP_COLUMN_LAST_LOSS:
		share(style, last == NULL ? 0 : last->last_lost,
		    last == NULL ? 0 : last->last_expected, to);
		break;
	case ES_TOP_COLUMN_LATE:
		share(style, s->late, s->late_of, to);
		break;
	case ES_TOP_COLUMN_JITTER:
		jitter(style, last, to);
		break;
	default:
		mos(style, last == NULL ? 0 : last->mos_milli, FIGURE_COLUMNS, to);
		break;
	}
}

static const char *
codec_of(const struct es_top_figures *f)
{
	for (unsigned i = 0; i < 2; i++)
		if (f->side[i].stream != NULL && f->side[i].stream->codec[0] != '\0')
			return f->side[i].stream->codec;
	return "-";
}

static uint32_t
worst_of(const struct es_top_figures *f)
{
	uint32_t a = f->side[0].worst_mos_milli, b = f->side[1].worst_mos_milli;

	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void
cell(const struct es_read_style *style, enum es_top_column column, const struct es_top_call *c,
    const struct es_top_figures *f, const struct es_top_moment *at, FILE *to)
{
	char state[ES_TOP_STATE_BYTES], time[ES_TOP_TIME_BYTES], start[ES_TIME_TEXT_BYTES];
	bool is_failed;

	switch (column) {
	case ES_TOP_COLUMN_STATE:
		is_failed = es_top_row_state(c, at->is_held, state);
		es_cell_coloured(style, is_failed ? ES_COLOUR_RED : ES_COLOUR_NONE, -7, state, to);
		break;
	case ES_TOP_COLUMN_START:
		es_time_text(c->start, start);
		fprintf(to, " %.8s", start + sizeof("2026-01-01T") - 1);
		break;
	case ES_TOP_COLUMN_TIME:
		es_top_row_time(c, at->now, time);
		fprintf(to, " %5s", time);
		break;
	case ES_TOP_COLUMN_CODEC:
		fputc(' ', to);
		es_cell_text(style, es_slice_str(codec_of(f)), CODEC_COLUMNS, to);
		break;
	case ES_TOP_COLUMN_WORST:
		mos(style, worst_of(f), WORST_COLUMNS, to);
		break;
	default:
		figure(style, column, &f->side[0], to);
		figure(style, column, &f->side[1], to);
		break;
	}
}

void
es_top_row_put(const struct es_top_layout *l, const struct es_read_style *style,
    const struct es_top_calls *t, const struct es_top_call *c, const struct es_top_moment *at,
    FILE *to)
{
	struct es_top_figures f = es_top_figures_of(t, c);
	uint8_t id[ES_CALL_ID_TEXT_MAX];

	parties(l, style, c, to);
	for (int i = 0; i < ES_TOP_COLUMNS; i++)
		if (l->has[i])
			cell(style, (enum es_top_column)i, c, &f, at, to);
	if (l->call_id == 0)
		return;
	fputc(' ', to);
	es_cell_text(style,
	    c->call_id == NULL
		? es_slice_str("-")
		: es_slice_of(id, es_call_id_encode(es_slice_of(c->call_id, c->call_id_bytes), id)),
	    l->call_id, to);
}
