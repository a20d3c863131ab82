/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks text at blanks. */
#include "runtime/text/wrapped.h"

#include <string.h>

enum { COLUMNS = 79 };

static int
word_length(const char *text)
{
	int n = 0, depth = 0;

	for (; text[n] != '\0' && (text[n] != ' ' || depth > 0); n++)
		depth += text[n] == '[' ? 1 : text[n] == ']' ? -1 : 0;
	return n;
}

void
es_wrapped(const char *text, int at, const char *indent, FILE *to)
{
	const char *between = "";

	while (*text != '\0') {
		int n = word_length(text);

		if (*between != '\0' && at + 1 + n > COLUMNS) {
			fprintf(to, "\n%s", indent);
			at = (int)strlen(indent);
			between = "";
		}
		fprintf(to, "%s%.*s", between, n, text);
		at += (int)strlen(between) + n;
		between = " ";
		text += n + (text[n] == ' ');
	}
	fputc('\n', to);
}
