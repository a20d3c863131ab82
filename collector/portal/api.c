/* SPDX-License-Identifier: Apache-2.0 */
/* The API without HTTP: which document a path names. */
#include "collector/portal/api.h"

/* Of one request, in thousands of SQLite's instructions: some seconds on a slow machine. */
enum { BUDGET_WORK = 400000 };

bool
es_api_answer(struct es_store *store, const char *path, es_parameter_fn *parameter, void *ctx,
    es_time now, int64_t due_ms, struct es_answer *out)
{
	static const char one_call[] = "/api/v1/calls/";

	es_store_budget(store, BUDGET_WORK, due_ms);
	if (strcmp(path, "/metrics") == 0)
		es_api_metrics(store, now, out);
	else if (strcmp(path, "/api/v1/calls") == 0)
		es_api_calls(store, parameter, ctx, out);
	else if (strncmp(path, one_call, sizeof(one_call) - 1) == 0 &&
		 path[sizeof(one_call) - 1] != '\0')
		es_api_call(store, path + sizeof(one_call) - 1, parameter, ctx, out);
	else if (strcmp(path, "/api/v1/agents") == 0)
		es_api_agents(store, now, out);
	else if (strncmp(path, "/api/", 5) == 0)
		es_api_error(out, 404, "there is no such resource", NULL, NULL);
	else
		return false;
	if (out->body.bad)
		es_api_error(out, 500, "the answer is too large", NULL, NULL);
	return true;
}
