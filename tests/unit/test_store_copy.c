/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the database: one file, of one moment, whole or not there. */
#include "collector/store/store_private.h"
#include "tests/unit/libc.h"
#include "tests/unit/store_rig.h"

#include <errno.h>
#include <sys/stat.h>

static int
calls_in(const char *path)
{
	struct es_store *s;
	char error[512];
	int n = 0;

	if (es_store_open(path, ES_STORE_READ, &s, error) < 0)
		return -1;
	if (es_store_find_calls(s, ES_BY_CALL_ID, es_slice_str("one@h"), INT64_MAX, count, &n) < 0)
		n = -1;
	es_store_close(s);
	return n;
}

static void
put_call(struct fixture *f, struct es_store *s, int64_t at_s)
{
	struct es_row r = row_of(f, ES_REC_CALL, at_s);

	r.begun = r.start;
	CHECK_EQ(es_store_put(s, &r), 0);
}

static const char *
to(const struct fixture *f, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

/* What another program has not committed is not in it, and neither waits for the other. */
TEST(store_copy_is_of_one_moment_while_another_writes)
{
	struct es_store *writer;
	struct fixture f;
	char error[512];
	struct stat st;

	setup(&f);
	put_call(&f, f.s, 1);
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &writer, error), 0);
	CHECK_EQ(es_store_begin(writer), 0);
	put_call(&f, writer, 2);
	CHECK_EQ(es_store_copy(f.s, to(&f, "copy")), 0);
	CHECK_EQ(es_store_commit(writer), 0);
	CHECK_EQ(calls_in(to(&f, "copy")), 1);
	CHECK_EQ(stat(to(&f, "copy"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_store_copy(f.s, to(&f, "copy")), 0); /* in place of the one before */
	CHECK_EQ(calls_in(to(&f, "copy")), 2);
	CHECK(access(to(&f, "copy-wal"), F_OK) != 0);
	CHECK_EQ(calls_in(f.path), 2);
	es_store_close(writer);
	CHECK_EQ(unlink(to(&f, "copy")), 0);
	teardown(&f);
}

static enum test_disk_step bad_step;

static bool
fail(enum test_disk_step step, size_t *n)
{
	(void)n;
	errno = EIO;
	return step != bad_step;
}

/* The copy before it stays until the next is on the disk. */
TEST(store_copy_that_fails_leaves_the_one_before)
{
	static const enum test_disk_step steps[] = { TEST_SYNC_FILE, TEST_RENAME };
	struct fixture f;

	setup(&f);
	put_call(&f, f.s, 1);
	CHECK_EQ(es_store_copy(f.s, to(&f, "copy")), 0);
	put_call(&f, f.s, 2);
	for (size_t i = 0; i < 2; i++) {
		bad_step = steps[i];
		test_disk = fail;
		CHECK_EQ(es_store_copy(f.s, to(&f, "copy")), ES_EIO);
		test_disk = NULL;
		CHECK(strstr(es_store_error(f.s), "copy") != NULL);
		CHECK_EQ(calls_in(to(&f, "copy")), 1);
	}
	CHECK_EQ(unlink(to(&f, "copy")), 0);
	teardown(&f); /* and no temporary file */
}

TEST(store_copy_never_replaces_its_own_database)
{
	struct fixture f;

	setup(&f);
	put_call(&f, f.s, 1);
	CHECK_EQ(es_store_copy(f.s, f.path), ES_EINVALID);
	CHECK(strstr(es_store_error(f.s), "is the database itself") != NULL);
	CHECK_EQ(symlink(f.path, to(&f, "link")), 0);
	CHECK_EQ(es_store_copy(f.s, to(&f, "link")), ES_EINVALID);
	CHECK_EQ(unlink(to(&f, "link")), 0);
	CHECK_EQ(calls_in(f.path), 1);
	CHECK_EQ(es_store_copy(f.s, to(&f, "no/copy")), ES_EIO);
	CHECK(strstr(es_store_error(f.s), "no/copy.tmp") != NULL);
	teardown(&f);
}

/* Put in the place of the database by hand, it is one that can be written and read at a time again. */
TEST(store_copy_is_a_database_for_ingest_and_portal)
{
	struct es_store *writer, *reader;
	struct fixture f;
	char error[512];

	setup(&f);
	CHECK_EQ(es_store_copy(f.s, to(&f, "copy")), 0);
	CHECK_EQ(es_store_open(to(&f, "copy"), ES_STORE_WRITE, &writer, error), 0);
	CHECK_EQ(es_store_open(to(&f, "copy"), ES_STORE_READ, &reader, error), 0);
	CHECK_EQ(es_store_begin(writer), 0);
	put_call(&f, writer, 1);
	CHECK_EQ(es_store_commit(writer), 0);
	CHECK_EQ(calls_in(to(&f, "copy")), 1);
	es_store_close(reader);
	es_store_close(writer);
	CHECK_EQ(unlink(to(&f, "copy")), 0);
	teardown(&f);
}
