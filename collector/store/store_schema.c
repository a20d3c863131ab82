/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of the store: its schema, and the steps from older ones. */
#include "collector/store/store_private.h"

/*
 * Change recipe: raise ES_STORE_VERSION, add the text of a step here and in store_forward.c, keep every column's
 * meaning, and keep the schema before it in tests/unit/old_schemas.h: a database that was moved forward has the schema
 * of a new one.
 * Times are nanoseconds since 1970 of the agent's clock, received_ns of ours. 64-bit unsigned
 * sequence numbers are stored as their signed twins.
 */
/* A Call-ID may be used again: what the sensor saw begin at another instant is another call. */
#define CALL_TABLE                                                                           \
	"CREATE TABLE call(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent," \
	" label TEXT NOT NULL, role INTEGER NOT NULL, call_id TEXT NOT NULL,"                \
	" session_id TEXT NOT NULL, x_call_id TEXT NOT NULL, caller TEXT NOT NULL,"          \
	" callee TEXT NOT NULL, state INTEGER NOT NULL, start_ns INTEGER NOT NULL,"          \
	" end_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL, bytes BLOB NOT NULL,"       \
	" begun_ns INTEGER NOT NULL, UNIQUE(call_id, agent, label, role, begun_ns)) STRICT;" \
	"CREATE INDEX call_start ON call(start_ns);"                                         \
	"CREATE INDEX call_session ON call(session_id) WHERE session_id <> '';"              \
	"CREATE INDEX call_x ON call(x_call_id) WHERE x_call_id <> '';"

/*
 * What is removed by age or for want of room is found by when it came here: the clock of an agent may be wrong.
 * Loss records have an index of their own, for they stay longer than other records of a machine.
 */
#define PRUNING                                                                  \
	"CREATE INDEX call_received ON call(received_ns);"                       \
	"CREATE INDEX stream_received ON stream(received_ns);"                   \
	"CREATE INDEX minute_received ON minute(received_ns);"                   \
	"CREATE INDEX reported_received ON reported(received_ns);"               \
	"CREATE INDEX machine_received ON machine(received_ns) WHERE type <> 9;" \
	"CREATE INDEX machine_loss ON machine(received_ns) WHERE type = 9;"      \
	"CREATE TABLE pruned(class INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;"

/* From version 1, in which a call of the same Call-ID took the place of the one before. */
const char es_store_forward_1[] =
    "DROP INDEX call_start; DROP INDEX call_session; DROP INDEX call_x;"
    "ALTER TABLE call RENAME TO call_1;" CALL_TABLE
    "INSERT INTO call SELECT id, agent, label, role, call_id, session_id, x_call_id, caller,"
    " callee, state, start_ns, end_ns, received_ns, bytes, start_ns FROM call_1;"
    "DROP TABLE call_1;";

/* From version 2, which could only grow. */
const char es_store_forward_2[] =
    "ALTER TABLE agent ADD COLUMN role INTEGER NOT NULL DEFAULT 0;" PRUNING;

const char es_store_schema[] =
    "CREATE TABLE agent(id INTEGER PRIMARY KEY, cn TEXT NOT NULL UNIQUE, spki BLOB NOT NULL UNIQUE,"
    " name TEXT NOT NULL UNIQUE, site TEXT NOT NULL DEFAULT '', disabled INTEGER NOT NULL DEFAULT "
    "0,"
    " enrolled_ns INTEGER NOT NULL, not_after_ns INTEGER NOT NULL, version TEXT NOT NULL DEFAULT "
    "'',"
    " epoch BLOB, seq INTEGER, seen_ns INTEGER, clock_ns INTEGER NOT NULL DEFAULT 0,"
    " records INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,"
    " duplicates INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,"
    " role INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE token(hash BLOB PRIMARY KEY, name TEXT NOT NULL, site TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, used_ns INTEGER)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE mark(agent INTEGER NOT NULL REFERENCES agent, epoch BLOB NOT NULL,"
    " through INTEGER NOT NULL, PRIMARY KEY(agent, epoch)) STRICT, WITHOUT ROWID;"
    /* One SSRC on one 5-tuple between two restarts, as one vantage point sees it. */
    "CREATE TABLE source(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"
    " label TEXT NOT NULL, role INTEGER NOT NULL, ssrc INTEGER NOT NULL, src BLOB NOT NULL,"
    " dst BLOB NOT NULL, restart INTEGER NOT NULL,"
    " UNIQUE(ssrc, agent, label, role, src, dst, restart)) STRICT;"
    "CREATE TABLE stream(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source,"
    " start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, ssrc INTEGER NOT NULL,"
    " path INTEGER NOT NULL, call_id TEXT NOT NULL, state INTEGER NOT NULL, mos_milli INTEGER, "
    "received_ns INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " UNIQUE(source, start_ns)) STRICT;"
    "CREATE INDEX stream_ssrc ON stream(ssrc, start_ns);"
    "CREATE INDEX stream_path ON stream(path, start_ns);" /* a hash of source and destination */
    "CREATE INDEX stream_call ON stream(call_id) WHERE call_id <> '';"
    "CREATE INDEX stream_alone ON stream(start_ns) WHERE call_id = '';"
    /* The blocks of one source, packed by the minute as they came. */
    "CREATE TABLE minute(source INTEGER NOT NULL REFERENCES source, start_ns INTEGER NOT NULL,"
    " first_seq INTEGER NOT NULL, end_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, PRIMARY KEY(source, start_ns, first_seq)) STRICT, WITHOUT "
    "ROWID;" CALL_TABLE
    "CREATE TABLE reported(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"
    " label TEXT NOT NULL, role INTEGER NOT NULL, ssrc INTEGER NOT NULL, time_ns INTEGER NOT NULL,"
    " received_ns INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX reported_ssrc ON reported(ssrc, time_ns);"
    /* Host, change, health, loss: what an agent reports of its own machine. */
    "CREATE TABLE machine(id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES agent,"
    " type INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,"
    " whole INTEGER NOT NULL, received_ns INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE INDEX machine_time ON machine(agent, type, start_ns);"
    "CREATE INDEX machine_whole ON machine(agent, start_ns) WHERE type = 6 AND whole = 1;" PRUNING;

const char es_store_additions[] =
    "CREATE INDEX IF NOT EXISTS call_callee ON call(" ES_STORE_USER_OF(
	"callee") ", start_ns);"
		  "CREATE INDEX IF NOT EXISTS call_caller_hash ON call(" ES_STORE_HASH_OF(
		      "caller") ", start_ns);"
				"CREATE INDEX IF NOT EXISTS call_callee_hash ON "
				"call(" ES_STORE_HASH_OF(
				    "callee") ", start_ns);"
					      /* What the record at a mark was: shows a spool that gives the same numbers again. */
					      "CREATE TABLE IF NOT EXISTS proof(agent INTEGER NOT "
					      "NULL REFERENCES agent,"
					      " epoch BLOB NOT NULL, seq INTEGER NOT NULL, digest "
					      "INTEGER NOT NULL,"
					      " PRIMARY KEY(agent, epoch)) STRICT, WITHOUT ROWID;"
					      /* Of struct es_renewal. Its generations are those of
					       * this common name. */
					      "CREATE TABLE IF NOT EXISTS renewal(agent INTEGER "
					      "PRIMARY KEY REFERENCES agent, cn TEXT NOT NULL,"
					      " generation INTEGER NOT NULL, issued INTEGER NOT "
					      "NULL, next_spki BLOB, next_until_ns INTEGER,"
					      " ca BLOB, clones INTEGER NOT NULL DEFAULT 0,"
					      " clone_ns INTEGER) STRICT;"
					      /* Of es_store_trial; empty but for its moment. */
					      "CREATE TABLE IF NOT EXISTS trial(bytes BLOB NOT "
					      "NULL) STRICT;"
					      /* Of age.h; one row. */
					      "CREATE TABLE IF NOT EXISTS instant(id INTEGER "
					      "PRIMARY "
					      "KEY, at_ns INTEGER NOT NULL, boot_ns INTEGER NOT "
					      "NULL,"
					      " boot BLOB NOT NULL, vouched INTEGER NOT NULL,"
					      " held INTEGER NOT NULL) STRICT;";
