/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for people. */
#include "agent/output/read_table.h"
#include "agent/output/read_cell.h"
#include "agent/record_json.h"
#include "probes/base/call_id.h"
#include "probes/base/time_text.h"

#include <inttypes.h>

enum {
	/* What the columns besides a pair of addresses or two parties take, blanks included. */
	STREAM_FIGURES = 56,
	REGISTRATION_FIGURES = 56,
	INTERVAL_FIGURES = 67,
	REPORTED_FIGURES = 52,
	CALL_FIGURES = 63,

	DATE_COLUMNS = 11,  /* "2026-01-01 " */
	TIME_COLUMNS = 8,   /* "00:00:00" */
	DATED_COLUMNS = 90, /* narrower tables leave the date of a call out */
	CODEC_COLUMNS = 7,
	CODECS_COLUMNS = 9,
	AOR_COLUMNS = 24,
};

const char *
es_read_table_title(enum es_record_type type)
{
	switch (type) {
	case ES_REC_STREAM:
		return "streams";
	case ES_REC_CALL:
		return "calls";
	case ES_REC_REGISTRATION:
		return "registrations";
	case ES_REC_INTERVAL:
		return "blocks of 256 sequence numbers";
	case ES_REC_REPORTED:
		return "reported by others (RTCP, SIP)";
	case ES_REC_HEALTH:
		return "counters";
	default:
		return "";
	}
}

static int
rest_of(const struct es_read_style *style, int figures)
{
	return style->columns - figures;
}

static bool
is_dated(const struct es_read_style *style)
{
	return style->is_wide || style->columns >= DATED_COLUMNS;
}

/* Columns of one party of a call. */
static int
party_columns(const struct es_read_style *style)
{
	int figures = CALL_FIGURES + CODECS_COLUMNS - (is_dated(style) ? 0 : DATE_COLUMNS);

	return rest_of(style, figures) / 2;
}

/* Columns of the codecs of a call: what two parties of equal width leave. */
static int
codecs_columns(const struct es_read_style *style)
{
	int figures = CALL_FIGURES - (is_dated(style) ? 0 : DATE_COLUMNS);

	return rest_of(style, figures) - 2 * party_columns(style);
}

void
es_read_table_head(const struct es_read_style *style, enum es_record_type type, FILE *to)
{
	const char *bold = style->is_coloured ? "\x1b[1m" : "";
	const char *plain = style->is_coloured ? "\x1b[0m" : "";
	static const char pair[] = "from -> to";

	fprintf(to, "%s%s%s\n", bold, es_read_table_title(type), plain);
	switch (type) {
	case ES_REC_STREAM:
		fprintf(to, "%-*s ssrc     codec   packets  lost%% jitter     R  MOS worst\n",
		    rest_of(style, STREAM_FIGURES), pair);
		break;
	case ES_REC_CALL:
		fprintf(to, "%-*s %-*s state     code  setup    time ended   codecs\n",
		    is_dated(style) ? DATE_COLUMNS + TIME_COLUMNS : TIME_COLUMNS,
		    is_dated(style) ? "start (UTC)" : "UTC", 2 * party_columns(style) + 4, pair);
		break;
	case ES_REC_REGISTRATION:
		fprintf(to, "%-*s address                  state    code   delay expires\n",
		    rest_of(style, REGISTRATION_FIGURES), pair);
		break;
	case ES_REC_INTERVAL:
		fprintf(to, "time (UTC)   ssrc       block  exp lost late  jitter     R  MOS %s\n",
		    pair);
		break;
	case ES_REC_REPORTED:
		fprintf(to, "time (UTC)   about     lost%%   lost  jitter     rtt %s\n", pair);
		break;
	default:
		break;
	}
}

es_time
es_read_table_start(const struct es_record *rec)
{
	switch (rec->type) {
	case ES_REC_STREAM:
		return rec->u.stream.start;
	case ES_REC_CALL:
		return rec->u.call.start;
	case ES_REC_REGISTRATION:
		return rec->u.registration.start;
	case ES_REC_INTERVAL:
		return rec->u.interval.start;
	case ES_REC_REPORTED:
		return rec->u.reported.time;
	default:
		return rec->at;
	}
}

/* A pair too long for its column, as IPv6 may be, gets a line of its own. */
static void
print_pair(const struct es_addr *src, const struct es_addr *dst, int columns, FILE *to)
{
	char text[ES_CELL_PAIR_BYTES];
	es_slice pair = es_cell_pair(src, dst, text);

	if (pair.n <= (size_t)columns)
		fprintf(to, "%-*s", columns, text);
	else
		fprintf(to, "%s\n%*s", text, columns, "");
}

/* The date is left out where columns are few. */
static void
print_time(bool is_dated_too, bool has_ms, es_time t, FILE *to)
{
	char text[ES_TIME_TEXT_BYTES];

	es_time_text(t, text);
	text[DATE_COLUMNS - 1] = ' ';
	fprintf(to, "%.*s", (is_dated_too ? DATE_COLUMNS : 0) + TIME_COLUMNS + (has_ms ? 4 : 0),
	    text + (is_dated_too ? 0 : DATE_COLUMNS));
}

static void
print_call_id(const struct es_read_style *style, es_slice id, int columns, FILE *to)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX];

	es_cell_last(style, es_slice_of(text, es_call_id_encode(id, text)), columns, to);
	fputc('\n', to);
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

/* "    10:00:00  loss 00070000  MOS 66606666  call abc@host" */
static void
course(const struct es_read_style *style, const struct es_stream *s,
    const struct es_sparkline *line, FILE *to)
{
	static const char indent[] = "    ", call[] = "  call ";
	int n = (int)sizeof(indent) - 1 + TIME_COLUMNS + (int)sizeof(call) - 1;

	fputs(indent, to);
	print_time(style->is_wide, false, s->start, to);
	if (line != NULL) {
		fputs("  loss ", to);
		es_sparkline_loss(line, style->is_utf8, to);
		n += 7 + (int)line->n;
	}
	if ((s->has & ES_STREAM_HAS_QUALITY) == 0) {
		const char *why = es_unscored_words(s->unscored);

		n += fprintf(to, "  no MOS%s%s", why[0] != '\0' ? ": " : "", why);
	} else if (line != NULL) {
		fputs("  MOS ", to);
		es_sparkline_mos(line, style->is_utf8, to);
		n += 6 + (int)line->n;
	}
	fputs(call, to);
	if (s->call_id.n == 0)
		fputs("not seen\n", to);
	else
		print_call_id(style, s->call_id, rest_of(style, n), to);
}

static void
stream(const struct es_read_style *style, const struct es_stream *s,
    const struct es_sparkline *line, FILE *to)
{
	char jitter[ES_CELL_NUMBER_BYTES], number[ES_CELL_NUMBER_BYTES];
	bool scored = s->has & ES_STREAM_HAS_QUALITY, has_worst = s->has & ES_STREAM_HAS_WORST;
	es_slice name = s->has & ES_STREAM_HAS_CODEC ? s->codec : es_slice_str("-");
	enum es_colour colour = es_cell_mos_colour(scored, s->mos_lq_milli);

	print_pair(&s->key.src, &s->key.dst, rest_of(style, STREAM_FIGURES), to);
	fprintf(to, " %08" PRIx32 " ", s->key.ssrc);
	es_cell_text(style, name, CODEC_COLUMNS, to);
	fprintf(to, " %7" PRIu64 " %6.2f %6s", s->packets, percent(s->lost, s->expected),
	    es_cell_number(s->has & ES_STREAM_HAS_JITTER, s->jitter_mean_us, 2, jitter));
	es_cell_coloured(style, colour, 5, es_cell_number(scored, s->r_milli, 1, number), to);
	es_cell_coloured(style, colour, 4, es_cell_number(scored, s->mos_lq_milli, 2, number), to);
	es_cell_coloured(style, es_cell_mos_colour(has_worst, s->worst_mos_lq_milli), 5,
	    es_cell_number(has_worst, s->worst_mos_lq_milli, 2, number), to);
	fputc('\n', to);
	course(style, s, line, to);
}

static void
codecs(const struct es_read_style *style, const struct es_call *c, FILE *to)
{
	char text[256];
	size_t n = 0;

	for (uint32_t i = 0; i < c->n_codecs && n < sizeof(text) - 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i > 0 ? "," : "",
		    (int)c->codecs[i].n, (const char *)c->codecs[i].p);
	n = n < sizeof(text) ? n : sizeof(text) - 1;
	es_cell_last(style, c->n_codecs == 0 ? es_slice_str("-") : es_slice_of(text, n),
	    codecs_columns(style), to);
}

static void
call(const struct es_read_style *style, const struct es_call *c, FILE *to)
{
	char code[ES_CELL_NUMBER_BYTES], setup[ES_CELL_NUMBER_BYTES];
	char duration[ES_CELL_NUMBER_BYTES];
	const char *ended = c->ended_by == ES_PARTY_CALLER   ? "caller"
			    : c->ended_by == ES_PARTY_CALLEE ? "callee"
							     : "-";
	const char *state = c->state == ES_STATE_IN_PROGRESS ? "up" : es_state_name(c->state);
	int party = party_columns(style);

	print_time(is_dated(style), false, c->start, to);
	fputc(' ', to);
	es_cell_text(style, c->from, party, to);
	fputs(" -> ", to);
	es_cell_text(style, c->to, party, to);
	es_cell_coloured(
	    style, c->state == ES_STATE_FAILED ? ES_COLOUR_RED : ES_COLOUR_NONE, -9, state, to);
	fprintf(to, " %4s %6s %7s %-7s ",
	    es_cell_number(c->has & ES_CALL_HAS_STATUS, 1000.0 * c->final_status, 0, code),
	    es_cell_number(c->has & ES_CALL_HAS_SETUP, (double)c->setup_us / 1000, 2, setup),
	    es_cell_number(
		c->has & ES_CALL_HAS_DURATION, (double)c->duration_us / 1000, 1, duration),
	    ended);
	codecs(style, c, to);
	fputs("\n    call ", to);
	print_call_id(style, c->call_id, rest_of(style, 9), to);
}

static void
registration(const struct es_read_style *style, const struct es_registration *r, FILE *to)
{
	char code[ES_CELL_NUMBER_BYTES], delay[ES_CELL_NUMBER_BYTES], expires[ES_CELL_NUMBER_BYTES];

	print_pair(&r->src, &r->dst, rest_of(style, REGISTRATION_FIGURES), to);
	fputc(' ', to);
	es_cell_text(style, r->aor, AOR_COLUMNS, to);
	fprintf(to, " %-8s %4s %7s %7s\n", es_registration_state_name(r->state),
	    es_cell_number(r->has & ES_REGISTRATION_HAS_STATUS, 1000.0 * r->status, 0, code),
	    es_cell_number(r->has & ES_REGISTRATION_HAS_DELAY, (double)r->delay_us, 1, delay),
	    es_cell_number(
		r->has & ES_REGISTRATION_HAS_EXPIRES, 1000.0 * r->expires_s, 0, expires));
}

static void
print_pair_last(const struct es_read_style *style, const struct es_addr *src,
    const struct es_addr *dst, int columns, FILE *to)
{
	char text[ES_CELL_PAIR_BYTES];
	es_slice pair = es_cell_pair(src, dst, text);

	fputc(' ', to);
	es_cell_last(style, pair, columns, to);
	fputc('\n', to);
}

static void
interval(const struct es_read_style *style, const struct es_interval *v, FILE *to)
{
	char late[ES_CELL_NUMBER_BYTES], jitter[ES_CELL_NUMBER_BYTES], number[ES_CELL_NUMBER_BYTES];
	bool scored = v->has & ES_INTERVAL_HAS_QUALITY;
	enum es_colour colour = es_cell_mos_colour(scored, v->mos_lq_milli);

	print_time(style->is_wide, true, v->start, to);
	fprintf(to, " %08" PRIx32 " %7" PRIu64 " %4" PRIu32 " %4" PRIu32 " %4s %7s", v->stream.ssrc,
	    v->block, v->expected, v->lost,
	    es_cell_number(v->has & ES_INTERVAL_HAS_LATE, 1000.0 * v->late, 0, late),
	    es_cell_number(v->has & ES_INTERVAL_HAS_JITTER, v->jitter_us, 2, jitter));
	es_cell_coloured(style, colour, 5, es_cell_number(scored, v->r_milli, 1, number), to);
	es_cell_coloured(style, colour, 4, es_cell_number(scored, v->mos_lq_milli, 2, number), to);
	print_pair_last(
	    style, &v->stream.src, &v->stream.dst, rest_of(style, INTERVAL_FIGURES), to);
}

static void
reported(const struct es_read_style *style, const struct es_reported *r, FILE *to)
{
	char share[ES_CELL_NUMBER_BYTES], lost[ES_CELL_NUMBER_BYTES];
	char jitter[ES_CELL_NUMBER_BYTES], rtt[ES_CELL_NUMBER_BYTES];
	bool loss = r->has & ES_REPORTED_HAS_LOSS;

	print_time(style->is_wide, true, r->time, to);
	fprintf(to, " %08" PRIx32 " %6s %6s %7s %7s", r->subject_ssrc,
	    es_cell_number(loss, r->fraction_lost_ppm / 10.0, 2, share),
	    es_cell_number(loss, 1000.0 * r->cumulative_lost, 0, lost),
	    es_cell_number(r->has & ES_REPORTED_HAS_JITTER, r->jitter_us, 2, jitter),
	    es_cell_number(r->has & ES_REPORTED_HAS_RTT, r->rtt_us, 2, rtt));
	print_pair_last(style, &r->src, &r->dst, rest_of(style, REPORTED_FIGURES), to);
}

static void
health(const struct es_health *h, FILE *to)
{
	uint32_t i;

	for (i = 0; i < h->n_values; i++) {
		const char *name = es_counter_name((enum es_counter)h->values[i].counter);

		if (name != NULL)
			fprintf(to, "%12" PRIu64 " %s\n", h->values[i].value, name);
	}
	for (i = 0; i < h->n_sip; i++) {
		const char *name = es_record_json_sip_kind((enum es_sip_kind)h->sip[i].what);

		if (name != NULL)
			fprintf(to, "%12" PRIu64 " SIP %s", h->sip[i].messages, name);
		else
			fprintf(to, "%12" PRIu64 " SIP %u", h->sip[i].messages, h->sip[i].what);
		fprintf(to, ", %" PRIu64 " of them again\n", h->sip[i].resent);
	}
	for (i = 0; i < h->n_unknowns; i++)
		fprintf(to, "%12" PRIu64 " unknown %s %" PRIu32 "\n", h->unknowns[i].count,
		    es_unknown_layer_name(h->unknowns[i].layer), h->unknowns[i].number);
}

/* A figure that is not whole must not look as if it were. */
static void
coverage(const struct es_coverage *c, FILE *to)
{
	if (c->flags == 0)
		return;
	fprintf(to, "  note: incomplete:");
	if (c->flags & ES_COV_DROPS)
		fprintf(to, " the capture lost %" PRIu64 " packets meanwhile;", c->dropped);
	if (c->flags & ES_COV_GAP)
		fprintf(to, " the capture stood still for %" PRIu32 " ms;", c->gap_ms);
	if (c->flags & ES_COV_EVICTED)
		fprintf(to, " given up for want of room;");
	if (c->flags & ES_COV_CUT)
		fprintf(to, " the input breaks off;");
	if (c->flags & ES_COV_CLOCK)
		fprintf(to, " the clock stepped;");
	fprintf(to, " figures hold for what was seen\n");
}

void
es_read_table_row(const struct es_read_style *style, const struct es_record *rec,
    const struct es_sparkline *line, FILE *to)
{
	switch (rec->type) {
	case ES_REC_STREAM:
		stream(style, &rec->u.stream, line, to);
		break;
	case ES_REC_CALL:
		call(style, &rec->u.call, to);
		break;
	case ES_REC_REGISTRATION:
		registration(style, &rec->u.registration, to);
		break;
	case ES_REC_INTERVAL:
		interval(style, &rec->u.interval, to);
		break;
	case ES_REC_REPORTED:
		reported(style, &rec->u.reported, to);
		break;
	case ES_REC_HEALTH:
		health(&rec->u.health, to);
		break;
	default:
		return;
	}
	coverage(&rec->coverage, to);
}
