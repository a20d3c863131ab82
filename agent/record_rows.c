/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a record as JSON. */
#include "agent/record_rows.h"

#include "agent/record_json_private.h"

static uint64_t
number_at(const struct es_json_row *row, const uint8_t *at)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (row->size_bytes) {
	case sizeof(one):
		one = *at;
		return row->is_signed ? (uint64_t)(int8_t)one : one;
	case sizeof(two):
		memcpy(&two, at, sizeof(two));
		return row->is_signed ? (uint64_t)(int16_t)two : two;
	case sizeof(four):
		memcpy(&four, at, sizeof(four));
		return row->is_signed ? (uint64_t)(int32_t)four : four;
	default:
		memcpy(&eight, at, sizeof(eight));
		return eight;
	}
}

static void
put_number(struct es_json *j, const struct es_json_row *row, const uint8_t *at)
{
	uint64_t v = number_at(row, at);

	if (v == 0 && row->is_some)
		return;
	switch (row->form) {
	case ES_FORM_NUMBER:
		if (row->is_signed)
			put_i64(j, row->key, (int64_t)v);
		else
			put_u64(j, row->key, v);
		break;
	case ES_FORM_SCALED:
		put_scaled(j, row->key, (int64_t)v, row->scale, row->decimals);
		break;
	case ES_FORM_SHORT:
		put_scaled(j, row->key, (int64_t)v, row->scale, v % 1000 == 0 ? 0 : row->decimals);
		break;
	case ES_FORM_FLAG:
		put_bool(j, row->key, v != 0);
		break;
	case ES_FORM_NAME:
		put_str(j, row->key, row->names[v < row->n_names ? v : 0]);
		break;
	default:
		put_ssrc(j, row->key, (uint32_t)v);
		break;
	}
}

static void
put_text(struct es_json *j, const struct es_json_row *row, const es_slice *text)
{
	if (text->n == 0)
		return;
	es_json_key(j, row->key);
	if (row->form == ES_FORM_CALL_ID)
		es_json_call_id(j, *text);
	else
		es_json_slice(j, *text);
}

static void
put_row(struct es_json *j, const struct es_json_row *row, const void *record)
{
	const uint8_t *at = (const uint8_t *)record + row->offset_bytes;

	switch (row->form) {
	case ES_FORM_NONE:
		break;
	case ES_FORM_TEXT:
	case ES_FORM_CALL_ID:
		put_text(j, row, (const void *)at);
		break;
	case ES_FORM_TIME:
		es_json_key(j, row->key);
		es_json_time(j, *(const es_time *)(const void *)at);
		break;
	case ES_FORM_ADDR:
		if (row->key != NULL)
			put_addr(j, row->key, (const void *)at);
		break;
	case ES_FORM_HAND:
		row->put(j, record);
		break;
	case ES_FORM_MARK:
		put_bool(j, row->key, true);
		break;
	default:
		put_number(j, row, at);
		break;
	}
}

static bool
is_there(const struct es_json_row *row, const void *record, uint32_t has)
{
	return (row->bit & ~has) == 0 &&
	       (row->form != ES_FORM_WITH ||
		   number_at(row, (const uint8_t *)record + row->offset_bytes) != 0);
}

/* The END of the rows that rows[i] opens; i itself where it opens none. */
static size_t
end_of(const struct es_json_row *rows, size_t i)
{
	unsigned depth = 0;

	for (;; i++) {
		if (rows[i].form == ES_FORM_END)
			depth--;
		else if (rows[i].form >= ES_FORM_OBJECT)
			depth++;
		if (depth == 0)
			return i;
	}
}

void
es_record_rows_json(struct es_json *j, const struct es_json_row *rows, size_t n_rows,
    const void *record, uint32_t has)
{
	uint32_t objects = 0; /* one bit per open group, the innermost lowest: is it an object? */

	for (size_t i = 0; i < n_rows; i++) {
		const struct es_json_row *row = &rows[i];

		if (!is_there(row, record, has)) {
			i = end_of(rows, i);
		} else if (row->form < ES_FORM_OBJECT) {
			put_row(j, row, record);
		} else if (row->form == ES_FORM_END) {
			if (objects & 1)
				es_json_end(j);
			objects >>= 1;
		} else {
			objects = objects << 1 | (row->form == ES_FORM_OBJECT);
			if (row->form == ES_FORM_OBJECT) {
				es_json_key(j, row->key);
				es_json_begin(j);
			}
		}
	}
}
