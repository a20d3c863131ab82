/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the JSON of a record apart, so that no figure has two ways to be printed. */
#include "agent/record_csv.h"
#include "agent/csv_field.h"
#include "agent/record_json_private.h"
#include "probes/base/text.h"

#include <assert.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 256, NAME_MAX_BYTES = 64 };

struct es_csv {
	size_t n;
	char names[COLUMNS_MAX][NAME_MAX_BYTES];
	es_slice values[COLUMNS_MAX]; /* of the row in hand: parts of json; empty: not known */
	size_t next; /* column behind the last one found: keys come in their order */
	char *json;
	size_t json_bytes;
	size_t json_cap;
	bool out_of_memory;
};

static size_t
column_of(const struct es_csv *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t at = (c->next + i) % c->n;

		if (strcmp(c->names[at], name) == 0)
			return at;
	}
	return c->n;
}

static void
add_column(struct es_csv *c, const char *object, const char *key)
{
	char name[NAME_MAX_BYTES];

	(void)snprintf(name, sizeof(name), "%s%s%s", object, *object != '\0' ? "." : "", key);
	if (column_of(c, name) < c->n)
		return;
	assert(c->n < COLUMNS_MAX);
	memcpy(c->names[c->n++], name, sizeof(name));
}

/* object: what the rows stand in, or "". Records have no deeper objects. */
static void
add_columns(struct es_csv *c, const char *object, struct es_json_table table)
{
	const char *inner = object;
	uint32_t objects = 0; /* one bit per open group, the innermost lowest: is it an object? */

	for (size_t i = 0; i < table.n; i++) {
		const struct es_json_row *row = &table.rows[i];

		if (row->form == ES_FORM_END) {
			inner = objects & 1 ? object : inner;
			objects >>= 1;
		} else if (row->form >= ES_FORM_OBJECT) {
			objects = objects << 1 | (row->form == ES_FORM_OBJECT);
			inner = row->form == ES_FORM_OBJECT ? row->key : inner;
		} else if (row->key != NULL && row->form != ES_FORM_NONE) {
			add_column(c, inner, row->key);
		}
	}
}

int
es_csv_new(uint32_t wanted, struct es_csv **out)
{
	struct es_csv *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return ES_ENOMEM;
	add_column(c, "", "record");
	if (wanted & 1u << ES_REC_STREAM)
		add_columns(c, "", es_record_json_stream_table());
	if (wanted & 1u << ES_REC_CALL)
		add_columns(c, "", es_record_json_call_table());
	if (wanted & 1u << ES_REC_INTERVAL)
		add_columns(c, "", es_record_json_interval_table());
	add_columns(c, "coverage", es_record_json_coverage_table());
	*out = c;
	return 0;
}

void
es_csv_free(struct es_csv *c)
{
	if (c == NULL)
		return;
	free(c->json);
	free(c);
}

static void
end_line(FILE *to)
{
	fputs("\r\n", to); /* RFC 4180 section 2 */
}

void
es_csv_head(const struct es_csv *c, FILE *to)
{
	for (size_t i = 0; i < c->n; i++)
		fprintf(to, "%s%s", i > 0 ? "," : "", c->names[i]);
	end_line(to);
}

static void
keep(void *ctx, const char *bytes, size_t n)
{
	struct es_csv *c = ctx;

	if (c->json_bytes + n > c->json_cap) {
		size_t cap = 2 * (c->json_bytes + n);
		char *more = realloc(c->json, cap);

		if (more == NULL) {
			c->out_of_memory = true;
			return;
		}
		c->json = more;
		c->json_cap = cap;
	}
	memcpy(c->json + c->json_bytes, bytes, n);
	c->json_bytes += n;
}

/* Bytes of the text in quotes that json begins with, both quotes included. */
static size_t
text_bytes(es_slice json)
{
	size_t i = 1;

	while (i < json.n && json.p[i] != '"')
		i += json.p[i] == '\\' ? 2 : 1;
	return i + 1;
}

/* Bytes of the value that json begins with: a text, a list, a number or a word. */
static size_t
value_bytes(es_slice json)
{
	size_t i = 0;
	unsigned depth = 0;

	do {
		uint8_t ch = json.p[i];

		if (ch == '"') {
			i += text_bytes(es_text_from(json, i));
			continue;
		}
		if (depth == 0 && (ch == ',' || ch == '}'))
			break;
		depth += ch == '[' || ch == '{';
		depth -= ch == ']' || ch == '}';
		i++;
	} while (i < json.n);
	return i;
}

/* The fields of the object that begins at json[at], into their columns; the place behind it. */
static size_t
take_object(struct es_csv *c, const char *object, es_slice json, size_t at)
{
	char name[NAME_MAX_BYTES];

	while (at < json.n && json.p[at] != '}') {
		size_t n_key, n, column;
		es_slice key;

		at++; /* the brace, or the comma before the key */
		if (at < json.n && json.p[at] == '}')
			break;
		n_key = text_bytes(es_text_from(json, at));
		key = es_slice_of(json.p + at + 1, n_key - 2);
		at += n_key + 1;
		(void)snprintf(name, sizeof(name), "%s%s%.*s", object, *object != '\0' ? "." : "",
		    (int)key.n, (const char *)key.p);
		if (json.p[at] == '{') {
			at = take_object(c, name, json, at);
			continue;
		}
		n = value_bytes(es_text_from(json, at));
		column = column_of(c, name);
		if (column < c->n) {
			c->values[column] = es_slice_of(json.p + at, n);
			c->next = (column + 1) % c->n;
		}
		at += n;
	}
	return at + 1;
}

int
es_csv_row(struct es_csv *c, const struct es_record *rec, FILE *to)
{
	struct es_json writer;
	char buf[1024];

	c->json_bytes = 0;
	c->next = 0;
	memset(c->values, 0, sizeof(c->values));
	es_json_init(&writer, buf, sizeof(buf), keep, c);
	es_record_json(rec, &writer);
	es_json_flush(&writer);
	if (c->out_of_memory)
		return ES_ENOMEM;
	(void)take_object(c, "", es_slice_of(c->json, c->json_bytes), 0);
	for (size_t i = 0; i < c->n; i++) {
		if (i > 0)
			fputc(',', to);
		es_csv_field_put(c->values[i], to);
	}
	end_line(to);
	return 0;
}
