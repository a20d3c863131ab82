/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the JSON writer share: values by key, and who writes what. */
#ifndef AGENT_RECORD_JSON_PRIVATE_H
#define AGENT_RECORD_JSON_PRIVATE_H

#include "agent/record_json.h"
#include "agent/record_rows.h"

/* The name of a number that may come from elsewhere; entry 0 stands for what is not in the table. */
#define NAME_OF(table, number) \
	((size_t)(number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : (table)[0])

static inline void
put_str(struct es_json *j, const char *key, const char *text)
{
	es_json_key(j, key);
	es_json_str(j, text);
}

static inline void
put_u64(struct es_json *j, const char *key, uint64_t v)
{
	es_json_key(j, key);
	es_json_u64(j, v);
}

static inline void
put_i64(struct es_json *j, const char *key, int64_t v)
{
	es_json_key(j, key);
	es_json_i64(j, v);
}

static inline void
put_bool(struct es_json *j, const char *key, bool v)
{
	es_json_key(j, key);
	es_json_bool(j, v);
}

static inline void
put_scaled(struct es_json *j, const char *key, int64_t v, unsigned scale, unsigned decimals)
{
	es_json_key(j, key);
	es_json_scaled(j, v, scale, decimals);
}

static inline void
put_addr(struct es_json *j, const char *key, const struct es_addr *a)
{
	if (a->family == 0)
		return;
	es_json_key(j, key);
	es_json_addr(j, a);
}

static inline void
put_ssrc(struct es_json *j, const char *key, uint32_t ssrc)
{
	es_json_key(j, key);
	es_json_ssrc(j, ssrc);
}

/* A record's rows, for who prints them in another form. */
struct es_json_table {
	const struct es_json_row *rows;
	size_t n;
};

struct es_json_table es_record_json_stream_table(void);
struct es_json_table es_record_json_interval_table(void);
struct es_json_table es_record_json_call_table(void);
struct es_json_table es_record_json_coverage_table(void);

/* The fields of one record, between its braces. */
void es_record_json_stream(struct es_json *j, const struct es_stream *s);
void es_record_json_interval(struct es_json *j, const struct es_interval *v);
void es_record_json_call(struct es_json *j, const struct es_call *c);
void es_record_json_registration(struct es_json *j, const struct es_registration *r);
void es_record_json_reported(struct es_json *j, const struct es_reported *r);
void es_record_json_host(struct es_json *j, const struct es_host *h);
void es_record_json_change(struct es_json *j, const struct es_change *c);
void es_record_json_health(struct es_json *j, const struct es_health *h);
void es_record_json_loss(struct es_json *j, const struct es_loss *l);

#endif
