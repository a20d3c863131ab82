/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: searches. Every one returns the columns of CALL_ROW in store_text.c. */
#include "collector/store/store_private.h"
#include "probes/base/text.h"

/* Streams that began longer before a range are not looked for in it: an index has to end somewhere. */
#define LONGEST_NS (INT64_C(12) * 3600 * ES_NS_PER_S)
/* A packed minute and the block that was open at its end: 256 packets of a second each, and idle time. */
#define LONGEST_MINUTE_NS (INT64_C(900) * ES_NS_PER_S)

static void
read_addr(sqlite3_stmt *st, int at, struct es_addr *out)
{
	es_slice bytes = es_column_slice(st, at);

	if (bytes.n != sizeof(*out))
		return;
	memcpy(out, bytes.p, sizeof(*out));
	*out = es_store_addr(out);
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

struct finding {
	es_found_fn *cb;
	void *ctx;
};

static bool
found_row(void *ctx, sqlite3_stmt *st)
{
	const struct finding *f = ctx;
	struct es_found found;

	read_row(st, &found);
	return f->cb(f->ctx, &found);
}

static int
find(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n,
    es_found_fn *cb, void *ctx)
{
	struct finding f = { cb, ctx };
	int got = es_store_rows(s, which, values, n, found_row, &f);

	return got < 0 ? got : 0;
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
	return find(s, which[by],
	    ES_BINDS(es_bind_slice(key), es_bind_i64(near), es_bind_i64(ES_STORE_NEAR_ROWS)), cb,
	    ctx);
}

/* "user@" of "user@host" */
static es_slice
user_of(es_slice party)
{
	size_t at = es_text_find(party, '@');

	return es_text_first(party, at == party.n ? 0 : at + 1);
}

int
es_store_find_attempts(struct es_store *s, es_slice caller, es_slice callee, es_time from,
    es_time to, es_found_fn *cb, void *ctx)
{
	es_slice from_user = user_of(caller), to_user = user_of(callee);

	if (from_user.n == 0 || to_user.n == 0)
		return 0;
	return find(s, ST_ATTEMPTS,
	    ES_BINDS(es_bind_slice(to_user), es_bind_slice(from_user), es_bind_time(from),
		es_bind_time(to), es_bind_i64(ES_STORE_NEAR_ROWS)),
	    cb, ctx);
}

int
es_store_find_streams_of_call(struct es_store *s, es_slice call_id, es_found_fn *cb, void *ctx)
{
	return find(s, ST_STREAMS_OF_CALL, ES_BINDS(es_bind_slice(call_id)), cb, ctx);
}

int
es_store_find_streams(struct es_store *s, uint32_t ssrc, es_time from, es_time to, es_time near,
    es_found_fn *cb, void *ctx)
{
	return find(s, ST_STREAMS_BY_SSRC,
	    ES_BINDS(es_bind_i64(ssrc), es_bind_time(from), es_bind_time(to), es_bind_time(near),
		es_bind_i64(ES_STORE_NEAR_ROWS), es_bind_time(es_time_add(from, -LONGEST_NS))),
	    cb, ctx);
}

int
es_store_find_mirrored(struct es_store *s, const struct es_row *stream, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	const struct es_addr src = es_store_addr(&stream->key.src),
			     dst = es_store_addr(&stream->key.dst);

	return find(s, ST_MIRRORED,
	    ES_BINDS(es_bind_blob(&dst, sizeof(dst)), es_bind_blob(&src, sizeof(src)),
		es_bind_i64(stream->agent), es_bind_time(from), es_bind_time(to),
		es_bind_time(stream->start), es_bind_i64(ES_STORE_NEAR_ROWS),
		es_bind_i64(es_store_path(&stream->key.dst, &stream->key.src)),
		es_bind_time(es_time_add(from, -LONGEST_NS))),
	    cb, ctx);
}

int
es_store_find_reported(struct es_store *s, int64_t agent, uint32_t ssrc, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	return find(s, ST_REPORTED,
	    ES_BINDS(es_bind_i64(ssrc), es_bind_time(from), es_bind_time(to), es_bind_i64(agent),
		es_bind_i64(ES_STORE_REPORTS)),
	    cb, ctx);
}

int
es_store_find_intervals(struct es_store *s, const struct es_row *stream, es_time from, es_time to,
    es_found_fn *cb, void *ctx)
{
	const struct es_addr src = es_store_addr(&stream->key.src),
			     dst = es_store_addr(&stream->key.dst);

	return find(s, ST_MINUTES,
	    ES_BINDS(es_bind_i64(stream->key.ssrc), es_bind_i64(stream->agent),
		es_bind_slice(stream->label), es_bind_i64((int)stream->role),
		es_bind_blob(&src, sizeof(src)), es_bind_blob(&dst, sizeof(dst)),
		es_bind_i64(stream->key.restart), es_bind_time(from), es_bind_time(to),
		es_bind_time(es_time_add(from, -LONGEST_MINUTE_NS))),
	    cb, ctx);
}

int
es_store_find_machine(struct es_store *s, int64_t agent, enum es_record_type type, es_time from,
    es_time to, es_found_fn *cb, void *ctx)
{
	return find(s, type == ES_REC_HOST ? ST_HOST : ST_MACHINE,
	    ES_BINDS(
		es_bind_i64(agent), es_bind_i64((int)type), es_bind_time(from), es_bind_time(to)),
	    cb, ctx);
}

int
es_store_find_last(
    struct es_store *s, int64_t agent, enum es_record_type type, es_found_fn *cb, void *ctx)
{
	struct finding f = { cb, ctx };

	return es_store_row(
	    s, ST_LAST, ES_BINDS(es_bind_i64(agent), es_bind_i64((int)type)), found_row, &f);
}

int
es_store_find_page(struct es_store *s, es_time from, es_time to, const struct es_page *after,
    es_found_fn *cb, void *ctx)
{
	const struct es_page newest = { es_time_of_ns(INT64_MAX), 0, INT64_MAX };

	if (after == NULL)
		after = &newest;
	return find(s, ST_PAGE,
	    ES_BINDS(es_bind_time(from), es_bind_time(to), es_bind_time(after->start),
		es_bind_i64(after->kind), es_bind_i64(after->id), es_bind_i64(ES_STORE_PAGE_ROWS)),
	    cb, ctx);
}

int
es_store_find_party(struct es_store *s, es_slice hash, es_time from, es_time to,
    const struct es_page *after, es_found_fn *cb, void *ctx)
{
	const struct es_page newest = { es_time_of_ns(INT64_MAX), 0, INT64_MAX };

	if (after == NULL)
		after = &newest;
	return find(s, ST_PARTY,
	    ES_BINDS(es_bind_time(from), es_bind_time(to), es_bind_time(after->start),
		es_bind_i64(after->kind), es_bind_i64(after->id), es_bind_i64(ES_STORE_PAGE_ROWS),
		es_bind_slice(hash)),
	    cb, ctx);
}

static bool
read_counts(void *ctx, sqlite3_stmt *st)
{
	struct es_store_counts *out = ctx;

	out->calls = (uint64_t)sqlite3_column_int64(st, 0);
	out->streams = (uint64_t)sqlite3_column_int64(st, 1);
	out->bytes = (uint64_t)sqlite3_column_int64(st, 2);
	return false;
}

int
es_store_count(struct es_store *s, struct es_store_counts *out)
{
	int err = es_store_row(s, ST_COUNTS, NULL, 0, read_counts, out);

	return err < 0 ? err : es_store_used(s, &out->used);
}
