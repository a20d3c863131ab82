/* SPDX-License-Identifier: Apache-2.0 */
/* The API without HTTP: which document a path names. */
#include "collector/portal/api.h"

#include <stdio.h>
#include <string.h>

/* Of one request, in thousands of SQLite's instructions: some seconds on a slow machine. */
enum { BUDGET_WORK = 400000 };

static const char one_call[] = "/api/v1/calls/";

static const char one_host[] = "/api/v1/hosts/";

/* What a path names below a prefix; NULL: nothing. */
static const char *
below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && path[n] != '\0' ? path + n : NULL;
}

const char *const *
es_api_parameters(const char *path)
{
	static const char *const of_call[] = { "start", NULL };
	static const char *const none[] = { NULL };

	if (strcmp(path, "/api/v1/calls") == 0)
		return es_calls_parameters;
	if (below(path, one_host) != NULL)
		return es_host_parameters;
	return below(path, one_call) != NULL ? of_call : none;
}

/* "one of from, to", for people. */
static void
list_names(const char *const *names, char *out, size_t cap)
{
	size_t at = (size_t)snprintf(out, cap, names[0] == NULL ? "no parameter" : "one of ");

	for (int i = 0; names[i] != NULL && at < cap; i++)
		at += (size_t)snprintf(out + at, cap - at, "%s%s", i == 0 ? "" : ", ", names[i]);
}

bool
es_api_refuses(
    const char *path, const char *(*name)(void *ctx, size_t n), void *ctx, struct es_answer *out)
{
	const char *const *names = es_api_parameters(path);
	bool is_given[ES_API_PARAMETERS_MAX] = { false };
	char expected[512];
	const char *given;

	for (size_t n = 0; (given = name(ctx, n)) != NULL; n++) {
		int i = 0;

		while (names[i] != NULL && strcmp(names[i], given) != 0)
			i++;
		if (names[i] == NULL) {
			list_names(names, expected, sizeof(expected));
			es_api_error(out, 400, "there is no such parameter", given, expected);
			return true;
		}
		if (is_given[i]) {
			es_api_error(out, 400, "a parameter is given twice", given, "one value");
			return true;
		}
		is_given[i] = true;
	}
	return false;
}

bool
es_api_answer(const struct es_api *api, const char *path, es_parameter_fn *parameter, void *ctx,
    es_time now, int64_t due_ms, struct es_answer *out)
{
	es_store_budget(api->store, BUDGET_WORK, due_ms);
	if (strcmp(path, "/metrics") == 0)
		es_api_metrics(api->store, now, out);
	else if (strcmp(path, "/api/v1/calls") == 0)
		es_api_calls(api, parameter, ctx, out);
	else if (below(path, one_call) != NULL)
		es_api_call(api->store, below(path, one_call), parameter, ctx, out);
	else if (strcmp(path, "/api/v1/hosts") == 0)
		es_api_hosts(api->store, now, out);
	else if (below(path, one_host) != NULL)
		es_api_host(api, below(path, one_host), parameter, ctx, now, out);
	else if (strcmp(path, "/api/v1/agents") == 0)
		es_api_agents(api->store, now, out);
	else if (strncmp(path, "/api/", 5) == 0)
		es_api_error(out, 404, "there is no such resource", NULL, NULL);
	else
		return false;
	if (out->body.bad)
		es_api_error(out, 500, "the answer is too large", NULL, NULL);
	return true;
}
