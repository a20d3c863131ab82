/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: opening and closing, making the schema, checking its version. */
#include "collector/store/store_private.h"
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A power cut during this leaves either nothing or the whole schema. */
static int
make_schema(struct es_store *s)
{
	char sql[64];
	int err;

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT", (int)ES_STORE_VERSION);
	if ((err = es_store_execute(s, "BEGIN IMMEDIATE")) < 0 ||
	    (err = es_store_execute(s, es_store_schema)) < 0 ||
	    (err = es_store_execute(s, sql)) < 0)
		return err;
	return 0;
}

/* Refuses what a newer earshot wrote: reading it wrongly would be worse than not at all. */
static int
check_version(struct es_store *s, enum es_store_mode mode, const char *path)
{
	int64_t version = 0;
	int err = mode == ES_STORE_WRITE ? es_store_forward(s, path) : 0;

	if (err == 0)
		err = es_store_pragma(s, "PRAGMA user_version", &version);
	if (err < 0)
		return err;
	if (version == ES_STORE_VERSION ||
	    (mode == ES_STORE_BACKUP && version > 0 && version < ES_STORE_VERSION))
		return 0;
	if (version == 0)
		(void)snprintf(s->error, sizeof(s->error), "not an earshot database");
	else if (version > ES_STORE_VERSION || version < 0)
		(void)snprintf(s->error, sizeof(s->error),
		    "schema version %lld is newer than %d, the newest that this program knows: "
		    "upgrade earshot-collector, or restore a backup of version %d",
		    (long long)version, ES_STORE_VERSION, ES_STORE_VERSION);
	else
		(void)snprintf(s->error, sizeof(s->error),
		    "schema version %lld: `earshot-collector serve` moves it forward as it starts",
		    (long long)version);
	return version > 0 && version < ES_STORE_VERSION ? ES_EAGAIN : ES_EUNSUPPORTED;
}

static bool
is_reader(enum es_store_mode mode)
{
	return mode == ES_STORE_READ || mode == ES_STORE_BACKUP;
}

/*
 * The schema of this program, whatever the database has. An index over many rows is sorted next to it on the disk:
 * there is room for a database, while memory and /tmp, which may be memory, do not grow with it.
 */
static int
bring_schema(struct es_store *s, enum es_store_mode mode, const char *path)
{
	char dir[PATH_MAX];
	int err = es_file_parent(path, dir);

	if (err < 0) {
		(void)snprintf(s->error, sizeof(s->error), "path too long");
		return err;
	}
	sqlite3_temp_directory = dir;
	err = es_store_execute(s, "PRAGMA temp_store = FILE");
	if (err == 0 && mode == ES_STORE_CREATE)
		err = make_schema(s);
	if (err == 0)
		err = check_version(s, mode, path);
	if (err == 0)
		err = es_store_execute(s, es_store_additions);
	if (err == 0)
		err = es_store_execute(s, "PRAGMA temp_store = MEMORY");
	sqlite3_temp_directory = NULL;
	return err;
}

/* A reader that may not write finds no log of a database that nobody has open yet, and may not make one. */
static int
look_at_log(struct es_store *s, int err)
{
	if (err != ES_EIO || (sqlite3_errcode(s->db) & 0xff) != SQLITE_READONLY)
		return err;
	(void)snprintf(s->error, sizeof(s->error),
	    "its log is not there yet: `earshot-collector serve` makes it as it starts");
	return ES_EAGAIN;
}

static int
prepare(struct es_store *s, enum es_store_mode mode, const char *path)
{
	int err;

	sqlite3_busy_timeout(s->db, ES_STORE_BUSY_MS);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 16 << 20);
	err = es_store_execute(s,
	    "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
	    "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384");
	if (err == 0 && is_reader(mode))
		err = es_store_execute(s, "PRAGMA query_only = ON");
	else if (err == 0) /* a backup has none: it is one file */
		err = es_store_execute(s, "PRAGMA journal_mode = WAL");
	if (err < 0)
		return err;
	return is_reader(mode) ? check_version(s, mode, path) : bring_schema(s, mode, path);
}

int
es_store_open(const char *path, enum es_store_mode mode, struct es_store **out, char error[512])
{
	int flags = is_reader(mode) ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	struct es_store *s = calloc(1, sizeof(*s));
	int fd, rc, err = ES_ENOMEM;
	struct stat st;

	*out = NULL;
	(void)snprintf(error, 512, "%s: out of memory", path);
	if (s == NULL)
		return err;
	if (mode == ES_STORE_CREATE) { /* the file's rights are ours to set, not the umask's */
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		if (fd < 0) {
			(void)snprintf(error, 512, "%s: %m", path);
			free(s);
			return ES_EIO;
		}
		close(fd);
	}
	/* SQLite would wait for the writer of a pipe */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)snprintf(error, 512, "%s: %s", path,
		    S_ISDIR(st.st_mode) ? strerror(EISDIR) : es_file_why(ES_EUNSUPPORTED));
		free(s);
		return ES_EIO;
	}
	rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	err = rc == SQLITE_OK ? prepare(s, mode, path) : es_store_fail(s, rc);
	if (mode == ES_STORE_READ)
		err = look_at_log(s, err);
	if (err < 0) {
		(void)snprintf(error, 512, "%s: %s", path, s->error);
		es_store_close(s);
		return err;
	}
	error[0] = '\0';
	*out = s;
	return 0;
}

void
es_store_close(struct es_store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < ST_END; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close_v2(s->db);
	free(s);
}
