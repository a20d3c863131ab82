/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: one row per record, one row per stream and minute. */
#include "collector/store_sql.h"

int64_t
es_store_path(const struct es_addr *src, const struct es_addr *dst)
{
	uint8_t bytes[2 * sizeof(*src)];
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	memcpy(bytes, src, sizeof(*src));
	memcpy(bytes + sizeof(*src), dst, sizeof(*dst));
	for (size_t i = 0; i < sizeof(bytes); i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	return (int64_t)(h >> 1);
}

/* Finds or makes the row of the stream's source. */
static int
source_id(struct es_store *s, const struct es_row *row, int64_t *out)
{
	enum es_stmt which[2] = { ST_SOURCE_GET, ST_SOURCE_ADD };
	const struct es_stream_key *key = &row->key;

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *st = es_store_stmt(s, which[i]);
		int rc;

		if (st == NULL)
			return ES_EIO;
		es_bind_i64(s, st, 1, key->ssrc);
		es_bind_i64(s, st, 2, row->agent);
		es_bind_slice(s, st, 3, row->label);
		es_bind_i64(s, st, 4, (int)row->role);
		es_bind_blob(s, st, 5, &key->src, sizeof(key->src));
		es_bind_blob(s, st, 6, &key->dst, sizeof(key->dst));
		es_bind_i64(s, st, 7, key->restart);
		rc = es_store_step(s, st);
		if (rc == SQLITE_ROW)
			*out = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		if (rc == SQLITE_ROW)
			return 0;
		if (rc != SQLITE_DONE)
			return es_store_fail(s, rc);
	}
	*out = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int
put_minute(struct es_store *s, const struct es_row *row)
{
	int64_t source = 0;
	int err = source_id(s, row, &source);
	sqlite3_stmt *st = es_store_stmt(s, ST_PUT_MINUTE);

	if (err < 0 || st == NULL)
		return err < 0 ? err : ES_EIO;
	es_bind_i64(s, st, 1, source);
	es_bind_time(s, st, 2, row->start);
	es_bind_u64(s, st, 3, row->first_seq);
	es_bind_time(s, st, 4, row->end);
	es_bind_time(s, st, 5, row->received);
	es_bind_blob(s, st, 6, row->bytes.p, row->bytes.n);
	return es_store_run(s, st);
}

static int
put_stream(struct es_store *s, const struct es_row *row)
{
	int64_t source = 0;
	int err = source_id(s, row, &source);
	sqlite3_stmt *st = es_store_stmt(s, ST_PUT_STREAM);

	if (err < 0 || st == NULL)
		return err < 0 ? err : ES_EIO;
	es_bind_i64(s, st, 1, source);
	es_bind_time(s, st, 2, row->start);
	es_bind_time(s, st, 3, row->end);
	es_bind_slice(s, st, 4, row->call_id);
	es_bind_i64(s, st, 5, (int)row->state);
	if (row->has_mos)
		es_bind_i64(s, st, 6, row->mos_milli);
	es_bind_time(s, st, 7, row->received);
	es_bind_blob(s, st, 8, row->bytes.p, row->bytes.n);
	es_bind_i64(s, st, 9, row->key.ssrc);
	es_bind_i64(s, st, 10, es_store_path(&row->key.src, &row->key.dst));
	return es_store_run(s, st);
}

static int
put_call(struct es_store *s, const struct es_row *row)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_PUT_CALL);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, row->agent);
	es_bind_slice(s, st, 2, row->label);
	es_bind_i64(s, st, 3, (int)row->role);
	es_bind_slice(s, st, 4, row->call_id);
	es_bind_slice(s, st, 5, row->session_id);
	es_bind_slice(s, st, 6, row->x_call_id);
	es_bind_slice(s, st, 7, row->from);
	es_bind_slice(s, st, 8, row->to);
	es_bind_i64(s, st, 9, (int)row->state);
	es_bind_time(s, st, 10, row->start);
	es_bind_time(s, st, 11, row->end);
	es_bind_time(s, st, 12, row->received);
	es_bind_blob(s, st, 13, row->bytes.p, row->bytes.n);
	es_bind_time(s, st, 14, row->begun);
	return es_store_run(s, st);
}

static int
put_reported(struct es_store *s, const struct es_row *row)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_PUT_REPORTED);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, row->agent);
	es_bind_slice(s, st, 2, row->label);
	es_bind_i64(s, st, 3, (int)row->role);
	es_bind_i64(s, st, 4, row->key.ssrc);
	es_bind_time(s, st, 5, row->start);
	es_bind_time(s, st, 6, row->received);
	es_bind_blob(s, st, 7, row->bytes.p, row->bytes.n);
	return es_store_run(s, st);
}

static int
put_machine(struct es_store *s, const struct es_row *row)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_PUT_MACHINE);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, row->agent);
	es_bind_i64(s, st, 2, (int)row->type);
	es_bind_time(s, st, 3, row->start);
	es_bind_time(s, st, 4, row->end);
	es_bind_i64(s, st, 5, row->full);
	es_bind_time(s, st, 6, row->received);
	es_bind_blob(s, st, 7, row->bytes.p, row->bytes.n);
	return es_store_run(s, st);
}

int
es_store_put(struct es_store *s, const struct es_row *row)
{
	switch (row->type) {
	case ES_REC_INTERVAL:
		return put_minute(s, row);
	case ES_REC_STREAM:
		return put_stream(s, row);
	case ES_REC_CALL:
		return put_call(s, row);
	case ES_REC_REPORTED:
		return put_reported(s, row);
	default:
		return put_machine(s, row);
	}
}
