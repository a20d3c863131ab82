/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of older schemas: all they held is there afterwards, and a copy of them as they were. */
#include "collector/store/store_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"
#include "tests/unit/old_schemas.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct old {
	const char *sql;
	int version;
	int n_calls;
} olds[] = { { old_1, 1, 1 }, { old_2, 2, 2 } };

enum { N_OLDS = sizeof(olds) / sizeof(olds[0]) };

struct fixture {
	char dir[64];
	char path[96];
	char copy[128];
	char before[8192]; /* the rows */
};

/* What a statement returns: a line for each row, a bar behind each value. */
static void
dump(const char *path, const char *sql, char *out, size_t cap)
{
	size_t at = strlen(out);
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		test_fail(__FILE__, __LINE__, "%s: %s: %s", path, sql, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			at += (size_t)snprintf(
			    out + at, cap - at, "%s|", (const char *)sqlite3_column_text(st, i));
		at += (size_t)snprintf(out + at, cap - at, "\n");
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	if (at >= cap)
		test_fail(__FILE__, __LINE__, "more rows than fit");
}

/* Every value of every table, in the columns that version 1 had. */
static void
rows_of(const char *path, char out[8192])
{
	static const char *const each[] = {
		"SELECT id, cn, quote(spki), name, site, disabled, enrolled_ns, not_after_ns, "
		"version,"
		" quote(epoch), seq, seen_ns, clock_ns, records, refused, duplicates, lost FROM "
		"agent",
		"SELECT quote(hash), name, site, created_ns, expires_ns, used_ns FROM token",
		"SELECT agent, quote(epoch), through FROM mark",
		"SELECT agent, quote(epoch), seq, digest FROM proof",
		"SELECT id, agent, label, role, ssrc, quote(src), quote(dst), restart FROM source",
		"SELECT id, source, start_ns, end_ns, ssrc, path, call_id, state, mos_milli,"
		" received_ns, quote(bytes) FROM stream",
		"SELECT source, start_ns, first_seq, end_ns, received_ns, quote(bytes) FROM minute",
		"SELECT id, agent, label, role, ssrc, time_ns, received_ns, quote(bytes) FROM "
		"reported",
		"SELECT id, agent, type, start_ns, end_ns, whole, received_ns, quote(bytes) FROM "
		"machine",
		"SELECT id, agent, label, role, call_id, session_id, x_call_id, caller, callee, "
		"state,"
		" start_ns, end_ns, received_ns, quote(bytes) FROM call ORDER BY id",
	};

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		dump(path, each[i], out, 8192);
}

static int
version_of(const char *path)
{
	char text[64] = "";

	dump(path, "PRAGMA user_version", text, sizeof(text));
	return (int)strtol(text, NULL, 10);
}

static void
setup(struct fixture *f, const struct old *old)
{
	sqlite3 *db = NULL;

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-forward-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	(void)snprintf(f->copy, sizeof(f->copy), "%s.version-%d", f->path, old->version);
	if (sqlite3_open(f->path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, old->sql, NULL, NULL, NULL) != SQLITE_OK)
		test_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	rows_of(f->path, f->before);
}

/* Exactly these files are left. */
static void
teardown(struct fixture *f, const char *const left[])
{
	char path[160];

	for (size_t i = 0; left[i] != NULL; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->dir, left[i]);
		CHECK_EQ(unlink(path), 0);
	}
	CHECK_EQ(rmdir(f->dir), 0);
}

static void
check_forward(struct fixture *f)
{
	struct es_store *s;
	char error[512], now[8192];

	if (es_store_open(f->path, ES_STORE_WRITE, &s, error) < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	es_store_close(s);
	rows_of(f->path, now);
	CHECK_STR(now, f->before);
	CHECK_EQ(version_of(f->path), ES_STORE_VERSION);
}

TEST(store_forward_keeps_every_row_and_a_copy_of_the_database_before)
{
	char rows[8192];
	struct stat st;
	struct fixture f;

	for (size_t i = 0; i < N_OLDS; i++) {
		char name[32];

		setup(&f, &olds[i]);
		check_forward(&f);
		rows_of(f.copy, rows);
		CHECK_STR(rows, f.before);
		CHECK_EQ(version_of(f.copy), olds[i].version);
		CHECK_EQ(stat(f.copy, &st), 0);
		CHECK_EQ(st.st_mode & 0777, 0600);
		(void)snprintf(name, sizeof(name), "earshot.db.version-%d", olds[i].version);
		teardown(&f, (const char *const[]){ "earshot.db", name, NULL });
	}
}

static void
schema_of(const char *path, char out[16384])
{
	char text[16384] = "";
	size_t n = 0;

	dump(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name", text,
	    sizeof(text));
	for (const char *p = text; *p != '\0'; p++)
		if (*p != ' ')
			out[n++] = *p;
	out[n] = '\0';
}

/* Moved forward or new: the same tables, columns and indices, so that nothing depends on which it was. */
TEST(store_forward_ends_with_the_schema_of_a_new_database)
{
	static char moved[16384], made[16384];
	struct es_store *s;
	char path[128], error[512];
	struct fixture f;

	for (size_t i = 0; i < N_OLDS; i++) {
		char name[32];

		setup(&f, &olds[i]);
		check_forward(&f);
		(void)snprintf(path, sizeof(path), "%s/new.db", f.dir);
		CHECK_EQ(es_store_open(path, ES_STORE_CREATE, &s, error), 0);
		es_store_close(s);
		schema_of(f.path, moved);
		schema_of(path, made);
		CHECK_STR(moved, made);
		(void)snprintf(name, sizeof(name), "earshot.db.version-%d", olds[i].version);
		teardown(&f, (const char *const[]){ "earshot.db", "new.db", name, NULL });
	}
}

/* Where the process is killed: at its n-th commit, or at a step of the disk. */
static struct {
	int commit; /* 0: at none */
	enum test_disk_step step;
	int n_commits;
} kill_at;

static void
die(void)
{
	(void)raise(SIGKILL);
}

static int
on_commit(void *ctx)
{
	const char *name = strrchr(sqlite3_db_filename(ctx, "main"), '/');

	if (strcmp(name, "/earshot.db") == 0 && ++kill_at.n_commits == kill_at.commit)
		die();
	return 0;
}

static int
on_open(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
	(void)why;
	(void)api;
	(void)sqlite3_commit_hook(db, on_commit, db);
	return SQLITE_OK;
}

static bool
on_disk(enum test_disk_step step, size_t *n)
{
	(void)n;
	if (step == kill_at.step)
		die();
	return true;
}

static void
open_and_die(const struct fixture *f)
{
	struct es_store *s;
	char error[512];

	if (sqlite3_auto_extension((void (*)(void))on_open) != SQLITE_OK)
		_exit(2);
	test_disk = on_disk;
	(void)es_store_open(f->path, ES_STORE_WRITE, &s, error);
	_exit(3); /* it was to be killed */
}

/* A kill at any place leaves the database of a version, with all its rows; the next start continues from there. */
TEST(store_forward_killed_between_copy_and_commit_begins_again)
{
	static const struct {
		const char *name;
		size_t old;
		int commit;
		enum test_disk_step step;
		int version;    /* of the database afterwards */
		bool has_copy;  /* of the old version */
		bool has_other; /* and of the version between */
	} rows[] = {
		{ "before the copy has its name", 1, 0, TEST_RENAME, 2, false, false },
		{ "before the name of the copy is synced", 1, 0, TEST_SYNC_DIR, 2, true, false },
		{ "at the commit", 1, 1, (enum test_disk_step)0, 2, true, false },
		{ "at the first of two commits", 0, 1, (enum test_disk_step)0, 1, true, false },
		{ "at the second of two commits", 0, 2, (enum test_disk_step)0, 2, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const names[] = { "earshot.db", "earshot.db.version-2",
			"earshot.db.version-1", NULL };
		struct fixture f;
		char now[8192];
		int status = 0;
		pid_t pid;

		setup(&f, &olds[rows[i].old]);
		kill_at.commit = rows[i].commit;
		kill_at.step = rows[i].step;
		kill_at.n_commits = 0;
		pid = fork();
		if (pid == 0)
			open_and_die(&f);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (!WIFSIGNALED(status) || version_of(f.path) != rows[i].version ||
		    (access(f.copy, F_OK) == 0) != rows[i].has_copy)
			test_fail(__FILE__, __LINE__, "%s: status %x, version %d, copy %d",
			    rows[i].name, status, version_of(f.path), access(f.copy, F_OK));
		rows_of(f.path, now);
		CHECK_STR(now, f.before);
		check_forward(&f);
		rows_of(f.copy, now);
		CHECK_STR(now, f.before);
		if (rows[i].old == 1)
			teardown(&f, (const char *const[]){ names[0], names[1], NULL });
		else
			teardown(&f, rows[i].has_other
					 ? names
					 : (const char *const[]){ names[0], names[2], NULL });
	}
}

/* No copy, no step: the reason names the file. */
TEST(store_forward_without_a_copy_is_not_tried)
{
	struct fixture f;
	struct es_store *s;
	char error[512], temp[160], now[8192];

	setup(&f, &olds[1]);
	(void)snprintf(temp, sizeof(temp), "%s.tmp", f.copy);
	CHECK_EQ(mkdir(temp, 0700), 0);
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &s, error), ES_EIO);
	CHECK(strstr(error, temp) != NULL);
	CHECK_EQ(version_of(f.path), 2);
	rows_of(f.path, now);
	CHECK_STR(now, f.before);
	CHECK_EQ(rmdir(temp), 0);
	teardown(&f, (const char *const[]){ "earshot.db", NULL });
}

/* The most memory that SQLite had while a database with so many MB of parties moved forward. */
static int64_t
memory_for(int n_mb)
{
	static const char fill[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO call(agent, label, role, call_id, session_id, x_call_id, caller, callee,"
	    " state, start_ns, end_ns, received_ns, bytes, begun_ns) SELECT 1, '', 1, 'c' || i, '',"
	    " '', '', hex(randomblob(2000)) || '@h', 1, i, i, i, x'', i FROM n";
	char sql[512], error[512];
	struct es_store *s;
	struct fixture f;
	sqlite3 *db = NULL;
	int64_t most;

	setup(&f, &olds[1]);
	(void)snprintf(sql, sizeof(sql), fill, n_mb * 256);
	if (sqlite3_open(f.path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		test_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	(void)sqlite3_memory_highwater(1);
	if (es_store_open(f.path, ES_STORE_WRITE, &s, error) < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	most = sqlite3_memory_highwater(1);
	es_store_close(s);
	teardown(&f, (const char *const[]){ "earshot.db", "earshot.db.version-2", NULL });
	return most;
}

/* The indices of the newest schema were once sorted in memory, all of a large table at a time. */
TEST(store_forward_needs_no_more_memory_for_a_larger_database)
{
	int64_t small = memory_for(20), large = memory_for(60);

	if (large > small + small / 4)
		test_fail(__FILE__, __LINE__, "%lld bytes for 60 MB, %lld for 20 MB",
		    (long long)large, (long long)small);
}

TEST(store_forward_says_what_it_moved)
{
	struct fixture f;
	struct es_store *s;
	char error[512];

	setup(&f, &olds[1]);
	CHECK_EQ(es_store_open(f.path, ES_STORE_READ, &s, error), ES_EAGAIN);
	CHECK(
	    strstr(error, "schema version 2: `earshot-collector serve` moves it forward") != NULL);
	CHECK(access(f.copy, F_OK) != 0); /* a reader changes nothing */
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &s, error), 0);
	CHECK_EQ(es_store_was_version(s), 2);
	es_store_close(s);
	CHECK_EQ(unlink(f.copy), 0);
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &s, error), 0);
	CHECK_EQ(es_store_was_version(s), ES_STORE_VERSION);
	es_store_close(s);
	CHECK(access(f.copy, F_OK) != 0);
	teardown(&f, (const char *const[]){ "earshot.db", NULL });
}
