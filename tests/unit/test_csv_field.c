/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of CSV: what a spreadsheet makes of them, at commas and at semicolons, and what a reader gets back. */
#include "agent/csv_field.h"
#include "probes/base/json.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { TEXT_MAX = 512 };

/* Field and what it means: without its quotes, if it has any, and those inside once. */
struct field {
	char raw[TEXT_MAX];
	char text[TEXT_MAX];
};

static void
put(const char *json, struct field *out)
{
	FILE *to = fmemopen(out->raw, sizeof(out->raw), "w");
	const char *at = out->raw;
	bool is_quoted;
	size_t n = 0;

	if (to == NULL)
		abort();
	out->raw[0] = '\0'; /* nothing may be written */
	es_csv_field_put(es_slice_str(json), to);
	if (fclose(to) != 0)
		abort();
	is_quoted = *at == '"';
	at += is_quoted;
	while (is_quoted ? !(at[0] == '"' && at[1] != '"') : *at != '\0') {
		CHECK(*at != '\0');
		CHECK(is_quoted || strchr(",;\"\r\n", *at) == NULL);
		at += *at == '"';
		out->text[n++] = *at++;
	}
	CHECK_STR(at, is_quoted ? "\"" : "");
	out->text[n] = '\0';
}

static void
put_text(const char *text, struct field *out)
{
	char json[TEXT_MAX];
	struct es_json w;

	es_json_init(&w, json, sizeof(json) - 1, NULL, NULL);
	es_json_slice(&w, es_slice_str(text));
	CHECK(!w.bad);
	json[w.n_bytes] = '\0';
	put(json, out);
}

/* What a reader does: one apostrophe is taken away from before each place that would be a formula. */
static void
read_back(const char *text, char *out)
{
	bool is_begin = true;

	while (*text != '\0') {
		static const char *const operators[] = { "=", "+", "-", "@", "\uff1d", "\uff0b",
			"\uff0d", "\uff20" };
		const char *rest = text + strspn(text, " \"'");
		bool is_formula = false;

		for (size_t i = 0; i < 8; i++)
			is_formula |= strncmp(rest, operators[i], strlen(operators[i])) == 0;
		if (is_begin && *text == '\'' && is_formula)
			text++;
		is_begin = *text == ';';
		*out++ = *text++;
	}
	*out = '\0';
}

/* A cell of a spreadsheet, which takes quotes in pairs away and may pass over blanks. */
static bool
is_formula_to_a_spreadsheet(const char *cell)
{
	static const char *const operators[] = { "=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d",
		"\uff20" };

	cell += strspn(cell, " \"");
	for (size_t i = 0; i < 8; i++)
		if (strncmp(cell, operators[i], strlen(operators[i])) == 0)
			return true;
	return false;
}

/* Text and field, without the quotes of CSV; NULL: as it is. */
static const struct {
	const char *text, *field;
} cases[] = {
	{ "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0" },
	{ "@SUM(A1)@host", "'@SUM(A1)@host" },
	{ "+1+1@host", "'+1+1@host" },
	{ "-A1@host", "'-A1@host" },
	{ "+4930123456@host", NULL },
	{ "-5", NULL },
	{ "+", "'+" },
	{ "a=b", NULL },
	{ " =1", "' =1" },
	{ "\"=1", "'\"=1" },
	{ "\uff1d1", "'\uff1d1" },
	{ "\uff0b1", "'\uff0b1" },
	{ "\uff0d1", "'\uff0d1" },
	{ "\uff201", "'\uff201" },
	{ "\uff21", NULL },
	{ "a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0" },
	{ ";=1;+2;;-3;@x", ";'=1;'+2;;'-3;'@x" },
	{ "a; \"=1", "a;' \"=1" },
	{ "a;+49301", "a;'+49301" }, /* what follows in the line is of the cell, too */
	{ "a;b", NULL },
	{ "a;", NULL },
	{ "user;tag=1", NULL },
	{ "a;'=1", "a;''=1" },
	{ "'=1", "''=1" },
	{ "'+49301", "''+49301" },
	{ "'x", NULL },
	{ "''", NULL },
	{ "a,b \\ \"c\"", NULL },
};

TEST(csv_field_is_no_formula_behind_a_semicolon)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *wanted = cases[i].field == NULL ? cases[i].text : cases[i].field;
		struct field got;

		put_text(cases[i].text, &got);
		CHECK_STR(got.text, wanted);
		CHECK(strchr(got.raw, ';') == NULL || got.raw[0] == '"');
		for (const char *cell = strchr(got.raw, ';'); cell != NULL;
		     cell = strchr(cell, ';'))
			CHECK(!is_formula_to_a_spreadsheet(++cell));
	}
}

TEST(csv_field_gives_a_reader_its_text_back)
{
	static const char letters[] = "a;=+-@ '\"\\5";
	uint64_t rnd = 7;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct field got;
		char back[TEXT_MAX];

		put_text(cases[i].text, &got);
		read_back(got.text, back);
		CHECK_STR(back, cases[i].text);
	}
	for (unsigned i = 0; i < 20000; i++) {
		char text[10] = "", back[TEXT_MAX];
		struct field got;

		for (size_t n = 0; n < sizeof(text) - 1; n++)
			text[n] = letters[test_random(&rnd) % sizeof(letters)]; /* NUL, too */
		put_text(text, &got);
		read_back(got.text, back);
		CHECK_STR(back, text);
		for (const char *cell = strchr(got.raw, ';'); cell != NULL;
		     cell = strchr(cell, ';'))
			CHECK(!is_formula_to_a_spreadsheet(++cell));
	}
}

/* A tab, too, separates cells: none is ever written. */
TEST(csv_field_has_no_tab_and_no_line_break)
{
	struct field got;

	put_text("a\t=1\r\n=2", &got);
	CHECK_STR(got.text, "a\\t=1\\r\\n=2");
}

TEST(csv_field_of_a_list_is_its_json_without_formulas)
{
	struct field got;

	put("[\"a;=1\",\"=2;\",\"+3\"]", &got);
	CHECK_STR(got.text, "[\"a;'=1\",\"=2;\",\"+3\"]");
	put("[\"a\\\";=1\"]", &got);
	CHECK_STR(got.text, "[\"a\\\";'=1\"]");
	put("[1,2]", &got);
	CHECK_STR(got.raw, "\"[1,2]\"");
	put("-1.5", &got);
	CHECK_STR(got.raw, "-1.5");
	put("", &got);
	CHECK_STR(got.raw, "");
}
