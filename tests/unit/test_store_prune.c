/* SPDX-License-Identifier: Apache-2.0 */
/* Removing what is old: the oldest first, so many and no more, counted, and at a cost that does not grow. */
#include "collector/store/store_private.h"
#include "tests/unit/store_rig.h"

static const es_time never = { INT64_MIN };

static es_time
at(int64_t s)
{
	return es_time_of_ns(s * ES_NS_PER_S);
}

/* Records of every kind that came at an instant; ssrc also keeps them apart. */
static void
put(struct fixture *f, enum es_record_type type, int64_t received_s, uint32_t ssrc)
{
	struct es_row r = row_of(f, type, received_s);

	r.received = at(received_s);
	r.key.ssrc = ssrc;
	r.begun = r.start;
	CHECK_EQ(es_store_put(f->s, &r), 0);
}

static void
set_all(es_time before[ES_CLASSES], es_time to)
{
	for (int i = 0; i < ES_CLASSES; i++)
		before[i] = to;
}

static int64_t
rows_in(struct fixture *f, const char *table)
{
	char sql[64];
	int64_t n = -1;

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	if (es_store_pragma(f->s, sql, &n) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	return n;
}

static void
check_rows(struct fixture *f, const char *when, int64_t call, int64_t stream, int64_t minute,
    int64_t machine, int64_t reported, int64_t source)
{
	const struct {
		const char *table;
		int64_t n;
	} rows[] = { { "call", call }, { "stream", stream }, { "minute", minute },
		{ "machine", machine }, { "reported", reported }, { "source", source } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows_in(f, rows[i].table) != rows[i].n)
			test_fail(__FILE__, __LINE__, "%s: %s has %lld rows, not %lld", when,
			    rows[i].table, (long long)rows_in(f, rows[i].table),
			    (long long)rows[i].n);
}

static void
fill(struct fixture *f, int64_t received_s)
{
	static const enum es_record_type types[] = { ES_REC_CALL, ES_REC_STREAM, ES_REC_INTERVAL,
		ES_REC_HOST, ES_REC_CHANGE, ES_REC_HEALTH, ES_REC_REGISTRATION, ES_REC_REPORTED,
		ES_REC_LOSS };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		put(f, types[i], received_s, (uint32_t)received_s);
}

TEST(prune_removes_each_class_up_to_its_own_instant)
{
	es_time before[ES_CLASSES];
	uint32_t n[ES_CLASSES];
	uint64_t all[ES_CLASSES];
	struct fixture f;

	setup(&f);
	for (int64_t s = 1; s <= 3; s++)
		fill(&f, s);
	check_rows(&f, "before", 3, 3, 3, 15, 3, 3);
	set_all(before, never);
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	check_rows(&f, "nothing", 3, 3, 3, 15, 3, 3);
	before[ES_CLASS_MINUTES] = at(3); /* what came at that instant stays */
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_MINUTES], 2);
	check_rows(&f, "minutes", 3, 3, 1, 15, 3, 3); /* a stream still has the sources */
	before[ES_CLASS_CALLS] = at(2);
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_CALLS], 2); /* a call and a stream */
	CHECK_EQ(n[ES_CLASS_MINUTES], 0);
	check_rows(&f, "calls", 2, 2, 1, 15, 3, 2);
	before[ES_CLASS_MACHINE] = at(4);
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_MACHINE], 12);
	check_rows(&f, "machine, but for losses", 2, 2, 1, 3, 3, 2);
	before[ES_CLASS_REPORTED] = at(2);
	before[ES_CLASS_LOSSES] = at(3);
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_LOSSES], 2);
	CHECK_EQ(n[ES_CLASS_REPORTED], 1);
	check_rows(&f, "reports and losses", 2, 2, 1, 1, 2, 2);
	set_all(before, at(9));
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	check_rows(&f, "all", 0, 0, 0, 0, 0, 0);
	CHECK_EQ(es_store_pruned(f.s, all), 0);
	CHECK_EQ(all[ES_CLASS_CALLS], 6);
	CHECK_EQ(all[ES_CLASS_MINUTES], 3);
	CHECK_EQ(all[ES_CLASS_MACHINE], 12);
	CHECK_EQ(all[ES_CLASS_REPORTED], 3);
	CHECK_EQ(all[ES_CLASS_LOSSES], 3);
	teardown(&f);
}

/* The agent's own count of what it lost is no record: it stays. */
TEST(prune_leaves_the_counts_of_agents)
{
	es_time before[ES_CLASSES];
	uint32_t n[ES_CLASSES];
	struct es_agent a;
	struct fixture f;

	setup(&f);
	fill(&f, 1);
	CHECK_EQ(es_store_agent_count(f.s, f.agent, at(1), 9, 0, 0, 77), 0);
	set_all(before, at(9));
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
	CHECK_EQ(a.lost, 77);
	CHECK_EQ(a.records, 9);
	teardown(&f);
}

TEST(prune_takes_the_oldest_and_no_more_than_a_step)
{
	es_time before[ES_CLASSES], oldest[ES_CLASSES], newest;
	uint32_t n[ES_CLASSES];
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_newest(f.s, &newest), ES_ENOTFOUND);
	CHECK_EQ(es_store_oldest(f.s, oldest), 0);
	CHECK_EQ(oldest[ES_CLASS_CALLS].ns, INT64_MAX);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int64_t s = ES_STORE_PRUNE_ROWS + 10; s > 0; s--) /* came in another order */
		put(&f, ES_REC_REPORTED, s, 7);
	put(&f, ES_REC_LOSS, 5, 7);
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_store_newest(f.s, &newest), 0);
	CHECK_EQ(newest.ns, at(ES_STORE_PRUNE_ROWS + 10).ns);
	set_all(before, at(100000));
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_REPORTED], ES_STORE_PRUNE_ROWS);
	CHECK_EQ(n[ES_CLASS_LOSSES], 0); /* its turn has not come */
	CHECK_EQ(es_store_oldest(f.s, oldest), 0);
	CHECK_EQ(oldest[ES_CLASS_REPORTED].ns, at(ES_STORE_PRUNE_ROWS + 1).ns);
	CHECK_EQ(oldest[ES_CLASS_LOSSES].ns, at(5).ns);
	CHECK_EQ(oldest[ES_CLASS_MACHINE].ns, INT64_MAX);
	CHECK_EQ(es_store_prune(f.s, before, n), 0);
	CHECK_EQ(n[ES_CLASS_REPORTED], 10);
	CHECK_EQ(n[ES_CLASS_LOSSES], 1);
	teardown(&f);
}

/* What cannot be removed whole is not removed, nor counted. */
TEST(prune_that_fails_has_removed_and_counted_nothing)
{
	es_time before[ES_CLASSES];
	uint32_t n[ES_CLASSES];
	uint64_t all[ES_CLASSES];
	struct fixture f;

	setup(&f);
	fill(&f, 1);
	CHECK_EQ(es_store_execute(f.s, "CREATE TRIGGER no BEFORE DELETE ON reported BEGIN SELECT"
				       " raise(ABORT, 'not this one'); END"),
	    0);
	set_all(before, at(9));
	CHECK(es_store_prune(f.s, before, n) < 0);
	CHECK(strstr(es_store_error(f.s), "not this one") != NULL);
	CHECK_EQ(n[ES_CLASS_CALLS], 0);
	CHECK_EQ(es_store_pruned(f.s, all), 0);
	CHECK_EQ(all[ES_CLASS_CALLS], 0);
	check_rows(&f, "after it failed", 1, 1, 1, 5, 1, 1);
	CHECK_EQ(es_store_execute(f.s, "DROP TRIGGER no"), 0);
	CHECK_EQ(es_store_prune(f.s, before, n), 0); /* no transaction was left open */
	check_rows(&f, "then", 0, 0, 0, 0, 0, 0);
	teardown(&f);
}

/* Work of one whole step among so many minutes of as many sources. */
static uint64_t
work_among(int n_rows)
{
	es_time before[ES_CLASSES];
	uint32_t n[ES_CLASSES];
	struct fixture f;
	uint64_t work;

	setup(&f);
	if (es_store_begin(f.s) != 0)
		abort();
	for (int i = 1; i <= n_rows; i++)
		put(&f, ES_REC_INTERVAL, i, (uint32_t)i);
	if (es_store_commit(f.s) != 0)
		abort();
	set_all(before, at(n_rows / 2));
	es_store_budget(f.s, 0, 0);
	if (es_store_prune(f.s, before, n) != 0 || n[ES_CLASS_MINUTES] != ES_STORE_PRUNE_ROWS)
		test_fail(
		    __FILE__, __LINE__, "%u rows: %s", n[ES_CLASS_MINUTES], es_store_error(f.s));
	work = es_store_work(f.s);
	teardown(&f);
	return work;
}

TEST(prune_costs_the_same_in_a_large_database)
{
	uint64_t small = work_among(2000), large = work_among(40000);

	if (small == 0 || large > small + small / 5)
		test_fail(__FILE__, __LINE__,
		    "%llu thousand instructions among 40000, %llu among 2000",
		    (unsigned long long)large, (unsigned long long)small);
}

/*
 * How SQLite answers each statement. What reads a table from end to end is listed here: agents and their tokens (there
 * are few), and the counts of /metrics.
 */
TEST(store_statements_use_indices)
{
	static const struct {
		enum es_stmt which;
		const char *scan;
	} allowed[] = { { ST_AGENT_LIST, "SCAN agent" }, { ST_TOKENS_OPEN, "SCAN token" },
		{ ST_COUNTS, "SCAN call" }, { ST_COUNTS, "SCAN stream" },
		{ ST_COUNTS, "SCAN pragma" }, { ST_COUNTS, "SCAN CONSTANT ROW" },
		{ ST_OLDEST, "SCAN CONSTANT ROW" }, { ST_NEWEST, "SCAN CONSTANT ROW" },
		{ ST_PRUNED, "SCAN pruned" } };
	struct fixture f;

	setup(&f);
	for (int i = ST_ROLLBACK + 1; i < ST_END; i++) {
		sqlite3_stmt *st = NULL;
		char sql[8192];

		(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", es_store_text[i]);
		if (sqlite3_prepare_v2(f.s->db, sql, -1, &st, NULL) != SQLITE_OK)
			test_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(f.s->db));
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(st, 3);
			bool fine = strncmp(step, "SCAN ", 5) != 0 ||
				    strncmp(step, "SCAN (subquery", 14) == 0;

			if (i == ST_OLDEST || i == ST_NEWEST) /* its first row by an index */
				fine |= strstr(step, "_received") != NULL ||
					strstr(step, "machine_loss") != NULL;
			if (i >= ST_OLDEST)
				fine &= strstr(step, "TEMP B-TREE") == NULL;
			for (size_t k = 0; k < sizeof(allowed) / sizeof(allowed[0]); k++)
				fine |=
				    allowed[k].which == (enum es_stmt)i &&
				    strncmp(step, allowed[k].scan, strlen(allowed[k].scan)) == 0;
			if (!fine)
				test_fail(__FILE__, __LINE__, "%s: %s", es_store_text[i], step);
		}
		sqlite3_finalize(st);
	}
	teardown(&f);
}
