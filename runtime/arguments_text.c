/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables for people: --help and man pages. */
#include "runtime/arguments.h"

#include "runtime/text/mdoc.h"
#include "runtime/text/wrapped.h"

#define HELP_INDENT "                     "

enum { INDENT = sizeof(HELP_INDENT) - 1 };

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
		if (n >= INDENT - 1) {
			fputc('\n', to);
			n = 0;
		}
		fprintf(to, "%*s", INDENT - n, "");
		es_wrapped(row->help, INDENT, HELP_INDENT, to);
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
