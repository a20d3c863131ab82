/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the engine's records and prints those that are wanted. */
#include "agent/command/read_output.h"
#include "agent/command/read_rows.h"
#include "agent/command/read_table.h"
#include "agent/record_json.h"

#include <stdlib.h>

enum { JSON_BYTES = 64 * 1024 };

/* The order of the tables. */
static const enum es_record_type tables[] = { ES_REC_CALL, ES_REC_REGISTRATION, ES_REC_STREAM,
	ES_REC_INTERVAL, ES_REC_REPORTED, ES_REC_HEALTH };

struct es_output {
	struct es_output_config cfg;
	bool is_last;
	bool out_of_memory;
	uint32_t titled;            /* tables whose column names were printed */
	struct es_sparklines lines; /* for tables of streams */
	struct es_json writer;
	struct es_rows rows;
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
	return !cfg->json && (cfg->wanted & 1u << ES_REC_STREAM) != 0;
}

int
es_read_output_new(const struct es_output_config *cfg, struct es_output **out)
{
	struct es_output *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return ES_ENOMEM;
	o->cfg = *cfg;
	if (es_read_rows_new(&o->rows, es_hash_key_of(cfg->hash_key)) != 0 ||
	    (has_lines(cfg) && es_sparklines_new(&o->lines, es_hash_key_of(cfg->hash_key)) != 0)) {
		es_read_output_free(o);
		return ES_ENOMEM;
	}
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

	if (to == NULL)
		return NULL;
	if (o->cfg.json) {
		es_json_init(&writer, buf, sizeof(buf), flush_json, to);
		es_record_json(rec, &writer);
		es_json_flush(&writer);
	} else {
		print_row(o, rec, to);
	}
	if (fclose(to) != 0) {
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
		o->out_of_memory = true;
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

static bool
is_in_progress(const struct es_record *rec)
{
	if (rec->type == ES_REC_CALL)
		return rec->u.call.state == ES_STATE_IN_PROGRESS;
	if (rec->type == ES_REC_STREAM)
		return rec->u.stream.state == ES_STATE_IN_PROGRESS;
	return false;
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct es_output *o = ctx;

	if (rec->type == ES_REC_INTERVAL && has_lines(&o->cfg))
		es_sparklines_block(&o->lines, &rec->u.interval);
	if ((o->cfg.wanted & 1u << rec->type) == 0 || (is_in_progress(rec) && !o->is_last))
		return;
	if (!o->cfg.at_once && (!o->cfg.json || rec->type == ES_REC_CALL)) {
		hold(o, rec);
	} else if (o->cfg.json) {
		es_record_json(rec, &o->writer);
	} else {
		title(o, rec->type);
		print_row(o, rec, o->cfg.to);
	}
}

struct es_sink
es_read_output_sink(struct es_output *o)
{
	struct es_sink sink = { take, o };

	return sink;
}

void
es_read_output_last(struct es_output *o)
{
	o->is_last = true;
}

static void
print_tables(struct es_output *o)
{
	size_t t, i;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		bool found = false;

		if ((o->cfg.wanted & 1u << tables[t]) == 0)
			continue;
		for (i = 0; i < o->rows.n; i++) {
			if (o->rows.at[i].type != tables[t])
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

int
es_read_output_push(struct es_output *o)
{
	if (o->cfg.json)
		es_json_flush(&o->writer);
	return fflush(o->cfg.to) != 0 || ferror(o->cfg.to) ? ES_EIO : 0;
}

int
es_read_output_finish(struct es_output *o)
{
	size_t i;
	int rc;

	es_read_rows_sort(&o->rows);
	if (o->cfg.json) {
		es_json_flush(&o->writer);
		for (i = 0; i < o->rows.n; i++)
			fputs(o->rows.at[i].text, o->cfg.to);
	} else if (!o->cfg.at_once) {
		print_tables(o);
	}
	rc = es_read_output_push(o);
	return o->out_of_memory ? ES_ENOMEM : rc;
}

void
es_read_output_free(struct es_output *o)
{
	if (o == NULL)
		return;
	es_read_rows_free(&o->rows);
	es_sparklines_free(&o->lines);
	free(o);
}
