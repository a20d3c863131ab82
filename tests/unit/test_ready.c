/* SPDX-License-Identifier: Apache-2.0 */
/* /readyz: what stands against taking records is said, and nothing else is ready. */
#include "collector/store/ready.h"
#include "collector/store/store_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"
#include "tests/unit/open_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* The disk is as full as the test wants. */
static struct {
	unsigned long blocks, block_bytes;
	int status;
	char asked[ES_PATH_TEXT_MAX];
} disk;

static int
disk_is(const char *path, struct statvfs *out)
{
	(void)snprintf(disk.asked, sizeof(disk.asked), "%s", path);
	memset(out, 0, sizeof(*out));
	out->f_bavail = disk.blocks;
	out->f_bfree = 1 << 30; /* for root alone */
	out->f_frsize = disk.block_bytes;
	out->f_bsize = 1;
	return disk.status;
}

struct fixture {
	char dir[64];
	struct es_collector_config cfg;
	struct es_store *store;
};

static void
setup(struct fixture *f)
{
	char error[512];

	memset(f, 0, sizeof(*f));
	memset(&disk, 0, sizeof(disk));
	test_statvfs = disk_is;
	disk.blocks = disk.block_bytes = 1 << 20;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-ready-XXXXXX");
	if (mkdtemp(f->dir) == NULL || es_path_join(f->cfg.database, f->dir, "earshot.db") != 0 ||
	    es_store_open(f->cfg.database, ES_STORE_CREATE, &f->store, error) < 0)
		abort();
}

static void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".ingest" };
	char path[ES_PATH_TEXT_MAX + 16];

	es_store_close(f->store);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->cfg.database, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
}

/* The time the file system gives to what is written now. */
static es_time
now(void)
{
	return es_time_of_ns((int64_t)time(NULL) * ES_NS_PER_S);
}

TEST(ready_only_while_ingest_says_so)
{
	char why[ES_READY_TEXT_MAX];
	struct fixture f;
	unsigned before;

	setup(&f);
	before = open_files();
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(strstr(why, "ingest does not run") != NULL);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), 0);
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "");
	CHECK_EQ(es_ready_write(f.cfg.database, "the disk or the database is full"), 0);
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "ingest takes nothing: the disk or the database is full");
	CHECK_EQ(es_ready_write(f.cfg.database, ""), 0);
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(!es_ready_check(
	    f.store, &f.cfg, es_time_add(now(), 2 * ES_READY_SILENT_S * ES_NS_PER_S), why));
	CHECK(strstr(why, "ingest does not run") != NULL);
	CHECK_EQ(open_files(), before);
	teardown(&f);
}

TEST(ready_does_not_wait_for_a_pipe_in_place_of_the_word_of_ingest)
{
	char why[ES_READY_TEXT_MAX], path[ES_PATH_TEXT_MAX + 16];
	struct fixture f;
	unsigned before;

	setup(&f);
	before = open_files();
	(void)snprintf(path, sizeof(path), "%s.ingest", f.cfg.database);
	CHECK_EQ(mkfifo(path, 0600), 0);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), ES_EIO);
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(strstr(why, "ingest does not run") != NULL);
	CHECK_EQ(open_files(), before);
	teardown(&f);
}

TEST(ready_ends_when_the_database_is_as_large_as_it_may_be)
{
	char why[ES_READY_TEXT_MAX];
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), 0);
	f.cfg.max_database_bytes = 1 << 30;
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	f.cfg.max_database_bytes = 8192;
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "the database is as large as it may be");
	teardown(&f);
}

/* As on a full disk: no file can be made longer while this is said. */
static int
say_without_room(const struct fixture *f, const char *text)
{
	struct rlimit before, none;
	int err;

	if (getrlimit(RLIMIT_FSIZE, &before) != 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		abort();
	none = before;
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_FSIZE, &none) != 0)
		abort();
	err = es_ready_write(f->cfg.database, text);
	if (setrlimit(RLIMIT_FSIZE, &before) != 0)
		abort();
	return err;
}

TEST(ready_ends_also_where_the_reason_cannot_be_written)
{
	static const char *const before[] = { "", "another reason" };
	static const char full[] = "the disk or the database is full";
	char why[ES_READY_TEXT_MAX];
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		CHECK_EQ(es_ready_write(f.cfg.database, before[i]), 0);
		for (int times = 0; times < 2; times++) {
			CHECK_EQ(say_without_room(&f, full), ES_EIO);
			CHECK_EQ(errno, EFBIG); /* what ingest logs as the reason */
			CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
		}
	}
	CHECK_EQ(say_without_room(&f, NULL), 0); /* that all is well needs no room */
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	teardown(&f);
}

TEST(ready_ends_when_the_disk_is_full)
{
	char why[ES_READY_TEXT_MAX];
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), 0);
	disk.block_bytes = 4096;
	disk.blocks = 256;
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(disk.asked, f.cfg.database);
	disk.blocks = 255;
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "the disk of the database is full");
	disk.status = -1; /* nobody knows: no reason to refuse */
	CHECK(es_ready_check(f.store, &f.cfg, now(), why));
	teardown(&f);
}

/* What ingest said is believed for so long, also from a clock that is ahead of the portal's. */
TEST(ready_believes_ingest_for_fifteen_seconds)
{
	char why[ES_READY_TEXT_MAX];
	struct fixture f;
	struct timespec at[2] = { { 1700000000, 0 }, { 1700000000, 0 } };
	char path[ES_PATH_TEXT_MAX + 16];

	setup(&f);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s.ingest", f.cfg.database);
	CHECK_EQ(utimensat(AT_FDCWD, path, at, 0), 0);
	for (int64_t s = -20; s <= 20; s++) {
		es_time then = es_time_of_ns((1700000000 + s) * ES_NS_PER_S);

		CHECK_EQ(es_ready_check(f.store, &f.cfg, then, why), s >= -15 && s <= 15);
	}
	teardown(&f);
}

TEST(ready_says_no_more_than_it_has_room_for)
{
	char why[ES_READY_TEXT_MAX], reason[400];
	struct fixture f;

	setup(&f);
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	CHECK_EQ(es_ready_write(f.cfg.database, reason), 0);
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(strncmp(why, "ingest takes nothing: xxx", 25) == 0);
	CHECK(strlen(why) < ES_READY_TEXT_MAX);
	CHECK_EQ(es_ready_write(f.cfg.database, "y"), 0); /* nothing of the longer one is left */
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "ingest takes nothing: y");
	teardown(&f);
}

TEST(ready_ends_when_the_store_cannot_be_read)
{
	char why[ES_READY_TEXT_MAX], error[512];
	struct es_store *other;
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), 0);
	CHECK_EQ(es_store_open(f.cfg.database, ES_STORE_WRITE, &other, error), 0);
	CHECK_EQ(es_store_execute(other, "ALTER TABLE agent RENAME TO gone"), 0);
	es_store_close(other);
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(strncmp(why, "the store cannot be read: ", 26) == 0 && strlen(why) > 26);
	teardown(&f);
}

/* A path of so many bytes to the database in f->dir; false: it would be shorter. */
static bool
long_path(const struct fixture *f, char *out, size_t n)
{
	size_t dir = strlen(f->dir), name = strlen("earshot.db");

	if (dir + name > n)
		return false;
	memset(out, '/', n);
	memcpy(out, f->dir, dir);
	memcpy(out + n - name, "earshot.db", name + 1);
	return true;
}

/* Ingest's file is next to the database however long the database's path is. */
TEST(ready_speaks_of_a_database_of_any_path)
{
	char path[ES_PATH_TEXT_MAX + 16], why[ES_READY_TEXT_MAX];
	struct fixture f;

	setup(&f);
	CHECK(long_path(&f, path, ES_PATH_TEXT_MAX - 1));
	memcpy(f.cfg.database, path, ES_PATH_TEXT_MAX);
	CHECK_EQ(es_ready_write(f.cfg.database, "wait"), 0);
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK_STR(why, "ingest takes nothing: wait");
	CHECK(long_path(&f, path, ES_PATH_TEXT_MAX + 8));
	CHECK_EQ(es_ready_write(path, NULL), 0);
	CHECK(long_path(&f, path, ES_PATH_TEXT_MAX + 9)); /* never a shorter name than was meant */
	CHECK_EQ(es_ready_write(path, NULL), ES_EINVALID);
	teardown(&f);
}

/* What cannot be read says nothing, and nothing is not that all is well. */
TEST(ready_ends_when_the_word_of_ingest_cannot_be_read)
{
	char path[ES_PATH_TEXT_MAX + 16], why[ES_READY_TEXT_MAX];
	struct fixture f;

	setup(&f);
	(void)snprintf(path, sizeof(path), "%s.ingest", f.cfg.database);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK(!es_ready_check(f.store, &f.cfg, es_time_of_ns(0), why));
	CHECK(!es_ready_check(f.store, &f.cfg, now(), why));
	CHECK(strstr(why, "ingest does not run") != NULL);
	CHECK_EQ(es_ready_write(f.cfg.database, NULL), ES_EIO);
	CHECK_EQ(rmdir(path), 0);
	teardown(&f);
}
