/* SPDX-License-Identifier: Apache-2.0 */
/* /readyz while one step of taking records fails, whichever it is, and after it works again. */
#include "collector/store/ready.h"
#include "tests/sim/made_ingest.h"

#include <sqlite3.h>

/* A statement of ingest that the database refuses from now on; action 0: none. */
struct fault {
	int action;
	const char *what; /* table, or word of a transaction */
	const char *step;
};

static struct fault fault;
static sqlite3 *db; /* of ingest */

static int
judge(void *ctx, int action, const char *a, const char *b, const char *schema, const char *inner)
{
	(void)ctx;
	(void)b;
	(void)schema;
	(void)inner;
	return fault.action == action && a != NULL && strcmp(a, fault.what) == 0 ? SQLITE_DENY
										 : SQLITE_OK;
}

static int
on_open(sqlite3 *opened, char **why, const struct sqlite3_api_routines *api)
{
	(void)why;
	(void)api;
	if (db == NULL)
		db = opened;
	return SQLITE_OK;
}

/* Also what was prepared before. */
static void
refuse(struct fault f)
{
	fault = f;
	if (sqlite3_set_authorizer(db, judge, NULL) != SQLITE_OK)
		abort();
}

static bool
is_ready(char why[ES_READY_TEXT_MAX])
{
	struct es_store *store;
	struct stat word = { 0 };
	char error[512];
	es_time now; /* the file system's, when ingest said what it said last */
	bool is;

	(void)stat(at("earshot.db.ingest"), &word);
	now = es_time_of_ns((int64_t)word.st_mtime * ES_NS_PER_S);
	if (es_store_open(in.cfg.database, ES_STORE_READ, &store, error) != 0)
		abort();
	is = es_ready_check(store, &in.cfg, now, why);
	es_store_close(store);
	return is;
}

/* An agent comes and delivers one record. True: it was acknowledged. */
static bool
takes(uint64_t seq)
{
	int fd = arrive(in.cfg.listen.port);
	struct es_tls_conn *c = made_conn(made_conns() - 1);
	bool is;

	greet(c, seq + 1);
	is = got(c, ES_ENV_WELCOME);
	if (is) {
		deliver(c, seq);
		made_pass(in.loop, in.cfg.commit_ms);
		is = got(c, ES_ENV_ACK) && in.env.u.ack.through_seq == seq;
	}
	made_conn_end(c, ES_TLS_END_CUT, "cut");
	close(fd);
	return is;
}

#define EXPECT(f, cond)                                                                           \
	do {                                                                                      \
		if (!(cond) && !place.failed) {                                                   \
			place.failed = true;                                                      \
			(void)snprintf(place.where, sizeof(place.where), "%s: %s: %s", (f)->step, \
			    #cond, why);                                                          \
		}                                                                                 \
	} while (0)

static void
run_faults(struct es_loop *l)
{
	static const struct fault faults[] = {
		{ SQLITE_READ, "agent", "whose certificate it is" },
		{ SQLITE_READ, "mark", "what is stored" },
		{ SQLITE_READ, "proof", "which record that is" },
		{ SQLITE_UPDATE, "agent", "the agent's row" },
		{ SQLITE_TRANSACTION, "BEGIN", "begin" },
		{ SQLITE_INSERT, "machine", "a record" },
		{ SQLITE_INSERT, "mark", "the mark" },
		{ SQLITE_INSERT, "proof", "the proof" },
		{ SQLITE_TRANSACTION, "COMMIT", "commit" },
	};
	char why[ES_READY_TEXT_MAX];
	uint64_t seq = 1;

	in.loop = l;
	in.ran = true;
	NEED(is_ready(why));
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];

		refuse(*f);
		EXPECT(f, !takes(seq));
		made_pass(l, 1000);
		EXPECT(f, !is_ready(why));
		EXPECT(f, strstr(why, "the store cannot be read or written") != NULL);
		made_pass(l, 60000); /* nobody comes: it still stands */
		EXPECT(f, !is_ready(why));
		EXPECT(f, !takes(seq)); /* the second time, too */
		refuse((struct fault){ 0 });
		made_pass(l, 1000);
		EXPECT(f, !is_ready(why)); /* not tried yet */
		made_pass(l, 10000);
		EXPECT(f, is_ready(why)); /* also without an agent */
		refuse(*f);
		EXPECT(f, !takes(seq));
		made_pass(l, 1000);
		EXPECT(f, !is_ready(why));
		refuse((struct fault){ 0 });
		EXPECT(f, takes(seq));
		EXPECT(f, is_ready(why)); /* at once, when one delivers */
		seq++;
	}
	NEED(made_signal(l, SIGTERM));
}

static void
run_full(struct es_loop *l)
{
	static const struct fault full = { 0, NULL, "full" };
	const struct fault *f = &full;
	char why[ES_READY_TEXT_MAX];
	uint64_t seq = 1;

	in.loop = l;
	in.ran = true;
	EXPECT(f, sqlite3_exec(db, "PRAGMA max_page_count = 1", NULL, NULL, NULL) == SQLITE_OK);
	while (seq < 80 && takes(seq)) /* until the last page has no room */
		seq++;
	EXPECT(f, seq > 1 && seq < 80);
	made_pass(l, 1000);
	EXPECT(f, !is_ready(why));
	EXPECT(f, strstr(why, "the disk or the database is full") != NULL);
	made_pass(l, 60000);
	EXPECT(f, !is_ready(why));
	EXPECT(
	    f, sqlite3_exec(db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL) == SQLITE_OK);
	made_pass(l, 10000);
	EXPECT(f, is_ready(why));
	EXPECT(f, takes(seq));
	NEED(made_signal(l, SIGTERM));
}

static void
run_held(struct es_loop *l)
{
	static const struct fault held = { 0, NULL, "held" };
	const struct fault *f = &held;
	char why[ES_READY_TEXT_MAX];
	sqlite3 *other;

	in.loop = l;
	in.ran = true;
	sqlite3_busy_timeout(db, 0);
	if (sqlite3_open(in.cfg.database, &other) != SQLITE_OK)
		abort();
	EXPECT(f, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	EXPECT(f, !takes(1));
	made_pass(l, 1000);
	EXPECT(f, !is_ready(why));
	EXPECT(f, strstr(why, "another program holds the database") != NULL);
	made_pass(l, 60000);
	EXPECT(f, !is_ready(why));
	EXPECT(f, sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(other);
	made_pass(l, 10000);
	EXPECT(f, is_ready(why));
	EXPECT(f, takes(1));
	NEED(made_signal(l, SIGTERM));
}

/* Runs ingest with its database in the test's hands. */
static int
run(void (*day)(struct es_loop *l))
{
	int status;

	db = NULL;
	memset(&fault, 0, sizeof(fault));
	if (sqlite3_auto_extension((void (*)(void))on_open) != SQLITE_OK)
		abort();
	made_run = day;
	status = es_ingest_run(&in.cfg, NULL);
	(void)sqlite3_cancel_auto_extension((void (*)(void))on_open);
	return status;
}

TEST(ready_ends_whichever_step_of_taking_fails)
{
	char why[ES_READY_TEXT_MAX];

	CHECK(begin());
	CHECK_EQ(run(run_faults), 0);
	CHECK(!is_ready(why));
	CHECK(strstr(why, "it was stopped") != NULL);
	end();
}

TEST(ready_ends_when_the_database_is_full_for_a_batch)
{
	CHECK(begin());
	CHECK_EQ(run(run_full), 0);
	end();
}

TEST(ready_ends_while_another_program_holds_the_database)
{
	CHECK(begin());
	CHECK_EQ(run(run_held), 0);
	end();
}

static void
run_nothing(struct es_loop *l)
{
	(void)l;
	in.ran = true;
}

TEST(ready_ends_where_ingest_ends_by_itself)
{
	char why[ES_READY_TEXT_MAX];

	CHECK(begin());
	CHECK_EQ(run(run_nothing), 1);
	CHECK(!is_ready(why));
	CHECK(strstr(why, "ended by a fault") != NULL);
	end();
}
