/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: its limits, transactions, statements. */
#include "collector/store/store.h"

#include "collector/store/store_private.h"
#include "runtime/clock.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

enum {
	WORK_STEP = 1000,
	PAGES_MAX = 1073741823, /* SQLite's own bound; 0 would only ask */
};

static void
note_spent(struct es_store *s)
{
	(void)snprintf(s->error, sizeof(s->error),
	    "this would take longer than one request may: ask for a shorter time");
}

int
es_store_fail(struct es_store *s, int rc)
{
	(void)snprintf(s->error, sizeof(s->error), "%s", sqlite3_errmsg(s->db));
	switch (rc) {
	case SQLITE_INTERRUPT:
		note_spent(s);
		return ES_EAGAIN;
	case SQLITE_FULL:
		return ES_EFULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ES_EAGAIN;
	case SQLITE_CONSTRAINT:
		return ES_EINVALID;
	default:
		return ES_EIO;
	}
}

int
es_store_execute(struct es_store *s, const char *sql)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : es_store_fail(s, rc);
}

int
es_store_pragma(struct es_store *s, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = es_store_fail(s, rc);
	sqlite3_finalize(st);
	return rc;
}

const char *
es_store_error(const struct es_store *s)
{
	return s->error;
}

int
es_store_limit(struct es_store *s, uint64_t max_bytes)
{
	int64_t page = 4096;
	char sql[64];
	int err = es_store_pragma(s, "PRAGMA page_size", &page);

	if (err < 0)
		return err;
	(void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %llu",
	    max_bytes == 0 ? (unsigned long long)PAGES_MAX
			   : (unsigned long long)(max_bytes / (uint64_t)page + 1));
	return es_store_execute(s, sql);
}

int
es_store_is_full(struct es_store *s, uint64_t max_bytes, bool *out)
{
	int64_t page = 0, pages = 0, unused = 0;
	int err;

	*out = false;
	if ((err = es_store_pragma(s, "PRAGMA page_size", &page)) < 0 ||
	    (err = es_store_pragma(s, "PRAGMA page_count", &pages)) < 0 ||
	    (err = es_store_pragma(s, "PRAGMA freelist_count", &unused)) < 0)
		return err;
	*out = max_bytes > 0 && unused == 0 && (uint64_t)pages >= max_bytes / (uint64_t)page + 1;
	return 0;
}

static int
on_work(void *ctx)
{
	struct es_store *s = ctx;

	s->work++;
	s->is_spent |= (s->max_work > 0 && s->work > s->max_work) ||
		       (s->due_ms > 0 && es_clock_monotonic_ms() >= s->due_ms);
	return s->is_spent;
}

void
es_store_budget(struct es_store *s, uint64_t max_work, int64_t due_ms)
{
	s->work = 0;
	s->max_work = max_work;
	s->due_ms = due_ms;
	s->is_spent = false;
	sqlite3_progress_handler(s->db, WORK_STEP, on_work, s);
}

uint64_t
es_store_work(const struct es_store *s)
{
	return s->work;
}

bool
es_store_is_spent(struct es_store *s)
{
	s->is_spent |= s->due_ms > 0 && es_clock_monotonic_ms() >= s->due_ms;
	if (s->is_spent)
		note_spent(s);
	return s->is_spent;
}

static int
bind(sqlite3_stmt *st, int at, const struct es_bind *v)
{
	const char *p = v->bytes.n == 0 ? "" : (const char *)v->bytes.p;

	if (v->bytes.n > INT_MAX)
		return SQLITE_TOOBIG;
	switch (v->as) {
	case ES_BIND_NUMBER:
		return sqlite3_bind_int64(st, at, v->number);
	case ES_BIND_TEXT:
		return sqlite3_bind_text(st, at, p, (int)v->bytes.n, SQLITE_STATIC);
	case ES_BIND_BYTES:
		return sqlite3_bind_blob(st, at, p, (int)v->bytes.n, SQLITE_STATIC);
	case ES_BIND_NULL:
		break;
	}
	return sqlite3_bind_null(st, at);
}

/* The statement, reset and bound; NULL when it cannot be prepared or a value not be bound. */
static sqlite3_stmt *
statement(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n)
{
	sqlite3_stmt **st = &s->stmt[which];
	int rc;

	if (*st == NULL) {
		rc = sqlite3_prepare_v3(
		    s->db, es_store_text[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
		if (rc != SQLITE_OK) {
			(void)es_store_fail(s, rc);
			return NULL;
		}
	}
	assert((size_t)sqlite3_bind_parameter_count(*st) == n);
	sqlite3_reset(*st);
	for (size_t i = 0; i < n; i++) {
		rc = bind(*st, (int)i + 1, &values[i]);
		if (rc != SQLITE_OK) {
			(void)snprintf(s->error, sizeof(s->error), "%s", sqlite3_errstr(rc));
			return NULL;
		}
	}
	return *st;
}

int
es_store_rows(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n,
    es_store_row_fn *row, void *ctx)
{
	sqlite3_stmt *st = statement(s, which, values, n);
	int n_rows = 0, rc, err;

	if (st == NULL)
		return ES_EIO;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		n_rows++;
		if (!row(ctx, st))
			break;
	}
	err = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : es_store_fail(s, rc);
	sqlite3_reset(st);
	return err < 0 ? err : n_rows;
}

int
es_store_row(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n,
    es_store_row_fn *row, void *ctx)
{
	int got = es_store_rows(s, which, values, n, row, ctx);

	return got < 0 ? got : got == 0 ? ES_ENOTFOUND : 0;
}

static bool
ignore_row(void *ctx, sqlite3_stmt *st)
{
	(void)ctx;
	(void)st;
	return false;
}

int
es_store_write(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n)
{
	int got = es_store_rows(s, which, values, n, ignore_row, NULL);

	return got < 0 ? got : 0;
}

int
es_store_begin(struct es_store *s)
{
	return es_store_write(s, ST_BEGIN, NULL, 0);
}

int
es_store_commit(struct es_store *s)
{
	return es_store_write(s, ST_COMMIT, NULL, 0);
}

void
es_store_rollback(struct es_store *s)
{
	char error[sizeof(s->error)];

	if (sqlite3_get_autocommit(s->db))
		return; /* a full disk makes SQLite roll back by itself */
	memcpy(error, s->error, sizeof(error));
	(void)es_store_write(
	    s, ST_ROLLBACK, NULL, 0); /* the reason for it is what the caller wants to read */
	memcpy(s->error, error, sizeof(error));
}

es_slice
es_column_slice(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);

	return es_slice_of(p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(st, at));
}

es_time
es_column_time(sqlite3_stmt *st, int at)
{
	return es_time_of_ns(sqlite3_column_int64(st, at));
}

void
es_column_text(sqlite3_stmt *st, int at, char *out, size_t cap)
{
	es_slice text = es_column_slice(st, at);
	size_t n = text.n < cap ? text.n : cap - 1;

	if (n > 0)
		memcpy(out, text.p, n);
	out[n] = '\0';
}
