/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines and limits of agents' connections, on a loop whose clock the test drives. */
#include "tests/sim/made_session.h"

/* ---- deadlines ---- */

static int64_t
now_ms(void)
{
	return made_clock.monotonic_ns / ES_NS_PER_MS;
}

/* So much time, then a sweep. */
static void
sweep_after(struct scene *s, int64_t ms)
{
	made_pass(s->in.loop, ms);
	es_sessions_sweep(&s->in, now_ms());
}

TEST(session_handshake_that_stalls_gives_its_place_up)
{
	struct scene *s = begin();
	struct es_tls_conn *slow = arrive(s), *c = join(s, 1);

	sweep_after(s, ES_STALLED_MS - 1);
	CHECK(!slow->is_freed);
	sweep_after(s, 1);
	CHECK(slow->is_freed);
	CHECK(!c->is_freed && !c->is_finishing); /* it has 10 s for its Hello */
	CHECK_EQ(s->in.n_sessions, 1);
	CHECK(end(s));
}

TEST(session_hello_has_ten_seconds)
{
	struct scene *s = begin();
	struct es_tls_conn *c = arrive(s);

	made_pass(s->in.loop, 4000);
	ready(c, 1); /* counted from here */
	sweep_after(s, 10000);
	CHECK(!c->is_finishing);
	sweep_after(s, 1);
	CHECK(refused(s, c, ES_NACK_MALFORMED));
	sweep_after(s, 3600000); /* said its last word: once */
	CHECK_EQ(c->n_sent, 0);
	CHECK(end(s));
}

TEST(session_frame_has_thirty_seconds)
{
	static const uint8_t head[] = { 0, 0, 0, 9, 1 };
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	made_pass(s->in.loop, 60000);
	made_conn_says(c, es_slice_of(head, sizeof(head)));
	sweep_after(s, 15000);
	made_conn_says(c, es_slice_of(head, 1)); /* a byte now and then is no progress */
	sweep_after(s, 15000);
	CHECK(!c->is_finishing);
	sweep_after(s, 1);
	CHECK(refused(s, c, ES_NACK_MALFORMED));
	leave(c);
	c = join(s, 1); /* a whole frame in two parts, and another long after, is fine */
	hello(c, epoch_b, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	made_conn_says(c, es_slice_of("\0\0", 2));
	made_pass(s->in.loop, 20000);
	made_conn_says(c, es_slice_of("\0\3\xfa\x0f\0", 5));
	made_pass(s->in.loop, 20000);
	made_conn_says(c, es_slice_of("\0\0", 2));
	sweep_after(s, 20000);
	CHECK(!c->is_finishing);
	CHECK(end(s));
}

TEST(session_idle_agent_is_asked_to_leave)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	sweep_after(s, IDLE_MS);
	CHECK(!c->is_finishing);
	batch(s, c, epoch_a, 1, 1);
	sweep_after(s, IDLE_MS);
	CHECK(acked(s, c, 1, 0));
	CHECK(!c->is_finishing);
	sweep_after(s, 1);
	CHECK(got(s, c, ES_ENV_BYE));
	CHECK_EQ(s->env.u.bye.code, ES_BYE_IDLE);
	CHECK(c->is_finishing);
	sweep_after(s, 2 * IDLE_MS); /* said once */
	CHECK_EQ(c->n_sent, 0);
	CHECK(end(s));
}

TEST(session_of_an_old_key_ends_at_the_next_sweep)
{
	struct scene *s = begin();
	struct es_tls_conn *a = join(s, 1), *b = join(s, 2);
	struct es_agent now;

	hello(a, epoch_a, 1);
	hello(b, epoch_a, 1);
	CHECK(got(s, a, ES_ENV_WELCOME) && got(s, b, ES_ENV_WELCOME));
	sweep_after(s, 2000);
	CHECK(!a->is_finishing);
	now = agent(s, 1);
	memset(now.spki, 7, sizeof(now.spki));
	memset(now.cn, '7', ES_STORE_CN_LEN);
	CHECK_EQ(es_store_agent_bind(s->in.store, &now), 0);
	sweep_after(s, 2000);
	CHECK(refused(s, a, ES_NACK_CERTIFICATE));
	CHECK(!b->is_finishing);
	leave(a);
	a = join(s, 1);
	CHECK(refused(s, a, ES_NACK_CERTIFICATE));
	leave(a);
	a = join(s, 7);
	hello(a, epoch_b, 1);
	CHECK(got(s, a, ES_ENV_WELCOME));
	CHECK(end(s));
}

TEST(session_that_does_not_read_is_ended)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	c->room = 3;
	hello(c, epoch_a, 1);
	CHECK(c->is_finishing);
	CHECK_EQ(c->n_sent, 0);
	batch(s, c, epoch_a, 1, 1);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK_EQ(agent(s, 1).records, 0);
	CHECK(end(s));
}

TEST(session_places_have_a_limit)
{
	struct scene *s = begin();

	for (int i = 0; i < 3; i++)
		CHECK(arrive(s) != NULL);
	CHECK(arrive(s) == NULL);
	CHECK_EQ(s->in.n_sessions, 3);
	leave(made_conn(1)); /* from the middle of the list */
	CHECK_EQ(s->in.n_sessions, 2);
	made_tls.conn_fails = true;
	CHECK(arrive(s) == NULL);
	CHECK_EQ(s->in.n_sessions, 2);
	made_tls.conn_fails = false;
	CHECK(arrive(s) != NULL);
	CHECK(end(s));
}

/* ---- the store ---- */

/* What failed is tried again after five seconds, and after five more: with what is open committed first. */
TEST(session_store_that_failed_is_tried_every_five_seconds)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);
	int64_t failed_ms;

	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	made_pass(s->in.loop, 10000);
	es_ingest_retry(&s->in, now_ms()); /* nothing failed */
	CHECK(es_ingest_why(&s->in) == NULL);
	batch(s, c, epoch_a, 1, 1);
	failed_ms = now_ms();
	es_ingest_failed(&s->in, ES_EAGAIN);
	CHECK_STR(es_ingest_why(&s->in), "another program holds the database");
	CHECK_EQ(es_store_limit(s->in.store, 1), 0); /* not a page more */
	es_ingest_retry(&s->in, failed_ms + 4999);
	CHECK_EQ(s->in.failed, ES_EAGAIN);
	CHECK_EQ(c->n_sent, 0);
	es_ingest_retry(&s->in, failed_ms + 5000);
	CHECK(acked(s, c, 1, 0));
	CHECK_STR(es_ingest_why(&s->in), "the disk or the database is full");
	CHECK_EQ(es_store_limit(s->in.store, 1 << 30), 0);
	es_ingest_retry(&s->in, failed_ms + 9999);
	CHECK(es_ingest_why(&s->in) != NULL);
	es_ingest_retry(&s->in, failed_ms + 10000);
	CHECK(es_ingest_why(&s->in) == NULL);
	CHECK(end(s));
}
