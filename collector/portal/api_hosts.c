/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/hosts: each machine as it last said it was. */
#include "collector/portal/api.h"
#include "collector/query/agent_list.h"
#include "collector/query/agent_state.h"
#include "collector/query/signal_history.h"
#include "earshot/signal.h"
#include "probes/base/signal_limit.h"
#include "proto/decode.h"

enum { ARENA_BYTES = 256 << 10 };

/* Of one machine after the other. */
struct reading {
	struct es_alloc alloc;
	struct es_signal_history *last;
	es_time from, at; /* of the newest record; 0: nothing was sampled yet */
};

static void
note_time(void *ctx, const struct es_record *rec)
{
	struct reading *r = ctx;

	if (rec->type != ES_REC_HOST)
		return;
	r->from = rec->u.host.start;
	r->at = rec->u.host.end;
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct reading *r = ctx;

	if (rec->type == ES_REC_HOST)
		es_signal_history_take(r->last, &rec->u.host);
}

static bool
decode_time(void *ctx, const struct es_found *found)
{
	struct reading *r = ctx;

	es_alloc_reset(&r->alloc);
	(void)es_record_decode(found->row.bytes, &r->alloc, note_time, r);
	return true;
}

static bool
decode(void *ctx, const struct es_found *found)
{
	struct reading *r = ctx;

	es_alloc_reset(&r->alloc);
	(void)es_record_decode(found->row.bytes, &r->alloc, take, r);
	return true;
}

/* Its newest record, and those before it that say what it leaves out. */
static int
read_last(struct es_store *store, int64_t agent, struct reading *r)
{
	int err;

	r->at = es_time_of_ns(0);
	err = es_store_find_last(store, agent, ES_REC_HOST, decode_time, r);
	if (err < 0 || r->at.ns == 0)
		return err;
	r->last = es_signal_history_new(r->from, r->at);
	return r->last == NULL
		   ? ES_ENOMEM
		   : es_store_find_machine(store, agent, ES_REC_HOST, r->from, r->at, decode, r);
}

static void
write_signals(struct es_json *j, const struct es_signal_history *h)
{
	struct es_signal_point p;

	es_json_key(j, "signals");
	es_json_begin(j);
	for (int k = 1; k < ES_SIG_END; k++)
		if (es_signal_history_point(h, (enum es_signal)k, 0, &p)) {
			es_json_key(j, es_signal_name((enum es_signal)k));
			es_json_i64(j, p.value);
		}
	es_json_end(j);
}

/* Which of them are beyond their limit. */
static void
write_beyond(struct es_json *j, const struct es_signal_history *h)
{
	const struct es_signal_limit *l;
	struct es_signal_point p;

	es_json_key(j, "beyond");
	es_json_array(j);
	for (uint32_t i = 0; (l = es_signal_limit_at(i)) != NULL; i++)
		if (es_signal_history_point(h, l->signal, 0, &p) &&
		    es_signal_limit_is_beyond(l, es_signal_limit_comparable(l, p.value,
						     es_time_diff(p.end, p.start) / ES_NS_PER_MS)))
			es_json_str(j, es_signal_name(l->signal));
	es_json_array_end(j);
}

static void
write_last(struct es_json *j, const struct reading *r)
{
	es_slice interface = es_signal_history_interface(r->last);

	es_json_key(j, "sampled");
	es_json_time(j, r->at);
	if (interface.n > 0) {
		es_json_key(j, "interface");
		es_json_slice(j, interface);
	}
	if (es_signal_history_is_synthetic(r->last)) {
		es_json_key(j, "synthetic");
		es_json_bool(j, true);
	}
	if (es_signal_history_bins(r->last) == 0)
		return;
	write_signals(j, r->last);
	write_beyond(j, r->last);
}

void
es_api_host_name(struct es_json *j, const struct es_agent *a, es_time now)
{
	const char *role = es_role_name(a->role);

	es_json_key(j, "agent");
	es_json_str(j, a->name);
	if (a->site[0] != '\0') {
		es_json_key(j, "site");
		es_json_str(j, a->site);
	}
	if (role != NULL) {
		es_json_key(j, "role");
		es_json_str(j, role);
	}
	es_json_key(j, "state");
	es_json_str(j, es_agent_state_name(es_agent_state_of(a, now)));
}

/* ES_ENOTFOUND: it never sampled its machine, which is no error of the list. */
static int
write_host(struct es_store *store, const struct es_agent *a, es_time now, struct reading *r,
    struct es_json *j)
{
	int err = read_last(store, a->id, r);

	if (err == 0 || err == ES_ENOTFOUND) {
		es_json_begin(j);
		es_api_host_name(j, a, now);
		if (r->last != NULL)
			write_last(j, r);
		es_json_end(j);
		err = 0;
	}
	es_signal_history_free(r->last);
	r->last = NULL;
	return err;
}

static int
write_hosts(struct es_store *store, const struct es_agent_list *l, es_time now, struct es_body *out)
{
	struct reading r = { .last = NULL };
	struct es_body_json j;
	int err = es_alloc_new(&r.alloc, ARENA_BYTES);

	if (err < 0)
		return err;
	es_body_json(&j, out);
	es_json_begin(&j.json);
	es_json_key(&j.json, "now");
	es_json_time(&j.json, now);
	es_json_key(&j.json, "hosts");
	es_json_array(&j.json);
	for (size_t i = 0; err == 0 && i < l->n; i++)
		err = write_host(store, &l->agents[i], now, &r, &j.json);
	es_json_array_end(&j.json);
	es_json_end(&j.json);
	es_json_line(&j.json);
	es_alloc_free(&r.alloc);
	return err;
}

void
es_api_hosts(struct es_store *store, es_time now, struct es_answer *out)
{
	struct es_agent_list list = { .agents = NULL };
	int err = es_agent_list_read(store, &list);

	out->status = 200;
	out->type = "application/json";
	if (err == 0)
		err = write_hosts(store, &list, now, &out->body);
	if (err < 0)
		es_api_error(out, 503, err == ES_ENOMEM ? "out of memory" : es_store_error(store),
		    NULL, NULL);
	es_agent_list_free(&list);
}
