/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON (RFC 8259) into a buffer of the caller's; pure. One object per line is the caller's
 * business: es_json_line ends it. When the buffer is full the flush callback empties it; without one
 * the writer goes bad once and stays bad, as the cursor does.
 */
#ifndef EARSHOT_BASE_JSON_H
#define EARSHOT_BASE_JSON_H

#include "earshot/addr.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum { ES_JSON_DEPTH_MAX = 16 };

struct es_json {
	char *buf;
	size_t cap_bytes;
	size_t n_bytes; /* written so far and not yet flushed */
	void (*flush)(void *ctx, const char *bytes, size_t n_bytes);
	void *ctx;
	bool bad; /* buffer full without flush, or nesting too deep */
	uint8_t depth;
	bool has_item[ES_JSON_DEPTH_MAX];
	bool after_key;
};

/* flush may be NULL. */
void es_json_init(struct es_json *j, char *buf, size_t cap_bytes,
    void (*flush)(void *ctx, const char *bytes, size_t n_bytes), void *ctx);

void es_json_begin(struct es_json *j);                /* { */
void es_json_end(struct es_json *j);                  /* } */
void es_json_array(struct es_json *j);                /* [ */
void es_json_array_end(struct es_json *j);            /* ] */
void es_json_key(struct es_json *j, const char *key); /* key is trusted ASCII */

/* Values. Bytes that are not UTF-8 become U+FFFD; control characters are escaped. */
void es_json_call_id(struct es_json *j, es_slice id); /* call_id.h */
void es_json_slice(struct es_json *j, es_slice text);
void es_json_str(struct es_json *j, const char *text);
void es_json_i64(struct es_json *j, int64_t v);
void es_json_u64(struct es_json *j, uint64_t v);
void es_json_bool(struct es_json *j, bool v);
/* v / 10^scale with `decimals` digits after the point (decimals <= scale <= 9), half away from zero. */
void es_json_scaled(struct es_json *j, int64_t v, unsigned scale, unsigned decimals);
void es_json_time(struct es_json *j, es_time t);               /* "2026-01-01T00:00:00.000000Z" */
void es_json_addr(struct es_json *j, const struct es_addr *a); /* "10.0.0.1:4000" */
void es_json_ssrc(struct es_json *j, uint32_t ssrc);           /* "0x1234abcd" */

/* Line feed after the outermost value, and flush if there is somewhere to flush to. */
void es_json_line(struct es_json *j);
/* Hands what is buffered to flush. */
void es_json_flush(struct es_json *j);

#endif
