/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables for people: --help and man pages. */
#include "runtime/arguments.h"

#include "runtime/text/mdoc.h"

#include <string.h>

enum { HELP_COLUMNS = 79, HELP_INDENT = 21 };

/* Words from column HELP_INDENT on; the line stands at column `at`. */
static void
wrap(const char *text, int at, FILE *to)
{
	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (at + 1 + n > HELP_COLUMNS || at < HELP_INDENT) {
			bool is_begin = at < HELP_INDENT;

			fprintf(to, "%s%*s", is_begin ? "" : "\n",
			    is_begin ? HELP_INDENT - at : HELP_INDENT, "");
			at = HELP_INDENT;
		} else {
			fputc(' ', to);
			at++;
		}
		fprintf(to, "%.*s", n, text);
		at += n;
		text += n + (text[n] == ' ');
	}
	fputc('\n', to);
}

void
es_arguments_help(const struct es_argument *table, FILE *to)
{
	for (const struct es_argument *row = es_argument_at(table); row != NULL;
	     row = es_argument_at(row + 1)) {
		char letter[6] = "";
		int n;

		if (row->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		n = fprintf(to, "  %s--%s%s%s", letter, row->name, row->value != NULL ? " " : "",
		    row->value != NULL ? row->value : "");
		if (n >= HELP_INDENT - 1) {
			fputc('\n', to);
			n = 0;
		}
		wrap(row->help, n, to);
	}
}

void
es_arguments_man(const struct es_argument *table, FILE *to)
{
	for (const struct es_argument *row = es_argument_at(table); row != NULL;
	     row = es_argument_at(row + 1)) {
		fprintf(to, ".It ");
		if (row->letter != 0)
			fprintf(to, "Fl %c , ", row->letter);
		fprintf(to, "Fl -%s", row->name);
		if (row->value != NULL)
			fprintf(to, " Ar %s", row->value);
		fputc('\n', to);
		es_mdoc_text(row->help, to);
	}
}
