/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: removing what is old, a bounded number of rows at a time. */
#include "collector/store/store_private.h"

const char *const es_store_class_names[ES_CLASSES] = {
	[ES_CLASS_CALLS] = "calls",
	[ES_CLASS_MINUTES] = "minutes",
	[ES_CLASS_MACHINE] = "machine",
	[ES_CLASS_REPORTED] = "reported",
	[ES_CLASS_LOSSES] = "losses",
};

/* In the order of ST_OLDEST and ST_NEWEST. */
static const struct {
	enum es_store_class class;
	enum es_stmt prune;
} tables[] = {
	{ ES_CLASS_CALLS, ST_PRUNE_CALL },
	{ ES_CLASS_CALLS, ST_PRUNE_STREAM },
	{ ES_CLASS_MINUTES, ST_PRUNE_MINUTE },
	{ ES_CLASS_MACHINE, ST_PRUNE_MACHINE },
	{ ES_CLASS_REPORTED, ST_PRUNE_REPORTED },
	{ ES_CLASS_LOSSES, ST_PRUNE_LOSS },
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

static bool
read_oldest(void *ctx, sqlite3_stmt *st)
{
	es_time *out = ctx;

	for (int i = 0; i < N_TABLES; i++) {
		es_time *oldest = &out[tables[i].class];

		if (sqlite3_column_type(st, i) != SQLITE_NULL &&
		    es_time_before(es_column_time(st, i), *oldest))
			*oldest = es_column_time(st, i);
	}
	return false;
}

int
es_store_oldest(struct es_store *s, es_time out[ES_CLASSES])
{
	for (int i = 0; i < ES_CLASSES; i++)
		out[i] = es_time_of_ns(INT64_MAX);
	return es_store_row(s, ST_OLDEST, NULL, 0, read_oldest, out);
}

struct newest {
	bool has;
	es_time at;
};

static bool
read_newest(void *ctx, sqlite3_stmt *st)
{
	struct newest *out = ctx;

	for (int i = 0; i < N_TABLES; i++) {
		if (sqlite3_column_type(st, i) == SQLITE_NULL)
			continue;
		out->at =
		    out->has ? es_time_max(out->at, es_column_time(st, i)) : es_column_time(st, i);
		out->has = true;
	}
	return false;
}

int
es_store_newest(struct es_store *s, es_time *out)
{
	struct newest n = { 0 };
	int err = es_store_row(s, ST_NEWEST, NULL, 0, read_newest, &n);

	if (err == 0 && !n.has)
		return ES_ENOTFOUND;
	*out = n.at;
	return err;
}

/* The sources of the rows that went. */
struct removed {
	uint32_t n;
	uint32_t n_sources;
	int64_t sources[ES_STORE_PRUNE_ROWS];
};

static bool
note_removed(void *ctx, sqlite3_stmt *st)
{
	struct removed *r = ctx;
	int64_t source = sqlite3_column_int64(st, 0);

	r->n++;
	if (source != 0 && (r->n_sources == 0 || r->sources[r->n_sources - 1] != source))
		r->sources[r->n_sources++] = source;
	return true;
}

static int
remove_rows(struct es_store *s, enum es_stmt prune, es_time before, uint32_t max_rows, uint32_t *n)
{
	struct removed r = { .n = 0 };
	int err;

	*n = 0;
	err = es_store_rows(
	    s, prune, ES_BINDS(es_bind_time(before), es_bind_i64(max_rows)), note_removed, &r);
	for (uint32_t i = 0; i < r.n_sources && err >= 0; i++)
		err = es_store_write(s, ST_PRUNE_SOURCE, ES_BINDS(es_bind_i64(r.sources[i])));
	*n = r.n;
	return err < 0 ? err : 0;
}

static int
prune(struct es_store *s, const es_time before[ES_CLASSES], uint32_t n[ES_CLASSES])
{
	uint32_t left = ES_STORE_PRUNE_ROWS, gone;
	int err = 0;

	for (int i = 0; i < N_TABLES && left > 0 && err == 0; i++) {
		err = remove_rows(s, tables[i].prune, before[tables[i].class], left, &gone);
		n[tables[i].class] += gone;
		left -= gone;
	}
	for (int i = 0; i < ES_CLASSES && err == 0; i++)
		if (n[i] > 0)
			err = es_store_write(
			    s, ST_PRUNED_ADD, ES_BINDS(es_bind_i64(i), es_bind_u64(n[i])));
	return err;
}

int
es_store_prune(struct es_store *s, const es_time before[ES_CLASSES], uint32_t n[ES_CLASSES])
{
	int err;

	memset(n, 0, ES_CLASSES * sizeof(n[0]));
	sqlite3_busy_timeout(s->db, 0);
	err = es_store_begin(s);
	sqlite3_busy_timeout(s->db, ES_STORE_BUSY_MS);
	if (err == 0)
		err = prune(s, before, n);
	if (err == 0)
		err = es_store_commit(s);
	if (err < 0) {
		es_store_rollback(s);
		memset(n, 0, ES_CLASSES * sizeof(n[0]));
	}
	return err;
}

static bool
read_pruned(void *ctx, sqlite3_stmt *st)
{
	uint64_t *n = ctx;
	int64_t class = sqlite3_column_int64(st, 0);

	if (class >= 0 && class < ES_CLASSES)
		n[class] = (uint64_t)sqlite3_column_int64(st, 1);
	return true;
}

int
es_store_pruned(struct es_store *s, uint64_t n[ES_CLASSES])
{
	int got;

	memset(n, 0, ES_CLASSES * sizeof(n[0]));
	got = es_store_rows(s, ST_PRUNED, NULL, 0, read_pruned, n);
	return got < 0 ? got : 0;
}

static bool
read_instant(void *ctx, sqlite3_stmt *st)
{
	struct es_store_instant *out = ctx;
	es_slice boot = es_column_slice(st, 2);

	memset(out, 0, sizeof(*out));
	out->at = es_column_time(st, 0);
	out->boot_ns = sqlite3_column_int64(st, 1);
	if (boot.n == sizeof(out->boot))
		memcpy(out->boot, boot.p, boot.n);
	out->is_vouched = sqlite3_column_int(st, 3) != 0;
	out->is_held = sqlite3_column_int(st, 4) != 0;
	return false;
}

int
es_store_instant_get(struct es_store *s, struct es_store_instant *out)
{
	return es_store_row(s, ST_INSTANT_GET, NULL, 0, read_instant, out);
}

int
es_store_instant_set(struct es_store *s, const struct es_store_instant *i)
{
	int err;

	sqlite3_busy_timeout(s->db, 0);
	err = es_store_write(s, ST_INSTANT_SET,
	    ES_BINDS(es_bind_time(i->at), es_bind_i64(i->boot_ns),
		es_bind_blob(i->boot, sizeof(i->boot)), es_bind_i64(i->is_vouched),
		es_bind_i64(i->is_held)));
	sqlite3_busy_timeout(s->db, ES_STORE_BUSY_MS);
	return err;
}

int
es_store_used(struct es_store *s, uint64_t *bytes)
{
	int64_t page = 0, pages = 0, unused = 0;
	int err;

	if ((err = es_store_pragma(s, "PRAGMA page_size", &page)) < 0 ||
	    (err = es_store_pragma(s, "PRAGMA page_count", &pages)) < 0 ||
	    (err = es_store_pragma(s, "PRAGMA freelist_count", &unused)) < 0)
		return err;
	*bytes = (uint64_t)(pages - unused) * (uint64_t)page;
	return 0;
}
