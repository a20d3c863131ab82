/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: searches. Every one returns the columns of CALL_ROW in store_text.c. */
#include "collector/store_sql.h"

/* Streams that began longer before a range are not looked for in it: an index has to end somewhere. */
#define LONGEST_NS (INT64_C(12) * 3600 * ES_NS_PER_S)
/* A packed minute and the block that was open at its end: 256 packets of a second each, and idle time. */
#define LONGEST_MINUTE_NS (INT64_C(900) * ES_NS_PER_S)

static void
read_addr(sqlite3_stmt *st, int at, struct es_addr *out)
{
	es_slice bytes = es_column_slice(st, at);

	if (bytes.n == sizeof(*out))
		memcpy(out, bytes.p, sizeof(*out));
}

static void
read_row(sqlite3_stmt *st, struct es_found *f)
{
	struct es_row *r = &f->row;

	memset(f, 0, sizeof(*f));
	r->type = (enum es_record_type)sqlite3_column_int(st, 0);
	f->id = sqlite3_column_int64(st, 1);
	r->agent = sqlite3_column_int64(st, 2);
	f->agent_name = (const char *)sqlite3_column_text(st, 3);
	if (f->agent_name == NULL)
		f->agent_name = "";
	r->label = es_column_slice(st, 4);
	r->role = (enum es_role)sqlite3_column_int(st, 5);
	r->start = es_column_time(st, 6);
	r->end = es_column_time(st, 7);
	r->received = es_column_time(st, 8);
	r->bytes = es_column_slice(st, 9);
	r->call_id = es_column_slice(st, 10);
	r->from = es_column_slice(st, 11);
	r->to = es_column_slice(st, 12);
	r->key.ssrc = (uint32_t)sqlite3_column_int64(st, 13);
	read_addr(st, 14, &r->key.src);
	read_addr(st, 15, &r->key.dst);
	r->key.restart = (uint32_t)sqlite3_column_int64(st, 16);
	r->state = (enum es_state)sqlite3_column_int(st, 17);
}

/* Steps through a bound statement. *n_rows (may be NULL) counts them. */
static int
walk(struct es_store *s, sqlite3_stmt *st, es_found_fn *cb, void *ctx, unsigned *n_rows)
{
	struct es_found found;
	unsigned n = 0;
	int rc;

	while ((rc = es_store_step(s, st)) == SQLITE_ROW) {
		read_row(st, &found);
		n++;
		if (!cb(ctx, &found))
			break;
	}
	sqlite3_reset(st);
	if (n_rows != NULL)
		*n_rows = n;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : es_store_fail(s, rc);
}

int
es_store_find_calls(
    struct es_store *s, enum es_call_key by, es_slice key, int64_t near, es_found_fn *cb, void *ctx)
{
	static const enum es_stmt which[] = {
		[ES_BY_CALL_ID] = ST_CALLS_BY_CALL_ID,
		[ES_BY_SESSION_ID] = ST_CALLS_BY_SESSION_ID,
		[ES_BY_X_CALL_ID] = ST_CALLS_BY_X_CALL_ID,
	};
	sqlite3_stmt *st = es_store_stmt(s, which[by]);

	if (st == NULL)
		return ES_EIO;
	es_bind_slice(s, st, 1, key);
	es_bind_i64(s, st, 2, near);
	es_bind_i64(s, st, 3, ES_STORE_NEAR_ROWS);
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_streams_of_call(struct es_store *s, es_slice call_id, es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_STREAMS_OF_CALL);

	if (st == NULL)
		return ES_EIO;
	es_bind_slice(s, st, 1, call_id);
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_streams(struct es_store *s, uint32_t ssrc, es_time from, es_time to, es_time near,
    es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_STREAMS_BY_SSRC);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, ssrc);
	es_bind_time(s, st, 2, from);
	es_bind_time(s, st, 3, to);
	es_bind_time(s, st, 4, near);
	es_bind_i64(s, st, 5, ES_STORE_NEAR_ROWS);
	es_bind_time(s, st, 6, es_time_add(from, -LONGEST_NS));
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_mirrored(struct es_store *s, const struct es_row *stream, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_MIRRORED);

	if (st == NULL)
		return ES_EIO;
	es_bind_blob(s, st, 1, &stream->key.dst, sizeof(stream->key.dst));
	es_bind_blob(s, st, 2, &stream->key.src, sizeof(stream->key.src));
	es_bind_i64(s, st, 3, stream->agent);
	es_bind_time(s, st, 4, from);
	es_bind_time(s, st, 5, to);
	es_bind_time(s, st, 6, stream->start);
	es_bind_i64(s, st, 7, ES_STORE_NEAR_ROWS);
	es_bind_i64(s, st, 8, es_store_path(&stream->key.dst, &stream->key.src));
	es_bind_time(s, st, 9, es_time_add(from, -LONGEST_NS));
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_reported(struct es_store *s, int64_t agent, uint32_t ssrc, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_REPORTED);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, ssrc);
	es_bind_time(s, st, 2, from);
	es_bind_time(s, st, 3, to);
	es_bind_i64(s, st, 4, agent);
	es_bind_i64(s, st, 5, ES_STORE_REPORTS);
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_intervals(struct es_store *s, const struct es_row *stream, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_MINUTES);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, stream->key.ssrc);
	es_bind_i64(s, st, 2, stream->agent);
	es_bind_slice(s, st, 3, stream->label);
	es_bind_i64(s, st, 4, (int)stream->role);
	es_bind_blob(s, st, 5, &stream->key.src, sizeof(stream->key.src));
	es_bind_blob(s, st, 6, &stream->key.dst, sizeof(stream->key.dst));
	es_bind_i64(s, st, 7, stream->key.restart);
	es_bind_time(s, st, 8, from);
	es_bind_time(s, st, 9, to);
	es_bind_time(s, st, 10, es_time_add(from, -LONGEST_MINUTE_NS));
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_machine(struct es_store *s, int64_t agent, enum es_record_type type, es_time from,
    es_time to, es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, type == ES_REC_HOST ? ST_HOST : ST_MACHINE);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, agent);
	es_bind_i64(s, st, 2, (int)type);
	es_bind_time(s, st, 3, from);
	es_bind_time(s, st, 4, to);
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_find_last(
    struct es_store *s, int64_t agent, enum es_record_type type, es_found_fn *cb, void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_LAST);
	unsigned n_rows = 0;
	int err;

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, agent);
	es_bind_i64(s, st, 2, (int)type);
	err = walk(s, st, cb, ctx, &n_rows);
	return err == 0 && n_rows == 0 ? ES_ENOTFOUND : err;
}

int
es_store_find_page(struct es_store *s, es_time from, es_time to, es_slice text,
    const struct es_page *after, es_found_fn *cb, void *ctx)
{
	const struct es_page newest = { { INT64_MAX }, 0, INT64_MAX };
	sqlite3_stmt *st = es_store_stmt(s, ST_PAGE);
	char lower[ES_STORE_TEXT_MAX];
	size_t n = text.n < sizeof(lower) ? text.n : sizeof(lower);

	if (st == NULL)
		return ES_EIO;
	if (after == NULL)
		after = &newest;
	for (size_t i = 0; i < n; i++)
		lower[i] =
		    (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]);
	es_bind_time(s, st, 1, from);
	es_bind_time(s, st, 2, to);
	es_bind_slice(s, st, 3, es_slice_of(lower, n));
	es_bind_time(s, st, 4, after->start);
	es_bind_i64(s, st, 5, after->kind);
	es_bind_i64(s, st, 6, after->id);
	es_bind_i64(s, st, 7, ES_STORE_PAGE_ROWS);
	return walk(s, st, cb, ctx, NULL);
}

int
es_store_count(struct es_store *s, struct es_store_counts *out)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_COUNTS);
	int rc;

	if (st == NULL)
		return ES_EIO;
	rc = es_store_step(s, st);
	if (rc == SQLITE_ROW) {
		out->calls = (uint64_t)sqlite3_column_int64(st, 0);
		out->streams = (uint64_t)sqlite3_column_int64(st, 1);
		out->bytes = (uint64_t)sqlite3_column_int64(st, 2);
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : es_store_fail(s, rc);
}
