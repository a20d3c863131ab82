/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the screen together. Pages are written as lines of any width; one place cuts them. */
#include "agent/top/top_screen.h"

#include "agent/output/read_cell.h"
#include "agent/top/top_detail.h"
#include "agent/top/top_line.h"
#include "agent/top/top_row.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	HEAD_LINES = 2,
	FOOT_LINES = 1,
	TITLE_LINES = 1,
	ALL_LINES = HEAD_LINES + FOOT_LINES + TITLE_LINES + 1,
};

struct drawing {
	struct es_top_screen *s;
	const struct es_top_head *head;
	const struct es_top_calls *t;
	struct es_top_view *v;
	FILE *to;
};

static const char help[] =
    "from caller to callee: >   from callee to caller: <   - is not known\n"
    "loss%   of the packets expected since the stream began\n"
    "last%   the same of the last block: 256 packets, 5 s at 20 ms (wide screens)\n"
    "late%   came, but too late for the modelled de-jitter buffer (wide screens)\n"
    "jit     interarrival jitter, RFC 3550, at the end of the last block, ms\n"
    "MOS     of listening, E-model, of the last block; yellow < 3.6, red < 3.1\n"
    "worst   MOS of the worst block of both directions\n"
    "Of a stream that is over, jitter and MOS are those of all of it. A call that is\n"
    "over stays five minutes below those in progress. err 486: it got that status;\n"
    "no end: no BYE was seen; no SIP: media whose signalling was not seen.\n"
    "\n"
    "m w l j s       sort by MOS, worst, loss, jitter, start; < >: the next key\n"
    "r               reverse the order\n"
    "Up Down k       move; PgUp PgDn, Space, Home g, End G: a screen, the ends\n"
    "Enter           the selected call: streams, courses, findings; Esc or q: back\n"
    "/               show only calls whose parties or Call-ID contain a text, media\n"
    "                without SIP by address; Enter: keep it, Esc: as before\n"
    "p               pause: the screen stands still until p, measuring continues;\n"
    "                a key that moves or sorts shows the figures of its moment\n"
    "?               this page    q  end\n";

static void
put_line(const struct drawing *d, es_slice line, bool is_last)
{
	es_top_line_put(line, d->s->style.is_utf8, d->s->columns, d->to);
	if (!is_last)
		fputc('\n', d->to);
}

/* A line in reverse video to the right edge; without colours as it is. */
static void
put_bar(const struct drawing *d, const char *text, bool is_last)
{
	es_slice line = es_slice_str(text);
	uint32_t n = es_top_line_columns(line, d->s->style.is_utf8);

	if (!d->s->style.is_coloured) {
		put_line(d, line, is_last);
		return;
	}
	fputs("\x1b[7m", d->to);
	put_line(d, line, true);
	if (n < d->s->columns)
		fprintf(d->to, "%*s", (int)(d->s->columns - n), "");
	fputs(is_last ? "\x1b[0m" : "\x1b[0m\n", d->to);
}

static void
put_head(const struct drawing *d)
{
	const struct es_top_head *h = d->head;
	char time[ES_TIME_TEXT_BYTES], up[48], line[512];
	int64_t up_s = es_time_diff(h->now, h->began) / ES_NS_PER_S;

	es_time_text(h->now, time);
	(void)snprintf(up, sizeof(up), "up %" PRId64 ":%02d:%02d", up_s / 3600,
	    (int)(up_s / 60 % 60), (int)(up_s % 60));
	(void)snprintf(line, sizeof(line),
	    "earshot %.8s  %.200s  %.8s UTC  %s  %" PRIu64 " packets, %" PRIu64 " dropped",
	    h->command, h->source, h->now.ns == 0 ? "--:--:--" : time + sizeof("2026-01-01T") - 1,
	    h->is_over ? "end of capture" : up, h->packets, h->dropped);
	put_line(d, es_slice_str(line), false);
}

/* The second line, whose counts es_top_list_fill knows. */
static void
put_counts(const struct drawing *d)
{
	const struct es_top_view *v = d->v;
	uint32_t up = d->t->calls.n_used - d->t->n_over;
	char line[512], refused[64] = "";

	if (d->t->n_refused > 0)
		(void)snprintf(refused, sizeof(refused), "  no room for %" PRIu64, d->t->n_refused);
	(void)snprintf(line, sizeof(line),
	    "calls %" PRIu32 " up, %" PRIu32 " over  streams %" PRIu32 "  by %s%s%s%s%s%s", up,
	    d->t->n_over, d->t->n_streams_up, es_top_view_sort_name(v->sort),
	    v->sort == ES_TOP_BY_START ? (v->is_reversed ? ", oldest first" : ", newest first")
				       : (v->is_reversed ? ", best first" : ", worst first"),
	    v->filter[0] != '\0' ? "  filter " : "", v->filter, refused,
	    v->is_paused ? "  PAUSED" : "");
	put_line(d, es_slice_str(line), false);
}

/* The text that a function wrote into a stream, given; empty without memory. */
static char *
closed(FILE *stream, char **text)
{
	if (stream == NULL || fclose(stream) != 0)
		return NULL;
	return *text;
}

static struct es_top_moment
moment_of(const struct drawing *d, const struct es_top_call *c)
{
	const struct es_top_head *h = d->head;

	return (struct es_top_moment){ h->now,
		h->is_held != NULL && c->phase == ES_TOP_TALKING &&
		    h->is_held(h->ctx, es_slice_of(c->call_id, c->call_id_bytes)) };
}

static int
put_list(const struct drawing *d, uint32_t rows)
{
	struct es_top_list *l = &d->s->list;
	struct es_top_layout layout = es_top_row_layout(d->s->columns);
	struct es_read_style plain = d->s->style;
	uint32_t i;

	plain.is_coloured = false;
	for (i = 0; i <= rows; i++) {
		uint32_t k = l->first + i - TITLE_LINES;
		bool is_selected = i > 0 && k == d->v->position && k < l->n;
		size_t n;
		char *text = NULL;
		FILE *line = open_memstream(&text, &n);

		if (line == NULL)
			return ES_ENOMEM;
		if (i == 0) {
			es_top_row_titles(&layout, line);
		} else if (k < l->n) {
			const struct es_top_call *c = es_top_calls_at(d->t, l->all[k].call);
			struct es_top_moment at = moment_of(d, c);

			fputc(is_selected ? '>' : ' ', line);
			es_top_row_put(
			    &layout, is_selected ? &plain : &d->s->style, d->t, c, &at, line);
		} else if (i == 1 && l->n == 0) {
			fputs(d->v->filter[0] != '\0' ? " no call contains this text"
						      : " no calls yet",
			    line);
		}
		if (closed(line, &text) == NULL) {
			free(text);
			return ES_ENOMEM;
		}
		if (i == 0 || is_selected)
			put_bar(d, text, false);
		else
			put_line(d, es_slice_str(text), false);
		free(text);
	}
	return 0;
}

/* Lines of a page from v->skip on, which stops where the last line is on the screen. */
static void
put_page(const struct drawing *d, const char *text, uint32_t rows)
{
	es_slice rest = es_slice_str(text), line;
	uint32_t n = 0, i = 0;

	while (es_text_line(&rest, &line))
		n++;
	if (d->v->skip + rows > n)
		d->v->skip = n > rows ? n - rows : 0;
	rest = es_slice_str(text);
	for (n = 0; es_text_line(&rest, &line) && i < rows; n++) {
		if (n < d->v->skip)
			continue;
		put_line(d, line, false);
		i++;
	}
	for (; i < rows; i++)
		fputc('\n', d->to);
}

static const struct es_top_call *
opened(const struct drawing *d)
{
	const struct es_top_list *l = &d->s->list;

	if (d->v->position >= l->n || l->all[d->v->position].serial != d->v->opened)
		return NULL;
	return es_top_calls_at(d->t, l->all[d->v->position].call);
}

static int
put_detail(const struct drawing *d, uint32_t rows)
{
	const struct es_top_call *c = opened(d);
	struct es_top_moment at;
	char *text = NULL;
	size_t n;
	FILE *page = open_memstream(&text, &n);

	if (page == NULL)
		return ES_ENOMEM;
	if (c != NULL) {
		at = moment_of(d, c);
		es_top_detail_put(&d->s->style, d->t, c, &at, page);
	} else {
		fputs("this call is not known any more\n", page);
	}
	if (closed(page, &text) == NULL) {
		free(text);
		return ES_ENOMEM;
	}
	put_page(d, text, rows);
	free(text);
	return 0;
}

static void
put_foot(const struct drawing *d)
{
	char line[128];

	if (d->v->is_typing) {
		(void)snprintf(line, sizeof(line), "filter: %s_", d->v->filter);
		put_line(d, es_slice_str(line), true);
		return;
	}
	put_bar(d,
	    d->v->page == ES_TOP_LIST
		? "q quit  ? help  Enter detail  / filter  m w l j s sort  r reverse  p pause"
		: "q back  Up Down scroll  p pause",
	    true);
}

int
es_top_screen_draw(struct es_top_screen *s, const struct es_top_head *head,
    const struct es_top_calls *t, struct es_top_view *v, FILE *to)
{
	struct drawing d = { s, head, t, v, to };
	uint32_t rows = s->lines > ALL_LINES ? s->lines - ALL_LINES + 1 : 1;
	int rc = es_top_list_fill(&s->list, t, v, rows);

	if (rc != 0)
		return rc;
	put_head(&d);
	put_counts(&d);
	if (v->page == ES_TOP_LIST)
		rc = put_list(&d, rows);
	else if (v->page == ES_TOP_DETAIL)
		rc = put_detail(&d, rows + TITLE_LINES);
	else
		put_page(&d, help, rows + TITLE_LINES);
	put_foot(&d);
	return rc;
}

void
es_top_screen_free(struct es_top_screen *s)
{
	es_top_list_free(&s->list);
}
