/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that ask the store, answered one after the other by a thread of their own: whatever they cost,
 * the loop that takes requests is not blocked, and /healthz and /readyz are answered at once.
 *
 *     loop: ask ──> waiting ──> thread: es_api_answer ──> answered ──> loop: done
 */
#ifndef COLLECTOR_PORTAL_ANSWERS_H
#define COLLECTOR_PORTAL_ANSWERS_H

#include "collector/portal/api.h"
#include "runtime/loop/loop.h"

enum {
	ES_ANSWERS_WAITING_MAX = 16,
	ES_ANSWER_MS = 1000, /* one request may keep the thread so long */
};

struct es_answers;

/* On the loop, once for every request asked; request is what was given to _ask. answer is borrowed. */
typedef void es_answered_fn(void *ctx, void *request, const struct es_answer *answer);

/*
 * key: of the parties that are searched for, copied; NULL: none. store is taken over: only the thread uses it from here on, and it is closed by _free. clock_ms, the monotonic
 * clock, is read by the thread. ES_ENOMEM, ES_EIO.
 */
int es_answers_new(struct es_loop *loop, struct es_store *store, const struct es_pseudonym *key,
    int64_t (*clock_ms)(void), es_answered_fn *done, void *ctx, struct es_answers **out);
/* Waits for the request at hand; those behind it are dropped. NULL is fine. */
void es_answers_free(struct es_answers *a);

/* ES_EFULL: too many wait already. who: asks, for the log. It, path and parameters are copied. */
int es_answers_ask(struct es_answers *a, const char *who, const char *path,
    es_parameter_fn *parameter, void *ctx, es_time now, void *request);

#endif
