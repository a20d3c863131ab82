/* SPDX-License-Identifier: Apache-2.0 */
/* Text of manual pages. */
#include "runtime/text/mdoc.h"

#include <stdbool.h>
#include <string.h>

enum { LINE_BYTES = 78 };

void
es_mdoc_text(const char *text, FILE *to)
{
	int at = 0;

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");
		bool ends = n > 0 && text[n - 1] == '.' && text[n] == ' ';

		if (at > 0 && at + 1 + n > LINE_BYTES) {
			fputc('\n', to);
			at = 0;
		}
		/* a line that begins with a dot or an apostrophe would be a request */
		at += fprintf(to, "%s%.*s",
		    at > 0                          ? " "
		    : *text == '.' || *text == '\'' ? "\\&"
						    : "",
		    n, text);
		text += n + (text[n] == ' ');
		if (ends) {
			fputc('\n', to);
			at = 0;
		}
	}
	if (at > 0)
		fputc('\n', to);
}
