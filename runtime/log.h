/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines of the processes, on stderr: one fact per line, "area: what happened: why; what next".
 * Each line begins with time and severity, "2026-01-01T00:00:00.000000Z info: "; where stderr is the journal's,
 * with "<n>", the syslog level, for sd-daemon(3). Never log SIP bodies, keys, tokens, or user parts above debug.
 * The level is one of the two process-wide variables the style allows.
 */
#ifndef EARSHOT_RUNTIME_LOG_H
#define EARSHOT_RUNTIME_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Values are syslog's. */
enum es_log_level { ES_LOG_ERROR = 3, ES_LOG_WARN = 4, ES_LOG_INFO = 6, ES_LOG_DEBUG = 7 };

/* NULL-terminated names in the order error, warning, info, debug: for the option table. */
extern const char *const es_log_level_words[];

/* Lines above this level are dropped. Default: info. */
void es_log_set_level(enum es_log_level level);
/* The level of one of es_log_level_words; info for any other word. */
enum es_log_level es_log_level_of_word(const char *word);

/* One line, cut at 1000 bytes; control characters become '?'. errno is kept. */
void es_log(enum es_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) es_log(ES_LOG_ERROR, __VA_ARGS__)
#define log_warn(...) es_log(ES_LOG_WARN, __VA_ARGS__)
#define log_info(...) es_log(ES_LOG_INFO, __VA_ARGS__)
#define log_debug(...) es_log(ES_LOG_DEBUG, __VA_ARGS__)

/* Rate limit of one repeated fact: zero-initialise, keep next to what repeats. */
struct es_log_limit {
	int64_t next_ms;
	uint32_t held_back;
};

/*
 * True when the fact may be logged now: at most once in every_ms of monotonic time.
 * *held_back = how often it was kept quiet since the last time, for the text of the line.
 */
bool es_log_limit_pass(
    struct es_log_limit *limit, int64_t now_ms, uint32_t every_ms, uint32_t *held_back);

#endif
