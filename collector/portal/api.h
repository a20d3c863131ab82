/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the portal and /metrics, without HTTP: a path and its parameters in, a document out. */
#ifndef COLLECTOR_PORTAL_API_H
#define COLLECTOR_PORTAL_API_H

#include "collector/portal/body.h"
#include "collector/query/query.h"
#include "collector/store/store.h"
#include "runtime/crypto/pseudonym.h"

/* An answer in the making. */
struct es_answer {
	int status;
	const char *type; /* Content-Type */
	struct es_body body;
};

/* What the API answers from. */
struct es_api {
	struct es_store *store;
	const struct es_pseudonym
	    *key;        /* of the parties that are searched for; NULL: none can be */
	const char *who; /* asks, for the log; NULL: whoever runs this program */
};

enum { ES_API_PARAMETERS_MAX = 24 };

/* The names of the parameters that a path takes; ends with NULL, and is empty for a path that takes none. */
const char *const *es_api_parameters(const char *path);
/* Answers 400 to a request with a parameter that its path does not take, or takes once. False: it has none of these. */
bool es_api_refuses(
    const char *path, const char *(*name)(void *ctx, size_t n), void *ctx, struct es_answer *out);

/*
 * path is decoded. What the store has not answered at due_ms, of the monotonic clock, ends as a 503 or as a
 * part of a list; 0: it may take any time. False: no such path.
 */
bool es_api_answer(const struct es_api *api, const char *path, es_parameter_fn *parameter,
    void *ctx, es_time now, int64_t due_ms, struct es_answer *out);

/* The parts of es_api_answer, one per path. Each fills *out, also with an error. */
void es_api_calls(
    const struct es_api *api, es_parameter_fn *parameter, void *ctx, struct es_answer *out);
/*
 * The list of calls as the members of an object: "calls", and "found", "next", "partial" where they are. ES_EMALFORMED (no
 * number to search for), ES_ENOMEM; else the store has the reason.
 */
int
es_api_calls_members(const struct es_api *api, const struct es_calls_query *q, struct es_body *out);
/* The parameter `start` selects one of the calls of one Call-ID; without it the newest is taken. */
void es_api_call(struct es_store *store, const char *id, es_parameter_fn *parameter, void *ctx,
    struct es_answer *out);
void es_api_agents(struct es_store *store, es_time now, struct es_answer *out);
void es_api_hosts(struct es_store *store, es_time now, struct es_answer *out);
void es_api_host(const struct es_api *api, const char *name, es_parameter_fn *parameter, void *ctx,
    es_time now, struct es_answer *out);
/* "agent", "site", "role", "state": whose machine it is. */
void es_api_host_name(struct es_json *j, const struct es_agent *a, es_time now);
void es_api_metrics(struct es_store *store, es_time now, struct es_answer *out);

/* {"error": ..., "parameter": ..., "expected": ...}; parameter NULL: the error alone. */
void es_api_error(struct es_answer *out, int status, const char *error, const char *parameter,
    const char *expected);

#endif
