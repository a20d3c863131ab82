/* SPDX-License-Identifier: Apache-2.0 */
/* The option table for people: sample file, man page. */
#include "runtime/options_private.h"

#include <string.h>

/* A line a person may keep as it is: active where it must be given, a comment where it has a default. */
static void
sample_rows(const struct es_option *table, FILE *out, int depth)
{
	char expected[ES_OPTION_EXPECTED_MAX];

	for (const struct es_option *row = table; row->name != NULL; row++) {
		const char *v = row->example != NULL ? row->example : row->fallback;
		const char *quote = row->kind == ES_OPT_STRING && v != NULL &&
					    (v[0] == '\0' || strpbrk(v, " \t\"'#{}()=,\\") != NULL)
					? "\""
					: "";

		(void)fprintf(out, "%*s# %s Expected: %s.\n%*s", 4 * depth, "", row->help,
		    es_option_expected(row, expected), 4 * depth, "");
		if (row->kind == ES_OPT_SECTION && depth < ES_OPTIONS_DEPTH_MAX) {
			(void)fprintf(out, row->titled ? "%s \"%s\" {\n" : "%s {\n", row->name,
			    v == NULL ? "name" : v);
			sample_rows(row->options, out, depth + 1);
			(void)fprintf(out, "%*s}\n", 4 * depth, "");
		} else {
			(void)fprintf(out, "%s%s =%s%s%s%s\n",
			    row->required && v != NULL ? "" : "# ", row->name, v == NULL ? "" : " ",
			    quote, v == NULL ? "" : v, quote);
		}
		(void)fputs(depth == 0 ? "\n" : "", out);
	}
}

void
es_options_sample(const struct es_option *table, FILE *out)
{
	sample_rows(table, out, 0);
}

/* A line of mdoc text: a leading dot or quote would be a request. */
static void
put_man(const char *text, const char *end, FILE *out)
{
	(void)fputs(text[0] == '.' || text[0] == '\'' ? "\\&" : "", out);
	for (; *text != '\0'; text++)
		if (*text == '\\')
			(void)fputs("\\e", out);
		else
			(void)fputc(*text, out);
	(void)fputs(end, out);
}

static void
man_rows(const struct es_option *table, FILE *out, int depth)
{
	char expected[ES_OPTION_EXPECTED_MAX];

	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct es_option *row = table; row->name != NULL; row++) {
		(void)fprintf(out, ".It Cm %s\n", row->name);
		put_man(row->help, "\nExpected: ", out);
		put_man(es_option_expected(row, expected), ".\n", out);
		(void)fputs(row->required ? "Required.\n" : "", out);
		if (row->fallback != NULL && row->fallback[0] != '\0')
			(void)fprintf(out, "Default: %s.\n", row->fallback);
		if (row->kind == ES_OPT_SECTION && depth < ES_OPTIONS_DEPTH_MAX)
			man_rows(row->options, out, depth + 1);
	}
	(void)fputs(".El\n", out);
}

void
es_options_man(const struct es_option *table, FILE *out)
{
	man_rows(table, out, 0);
}
