/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on stderr, one write each. */
#include "runtime/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000 };

const char *const es_log_level_words[] = { "error", "warning", "info", "debug", NULL };
static const enum es_log_level level_of_word[] = { ES_LOG_ERROR, ES_LOG_WARN, ES_LOG_INFO,
	ES_LOG_DEBUG };

static enum es_log_level level_now = ES_LOG_INFO;

void
es_log_set_level(enum es_log_level level)
{
	level_now = level;
}

enum es_log_level
es_log_level_of_word(const char *word)
{
	for (size_t i = 0; es_log_level_words[i] != NULL; i++)
		if (strcmp(word, es_log_level_words[i]) == 0)
			return level_of_word[i];
	return ES_LOG_INFO;
}

/* The service manager reads stderr and strips the level. */
static bool
is_managed(void)
{
	return getenv("JOURNAL_STREAM") != NULL || getenv("INVOCATION_ID") != NULL;
}

void
es_log(enum es_log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES + 1];
	int saved = errno;
	size_t n = 0;
	size_t begin;
	va_list ap;
	int len;

	if (level > level_now)
		return;
	if (is_managed()) {
		line[n++] = '<';
		line[n++] = (char)('0' + (int)level);
		line[n++] = '>';
	}
	begin = n;
	va_start(ap, fmt);
	errno = saved; /* for %m */
	len = vsnprintf(line + n, LINE_MAX_BYTES - n, fmt, ap);
	va_end(ap);
	if (len > 0)
		n += (size_t)len < LINE_MAX_BYTES - n ? (size_t)len : LINE_MAX_BYTES - n - 1;
	for (size_t i = begin; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		errno = saved; /* nowhere left to complain */
	errno = saved;
}

bool
es_log_limit_pass(
    struct es_log_limit *limit, int64_t now_ms, uint32_t every_ms, uint32_t *held_back)
{
	if (now_ms < limit->next_ms) {
		limit->held_back++;
		return false;
	}
	*held_back = limit->held_back;
	limit->held_back = 0;
	limit->next_ms = now_ms + every_ms;
	return true;
}
