/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records as JSON: the order and the decimals that docs/METRICS.md gives. */
#include "agent/record_json_private.h"

static const char *const type_names[] = {
	[ES_REC_INTERVAL] = "interval",
	[ES_REC_STREAM] = "stream",
	[ES_REC_CALL] = "call",
	[ES_REC_REGISTRATION] = "registration",
	[ES_REC_REPORTED] = "reported",
	[ES_REC_HOST] = "host",
	[ES_REC_CHANGE] = "change",
	[ES_REC_HEALTH] = "health",
	[ES_REC_LOSS] = "loss",
};

enum { N_TYPES = sizeof(type_names) / sizeof(type_names[0]) };

const char *
es_record_name(enum es_record_type type)
{
	return (int)type > 0 && (int)type < N_TYPES ? type_names[type] : "unknown";
}

enum es_record_type
es_record_type_of(es_slice name)
{
	int i;

	for (i = 1; i < N_TYPES; i++)
		if (es_slice_eq(name, es_slice_str(type_names[i])))
			return (enum es_record_type)i;
	return (enum es_record_type)0;
}

static void
put_complete(struct es_json *j, const void *record)
{
	const struct es_coverage *c = record;

	put_bool(j, "complete", c->flags == 0);
}

#define BODY struct es_coverage
static const struct es_json_row coverage_rows[] = { ES_COVERAGE_FIELDS(ROW) };
#undef BODY

struct es_json_table
es_record_json_coverage_table(void)
{
	return (struct es_json_table){ ROWS(coverage_rows) };
}

void
es_record_json(const struct es_record *rec, struct es_json *j)
{
	es_json_begin(j);
	put_str(j, "record", es_record_name(rec->type));
	if (rec->vantage != NULL && rec->vantage->label.n > 0) {
		es_json_key(j, "vantage");
		es_json_slice(j, rec->vantage->label);
	}
	switch (rec->type) {
	case ES_REC_INTERVAL:
		es_record_json_interval(j, &rec->u.interval);
		break;
	case ES_REC_STREAM:
		es_record_json_stream(j, &rec->u.stream);
		break;
	case ES_REC_CALL:
		es_record_json_call(j, &rec->u.call);
		break;
	case ES_REC_REGISTRATION:
		es_record_json_registration(j, &rec->u.registration);
		break;
	case ES_REC_REPORTED:
		es_record_json_reported(j, &rec->u.reported);
		break;
	case ES_REC_HOST:
		es_record_json_host(j, &rec->u.host);
		break;
	case ES_REC_CHANGE:
		es_record_json_change(j, &rec->u.change);
		break;
	case ES_REC_HEALTH:
		es_record_json_health(j, &rec->u.health);
		break;
	case ES_REC_LOSS:
		es_record_json_loss(j, &rec->u.loss);
		break;
	}
	es_json_key(j, "coverage");
	es_json_begin(j);
	es_record_rows_json(j, ROWS(coverage_rows), &rec->coverage, rec->coverage.flags);
	es_json_end(j);
	es_json_end(j);
	es_json_line(j);
}
