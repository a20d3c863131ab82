/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases of older schemas, made from the SQL that made them when they were new, with a row in every table. Nothing
 * here changes when the schema does: what a later program makes of them is what it makes of old databases.
 */
#ifndef TESTS_OLD_SCHEMAS_H
#define TESTS_OLD_SCHEMAS_H

/* Version 1 and 2 differ in the table of calls alone. */
#define OLD_REST                                                                                  \
	"CREATE TABLE agent(id INTEGER PRIMARY KEY, cn TEXT NOT NULL UNIQUE, spki BLOB NOT NULL"  \
	" UNIQUE, name TEXT NOT NULL UNIQUE, site TEXT NOT NULL DEFAULT '', disabled INTEGER NOT" \
	" NULL DEFAULT 0, enrolled_ns INTEGER NOT NULL, not_after_ns INTEGER NOT NULL, version"   \
	" TEXT NOT NULL DEFAULT '', epoch BLOB, seq INTEGER, seen_ns INTEGER, clock_ns INTEGER"   \
	" NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL"       \
	" DEFAULT 0, duplicates INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0)"     \
	" STRICT;"                                                                                \
	"CREATE TABLE token(hash BLOB PRIMARY KEY, name TEXT NOT NULL, site TEXT NOT NULL,"       \
	" created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, used_ns INTEGER) STRICT,"     \
	" WITHOUT ROWID;"                                                                         \
	"CREATE TABLE mark(agent INTEGER NOT NULL REFERENCES agent, epoch BLOB NOT NULL, through" \
	" INTEGER NOT NULL, PRIMARY KEY(agent, epoch)) STRICT, WITHOUT ROWID;"                    \
	"CREATE TABLE source(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"    \
	" label TEXT NOT NULL, role INTEGER NOT NULL, ssrc INTEGER NOT NULL, src BLOB NOT NULL,"  \
	" dst BLOB NOT NULL, restart INTEGER NOT NULL, UNIQUE(ssrc, agent, label, role, src,"     \
	" dst, restart)) STRICT;"                                                                 \
	"CREATE TABLE stream(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source,"  \
	" start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, ssrc INTEGER NOT NULL, path"        \
	" INTEGER NOT NULL, call_id TEXT NOT NULL, state INTEGER NOT NULL, mos_milli INTEGER,"    \
	" received_ns INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(source, start_ns)) STRICT;"   \
	"CREATE INDEX stream_ssrc ON stream(ssrc, start_ns);"                                     \
	"CREATE INDEX stream_path ON stream(path, start_ns);"                                     \
	"CREATE INDEX stream_call ON stream(call_id) WHERE call_id <> '';"                        \
	"CREATE INDEX stream_alone ON stream(start_ns) WHERE call_id = '';"                       \
	"CREATE TABLE minute(source INTEGER NOT NULL REFERENCES source, start_ns INTEGER NOT"     \
	" NULL, first_seq INTEGER NOT NULL, end_ns INTEGER NOT NULL, received_ns INTEGER NOT"     \
	" NULL, bytes BLOB NOT NULL, PRIMARY KEY(source, start_ns, first_seq)) STRICT, WITHOUT"   \
	" ROWID;"                                                                                 \
	"CREATE TABLE reported(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"  \
	" label TEXT NOT NULL, role INTEGER NOT NULL, ssrc INTEGER NOT NULL, time_ns INTEGER NOT" \
	" NULL, received_ns INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"                       \
	"CREATE INDEX reported_ssrc ON reported(ssrc, time_ns);"                                  \
	"CREATE TABLE machine(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"   \
	" type INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, whole"       \
	" INTEGER NOT NULL, received_ns INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"           \
	"CREATE INDEX machine_time ON machine(agent, type, start_ns);"                            \
	"CREATE INDEX machine_whole ON machine(agent, start_ns) WHERE type = 6 AND whole = 1;"    \
	"CREATE TABLE IF NOT EXISTS proof(agent INTEGER NOT NULL REFERENCES agent, epoch BLOB"    \
	" NOT NULL, seq INTEGER NOT NULL, digest INTEGER NOT NULL, PRIMARY KEY(agent, epoch))"    \
	" STRICT, WITHOUT ROWID;"                                                                 \
	"CREATE TABLE IF NOT EXISTS trial(bytes BLOB NOT NULL) STRICT;"
#define OLD_CALL_1                                                                                \
	"CREATE TABLE call(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"      \
	" label TEXT NOT NULL, role INTEGER NOT NULL, call_id TEXT NOT NULL, session_id TEXT NOT" \
	" NULL, x_call_id TEXT NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL, state"       \
	" INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, received_ns"      \
	" INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(call_id, agent, label, role)) STRICT;"    \
	"CREATE INDEX call_start ON call(start_ns);"                                              \
	"CREATE INDEX call_session ON call(session_id) WHERE session_id <> '';"                   \
	"CREATE INDEX call_x ON call(x_call_id) WHERE x_call_id <> '';"
#define OLD_CALL_2                                                                                \
	"CREATE TABLE call(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"      \
	" label TEXT NOT NULL, role INTEGER NOT NULL, call_id TEXT NOT NULL, session_id TEXT NOT" \
	" NULL, x_call_id TEXT NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL, state"       \
	" INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, received_ns"      \
	" INTEGER NOT NULL, bytes BLOB NOT NULL, begun_ns INTEGER NOT NULL, UNIQUE(call_id,"      \
	" agent, label, role, begun_ns)) STRICT;"                                                 \
	"CREATE INDEX call_start ON call(start_ns);"                                              \
	"CREATE INDEX call_session ON call(session_id) WHERE session_id <> '';"                   \
	"CREATE INDEX call_x ON call(x_call_id) WHERE x_call_id <> '';"

/* One row in each other table. */
#define OLD_ROWS                                                                                 \
	"INSERT INTO agent VALUES(1, 'c1', x'01', 'ep', 'berlin', 1, 10, 20, '1.0', x'aa', 77, " \
	"30, -4, 5, 6, 7, 8);"                                                                   \
	"INSERT INTO token VALUES(x'02', 'next', '', 1, 2, NULL);"                               \
	"INSERT INTO mark VALUES(1, x'aa', 77);"                                                 \
	"INSERT INTO proof VALUES(1, x'aa', 77, 99);"                                            \
	"INSERT INTO source VALUES(3, 1, 'core', 2, 4711, x'05', x'06', 0);"                     \
	"INSERT INTO stream VALUES(4, 3, 100, 200, 4711, 12, 'again', 1, 4100, 5, x'73');"       \
	"INSERT INTO minute VALUES(3, 100, 65536, 200, 5, x'6d');"                               \
	"INSERT INTO reported VALUES(6, 1, '', 2, 4711, 100, 5, x'72');"                         \
	"INSERT INTO machine VALUES(9, 1, 9, 100, 200, 0, 5, x'6c');"

static const char old_1[] __attribute__((unused)) =
    "PRAGMA journal_mode = WAL;" OLD_REST OLD_CALL_1 OLD_ROWS
    "INSERT INTO call VALUES(7, 1, 'core', 2, 'again', 'sid', 'xid', "
    "'a@h', 'b@h', 1, 100000000000, 160000000000, 5,"
    " x'63616c6c');PRAGMA user_version = 1;";
static const char old_2[] __attribute__((unused)) =
    "PRAGMA journal_mode = WAL;" OLD_REST OLD_CALL_2 OLD_ROWS
    "INSERT INTO call VALUES(7, 1, 'core', 2, 'again', 'sid', 'xid', "
    "'a@h', 'b@h', 1, 100000000000, 160000000000, 5,"
    " x'63616c6c', 100000000000);"
    "INSERT INTO call VALUES(8, 1, 'core', 2, 'again', 'sid', 'xid', "
    "'a@h', 'b@h', 1, 300000000000, 160000000000, 5,"
    " x'63616c6c', 300000000000);PRAGMA user_version = 2;";

#endif
