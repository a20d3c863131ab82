/* SPDX-License-Identifier: Apache-2.0 */
/* The API without HTTP: which document a path names. */
#include "collector/portal/api.h"

/* Of one request, in thousands of SQLite's instructions: some seconds on a slow machine. */
enum { BUDGET_WORK = 400000 };

void
es_api_error(struct es_answer *out, int status, const char *error, const char *parameter,
    const char *expected)
{
	struct es_body_json j;

	out->status = status;
	out->type = "application/json";
	es_body_clear(&out->body);
	es_body_json(&j, &out->body);
	es_json_begin(&j.json);
	es_json_key(&j.json, "error");
	es_json_str(&j.json, error);
	if (parameter != NULL) {
		es_json_key(&j.json, "parameter");
		es_json_str(&j.json, parameter);
		es_json_key(&j.json, "expected");
		es_json_str(&j.json, expected);
	}
	es_json_end(&j.json);
	es_json_line(&j.json);
}

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
