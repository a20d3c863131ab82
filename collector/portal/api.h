/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the portal and /metrics, without HTTP: a path and its parameters in, a document out. */
#ifndef COLLECTOR_PORTAL_API_H
#define COLLECTOR_PORTAL_API_H

#include "collector/portal/body.h"
#include "collector/query/query.h"
#include "collector/store/store.h"

/* An answer in the making. */
struct es_answer {
	int status;
	const char *type; /* Content-Type */
	struct es_body body;
};

/*
 * path is decoded. What the store has not answered at due_ms, of the monotonic clock, ends as a 503 or as a
 * part of a list; 0: it may take any time. False: no such path.
 */
bool es_api_answer(struct es_store *store, const char *path, es_parameter_fn *parameter, void *ctx,
    es_time now, int64_t due_ms, struct es_answer *out);

/* The parts of es_api_answer, one per path. Each fills *out, also with an error. */
void
es_api_calls(struct es_store *store, es_parameter_fn *parameter, void *ctx, struct es_answer *out);
/* The parameter `start` selects one of the calls of one Call-ID; without it the newest is taken. */
void es_api_call(struct es_store *store, const char *id, es_parameter_fn *parameter, void *ctx,
    struct es_answer *out);
void es_api_agents(struct es_store *store, es_time now, struct es_answer *out);
void es_api_metrics(struct es_store *store, es_time now, struct es_answer *out);

/* {"error": ..., "parameter": ..., "expected": ...}; parameter NULL: the error alone. */
void es_api_error(struct es_answer *out, int status, const char *error, const char *parameter,
    const char *expected);

#endif
