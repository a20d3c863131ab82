/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/hosts/{agent}: what one machine went through over a time, and the calls of that time. */
#include "collector/portal/api.h"
#include "collector/query/agent_list.h"
#include "collector/query/contexts.h"
#include "collector/query/signal_history.h"
#include "earshot/signal.h"
#include "probes/base/signal_limit.h"
#include "proto/decode.h"

#include <stdlib.h>

enum {
	ARENA_BYTES = 256 << 10,
	BEFORE_S = 31 * 86400, /* changes of so long a time say in which context a range begins */
	CHANGES_MAX = 2000,    /* in an answer */
};

struct asked {
	const struct es_api *api;
	const struct es_agent *agent;
	es_time from, to;
	struct es_alloc alloc;
	struct es_signal_history *signals;
	struct es_contexts *contexts;
	struct es_json *json; /* of the array of changes */
	uint32_t n_changes, n_left_out;
};

static void
put_slice(struct es_json *j, const char *key, es_slice text)
{
	if (text.n == 0)
		return;
	es_json_key(j, key);
	es_json_slice(j, text);
}

static void
put_seconds(struct es_json *j, const char *key, es_time t, es_time since)
{
	es_json_key(j, key);
	es_json_scaled(j, es_time_diff(t, since) / ES_NS_PER_MS, 3, 3);
}

static void
write_change(struct asked *a, const struct es_change *c)
{
	const char *kind = es_change_name((enum es_change_kind)c->kind);

	if (es_time_before(c->time, a->from) || kind == NULL)
		return;
	if (a->n_changes == CHANGES_MAX) {
		a->n_left_out++;
		return;
	}
	a->n_changes++;
	es_json_begin(a->json);
	es_json_key(a->json, "time");
	es_json_time(a->json, c->time);
	es_json_key(a->json, "kind");
	es_json_str(a->json, kind);
	es_json_key(a->json, "subject");
	es_json_slice(a->json, c->subject);
	put_slice(a->json, "before", c->before);
	put_slice(a->json, "after", c->after);
	if (c->synthetic) {
		es_json_key(a->json, "synthetic");
		es_json_bool(a->json, true);
	}
	es_json_end(a->json);
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct asked *a = ctx;

	if (rec->type == ES_REC_HOST) {
		es_signal_history_take(a->signals, &rec->u.host);
	} else if (rec->type == ES_REC_CHANGE) {
		es_contexts_take(a->contexts, &rec->u.change);
		write_change(a, &rec->u.change);
	}
}

static bool
decode(void *ctx, const struct es_found *found)
{
	struct asked *a = ctx;

	es_alloc_reset(&a->alloc);
	(void)es_record_decode(found->row.bytes, &a->alloc, take, a);
	return true;
}

/* ---- signals ---- */

static void
write_point(struct es_json *j, const struct es_signal_point *p, es_time since)
{
	es_json_begin(j);
	put_seconds(j, "from_s", p->start, since);
	put_seconds(j, "to_s", p->end, since);
	es_json_key(j, "value");
	es_json_i64(j, p->value);
	if (p->low != p->high) {
		es_json_key(j, "low");
		es_json_i64(j, p->low);
		es_json_key(j, "high");
		es_json_i64(j, p->high);
	}
	es_json_end(j);
}

/* What it is judged by: a count over ES_SIGNAL_PERIOD_MS. */
static void
write_limit(struct es_json *j, enum es_signal signal)
{
	const struct es_signal_limit *l = es_signal_limit_of((uint16_t)signal);

	if (l == NULL || l->side == ES_LIMIT_NONE)
		return;
	if (l->side == ES_LIMIT_ABOVE)
		es_json_key(j, "bad_above");
	else
		es_json_key(j, "bad_below");
	es_json_i64(j, l->limit);
	if (!l->is_count)
		return;
	es_json_key(j, "per_s");
	es_json_scaled(j, ES_SIGNAL_PERIOD_MS, 3, 3);
}

static void
write_signal(struct es_json *j, const struct asked *a, enum es_signal signal)
{
	size_t n = es_signal_history_bins(a->signals), i = 0;
	struct es_signal_point p;

	while (i < n && !es_signal_history_point(a->signals, signal, i, &p))
		i++;
	if (i == n)
		return;
	es_json_key(j, es_signal_name(signal));
	es_json_begin(j);
	es_json_key(j, "unit");
	es_json_str(j, es_signal_unit(signal));
	write_limit(j, signal);
	es_json_key(j, "points");
	es_json_array(j);
	for (; i < n; i++)
		if (es_signal_history_point(a->signals, signal, i, &p))
			write_point(j, &p, a->from);
	es_json_array_end(j);
	es_json_end(j);
}

static int
write_signals(struct asked *a, struct es_json *j)
{
	int err = es_store_find_machine(
	    a->api->store, a->agent->id, ES_REC_HOST, a->from, a->to, decode, a);

	put_slice(j, "interface", es_signal_history_interface(a->signals));
	if (es_signal_history_is_synthetic(a->signals)) {
		es_json_key(j, "synthetic");
		es_json_bool(j, true);
	}
	es_json_key(j, "signals");
	es_json_begin(j);
	for (int k = 1; k < ES_SIG_END; k++)
		write_signal(j, a, (enum es_signal)k);
	es_json_end(j);
	return err;
}

/* ---- changes and contexts ---- */

static void
write_context(struct es_json *j, const struct es_context *c)
{
	es_slice route = es_contexts_text(c, ES_CHANGE_ROUTE, "default");

	es_json_begin(j);
	es_json_key(j, "from");
	es_json_time(j, c->start);
	es_json_key(j, "to");
	es_json_time(j, c->end);
	put_slice(j, "network",
	    route.n > 0 ? route : es_contexts_text(c, ES_CHANGE_ROUTE, "default ipv6"));
	put_slice(j, "wifi", es_contexts_text(c, ES_CHANGE_WIFI_BSSID, NULL));
	es_json_key(j, "vpn");
	es_json_array(j);
	for (uint32_t i = 0; i < c->n_states; i++) {
		const struct es_context_state *s = &c->states[i];

		if (s->kind == ES_CHANGE_VPN &&
		    !es_slice_eq(es_slice_of(s->text, s->n_text), es_slice_str("down")))
			es_json_slice(j, es_slice_of(s->subject, s->n_subject));
	}
	es_json_array_end(j);
	put_slice(j, "power", es_contexts_text(c, ES_CHANGE_POWER, "supply"));
	put_slice(j, "audio", es_contexts_text(c, ES_CHANGE_AUDIO, NULL));
	es_json_end(j);
}

static int
write_changes(struct asked *a, struct es_json *j)
{
	int err;

	a->json = j;
	es_contexts_begin(a->contexts, a->from, a->to);
	es_json_key(j, "changes");
	es_json_array(j);
	err = es_store_find_machine(a->api->store, a->agent->id, ES_REC_CHANGE,
	    es_time_add(a->from, -BEFORE_S * ES_NS_PER_S), a->to, decode, a);
	es_json_array_end(j);
	es_contexts_end(a->contexts);
	if (a->n_left_out > 0) {
		es_json_key(j, "changes_left_out");
		es_json_u64(j, a->n_left_out);
	}
	es_json_key(j, "contexts");
	es_json_array(j);
	for (uint32_t i = 0; i < a->contexts->n; i++)
		write_context(j, &a->contexts->list[i]);
	es_json_array_end(j);
	if (a->contexts->n_left_out > 0) {
		es_json_key(j, "contexts_left_out");
		es_json_u64(j, a->contexts->n_left_out);
	}
	return err;
}

/* ---- the answer ---- */

static int
write_machine(struct asked *a, es_time now, struct es_body *out)
{
	struct es_body_json j;
	int err;

	es_body_json(&j, out);
	es_json_begin(&j.json);
	es_api_host_name(&j.json, a->agent, now);
	es_json_key(&j.json, "from");
	es_json_time(&j.json, a->from);
	es_json_key(&j.json, "to");
	es_json_time(&j.json, a->to);
	err = write_signals(a, &j.json);
	if (err == 0)
		err = write_changes(a, &j.json);
	es_json_flush(&j.json);
	return err;
}

/* The object is left open for them. */
static int
write_calls(const struct asked *a, struct es_body *out)
{
	struct es_calls_query q = { .from = a->from,
		.to = a->to,
		.site = "",
		.agent = a->agent->name,
		.q = "",
		.number = "",
		.segment = "",
		.codec = "",
		.limit = ES_CALLS_LIMIT_MAX };
	int err;

	es_body_format(out, ",");
	err = es_api_calls_members(a->api, &q, out);
	es_body_format(out, "}\n");
	return err;
}

static int
answer(struct asked *a, es_time now, struct es_body *out)
{
	int err = es_alloc_new(&a->alloc, ARENA_BYTES);

	if (err < 0)
		return err;
	a->signals = es_signal_history_new(a->from, a->to);
	a->contexts = malloc(sizeof(*a->contexts));
	err = a->signals == NULL || a->contexts == NULL ? ES_ENOMEM : write_machine(a, now, out);
	if (err == 0)
		err = write_calls(a, out);
	free(a->contexts);
	es_signal_history_free(a->signals);
	es_alloc_free(&a->alloc);
	return err;
}

void
es_api_host(const struct es_api *api, const char *name, es_parameter_fn *parameter, void *ctx,
    es_time now, struct es_answer *out)
{
	struct es_agent_list list = { .agents = NULL };
	struct asked a = { .api = api };
	const char *wrong, *expected;
	int err;

	if (es_query_of_host(parameter, ctx, now, &a.from, &a.to, &wrong, &expected) < 0) {
		es_api_error(out, 400, "a parameter cannot be understood", wrong, expected);
		return;
	}
	out->status = 200;
	out->type = "application/json";
	err = es_agent_list_read(api->store, &list);
	if (err == 0 && (a.agent = es_agent_list_find(&list, name)) == NULL)
		err = ES_ENOTFOUND;
	if (err == 0)
		err = answer(&a, now, &out->body);
	if (err == ES_ENOTFOUND)
		es_api_error(out, 404, "no agent has this name", NULL, NULL);
	else if (err < 0)
		es_api_error(out, 503,
		    err == ES_ENOMEM ? "out of memory" : es_store_error(api->store), NULL, NULL);
	es_agent_list_free(&list);
}
