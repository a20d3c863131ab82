/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one call: who, since when, and each stream with its course, its findings, and what the capture missed. */
#include "agent/top/top_detail.h"

#include "agent/output/read_cell.h"
#include "agent/record_json.h"
#include "probes/base/call_id.h"
#include "probes/base/time_text.h"

#include <inttypes.h>

enum {
	WIDE = 512, /* columns of a text that has its line for itself; the screen cuts it */
	TIME_FROM = sizeof("2026-01-01T") - 1,
	TIME_COLUMNS = 8,
};

static void
clock_time(es_time t, FILE *to)
{
	char text[ES_TIME_TEXT_BYTES];

	es_time_text(t, text);
	fprintf(to, "%.*s", TIME_COLUMNS, text + TIME_FROM);
}

static void
label(const char *name, FILE *to)
{
	fprintf(to, "%-9s", name);
}

static void
named(const struct es_read_style *style, const char *name, es_slice text, FILE *to)
{
	label(name, to);
	es_cell_last(style, text.n == 0 ? es_slice_str("-") : text, WIDE, to);
	fputc('\n', to);
}

static void
head(const struct es_read_style *style, const struct es_top_call *c, const struct es_top_moment *at,
    FILE *to)
{
	uint8_t id[ES_CALL_ID_TEXT_MAX];
	char state[ES_TOP_STATE_BYTES], time[ES_TOP_TIME_BYTES], pair[ES_CELL_PAIR_BYTES];

	if (c->call_id != NULL) {
		named(style, "from", es_slice_of(c->from.bytes, c->from.n), to);
		named(style, "to", es_slice_of(c->to.bytes, c->to.n), to);
		named(style, "Call-ID",
		    es_slice_of(
			id, es_call_id_encode(es_slice_of(c->call_id, c->call_id_bytes), id)),
		    to);
	}
	named(style, c->call_id != NULL ? "INVITE" : "media",
	    es_cell_pair(&c->ends[0], &c->ends[1], pair), to);
	(void)es_top_row_state(c, at->is_held, state);
	es_top_row_time(c, at->now, time);
	label("state", to);
	fprintf(to, "%s, %s, since ", state, time);
	clock_time(c->start, to);
	if (c->phase == ES_TOP_OVER) {
		fputs(", over at ", to);
		clock_time(c->over_at, to);
	}
	fputs(" UTC", to);
	if (c->holds > 0)
		fprintf(to, ", put on hold %" PRIu32 " times", c->holds);
	if (c->transfers > 0)
		fprintf(to, ", transferred %" PRIu32 " times", c->transfers);
	fputc('\n', to);
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void
score(const struct es_read_style *style, uint32_t milli, FILE *to)
{
	char text[ES_CELL_NUMBER_BYTES];

	es_cell_coloured(style, es_cell_mos_colour(milli != 0, milli), 0,
	    es_cell_number(milli != 0, milli, 2, text), to);
}

static void
figures(const struct es_read_style *style, const struct es_top_stream *s, FILE *to)
{
	char number[ES_CELL_NUMBER_BYTES];
	const char *why;

	fprintf(to, "    expected %" PRIu64 "  lost %" PRIu64 " (%.2f%%)  late %s", s->expected,
	    s->lost, percent(s->lost, s->expected),
	    es_cell_number(s->has_late, 1000.0 * (double)s->late, 0, number));
	fprintf(to, "  jitter %s ms\n", es_cell_number(s->has_jitter, s->jitter_us, 1, number));
	if (s->mos_milli == 0 && s->worst_mos_milli == 0) {
		why = s->expected == 0 && !s->is_over ? "the first block is not over yet"
						      : es_unscored_words(s->unscored);
		fprintf(to, "    no MOS%s%s\n", why[0] != '\0' ? ": " : "", why);
		return;
	}
	fputs(s->is_over ? "    MOS" : "    MOS of last block", to);
	score(style, s->mos_milli, to);
	if (s->last_expected > 0)
		fprintf(to, ", which lost %" PRIu32 " of %" PRIu32, s->last_lost, s->last_expected);
	if (s->worst_mos_milli != 0) {
		fputs("; worst block", to);
		score(style, s->worst_mos_milli, to);
		fputs(" at ", to);
		clock_time(s->worst_at, to);
	}
	fputc('\n', to);
}

static void
course(const struct es_read_style *style, const struct es_top_calls *t,
    const struct es_top_stream *s, FILE *to)
{
	const struct es_sparkline *line = es_sparklines_find(&t->lines, &s->key);

	if (line == NULL)
		return;
	fputs("    loss ", to);
	es_sparkline_loss(line, style->is_utf8, to);
	fputs("  MOS ", to);
	es_sparkline_mos(line, style->is_utf8, to);
	fputc('\n', to);
}

static void
evidence(const struct es_top_stream *s, FILE *to)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} findings[] = {
		{ ES_FINDING_ONE_WAY, "one-way: its call has media in this direction only" },
		{ ES_FINDING_LATE_START, "began more than a second after the answer" },
		{ ES_FINDING_STARVED, "its sender stalled" },
		{ ES_FINDING_REMARKED, "DSCP changed under way" },
		{ ES_FINDING_SSRC_CHANGED, "follows another SSRC on its leg" },
		{ ES_FINDING_PTIME_CHANGED, "packet time changed" },
		{ ES_FINDING_CODEC_CHANGED, "codec changed" },
		{ ES_FINDING_SRTP_KEY, "SRTP: fits no key that its call negotiated" },
		{ ES_FINDING_SRTP_ROC, "SRTP: its sender lost its rollover counter" },
		{ ES_FINDING_SRTP_MKI, "SRTP: names another key than the one it fits" },
		{ ES_FINDING_STOPPED, "fell silent while the other direction continued" },
		{ ES_FINDING_CLOCK_MISMATCH, "timestamps run at another rate than the codec's" },
		{ ES_FINDING_WITHDRAWN, "fell silent when SDP named another host" },
	};
	static const struct {
		uint32_t flag;
		const char *text;
	} missed[] = {
		{ ES_COV_DROPS, "the capture lost packets meanwhile" },
		{ ES_COV_GAP, "the capture stood still meanwhile" },
		{ ES_COV_EVICTED, "given up for want of room" },
		{ ES_COV_CUT, "the input breaks off" },
		{ ES_COV_CLOCK, "the clock stepped" },
	};

	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
		if (s->findings & findings[i].bit)
			fprintf(to, "    %s\n", findings[i].text);
	for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++)
		if (s->coverage & missed[i].flag)
			fprintf(to, "    note: incomplete: %s\n", missed[i].text);
}

static void
stream(const struct es_read_style *style, const struct es_top_calls *t, const struct es_top_call *c,
    const struct es_top_stream *s, FILE *to)
{
	static const char *const kinds[] = { "", "", " video", " RTX", " FEC", " text",
		" other media" };
	char pair[ES_CELL_PAIR_BYTES];

	fputc('\n', to);
	fputs(es_top_calls_direction(c, s) == 0 ? "> " : "< ", to);
	es_cell_last(style, es_cell_pair(&s->key.src, &s->key.dst, pair), WIDE, to);
	fprintf(to, "  %08" PRIx32 "  ", s->key.ssrc);
	es_cell_last(
	    style, es_slice_str(s->codec[0] == '\0' ? "codec not known" : s->codec), WIDE, to);
	fprintf(to, "%s, %s ", kinds[s->kind], s->is_over ? "ended, from" : "since");
	clock_time(s->start, to);
	fputc('\n', to);
	figures(style, s, to);
	course(style, t, s, to);
	evidence(s, to);
}

void
es_top_detail_put(const struct es_read_style *style, const struct es_top_calls *t,
    const struct es_top_call *c, const struct es_top_moment *at, FILE *to)
{
	struct es_read_style whole = *style;

	whole.is_wide = true; /* the screen cuts lines */
	head(&whole, c, at, to);
	if (c->streams == ES_POOL_NONE)
		fputs("\nno media seen\n", to);
	for (uint32_t i = c->streams; i != ES_POOL_NONE; i = es_top_calls_stream(t, i)->next)
		stream(&whole, t, c, es_top_calls_stream(t, i), to);
}
