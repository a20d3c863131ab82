/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: a copy of the database in one file, by SQLite's own backup. */
#include "collector/store/store_private.h"
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int
note(struct es_store *s, const char *what, const char *path)
{
	(void)snprintf(s->error, sizeof(s->error), "%s %.200s: %m", what, path);
	return errno == ENOSPC || errno == EDQUOT ? ES_EFULL : ES_EIO;
}

static int
note_copy(struct es_store *s, const char *path, int rc)
{
	(void)snprintf(s->error, sizeof(s->error), "cannot copy the database to %.200s: %s", path,
	    sqlite3_errstr(rc));
	return rc == SQLITE_FULL ? ES_EFULL : ES_EIO;
}

/* Of its owner alone from its first byte on. */
static int
make_file(struct es_store *s, const char *path)
{
	int fd;

	if (unlink(path) != 0 && errno != ENOENT)
		return note(s, "cannot replace", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return note(s, "cannot make", path);
	(void)close(fd);
	return 0;
}

/*
 * In one step: the pages are those of one moment, and writers need not wait for it. By a connection of its own, for
 * ours may be in a transaction.
 */
static int
copy_pages(struct es_store *s, sqlite3 *to)
{
	sqlite3 *from = NULL;
	sqlite3_backup *b;
	int rc = sqlite3_open_v2(sqlite3_db_filename(s->db, "main"), &from,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(from, ES_STORE_BUSY_MS);
	b = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
	if (b != NULL) {
		rc = sqlite3_backup_step(b, -1);
		(void)sqlite3_backup_finish(b);
	} else if (rc == SQLITE_OK) {
		rc = sqlite3_errcode(to);
	}
	sqlite3_close_v2(from);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A file that nobody trusts yet needs no journal; the one that comes out of it is whole without another. */
static int
fill(struct es_store *s, const char *path)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(
	    path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = copy_pages(s, to);
	sqlite3_close_v2(to);
	return rc == SQLITE_OK ? 0 : note_copy(s, path, rc);
}

/* Out of WAL mode, in which a reader would need files next to it. */
static int
leave_wal(struct es_store *s, const char *path)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(
	    path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	sqlite3_close_v2(to);
	return rc == SQLITE_OK ? 0 : note_copy(s, path, rc);
}

static int
sync_file(struct es_store *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int err = 0;

	if (fd < 0 || fsync(fd) != 0)
		err = note(s, "cannot sync", path);
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* A copy onto the database itself would be its end. */
static bool
is_itself(struct es_store *s, const char *to)
{
	const char *path = sqlite3_db_filename(s->db, "main");
	struct stat a, b;

	return path != NULL && stat(path, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int
es_store_copy(struct es_store *s, const char *to)
{
	char temp[PATH_MAX];
	int n = snprintf(temp, sizeof(temp), "%s.tmp", to), err;

	if (n < 0 || n >= (int)sizeof(temp)) {
		(void)snprintf(s->error, sizeof(s->error), "path too long");
		return ES_EINVALID;
	}
	if (is_itself(s, to)) {
		(void)snprintf(s->error, sizeof(s->error), "%.200s is the database itself", to);
		return ES_EINVALID;
	}
	err = make_file(s, temp);
	if (err < 0)
		return err;
	err = fill(s, temp);
	if (err == 0)
		err = leave_wal(s, temp);
	if (err == 0)
		err = sync_file(s, temp);
	if (err == 0 && es_file_rename(temp, to) < 0)
		err = note(s, "cannot rename the copy to", to);
	if (err < 0)
		(void)unlink(temp);
	return err;
}

static bool
note_fault(void *ctx, const char *text)
{
	struct es_store *s = ctx;

	if (strcmp(text, "ok") == 0)
		return true;
	(void)snprintf(s->error, sizeof(s->error), "is damaged: %.300s", text);
	return false;
}

int
es_store_check(struct es_store *s)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &st, NULL);
	bool is_fine = true;

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		is_fine = note_fault(s, (const char *)sqlite3_column_text(st, 0));
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		rc = es_store_fail(s, rc);
	sqlite3_finalize(st);
	return rc < 0 ? rc : is_fine ? 0 : ES_EMALFORMED;
}
