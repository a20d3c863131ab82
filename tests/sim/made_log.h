/* SPDX-License-Identifier: Apache-2.0 */
/* What is logged, kept so that a test can count it. */
#ifndef TESTS_MADE_LOG_H
#define TESTS_MADE_LOG_H

#include "tests/unit/log_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	FILE *file;
	int was;
	char text[16384];
} made_log;

/* From now on what is logged is kept. */
static inline void
listen_to_log(void)
{
	(void)fflush(stderr);
	made_log.file = tmpfile();
	made_log.was = dup(2);
	if (made_log.file == NULL || made_log.was < 0 || dup2(fileno(made_log.file), 2) < 0)
		abort();
}

/* How often it was said in what is kept. */
static inline unsigned
said(const char *what)
{
	unsigned n = 0;

	for (const char *at = made_log.text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* The end of listening: what was kept, valid until the next; the log goes where it went before. */
static inline const char *
end_of_log(void)
{
	size_t len;

	(void)fflush(stderr);
	(void)dup2(made_log.was, 2);
	(void)close(made_log.was);
	rewind(made_log.file);
	len = fread(made_log.text, 1, sizeof(made_log.text) - 1, made_log.file);
	(void)fclose(made_log.file);
	made_log.text[len] = '\0';
	log_text_only(made_log.text);
	return made_log.text;
}

/* How often it was said until now, which ends listening. */
static inline unsigned
logged(const char *what)
{
	(void)end_of_log();
	return said(what);
}

#endif
