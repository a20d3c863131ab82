/* SPDX-License-Identifier: Apache-2.0 */
/* What is logged between two points of a test. */
#ifndef TESTS_LOG_LINES_H
#define TESTS_LOG_LINES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	int file;
	int stderr_was;
	char text[16384];
} log_lines;

static inline void
log_lines_begin(void)
{
	char path[] = "/tmp/earshot-log-XXXXXX";

	log_lines.file = mkstemp(path);
	log_lines.stderr_was = dup(2);
	if (log_lines.file < 0 || log_lines.stderr_was < 0 || dup2(log_lines.file, 2) < 0)
		abort();
	(void)unlink(path);
}

/* All of it, valid until the next. */
static inline const char *
log_lines_end(void)
{
	ssize_t n = pread(log_lines.file, log_lines.text, sizeof(log_lines.text) - 1, 0);

	log_lines.text[n > 0 ? n : 0] = '\0';
	(void)dup2(log_lines.stderr_was, 2);
	close(log_lines.stderr_was);
	close(log_lines.file);
	return log_lines.text;
}

#endif
