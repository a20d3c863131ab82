/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of the store: its statements. The schema is in store_schema.c. */
#include "collector/store/store_private.h"

#define AGENT_COLUMNS                                                                         \
	"id, cn, name, site, spki, disabled, enrolled_ns, not_after_ns, version, epoch, seq," \
	" seen_ns, clock_ns, records, refused, duplicates, lost, role"

/* The columns every search returns, in the order store_find.c reads them. */
#define CALL_ROW                                                                          \
	"SELECT 3, c.id, c.agent, a.name, c.label, c.role, c.start_ns, c.end_ns,"         \
	" c.received_ns, c.bytes, c.call_id, c.caller, c.callee, 0, x'', x'', 0, c.state" \
	" FROM call c JOIN agent a ON a.id = c.agent "
#define STREAM_ROW                                                                             \
	"SELECT 2, t.id, o.agent, a.name, o.label, o.role, t.start_ns, t.end_ns,"              \
	" t.received_ns, t.bytes, t.call_id, '', '', o.ssrc, o.src, o.dst, o.restart, t.state" \
	" FROM stream t JOIN source o ON o.id = t.source JOIN agent a ON a.id = o.agent "
/*
 * The nearest ?N rows of one key on either side of a place in an index: an index is entered at that place
 * and left after so many rows, however many there are of the key.
 */
#define NEAR_CALLS(column)                                                                      \
	"SELECT * FROM (" CALL_ROW "WHERE c." column " = ?1 AND c." column                      \
	" <> '' AND c.id <= ?2 ORDER BY c.id DESC LIMIT ?3) UNION ALL SELECT * FROM (" CALL_ROW \
	"WHERE c." column " = ?1 AND c." column " <> '' AND c.id > ?2 ORDER BY c.id LIMIT ?3)"
#define NEAR_STREAMS(key, from, to, near, n, earliest, also)                                \
	"SELECT * FROM (" STREAM_ROW "WHERE t.id IN (SELECT id FROM (SELECT t.id, t.end_ns" \
	" FROM stream t WHERE " key " AND t.start_ns BETWEEN " earliest " AND " near        \
	" ORDER BY t.start_ns DESC LIMIT 2 * " n ") WHERE end_ns >= " from ") AND " also    \
	" UNION ALL " STREAM_ROW "WHERE t.id IN (SELECT t.id FROM stream t WHERE " key      \
	" AND t.start_ns > " near " AND t.start_ns <= " to " ORDER BY t.start_ns LIMIT " n  \
	") AND " also ") ORDER BY abs(start_ns - " near ") LIMIT " n
#define MACHINE_ROW                                                          \
	"SELECT m.type, m.id, m.agent, a.name, '', 0, m.start_ns, m.end_ns," \
	" m.received_ns, m.bytes, '', '', '', 0, x'', x'', 0, 0"             \
	" FROM machine m JOIN agent a ON a.id = m.agent "

/* Calls of a page of the list: behind the row before, the newest first. */
#define BEHIND                                                                                  \
	"c.start_ns BETWEEN ?1 AND min(?2, ?3) AND (c.start_ns < ?3 OR (?4 = 0 AND c.id < ?5))" \
	" ORDER BY c.start_ns DESC, c.id DESC LIMIT ?6"
/* Rows that came before ?1, the oldest ?2 of them, by their index. `back`: one value of each, its source or 0. */
#define PRUNE(table, and, back)                                                  \
	"DELETE FROM " table " WHERE id IN (SELECT id FROM " table " WHERE " and \
	    "received_ns < ?1 ORDER BY received_ns LIMIT ?2) RETURNING " back
#define OLDEST(table, where) \
	"(SELECT received_ns FROM " table where " ORDER BY received_ns LIMIT 1)"
#define NEWEST(table, where) \
	"(SELECT received_ns FROM " table where " ORDER BY received_ns DESC LIMIT 1)"

const char *const es_store_text[ST_END] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_TOKEN_ADD] = "INSERT INTO token(hash, name, site, created_ns, expires_ns)"
			 " VALUES(?1, ?2, ?3, ?4, ?5)",
	[ST_TOKEN_GET] = "SELECT name, site, expires_ns, used_ns FROM token WHERE hash = ?1",
	[ST_TOKEN_BURN] = "UPDATE token SET used_ns = ?2 WHERE hash = ?1 AND used_ns IS NULL",
	[ST_TOKENS_OPEN] = "SELECT count(*), max(expires_ns) FROM token"
			   " WHERE used_ns IS NULL AND expires_ns > ?1",
	[ST_AGENT_BIND] = "INSERT INTO agent(cn, spki, name, site, enrolled_ns, not_after_ns)"
			  " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(name) DO UPDATE SET"
			  " cn = excluded.cn, spki = excluded.spki, site = excluded.site,"
			  " enrolled_ns = excluded.enrolled_ns,"
			  " not_after_ns = excluded.not_after_ns",
	[ST_AGENT_BY_SPKI] = "SELECT " AGENT_COLUMNS " FROM agent WHERE spki = ?1",
	[ST_AGENT_BY_ID] = "SELECT " AGENT_COLUMNS " FROM agent WHERE id = ?1",
	[ST_AGENT_HELLO] =
	    "UPDATE agent SET version = ?2, seen_ns = ?3, clock_ns = ?4, role = ?5 WHERE id = ?1",
	[ST_AGENT_COUNT] = "UPDATE agent SET seen_ns = ?2, records = records + ?3,"
			   " refused = refused + ?4, duplicates = duplicates + ?5,"
			   " lost = lost + ?6 WHERE id = ?1",
	[ST_AGENT_MARK] = "UPDATE agent SET epoch = ?2, seq = ?3 WHERE id = ?1",
	[ST_AGENT_LIST] = "SELECT " AGENT_COLUMNS " FROM agent ORDER BY name",
	[ST_AGENT_DISABLE] = "UPDATE agent SET disabled = ?2 WHERE name = ?1",
	[ST_RENEWAL_CLEAR] = "UPDATE renewal SET clones = 0, clone_ns = NULL WHERE agent ="
			     " (SELECT id FROM agent WHERE name = ?1)",
	[ST_AGENT_BY_CN] = "SELECT " AGENT_COLUMNS " FROM agent WHERE cn = ?1",
	[ST_AGENT_REKEY] = "UPDATE agent SET spki = ?2, not_after_ns = ?3 WHERE id = ?1",
	[ST_RENEWAL_GET] = "SELECT r.generation, r.issued, r.next_spki, r.next_until_ns, r.ca,"
			   " r.clones, r.clone_ns FROM renewal r JOIN agent a ON a.id = r.agent"
			   " AND a.cn = r.cn WHERE r.agent = ?1",
	[ST_RENEWAL_SET] =
	    "INSERT OR REPLACE INTO renewal(agent, cn, generation, issued, next_spki,"
	    " next_until_ns, ca, clones, clone_ns)"
	    " SELECT id, cn, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM agent WHERE id = ?1",
	[ST_MARK_GET] = "SELECT through FROM mark WHERE agent = ?1 AND epoch = ?2",
	[ST_MARK_SET] = "INSERT INTO mark(agent, epoch, through) VALUES(?1, ?2, ?3)"
			" ON CONFLICT DO UPDATE SET through = max(through, excluded.through)",
	[ST_PROOF_GET] = "SELECT digest FROM proof WHERE agent = ?1 AND epoch = ?2 AND seq = ?3",
	[ST_PROOF_SET] = "INSERT OR REPLACE INTO proof(agent, epoch, seq, digest)"
			 " VALUES(?1, ?2, ?3, ?4)",
	[ST_SOURCE_GET] = "SELECT id FROM source WHERE ssrc = ?1 AND agent = ?2 AND label = ?3"
			  " AND role = ?4 AND src = ?5 AND dst = ?6 AND restart = ?7",
	[ST_SOURCE_ADD] = "INSERT INTO source(ssrc, agent, label, role, src, dst, restart)"
			  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ST_PUT_MINUTE] = "INSERT OR REPLACE INTO minute(source, start_ns, first_seq, end_ns,"
			  " received_ns, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[ST_PUT_STREAM] = "INSERT INTO stream(source, start_ns, end_ns, call_id, state, mos_milli,"
			  " received_ns, bytes, ssrc, path)"
			  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
			  " ON CONFLICT DO UPDATE SET end_ns = excluded.end_ns,"
			  " call_id = excluded.call_id, state = excluded.state,"
			  " mos_milli = excluded.mos_milli, received_ns = excluded.received_ns,"
			  " bytes = excluded.bytes",
	[ST_PUT_CALL] = "INSERT INTO call(agent, label, role, call_id, session_id, x_call_id,"
			" caller, callee, state, start_ns, end_ns, received_ns, bytes, begun_ns)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
			" ON CONFLICT DO UPDATE SET session_id = excluded.session_id,"
			" x_call_id = excluded.x_call_id, caller = excluded.caller,"
			" callee = excluded.callee, state = excluded.state,"
			" start_ns = excluded.start_ns, end_ns = excluded.end_ns,"
			" received_ns = excluded.received_ns, bytes = excluded.bytes",
	[ST_PUT_REPORTED] = "INSERT INTO reported(agent, label, role, ssrc, time_ns, received_ns,"
			    " bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ST_PUT_MACHINE] = "INSERT INTO machine(agent, type, start_ns, end_ns, whole, received_ns,"
			   " bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ST_CALLS_BY_CALL_ID] = "SELECT * FROM (" CALL_ROW "WHERE c.call_id = ?1 AND ?2 > 0"
				" LIMIT 8 * ?3) ORDER BY 4, 5",
	[ST_CALLS_BY_SESSION_ID] = NEAR_CALLS("session_id"),
	[ST_CALLS_BY_X_CALL_ID] = NEAR_CALLS("x_call_id"),
	[ST_ATTEMPTS] = CALL_ROW "WHERE " ES_STORE_USER_OF(
	    "c.callee") " = ?1"
			" AND c.start_ns BETWEEN ?3 AND ?4 AND " ES_STORE_USER_OF(
			    "c.caller") " = ?2"
					" AND c.state IN (3, 4) ORDER BY c.start_ns LIMIT ?5",
	[ST_STREAMS_OF_CALL] = STREAM_ROW "WHERE t.call_id = ?1 AND t.call_id <> ''",
	[ST_STREAMS_BY_SSRC] = NEAR_STREAMS("t.ssrc = ?1", "?2", "?3", "?4", "?5", "?6", "1"),
	[ST_MIRRORED] = NEAR_STREAMS("t.path = ?8", "?4", "?5", "?6", "?7", "?9",
	    "o.src = ?1 AND o.dst = ?2 AND o.agent = ?3"),
	[ST_MINUTES] = "SELECT 1, 0, o.agent, a.name, o.label, o.role, n.start_ns, n.end_ns,"
		       " n.received_ns, n.bytes, '', '', '', o.ssrc, o.src, o.dst, o.restart, 0"
		       " FROM source o JOIN minute n ON n.source = o.id"
		       " JOIN agent a ON a.id = o.agent WHERE o.ssrc = ?1 AND o.agent = ?2"
		       " AND o.label = ?3 AND o.role = ?4 AND o.src = ?5 AND o.dst = ?6"
		       " AND o.restart = ?7 AND n.start_ns BETWEEN ?10 AND ?9 AND n.end_ns >= ?8"
		       " ORDER BY n.start_ns, n.first_seq",
	[ST_REPORTED] = "SELECT 5, r.id, r.agent, a.name, r.label, r.role, r.time_ns, r.time_ns,"
			" r.received_ns, r.bytes, '', '', '', r.ssrc, x'', x'', 0, 0"
			" FROM reported r JOIN agent a ON a.id = r.agent"
			" WHERE r.ssrc = ?1 AND r.time_ns BETWEEN ?2 AND ?3 AND r.agent = ?4"
			" ORDER BY r.time_ns DESC LIMIT ?5",
	[ST_MACHINE] = MACHINE_ROW "WHERE m.agent = ?1 AND m.type = ?2 AND m.start_ns <= ?4"
				   " AND m.start_ns >= ?3 ORDER BY m.start_ns, m.id",
	[ST_HOST] =
	    MACHINE_ROW "WHERE m.agent = ?1 AND m.type = ?2 AND m.start_ns <= ?4 AND m.start_ns >="
			" coalesce((SELECT max(start_ns) FROM machine WHERE agent = ?1 AND type = 6"
			" AND whole = 1 AND start_ns <= ?3), ?3) ORDER BY m.start_ns, m.id",
	[ST_LAST] = MACHINE_ROW "WHERE m.agent = ?1 AND m.type = ?2"
				" ORDER BY m.start_ns DESC, m.id DESC LIMIT 1",
	/* ?1 ?2 time range, ?3 ?4 ?5 the row before: start, kind, id. */
	[ST_PAGE] = "SELECT * FROM (" CALL_ROW "WHERE " BEHIND ")"
		    " UNION ALL SELECT * FROM (" STREAM_ROW
		    "WHERE t.call_id = '' AND t.start_ns BETWEEN ?1 AND min(?2, ?3)"
		    " AND (t.start_ns < ?3 OR ?4 = 0 OR t.id < ?5)"
		    " ORDER BY t.start_ns DESC, t.id DESC LIMIT ?6)"
		    " ORDER BY 7 DESC, 1 DESC, 2 DESC",
	/* As ST_PAGE; ?7 the hash. */
	[ST_PARTY] = "SELECT * FROM (" CALL_ROW "WHERE " ES_STORE_HASH_OF(
	    "c.caller") " = ?7 AND " BEHIND ") UNION ALL SELECT * FROM (" CALL_ROW
			"WHERE " ES_STORE_HASH_OF("c.callee") " = ?7 AND " ES_STORE_HASH_OF(
			    "c.caller") " <> ?7 AND " BEHIND ") ORDER BY 7 DESC, 1 DESC, 2 DESC",
	[ST_COUNTS] = "SELECT (SELECT count(*) FROM call), (SELECT count(*) FROM stream),"
		      " (SELECT page_count * page_size FROM"
		      " pragma_page_count(), pragma_page_size())",
	[ST_OLDEST] = "SELECT " OLDEST("call", "") ", " OLDEST("stream", "") ", " OLDEST(
	    "minute", "") ", " OLDEST("machine", " WHERE type <> 9") ", " OLDEST("reported",
	    "") ", " OLDEST("machine", " WHERE type = 9"),
	[ST_NEWEST] = "SELECT " NEWEST("call", "") ", " NEWEST("stream", "") ", " NEWEST(
	    "minute", "") ", " NEWEST("machine", " WHERE type <> 9") ", " NEWEST("reported",
	    "") ", " NEWEST("machine", " WHERE type = 9"),
	[ST_PRUNE_CALL] = PRUNE("call", "", "0"),
	[ST_PRUNE_STREAM] = PRUNE("stream", "", "source"),
	[ST_PRUNE_MINUTE] =
	    "DELETE FROM minute WHERE (source, start_ns, first_seq) IN (SELECT source,"
	    " start_ns, first_seq FROM minute WHERE received_ns < ?1"
	    " ORDER BY received_ns LIMIT ?2) RETURNING source",
	[ST_PRUNE_MACHINE] = PRUNE("machine", "type <> 9 AND ", "0"),
	[ST_PRUNE_REPORTED] = PRUNE("reported", "", "0"),
	[ST_PRUNE_LOSS] = PRUNE("machine", "type = 9 AND ", "0"),
	[ST_PRUNE_SOURCE] = "DELETE FROM source WHERE id = ?1"
			    " AND NOT EXISTS (SELECT 1 FROM stream WHERE source = ?1)"
			    " AND NOT EXISTS (SELECT 1 FROM minute WHERE source = ?1)",
	[ST_PRUNED_ADD] = "INSERT INTO pruned(class, count) VALUES(?1, ?2)"
			  " ON CONFLICT(class) DO UPDATE SET count = count + excluded.count",
	[ST_PRUNED] = "SELECT class, count FROM pruned",
	[ST_INSTANT_GET] = "SELECT at_ns, boot_ns, boot, vouched, held FROM instant WHERE id = 1",
	[ST_INSTANT_SET] = "INSERT OR REPLACE INTO instant(id, at_ns, boot_ns, boot, vouched, held)"
			   " VALUES(1, ?1, ?2, ?3, ?4, ?5)",
};
