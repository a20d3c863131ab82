/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of configuration files: taken out before libconfuse sees the text. */
#include "runtime/options_comments.h"

#include <stdbool.h>
#include <string.h>

static void
blank(char *from, const char *to)
{
	for (; from < to; from++)
		if (*from != '\n')
			*from = ' ';
}

const char *
es_options_blank_comments(char *text)
{
	char quote = '\0', before = '\n';

	for (char *p = text; *p != '\0'; before = *p++) {
		bool at_start = strchr(" \t\r\n={}()+,;", before) != NULL;
		char *end = NULL;

		if (quote != '\0') {
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = '\0';
			continue;
		}
		if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '#' || (at_start && strncmp(p, "//", 2) == 0)) {
			end = p + strcspn(p, "\n");
		} else if (at_start && strncmp(p, "/*", 2) == 0) {
			end = strstr(p + 2, "*/");
			if (end == NULL)
				return p;
			end += 2;
		}
		if (end != NULL) {
			blank(p, end);
			p = end - 1;
		}
	}
	return NULL;
}
