/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of proto/fields.h as a table, and what prints it as JSON. BODY is the type of the record:
 *
 *     #define BODY struct es_loss
 *     static const struct es_json_row loss_rows[] = { ES_LOSS_FIELDS(ROW) };
 *     #undef BODY
 */
#ifndef AGENT_RECORD_ROWS_H
#define AGENT_RECORD_ROWS_H

#include "probes/base/json.h"
#include "proto/fields.h"

#include <stddef.h>

enum es_json_form {
	ES_FORM_NONE,
	ES_FORM_NUMBER,
	ES_FORM_SCALED,
	ES_FORM_SHORT, /* scaled, without decimals where they are zeros: lengths that are whole by nature */
	ES_FORM_FLAG,
	ES_FORM_NAME,
	ES_FORM_TEXT,
	ES_FORM_CALL_ID,
	ES_FORM_TIME,
	ES_FORM_ADDR,
	ES_FORM_SSRC,
	ES_FORM_HAND,
	ES_FORM_MARK,
	ES_FORM_OBJECT, /* from here on: down to the END that belongs to it */
	ES_FORM_WHEN,
	ES_FORM_WITH,
	ES_FORM_END,
};

struct es_json_row {
	const char *key;
	const char *const *names; /* entry 0 stands for what is not in the table */
	void (*put)(struct es_json *j, const void *record);
	uint32_t bit;
	uint16_t offset_bytes;
	uint8_t size_bytes;
	uint8_t n_names;
	uint8_t form; /* enum es_json_form */
	uint8_t scale;
	uint8_t decimals;
	bool is_signed;
	bool is_some; /* left out when 0 */
};

/* Writes what the HAS bits of the record allow, between its braces. */
void es_record_rows_json(struct es_json *j, const struct es_json_row *rows, size_t n_rows,
    const void *record, uint32_t has);

#define ROWS(table) table, sizeof(table) / sizeof((table)[0])

#define ROW(kind, ...) ES_ROW_##kind(ROW_, __VA_ARGS__)
#define ROW_AT(member)                                    \
	.offset_bytes = (uint16_t)offsetof(BODY, member), \
	.size_bytes = (uint8_t)sizeof(((BODY *)0)->member)
#define ROW_U(field, member, type, has_bit, max, name, as) \
	{ .key = name, .bit = has_bit, ROW_AT(member), AS_##as },
#define ROW_S(field, member, type, has_bit, min, max, name, as) \
	{ .key = name, .bit = has_bit, ROW_AT(member), AS_##as, .is_signed = true },
#define ROW_E(field, member, type, has_bit, max, other, name, as) \
	{ .key = name, .bit = has_bit, ROW_AT(member), AS_##as },
#define ROW_T(member, has_bit, name, as) { .key = name, .bit = has_bit, ROW_AT(member), AS_##as },
#define ROW_TIME(member, name) { .key = name, ROW_AT(member), .form = ES_FORM_TIME },
#define ROW_ADDR(member, name) { .key = name, ROW_AT(member), AS_ADDR },
#define ROW_LAYOUT(kind, ...) ROW_##kind(__VA_ARGS__)
#define ROW_PART(member, name, as) { .key = name, ROW_AT(member), AS_##as },
#define ROW_OBJECT(name, has_bit) { .key = name, .bit = has_bit, .form = ES_FORM_OBJECT },
#define ROW_WHEN(has_bit) { .bit = has_bit, .form = ES_FORM_WHEN },
#define ROW_WITH(member) { ROW_AT(member), .form = ES_FORM_WITH },
#define ROW_MARK(has_bit, name) { .key = name, .bit = has_bit, .form = ES_FORM_MARK },
#define ROW_END(what) { .form = ES_FORM_END },
#define ROW_HAND(function, name) { .key = name, .put = function, .form = ES_FORM_HAND },

#define AS_NONE .form = ES_FORM_NONE
#define AS_COUNT .form = ES_FORM_NUMBER
#define AS_MS .form = ES_FORM_SCALED, .scale = 3, .decimals = 3
#define AS_SHORT_MS .form = ES_FORM_SHORT, .scale = 3, .decimals = 3
#define AS_SECONDS .form = ES_FORM_SCALED, .scale = 6, .decimals = 3
#define AS_SHARE .form = ES_FORM_SCALED, .scale = 6, .decimals = 6
#define AS_PPM .form = ES_FORM_SCALED, .scale = 3, .decimals = 1
#define AS_TENTHS .form = ES_FORM_SCALED, .scale = 3, .decimals = 1
#define AS_MILLI .form = ES_FORM_SCALED, .scale = 3, .decimals = 3
#define AS_FLAG .form = ES_FORM_FLAG
#define AS_SSRC .form = ES_FORM_SSRC
#define AS_TEXT .form = ES_FORM_TEXT
#define AS_CALL_ID .form = ES_FORM_CALL_ID
#define AS_ADDR .form = ES_FORM_ADDR
#define AS_NAME(table)                                \
	.form = ES_FORM_NAME, .names = table##_names, \
	.n_names = sizeof(table##_names) / sizeof(table##_names[0])
#define AS_SOME(as) AS_##as, .is_some = true

#endif
