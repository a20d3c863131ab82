/* SPDX-License-Identifier: Apache-2.0 */
/* What was logged, without the time and severity that each line begins with. */
#ifndef TESTS_LOG_TEXT_H
#define TESTS_LOG_TEXT_H

#include <string.h>

/* Where the text of a line begins, behind "2026-01-01T00:00:00.000000Z info: "; a line of another form as it is. */
static inline const char *
log_text_of_line(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
	const char *behind;

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i])
			return line;
	behind = strstr(line + sizeof(form) - 1, ": ");
	return behind == NULL ? line : behind + 2;
}

/* Takes the heads off all lines, in place. */
static inline void
log_text_only(char *text)
{
	char *to = text;

	for (const char *line = text; *line != '\0';) {
		const char *begin = log_text_of_line(line);
		size_t n = strcspn(begin, "\n");

		n += begin[n] == '\n';
		memmove(to, begin, n);
		to += n;
		line = begin + n;
	}
	*to = '\0';
}

#endif
