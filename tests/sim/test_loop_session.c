/* SPDX-License-Identifier: Apache-2.0 */
/* Agents' connections at the collector, on a loop whose clock the test drives, over a real store. */
#include "tests/sim/made_log.h"
#include "tests/sim/made_session.h"

TEST(session_acknowledges_after_the_commit)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	CHECK_EQ(c->n_sent, 0); /* the agent speaks first */
	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 0);
	CHECK_EQ(s->env.u.welcome.credit_batches, 6);
	CHECK_EQ(s->env.u.welcome.reconnect_window_ms, 2000);
	CHECK_EQ(s->env.u.welcome.version, ES_PROTO_VERSION);
	CHECK_STR(agent(s, 1).version, "9.9");
	batch(s, c, epoch_a, 1, 3);
	CHECK_EQ(c->n_sent, 0);
	made_pass(s->in.loop, COMMIT_MS - 1);
	CHECK_EQ(c->n_sent, 0);
	made_pass(s->in.loop, 1);
	CHECK(acked(s, c, 3, 0));
	CHECK(memcmp(s->env.u.ack.epoch, epoch_a, ES_EPOCH_BYTES) == 0);
	CHECK_EQ(agent(s, 1).records, 3);
	CHECK_EQ(agent(s, 1).seq, 3);
	/* two batches within one group: one Ack for both */
	batch(s, c, epoch_a, 4, 4);
	batch(s, c, epoch_a, 5, 6);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 6, 0));
	CHECK_EQ(c->n_sent, 0);
	made_pass(s->in.loop, 10 * COMMIT_MS);
	CHECK_EQ(c->n_sent, 0);
	CHECK(end(s));
}

TEST(session_copies_are_acknowledged_and_stored_once)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, 9);
	CHECK(got(s, c, ES_ENV_WELCOME));
	batch(s, c, epoch_a, 1, 4);
	batch(s, c, epoch_a, 3, 6); /* half of it is known, in the same group */
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 6, 0));
	batch(s, c, epoch_a, 1, 6);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 6, 0));
	CHECK_EQ(agent(s, 1).records, 6);
	CHECK_EQ(agent(s, 1).duplicates, 8);
	CHECK_EQ(agent(s, 1).refused, 0);
	CHECK(end(s));
}

/* The Welcome must speak of what is committed: an open group is committed first. */
TEST(session_hello_while_a_group_is_open)
{
	struct scene *s = begin();
	struct es_tls_conn *a = join(s, 1), *b;

	hello(a, epoch_a, 1);
	CHECK(got(s, a, ES_ENV_WELCOME));
	batch(s, a, epoch_a, 1, 5);
	CHECK_EQ(a->n_sent, 0);
	b = join(s, 1);
	hello(b, epoch_a, 6);
	CHECK(acked(s, a, 5, 0) || a->is_finishing);
	CHECK(got(s, b, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 5);
	CHECK(got(s, a, ES_ENV_BYE)); /* the newer connection of an agent counts */
	CHECK_EQ(s->env.u.bye.code, ES_BYE_REPLACED);
	CHECK(a->is_finishing);
	batch(s, a, epoch_a, 6, 6); /* what the older one still says is ignored */
	made_pass(s->in.loop, COMMIT_MS);
	CHECK_EQ(agent(s, 1).records, 5);
	leave(a);
	CHECK_EQ(s->in.n_sessions, 1);
	batch(s, b, epoch_a, 6, 6);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, b, 6, 0));
	CHECK(end(s));
}

TEST(session_agents_do_not_disturb_each_other)
{
	struct scene *s = begin();
	struct es_tls_conn *a = join(s, 1), *b = join(s, 2);

	hello(a, epoch_a, 1);
	hello(b, epoch_a, 1); /* the same epoch by chance */
	CHECK(got(s, a, ES_ENV_WELCOME) && got(s, b, ES_ENV_WELCOME));
	batch(s, a, epoch_a, 1, 2);
	batch(s, b, epoch_a, 1, 1);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, a, 2, 0));
	CHECK(acked(s, b, 1, 0));
	CHECK(!a->is_finishing && !b->is_finishing);
	leave(a); /* before its Ack: the group continues without it */
	batch(s, b, epoch_a, 2, 2);
	leave(b);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK_EQ(agent(s, 2).seq, 2);
	CHECK_EQ(s->in.n_sessions, 0);
	CHECK(end(s));
}

TEST(session_a_refused_record_does_not_stop_the_next)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	batch_with(s, c, epoch_a, 1, 5, 0, true); /* its CRC is wrong: none of it can be read */
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 5, 5));
	batch(s, c, epoch_a, 6, 7);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 7, 5));
	CHECK_EQ(agent(s, 1).records, 2);
	CHECK_EQ(agent(s, 1).refused, 5);
	/* refused again: only what is new counts */
	batch_with(s, c, epoch_a, 6, 9, 0, true);
	batch_with(s, c, epoch_a, 8, 9, 0, true);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 9, 7));
	CHECK_EQ(agent(s, 1).refused, 7);
	CHECK(end(s));
}

/* A disk that is full: everybody in the group is asked to wait, nothing of it is acknowledged. */
TEST(session_full_disk_refuses_the_whole_group)
{
	struct scene *s = begin();
	struct es_tls_conn *a = join(s, 1), *b = join(s, 2);
	uint64_t through = 0;

	hello(a, epoch_a, 1);
	hello(b, epoch_b, 1);
	CHECK(got(s, a, ES_ENV_WELCOME) && got(s, b, ES_ENV_WELCOME));
	CHECK_EQ(es_store_limit(s->in.store, 1), 0); /* not a page more */
	batch(s, a, epoch_a, 1, 1);
	for (uint64_t at = 1; !a->is_finishing && at < 20000; at += 2000)
		batch(s, b, epoch_b, at, at + 1999);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(refused(s, a, ES_NACK_DISK));
	CHECK_EQ(s->env.u.nack.retry_after_ms, 7000);
	CHECK(refused(s, b, ES_NACK_DISK));
	CHECK_EQ(es_store_mark_get(s->in.store, 1, epoch_a, &through), 0);
	CHECK_EQ(through, 0);
	leave(a);
	leave(b);
	/* the second try meets room again */
	CHECK_EQ(es_store_limit(s->in.store, 1 << 30), 0);
	a = join(s, 1);
	hello(a, epoch_a, 2);
	CHECK(got(s, a, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 0);
	batch(s, a, epoch_a, 1, 1);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, a, 1, 0));
	CHECK_EQ(agent(s, 1).records, 1);
	CHECK(end(s));
}

TEST(session_older_spool_begins_a_new_epoch)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);

	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	batch(s, c, epoch_a, 1, 5);
	made_pass(s->in.loop, COMMIT_MS);
	leave(c);
	c = join(s, 1);
	hello(c, epoch_a, 5);
	CHECK(refused(s, c, ES_NACK_EPOCH));
	leave(c);
	c = join(s, 1);
	hello(c, epoch_a, 6);
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 5);
	leave(c);
	c = join(s, 1);
	hello(c, epoch_b, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	CHECK_EQ(s->env.u.welcome.acked_seq, 0);
	CHECK(end(s));
}

TEST(session_strangers_are_refused)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 3);
	uint8_t spki[ES_PKI_PIN_BYTES];
	struct es_envelope env;

	CHECK(refused(s, c, ES_NACK_CERTIFICATE));
	hello(c, epoch_a, 1);
	CHECK_EQ(c->n_sent, 0);
	leave(c);
	c = arrive(s); /* the key of one with the name of another */
	memset(spki, 1, sizeof(spki));
	made_conn_ready(c, "22222222222222222222222222222222", spki);
	CHECK(refused(s, c, ES_NACK_CERTIFICATE));
	leave(c);
	c = join(s, 1);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_HELLO;
	env.u.hello.version_min = ES_PROTO_VERSION + 1;
	env.u.hello.version_max = ES_PROTO_VERSION + 1;
	env.u.hello.next_seq = 1;
	env.u.hello.agent_version = es_slice_str("9");
	env.u.hello.role = ES_ROLE_TAP;
	say(c, &env);
	CHECK(refused(s, c, ES_NACK_VERSION));
	leave(c);
	c = join(s, 1);
	env.u.hello.version_min = 1;
	env.u.hello.agent_id = es_slice_str("22222222222222222222222222222222");
	say(c, &env);
	CHECK(refused(s, c, ES_NACK_IDENTITY));
	leave(c);
	c = join(s, 1);
	env.u.hello.agent_id = es_slice_str("11111111111111111111111111111111");
	say(c, &env);
	CHECK(got(s, c, ES_ENV_WELCOME)); /* a later version that speaks ours, too */
	CHECK(end(s));
}

TEST(session_order_of_words_is_kept)
{
	static const uint8_t unknown[] = { 0, 0, 0, 3, 0xfa, 0x0f, 0 }; /* field 255, empty */
	static const uint8_t rubbish[] = { 0, 0, 0, 2, 0xff, 0xff };
	static const uint8_t nothing[] = { 0, 0, 0, 0 };
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);
	struct es_envelope env;

	batch(s, c, epoch_a, 1, 1);
	CHECK(refused(s, c, ES_NACK_MALFORMED)); /* without a Hello */
	leave(c);
	c = join(s, 1);
	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	made_conn_says(c, es_slice_of(unknown, sizeof(unknown)));
	CHECK(!c->is_finishing && c->n_sent == 0);
	hello(c, epoch_a, 1);
	CHECK(refused(s, c, ES_NACK_MALFORMED)); /* a second one */
	leave(c);
	c = join(s, 1);
	hello(c, epoch_a, 1);
	CHECK(got(s, c, ES_ENV_WELCOME));
	batch(s, c, epoch_b, 1, 1);
	CHECK(refused(s, c, ES_NACK_MALFORMED)); /* of another epoch */
	leave(c);
	c = join(s, 1);
	made_conn_says(c, es_slice_of(rubbish, sizeof(rubbish)));
	CHECK(refused(s, c, ES_NACK_MALFORMED));
	leave(c);
	c = join(s, 1);
	made_conn_says(c, es_slice_of(nothing, sizeof(nothing)));
	CHECK(refused(s, c, ES_NACK_MALFORMED));
	leave(c);
	c = join(s, 1);
	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_ACK;
	say(c, &env);
	CHECK(refused(s, c, ES_NACK_MALFORMED)); /* only a collector says that */
	leave(c);
	c = join(s, 1);
	env.type = ES_ENV_BYE;
	say(c, &env);
	CHECK(c->is_finishing && c->n_sent == 0);
	leave(c);
	CHECK_EQ(s->in.n_sessions, 0);
	CHECK_EQ(agent(s, 1).records, 0);
	CHECK(end(s));
}

/* Numbers that no Batch may have. */
TEST(session_batch_numbers_out_of_range)
{
	static const uint64_t wrong[][2] = { { 0, 0 }, { 5, 4 }, { 1, ES_BATCH_RECORDS_MAX + 1 },
		{ UINT64_MAX, 1 }, { 1, UINT64_MAX } };
	struct scene *s = begin();

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct es_tls_conn *c = join(s, 1);
		struct es_envelope env;
		uint8_t bytes[512];
		size_t n = record(bytes, sizeof(bytes), 1);

		hello(c, epoch_a, UINT64_MAX);
		CHECK(got(s, c, ES_ENV_WELCOME));
		memset(&env, 0, sizeof(env));
		env.type = ES_ENV_BATCH;
		es_batch_writer_begin(s->writer);
		CHECK_EQ(es_batch_writer_add(s->writer, es_slice_of(bytes, n)), 0);
		CHECK_EQ(es_batch_writer_end(s->writer, &env.u.batch), 0);
		memcpy(env.u.batch.epoch, epoch_a, ES_EPOCH_BYTES);
		env.u.batch.first_seq = wrong[i][0];
		env.u.batch.last_seq = wrong[i][1];
		say(c, &env);
		CHECK(refused(s, c, ES_NACK_MALFORMED));
		leave(c);
	}
	made_pass(s->in.loop, COMMIT_MS);
	CHECK_EQ(agent(s, 1).seq, 0);
	CHECK_EQ(agent(s, 1).refused, 0);
	CHECK(end(s));
}

/* What one frame took of the memory for decoding is free again for the next: however many come. */
TEST(session_frames_leave_no_memory_behind)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);
	size_t used, bytes = 0;

	hello(c, epoch_a, 2001);
	CHECK(got(s, c, ES_ENV_WELCOME));
	batch(s, c, epoch_a, 1, 2000);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 2000, 0));
	used = s->in.frame_alloc.arena.used_bytes;
	while (bytes <= 2 * (size_t)ES_ALLOC_BYTES) {
		batch(s, c, epoch_a, 1, 2000); /* copies: nothing is stored again */
		made_pass(s->in.loop, COMMIT_MS);
		CHECK(acked(s, c, 2000, 0));
		CHECK_EQ(s->in.frame_alloc.arena.used_bytes, used);
		bytes += used;
	}
	CHECK_EQ(s->in.frame_alloc.arena.n_refused, 0);
	CHECK_EQ(agent(s, 1).records, 2000);
	CHECK(end(s));
}

/* A Batch of one record, as bytes at out; returns their number. */
static size_t
batch_bytes(struct scene *s, uint64_t seq, const struct es_record *rec, uint8_t *out, size_t cap)
{
	struct es_envelope env;
	uint8_t bytes[512];
	int n = es_record_encode(rec, bytes, sizeof(bytes));

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	es_batch_writer_begin(s->writer);
	if (n <= 0 || es_batch_writer_add(s->writer, es_slice_of(bytes, (size_t)n)) != 0)
		abort();
	env.u.batch.first_seq = seq;
	memcpy(env.u.batch.epoch, epoch_a, ES_EPOCH_BYTES);
	if (es_batch_writer_end(s->writer, &env.u.batch) != 0)
		abort();
	n = es_envelope_encode(&env, out, cap);
	if (n <= 0)
		abort();
	return (size_t)n;
}

static struct es_record
loss_of(uint64_t count)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_LOSS;
	rec.at = rec.u.loss.from = rec.u.loss.to = es_time_of_ns(1800000000 * ES_NS_PER_S);
	rec.u.loss.count = count;
	return rec;
}

/* What an agent says that it lost is added up, a copy of the same record is not. */
TEST(session_adds_up_what_the_agent_lost)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);
	struct es_record five = loss_of(5), seven = loss_of(7);
	uint8_t bytes[2048];
	size_t n;

	hello(c, epoch_a, 9);
	CHECK(got(s, c, ES_ENV_WELCOME));
	n = batch_bytes(s, 1, &five, bytes, sizeof(bytes));
	made_conn_says(c, es_slice_of(bytes, n));
	made_conn_says(c, es_slice_of(bytes, n));
	n = batch_bytes(s, 2, &seven, bytes, sizeof(bytes));
	made_conn_says(c, es_slice_of(bytes, n));
	batch(s, c, epoch_a, 3, 4);
	made_pass(s->in.loop, COMMIT_MS);
	CHECK(acked(s, c, 4, 0));
	CHECK_EQ(agent(s, 1).lost, 12);
	CHECK_EQ(agent(s, 1).records, 4);
	CHECK_EQ(agent(s, 1).duplicates, 1);
	CHECK_EQ(agent(s, 2).lost, 0);
	CHECK(end(s));
}

/* Behind a last word, the agent's or ours, all is left alone: also what came in one piece with it. */
TEST(session_takes_nothing_behind_a_last_word)
{
	static const uint8_t rubbish[] = { 0, 0, 0, 2, 0xff, 0xff };
	struct es_record rec = loss_of(1);
	struct es_envelope bye;

	memset(&bye, 0, sizeof(bye));
	bye.type = ES_ENV_BYE;
	for (int i = 0; i < 2; i++) {
		struct scene *s = begin();
		struct es_tls_conn *c = join(s, 1);
		uint8_t bytes[2048];
		int n = es_envelope_encode(&bye, bytes, sizeof(bytes));

		CHECK(n > 0);
		if (i == 1)
			memcpy(bytes, rubbish, (size_t)(n = sizeof(rubbish)));
		hello(c, epoch_a, 9);
		CHECK(got(s, c, ES_ENV_WELCOME));
		batch(s, c, epoch_a, 1, 1); /* its Ack is due */
		n += (int)batch_bytes(s, 2, &rec, bytes + n, sizeof(bytes) - (size_t)n);
		made_conn_says(c, es_slice_of(bytes, (size_t)n));
		CHECK(c->is_finishing);
		CHECK(i == 0 || refused(s, c, ES_NACK_MALFORMED));
		made_pass(s->in.loop, COMMIT_MS);
		CHECK_EQ(c->n_sent, 0);
		CHECK_EQ(agent(s, 1).records, 1);
		CHECK_EQ(agent(s, 1).lost, 0);
		CHECK(end(s));
	}
}

/* The log calls an agent by its name as soon as it is known, and an address before. */
TEST(session_log_names_who_it_is)
{
	static const uint8_t rubbish[] = { 0, 0, 0, 2, 0xff, 0xff };
	struct scene *s = begin();
	const char *log;

	listen_to_log();
	for (unsigned n = 1; n <= 3; n++) { /* the third is a stranger */
		struct es_tls_conn *c = join(s, n);

		made_conn_says(c, es_slice_of(rubbish, sizeof(rubbish)));
		made_conn_end(c, ES_TLS_END_CUT, "cut");
	}
	made_conn_end(arrive(s), ES_TLS_END_TIMEOUT, "no handshake");
	made_conn_end(join(s, 2), ES_TLS_END_CUT, "cut");
	log = end_of_log();
	CHECK_STR(log,
	    "ingest: ep1: a malformed frame of 2 bytes; disconnecting\n"
	    "ingest: ep1: disconnected: cut\n"
	    "ingest: ep2: a malformed frame of 2 bytes; disconnecting\n"
	    "ingest: ep2: disconnected: cut\n"
	    "ingest: 192.0.2.1:0: certificate 33333333333333333333333333333333 is not known here; "
	    "refused\n"
	    "ingest: 192.0.2.1:0: disconnected: cut\n"
	    "ingest: 192.0.2.1:0: no handshake\n"
	    "ingest: ep2: disconnected: cut\n");
	CHECK(end(s));
}

/* What is refused is said at most every ten seconds, and how often it was not. */
TEST(session_log_says_what_was_refused_and_how_often)
{
	struct scene *s = begin();
	struct es_tls_conn *c = join(s, 1);
	const char *log;

	hello(c, epoch_a, 1);
	listen_to_log();
	batch_with(s, c, epoch_a, 1, 5, 0, true);
	batch_with(s, c, epoch_a, 6, 6, 0, true);
	made_pass(s->in.loop, 9999);
	batch_with(s, c, epoch_a, 7, 8, 0, true);
	made_pass(s->in.loop, 1);
	batch_with(s, c, epoch_a, 9, 10, 0, true);
	batch(s, c, epoch_a, 11, 11);
	(void)arrive(s);
	(void)arrive(s);
	(void)arrive(s); /* one more than there are places, twice */
	(void)arrive(s);
	made_pass(s->in.loop, 10000);
	(void)arrive(s);
	log = end_of_log();
	CHECK_STR(log,
	    "ingest: ep1: checksum of the body is wrong in 1..5: 5 records refused and "
	    "acknowledged (0 times unsaid)\n"
	    "ingest: ep1: checksum of the body is wrong in 9..10: 2 records refused and "
	    "acknowledged (2 times unsaid)\n"
	    "ingest: 3 connections are the limit (max-connections); refused one more (0 times "
	    "unsaid)\n"
	    "ingest: 3 connections are the limit (max-connections); refused one more (1 times "
	    "unsaid)\n");
	CHECK_EQ(agent(s, 1).refused, 10);
	CHECK(end(s));
}
