/* SPDX-License-Identifier: Apache-2.0 */
/* Agents' connections at the collector: single words out of their order, what is logged, and what is counted. */
#include "collector/store/store_private.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_session.h"

static int64_t
now_ms(void)
{
	return made_clock.monotonic_ns / ES_NS_PER_MS;
}

static void
execute(struct scene *s, const char *sql)
{
	if (es_store_execute(s->in.store, sql) != 0)
		abort();
}

static struct es_tls_conn *
welcomed(struct scene *s, unsigned n, const uint8_t *epoch, uint64_t next_seq)
{
	struct es_tls_conn *c = join(s, n);

	hello(c, epoch, next_seq);
	if (!got(s, c, ES_ENV_WELCOME))
		abort();
	return c;
}

/* A Hello brings the clocks of both sides together; the Welcome has ours. */
TEST(session_hello_compares_the_clocks)
{
	struct scene *s = begin();
	int64_t wall_ns = made_clock.wall_ns + made_clock.monotonic_ns;

	(void)welcomed(s, 1, epoch_a, 1);
	CHECK_EQ(s->env.u.welcome.wall.ns, wall_ns);
	CHECK_EQ(agent(s, 1).seen.ns, wall_ns);
	CHECK_EQ(agent(s, 1).clock_ns, 1 - wall_ns); /* it said 1 ns after 1970 */
	CHECK(!agent(s, 2).has_seen);
	CHECK(end(s));
}

TEST(session_takes_no_word_before_the_handshake)
{
	struct scene *s = begin();
	struct es_tls_conn *c = arrive(s);

	hello(c, epoch_a, 1);
	CHECK_EQ(c->n_sent, 0);
	CHECK(!c->is_finishing);
	ready(c, 1);
	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK(end(s));
}

TEST(session_of_a_disabled_agent_is_refused)
{
	struct scene *s = begin();
	struct es_tls_conn *a = welcomed(s, 1, epoch_a, 1), *b = welcomed(s, 2, epoch_a, 1);

	execute(s, "UPDATE agent SET disabled = 1 WHERE id = 1");
	es_sessions_sweep(&s->in, now_ms());
	CHECK(refused(s, a, ES_NACK_DISABLED));
	CHECK_SLICE(s->env.u.nack.reason, "this agent is disabled");
	CHECK_EQ(s->env.u.nack.retry_after_ms, 0);
	CHECK(!b->is_finishing);
	leave(a);
	a = join(s, 1);
	CHECK(refused(s, a, ES_NACK_DISABLED));
	CHECK_SLICE(s->env.u.nack.reason, "this agent is disabled");
	execute(s, "UPDATE agent SET spki = x'00' WHERE id = 2");
	es_sessions_sweep(&s->in, now_ms());
	CHECK(refused(s, b, ES_NACK_CERTIFICATE));
	CHECK_SLICE(s->env.u.nack.reason, "this agent has a new key");
	CHECK(end(s));
}

/* A last word is said once, and the connection has as long as it needs to take it. */
TEST(session_is_not_given_up_while_it_takes_its_last_word)
{
	struct scene *s = begin();
	struct es_tls_conn *stranger = join(s, 3), *late = join(s, 1);

	CHECK(refused(s, stranger, ES_NACK_CERTIFICATE));
	made_pass(s->in.loop, 10001);
	es_sessions_sweep(&s->in, now_ms());
	CHECK(refused(s, late, ES_NACK_MALFORMED));
	made_pass(s->in.loop, 2 * IDLE_MS);
	es_sessions_sweep(&s->in, now_ms());
	CHECK(!stranger->is_freed && !late->is_freed);
	CHECK_EQ(stranger->n_sent + late->n_sent, 0);
	CHECK(end(s));
}

/* The rest of one frame and the beginning of the next in one piece: the next has its thirty seconds. */
TEST(session_time_of_a_frame_begins_with_its_first_byte)
{
	struct scene *s = begin();
	struct es_tls_conn *c = welcomed(s, 1, epoch_a, 1);

	made_conn_says(c, es_slice_of("\0\0", 2));
	made_pass(s->in.loop, 20000);
	made_conn_says(c, es_slice_of("\0\3\xfa\x0f\0\0", 6)); /* field 255, and a byte */
	made_pass(s->in.loop, 30000);
	es_sessions_sweep(&s->in, now_ms());
	CHECK(!c->is_finishing);
	made_pass(s->in.loop, 1);
	es_sessions_sweep(&s->in, now_ms());
	CHECK(refused(s, c, ES_NACK_MALFORMED));
	CHECK_SLICE(s->env.u.nack.reason, "a frame did not arrive in time");
	CHECK(end(s));
}

/* One record among others that no table takes, and one that is malformed: the rest of the batch is stored. */
TEST(session_leaves_out_the_one_record_that_cannot_be_stored)
{
	struct scene *s = begin();
	struct es_tls_conn *c = welcomed(s, 1, epoch_a, 1);
	const char *log;

	execute(s,
	    "CREATE TRIGGER no BEFORE INSERT ON machine WHEN new.start_ns = 1800000004000000000"
	    " BEGIN SELECT RAISE(ABORT, 'no'); END");
	listen_to_log();
	batch_with(s, c, epoch_a, 1, 5, 2, false); /* 4 meets the trigger */
	made_pass(s->in.loop, COMMIT_MS);
	log = end_of_log();
	CHECK(acked(s, c, 5, 2));
	CHECK_EQ(agent(s, 1).records, 3);
	CHECK_EQ(agent(s, 1).refused, 2);
	CHECK_STR(log,
	    "ingest: ep1: a record that cannot be read in 1..5: 2 records refused and acknowledged "
	    "(0 times unsaid)\n");
	batch(s, c, epoch_a, 6, 6);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 6, 2)); /* of the whole connection */
	CHECK(end(s));
}

/* What was lost before a batch that cannot be read is not refused; numbers up to the bound are taken. */
TEST(session_refuses_no_more_than_came)
{
	struct scene *s = begin();
	struct es_tls_conn *c = welcomed(s, 1, epoch_a, 1);

	batch(s, c, epoch_a, 1, 5);
	batch_with(s, c, epoch_a, 10, 11, 0, true);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 11, 2));
	batch_with(s, c, epoch_a, 12, 11 + ES_BATCH_RECORDS_MAX, 0, true);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 11 + ES_BATCH_RECORDS_MAX, 2 + ES_BATCH_RECORDS_MAX));
	CHECK_EQ(agent(s, 1).records, 5);
	CHECK_EQ(agent(s, 1).refused, 2 + ES_BATCH_RECORDS_MAX);
	CHECK(end(s));
}

/* A group is full by all that came: what was stored, what was known, what was refused. */
TEST(session_fills_a_group_with_all_that_came)
{
	struct scene *s = begin(); /* 1000 records fill it */
	struct es_tls_conn *c = welcomed(s, 1, epoch_a, 1);

	batch(s, c, epoch_a, 1, 990);
	batch(s, c, epoch_a, 983, 990);
	CHECK_EQ(made_next_ms(s->in.loop), COMMIT_MS);
	batch_with(s, c, epoch_a, 991, 991, 0, true);
	CHECK_EQ(made_next_ms(s->in.loop), COMMIT_MS);
	batch_with(s, c, epoch_a, 992, 992, 0, true);
	CHECK_EQ(made_next_ms(s->in.loop), 0);
	made_settle(s->in.loop);
	CHECK(acked(s, c, 992, 2));
	CHECK(end(s));
}

/* What the collector cannot do now it says by code, reason and time; its log has it once in ten seconds. */
TEST(session_says_why_it_cannot_take_anything)
{
	struct scene *s = begin();
	struct es_tls_conn *c;
	sqlite3 *other = NULL;
	const char *log;

	sqlite3_busy_timeout(s->in.store->db, 0);
	CHECK_EQ(sqlite3_open(s->path, &other), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	listen_to_log();
	for (int i = 0; i < 3; i++) {
		c = join(s, 1);
		hello(c, epoch_a, 1);
		CHECK(refused(s, c, ES_NACK_BUSY));
		CHECK_SLICE(s->env.u.nack.reason, "the collector cannot write now");
		CHECK_EQ(s->env.u.nack.retry_after_ms, 7000);
		leave(c);
		made_pass(s->in.loop, i == 0 ? 9999 : 1);
	}
	CHECK_EQ(sqlite3_close(other), SQLITE_OK);
	execute(s, "ALTER TABLE agent RENAME TO away");
	c = join(s, 1);
	CHECK(refused(s, c, ES_NACK_DISK));
	CHECK_SLICE(s->env.u.nack.reason, "the collector cannot write now");
	leave(c);
	execute(s, "ALTER TABLE away RENAME TO agent; PRAGMA max_page_count = 1");
	c = welcomed(s, 1, epoch_a, 1);
	for (uint64_t at = 1; !c->is_finishing && at < 20000; at += 2000)
		batch(s, c, epoch_a, at, at + 1999);
	CHECK(refused(s, c, ES_NACK_DISK));
	CHECK_SLICE(s->env.u.nack.reason, "the collector's disk is full");
	CHECK_EQ(s->in.failed, ES_EFULL);
	log = end_of_log();
	CHECK_EQ(said("agents are asked to wait 7000 ms"), 2);
	CHECK_EQ(said("earshot.db: database is locked; agents are asked to wait 7000 ms (0 times "
		      "unsaid)\n"),
	    1);
	CHECK_EQ(said("earshot.db: database is locked; agents are asked to wait 7000 ms (1 times "
		      "unsaid)\n"),
	    1);
	CHECK(log != NULL);
	CHECK(end(s));
}

/* Whom a newer connection replaces: the one of the same agent that still speaks, and no other. */
TEST(session_log_names_whom_a_newer_connection_replaces)
{
	struct scene *s = begin();
	struct es_tls_conn *a = welcomed(s, 1, epoch_a, 1), *other = welcomed(s, 2, epoch_a, 1), *b;
	unsigned n;

	hello(a, epoch_a, 1); /* a second one: refused, still there */
	CHECK(refused(s, a, ES_NACK_MALFORMED));
	listen_to_log();
	b = welcomed(s, 1, epoch_a, 1);
	n = logged("a newer connection replaces");
	CHECK_EQ(n, 0);
	leave(a);
	listen_to_log();
	a = welcomed(s, 1, epoch_a, 1);
	n = logged("ingest: ep1: a newer connection replaces the one from 192.0.2.1:0\n");
	CHECK_EQ(n, 1);
	CHECK(b->is_finishing && !a->is_finishing && !other->is_finishing);
	CHECK(end(s));
}

/* A key with another's name is a stranger: it is called by its address until it leaves. */
TEST(session_log_calls_nobody_by_a_name_that_is_not_proven)
{
	struct scene *s = begin();
	struct es_tls_conn *c = arrive(s);
	uint8_t spki[ES_PKI_PIN_BYTES];
	const char *log;

	memset(spki, 1, sizeof(spki));
	listen_to_log();
	made_conn_ready(c, "22222222222222222222222222222222", spki);
	made_conn_end(c, ES_TLS_END_CLEAN, "closed");
	made_conn_end(join(s, 1), ES_TLS_END_CLEAN, "closed");
	log = end_of_log();
	CHECK_STR(log,
	    "ingest: 192.0.2.1:0: certificate 22222222222222222222222222222222 is not known here; "
	    "refused\n"
	    "ingest: 192.0.2.1:0: disconnected: closed\n"
	    "ingest: ep1: disconnected: closed\n");
	CHECK(end(s));
}
