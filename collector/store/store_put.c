/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: one row per record, one row per stream and minute. */
#include "collector/store/store_private.h"

int64_t
es_store_path(const struct es_addr *src, const struct es_addr *dst)
{
	const struct es_addr ends[2] = { es_store_addr(src), es_store_addr(dst) };
	uint8_t bytes[sizeof(ends)];
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	memcpy(bytes, ends, sizeof(ends));
	for (size_t i = 0; i < sizeof(bytes); i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	return (int64_t)(h >> 1);
}

static bool
read_id(void *ctx, sqlite3_stmt *st)
{
	*(int64_t *)ctx = sqlite3_column_int64(st, 0);
	return false;
}

/* Finds or makes the row of the stream's source. */
static int
source_id(struct es_store *s, const struct es_row *row, int64_t *out)
{
	enum es_stmt which[2] = { ST_SOURCE_GET, ST_SOURCE_ADD };
	const struct es_stream_key *key = &row->key;
	const struct es_addr src = es_store_addr(&key->src), dst = es_store_addr(&key->dst);

	for (int i = 0; i < 2; i++) {
		int err = es_store_row(s, which[i],
		    ES_BINDS(es_bind_i64(key->ssrc), es_bind_i64(row->agent),
			es_bind_slice(row->label), es_bind_i64((int)row->role),
			es_bind_blob(&src, sizeof(src)), es_bind_blob(&dst, sizeof(dst)),
			es_bind_i64(key->restart)),
		    read_id, out);

		if (err != ES_ENOTFOUND)
			return err;
	}
	*out = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int
put_minute(struct es_store *s, const struct es_row *row)
{
	int64_t source = 0;
	int err = source_id(s, row, &source);

	if (err < 0)
		return err;
	return es_store_write(s, ST_PUT_MINUTE,
	    ES_BINDS(es_bind_i64(source), es_bind_time(row->start), es_bind_u64(row->first_seq),
		es_bind_time(row->end), es_bind_time(row->received),
		es_bind_blob(row->bytes.p, row->bytes.n)));
}

static int
put_stream(struct es_store *s, const struct es_row *row)
{
	int64_t source = 0;
	int err = source_id(s, row, &source);

	if (err < 0)
		return err;
	return es_store_write(s, ST_PUT_STREAM,
	    ES_BINDS(es_bind_i64(source), es_bind_time(row->start), es_bind_time(row->end),
		es_bind_slice(row->call_id), es_bind_i64((int)row->state),
		row->has_mos ? es_bind_i64(row->mos_milli) : es_bind_null(),
		es_bind_time(row->received), es_bind_blob(row->bytes.p, row->bytes.n),
		es_bind_i64(row->key.ssrc),
		es_bind_i64(es_store_path(&row->key.src, &row->key.dst))));
}

static int
put_call(struct es_store *s, const struct es_row *row)
{
	return es_store_write(s, ST_PUT_CALL,
	    ES_BINDS(es_bind_i64(row->agent), es_bind_slice(row->label),
		es_bind_i64((int)row->role), es_bind_slice(row->call_id),
		es_bind_slice(row->session_id), es_bind_slice(row->x_call_id),
		es_bind_slice(row->from), es_bind_slice(row->to), es_bind_i64((int)row->state),
		es_bind_time(row->start), es_bind_time(row->end), es_bind_time(row->received),
		es_bind_blob(row->bytes.p, row->bytes.n), es_bind_time(row->begun)));
}

static int
put_reported(struct es_store *s, const struct es_row *row)
{
	return es_store_write(s, ST_PUT_REPORTED,
	    ES_BINDS(es_bind_i64(row->agent), es_bind_slice(row->label),
		es_bind_i64((int)row->role), es_bind_i64(row->key.ssrc), es_bind_time(row->start),
		es_bind_time(row->received), es_bind_blob(row->bytes.p, row->bytes.n)));
}

static int
put_machine(struct es_store *s, const struct es_row *row)
{
	return es_store_write(s, ST_PUT_MACHINE,
	    ES_BINDS(es_bind_i64(row->agent), es_bind_i64((int)row->type), es_bind_time(row->start),
		es_bind_time(row->end), es_bind_i64(row->full), es_bind_time(row->received),
		es_bind_blob(row->bytes.p, row->bytes.n)));
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
