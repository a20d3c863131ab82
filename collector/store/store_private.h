/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the SQLite store: the handle, its statements, and short names for binding. */
#ifndef COLLECTOR_STORE_STORE_PRIVATE_H
#define COLLECTOR_STORE_STORE_PRIVATE_H

#include "collector/store/store.h"

#include <sqlite3.h>
#include <string.h>

/* Each statement is prepared when first used and kept. The texts stand in store_text.c. */
enum es_stmt {
	ST_BEGIN,
	ST_COMMIT,
	ST_ROLLBACK,
	ST_TOKEN_ADD,
	ST_TOKEN_GET,
	ST_TOKEN_BURN,
	ST_TOKENS_OPEN,
	ST_AGENT_BIND,
	ST_AGENT_BY_SPKI,
	ST_AGENT_BY_ID,
	ST_AGENT_HELLO,
	ST_AGENT_COUNT,
	ST_AGENT_MARK,
	ST_AGENT_LIST,
	ST_AGENT_DISABLE,
	ST_AGENT_BY_CN,
	ST_AGENT_REKEY,
	ST_RENEWAL_GET,
	ST_RENEWAL_SET,
	ST_RENEWAL_CLEAR,
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
	ST_ATTEMPTS,
	ST_STREAMS_OF_CALL,
	ST_STREAMS_BY_SSRC,
	ST_MIRRORED,
	ST_MINUTES,
	ST_REPORTED,
	ST_MACHINE,
	ST_HOST,
	ST_LAST,
	ST_PAGE,
	ST_PARTY,
	ST_COUNTS,
	ST_OLDEST,
	ST_NEWEST,
	ST_PRUNE_CALL,
	ST_PRUNE_STREAM,
	ST_PRUNE_MINUTE,
	ST_PRUNE_MACHINE,
	ST_PRUNE_REPORTED,
	ST_PRUNE_LOSS,
	ST_PRUNE_SOURCE,
	ST_PRUNED_ADD,
	ST_PRUNED,
	ST_INSTANT_GET,
	ST_INSTANT_SET,
	ST_END,
};

/* The user of "user@host", with the @, as the index call_callee has it. */
#define ES_STORE_USER_OF(party) "substr(" party ", 1, instr(" party ", '@'))"

/* The last hash of a party's pseudonym, as the indices call_caller_hash and call_callee_hash have it. */
#define ES_STORE_HASH_OF(party) "substr(" party ", instr(" party ", '@') - 24, 24)"

enum { ES_STORE_BUSY_MS = 5000 }; /* another writer is waited for */

extern const char *const es_store_text[ST_END];
extern const char es_store_schema[];
/* Tables that came later and that a program without them can do without. */
extern const char es_store_additions[];
extern const char es_store_forward_1[]; /* from version 1 to 2 */
extern const char es_store_forward_2[];

struct es_store {
	sqlite3 *db;
	sqlite3_stmt *stmt[ST_END];
	uint64_t work;     /* thousands of instructions since the budget was set */
	uint64_t max_work; /* 0: any */
	int64_t due_ms;    /* monotonic; 0: none */
	bool is_spent;
	int64_t moved_from; /* the schema version that was moved forward; 0: none */
	char error[384];
};

/* Notes the text of the last error and maps its code. */
int es_store_fail(struct es_store *s, int rc);
/* Runs statements without parameters; the first that fails ends it. */
int es_store_execute(struct es_store *s, const char *sql);
/* The first number of the first row. */
int es_store_pragma(struct es_store *s, const char *sql, int64_t *out);
/* Moves an older schema forward to ES_STORE_VERSION; any other is left as it is. path: of the database. */
int es_store_forward(struct es_store *s, const char *path);

/* The value of a statement's parameter. Texts and bytes are borrowed until the statement has run. */
struct es_bind {
	enum { ES_BIND_NULL, ES_BIND_NUMBER, ES_BIND_TEXT, ES_BIND_BYTES } as;
	int64_t number;
	es_slice bytes;
};

static inline struct es_bind
es_bind_null(void)
{
	return (struct es_bind){ .as = ES_BIND_NULL };
}

static inline struct es_bind
es_bind_i64(int64_t v)
{
	return (struct es_bind){ .as = ES_BIND_NUMBER, .number = v };
}

static inline struct es_bind
es_bind_u64(uint64_t v)
{
	return es_bind_i64((int64_t)v);
}

static inline struct es_bind
es_bind_time(es_time t)
{
	return es_bind_i64(t.ns);
}

static inline struct es_bind
es_bind_slice(es_slice text)
{
	return (struct es_bind){ .as = ES_BIND_TEXT, .bytes = text };
}

static inline struct es_bind
es_bind_text(const char *text)
{
	return es_bind_slice(es_slice_str(text));
}

static inline struct es_bind
es_bind_blob(const void *p, size_t n)
{
	return (struct es_bind){ .as = ES_BIND_BYTES, .bytes = es_slice_of(p, n) };
}

/* The values of ?1, ?2, ... in this order, and how many: two arguments of the calls below. */
#define ES_BINDS(...)                            \
	(const struct es_bind[]){ __VA_ARGS__ }, \
	    sizeof((const struct es_bind[]){ __VA_ARGS__ }) / sizeof(struct es_bind)

/* Called with each row; false ends the search. What it reads of st lives until it returns. */
typedef bool es_store_row_fn(void *ctx, sqlite3_stmt *st);

/*
 * Runs a statement with its values. The number of rows that were given to row, or an error: ES_EIO also
 * where a value cannot be bound, instead of a wrong answer.
 */
int es_store_rows(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n,
    es_store_row_fn *row, void *ctx);
/* The same for the one row there can be; ES_ENOTFOUND when there is none. */
int es_store_row(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n,
    es_store_row_fn *row, void *ctx);
/* The same for a statement that returns no row. */
int es_store_write(struct es_store *s, enum es_stmt which, const struct es_bind *values, size_t n);

/* An address as databases hold it: its port is little-endian on every machine. The way back is the same. */
static inline struct es_addr
es_store_addr(const struct es_addr *a)
{
	const uint8_t port[2] = { (uint8_t)a->port, (uint8_t)(a->port >> 8) };
	struct es_addr stored = *a;

	memcpy(&stored.port, port, sizeof(port));
	return stored;
}

/* A hash of source and destination: finds candidates, proves nothing. */
int64_t es_store_path(const struct es_addr *src, const struct es_addr *dst);

es_slice es_column_slice(sqlite3_stmt *st, int at);
es_time es_column_time(sqlite3_stmt *st, int at);
/* Cuts what does not fit. */
void es_column_text(sqlite3_stmt *st, int at, char *out, size_t cap);

#endif
