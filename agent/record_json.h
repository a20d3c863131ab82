/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON, one object per line: docs/METRICS.md. */
#ifndef AGENT_RECORD_JSON_H
#define AGENT_RECORD_JSON_H

#include "earshot/record.h"
#include "probes/base/json.h"

/* Writes one record and its line feed. What a record does not know is left out. */
void es_record_json(const struct es_record *rec, struct es_json *out);

/* "stream", "call"...: the value of "record". */
const char *es_record_name(enum es_record_type type);

/* The type of that name, or 0. */
enum es_record_type es_record_type_of(es_slice name);

/* Words the records use: "completed", "transit", "nb"... never NULL. */
const char *es_state_name(enum es_state state);
/* For a reader: "codec not known"; empty for an unknown number. */
const char *es_unscored_words(enum es_unscored why);
const char *es_registration_state_name(enum es_registration_state state);
const char *es_unknown_layer_name(enum es_unknown_layer layer);

/* "streams_evicted"...; NULL for an unknown number. */
const char *es_counter_name(enum es_counter counter);

/* "burst_density"...; NULL for an unknown number. */
const char *es_record_json_reported_name(enum es_reported_metric metric);

/* "INVITE"...; NULL for an unknown number. */
const char *es_record_json_sip_kind(enum es_sip_kind kind);

#endif
