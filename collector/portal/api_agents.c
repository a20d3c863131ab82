/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/agents and /metrics: who delivers, how far behind, what was not measured. */
#include "collector/portal/api.h"
#include "collector/query/agent_list.h"
#include "collector/query/agent_state.h"
#include "proto/decode.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	ARENA_BYTES = 256 << 10,
	BOTH_S = 150, /* in so long both of an agent's processes report, each once a minute */
};

/* The counters of an agent that are shown, in this order. */
static const struct {
	uint32_t counter;
	const char *name;
} shown[] = {
	{ ES_CNT_SPOOL_RECORDS, "spool_records" },
	{ ES_CNT_SPOOL_BYTES, "spool_bytes" },
	{ ES_CNT_CAPTURE_DROPPED, "capture_dropped" },
	{ ES_CNT_HOP_DROPPED, "hop_dropped" },
	{ ES_CNT_STREAMS_EVICTED, "streams_evicted" },
	{ ES_CNT_CALLS_EVICTED, "calls_evicted" },
	{ ES_CNT_SHED_LEVEL, "shed_level" },
	{ ES_CNT_STREAMS_SHED, "streams_shed" },
	{ ES_CNT_PARSER_CRASHES, "parser_crashes" },
	{ ES_CNT_END, NULL },
};

enum { N_SHOWN = sizeof(shown) / sizeof(shown[0]) };

/* What the last health records of an agent's two processes report; counters that they did not list stay unknown. */
struct last_health {
	struct es_alloc alloc;
	es_time at; /* of the newest */
	bool has[N_SHOWN];
	uint64_t value[N_SHOWN];
};

static bool
is_of_spool(uint32_t counter)
{
	return counter == ES_CNT_SPOOL_RECORDS || counter == ES_CNT_SPOOL_BYTES;
}

/* The shipper alone has a spool. */
static bool
is_of_shipper(const struct es_health *h)
{
	for (uint32_t i = 0; i < h->n_values; i++)
		if (is_of_spool(h->values[i].counter))
			return true;
	return false;
}

/* Records come in the order of their times: each replaces the one before of its own process. */
static void
take_health(void *ctx, const struct es_record *rec)
{
	struct last_health *h = ctx;

	if (rec->type != ES_REC_HEALTH)
		return;
	h->at = rec->u.health.time;
	for (int k = 0; shown[k].name != NULL; k++)
		if (is_of_spool(shown[k].counter) == is_of_shipper(&rec->u.health))
			h->has[k] = false;
	for (uint32_t i = 0; i < rec->u.health.n_values; i++) {
		const struct es_counter_value *v = &rec->u.health.values[i];

		for (int k = 0; shown[k].name != NULL; k++)
			if (shown[k].counter == v->counter) {
				h->has[k] = true;
				h->value[k] = v->value;
			}
	}
}

static bool
decode_health(void *ctx, const struct es_found *found)
{
	struct last_health *h = ctx;

	es_alloc_reset(&h->alloc);
	(void)es_record_decode(found->row.bytes, &h->alloc, take_health, h);
	return true;
}

static void
find_health(struct es_store *store, int64_t agent, struct last_health *h)
{
	memset(h->has, 0, sizeof(h->has));
	h->at = es_time_of_ns(0);
	(void)es_store_find_last(store, agent, ES_REC_HEALTH, decode_health, h); /* none: unknown */
	if (h->at.ns != 0)
		(void)es_store_find_machine(store, agent, ES_REC_HEALTH,
		    es_time_add(h->at, -BOTH_S * ES_NS_PER_S), h->at, decode_health, h);
}

struct asking {
	struct es_agent_list list;
	struct es_renewal *renewals; /* of each agent; generation 0: not known */
	struct last_health health;
};

/* A database of before renewals has none: nothing is known of them. */
static bool
ask_renewals(struct es_store *store, struct asking *a)
{
	a->renewals = calloc(a->list.n + 1, sizeof(*a->renewals));
	for (size_t i = 0; a->renewals != NULL && i < a->list.n; i++)
		if (es_store_renewal_get(store, a->list.agents[i].id, &a->renewals[i]) < 0)
			a->renewals[i].generation = 0;
	return a->renewals != NULL;
}

static bool
ask(struct es_store *store, struct asking *a, struct es_answer *out)
{
	int err;

	memset(a, 0, sizeof(*a));
	if (es_alloc_new(&a->health.alloc, ARENA_BYTES) < 0) {
		es_api_error(out, 503, "out of memory", NULL, NULL);
		return false;
	}
	err = es_agent_list_read(store, &a->list);
	if (err == 0 && !ask_renewals(store, a))
		err = ES_ENOMEM;
	if (err == 0)
		return true;
	es_api_error(
	    out, 503, err == ES_ENOMEM ? "out of memory" : es_store_error(store), NULL, NULL);
	return false;
}

static void
asked(struct asking *a)
{
	es_agent_list_free(&a->list);
	free(a->renewals);
	es_alloc_free(&a->health.alloc);
}

static void
write_epoch(struct es_json *j, const struct es_agent *a)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * ES_STORE_EPOCH_LEN + 1];

	for (size_t i = 0; i < ES_STORE_EPOCH_LEN; i++) {
		text[2 * i] = digits[a->epoch[i] >> 4];
		text[2 * i + 1] = digits[a->epoch[i] & 15];
	}
	text[2 * ES_STORE_EPOCH_LEN] = '\0';
	es_json_key(j, "epoch");
	es_json_str(j, text);
	es_json_key(j, "seq");
	es_json_u64(j, a->seq);
}

static void
write_renewal(struct es_json *j, const struct es_renewal *r)
{
	if (r->generation == 0)
		return;
	es_json_key(j, "certificate_generation");
	es_json_u64(j, r->generation);
	if (r->clones == 0)
		return;
	es_json_key(j, "clones");
	es_json_u64(j, r->clones);
	es_json_key(j, "clone_seen");
	es_json_time(j, r->clone);
}

static void
write_agent(struct es_json *j, const struct es_agent *a, const struct es_renewal *r,
    const struct last_health *h, es_time now)
{
	const char *role = es_role_name(a->role);

	es_json_begin(j);
	es_json_key(j, "name");
	es_json_str(j, a->name);
	es_json_key(j, "id");
	es_json_str(j, a->cn);
	if (a->site[0] != '\0') {
		es_json_key(j, "site");
		es_json_str(j, a->site);
	}
	if (role != NULL) {
		es_json_key(j, "role");
		es_json_str(j, role);
	}
	if (a->version[0] != '\0') {
		es_json_key(j, "version");
		es_json_str(j, a->version);
	}
	es_json_key(j, "state");
	es_json_str(j, es_agent_state_name(es_agent_state_of(a, now)));
	es_json_key(j, "disabled");
	es_json_bool(j, a->disabled);
	es_json_key(j, "enrolled");
	es_json_time(j, a->enrolled);
	es_json_key(j, "certificate_until");
	es_json_time(j, a->not_after);
	write_renewal(j, r);
	if (a->has_seen) {
		es_json_key(j, "last_seen");
		es_json_time(j, a->seen);
		es_json_key(j, "age_s");
		es_json_i64(j, es_agent_age_s(a, now));
		es_json_key(j, "clock_offset_ms");
		es_json_scaled(j, a->clock_ns / 1000, 3, 3);
	}
	if (a->has_epoch)
		write_epoch(j, a);
	es_json_key(j, "records");
	es_json_u64(j, a->records);
	es_json_key(j, "refused");
	es_json_u64(j, a->refused);
	es_json_key(j, "duplicates");
	es_json_u64(j, a->duplicates);
	es_json_key(j, "lost");
	es_json_u64(j, a->lost);
	for (int k = 0; shown[k].name != NULL; k++)
		if (h->has[k]) {
			es_json_key(j, shown[k].name);
			es_json_u64(j, h->value[k]);
		}
	es_json_end(j);
}

void
es_api_agents(struct es_store *store, es_time now, struct es_answer *out)
{
	struct es_body_json j;
	struct asking a;

	if (ask(store, &a, out)) {
		out->status = 200;
		out->type = "application/json";
		es_body_json(&j, &out->body);
		es_json_begin(&j.json);
		es_json_key(&j.json, "now");
		es_json_time(&j.json, now);
		es_json_key(&j.json, "agents");
		es_json_array(&j.json);
		for (size_t i = 0; i < a.list.n; i++) {
			find_health(store, a.list.agents[i].id, &a.health);
			write_agent(&j.json, &a.list.agents[i], &a.renewals[i], &a.health, now);
		}
		es_json_array_end(&j.json);
		es_json_end(&j.json);
		es_json_line(&j.json);
	}
	asked(&a);
}

/* Names of agents hold nothing that Prometheus would want escaped (es_pki_is_name). */
static void
metric_of_agents(struct es_body *t, const struct es_agent_list *l, const char *name,
    const char *type, const char *help, uint64_t (*value)(const struct es_agent *a))
{
	es_body_format(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
	for (size_t i = 0; i < l->n; i++)
		es_body_format(t, "%s{agent=\"%s\"} %" PRIu64 "\n", name, l->agents[i].name,
		    value(&l->agents[i]));
}

static void
metric_of_clones(struct es_body *t, const struct asking *a)
{
	const char *name = "earshot_collector_agent_clones_total";

	es_body_format(t,
	    "# HELP %s Times that an older certificate of the agent was refused: a copy of its key "
	    "is in use.\n# TYPE %s counter\n",
	    name, name);
	for (size_t i = 0; i < a->list.n; i++)
		if (a->renewals[i].generation != 0)
			es_body_format(t, "%s{agent=\"%s\"} %" PRIu64 "\n", name,
			    a->list.agents[i].name, a->renewals[i].clones);
}

static uint64_t
records_of(const struct es_agent *a)
{
	return a->records;
}

static uint64_t
refused_of(const struct es_agent *a)
{
	return a->refused;
}

static uint64_t
duplicates_of(const struct es_agent *a)
{
	return a->duplicates;
}

static uint64_t
lost_of(const struct es_agent *a)
{
	return a->lost;
}

static void
metric_one(struct es_body *t, const char *name, const char *help, uint64_t value)
{
	es_body_format(
	    t, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRIu64 "\n", name, help, name, name, value);
}

static void
metrics_of_time(struct es_body *t, const struct es_agent_list *l)
{
	const char *seen = "earshot_collector_agent_last_seen_timestamp_seconds";
	const char *until = "earshot_collector_agent_certificate_expiry_timestamp_seconds";

	es_body_format(
	    t, "# HELP %s When the agent was last heard.\n# TYPE %s gauge\n", seen, seen);
	for (size_t i = 0; i < l->n; i++)
		if (l->agents[i].has_seen)
			es_body_format(t, "%s{agent=\"%s\"} %" PRId64 ".%03d\n", seen,
			    l->agents[i].name, l->agents[i].seen.ns / ES_NS_PER_S,
			    (int)(l->agents[i].seen.ns % ES_NS_PER_S / ES_NS_PER_MS));
	es_body_format(t, "# HELP %s When its certificate ends.\n# TYPE %s gauge\n", until, until);
	for (size_t i = 0; i < l->n; i++)
		es_body_format(t, "%s{agent=\"%s\"} %" PRId64 "\n", until, l->agents[i].name,
		    l->agents[i].not_after.ns / ES_NS_PER_S);
}

/* Of agents that may deliver and have been heard of. */
static void
metrics_of_age(struct es_body *t, const struct es_agent_list *l, es_time now)
{
	const char *age = "earshot_collector_agent_age_seconds";
	const char *stale = "earshot_collector_agent_stale";

	es_body_format(
	    t, "# HELP %s Time since the agent was last heard.\n# TYPE %s gauge\n", age, age);
	for (size_t i = 0; i < l->n; i++)
		if (l->agents[i].has_seen && !l->agents[i].disabled)
			es_body_format(t, "%s{agent=\"%s\"} %" PRId64 "\n", age, l->agents[i].name,
			    es_agent_age_s(&l->agents[i], now));
	es_body_format(t,
	    "# HELP %s 1 when it was not heard of for three reporting intervals.\n"
	    "# TYPE %s gauge\n",
	    stale, stale);
	for (size_t i = 0; i < l->n; i++)
		if (l->agents[i].has_seen && !l->agents[i].disabled)
			es_body_format(t, "%s{agent=\"%s\"} %d\n", stale, l->agents[i].name,
			    es_agent_state_of(&l->agents[i], now) == ES_AGENT_STALE);
}

static void
metric_of_pruned(struct es_body *t, const uint64_t n[ES_CLASSES])
{
	const char *name = "earshot_collector_records_pruned_total";

	es_body_format(t,
	    "# HELP %s Stored records removed by age or for want of room.\n# TYPE %s counter\n",
	    name, name);
	for (int i = 0; i < ES_CLASSES; i++)
		es_body_format(
		    t, "%s{class=\"%s\"} %" PRIu64 "\n", name, es_store_class_names[i], n[i]);
}

/* Of what ingest noted; nothing before it ever did. */
static void
metric_of_clock(struct es_body *t, struct es_store *store)
{
	struct es_store_instant i;

	if (es_store_instant_get(store, &i) == 0)
		metric_one(t, "earshot_collector_clock_held",
		    "1 while the clock is too far ahead to be believed: it ages no records.",
		    i.is_held);
}

void
es_api_metrics(struct es_store *store, es_time now, struct es_answer *out)
{
	struct es_store_counts counts = { 0 };
	uint64_t pruned[ES_CLASSES];
	struct es_body *t = &out->body;
	struct asking a;

	if (ask(store, &a, out)) {
		if (es_store_count(store, &counts) < 0 || es_store_pruned(store, pruned) < 0) {
			es_api_error(out, 503, es_store_error(store), NULL, NULL);
			asked(&a);
			return;
		}
		out->status = 200;
		out->type = "text/plain; version=0.0.4; charset=utf-8";
		es_body_format(t,
		    "# HELP earshot_collector_build_info The version that is running.\n"
		    "# TYPE earshot_collector_build_info gauge\n"
		    "earshot_collector_build_info{version=\"%s\"} 1\n",
		    EARSHOT_VERSION);
		metric_of_agents(t, &a.list, "earshot_collector_records_total", "counter",
		    "Records stored.", records_of);
		metric_of_agents(t, &a.list, "earshot_collector_records_refused_total", "counter",
		    "Records that could not be read; acknowledged and dropped.", refused_of);
		metric_of_agents(t, &a.list, "earshot_collector_records_duplicate_total", "counter",
		    "Records delivered again and stored once.", duplicates_of);
		metric_of_agents(t, &a.list, "earshot_collector_records_lost_total", "counter",
		    "Records the agent reported as lost, or a restored database does not have.",
		    lost_of);
		metric_of_clones(t, &a);
		metrics_of_time(t, &a.list);
		metrics_of_age(t, &a.list, now);
		metric_one(t, "earshot_collector_calls", "Call records, one per call and vantage.",
		    counts.calls);
		metric_one(t, "earshot_collector_streams", "Stream records.", counts.streams);
		metric_one(
		    t, "earshot_collector_database_bytes", "Size of the database.", counts.bytes);
		metric_one(t, "earshot_collector_database_used_bytes",
		    "What of it is in use: removed records leave room for the next.", counts.used);
		metric_of_pruned(t, pruned);
		metric_of_clock(t, store);
	}
	asked(&a);
}
