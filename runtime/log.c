/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on stderr, one write each. */
#include "runtime/log.h"

#include "probes/base/time_text.h"
#include "runtime/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000, HEAD_MAX_BYTES = 48 };

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

/* Whether stderr is the journal's: JOURNAL_STREAM is "device:inode" of its socket, systemd.exec(5). */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[48];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

/* What a line begins with: "<6>" for the journal, which has the time, else "2026-01-01T00:00:00.000000Z info: ". */
static size_t
put_head(char line[HEAD_MAX_BYTES], enum es_log_level level)
{
	const char *word = "debug";
	char time[ES_TIME_TEXT_BYTES];
	int n;

	for (size_t i = 0; es_log_level_words[i] != NULL; i++)
		if (level_of_word[i] == level)
			word = es_log_level_words[i];
	es_time_text(es_clock_wall(), time);
	n = is_journal()
		? snprintf(line, HEAD_MAX_BYTES, "<%d>", (int)level)
		: snprintf(line, HEAD_MAX_BYTES, "%.*s %s: ", ES_TIME_TEXT_BYTES, time, word);
	return n < 0 ? 0 : (size_t)n;
}

void
es_log(enum es_log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES + 1];
	int saved = errno;
	size_t n, begin;
	va_list ap;
	int len;

	if (level > level_now)
		return;
	begin = n = put_head(line, level);
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
