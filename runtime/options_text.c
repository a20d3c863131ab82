/* SPDX-License-Identifier: Apache-2.0 */
/* The option table for people: sample file, man page. What was given as a file again. */
#include "runtime/options_private.h"
#include "runtime/text/mdoc.h"
#include "runtime/text/wrapped.h"

#include <string.h>

enum { COMMENT_MAX = 600 };

static bool
needs_quotes(const char *text)
{
	return text[0] == '\0' || strpbrk(text, " \t\r\"'#{}()=,\\") != NULL;
}

/* A line a person may keep as it is: active where it must be given, a comment where it has a default. */
static void
sample_rows(const struct es_option *row, FILE *out, int indent)
{
	char expected[ES_OPTION_EXPECTED_MAX], comment[ES_OPTION_EXPECTED_MAX + COMMENT_MAX];
	char begin[16];

	for (; row->name != NULL; row++) {
		const char *v = row->example != NULL ? row->example : row->fallback;
		bool is_text = row->kind == ES_OPT_STRING && v != NULL;
		const char *quote = is_text && needs_quotes(v) ? "\"" : "";

		(void)snprintf(comment, sizeof(comment), "%s Expected: %s.", row->help,
		    es_option_expected(row, expected));
		(void)snprintf(begin, sizeof(begin), "%*s# ", indent, "");
		(void)fputs(begin, out);
		es_wrapped(comment, indent + 2, begin, out);
		(void)fprintf(out, "%*s", indent, "");
		if (row->kind == ES_OPT_SECTION) {
			(void)fprintf(out, "%s \"%s\" {\n", row->name, v == NULL ? "name" : v);
			sample_rows(row->options, out, indent + 4);
			(void)fprintf(out, "%*s}\n", indent, "");
		} else {
			(void)fprintf(out, "%s%s =%s%s%s%s\n",
			    row->required && v != NULL ? "" : "# ", row->name, v == NULL ? "" : " ",
			    quote, v == NULL ? "" : v, quote);
		}
		(void)fputs(indent == 0 ? "\n" : "", out);
	}
}

void
es_options_sample(const struct es_option *table, FILE *out)
{
	sample_rows(table, out, 0);
}

void
es_options_man(const struct es_option *table, FILE *out)
{
	char expected[ES_OPTION_EXPECTED_MAX];

	(void)fputs(".Bl -tag -width Ds\n", out);
	for (const struct es_option *row = table; row->name != NULL; row++) {
		(void)fprintf(out, ".It Cm %s\n", row->name);
		es_mdoc_text(row->help, out);
		(void)fprintf(out, "Expected: %s.\n", es_option_expected(row, expected));
		(void)fputs(row->reloads != 0 ? "Reloaded by SIGHUP.\n" : "", out);
		(void)fputs(row->required ? "Required.\n" : "", out);
		if (row->fallback != NULL && row->fallback[0] != '\0')
			(void)fprintf(out, "Default: %s.\n", row->fallback);
		if (row->kind == ES_OPT_SECTION)
			es_options_man(row->options, out);
	}
	(void)fputs(".El\n", out);
}

static void
write_text(const char *text, FILE *out)
{
	if (!needs_quotes(text)) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void
write_list(const struct es_option_values *values, FILE *out)
{
	(void)fprintf(out, "%s = {", values->row->name);
	for (const struct es_option_value *v = values->first; v != NULL; v = v->next) {
		write_text(v->text, out);
		(void)fputs(v->next != NULL ? "," : "", out);
	}
	(void)fputs("}\n", out);
}

static void
write_section(const struct es_section *s, FILE *out)
{
	for (size_t i = 0; i < s->n_options; i++) {
		const struct es_option_values *values = &s->options[i];
		const struct es_option_value *v = values->first;

		for (; values->row->kind == ES_OPT_SECTION && v != NULL; v = v->next) {
			(void)fprintf(out, "%s ", values->row->name);
			write_text(v->text, out);
			(void)fputs(" {\n", out);
			write_section(v->section, out);
			(void)fputs("}\n", out);
		}
		if (v == NULL || v->text == values->row->fallback) /* a file has texts of its own */
			continue;
		if (values->row->kind == ES_OPT_LIST) {
			write_list(values, out);
			continue;
		}
		(void)fprintf(out, "%s = ", values->row->name);
		write_text(v->text, out);
		(void)fputc('\n', out);
	}
}

void
es_options_write(const struct es_options *o, FILE *out)
{
	write_section(o->top, out);
}
