/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the engine's records and prints those that are wanted. */
#include "agent/read_output.h"
#include "agent/read_table.h"
#include "agent/record_json.h"

#include <stdlib.h>

enum { JSON_BYTES = 64 * 1024 };

/* The order of the tables. */
static const enum es_record_type tables[] = { ES_REC_CALL, ES_REC_STREAM, ES_REC_INTERVAL,
	ES_REC_REPORTED, ES_REC_HEALTH };

struct row {
	es_time start;
	size_t order; /* of arrival, for rows of one start */
	enum es_record_type type;
	char *text; /* given */
};

struct es_output {
	FILE *to;
	bool json;
	bool at_once;
	bool is_last;
	bool out_of_memory;
	uint32_t wanted;
	uint32_t titled; /* tables whose column names were printed */
	struct es_json writer;
	struct row *rows;
	size_t n_rows;
	size_t cap_rows;
	char buf[JSON_BYTES];
};

static void
flush_json(void *ctx, const char *bytes, size_t n_bytes)
{
	struct es_output *o = ctx;

	(void)fwrite(bytes, 1, n_bytes, o->to); /* ferror is looked at in the end */
}

int
es_output_new(FILE *to, bool json, bool at_once, uint32_t wanted, struct es_output **out)
{
	struct es_output *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return ES_ENOMEM;
	o->to = to;
	o->json = json;
	o->at_once = at_once;
	o->wanted = wanted;
	es_json_init(&o->writer, o->buf, sizeof(o->buf), flush_json, o);
	*out = o;
	return 0;
}

static void
hold_row(struct es_output *o, const struct es_record *rec)
{
	struct row row = { es_table_start(rec), o->n_rows, rec->type, NULL };
	size_t n_text;
	FILE *text;

	if (o->n_rows == o->cap_rows) {
		size_t cap = o->cap_rows == 0 ? 256 : o->cap_rows * 2;
		struct row *more = reallocarray(o->rows, cap, sizeof(*more));

		if (more == NULL) {
			o->out_of_memory = true;
			return;
		}
		o->rows = more;
		o->cap_rows = cap;
	}
	text = open_memstream(&row.text, &n_text);
	if (text == NULL) {
		o->out_of_memory = true;
		return;
	}
	es_table_row(rec, text);
	if (fclose(text) != 0 || row.text == NULL) {
		free(row.text);
		o->out_of_memory = true;
		return;
	}
	o->rows[o->n_rows++] = row;
}

static void
title(struct es_output *o, enum es_record_type type)
{
	const char *columns = es_table_columns(type);

	if (o->titled & 1u << type)
		return;
	fprintf(o->to, "%s%s\n", o->titled != 0 ? "\n" : "", es_table_title(type));
	if (columns != NULL)
		fprintf(o->to, "%s\n", columns);
	o->titled |= 1u << type;
}

static bool
goes_on(const struct es_record *rec)
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

	if ((o->wanted & 1u << rec->type) == 0 || (goes_on(rec) && !o->is_last))
		return;
	if (o->json) {
		es_record_json(rec, &o->writer);
	} else if (o->at_once) {
		title(o, rec->type);
		es_table_row(rec, o->to);
	} else {
		hold_row(o, rec);
	}
}

struct es_sink
es_output_sink(struct es_output *o)
{
	struct es_sink sink = { take, o };

	return sink;
}

void
es_output_last(struct es_output *o)
{
	o->is_last = true;
}

static int
by_start(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->start.ns != y->start.ns)
		return x->start.ns < y->start.ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void
print_tables(struct es_output *o)
{
	size_t t, i;

	if (o->n_rows > 0)
		qsort(o->rows, o->n_rows, sizeof(o->rows[0]), by_start);
	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		bool found = false;

		if ((o->wanted & 1u << tables[t]) == 0)
			continue;
		for (i = 0; i < o->n_rows; i++) {
			if (o->rows[i].type != tables[t])
				continue;
			title(o, tables[t]);
			fputs(o->rows[i].text, o->to);
			found = true;
		}
		if (!found) {
			fprintf(o->to, "%sno %s\n", o->titled != 0 ? "\n" : "",
			    es_table_title(tables[t]));
			o->titled |= 1u << tables[t];
		}
	}
}

int
es_output_push(struct es_output *o)
{
	if (o->json)
		es_json_flush(&o->writer);
	return fflush(o->to) != 0 || ferror(o->to) ? ES_EIO : 0;
}

int
es_output_finish(struct es_output *o)
{
	int rc;

	if (!o->json && !o->at_once)
		print_tables(o);
	rc = es_output_push(o);
	return o->out_of_memory ? ES_ENOMEM : rc;
}

void
es_output_free(struct es_output *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->n_rows; i++)
		free(o->rows[i].text);
	free(o->rows);
	free(o);
}
