/* SPDX-License-Identifier: Apache-2.0 */
/* Agents' connections: which spool may go on from what is stored, and a group that cannot be finished. */
#include "tests/sim/made_session.h"

#include <sqlite3.h>

static uint64_t
digest_of(uint64_t seq)
{
	uint8_t bytes[512];
	size_t n = record(bytes, sizeof(bytes), 1800000000 + (int64_t)seq);

	return es_record_digest(es_slice_of(bytes, n));
}

/* The Hello of a spool that knows what it sent last and what its last acknowledged record was. */
static void
hello_with(
    struct es_tls_conn *c, uint64_t next, uint64_t sent, uint64_t proof_seq, uint64_t proof_digest)
{
	struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = env.u.hello.version_max = ES_PROTO_VERSION;
	env.u.hello.agent_version = es_slice_str("9.9");
	memcpy(env.u.hello.epoch, epoch_a, ES_EPOCH_BYTES);
	env.u.hello.next_seq = next;
	env.u.hello.has_sent_seq = true;
	env.u.hello.sent_seq = sent;
	env.u.hello.proof_seq = proof_seq;
	env.u.hello.proof_digest = proof_digest;
	env.u.hello.role = ES_ROLE_TAP;
	say(c, &env);
}

/* Records 1..last are stored; is_torn: none of them could be read. */
static struct scene *
begin_with_stored(uint64_t last, bool is_torn)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, last + 1);
	batch_with(s, c, epoch_a, 1, last, 0, is_torn);
	made_pass(s->in.loop, COMMIT_MS);
	leave(c);
	return s;
}

TEST(session_proof_of_the_stored_record_lets_the_spool_go_on)
{
	struct scene *s = begin_with_stored(5, false);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 6, 5, 5, digest_of(5));
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 5);
	CHECK(s->env.u.welcome.acked_digest == digest_of(5));
	leave(c);
	CHECK(end(s));
}

/* An older database: what it acknowledged since is not in it, and the agent has it no more. */
TEST(session_counts_what_a_restored_database_forgot)
{
	struct scene *s = begin_with_stored(5, false);

	for (int times = 0; times < 2; times++) {
		struct es_tls_conn *c = join(s, 1);

		hello_with(c, 21, 20, 20, digest_of(20));
		CHECK(got(s, c, ES_ENV_WELCOME));
		CHECK_EQ(s->env.u.welcome.acked_seq, 20);
		CHECK_EQ(agent(s, 1).lost, 15);
		leave(c);
	}
	CHECK(end(s));
}

/* A claim that its own numbers contradict, and a spool that delivered elsewhere before. */
TEST(session_counts_nothing_as_forgotten_that_it_may_never_have_had)
{
	struct scene *s = begin_with_stored(5, false);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 21, 20, UINT64_MAX, digest_of(20));
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 5);
	leave(c);
	c = join(s, 1);
	hello_with(c, 21, 20, 20, 0);
	CHECK(got(s, c, ES_ENV_WELCOME));
	leave(c);
	c = join(s, 2);
	hello_with(c, 21, 20, 20, digest_of(20));
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(agent(s, 1).lost, 0);
	CHECK_EQ(agent(s, 2).lost, 0);
	CHECK(end(s));
}

TEST(session_proof_of_another_record_begins_a_new_epoch)
{
	struct scene *s = begin_with_stored(5, false);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 9, 8, 5, digest_of(5) ^ 1);
	CHECK(refused(s, c, ES_NACK_EPOCH));
	leave(c);
	c = join(s, 1); /* what it says of another number cannot be compared here */
	hello_with(c, 9, 8, 4, digest_of(4));
	CHECK(got(s, c, ES_ENV_WELCOME));
	leave(c);
	c = join(s, 1); /* nor can nothing */
	hello_with(c, 9, 8, 5, 0);
	CHECK(got(s, c, ES_ENV_WELCOME));
	leave(c);
	CHECK(end(s));
}

/* What is stored has a digest: whether a spool that sent less is the same one the agent finds out. */
TEST(session_spool_that_sent_less_compares_the_record_itself)
{
	struct scene *s = begin_with_stored(5, false);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 6, 4, 0, 0);
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK(s->env.u.welcome.acked_digest == digest_of(5));
	leave(c);
	CHECK(end(s));
}

TEST(session_without_a_digest_goes_by_what_was_sent)
{
	struct scene *s = begin_with_stored(5, true);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 6, 4, 0, 0); /* more is stored than it ever sent */
	CHECK(refused(s, c, ES_NACK_EPOCH));
	leave(c);
	c = join(s, 1);
	hello_with(c, 6, 5, 5, digest_of(5)); /* its proof meets none */
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 5);
	CHECK_EQ(s->env.u.welcome.acked_digest, 0);
	leave(c);
	c = join(s, 1); /* a program that does not say what it sent */
	hello(c, epoch_a, 6);
	CHECK(got(s, c, ES_ENV_WELCOME));
	leave(c);
	CHECK(end(s));
}

TEST(session_copies_leave_the_digest_of_the_last_record)
{
	struct scene *s = begin_with_stored(5, false);
	struct es_tls_conn *c = join(s, 1);

	hello_with(c, 6, 5, 5, digest_of(5));
	batch(s, c, epoch_a, 2, 3);
	batch_with(s, c, epoch_a, 4, 5, 0, true); /* torn on its second way */
	made_pass(s->in.loop, COMMIT_MS);
	CHECK_EQ(agent(s, 1).duplicates, 2);
	CHECK_EQ(agent(s, 1).refused, 0);
	leave(c);
	c = join(s, 1);
	hello_with(c, 6, 5, 5, digest_of(5));
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK(s->env.u.welcome.acked_digest == digest_of(5));
	batch_with(s, c, epoch_a, 6, 7, 0, true);
	batch(s, c, epoch_a, 8, 8);
	made_pass(s->in.loop, COMMIT_MS);
	leave(c);
	CHECK_EQ(agent(s, 1).refused, 2);
	CHECK_EQ(agent(s, 1).records, 6);
	c = join(s, 1);
	hello_with(c, 9, 8, 8, digest_of(8));
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK(s->env.u.welcome.acked_digest == digest_of(8));
	leave(c);
	CHECK(end(s));
}

static void
change_database(const struct scene *s, const char *sql)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(s->path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
	sqlite3_close(db);
}

/* The rows are written, then the mark, its digest or the counts are not: nothing of the group stays. */
TEST(session_mark_that_cannot_be_written_takes_the_group_back)
{
	static const char *const refuse[] = {
		"CREATE TRIGGER no BEFORE INSERT ON mark WHEN new.agent = 1"
		" BEGIN SELECT RAISE(ABORT, 'no'); END",
		"CREATE TRIGGER no BEFORE INSERT ON proof WHEN new.agent = 1"
		" BEGIN SELECT RAISE(ABORT, 'no'); END",
		"CREATE TRIGGER no BEFORE UPDATE OF records ON agent WHEN old.id = 1"
		" BEGIN SELECT RAISE(ABORT, 'no'); END",
	};

	for (size_t i = 0; i < sizeof(refuse) / sizeof(refuse[0]); i++) {
		struct scene *s = begin();
		struct es_tls_conn *a = join(s, 1), *b = join(s, 2);

		hello(a, epoch_a, 1);
		hello(b, epoch_b, 1);
		CHECK(got(s, a, ES_ENV_WELCOME) && got(s, b, ES_ENV_WELCOME));
		change_database(s, refuse[i]);
		batch(s, b, epoch_b, 1, 2);
		CHECK_EQ(b->n_sent, 0);
		batch(s, a, epoch_a, 1, 3);
		CHECK(refused(s, a, ES_NACK_DISK)); /* at once: nothing is to be waited for */
		CHECK(refused(s, b, ES_NACK_DISK)); /* what it has in the group goes with it */
		CHECK_EQ(made_next_ms(s->in.loop), -1);
		made_pass(s->in.loop, COMMIT_MS);
		CHECK_EQ(agent(s, 1).records + agent(s, 2).records, 0);
		CHECK_EQ(agent(s, 1).seq + agent(s, 2).seq, 0);
		leave(a);
		leave(b);
		change_database(s, "DROP TRIGGER no");
		a = join(s, 1); /* the second try: all of it is asked for again */
		hello(a, epoch_a, 4);
		CHECK(got(s, a, ES_ENV_WELCOME));
		CHECK_EQ(s->env.u.welcome.acked_seq, 0);
		batch(s, a, epoch_a, 1, 3);
		made_pass(s->in.loop, COMMIT_MS);
		CHECK(acked(s, a, 3, 0));
		CHECK_EQ(agent(s, 1).records, 3);
		leave(a);
		CHECK(end(s));
	}
}

/* Cut off between the mark and the count, it would be counted never or twice. */
TEST(session_forgotten_records_are_counted_with_their_mark_or_not_at_all)
{
	static const char *const refuse[] = {
		"CREATE TRIGGER no BEFORE INSERT ON mark BEGIN SELECT RAISE(ABORT, 'no'); END",
		"CREATE TRIGGER no BEFORE INSERT ON proof BEGIN SELECT RAISE(ABORT, 'no'); END",
		"CREATE TRIGGER no BEFORE UPDATE OF lost ON agent BEGIN SELECT RAISE(ABORT, 'no'); "
		"END",
	};

	for (size_t i = 0; i < sizeof(refuse) / sizeof(refuse[0]); i++) {
		struct scene *s = begin_with_stored(5, false);
		struct es_tls_conn *c = join(s, 1);

		change_database(s, refuse[i]);
		hello_with(c, 21, 20, 20, digest_of(20));
		CHECK(refused(s, c, ES_NACK_DISK));
		CHECK_EQ(agent(s, 1).lost, 0);
		CHECK_EQ(agent(s, 1).seq, 5);
		leave(c);
		change_database(s, "DROP TRIGGER no");
		for (int times = 0; times < 2; times++) {
			c = join(s, 1);
			hello_with(c, 21, 20, 20, digest_of(20));
			CHECK(got(s, c, ES_ENV_WELCOME));
			CHECK_EQ(agent(s, 1).lost, 15);
			leave(c);
		}
		CHECK(end(s));
	}
}

/* The place of the mark cannot be read: the agent waits, no Welcome is made up. */
TEST(session_hello_that_cannot_be_looked_up_waits)
{
	static const char *const away[][2] = {
		{ "ALTER TABLE mark RENAME TO away", "ALTER TABLE away RENAME TO mark" },
		{ "ALTER TABLE proof RENAME TO away", "ALTER TABLE away RENAME TO proof" },
		{ "CREATE TRIGGER no BEFORE UPDATE OF version ON agent BEGIN SELECT RAISE(ABORT, "
		  "'no'); END",
		    "DROP TRIGGER no" },
	};

	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
		struct scene *s = begin_with_stored(5, false);
		struct es_tls_conn *c = join(s, 1);

		change_database(s, away[i][0]);
		hello_with(c, 6, 5, 5, digest_of(5));
		CHECK(refused(s, c, ES_NACK_DISK));
		CHECK_EQ(s->env.u.nack.retry_after_ms, 7000);
		leave(c);
		change_database(s, away[i][1]);
		c = join(s, 1);
		hello_with(c, 6, 5, 5, digest_of(5));
		CHECK(got(s, c, ES_ENV_WELCOME));
		CHECK_EQ(s->env.u.welcome.acked_seq, 5);
		leave(c);
		CHECK(end(s));
	}
}
