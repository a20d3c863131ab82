/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the collector, over a pipe of bytes and a clock of our own. */
#include "tests/unit/batch_peer.h"

TEST(batch_client_sends_all_and_moves_the_cursor_by_acks_only)
{
	struct peer *p = peer_new(100);
	int i;

	CHECK(greet(p));
	CHECK(!got(p, ES_ENV_BATCH)); /* nothing before the Welcome */
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	CHECK_EQ(p->opened_seq, 100);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	ack(p, 100);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 100);
	CHECK(es_batch_client_is_drained(p->up));
	append(p, 3);
	CHECK(!es_batch_client_is_drained(p->up));
	es_batch_client_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	ack(p, 103);
	for (i = 1; i <= 103; i++)
		CHECK_EQ(p->seen[i], 1);
	CHECK_EQ(p->closed, 0);
	peer_free(p);
}

TEST(batch_client_stays_within_credit)
{
	struct peer *p = peer_new(1);

	CHECK(greet(p));
	welcome(p, 0, 2);
	append(p, 1);
	es_batch_client_pump(p->up, p->now_ms);
	append(p, 1);
	es_batch_client_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	CHECK(open_batch(p));
	CHECK(!open_batch(p)); /* two are on the way */
	CHECK_EQ(p->opened_seq, 2);
	ack(p, 1);
	CHECK(open_batch(p));
	CHECK_EQ(p->opened_seq, 3);
	peer_free(p);
}

TEST(batch_client_sends_again_what_was_not_acked)
{
	struct peer *p = peer_new(10);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	es_batch_client_down(
	    p->up, p->now_ms, 0); /* the connection breaks; nothing is known of the batch */
	CHECK(greet(p));
	welcome(p, 6, 4); /* the Ack for 1..6 was lost */
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 6);
	CHECK(open_batch(p));
	CHECK_EQ(p->env.u.batch.first_seq, 7);
	CHECK_EQ(p->opened_seq, 10);
	peer_free(p);
}

TEST(batch_client_reads_again_when_the_connection_has_no_room)
{
	struct peer *p = peer_new(20);
	int i;

	CHECK(greet(p));
	p->room = 0;
	welcome(p, 0, 4);
	p->room = 10;
	es_batch_client_pump(p->up, p->now_ms);
	CHECK(open_batch(p));
	for (i = 1; i <= 20; i++)
		CHECK_EQ(p->seen[i], 1);
	peer_free(p);
}

TEST(batch_client_waits_as_long_as_a_nack_asks)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	nack(p, ES_NACK_DISK, 5000);
	CHECK_EQ(p->closed, 0);
	es_batch_client_pump(p->up, p->now_ms + 4999);
	CHECK(!open_batch(p));
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + 5000);
	es_batch_client_tick(p->up, p->now_ms + 5000);
	CHECK(open_batch(p));
	CHECK_EQ(p->env.u.batch.first_seq, 1);
	nack(p, ES_NACK_DISABLED, 60000);
	CHECK_EQ(p->closed, 1);
	CHECK(strstr(p->why, "because") != NULL);
	CHECK(es_batch_client_down(p->up, p->now_ms, 0) >= p->now_ms + 60000);
	peer_free(p);
}

/* The collector says it cannot write and hangs up: coming back at once would be all it asked not to. */
TEST(batch_client_keeps_the_wait_a_nack_asked_for_after_the_connection_ended)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	nack(p, ES_NACK_DISK, 5000);
	CHECK(es_batch_client_down(p->up, p->now_ms, 0) >= p->now_ms + 5000);
	peer_free(p);
}

TEST(batch_client_hangs_up_on_silence)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + ES_BATCH_CLIENT_WELCOME_MS);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_WELCOME_MS - 1);
	CHECK_EQ(p->closed, 0);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_WELCOME_MS);
	CHECK_EQ(p->closed, 1);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 4);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_ACK_MS - 1);
	CHECK_EQ(p->closed, 0);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	CHECK_EQ(p->closed, 1);
	peer_free(p);
}

TEST(batch_client_refuses_an_ack_for_what_was_not_sent)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	welcome(p, 0, 4);
	append(p, 5);
	ack(p, 9);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 4);
	p->epoch[0] ^= 1;
	ack(p, 5);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	peer_free(p);
}

TEST(batch_client_backs_off_until_an_ack)
{
	struct peer *p = peer_new(5);
	int64_t at = 0;
	int i;

	for (i = 0; i < 20; i++)
		at = es_batch_client_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS);
	CHECK(at - p->now_ms > 250000);
	CHECK(at - p->now_ms <= ES_BACKOFF_CAP_MS);
	CHECK(greet(p));
	welcome(p, 0, 4);
	at = es_batch_client_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS); /* connected, never acked */
	CHECK(at - p->now_ms > 250000);
	CHECK(greet(p));
	welcome(p, 0, 4);
	ack(p, 5);
	at = es_batch_client_down(p->up, p->now_ms, ES_BACKOFF_CAP_MS);
	CHECK(at - p->now_ms <= 1000);
	peer_free(p);
}

/* One poisoned record must not hold up the others. */
TEST(batch_client_passes_over_what_the_collector_cannot_read)
{
	struct peer *p = peer_new(6);
	int rounds;
	uint64_t last;

	for (rounds = 0; rounds < 40 && !es_batch_client_is_drained(p->up); rounds++) {
		CHECK(greet(p));
		welcome(p, es_spool_acked_seq(p->spool.spool), 1);
		while (!p->closed && got(p, ES_ENV_BATCH)) {
			last = p->env.u.batch.last_seq;
			if (p->env.u.batch.first_seq <= 3 && last >= 3)
				nack(p, ES_NACK_MALFORMED, 0);
			else
				ack(p, last);
		}
		es_batch_client_down(p->up, p->now_ms, 0);
	}
	CHECK(es_batch_client_is_drained(p->up));
	CHECK_EQ(p->refused, 1);
	peer_free(p);
}

TEST(batch_client_bears_any_bytes)
{
	struct peer *p = peer_new(2);
	struct es_envelope env;
	int n, bit;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_WELCOME;
	env.u.welcome.version = 1;
	env.u.welcome.credit_batches = 3;
	env.u.welcome.wall = rig_sec(1);
	n = es_envelope_encode(&env, p->out, sizeof(p->out));
	CHECK(n > 0);
	for (bit = 0; bit < n * 8; bit++) {
		uint8_t copy[256];

		CHECK(greet(p));
		memcpy(copy, p->out, (size_t)n);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		es_batch_client_input(p->up, test_guarded(copy, (size_t)n), p->now_ms);
		es_batch_client_down(p->up, p->now_ms, 0);
	}
	for (bit = 0; bit <= n; bit++) { /* cut anywhere, the rest follows */
		CHECK(greet(p));
		es_batch_client_input(p->up, test_guarded(p->out, (size_t)bit), p->now_ms);
		es_batch_client_input(
		    p->up, test_guarded(p->out + bit, (size_t)(n - bit)), p->now_ms);
		CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_READY);
		es_batch_client_down(p->up, p->now_ms, 0);
	}
	peer_free(p);
}
