/* SPDX-License-Identifier: Apache-2.0 */
/* What a collector may answer, late, twice or not at all, on a loop whose clock the test drives. */
#include "tests/sim/made_collector_link.h"
#include "tests/sim/made_log.h"

/* An Ack that is lost: what it stood for comes again on the next connection, and its copy is taken. */
TEST(link_lost_and_doubled_acks)
{
	struct scene *s = begin(4);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 0);
	made_pass(s->loop, retry_in(s));
	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	CHECK_EQ(s->env.u.hello.next_seq, 5);
	welcome(2, 4, 0); /* half of it had been committed */
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 2);
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(s->first, 3);
	CHECK_EQ(s->last, 4);
	ack(s, 4);
	ack(s, 4);
	ack(s, 2); /* an old one, late */
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 4);
	CHECK_STR(state(s), "connected");
	ack(s, 5); /* of what was never sent */
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CUT, "x");
	CHECK_STR(reason(s), "an Ack for what was not sent");
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 4);
	CHECK(end(s));
}

TEST(link_ack_of_another_epoch_moves_nothing)
{
	struct scene *s = begin(2);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	s->epoch[15] ^= 1;
	ack(s, 2);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 0);
	CHECK(conn()->is_finishing);
	s->epoch[15] ^= 1;
	conn()->is_finishing = false; /* what still comes on a connection that is given up */
	ack(s, 2);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 0);
	CHECK(end(s));
}

/* BUSY and DISK hold the connection still for as long as they say, twice in a row too. */
TEST(link_waits_as_long_as_a_nack_says)
{
	struct scene *s = begin(3);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	for (int again = 0; again < 2; again++) {
		nack(again == 0 ? ES_NACK_DISK : ES_NACK_BUSY, 7000);
		CHECK_STR(state(s), "connected");
		CHECK_STR(es_batch_client_stats(es_collector_link_client(s->link)).last_nack,
		    again == 0 ? "the collector cannot write to its disk now: because"
			       : "the collector is busy: because");
		made_pass(s->loop, 6999);
		append(s, 1);
		es_collector_link_pump(s->link);
		CHECK(is_silent(s));
		made_pass(s->loop, 1);
		CHECK(got(s, ES_ENV_BATCH));
		CHECK_EQ(s->first, 1); /* all of it again */
		CHECK_EQ(s->last, (uint64_t)4 + (uint64_t)again);
		CHECK_EQ(made_next_ms(s->loop), 30000); /* for its Ack */
	}
	ack(s, 5);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 5);
	CHECK_STR(es_batch_client_stats(es_collector_link_client(s->link)).last_nack, "");
	CHECK(end(s));
}

/* Should the connection end while it waits, the next attempt waits too. */
TEST(link_nack_holds_the_next_attempt_too)
{
	struct scene *s = begin(3);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	nack(ES_NACK_BUSY, 20000);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK(retry_in(s) >= 20000 && retry_in(s) <= 21000);
	made_pass(s->loop, retry_in(s));
	connect_up(s);
	nack(ES_NACK_DISABLED, 90000); /* before the Welcome: a last word */
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CUT, "cut");
	CHECK(retry_in(s) >= 90000 && retry_in(s) <= 94000);
	CHECK(strstr(reason(s), ": because") != NULL);
	CHECK(end(s));
}

TEST(link_full_connection_continues_when_drained)
{
	struct scene *s = begin(3);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	conn()->room = 10;
	welcome(0, 4, 0);
	CHECK(is_silent(s));
	conn()->events->drained(conn()->ctx); /* and still no room */
	CHECK(is_silent(s));
	conn()->room = 4096;
	conn()->events->drained(conn()->ctx);
	CHECK(got(s, ES_ENV_BATCH));
	CHECK_EQ(s->first, 1);
	CHECK_EQ(s->last, 3);
	CHECK(end(s));
}

TEST(link_passes_over_what_the_collector_cannot_read)
{
	struct scene *s = begin(2);

	connect_up(s);
	welcome(0, 4, 0);
	/* after some tries, and what follows is delivered */
	for (int n = 0; n < 4; n++) {
		nack(ES_NACK_MALFORMED, 0);
		made_conn_end(conn(), ES_TLS_END_CUT, "x");
		made_pass(s->loop, retry_in(s));
		connect_up(s);
		CHECK(got(s, ES_ENV_HELLO));
		welcome(es_spool_acked_seq(s->spool.spool), 4, 0);
		CHECK(got(s, ES_ENV_BATCH));
		CHECK_EQ(s->first, n < 3 ? 1 : 2);
		CHECK_EQ(s->last, n < 3 ? 1 : 2); /* one at a time, to find it */
	}
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 1);
	ack(s, 2);
	CHECK_EQ(es_spool_acked_seq(s->spool.spool), 2);
	CHECK(end(s));
}

TEST(link_says_goodbye_and_stays_away)
{
	struct scene *s = begin(1);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	es_collector_link_finish(s->link);
	CHECK(got(s, ES_ENV_BYE));
	CHECK_EQ(s->env.u.bye.code, ES_BYE_STOPPING);
	CHECK(conn()->is_finishing);
	made_conn_end(conn(), ES_TLS_END_CLEAN, "finished");
	CHECK_EQ(retry_in(s), -1);
	made_pass(s->loop, 3600000);
	CHECK_EQ(made_dial.times, 1);
	CHECK(end(s));
	s = begin(1);
	made_settle(s->loop);
	es_collector_link_finish(s->link); /* in the middle of an attempt */
	CHECK(!made_dial.is_open);
	CHECK_STR(state(s), "waiting");
	CHECK(end(s));
	s = begin(1);
	made_settle(s->loop);
	made_dial_answer(ES_EIO, "refused");
	es_collector_link_finish(s->link); /* between two */
	made_pass(s->loop, 3600000);
	CHECK_EQ(made_dial.times, 1);
	CHECK(end(s));
}

/* Whatever is missing at the start: the error comes back and nothing is left behind. */
TEST(link_start_fails_cleanly)
{
	struct scene *s = begin(0);
	struct es_collector_link *link = NULL;
	int err = ES_ENOMEM;
	unsigned left = made_left(s->loop), n;

	for (n = 1; n < 10 && err != 0; n++) {
		made_fail_in = n;
		err = es_collector_link_new(s->loop, s->cfg, s->spool.spool, &link);
		if (err != 0)
			CHECK_EQ(made_left(s->loop), left);
	}
	made_fail_in = 0;
	CHECK_EQ(n, 6); /* three timers and the first attempt, then it works */
	CHECK_EQ(err, 0);
	es_collector_link_free(link);
	CHECK_EQ(made_left(s->loop), left);
	CHECK(end(s));
}

/* Which record the collector cannot take is said with its number. */
TEST(link_logs_the_record_that_is_passed_over)
{
	struct scene *s = begin(5);

	connect_up(s);
	CHECK(got(s, ES_ENV_HELLO));
	welcome(0, 4, 0);
	CHECK(got(s, ES_ENV_BATCH));
	ack(s, 3);
	listen_to_log();
	for (int n = 0; n < 4; n++) {
		nack(ES_NACK_MALFORMED, 0);
		made_conn_end(conn(), ES_TLS_END_CUT, "x");
		made_pass(s->loop, retry_in(s));
		connect_up(s);
		CHECK(got(s, ES_ENV_HELLO));
		welcome(es_spool_acked_seq(s->spool.spool), 4, 0);
		CHECK(got(s, ES_ENV_BATCH));
	}
	CHECK_EQ(logged("shipper: the collector cannot take record 4: passed over\n"), 1);
	CHECK_EQ(said("passed over"), 1);
	CHECK(end(s));
}
