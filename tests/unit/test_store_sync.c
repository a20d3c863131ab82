/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was committed is on the disk: an agent deletes a record once that is acknowledged. The calls of the C library
 * are watched by standing in for them.
 */
#include "collector/store/store_private.h"
#include "tests/unit/libc.h"
#include "tests/unit/store_rig.h"

#include <errno.h>

static struct {
	unsigned n;
	bool fails;
} syncs;

static bool
note(enum test_disk_step step, size_t *n)
{
	(void)n;
	if (step != TEST_SYNC_FILE && step != TEST_SYNC_DIR)
		return true;
	syncs.n++;
	if (syncs.fails)
		errno = EIO;
	return !syncs.fails;
}

/* Stream records that a reader of the same file sees. */
static int
stored(const struct fixture *f)
{
	const es_time end = es_time_of_ns(INT64_MAX);
	struct es_store *reader;
	char error[512];
	int n = 0;

	if (es_store_open(f->path, ES_STORE_READ, &reader, error) != 0 ||
	    es_store_find_streams(reader, 7, es_time_of_ns(0), end, end, count, &n) != 0)
		n = -1;
	es_store_close(reader);
	return n;
}

static void
put(struct fixture *f, int64_t at_s)
{
	struct es_row row = row_of(f, ES_REC_STREAM, at_s);

	row.key.restart = (uint32_t)at_s;
	CHECK_EQ(es_store_begin(f->s), 0);
	CHECK_EQ(es_store_put(f->s, &row), 0);
}

TEST(store_commit_is_synced_before_it_returns)
{
	struct fixture f;

	setup(&f);
	test_disk = note;
	for (int i = 1; i <= 3; i++) {
		put(&f, i);
		syncs.n = 0;
		CHECK_EQ(stored(&f), i - 1);
		CHECK_EQ(es_store_commit(f.s), 0);
		CHECK(syncs.n > 0);
		CHECK_EQ(stored(&f), i);
	}
	put(&f, 4);
	syncs.n = 0;
	es_store_rollback(f.s);
	CHECK_EQ(syncs.n, 0);
	CHECK_EQ(stored(&f), 3);
	test_disk = NULL;
	teardown(&f);
}

TEST(store_commit_that_cannot_be_synced_has_failed)
{
	struct fixture f;

	setup(&f);
	test_disk = note;
	put(&f, 1);
	syncs.fails = true;
	CHECK_EQ(es_store_commit(f.s), ES_EIO);
	syncs.fails = false;
	es_store_rollback(f.s);
	CHECK_EQ(stored(&f), 0);
	put(&f, 2); /* when the disk is well again, so is the store */
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(stored(&f), 1);
	test_disk = NULL;
	teardown(&f);
}

static int64_t
number(struct es_store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* A file that somebody has tampered with runs nothing, and no row stands without the row that it names. */
TEST(store_trusts_no_file_more_than_it_must)
{
	static const struct {
		const char *pragma;
		int64_t value;
	} rows[] = { { "PRAGMA trusted_schema", 0 }, { "PRAGMA foreign_keys", 1 },
		{ "PRAGMA cell_size_check", 1 }, { "PRAGMA synchronous", 2 /* FULL */ },
		{ "PRAGMA temp_store", 2 /* MEMORY */ } };
	struct es_store *reader;
	char error[512];
	struct fixture f;

	setup(&f);
	test_disk = note;
	CHECK_EQ(es_store_open(f.path, ES_STORE_READ, &reader, error), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(number(f.s, rows[i].pragma), rows[i].value);
		CHECK_EQ(number(reader, rows[i].pragma), rows[i].value);
	}
	CHECK_EQ(number(f.s, "PRAGMA query_only"), 0);
	CHECK_EQ(number(reader, "PRAGMA query_only"), 1);
	es_store_close(reader);
	test_disk = NULL;
	teardown(&f);
}
