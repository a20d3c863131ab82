/* SPDX-License-Identifier: Apache-2.0 */
/* Records as CSV: every key of their JSON has a column, and every value the same text. */
#include "agent/record_csv.h"
#include "agent/record_json.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"
#include "tests/unit/proto_samples.h"

#include <jansson.h>
#include <stdlib.h>

enum { FIELDS_MAX = 300 };

/* Rows as RFC 4180 reads them: fields without their quotes. False: not of its form. */
static bool
next_row(char **at, char *fields[FIELDS_MAX], size_t *n)
{
	char *in = *at, *out = *at;

	for (*n = 0; *n < FIELDS_MAX;) {
		bool is_quoted = *in == '"';

		in += is_quoted;
		fields[(*n)++] = out;
		while (is_quoted ? !(in[0] == '"' && in[1] != '"') : *in != ',' && *in != '\r') {
			if (*in == '\0' || (!is_quoted && (*in == '"' || *in == '\n')))
				return false;
			in += in[0] == '"';
			*out++ = *in++;
		}
		in += is_quoted;
		if (*in == ',') {
			in++;
			*out++ = '\0';
			continue;
		}
		if (in[0] != '\r' || in[1] != '\n')
			return false;
		*out = '\0';
		*at = in + 2;
		return true;
	}
	return false;
}

/* The head and a row for each record, given. */
static char *
printed(uint32_t wanted, const struct es_record *recs, size_t n)
{
	struct es_csv *c;
	char *text = NULL;
	size_t n_text;
	FILE *to = open_memstream(&text, &n_text);

	if (to == NULL || es_csv_new(wanted, &c) != 0)
		abort();
	es_csv_head(c, to);
	for (size_t i = 0; i < n; i++)
		if (es_csv_row(c, &recs[i], to) != 0)
			abort();
	es_csv_free(c);
	(void)fclose(to);
	return text;
}

static const char *
value_of(char *const *names, char *const *values, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return values[i];
	return NULL;
}

/* A row and the JSON it must equal. */
struct pair {
	const char *json;
	char **names, **values;
	size_t n, n_found;
};

/* The value is in the JSON as it is in its column, digit for digit. */
static bool
is_in_json(const struct pair *p, const char *key, const char *value)
{
	char *wanted = NULL;
	const char *at;
	size_t n;
	FILE *to = open_memstream(&wanted, &n);

	if (to == NULL)
		abort();
	fprintf(to, "\"%s\":%s", key, value);
	(void)fclose(to);
	at = strstr(p->json, wanted);
	while (at != NULL && at[n] != ',' && at[n] != '}')
		at = strstr(at + 1, wanted);
	free(wanted);
	return at != NULL;
}

static void
check_object(struct pair *p, const char *before, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		char name[80], inner[82];
		const char *got, *text = json_string_value(value);

		(void)snprintf(name, sizeof(name), "%s%s", before, key);
		if (json_is_object(value)) {
			(void)snprintf(inner, sizeof(inner), "%s.", name);
			check_object(p, inner, value);
			continue;
		}
		got = value_of(p->names, p->values, p->n, name);
		if (got == NULL)
			test_fail(__FILE__, __LINE__, "no column %s", name);
		CHECK(got != NULL && *got != '\0');
		p->n_found++;
		if (text == NULL) {
			CHECK(is_in_json(p, key, got));
		} else if (strchr(text, 1) != NULL) {
			CHECK(strstr(got, "\\u0001") != NULL);
		} else {
			CHECK_STR(got + (text[0] == '='), text);
		}
	}
}

static void
check_record(const struct es_record *rec)
{
	char buf[128 * 1024], *names[FIELDS_MAX], *values[FIELDS_MAX], *text, *at;
	struct pair p = { .json = buf, .names = names, .values = values };
	size_t n_values, n_filled = 0;
	struct es_json writer;
	json_t *object;

	es_json_init(&writer, buf, sizeof(buf) - 1, NULL, NULL);
	es_record_json(rec, &writer);
	CHECK(!writer.bad);
	buf[writer.n_bytes] = '\0';
	object = json_loads(buf, JSON_DECODE_INT_AS_REAL, NULL); /* some are above 2^63 */
	CHECK(object != NULL);
	text = at = printed(ES_CSV_RECORDS, rec, 1);
	CHECK(next_row(&at, names, &p.n));
	CHECK(next_row(&at, values, &n_values));
	CHECK_EQ(n_values, p.n);
	CHECK_STR(at, "");
	check_object(&p, "", object);
	for (size_t i = 0; i < p.n; i++)
		n_filled += *values[i] != '\0';
	CHECK_EQ(n_filled, p.n_found); /* and nothing besides */
	json_decref(object);
	free(text);
}

TEST(csv_has_every_value_that_json_has)
{
	static const enum es_record_type types[] = { ES_REC_STREAM, ES_REC_CALL, ES_REC_INTERVAL };
	static struct sample s;
	uint64_t rnd = 12;

	for (unsigned i = 0; i < 90; i++) {
		sample_make(&rnd, types[i % 3], i < 9 ? UINT32_MAX : test_random(&rnd), &s);
		s.rec.vantage = NULL;
		s.rec.coverage.flags = i % 32;
		check_record(&s.rec);
	}
}

TEST(csv_text_is_quoted_and_its_figures_are_those_of_json)
{
	struct es_record rec = full_stream();
	char *text, *at, *names[FIELDS_MAX], *values[FIELDS_MAX];
	size_t n;

	rec.u.stream.codec = es_slice_str("a \"b\", \\c");
	rec.u.stream.call_id = es_slice_str(" x ");
	text = at = printed(1u << ES_REC_STREAM, &rec, 1);
	CHECK(strstr(text,
		  ",\"a \"\"b\"\", \\c\",8000,20,2026-01-01T00:00:00.000000Z,12.340,617,") != NULL);
	CHECK(strncmp(text, "record,src,dst,ssrc,restart,payload_type,codec,", 47) == 0);
	CHECK(next_row(&at, names, &n));
	CHECK(next_row(&at, values, &n));
	CHECK_STR(value_of(names, values, n, "codec"), "a \"b\", \\c");
	CHECK_STR(value_of(names, values, n, "call_id"), " x ");
	CHECK_STR(value_of(names, values, n, "jitter_ms.mean"), "0.812");
	CHECK_STR(value_of(names, values, n, "skew_ppm"), "12.1");
	CHECK_STR(value_of(names, values, n, "coverage.complete"), "true");
	CHECK_STR(value_of(names, values, n, "loss_run_max"), "");
	CHECK(value_of(names, values, n, "block") == NULL); /* of intervals, which are not wanted */
	free(text);
}

/* Escapes, line breaks, C1 controls, U+202E, and what a spreadsheet would take for a formula. */
TEST(csv_lets_no_hostile_text_reach_a_terminal_or_a_spreadsheet)
{
	static const struct {
		const char *from, *text;
	} cases[] = {
		{ "\x1b]0;x\x07\r\n", "\\u001b]0;x\\u0007\\r\\n" },
		{ "a\xe2\x80\xae\xc2\x9b z\xe2\x81\xa6\xd8\x9c\xc3\xbc",
		    "a\xef\xbf\xbd\\u009b z\xef\xbf\xbd\xef\xbf\xbd\xc3\xbc" },
		{ "\x9b"
		  "31m",
		    "\xef\xbf\xbd"
		    "31m" },
		{ "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0" },
		{ "a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct es_record rec = { .type = ES_REC_CALL };
		char *text, *at, *names[FIELDS_MAX], *values[FIELDS_MAX];
		size_t n;

		rec.u.call.from = es_slice_str(cases[i].from);
		text = at = printed(1u << ES_REC_CALL, &rec, 1);
		CHECK(next_row(&at, names, &n));
		CHECK(next_row(&at, values, &n));
		CHECK_STR(value_of(names, values, n, "from"), cases[i].text);
		free(text);
	}
}

TEST(csv_of_several_kinds_is_one_table)
{
	struct es_record recs[3] = { full_stream(), { .type = ES_REC_CALL },
		{ .type = ES_REC_INTERVAL } };
	char *text, *at, *names[FIELDS_MAX], *values[FIELDS_MAX];
	size_t n, n_values;
	static const char *const kinds[] = { "stream", "call", "interval" };

	text = at = printed(ES_CSV_RECORDS, recs, 3);
	CHECK(next_row(&at, names, &n));
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			CHECK(strcmp(names[i], names[k]) != 0);
	for (int i = 0; i < 3; i++) {
		CHECK(next_row(&at, values, &n_values));
		CHECK_EQ(n_values, n);
		CHECK_STR(values[0], kinds[i]);
	}
	free(text);
}
