/* SPDX-License-Identifier: Apache-2.0 */
/* What the store keeps of a record or an agent that comes again, how it opens, and how it waits for others. */
#include "collector/store/store_private.h"
#include "tests/unit/libc.h"
#include "tests/unit/open_files.h"
#include "tests/unit/refusing_database.h"
#include "tests/unit/store_rig.h"

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

static int64_t
number(struct fixture *f, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(f->s->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* ---- records ---- */

static bool
note_last(void *ctx, const struct es_found *found)
{
	struct es_found *last = ctx;
	static char bytes[64];

	*last = *found;
	(void)snprintf(bytes, sizeof(bytes), "%.*s", (int)found->row.bytes.n,
	    (const char *)found->row.bytes.p);
	last->row.bytes = es_slice_str(bytes);
	last->id++; /* of this answer: not 0 */
	return true;
}

TEST(store_later_stream_replaces_every_column)
{
	struct es_found last = { .id = 0 };
	struct fixture f;
	struct es_row r;

	setup(&f);
	r = row_of(&f, ES_REC_STREAM, 5);
	CHECK_EQ(es_store_put(f.s, &r), 0);
	CHECK_EQ(number(&f, "SELECT mos_milli IS NULL FROM stream"), 1);
	r.end = at(9);
	r.call_id = es_slice_str("two@h");
	r.state = ES_STATE_COMPLETED;
	r.has_mos = true;
	r.mos_milli = 4123;
	r.received = at(77);
	r.bytes = es_slice_str("later");
	CHECK_EQ(es_store_put(f.s, &r), 0);
	CHECK_EQ(es_store_find_streams_of_call(f.s, es_slice_str("one@h"), note_last, &last), 0);
	CHECK_EQ(last.id, 0);
	CHECK_EQ(es_store_find_streams_of_call(f.s, es_slice_str("two@h"), note_last, &last), 0);
	CHECK(last.id != 0);
	CHECK_EQ(last.row.end.ns, at(9).ns);
	CHECK_EQ(last.row.state, ES_STATE_COMPLETED);
	CHECK_EQ(last.row.received.ns, at(77).ns);
	CHECK_SLICE(last.row.bytes, "later");
	CHECK_EQ(number(&f, "SELECT mos_milli FROM stream"), 4123);
	CHECK_EQ(number(&f, "SELECT count(*) FROM stream"), 1);
	teardown(&f);
}

TEST(store_later_minute_replaces_the_one_of_its_number)
{
	struct es_found last = { .id = 0 };
	struct fixture f;
	struct es_row r;
	int n = 0;

	setup(&f);
	r = row_of(&f, ES_REC_INTERVAL, 5);
	r.first_seq = 3;
	CHECK_EQ(es_store_put(f.s, &r), 0);
	r.end = at(9);
	r.received = at(77);
	r.bytes = es_slice_str("later");
	CHECK_EQ(es_store_put(f.s, &r), 0);
	CHECK_EQ(es_store_find_intervals(f.s, &r, at(0), at(99), note_last, &last), 0);
	CHECK_SLICE(last.row.bytes, "later");
	CHECK_EQ(last.row.end.ns, at(9).ns);
	CHECK_EQ(last.row.received.ns, at(77).ns);
	r.first_seq = 4;
	CHECK_EQ(es_store_put(f.s, &r), 0);
	CHECK_EQ(es_store_find_intervals(f.s, &r, at(0), at(99), count, &n), 0);
	CHECK_EQ(n, 2);
	teardown(&f);
}

/* One source per key, whatever comes of it; each part of the key makes another. */
TEST(store_has_one_source_per_key)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 6; i++) {
		struct es_row r = row_of(&f, ES_REC_STREAM, 5);

		r.label = es_slice_str(i == 1 ? "x" : "");
		r.role = i == 2 ? ES_ROLE_SBC : ES_ROLE_TAP;
		r.key.src.port = i == 3;
		r.key.dst.port = i == 4;
		r.key.restart = i == 5;
		for (int times = 0; times < 2; times++) {
			r.type = times == 0 ? ES_REC_STREAM : ES_REC_INTERVAL;
			CHECK_EQ(es_store_put(f.s, &r), 0);
			CHECK_EQ(number(&f, "SELECT count(*) FROM source"), i + 1);
			CHECK_EQ(number(&f, "SELECT count(*) FROM stream"), i + 1);
			CHECK_EQ(number(&f, "SELECT count(*) FROM minute"), i + times);
		}
	}
	teardown(&f);
}

/* ---- agents ---- */

/* A new key takes the place of the old one; what the agent delivered before, and that it is disabled, stay. */
TEST(store_agent_that_enrols_again_keeps_its_counts)
{
	static const uint8_t epoch[ES_STORE_EPOCH_LEN] = { 9 };
	struct es_agent a = { .cn = "f", .name = "ep", .site = "berlin", .spki = { 1 } };
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_agent_count(f.s, f.agent, at(60), 1, 2, 3, 4), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch, 12), 0);
	CHECK_EQ(es_store_execute(f.s, "UPDATE agent SET disabled = 1"), 0);
	a.enrolled = at(70);
	a.not_after = at(80);
	CHECK_EQ(es_store_agent_bind(f.s, &a), 0);
	memset(&a, 0, sizeof(a));
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
	CHECK_STR(a.cn, "f");
	CHECK_STR(a.site, "berlin");
	CHECK_EQ(a.spki[0], 1);
	CHECK_EQ(a.enrolled.ns, at(70).ns);
	CHECK_EQ(a.not_after.ns, at(80).ns);
	CHECK(a.disabled);
	CHECK_EQ(a.seen.ns, at(60).ns);
	CHECK_EQ(a.seq, 12);
	CHECK_EQ(a.records, 1);
	CHECK_EQ(a.refused, 2);
	CHECK_EQ(a.duplicates, 3);
	CHECK_EQ(a.lost, 4);
	CHECK_EQ(number(&f, "SELECT count(*) FROM agent"), 1);
	teardown(&f);
}

/* What another program wrote longer than it may be is cut, not written past its place. */
TEST(store_cuts_names_that_are_too_long)
{
	struct es_agent a;
	struct fixture f;
	char sql[128];

	setup(&f);
	for (size_t n = ES_STORE_NAME_MAX - 1; n <= ES_STORE_NAME_MAX + 2; n++) {
		(void)snprintf(sql, sizeof(sql),
		    "UPDATE agent SET name = printf('%%.*c', %zu, 'n'), site = 's'", n);
		CHECK_EQ(es_store_execute(f.s, sql), 0);
		CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
		CHECK_EQ(strlen(a.name), n < ES_STORE_NAME_MAX ? n : ES_STORE_NAME_MAX);
		CHECK_EQ(strspn(a.name, "n"), strlen(a.name));
		CHECK_STR(a.site, "s");
	}
	teardown(&f);
}

/* The reason for a rollback is what its caller reads, also where the rollback itself is refused. */
TEST(store_rollback_leaves_the_reason_for_it)
{
	struct fixture f;

	setup(&f);
	for (int refuses = 0; refuses < 2; refuses++) {
		struct es_row r = row_of(&f, ES_REC_HEALTH, 1);

		r.agent = f.agent + 1;
		CHECK_EQ(es_store_begin(f.s), 0);
		CHECK_EQ(es_store_put(f.s, &r), ES_EINVALID);
		CHECK_STR(es_store_error(f.s), "FOREIGN KEY constraint failed");
		refuse(f.s, refuses == 0 ? 0 : SQLITE_TRANSACTION, "ROLLBACK");
		es_store_rollback(f.s);
		CHECK_STR(es_store_error(f.s), "FOREIGN KEY constraint failed");
		CHECK_EQ(sqlite3_get_autocommit(f.s->db) != 0, refuses == 0);
		refuse(f.s, 0, NULL);
	}
	es_store_rollback(f.s);
	teardown(&f);
}

/* ---- opening ---- */

TEST(store_that_is_open_says_nothing_and_holds_its_files_alone)
{
	struct fixture f;
	char error[512] = "x";
	struct es_store *other;
	unsigned before, one;

	setup(&f);
	es_store_close(f.s);
	before = open_files();
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &f.s, error), 0);
	CHECK_STR(error, "");
	one = open_files() - before;
	es_store_close(f.s);
	CHECK_EQ(unlink(f.path), 0);
	CHECK_EQ(es_store_open(f.path, ES_STORE_CREATE, &other, error), 0);
	CHECK_EQ(open_files() - before, one); /* not also that by which the file was made */
	es_store_close(other);
	CHECK_EQ(open_files(), before);
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &f.s, error), 0);
	teardown(&f);
}

/* A log that is written ahead, so that who reads does not wait for who writes. */
TEST(store_is_made_for_readers_next_to_its_writer)
{
	struct fixture f;

	setup(&f);
	CHECK_EQ(
	    number(&f, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
	CHECK_EQ(number(&f, "PRAGMA cache_size"), -16384);
	CHECK_EQ(number(&f, "PRAGMA user_version"), ES_STORE_VERSION);
	teardown(&f);
}

TEST(store_of_another_version_is_named)
{
	static const struct {
		int version;
		const char *says;
	} rows[] = { { 0, "not an earshot database" },
		{ 4,
		    "schema version 4 is newer than 3, the newest that this program knows: upgrade "
		    "earshot-collector, or restore a backup of version 3" } };
	struct es_store *other;
	struct fixture f;
	char sql[64], want[256], error[512];

	setup(&f);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", rows[i].version);
		CHECK_EQ(es_store_execute(f.s, sql), 0);
		(void)snprintf(want, sizeof(want), "%s: %s", f.path, rows[i].says);
		for (int mode = ES_STORE_WRITE; mode <= ES_STORE_READ; mode++) {
			CHECK_EQ(es_store_open(f.path, (enum es_store_mode)mode, &other, error),
			    ES_EUNSUPPORTED);
			CHECK_STR(error, want);
		}
	}
	teardown(&f);
}

/* A step forward that cannot be made whole is not made at all. */
TEST(store_moves_forward_whole_or_not)
{
	struct es_store *other;
	struct fixture f;
	char error[512];

	setup(&f);
	CHECK_EQ(es_store_execute(f.s, "DROP INDEX call_x; PRAGMA user_version = 1"), 0);
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &other, error), ES_EIO);
	CHECK(strstr(error, "no such index: call_x") != NULL);
	(void)snprintf(error, sizeof(error), "%s.version-1", f.path);
	CHECK_EQ(unlink(error), 0);
	CHECK_EQ(number(&f, "PRAGMA user_version"), 1);
	CHECK_EQ(
	    number(&f, "SELECT count(*) FROM sqlite_master WHERE name IN ('call_start', 'call')"),
	    2);
	teardown(&f);
}

#ifdef TEST_ALLOCATIONS_FAIL
TEST(store_without_memory_says_so)
{
	struct es_store *other = NULL;
	char error[512];
	struct fixture f;

	setup(&f);
	test_allocations_left = 0;
	CHECK_EQ(es_store_open(f.path, ES_STORE_WRITE, &other, error), ES_ENOMEM);
	CHECK_EQ(test_allocations_left, -1);
	CHECK(other == NULL);
	CHECK(strncmp(error, f.path, strlen(f.path)) == 0);
	CHECK_STR(error + strlen(f.path), ": out of memory");
	teardown(&f);
}
#endif

/* Space that was given back is room: a database of its full size with some of it is not full. */
TEST(store_with_free_pages_is_not_full)
{
	static uint8_t bytes[100000];
	struct es_store_counts c;
	struct es_row r;
	struct fixture f;
	bool is_full;

	setup(&f);
	r = row_of(&f, ES_REC_HEALTH, 1);
	r.bytes = es_slice_of(bytes, sizeof(bytes));
	CHECK_EQ(es_store_put(f.s, &r), 0);
	CHECK_EQ(es_store_count(f.s, &c), 0);
	CHECK_EQ(es_store_is_full(f.s, c.bytes - 4096, &is_full), 0);
	CHECK(is_full);
	CHECK_EQ(es_store_execute(f.s, "DELETE FROM machine"), 0);
	CHECK_EQ(es_store_is_full(f.s, c.bytes - 4096, &is_full), 0);
	CHECK(!is_full);
	teardown(&f);
}

/* ---- others who hold it ---- */

static int64_t slept_us;

static int
note_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	slept_us += us;
	return us;
}

/* SQLite's own file system, with a sleep that takes no time. */
static sqlite3_vfs *
watched(void)
{
	static sqlite3_vfs vfs;

	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "watched";
	vfs.pNext = NULL;
	vfs.xSleep = note_sleep;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
	slept_us = 0;
	return &vfs;
}

/* A writer waits five seconds for another; a trial for nobody; after it a writer waits as before. */
TEST(store_waits_for_another_writer_and_a_trial_does_not)
{
	sqlite3_vfs *vfs = watched();
	sqlite3 *other = NULL;
	struct fixture f;

	setup(&f);
	CHECK_EQ(sqlite3_open(f.path, &other), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ(es_store_begin(f.s), ES_EAGAIN);
	CHECK_EQ(slept_us, 5000000);
	slept_us = 0;
	CHECK_EQ(es_store_trial(f.s), ES_EAGAIN);
	CHECK_EQ(slept_us, 0);
	CHECK_EQ(es_store_begin(f.s), ES_EAGAIN);
	CHECK_EQ(slept_us, 5000000);
	CHECK_EQ(sqlite3_close(other), SQLITE_OK);
	slept_us = 0;
	CHECK_EQ(es_store_trial(f.s), 0);
	CHECK_EQ(es_store_begin(f.s), 0);
	es_store_rollback(f.s);
	CHECK_EQ(slept_us, 0);
	teardown(&f);
	CHECK_EQ(sqlite3_vfs_unregister(vfs), SQLITE_OK);
}

/* ---- the trial ---- */

static char steps[4096];

static int
on_statement(unsigned what, void *ctx, void *statement, void *text)
{
	size_t n = strlen(steps);

	(void)what;
	(void)ctx;
	(void)text;
	(void)snprintf(steps + n, sizeof(steps) - n, "%s\n", sqlite3_sql(statement));
	return 0;
}

/* A trial takes every step that a Hello and a batch take, in their order, and leaves nothing behind. */
TEST(store_trial_takes_every_step_of_a_batch)
{
	static const enum es_stmt hello[] = { ST_AGENT_BY_SPKI, ST_MARK_GET, ST_PROOF_GET,
		ST_AGENT_HELLO, ST_BEGIN, ST_PUT_MACHINE, ST_MARK_SET, ST_PROOF_SET,
		ST_AGENT_COUNT };
	char want[4096] = "", sql[64];
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(hello) / sizeof(hello[0]); i++)
		(void)snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s\n",
		    es_store_text[hello[i]]);
	(void)snprintf(want + strlen(want), sizeof(want) - strlen(want),
	    "DELETE FROM trial;\nINSERT INTO trial VALUES(zeroblob(262144))\nCOMMIT\n"
	    "DELETE FROM trial\n");
	steps[0] = '\0';
	sqlite3_trace_v2(f.s->db, SQLITE_TRACE_STMT, on_statement, NULL);
	CHECK_EQ(es_store_trial(f.s), 0);
	CHECK_STR(steps, want);
	CHECK(sqlite3_get_autocommit(f.s->db) != 0);
	for (int i = 0; i < 4; i++) {
		static const char *const tables[] = { "trial", "mark", "proof", "machine" };

		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
		CHECK_EQ(number(&f, sql), 0);
	}
	teardown(&f);
}

/* Whichever step fails, the trial fails with it, and nothing of it stays open or written. */
TEST(store_trial_fails_with_each_of_its_steps)
{
	static const struct {
		int action;
		const char *what;
	} faults[] = { { SQLITE_READ, "agent" }, { SQLITE_READ, "mark" }, { SQLITE_READ, "proof" },
		{ SQLITE_UPDATE, "agent" }, { SQLITE_TRANSACTION, "BEGIN" },
		{ SQLITE_INSERT, "machine" }, { SQLITE_INSERT, "mark" }, { SQLITE_INSERT, "proof" },
		{ SQLITE_INSERT, "trial" }, { SQLITE_DELETE, "trial" },
		{ SQLITE_TRANSACTION, "COMMIT" } };
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		refuse(f.s, faults[i].action, faults[i].what);
		if (es_store_trial(f.s) != ES_EIO || sqlite3_get_autocommit(f.s->db) == 0)
			test_fail(__FILE__, __LINE__, "%s", faults[i].what);
		refuse(f.s, 0, NULL);
		CHECK_EQ(number(&f, "SELECT count(*) FROM trial"), 0);
	}
	CHECK_EQ(es_store_trial(f.s), 0);
	teardown(&f);
}
