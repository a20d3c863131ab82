/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit on a loop whose clock the test drives, over a real store whose transactions are counted. */
#include "collector/ingest/group.h"
#include "collector/store/store_private.h"
#include "tests/sim/made_loop.h"
#include "tests/unit/store_rig.h"

static struct fixture rig;
/* What SQLite was asked, and whether it refuses to commit. */
static struct {
	int begun, committed, rolled_back;
	int refuses_commit;
} store;

static int
on_statement(unsigned what, void *ctx, void *statement, void *text)
{
	(void)what;
	(void)ctx;
	(void)statement;
	store.begun += strncmp(text, "BEGIN", 5) == 0;
	store.committed += strncmp(text, "COMMIT", 6) == 0;
	store.rolled_back += strncmp(text, "ROLLBACK", 8) == 0;
	return 0;
}

static int
on_commit(void *ctx)
{
	(void)ctx;
	return store.refuses_commit; /* not 0: SQLite rolls back */
}

static struct es_loop *loop;
static struct es_group *group;
static int done_calls, last_err;
static bool enters_again; /* from inside done */

static void
on_done(void *ctx, int err)
{
	(void)ctx;
	done_calls++;
	last_err = err;
	if (enters_again) {
		enters_again = false;
		if (es_group_enter(group) == 0)
			es_group_added(group, 1);
	}
}

static bool
begin(void)
{
	struct es_group_config cfg = { NULL, 50, 10, on_done, NULL };

	made_clock_reset();
	setup(&rig);
	memset(&store, 0, sizeof(store));
	sqlite3_trace_v2(rig.s->db, SQLITE_TRACE_STMT, on_statement, NULL);
	sqlite3_commit_hook(rig.s->db, on_commit, NULL);
	sqlite3_busy_timeout(rig.s->db, 0);
	cfg.store = rig.s;
	done_calls = last_err = 0;
	return es_loop_new(&loop) == 0 && es_group_new(loop, &cfg, &group) == 0;
}

static void
end(void)
{
	es_group_free(group);
	es_loop_free(loop);
	CHECK(sqlite3_get_autocommit(rig.s->db)); /* nothing stays open */
	teardown(&rig);
}

TEST(group_waits_its_time_from_the_first_record_on)
{
	CHECK(begin());
	CHECK_EQ(made_next_ms(loop), -1);
	CHECK_EQ(es_group_enter(group), 0);
	es_group_added(group, 1);
	CHECK_EQ(store.begun, 1);
	made_pass(loop, 30);
	CHECK_EQ(es_group_enter(group), 0); /* the same transaction, the same time */
	es_group_added(group, 1);
	CHECK_EQ(store.begun, 1);
	made_pass(loop, 19);
	CHECK_EQ(store.committed, 0);
	CHECK_EQ(done_calls, 0);
	made_pass(loop, 1);
	CHECK_EQ(store.committed, 1);
	CHECK_EQ(done_calls, 1);
	CHECK_EQ(last_err, 0);
	CHECK_EQ(es_group_commits(group), 1);
	CHECK_EQ(made_next_ms(loop), -1);
	made_pass(loop, 1000);
	CHECK_EQ(store.committed, 1);
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(made_next_ms(loop), 50);
	end();
}

TEST(group_of_enough_records_does_not_wait)
{
	CHECK(begin());
	CHECK_EQ(es_group_enter(group), 0);
	es_group_added(group, 9);
	CHECK_EQ(made_next_ms(loop), 50);
	es_group_added(group, 1);
	CHECK_EQ(made_next_ms(loop), 0);
	CHECK_EQ(store.committed, 0); /* from the loop, not from inside */
	made_settle(loop);
	CHECK_EQ(store.committed, 1);
	CHECK_EQ(es_group_enter(group), 0); /* counts from 0 */
	es_group_added(group, 9);
	CHECK_EQ(made_next_ms(loop), 50);
	es_group_added(group, 20);
	CHECK_EQ(made_next_ms(loop), 0);
	es_group_added(group, 20);
	CHECK_EQ(made_next_ms(loop), 0);
	end();
}

TEST(group_flush_commits_what_is_open)
{
	CHECK(begin());
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(store.committed, 0);
	CHECK_EQ(done_calls, 0);
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(store.committed, 1);
	CHECK_EQ(done_calls, 1);
	CHECK_EQ(made_next_ms(loop), -1);
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(store.committed, 1);
	CHECK_EQ(es_group_commits(group), 1);
	CHECK_EQ(es_group_enter(group), 0);
	end(); /* what is open is rolled back */
	CHECK_EQ(store.rolled_back, 1);
}

TEST(group_commit_that_fails_rolls_back_and_says_so)
{
	CHECK(begin());
	store.refuses_commit = 1;
	CHECK_EQ(es_group_enter(group), 0);
	es_group_added(group, 3);
	made_pass(loop, 50);
	CHECK(sqlite3_get_autocommit(rig.s->db));
	CHECK_EQ(done_calls, 1);
	CHECK_EQ(last_err, ES_EINVALID);
	CHECK_EQ(es_group_commits(group), 0);
	CHECK_EQ(made_next_ms(loop), -1);
	/* the second try fails too, another way */
	store.refuses_commit = 0;
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(store.begun, 2);
	CHECK_EQ(sqlite3_exec(rig.s->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ(es_group_flush(group), ES_EIO);
	CHECK_EQ(last_err, ES_EIO);
	CHECK_EQ(done_calls, 2);
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(last_err, 0);
	CHECK_EQ(es_group_commits(group), 1);
	end();
}

/* A deferred constraint is looked at by COMMIT, which leaves the transaction open when it fails. */
TEST(group_rolls_back_what_a_failed_commit_leaves_open)
{
	CHECK(begin());
	CHECK_EQ(
	    sqlite3_exec(rig.s->db,
		"PRAGMA foreign_keys = ON; CREATE TABLE up (id INTEGER PRIMARY KEY); CREATE TABLE "
		"down (up REFERENCES up (id) DEFERRABLE INITIALLY DEFERRED)",
		NULL, NULL, NULL),
	    SQLITE_OK);
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(
	    sqlite3_exec(rig.s->db, "INSERT INTO down VALUES (7)", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ(es_group_flush(group), ES_EINVALID);
	CHECK_EQ(store.rolled_back, 1);
	CHECK_EQ(es_group_commits(group), 0);
	end();
}

TEST(group_that_cannot_begin_stays_shut)
{
	struct es_store *other;
	char error[512];

	CHECK(begin());
	CHECK_EQ(es_store_open(rig.path, ES_STORE_WRITE, &other, error), 0);
	CHECK_EQ(es_store_begin(other), 0);
	CHECK_EQ(es_group_enter(group), ES_EAGAIN);
	CHECK_EQ(made_next_ms(loop), -1);
	CHECK_EQ(es_group_enter(group), ES_EAGAIN);
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(done_calls, 0);
	es_store_rollback(other);
	es_store_close(other);
	CHECK_EQ(es_group_enter(group), 0);
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(es_group_commits(group), 1);
	end();
}

TEST(group_whose_end_cannot_be_set_stays_shut)
{
	CHECK(begin());
	for (unsigned times = 1; times <= 2; times++) {
		made_fail_in = 1;
		CHECK(es_group_enter(group) < 0);
		CHECK_EQ(store.begun, times);
		CHECK_EQ(store.rolled_back, times);
		CHECK_EQ(es_group_flush(group), 0);
		CHECK_EQ(store.committed, 0);
		CHECK_EQ(done_calls, 0);
	}
	CHECK_EQ(es_group_enter(group), 0);
	made_pass(loop, 50);
	CHECK_EQ(store.committed, 1);
	end();
}

TEST(group_abort_takes_all_back)
{
	CHECK(begin());
	CHECK_EQ(es_group_enter(group), 0);
	es_group_added(group, 5);
	es_group_abort(group, ES_EFULL);
	CHECK_EQ(store.rolled_back, 1);
	CHECK_EQ(done_calls, 1);
	CHECK_EQ(last_err, ES_EFULL);
	CHECK_EQ(made_next_ms(loop), -1);
	made_pass(loop, 100);
	CHECK_EQ(store.committed, 0);
	CHECK_EQ(es_group_enter(group), 0);
	es_group_added(group, 5); /* those before do not count */
	CHECK_EQ(made_next_ms(loop), 50);
	end();
}

/* Who hears of a commit may write at once: into a group of its own. */
TEST(group_may_be_entered_from_its_own_end)
{
	CHECK(begin());
	CHECK_EQ(es_group_enter(group), 0);
	enters_again = true;
	CHECK_EQ(es_group_flush(group), 0);
	CHECK_EQ(store.begun, 2);
	CHECK_EQ(made_next_ms(loop), 50);
	enters_again = true;
	es_group_abort(group, ES_EIO);
	CHECK_EQ(store.begun, 3);
	CHECK_EQ(made_next_ms(loop), 50);
	made_pass(loop, 50);
	CHECK_EQ(store.committed, 2);
	end();
}
