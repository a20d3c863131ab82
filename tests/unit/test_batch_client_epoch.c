/* SPDX-License-Identifier: Apache-2.0 */
/* Whose records the collector has: spools that are restored or cloned, records it cannot take. */
#include "tests/unit/batch_peer.h"

TEST(batch_client_takes_a_new_epoch_when_the_collector_knows_more)
{
	struct peer *p = peer_new(5);
	uint8_t before[ES_EPOCH_BYTES];
	int i;

	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	welcome(p, 6, 4); /* this spool came from an old image */
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "the collector knows later records of this spool: a new epoch begins");
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	for (i = 1; i <= 5; i++)
		CHECK_EQ(p->seen[i], 1); /* none is hidden */
	ack(p, 5);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	nack(p, ES_NACK_EPOCH, 0); /* the other way to say it */
	CHECK_EQ(p->closed, 1);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	peer_free(p);
}

/* The old image got so many new records that its next number is above what the collector has. */
TEST(batch_client_takes_a_new_epoch_when_the_collector_has_what_was_never_sent)
{
	struct peer *p = peer_new(5);
	uint8_t before[ES_EPOCH_BYTES];
	int i;

	append(p, 10);
	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	welcome(p, 8, 4); /* 6 to 8 are not those of this spool */
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	for (i = 1; i <= 15; i++)
		CHECK_EQ(p->seen[i], 1); /* none is hidden */
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 12, 4); /* sent, stored, and the ack was lost */
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 12);
	peer_free(p);
}

/* An image taken of a running machine: what it sent is not known, what it holds is another record. */
TEST(batch_client_takes_a_new_epoch_when_another_record_is_stored_under_its_number)
{
	struct peer *p = peer_new(10);
	uint8_t before[ES_EPOCH_BYTES];
	int i;

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	welcome_with(p, 8, digest_of(p, 8) ^ 1);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	memset(p->seen, 0, sizeof(p->seen));
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	CHECK_EQ(p->env.u.hello.sent_seq, 0);
	CHECK_EQ(p->env.u.hello.proof_digest, 0);
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	for (i = 1; i <= 10; i++)
		CHECK_EQ(p->seen[i], 1);
	peer_free(p);
}

TEST(batch_client_keeps_its_epoch_when_the_stored_record_is_its_own)
{
	struct peer *p = peer_new(10);
	uint8_t before[ES_EPOCH_BYTES];
	uint64_t digest;

	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	CHECK_EQ(p->env.u.hello.sent_seq, 0);
	welcome_with(p, 8, digest_of(p, 8)); /* the cursor was lost: nothing is known to be sent */
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 8);
	CHECK(open_batch(p));
	CHECK_EQ(p->env.u.batch.first_seq, 9);
	digest = digest_of(p, 10);
	ack(p, 10);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) == 0);
	CHECK_EQ(p->env.u.hello.sent_seq, 10);
	CHECK_EQ(p->env.u.hello.proof_seq, 10);
	CHECK_EQ(p->env.u.hello.proof_digest, digest);
	welcome_with(p, 10, digest ^ 4); /* a clone delivered another 10 */
	CHECK_EQ(p->closed, 1);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) != 0);
	peer_free(p);
}

TEST(batch_client_counts_the_record_that_the_collector_cannot_take)
{
	struct peer *p = peer_new(3);
	int i;

	CHECK(greet(p));
	for (i = 0; i < 4; i++) {
		welcome(p, 0, 1);
		CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
		nack(p, ES_NACK_MALFORMED, 0);
		es_batch_client_down(p->up, p->now_ms, 0);
		CHECK(greet(p));
	}
	CHECK_EQ(p->refused, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 1);
	es_spool_tick(p->spool.spool, rig_sec(2));
	CHECK_EQ(p->spool.reported[ES_LOSS_REFUSED], 1);
	CHECK_EQ(p->spool.reported_first, 1);
	peer_free(p);
}

/* Ages are judged by a clock that is known to be right: the collector's bears it out. */
TEST(batch_client_compares_its_clock_with_the_collectors)
{
	struct peer *p = peer_new(1);

	p->spool.clock.good = false;
	es_spool_tick(p->spool.spool, rig_sec(1));
	CHECK(!es_spool_clock_is_good(p->spool.spool));
	CHECK(greet(p));
	welcome(p, 0, 1); /* theirs: 1 s */
	CHECK(es_spool_clock_is_good(p->spool.spool));
	es_batch_client_down(p->up, p->now_ms, 0);
	p->now_ms += 62000;
	CHECK(greet(p));
	welcome(p, 0, 1);
	CHECK(!es_spool_clock_is_good(p->spool.spool));
	peer_free(p);
}

/* Without the new epoch on its disk it keeps the old one: what it says of itself is what a restart would say. */
TEST(batch_client_keeps_its_epoch_while_the_disk_refuses_another)
{
	struct peer *p = peer_new(3);
	uint8_t before[ES_EPOCH_BYTES];

	CHECK(greet(p));
	memcpy(before, p->epoch, sizeof(before));
	p->spool.mem.fail_at = p->spool.mem.ops + 1;
	p->spool.mem.fail_n = 1000;
	p->spool.mem.fail_with = ES_EIO;
	nack(p, ES_NACK_EPOCH, 0);
	p->spool.mem.fail_at = 0;
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "a new epoch is needed and the disk refused it");
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(memcmp(before, p->epoch, sizeof(before)) == 0);
	peer_free(p);
}
