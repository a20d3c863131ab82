/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the JSON writer share: values by key, and who writes what. */
#ifndef AGENT_RECORD_JSON_PRIVATE_H
#define AGENT_RECORD_JSON_PRIVATE_H

#include "agent/record_json.h"

/* The name of a number that may come from elsewhere; entry 0 stands for what is not in the table. */
#define NAME_OF(table, number) \
	((size_t)(number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : (table)[0])

static inline void
put_str(struct es_json *j, const char *key, const char *text)
{
	es_json_key(j, key);
	es_json_str(j, text);
}

/* Empty text is absent. */
static inline void
put_text(struct es_json *j, const char *key, es_slice text)
{
	if (text.n == 0)
		return;
	es_json_key(j, key);
	es_json_slice(j, text);
}

static inline void
put_call_id(struct es_json *j, const char *key, es_slice id)
{
	if (id.n == 0)
		return;
	es_json_key(j, key);
	es_json_call_id(j, id);
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

/* Microseconds as milliseconds with three decimals. */
static inline void
put_ms(struct es_json *j, const char *key, uint64_t us)
{
	put_scaled(j, key, (int64_t)us, 3, 3);
}

/* The same, without decimals where there are none: lengths that are whole by nature. */
static inline void
put_short_ms(struct es_json *j, const char *key, uint64_t us)
{
	put_scaled(j, key, (int64_t)us, 3, us % 1000 == 0 ? 0 : 3);
}

static inline void
put_time(struct es_json *j, const char *key, es_time t)
{
	es_json_key(j, key);
	es_json_time(j, t);
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

/* A count that is rarely anything else than 0. */
static inline void
put_some(struct es_json *j, const char *key, uint64_t v)
{
	if (v != 0)
		put_u64(j, key, v);
}

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
