/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the collector: what each of its answers does, to the boundary of each number. */
#include "tests/unit/batch_peer.h"

/* A new connection; the numbers of its first batch. */
static bool
batch_again(struct peer *p, uint64_t first, uint64_t last)
{
	es_batch_client_down(p->up, p->now_ms, 0);
	if (!greet(p))
		return false;
	welcome(p, es_spool_acked_seq(p->spool.spool), 1);
	return got(p, ES_ENV_BATCH) && p->env.u.batch.first_seq == first &&
	       p->env.u.batch.last_seq == last;
}

/* Smaller batches find the record; it is passed over; the next is a suspect as well, the others not. */
TEST(batch_client_passes_over_two_neighbours_that_cannot_be_read)
{
	struct peer *p = peer_new(6);

	CHECK(greet(p));
	welcome(p, 0, 1);
	CHECK(got(p, ES_ENV_BATCH));
	CHECK_EQ(p->env.u.batch.last_seq, 6);
	nack(p, ES_NACK_MALFORMED, 0);
	CHECK_EQ(p->closed, 1);
	for (int i = 0; i < 3; i++) {
		CHECK(batch_again(p, 1, 1)); /* by itself, three times */
		CHECK_EQ(p->refused, 0);
		nack(p, ES_NACK_MALFORMED, 0);
	}
	CHECK_EQ(p->refused, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 1);
	for (int i = 0; i < 2; i++) {
		CHECK(batch_again(p, 2, 2)); /* still by itself, and sooner */
		CHECK_EQ(p->refused, 1);
		nack(p, ES_NACK_MALFORMED, 0);
	}
	CHECK_EQ(p->refused, 2);
	CHECK(batch_again(p, 3, 3));
	ack(p, 3);
	CHECK(got(p, ES_ENV_BATCH));
	CHECK_EQ(p->env.u.batch.first_seq, 4);
	CHECK_EQ(p->env.u.batch.last_seq, 6); /* the suspicion is over */
	nack(p, ES_NACK_MALFORMED, 0);
	CHECK_EQ(p->refused, 2); /* and begins from nothing */
	CHECK(batch_again(p, 4, 4));
	peer_free(p);
}

TEST(batch_client_takes_no_ack_above_what_was_sent)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	ack(p, 0); /* before the Welcome */
	CHECK_EQ(p->closed, 1);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 1);
	append(p, 3);
	ack(p, 6); /* the sixth is there, and was not sent */
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 1);
	ack(p, 8);
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_batch_client_stats(p->up).last_ack_ms, p->now_ms);
	ack(p, 8); /* once more: nothing new */
	CHECK_EQ(p->closed, 0);
	peer_free(p);
}

/* An Ack in the middle of what is on the way frees the batches before it and no other. */
TEST(batch_client_ack_frees_whole_batches_only)
{
	struct peer *p = peer_new(1);

	CHECK(greet(p));
	welcome(p, 0, 3);
	for (int i = 0; i < 2; i++) {
		append(p, 2);
		es_batch_client_pump(p->up, p->now_ms);
	}
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, 3); /* 1, 2..3, 4..5 */
	CHECK_EQ(es_batch_client_stats(p->up).batches, 3);
	ack(p, 2);
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, 2);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 2);
	ack(p, 3);
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, 1);
	ack(p, 5);
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, 0);
	CHECK_EQ(es_batch_client_next_ms(p->up), INT64_MAX);
	peer_free(p);
}

/* The proof of the next Hello is the record that was acknowledged last. */
TEST(batch_client_proves_the_last_acknowledged_record)
{
	struct peer *p = peer_new(3);

	CHECK(greet(p));
	welcome(p, 0, 2);
	append(p, 2);
	es_batch_client_pump(p->up, p->now_ms);
	ack(p, 3);
	CHECK_EQ(p->closed, 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK_EQ(p->env.u.hello.proof_seq, 3);
	CHECK(p->env.u.hello.proof_digest == digest_of(p, 3));
	welcome(p, 3, 2);
	ack(p, 4); /* within a batch: its record is not known here */
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK(p->env.u.hello.proof_seq != 4 || p->env.u.hello.proof_digest == 0 ||
	      p->env.u.hello.proof_digest == digest_of(p, 4));
	peer_free(p);
}

TEST(batch_client_credit_is_at_most_what_it_can_follow)
{
	struct peer *p = peer_new(1);

	CHECK(greet(p));
	welcome(p, 0, 0); /* no credit at all: malformed */
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "the collector sent a malformed frame");
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, ES_BATCH_CLIENT_CREDIT_MAX + 1);
	for (int i = 0; i < ES_BATCH_CLIENT_CREDIT_MAX + 5; i++) {
		append(p, 1);
		es_batch_client_pump(p->up, p->now_ms);
	}
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, ES_BATCH_CLIENT_CREDIT_MAX);
	CHECK_EQ(p->closed, 0);
	ack(p, 2); /* room for two; one takes all that wait */
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, ES_BATCH_CLIENT_CREDIT_MAX - 1);
	peer_free(p);
}

TEST(batch_client_wait_a_nack_asks_for_has_bounds)
{
	static const struct {
		uint32_t asked, held;
	} waits[] = { { 0, 200 }, { 199, 200 }, { 201, 201 }, { 3600000, 3600000 },
		{ 3600001, 3600000 } };
	struct peer *p = peer_new(5);

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		CHECK(greet(p));
		welcome(p, 0, 4);
		CHECK(open_batch(p));
		nack(p, i % 2 == 0 ? ES_NACK_BUSY : ES_NACK_DISK, waits[i].asked);
		CHECK_EQ(p->closed, 0);
		CHECK_EQ(es_batch_client_stats(p->up).in_flight, 0);
		CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + waits[i].held);
		es_batch_client_tick(p->up, p->now_ms + waits[i].held - 1);
		CHECK(!open_batch(p));
		es_batch_client_tick(p->up, p->now_ms + waits[i].held);
		CHECK(open_batch(p));
		CHECK_EQ(p->env.u.batch.first_seq, 1);
		CHECK_EQ(es_batch_client_next_ms(p->up),
		    p->now_ms + waits[i].held + ES_BATCH_CLIENT_ACK_MS); /* no hold any more */
		es_batch_client_down(p->up, p->now_ms, 0);
	}
	CHECK(greet(p));
	nack(p, ES_NACK_BUSY, 500); /* before the Welcome: there is nothing to hold */
	CHECK_EQ(p->closed, 1);
	CHECK(strstr(es_batch_client_stats(p->up).last_nack, "because") != NULL);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 0, 4);
	ack(p, 5);
	CHECK_STR(es_batch_client_stats(p->up).last_nack, ""); /* it is over */
	peer_free(p);
}

TEST(batch_client_ends_at_what_no_collector_says_then)
{
	static const enum es_envelope_type wrong[] = { ES_ENV_WELCOME, ES_ENV_BYE, ES_ENV_HELLO };
	static const char *const why[] = { "a second Welcome", "the collector says goodbye",
		"the collector sent a frame that only agents send" };
	struct peer *p = peer_new(1);
	struct es_envelope env;

	for (int i = 0; i < 3; i++) {
		CHECK(greet(p));
		welcome(p, 0, 4);
		CHECK_EQ(p->closed, 0);
		memset(&env, 0, sizeof(env));
		env.type = wrong[i];
		if (i == 0) {
			env.u.welcome.version = 1;
			env.u.welcome.credit_batches = 1;
		} else if (i == 2) {
			env.u.hello.version_min = env.u.hello.version_max = 1;
			env.u.hello.next_seq = 1;
			env.u.hello.agent_version = es_slice_str("9");
			env.u.hello.role = ES_ROLE_TAP;
		}
		reply(p, &env);
		CHECK_EQ(p->closed, 1);
		CHECK_STR(p->why, why[i]);
		ack(p, 1); /* what comes behind it is not looked at */
		CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
		CHECK_EQ(p->closed, 1);
		CHECK_EQ(es_batch_client_next_ms(p->up), INT64_MAX);
		es_batch_client_down(p->up, p->now_ms, 0);
		CHECK_EQ(es_batch_client_next_ms(p->up), INT64_MAX);
	}
	CHECK(greet(p));
	welcome(p, 0, 4);
	es_batch_client_bye(p->up);
	CHECK(open_batch(p) && got(p, ES_ENV_BYE));
	CHECK_EQ(p->env.u.bye.code, ES_BYE_STOPPING);
	es_batch_client_down(p->up, p->now_ms, 0);
	p->n_wire = 0;
	es_batch_client_bye(p->up); /* nobody is there */
	CHECK_EQ(p->n_wire, 0);
	peer_free(p);
}

/* A frame of a later version is skipped, and what comes behind it is heard. */
TEST(batch_client_skips_what_only_a_later_collector_says)
{
	static const uint8_t later[] = { 0xba, 0x06, 2, 0xaa, 0xbb }; /* field 103, two bytes */
	uint8_t frame[ES_FRAME_HEADER_BYTES + sizeof(later)];
	struct peer *p = peer_new(3);

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	CHECK_EQ(es_frame_header(sizeof(later), frame), 0);
	memcpy(frame + ES_FRAME_HEADER_BYTES, later, sizeof(later));
	es_batch_client_input(p->up, es_slice_of(frame, sizeof(frame)), p->now_ms);
	CHECK_EQ(p->closed, 0);
	ack(p, 3);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 3);
	nack(p, ES_NACK_BUSY, 1000);
	CHECK_EQ(p->closed, 0);
	peer_free(p);
}

/* A disk that cannot be read now is asked again in a second, and nothing is passed over for it. */
TEST(batch_client_reads_a_failing_disk_again_in_a_second)
{
	struct peer *p = peer_new(5);

	CHECK(greet(p));
	p->spool.mem.fail_at = p->spool.mem.ops + 1;
	p->spool.mem.fail_n = 1000;
	p->spool.mem.fail_with = ES_EIO;
	welcome(p, 0, 4);
	p->spool.mem.fail_at = 0;
	CHECK(!open_batch(p));
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + 1000);
	es_batch_client_tick(p->up, p->now_ms + 999);
	CHECK(!open_batch(p));
	es_batch_client_tick(p->up, p->now_ms + 1000);
	CHECK(open_batch(p));
	for (int i = 1; i <= 5; i++)
		CHECK_EQ(p->seen[i], 1);
	peer_free(p);
}

TEST(batch_client_hello_without_room_ends_the_connection)
{
	struct peer *p = peer_new(1);

	p->room = 0;
	es_batch_client_up(p->up, p->now_ms);
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "no room for a Hello");
	es_batch_client_down(p->up, p->now_ms, 0);
	p->room = 1;
	CHECK(greet(p));
	peer_free(p);
}

/* What one answer takes to be read is free again for the next. */
TEST(batch_client_hears_any_number_of_answers)
{
	struct peer *p = peer_new(3);

	CHECK(greet(p));
	welcome(p, 0, 4);
	ack(p, 3);
	for (int i = 0; i < 20000; i++) {
		nack(p, ES_NACK_BUSY, 1000);
		ack(p, 3);
	}
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_READY);
	CHECK_STR(es_batch_client_stats(p->up).last_nack, "");
	peer_free(p);
}
