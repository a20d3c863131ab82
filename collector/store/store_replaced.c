/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: the database that a backup replaces, and what of it the backup must keep. */
#include "collector/store/store_private.h"

/* A reader in WAL mode, too, holds a lock as long as its connection lasts: leaving WAL mode is refused while it does. */
static int
leave_wal(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA main.journal_mode = DELETE", -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		rc = strcmp((const char *)sqlite3_column_text(st, 0), "delete") == 0 ? SQLITE_OK
										     : SQLITE_BUSY;
	sqlite3_finalize(st);
	return rc;
}

int
es_store_seize(const char *path, sqlite3 **out)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(
	    path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

	*out = NULL;
	if (rc == SQLITE_OK) /* EXTRA: that no log is left survives a power cut */
		rc =
		    sqlite3_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA main.synchronous = EXTRA",
			NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = leave_wal(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
		    "PRAGMA main.locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", NULL, NULL,
		    NULL);
	if (rc == SQLITE_OK) {
		*out = db;
		return 0;
	}
	sqlite3_close_v2(db);
	switch (rc & 0xff) { /* the primary code of an extended one */
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ES_EAGAIN;
	case SQLITE_FULL:
		return ES_EFULL;
	default:
		return ES_EMALFORMED;
	}
}

void
es_store_release(sqlite3 *replaced)
{
	sqlite3_close_v2(replaced);
}

static int
attach(sqlite3 *db, const char *path)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "ATTACH ?1 AS backup", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return rc;
	/* a journal on the disk would be taken for that of the next file of this name */
	return sqlite3_exec(db,
	    "PRAGMA backup.journal_mode = MEMORY; PRAGMA backup.synchronous = FULL", NULL, NULL,
	    NULL);
}

static int
count_unknown(sqlite3 *db, int64_t *n)
{
	static const char sql[] = "SELECT count(*) FROM main.agent"
				  " WHERE name NOT IN (SELECT name FROM backup.agent)";
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*n = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return rc;
}

int
es_store_carry(sqlite3 *replaced, const char *backup, int64_t *n_unknown)
{
	static const char sql[] =
	    "BEGIN IMMEDIATE;"
	    "UPDATE backup.agent SET disabled = 1 WHERE disabled = 0 AND name IN"
	    " (SELECT name FROM main.agent WHERE disabled <> 0);"
	    "UPDATE OR IGNORE backup.agent SET (cn, spki, enrolled_ns, not_after_ns) ="
	    " (SELECT cn, spki, enrolled_ns, not_after_ns FROM main.agent AS a"
	    " WHERE a.name = agent.name) WHERE name IN (SELECT name FROM main.agent AS a"
	    " WHERE a.name = agent.name AND (a.enrolled_ns > agent.enrolled_ns"
	    " OR (a.cn = agent.cn AND a.not_after_ns > agent.not_after_ns)));"
	    "UPDATE backup.token SET used_ns = (SELECT used_ns FROM main.token AS t"
	    " WHERE t.hash = token.hash) WHERE used_ns IS NULL;"
	    "COMMIT";
	int rc = attach(replaced, backup);

	*n_unknown = 0;
	if (rc == SQLITE_OK)
		rc = count_unknown(replaced, n_unknown);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(replaced, sql, NULL, NULL, NULL);
	if (sqlite3_get_autocommit(replaced) == 0)
		(void)sqlite3_exec(replaced, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_exec(replaced, "DETACH backup", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : ES_EIO;
}
