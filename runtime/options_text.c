/* SPDX-License-Identifier: Apache-2.0 */
/* The option table for people: --help, sample file, man page. */
#include "runtime/options_value.h"

#include <string.h>

enum { EXPECTED_MAX = 300, DEPTH_MAX = 3 };

static void
indent(FILE *out, int depth)
{
	for (int i = 0; i < depth; i++)
		(void)fputs("    ", out);
}

static bool
needs_quotes(const char *v)
{
	return v[0] == '\0' || strpbrk(v, " \t\"'#{}()=+,$\\/") != NULL;
}

static void
put_value(FILE *out, const struct es_option *row, const char *v)
{
	bool quote = row->kind == ES_OPT_STRING && needs_quotes(v);

	(void)fprintf(out, quote ? "%s = \"%s\"" : "%s = %s", row->name, v);
}

static void
help_table(const struct es_option *table, FILE *out, int depth)
{
	char expected[EXPECTED_MAX];

	for (const struct es_option *row = table; row->name != NULL && depth < DEPTH_MAX; row++) {
		es_option_expected(row, expected, sizeof(expected));
		indent(out, depth + 1);
		(void)fprintf(out, "%s: %s\n", row->name, row->help);
		indent(out, depth + 2);
		(void)fprintf(out, "%s%s%s%s\n", expected, row->required ? "; required" : "",
		    row->fallback != NULL ? "; default " : "",
		    row->fallback == NULL      ? ""
		    : row->fallback[0] == '\0' ? "none"
					       : row->fallback);
		if (row->kind == ES_OPT_SECTION)
			help_table(row->options, out, depth + 1);
	}
}

void
es_options_help(const struct es_option *table, FILE *out)
{
	help_table(table, out, 0);
}

/* A line a person may keep as it is: active where it must be given, a comment where it has a default. */
static void
sample_table(const struct es_option *table, FILE *out, int depth)
{
	char expected[EXPECTED_MAX];

	for (const struct es_option *row = table; row->name != NULL && depth < DEPTH_MAX; row++) {
		const char *v = row->example != NULL ? row->example : row->fallback;
		const char *mark = row->required ? "" : "# ";

		es_option_expected(row, expected, sizeof(expected));
		indent(out, depth);
		(void)fprintf(out, "# %s Expected: %s.\n", row->help, expected);
		indent(out, depth);
		if (row->kind == ES_OPT_SECTION) {
			(void)fprintf(out, row->titled ? "%s \"%s\" {\n" : "%s {\n", row->name,
			    v == NULL ? "name" : v);
			sample_table(row->options, out, depth + 1);
			indent(out, depth);
			(void)fputs("}\n", out);
		} else if (v == NULL) {
			(void)fprintf(out, "# %s =\n", row->name);
		} else {
			(void)fputs(mark, out);
			put_value(out, row, v);
			(void)fputc('\n', out);
		}
		if (depth == 0)
			(void)fputc('\n', out);
	}
}

void
es_options_sample(const struct es_option *table, FILE *out)
{
	sample_table(table, out, 0);
}

/* Words as mdoc text: a leading dot or quote would be a request. */
static void
man_text(const char *text, FILE *out)
{
	if (text[0] == '.' || text[0] == '\'')
		(void)fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputs("\\e", out);
		else
			(void)fputc(*text, out);
	}
	(void)fputc('\n', out);
}

static void
man_table(const struct es_option *table, FILE *out, int depth)
{
	char expected[EXPECTED_MAX];
	size_t n;

	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct es_option *row = table; row->name != NULL && depth < DEPTH_MAX; row++) {
		es_option_expected(row, expected, sizeof(expected));
		(void)fprintf(out, ".It Cm %s\n", row->name);
		man_text(row->help, out);
		(void)fputs("Expected: ", out);
		n = strlen(expected);
		(void)snprintf(expected + n, sizeof(expected) - n, ".");
		man_text(expected, out);
		if (row->required)
			(void)fputs("Required.\n", out);
		if (row->fallback != NULL && row->fallback[0] != '\0')
			(void)fprintf(out, "Default: %s.\n", row->fallback);
		if (row->kind == ES_OPT_SECTION)
			man_table(row->options, out, depth + 1);
	}
	(void)fputs(".El\n", out);
}

void
es_options_man(const struct es_option *table, FILE *out)
{
	man_table(table, out, 0);
}
