/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the SQLite store: the handle, its statements, and short names for binding. */
#ifndef COLLECTOR_STORE_SQL_H
#define COLLECTOR_STORE_SQL_H

#include "collector/store.h"

#include <sqlite3.h>

/* Each statement is prepared when first used and kept. The texts stand in store_text.c. */
enum es_stmt {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_TOKEN_ADD,
	ST_TOKEN_GET,
	ST_TOKEN_BURN,
	ST_AGENT_BIND,
	ST_AGENT_BY_SPKI,
	ST_AGENT_BY_ID,
	ST_AGENT_HELLO,
	ST_AGENT_COUNT,
	ST_AGENT_MARK,
	ST_AGENT_LIST,
	ST_MARK_GET,
	ST_MARK_SET,
	ST_PROOF_GET,
	ST_PROOF_SET,
	ST_SOURCE_GET,
	ST_SOURCE_ADD,
	ST_PUT_MINUTE,
	ST_PUT_STREAM,
	ST_PUT_CALL,
	ST_PUT_REPORTED,
	ST_PUT_MACHINE,
	ST_CALLS_BY_CALL_ID,
	ST_CALLS_BY_SESSION_ID,
	ST_CALLS_BY_X_CALL_ID,
	ST_STREAMS_OF_CALL,
	ST_STREAMS_BY_SSRC,
	ST_MIRRORED,
	ST_MINUTES,
	ST_REPORTED,
	ST_MACHINE,
	ST_HOST,
	ST_LAST,
	ST_PAGE,
	ST_COUNTS,
	ST_END,
};

enum { ES_STORE_BUSY_MS = 5000 }; /* another writer is waited for */

extern const char *const es_store_text[ST_END];
extern const char es_store_schema[];
/* Tables that came later and that a program without them can do without. */
extern const char es_store_additions[];
extern const char es_store_forward_1[]; /* from version 1 to 2 */

struct es_store {
	sqlite3 *db;
	sqlite3_stmt *stmt[ST_END];
	int bind_rc;       /* of the statement at hand: the first bind that was refused */
	uint64_t work;     /* thousands of instructions since the budget was set */
	uint64_t max_work; /* 0: any */
	int64_t due_ms;    /* monotonic; 0: none */
	bool is_spent;
	char error[384];
};

/* The statement, reset and ready to bind; NULL when it cannot be prepared (error is set). */
sqlite3_stmt *es_store_stmt(struct es_store *s, enum es_stmt which);
/* Notes the text of the last error and maps its code. */
int es_store_fail(struct es_store *s, int rc);
/* Runs statements without parameters; the first that fails ends it. */
int es_store_execute(struct es_store *s, const char *sql);
/* Runs a bound statement that returns no row; resets it. */
int es_store_run(struct es_store *s, sqlite3_stmt *st);

/* Steps a statement; what a bind before it refused comes out here, instead of a wrong answer. */
int es_store_step(struct es_store *s, sqlite3_stmt *st);

void es_bind_slice(struct es_store *s, sqlite3_stmt *st, int at, es_slice text);
void es_bind_text(struct es_store *s, sqlite3_stmt *st, int at, const char *text);
void es_bind_blob(struct es_store *s, sqlite3_stmt *st, int at, const void *p, size_t n);
void es_bind_i64(struct es_store *s, sqlite3_stmt *st, int at, int64_t v);
void es_bind_u64(struct es_store *s, sqlite3_stmt *st, int at, uint64_t v);
void es_bind_time(struct es_store *s, sqlite3_stmt *st, int at, es_time t);

/* A hash of source and destination: finds candidates, proves nothing. */
int64_t es_store_path(const struct es_addr *src, const struct es_addr *dst);

es_slice es_column_slice(sqlite3_stmt *st, int at);
es_time es_column_time(sqlite3_stmt *st, int at);
/* Cuts what does not fit. */
void es_column_text(sqlite3_stmt *st, int at, char *out, size_t cap);

#endif
