/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and registrations as JSON. */
#include "agent/record_json_private.h"

static const char *const state_names[] = {
	[ES_STATE_UNKNOWN] = "unknown",
	[ES_STATE_IN_PROGRESS] = "in_progress",
	[ES_STATE_COMPLETED] = "completed",
	[ES_STATE_FAILED] = "failed",
	[ES_STATE_CANCELLED] = "cancelled",
};
static const char *const party_names[] = { "unknown", "caller", "callee" };
static const char *const transport_names[] = { "unknown", "udp", "tcp", "ws", "hep", "tls", "wss" };
static const char *const cause_space_names[] = { "unknown", "Q.850", "SIP" };
static const char *const registration_state_names[] = { "unknown", "active", "failed", "removed",
	"expired", "pending" };

const char *
es_state_name(enum es_state state)
{
	return NAME_OF(state_names, state);
}

const char *
es_registration_state_name(enum es_registration_state state)
{
	return NAME_OF(registration_state_names, state);
}

static void
put_method(struct es_json *j, const void *record)
{
	(void)record;
	put_str(j, "method", "INVITE");
}

static void
put_ended_by(struct es_json *j, const void *record)
{
	const struct es_call *c = record;

	if (c->state != ES_STATE_IN_PROGRESS)
		put_str(j, "ended_by", NAME_OF(party_names, c->ended_by));
}

static void
put_codecs(struct es_json *j, const void *record)
{
	const struct es_call *c = record;

	es_json_key(j, "codecs");
	es_json_array(j);
	for (uint32_t i = 0; i < c->n_codecs; i++)
		es_json_slice(j, c->codecs[i]);
	es_json_array_end(j);
}

#define BODY struct es_call_stream
static const struct es_json_row stream_rows[] = { ES_CALL_STREAM_FIELDS(ROW) };
#undef BODY

static void
put_call_streams(struct es_json *j, const void *record)
{
	const struct es_call *c = record;

	es_json_key(j, "streams");
	es_json_array(j);
	for (uint32_t i = 0; i < c->n_streams; i++) {
		es_json_begin(j);
		es_record_rows_json(j, ROWS(stream_rows), &c->streams[i], 0);
		es_json_end(j);
	}
	es_json_array_end(j);
}

static void
put_statuses(struct es_json *j, const void *record)
{
	const struct es_call *c = record;

	if (c->n_statuses == 0)
		return;
	es_json_key(j, "statuses");
	es_json_array(j);
	for (uint32_t i = 0; i < c->n_statuses; i++)
		es_json_u64(j, c->statuses[i]);
	es_json_array_end(j);
}

#define BODY struct es_call
static const struct es_json_row call_rows[] = { ES_CALL_FIELDS(ROW) };
#undef BODY
#define BODY struct es_registration
static const struct es_json_row registration_rows[] = { ES_REGISTRATION_FIELDS(ROW) };
#undef BODY

struct es_json_table
es_record_json_call_table(void)
{
	return (struct es_json_table){ ROWS(call_rows) };
}

void
es_record_json_call(struct es_json *j, const struct es_call *c)
{
	es_record_rows_json(j, ROWS(call_rows), c, c->has);
}

void
es_record_json_registration(struct es_json *j, const struct es_registration *r)
{
	es_record_rows_json(j, ROWS(registration_rows), r, r->has);
}
