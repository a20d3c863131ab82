/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the engine's records and prints those that are wanted. */
#include "agent/output/read_output.h"
#include "agent/output/ended_calls.h"
#include "agent/output/read_later.h"
#include "agent/output/read_rows.h"
#include "agent/output/read_table.h"
#include "agent/record_csv.h"
#include "agent/record_json.h"

#include <poll.h>
#include <stdlib.h>

enum { JSON_BYTES = 64 * 1024 };

/* The order of the tables. */
static const enum es_record_type tables[] = { ES_REC_CALL, ES_REC_REGISTRATION, ES_REC_STREAM,
	ES_REC_INTERVAL, ES_REC_REPORTED, ES_REC_HEALTH };

struct es_output {
	struct es_output_config cfg;
	bool is_last;
	int failed;                 /* why something will be missing from the output, or 0 */
	uint32_t titled;            /* tables whose column names were printed */
	struct es_sparklines lines; /* for tables of streams */
	struct es_json writer;
	struct es_csv *csv; /* NULL: not that format */
	struct es_choice choice;
	struct es_rows rows;
	struct es_ended_calls *ended; /* at once */
	struct es_later
	    later; /* blocks and reports, while it is not known which streams are wanted */
	char buf[JSON_BYTES];
};

static void
flush_json(void *ctx, const char *bytes, size_t n_bytes)
{
	(void)fwrite(bytes, 1, n_bytes, ctx); /* ferror is looked at in the end */
}

static bool
has_lines(const struct es_output_config *cfg)
{
	return cfg->format == ES_OUTPUT_TABLE && (cfg->wanted & 1u << ES_REC_STREAM) != 0;
}

static void
title(struct es_output *o, enum es_record_type type)
{
	if (o->titled & 1u << type)
		return;
	fputs(o->titled != 0 ? "\n" : "", o->cfg.to);
	es_read_table_head(&o->cfg.style, type, o->cfg.to);
	o->titled |= 1u << type;
}

static void
print_ended(void *ctx, const char *text)
{
	struct es_output *o = ctx;

	if (o->cfg.format == ES_OUTPUT_JSON)
		es_json_flush(&o->writer); /* what came before it */
	else if (o->cfg.format == ES_OUTPUT_TABLE)
		title(o, ES_REC_CALL);
	fputs(text, o->cfg.to);
}

int
es_read_output_new(const struct es_output_config *cfg, struct es_output **out)
{
	struct es_output *o = calloc(1, sizeof(*o));
	struct es_hash_key key;

	if (o == NULL)
		return ES_ENOMEM;
	o->cfg = *cfg;
	key = es_hash_key_of(cfg->hash_key);
	if (es_read_rows_new(&o->rows, key, cfg->wish.worst) != 0 ||
	    es_choice_new(&o->choice, &cfg->wish, key) != 0 ||
	    (cfg->at_once &&
		es_ended_calls_new(cfg->max_calls, key, print_ended, o, &o->ended) != 0) ||
	    (has_lines(cfg) && es_sparklines_new(&o->lines, key) != 0) ||
	    (cfg->format == ES_OUTPUT_CSV && es_csv_new(cfg->wanted, &o->csv) != 0)) {
		es_read_output_free(o);
		return ES_ENOMEM;
	}
	if (o->csv != NULL)
		es_csv_head(o->csv, cfg->to);
	es_json_init(&o->writer, o->buf, sizeof(o->buf), flush_json, cfg->to);
	*out = o;
	return 0;
}

static void
print_row(struct es_output *o, const struct es_record *rec, FILE *to)
{
	struct es_sparkline line;
	bool has_line =
	    rec->type == ES_REC_STREAM && es_sparklines_take(&o->lines, &rec->u.stream.key, &line);

	es_read_table_row(&o->cfg.style, rec, has_line ? &line : NULL, to);
}

/* The record as the text it is printed as, given; NULL without memory. */
static char *
text_of(struct es_output *o, const struct es_record *rec)
{
	char buf[1024];
	struct es_json writer;
	char *text = NULL;
	size_t n_text;
	FILE *to = open_memstream(&text, &n_text);
	int rc = 0;

	if (to == NULL)
		return NULL;
	if (o->cfg.format == ES_OUTPUT_JSON) {
		es_json_init(&writer, buf, sizeof(buf), flush_json, to);
		es_record_json(rec, &writer);
		es_json_flush(&writer);
	} else if (o->cfg.format == ES_OUTPUT_CSV) {
		rc = es_csv_row(o->csv, rec, to);
	} else {
		print_row(o, rec, to);
	}
	if (fclose(to) != 0 || rc != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void
hold(struct es_output *o, const struct es_record *rec)
{
	char *text = text_of(o, rec);

	if (text == NULL || es_read_rows_put(&o->rows, rec, es_read_table_start(rec), text) != 0)
		o->failed = ES_ENOMEM;
}

static void
hold_ended(struct es_output *o, const struct es_record *rec)
{
	char *text = text_of(o, rec);

	if (text == NULL || es_ended_calls_put(o->ended, rec, text) != 0)
		o->failed = ES_ENOMEM;
}

static bool
is_in_progress(const struct es_record *rec)
{
	if (rec->type == ES_REC_CALL)
		return rec->u.call.state == ES_STATE_IN_PROGRESS;
	if (rec->type == ES_REC_STREAM)
		return rec->u.stream.state == ES_STATE_IN_PROGRESS;
	return false;
}

static bool
is_wanted(const struct es_output *o, enum es_record_type type)
{
	return (o->cfg.wanted & 1u << type) != 0;
}

/* Now, or when the call's record is complete, or with the rows at the end. */
static void
print(struct es_output *o, const struct es_record *rec)
{
	if (!o->cfg.at_once && (o->cfg.format == ES_OUTPUT_TABLE || rec->type == ES_REC_CALL)) {
		hold(o, rec);
	} else if (o->cfg.at_once && rec->type == ES_REC_CALL) {
		hold_ended(o, rec);
	} else if (o->cfg.format == ES_OUTPUT_JSON) {
		es_record_json(rec, &o->writer);
	} else if (o->cfg.format == ES_OUTPUT_CSV) {
		if (es_csv_row(o->csv, rec, o->cfg.to) != 0)
			o->failed = ES_ENOMEM;
	} else {
		title(o, rec->type);
		print_row(o, rec, o->cfg.to);
	}
}

/* A stream that is not wanted itself may still rank its calls and let its blocks pass. */
static void
take_stream(struct es_output *o, const struct es_record *rec)
{
	const struct es_stream *s = &rec->u.stream;
	const struct es_read_wish *wish = &o->cfg.wish;
	bool is_shown = is_wanted(o, ES_REC_STREAM);
	uint64_t badness = es_read_wish_badness(wish, s);
	struct es_sparkline gone;

	if (!es_choice_stream(&o->choice, s) || (wish->worst != 0 && badness == 0)) {
		(void)es_sparklines_take(&o->lines, &s->key, &gone);
		return;
	}
	if (es_read_wish_ranks(wish)) {
		char *text = is_shown ? text_of(o, rec) : NULL;

		if ((is_shown && text == NULL) ||
		    es_read_rows_rank(&o->rows, s, badness, text) != 0)
			o->failed = ES_ENOMEM;
		return;
	}
	if (es_read_wish_leaves_out(wish))
		es_choice_add(&o->choice, &s->key);
	if (is_shown)
		print(o, rec);
}

/* A block, or a report on a stream: whether the stream is wanted may not be known yet. */
static void
take_later(struct es_output *o, const struct es_record *rec)
{
	struct es_later_row row = { .type = rec->type, .start = es_read_table_start(rec) };
	char *text = text_of(o, rec);

	if (rec->type == ES_REC_INTERVAL) {
		row.key = rec->u.interval.stream;
	} else {
		row.key.ssrc = rec->u.reported.subject_ssrc;
		row.is_wanted = es_choice_report(&o->choice, row.key.ssrc, rec->u.reported.call_id);
	}
	row.text_bytes = text == NULL ? 0 : strlen(text);
	if (text == NULL)
		o->failed = ES_ENOMEM;
	else if (es_later_put(&o->later, &row, text) != 0)
		o->failed = ES_EFULL;
	free(text);
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct es_output *o = ctx;
	bool is_over = !is_in_progress(rec) || o->is_last;

	switch (rec->type) {
	case ES_REC_CALL:
		if (es_choice_call(&o->choice, &rec->u.call) && is_over && is_wanted(o, rec->type))
			print(o, rec);
		return;
	case ES_REC_STREAM:
		if (is_over && (is_wanted(o, rec->type) || es_read_wish_leaves_out(&o->cfg.wish) ||
				   es_read_wish_ranks(&o->cfg.wish)))
			take_stream(o, rec);
		return;
	case ES_REC_REGISTRATION:
		if (is_wanted(o, rec->type) &&
		    es_choice_registration(&o->choice, &rec->u.registration))
			print(o, rec);
		return;
	case ES_REC_INTERVAL:
		if (has_lines(&o->cfg))
			es_sparklines_block(&o->lines, &rec->u.interval);
		break;
	default:
		break;
	}
	if (!is_wanted(o, rec->type))
		return;
	if (rec->type != ES_REC_HEALTH && es_read_wish_leaves_out(&o->cfg.wish))
		take_later(o, rec);
	else
		print(o, rec);
}

struct es_sink
es_read_output_sink(struct es_output *o)
{
	struct es_sink sink = { take, o };

	return sink;
}

bool
es_read_output_fits_no_call(const struct es_output *o)
{
	const struct es_read_wish *wish = &o->cfg.wish;

	return (wish->call != NULL || wish->number != NULL) && !o->choice.has_call;
}

void
es_read_output_last(struct es_output *o)
{
	o->is_last = true;
}

static bool
is_row_of(const struct es_read_row *row, enum es_record_type type)
{
	return row->type == type && row->text != NULL && !row->is_out;
}

static void
print_tables(struct es_output *o)
{
	size_t t, i;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		bool found = false;

		if (!is_wanted(o, tables[t]))
			continue;
		for (i = 0; i < o->rows.n; i++) {
			if (!is_row_of(&o->rows.at[i], tables[t]))
				continue;
			title(o, tables[t]);
			fputs(o->rows.at[i].text, o->cfg.to);
			found = true;
		}
		if (!found) {
			fprintf(o->cfg.to, "%sno %s\n", o->titled != 0 ? "\n" : "",
			    es_read_table_title(tables[t]));
			o->titled |= 1u << tables[t];
		}
	}
}

/* Rows of text that may stand in any order of kinds: streams that were ranked, then calls. */
static void
print_rows(struct es_output *o)
{
	static const enum es_record_type order[] = { ES_REC_STREAM, ES_REC_CALL };

	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < o->rows.n; i++)
			if (is_row_of(&o->rows.at[i], order[t]))
				fputs(o->rows.at[i].text, o->cfg.to);
}

/* What waited for the fate of streams: printed, or among the rows of the tables. */
static void
settle_later(struct es_output *o)
{
	struct es_later_row row;
	char *text;
	int rc;

	if (es_later_rewind(&o->later) != 0)
		o->failed = ES_EFULL;
	while ((rc = es_later_next(&o->later, &row, &text)) == 0) {
		bool is_in = row.is_wanted || (row.type == ES_REC_INTERVAL
						      ? es_choice_block(&o->choice, &row.key)
						      : es_choice_report(&o->choice, row.key.ssrc,
							    es_slice_of(NULL, 0)));

		if (is_in && o->cfg.format == ES_OUTPUT_TABLE) {
			if (es_read_rows_put_text(&o->rows, row.type, row.start, text) != 0)
				o->failed = ES_ENOMEM;
			continue;
		}
		if (is_in)
			fputs(text, o->cfg.to);
		free(text);
	}
	if (rc != ES_EEOF)
		o->failed = rc;
}

static void
settle(struct es_output *o)
{
	const struct es_read_wish *wish = &o->cfg.wish;

	if (es_read_wish_ranks(wish)) {
		if (es_read_rows_settle(&o->rows) != 0)
			o->failed = ES_ENOMEM;
		for (size_t i = 0; es_read_wish_leaves_out(wish) && i < o->rows.n; i++)
			if (o->rows.at[i].stream != NULL)
				es_choice_add(&o->choice, &o->rows.at[i].stream->key);
	}
	settle_later(o);
	es_read_rows_sort(&o->rows, wish->sort != ES_SORT_START);
}

bool
es_read_output_is_broken(const struct es_output *o)
{
	return ferror(o->cfg.to) != 0;
}

bool
es_read_output_has_no_reader(const struct es_output *o)
{
	struct pollfd to = { .fd = fileno(o->cfg.to), .events = POLLOUT };

	return poll(&to, 1, 0) == 1 && (to.revents & POLLERR) != 0;
}

bool
es_read_output_is_left(const struct es_output *o)
{
	return ferror(o->cfg.to) != 0 && es_read_output_has_no_reader(o);
}

void
es_read_output_advance(struct es_output *o, es_time now)
{
	es_ended_calls_advance(o->ended, now);
}

int
es_read_output_push(struct es_output *o)
{
	if (o->cfg.format == ES_OUTPUT_JSON)
		es_json_flush(&o->writer);
	return fflush(o->cfg.to) != 0 || ferror(o->cfg.to) ? ES_EIO : 0;
}

int
es_read_output_finish(struct es_output *o)
{
	int rc;

	if (o->cfg.format == ES_OUTPUT_JSON)
		es_json_flush(&o->writer);
	settle(o);
	if (o->cfg.at_once)
		es_ended_calls_flush(o->ended);
	if (o->cfg.format != ES_OUTPUT_TABLE)
		print_rows(o);
	else if (!o->cfg.at_once)
		print_tables(o);
	rc = es_read_output_push(o);
	if (o->choice.out_of_memory)
		o->failed = ES_ENOMEM;
	return o->failed != 0 ? o->failed : rc;
}

void
es_read_output_free(struct es_output *o)
{
	if (o == NULL)
		return;
	es_read_rows_free(&o->rows);
	es_ended_calls_free(o->ended);
	es_sparklines_free(&o->lines);
	es_csv_free(o->csv);
	es_choice_free(&o->choice);
	es_later_free(&o->later);
	free(o);
}
