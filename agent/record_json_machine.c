/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a machine and its agent as JSON. */
#include "agent/record_json_private.h"
#include "earshot/host.h"
#include "runtime/crypto/hmac.h"

#include <stdio.h>

static const char *const counter_names[ES_CNT_END] = {
#define X(name, json, number) [number] = json,
	ES_COUNTERS(X)
#undef X
};

static const char *const loss_reason_names[] = { "unknown", "quota", "age", "free_space", "memory",
	"disk", "refused" };
static const char *const layer_names[] = { "unknown", "link", "ethertype", "ip_proto", "ppp",
	"depth" };

static const char *const sip_kinds[] = {
#define X(name, number) [number] = #name,
	ES_SIP_KINDS(X)
#undef X
};

enum { N_SIP_KINDS = sizeof(sip_kinds) / sizeof(sip_kinds[0]) };

const char *
es_counter_name(enum es_counter counter)
{
	return (int)counter >= 0 && (int)counter < ES_CNT_END ? counter_names[counter] : NULL;
}

const char *
es_record_json_sip_kind(enum es_sip_kind kind)
{
	return (unsigned)kind < N_SIP_KINDS ? sip_kinds[kind] : NULL;
}

static void
put_signals(struct es_json *j, const void *record)
{
	const struct es_host *h = record;

	es_json_key(j, "signals");
	es_json_begin(j);
	for (uint32_t i = 0; i < h->n_values; i++) {
		const char *name = es_signal_name((enum es_signal)h->values[i].signal);

		if (name != NULL)
			put_i64(j, name, h->values[i].value);
	}
	es_json_end(j);
}

static void
put_change_kind(struct es_json *j, const void *record)
{
	const struct es_change *c = record;
	const char *kind = es_change_name((enum es_change_kind)c->kind);

	put_str(j, "kind", kind == NULL ? "unknown" : kind);
}

const char *
es_unknown_layer_name(enum es_unknown_layer layer)
{
	return NAME_OF(layer_names, layer);
}

#define BODY struct es_sip_count
static const struct es_json_row sip_rows[] = { ES_SIP_COUNT_FIELDS(ROW) };
#undef BODY

static void
put_sip_count(struct es_json *j, const char *key, const struct es_sip_count *c)
{
	es_json_key(j, key);
	es_json_begin(j);
	es_record_rows_json(j, ROWS(sip_rows), c, 0);
	es_json_end(j);
}

static void
put_sip(struct es_json *j, const void *record)
{
	const struct es_health *h = record;
	char status[8];
	const char *name;
	uint32_t i;

	if (h->n_sip == 0)
		return;
	es_json_key(j, "sip");
	es_json_begin(j);
	es_json_key(j, "requests");
	es_json_begin(j);
	for (i = 0; i < h->n_sip; i++) {
		name = es_record_json_sip_kind((enum es_sip_kind)h->sip[i].what);
		if (name != NULL)
			put_sip_count(j, name, &h->sip[i]);
	}
	es_json_end(j);
	es_json_key(j, "responses");
	es_json_begin(j);
	for (i = 0; i < h->n_sip; i++) {
		if (h->sip[i].what < 100)
			continue;
		(void)snprintf(status, sizeof(status), "%u", h->sip[i].what);
		put_sip_count(j, status, &h->sip[i]);
	}
	es_json_end(j);
	es_json_end(j);
}

static void
put_sample(struct es_json *j, const void *record)
{
	const struct es_unknown *u = record;
	char hex[2 * ES_UNKNOWN_BYTES + 1];

	if (u->sample_bytes == 0 || u->sample_bytes > ES_UNKNOWN_BYTES)
		return;
	es_hex_text(u->sample, u->sample_bytes, hex);
	put_str(j, "sample", hex);
}

#define BODY struct es_unknown
static const struct es_json_row unknown_rows[] = { ES_UNKNOWN_FIELDS(ROW) };
#undef BODY

static void
put_unknowns(struct es_json *j, const void *record)
{
	const struct es_health *h = record;

	if (h->n_unknowns == 0)
		return;
	es_json_key(j, "unknown");
	es_json_array(j);
	for (uint32_t i = 0; i < h->n_unknowns; i++) {
		es_json_begin(j);
		es_record_rows_json(j, ROWS(unknown_rows), &h->unknowns[i], 0);
		es_json_end(j);
	}
	es_json_array_end(j);
}

static void
put_counters(struct es_json *j, const void *record)
{
	const struct es_health *h = record;

	es_json_key(j, "counters");
	es_json_begin(j);
	for (uint32_t i = 0; i < h->n_values; i++) {
		const char *name = es_counter_name((enum es_counter)h->values[i].counter);

		if (name != NULL)
			put_u64(j, name, h->values[i].value);
	}
	es_json_end(j);
}

#define BODY struct es_host
static const struct es_json_row host_rows[] = { ES_HOST_FIELDS(ROW) };
#undef BODY
#define BODY struct es_change
static const struct es_json_row change_rows[] = { ES_CHANGE_FIELDS(ROW) };
#undef BODY
#define BODY struct es_health
static const struct es_json_row health_rows[] = { ES_HEALTH_FIELDS(ROW) };
#undef BODY
#define BODY struct es_loss
static const struct es_json_row loss_rows[] = { ES_LOSS_FIELDS(ROW) };
#undef BODY

void
es_record_json_host(struct es_json *j, const struct es_host *h)
{
	es_record_rows_json(j, ROWS(host_rows), h, 0);
}

void
es_record_json_change(struct es_json *j, const struct es_change *c)
{
	es_record_rows_json(j, ROWS(change_rows), c, 0);
}

void
es_record_json_health(struct es_json *j, const struct es_health *h)
{
	es_record_rows_json(j, ROWS(health_rows), h, 0);
}

void
es_record_json_loss(struct es_json *j, const struct es_loss *l)
{
	es_record_rows_json(j, ROWS(loss_rows), l, 0);
}
