/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with the collector at its edges: records that cannot be sent, clocks, proofs, endings. */
#include "tests/unit/batch_peer.h"

/* A malformed record, as only another version of the agent could have stored it. */
static void
append_unsendable(struct peer *p)
{
	struct es_ipc_pair none = { 0, 0 };

	if (es_spool_append(p->spool.spool, rig_sec(1), none, es_slice_str("none")) != 0)
		abort();
	(void)es_spool_sync(p->spool.spool);
}

static bool
batch_of(struct peer *p, uint64_t first, uint64_t last)
{
	return open_batch(p) && p->env.u.batch.first_seq == first &&
	       p->env.u.batch.last_seq == last && p->opened_seq == last;
}

/* Where the record stands that cannot be sent: the others go out, each once, and it is counted. */
TEST(batch_client_leaves_out_a_malformed_record)
{
	static const struct {
		int before, bad, after;
	} rows[] = { { 0, 1, 3 }, { 0, 2, 3 }, { 2, 1, 3 }, { 2, 2, 1 }, { 3, 1, 0 }, { 0, 1, 0 },
		{ 1, 1, 3 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer *p = peer_new(rows[i].before);
		uint64_t before = (uint64_t)rows[i].before, bad = (uint64_t)rows[i].bad;
		uint64_t all = before + bad + (uint64_t)rows[i].after;

		for (int k = 0; k < rows[i].bad; k++)
			append_unsendable(p);
		append(p, rows[i].after);
		CHECK(greet(p));
		welcome(p, 0, 4);
		if (before > 0)
			CHECK(batch_of(p, 1, before));
		if (rows[i].after > 0)
			CHECK(batch_of(p, before + bad + 1, all));
		CHECK(!open_batch(p));
		CHECK_EQ(p->refused, bad);
		CHECK_EQ(p->closed, 0);
		es_spool_tick(p->spool.spool, rig_sec(2));
		CHECK_EQ(p->spool.reported[ES_LOSS_REFUSED], bad);
		for (uint64_t k = 1; k <= all; k++)
			CHECK_EQ(p->seen[k], k <= before || k > before + bad);
		es_batch_client_down(p->up, p->now_ms, 0);
		CHECK(greet(p)); /* all of it again: its number is in no batch */
		welcome(p, 0, 4);
		if (before > 0)
			CHECK(batch_of(p, 1, before));
		if (rows[i].after > 0)
			CHECK(batch_of(p, before + bad + 1, all));
		peer_free(p);
	}
}

/* The bytes of a record that are spoilt on the disk: its number is in no batch. */
TEST(batch_client_batch_ends_at_a_number_that_is_gone)
{
	for (int before = 1; before <= 3; before++) {
		struct peer *p = peer_new(before);
		uint64_t gone = (uint64_t)before + 1;
		unsigned n = 0;

		append_unsendable(p);
		append(p, 2);
		for (int i = 0; i < p->spool.mem.n_files; i++) {
			struct memdisk_file *f = &p->spool.mem.files[i];
			uint8_t *at = f->n_now < 4 ? NULL : memmem(f->now, f->n_now, "none", 4);

			if (at != NULL) {
				*at ^= 1;
				n++;
			}
		}
		CHECK(n > 0);
		CHECK(greet(p));
		welcome(p, 0, 4);
		CHECK(batch_of(p, 1, gone - 1));
		CHECK(batch_of(p, gone + 1, gone + 2));
		CHECK_EQ(p->refused, 0);
		es_spool_tick(p->spool.spool, rig_sec(2));
		CHECK_EQ(p->spool.reported[ES_LOSS_DISK], 1);
		peer_free(p);
	}
}

/* Whatever the disk refuses at that moment: the record is left out once, and counted once. */
TEST(batch_client_leaves_no_record_out_uncounted)
{
	for (unsigned n = 1; n < 12; n++) {
		struct peer *p = peer_new(0);

		append_unsendable(p);
		append(p, 2);
		CHECK(greet(p));
		p->spool.mem.fail_at = p->spool.mem.ops + n;
		p->spool.mem.fail_n = 1000;
		p->spool.mem.fail_with = ES_EIO;
		welcome(p, 0, 4);
		p->spool.mem.fail_at = 0;
		es_batch_client_pump(p->up, p->now_ms + 1000);
		CHECK(batch_of(p, 2, 3));
		CHECK_EQ(p->refused, 1);
		CHECK_EQ(p->closed, 0);
		es_spool_tick(p->spool.spool, rig_sec(2));
		CHECK_EQ(p->spool.reported[ES_LOSS_REFUSED], 1);
		peer_free(p);
	}
}

TEST(batch_client_clocks_agree_within_a_minute)
{
	static const struct {
		int64_t ours_ms, theirs_ms;
		bool good;
	} rows[] = { { 61000, 1000, true }, { 62000, 1000, false }, { 1000, 61000, true },
		{ 1000, 62000, false }, { 5000, 5000, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer *p = peer_new(1);
		struct es_envelope env;

		p->spool.clock.good = false;
		es_spool_tick(p->spool.spool, rig_sec(1));
		p->now_ms = rows[i].ours_ms;
		CHECK(greet(p));
		memset(&env, 0, sizeof(env));
		env.type = ES_ENV_WELCOME;
		env.u.welcome.version = 1;
		env.u.welcome.credit_batches = 1;
		env.u.welcome.wall = rig_sec(rows[i].theirs_ms / 1000);
		reply(p, &env);
		CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_READY);
		CHECK_EQ(es_spool_clock_is_good(p->spool.spool), rows[i].good);
		es_batch_client_down(p->up, p->now_ms, 0);
		CHECK(greet(p));
		env.u.welcome.wall = es_time_of_ns(0); /* it has none to compare with */
		reply(p, &env);
		CHECK(!es_spool_clock_is_good(p->spool.spool));
		peer_free(p);
	}
}

/* After its own word that it hangs up it says and hears nothing; a late Bye does not count. */
TEST(batch_client_is_silent_once_it_hangs_up)
{
	struct peer *p = peer_new(3);
	size_t n;

	es_batch_client_free(NULL);
	es_batch_client_input(p->up, es_slice_str("\377\377\377\377\377\377"), p->now_ms);
	CHECK_EQ(p->closed, 0); /* nobody is there who could say it */
	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	es_batch_client_input(p->up, es_slice_str("\377\377\377\377\377\377"), p->now_ms);
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "the collector sent no valid frame");
	n = p->n_wire;
	append(p, 1);
	es_batch_client_pump(p->up, p->now_ms);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	es_batch_client_bye(p->up);
	ack(p, 3);
	nack(p, ES_NACK_BUSY, 500);
	CHECK_EQ(p->n_wire, n);
	CHECK_EQ(p->closed, 1);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 0);
	CHECK_EQ(es_batch_client_stats(p->up).last_ack_ms, 0);
	CHECK_STR(es_batch_client_stats(p->up).last_nack, "");
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK_EQ(es_batch_client_stats(p->up).in_flight, 0);
	CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_DOWN);
	welcome(p, 0, 4);
	CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_DOWN);
	CHECK(greet(p));
	CHECK_EQ(es_batch_client_stats(p->up).state, ES_BATCH_CLIENT_GREETING);
	welcome(p, 0, 4);
	CHECK(batch_of(p, 1, 4));
	peer_free(p);
}

/* A wait that a Nack asked for belongs to its connection. */
TEST(batch_client_does_not_hold_the_next_connection)
{
	struct peer *p = peer_new(3);
	int64_t at;

	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(open_batch(p));
	CHECK_EQ(es_batch_client_stats(p->up).batches, 1);
	nack(p, ES_NACK_BUSY, 3000000);
	at = es_batch_client_down(p->up, p->now_ms, 0);
	CHECK_EQ(at, p->now_ms + 3000000);
	CHECK(greet(p));
	welcome(p, 0, 4);
	CHECK(batch_of(p, 1, 3));
	CHECK_EQ(es_batch_client_stats(p->up).batches, 2);
	ack(p, 2);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome(p, 2, 4);
	CHECK(batch_of(p, 3, 3));
	peer_free(p);
}

/* 30 s run from the last progress: from what was sent after a silence, and from each Ack. */
TEST(batch_client_counts_silence_from_the_last_progress)
{
	struct peer *p = peer_new(1);

	CHECK(greet(p));
	CHECK_EQ(p->env.u.hello.role, ES_ROLE_SBC);
	CHECK_EQ(p->env.u.hello.version_min, ES_PROTO_VERSION_MIN);
	CHECK_EQ(p->env.u.hello.version_max, ES_PROTO_VERSION);
	CHECK_SLICE(p->env.u.hello.agent_version, EARSHOT_VERSION);
	CHECK_EQ(p->env.u.hello.clocks.wall.ns, rig_sec(1).ns);
	welcome(p, 0, 4);
	ack(p, 1);
	CHECK_EQ(es_batch_client_next_ms(p->up), INT64_MAX);
	p->now_ms += 100000;
	append(p, 1);
	es_batch_client_pump(p->up, p->now_ms);
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	append(p, 1);
	es_batch_client_pump(p->up, p->now_ms + 1000); /* one more behind it is no progress */
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	p->now_ms += 2000;
	ack(p, 2);
	CHECK_EQ(es_batch_client_next_ms(p->up), p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_ACK_MS);
	CHECK_EQ(p->closed, 1);
	CHECK_STR(p->why, "no Ack within 30 s");
	es_batch_client_tick(p->up, p->now_ms + ES_BATCH_CLIENT_ACK_MS); /* said once */
	CHECK_EQ(p->closed, 1);
	peer_free(p);
}

/* What the collector said is kept as one text, and no more of it than 200 bytes. */
TEST(batch_client_keeps_the_beginning_of_a_long_reason)
{
	char text[300];
	struct peer *p = peer_new(1);
	struct es_envelope env;

	memset(text, 'r', sizeof(text));
	for (size_t n = 199; n <= 201; n++) {
		const char *kept;

		CHECK(greet(p));
		welcome(p, 0, 4);
		memset(&env, 0, sizeof(env));
		env.type = ES_ENV_NACK;
		env.u.nack.code = ES_NACK_BUSY;
		env.u.nack.retry_after_ms = 1000;
		env.u.nack.reason = es_slice_of(text, n);
		reply(p, &env);
		if (p->closed == 0) {
			struct es_batch_client_stats st = es_batch_client_stats(p->up);

			kept = strstr(st.last_nack, ": ");
			CHECK(kept != NULL && strlen(kept + 2) == (n < 200 ? n : 200));
		}
		es_batch_client_down(p->up, p->now_ms, 0);
	}
	peer_free(p);
}

/* Another record under a number that is still here proves another spool; one that is gone proves nothing. */
TEST(batch_client_judges_a_welcome_by_what_it_holds)
{
	struct peer *p = peer_new(10);
	uint64_t digest;

	CHECK(greet(p));
	welcome_with(p, 0, 99); /* a digest of nothing */
	CHECK_EQ(p->closed, 0);
	CHECK(batch_of(p, 1, 10));
	digest = digest_of(p, 10);
	ack(p, 10);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome_with(p, 10, digest);
	CHECK_EQ(p->closed, 0);
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	welcome_with(p, 9, 12345); /* below what was acknowledged: not what the proof is of */
	CHECK_EQ(p->closed, 0);
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 10);
	append(p, 2);
	es_batch_client_pump(p->up, p->now_ms);
	CHECK(batch_of(p, 11, 12));
	es_batch_client_down(p->up, p->now_ms, 0);
	CHECK(greet(p));
	CHECK_EQ(p->env.u.hello.sent_seq, 12);
	CHECK(p->env.u.hello.has_sent_seq);
	welcome_with(p, 13, 12345); /* a number that was never given */
	CHECK_EQ(p->closed, 1);
	CHECK(strstr(p->why, "a new epoch begins") != NULL);
	peer_free(p);
}

/* It was read and waited for credit when a quota dropped and counted it: delivering it would report a false loss. */
TEST(batch_client_sends_no_record_that_was_counted_as_lost_while_it_waited)
{
	struct peer *p = peer_new(10);

	CHECK_EQ(es_spool_unsendable(p->spool.spool, 5, rig_sec(1)), 0);
	CHECK(greet(p));
	welcome(p, 0, 1);
	CHECK(batch_of(p, 1, 4));
	es_spool_tick(p->spool.spool, rig_sec(700000)); /* too old, all of them */
	CHECK_EQ(es_spool_acked_seq(p->spool.spool), 10);
	CHECK_EQ(p->spool.reported[ES_LOSS_AGE], 5); /* 1 to 4 are on the way */
	append(p, 2);
	ack(p, 4);
	CHECK(batch_of(p, 11, 12));
	peer_free(p);
}
