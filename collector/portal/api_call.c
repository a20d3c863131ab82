/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/calls/{id}. */
#include "collector/portal/api.h"
#include "collector/query/gather.h"

#include <string.h>

struct one_call {
	const char *id;
	bool has_start;
	es_time start;
	struct es_answer *out;
	bool found;
};

/* Calls come in the order of their start: of several under one Call-ID the last one stays. */
static void
write_call(void *ctx, const struct es_explained *call)
{
	struct one_call *o = ctx;
	struct es_body_json j;

	if (!es_gathered_is_named(call, es_slice_str(o->id)) ||
	    (o->has_start && call->start.ns / ES_NS_PER_US != o->start.ns / ES_NS_PER_US))
		return;
	o->found = true;
	es_body_clear(&o->out->body);
	es_body_json(&j, &o->out->body);
	es_explained_json(call, &j.json);
	es_json_line(&j.json);
}

void
es_api_call(struct es_store *store, const char *id, es_parameter_fn *parameter, void *ctx,
    struct es_answer *out)
{
	struct one_call o = { .id = id, .out = out };
	const char *start = parameter(ctx, "start");
	struct es_gather *g = NULL;
	int err;

	o.has_start = start != NULL && start[0] != '\0';
	if (o.has_start && es_parse_instant(start, &o.start) < 0) {
		es_api_error(out, 400, "a parameter cannot be understood", "start",
		    "the start of a call as in 2026-01-31T08:00:00.000000Z");
		return;
	}
	out->status = 200;
	out->type = "application/json";
	err = es_gather_new(store, &g);
	if (err == 0)
		err = es_gather_load(g, es_slice_str(id));
	if (err == 0)
		err = es_gather_solve(g, write_call, &o);
	es_gather_free(g);
	if (err == ES_ENOTFOUND || (err == 0 && !o.found))
		es_api_error(out, 404, "no agent delivered such a call", NULL, NULL);
	else if (err < 0)
		es_api_error(out, 503, err == ES_ENOMEM ? "out of memory" : es_store_error(store),
		    NULL, NULL);
}
