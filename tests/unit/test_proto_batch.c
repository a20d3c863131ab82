/* SPDX-License-Identifier: Apache-2.0 */
/* Batches and envelopes: records come back exactly; damage, bombs and lies are refused. */
#include "proto/batch.h"
#include "proto_samples.h"

#include <stdlib.h>
#include <zlib.h>

enum { N_RECORDS = 200 };

static uint8_t kept[1 << 20];
static es_slice records[ES_BATCH_RECORDS_MAX];
static uint8_t frame[ES_FRAME_MAX_BYTES + ES_FRAME_HEADER_BYTES];

static struct es_alloc *
arena(void)
{
	static uint8_t room[ES_ALLOC_BYTES];
	static struct es_alloc a;

	es_alloc_init(&a, room, sizeof(room));
	return &a;
}

/* Encoded records of every type; returns how many. */
static size_t
make_records(uint64_t *rnd, size_t n)
{
	static struct sample s;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int len;

		sample_make(rnd, sample_types[i % SAMPLE_TYPES], test_random(rnd), &s);
		len = es_record_encode(&s.rec, kept + at, sizeof(kept) - at);
		if (len <= 0)
			return i;
		records[i] = es_slice_of(kept + at, (size_t)len);
		at += (size_t)len;
	}
	return n;
}

struct seen {
	size_t n;
	bool differs;
	uint64_t first_seq;
	int stop_at; /* index at which the callback refuses, -1 = never */
};

static int
see(void *ctx, uint64_t seq, es_slice record)
{
	struct seen *s = ctx;

	if (s->stop_at >= 0 && s->n == (size_t)s->stop_at)
		return ES_EIO;
	if (seq != s->first_seq + s->n || !es_slice_eq(record, records[s->n]))
		s->differs = true;
	s->n++;
	return 0;
}

static int
count(void *ctx, uint64_t seq, es_slice record)
{
	(void)seq;
	(void)record;
	(*(int *)ctx)++;
	return 0;
}

/* A batch of the first n records, inside an envelope, as bytes of a frame. */
static int
make_frame(struct es_batch_writer *w, size_t n, uint64_t first_seq)
{
	static struct es_envelope env;

	memset(&env, 0, sizeof(env));
	env.type = ES_ENV_BATCH;
	env.u.batch.first_seq = first_seq;
	memset(env.u.batch.epoch, 7, sizeof(env.u.batch.epoch));
	env.u.batch.clocks.wall = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	env.u.batch.clocks.boot_ns = 12345;
	es_batch_writer_begin(w);
	for (size_t i = 0; i < n; i++)
		if (es_batch_writer_add(w, records[i]) != 0)
			return ES_EFULL;
	if (es_batch_writer_end(w, &env.u.batch) != 0)
		return ES_EINVALID;
	return es_envelope_encode(&env, frame, sizeof(frame));
}

TEST(proto_batch_gives_back_every_record_byte_for_byte)
{
	struct es_batch_writer *w = NULL;
	struct es_alloc *a = arena();
	struct es_envelope env;
	uint64_t rnd = 1;
	size_t plain = 0;
	struct seen s = { 0, false, 1000, -1 };
	int n;

	CHECK_EQ(make_records(&rnd, N_RECORDS), N_RECORDS);
	CHECK_EQ(es_batch_writer_new(&w), 0);
	for (int round = 0; round < 3; round++) { /* the writer is reusable */
		n = make_frame(w, N_RECORDS, 1000);
		CHECK(n > 0);
	}
	for (int i = 0; i < N_RECORDS; i++)
		plain += records[i].n;
	CHECK_EQ(es_envelope_decode(test_guarded(frame + 4, (size_t)n - 4), a, &env), 0);
	CHECK_EQ(env.type, ES_ENV_BATCH);
	CHECK_EQ(env.u.batch.last_seq, 1000 + N_RECORDS - 1);
	CHECK(env.u.batch.deflated);
	CHECK((size_t)n < plain);
	CHECK_EQ(es_batch_open(&env.u.batch, a, see, &s, NULL), N_RECORDS);
	CHECK(!s.differs);
	CHECK_EQ(s.n, N_RECORDS);
	s.n = 0;
	s.stop_at = 5;
	CHECK_EQ(es_batch_open(&env.u.batch, a, see, &s, NULL), ES_EIO);
	CHECK_EQ(s.n, 5);
	es_batch_writer_free(w);
}

TEST(proto_batch_of_one_record_travels_plain_when_deflate_gains_nothing)
{
	struct es_batch_writer *w = NULL;
	struct es_alloc *a = arena();
	struct es_envelope env;
	uint64_t rnd = 2;
	struct seen s = { 0, false, 1, -1 };
	int n;

	CHECK_EQ(make_records(&rnd, 6), 6);
	records[0] = records[5]; /* a change: a few bytes */
	CHECK_EQ(es_batch_writer_new(&w), 0);
	n = make_frame(w, 1, 1);
	CHECK(n > 0);
	CHECK_EQ(es_envelope_decode(test_guarded(frame + 4, (size_t)n - 4), a, &env), 0);
	CHECK(!env.u.batch.deflated);
	CHECK_EQ(es_batch_open(&env.u.batch, a, see, &s, NULL), 1);
	CHECK(!s.differs);
	es_batch_writer_begin(w);
	CHECK_EQ(es_batch_writer_end(w, &env.u.batch), ES_EINVALID); /* empty */
	es_batch_writer_free(w);
}

TEST(proto_batch_full_says_so_and_still_fits_a_frame)
{
	struct es_batch_writer *w = NULL;
	struct es_batch b;
	uint8_t rec[2000];
	uint64_t rnd = 3;
	size_t n = 0;
	int err;

	CHECK_EQ(es_batch_writer_new(&w), 0);
	es_batch_writer_begin(w);
	for (;;) {
		for (size_t i = 0; i < sizeof(rec); i++)
			rec[i] = (uint8_t)test_random(&rnd); /* nothing to deflate */
		memset(rec, 0, 10);
		rec[0] = 0x09;
		rec[9] = 0x1a; /* not a vantage */
		err = es_batch_writer_add(w, es_slice_of(rec, sizeof(rec)));
		if (err != 0)
			break;
		n++;
	}
	CHECK_EQ(err, ES_EFULL);
	CHECK(n > 100);
	memset(&b, 0, sizeof(b));
	b.first_seq = 1;
	CHECK_EQ(es_batch_writer_end(w, &b), 0);
	CHECK(!b.deflated);
	CHECK(b.body.n < ES_BATCH_BODY_MAX);
	CHECK_EQ(es_batch_writer_add(w, es_slice_str("not a record")), ES_EMALFORMED);
	es_batch_writer_free(w);
}

TEST(proto_batch_damage_never_passes)
{
	struct es_batch_writer *w = NULL;
	uint64_t rnd = 4;
	int opened = 0;
	int n;

	CHECK_EQ(make_records(&rnd, 6), 6);
	CHECK_EQ(es_batch_writer_new(&w), 0);
	n = make_frame(w, 6, 1);
	CHECK(n > 4);
	for (int bit = 0; bit < (n - 4) * 8; bit += (int)test_step(7)) {
		struct es_alloc *a = arena();
		struct es_envelope env;
		uint8_t *at = frame + 4 + bit / 8;

		*at ^= (uint8_t)(1 << bit % 8);
		if (es_envelope_decode(test_guarded(frame + 4, (size_t)n - 4), a, &env) == 0 &&
		    env.type == ES_ENV_BATCH) {
			struct seen s = { 0, false, env.u.batch.first_seq, -1 };
			const char *why = NULL;
			int got = es_batch_open(&env.u.batch, a, see, &s, &why);

			/* only the numbers and clocks lie outside the checksum */
			CHECK(got < 0 ? why != NULL : got == 6 && !s.differs);
			opened += got > 0;
		}
		*at ^= (uint8_t)(1 << bit % 8);
	}
	for (int cut = 0; cut < n - 4; cut += (int)test_step(3)) {
		struct es_alloc *a = arena();
		struct es_envelope env;

		if (es_envelope_decode(test_guarded(frame + 4, (size_t)cut), a, &env) == 0 &&
		    env.type == ES_ENV_BATCH)
			CHECK(es_batch_open(
				  &env.u.batch, a, see, &(struct seen){ .stop_at = -1 }, NULL) < 0);
	}
	CHECK(opened > 0);
	es_batch_writer_free(w);
}

TEST(proto_batch_decompression_bomb_is_refused)
{
	static uint8_t zeros[8 << 20];
	static uint8_t bomb[64 << 10];
	uLongf n = sizeof(bomb);
	struct es_batch b;
	const char *why = NULL;
	int got = 0;

	CHECK_EQ(compress2(bomb, &n, zeros, sizeof(zeros), 9), Z_OK);
	CHECK(n < 20000);
	memset(&b, 0, sizeof(b));
	b.first_seq = b.last_seq = 1;
	b.deflated = true;
	b.body = test_guarded(bomb, n);
	b.body_bytes = ES_BATCH_BODY_MAX; /* the most a batch may claim */
	b.crc32 = 1;
	CHECK_EQ(es_batch_open(&b, arena(), count, &got, &why), ES_EMALFORMED);
	CHECK(strstr(why, "longer than it says") != NULL);
	b.body_bytes = sizeof(zeros); /* the truth is refused before a byte is inflated */
	CHECK_EQ(es_batch_open(&b, arena(), count, &got, &why), ES_EMALFORMED);
	CHECK_STR(why, "body length out of range");
	CHECK_EQ(got, 0);
}

TEST(proto_batch_bomb_of_empty_records_is_refused_within_the_arena)
{
	static uint8_t body[ES_BATCH_BODY_MAX];
	struct es_alloc *a = arena();
	struct es_batch b;
	int got = 0;

	for (size_t i = 0; i + 1 < sizeof(body); i += 2)
		body[i] = 0x1a; /* field 3: records, empty: 120,000 of them */
	memset(&b, 0, sizeof(b));
	b.first_seq = 1;
	b.last_seq = sizeof(body) / 2;
	b.body = es_slice_of(body, sizeof(body));
	b.body_bytes = sizeof(body);
	b.crc32 = (uint32_t)crc32(0, body, sizeof(body));
	CHECK_EQ(es_batch_open(&b, a, count, &got, NULL), ES_EFULL);
	CHECK(a->arena.n_refused > 0);
	CHECK_EQ(got, 0);
}

TEST(proto_batch_whose_count_lies_is_refused)
{
	struct es_batch_writer *w = NULL;
	struct es_batch b;
	const char *why;
	uint64_t rnd = 5;
	int got = 0;

	CHECK_EQ(make_records(&rnd, 3), 3);
	CHECK_EQ(es_batch_writer_new(&w), 0);
	memset(&b, 0, sizeof(b));
	b.first_seq = 10;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(es_batch_writer_add(w, records[i]), 0);
	CHECK_EQ(es_batch_writer_end(w, &b), 0);
	CHECK_EQ(b.last_seq, 12);
	b.last_seq = 13;
	CHECK_EQ(es_batch_open(&b, arena(), count, &got, &why), ES_EMALFORMED);
	CHECK_STR(why, "number of records does not fit first..last");
	b.last_seq = 12;
	b.crc32 ^= 1;
	CHECK_EQ(es_batch_open(&b, arena(), count, &got, &why), ES_EMALFORMED);
	CHECK_STR(why, "checksum of the body is wrong");
	CHECK_EQ(got, 0);
	es_batch_writer_free(w);
}

static int
over_the_wire(const struct es_envelope *env, struct es_envelope *out)
{
	int n = es_envelope_encode(env, frame, sizeof(frame));

	if (n < 0)
		return n;
	for (int cut = 0; cut < n - 4; cut++) {
		struct es_envelope scrap;
		int err = es_envelope_decode(test_guarded(frame + 4, (size_t)cut), arena(), &scrap);

		if (err != ES_EMALFORMED && (err != 0 || scrap.type != ES_ENV_UNKNOWN))
			test_fail(__FILE__, __LINE__, "cut to %d bytes: %d, type %d", cut, err,
			    (int)scrap.type);
	}
	return es_envelope_decode(es_slice_of(frame + 4, (size_t)n - 4), arena(), out);
}

TEST(proto_envelope_session_messages_survive)
{
	struct es_envelope env = { .type = ES_ENV_HELLO };
	struct es_envelope got;

	env.u.hello.version_min = 1;
	env.u.hello.version_max = 3;
	env.u.hello.agent_version = es_slice_str("0.1");
	env.u.hello.agent_id = es_slice_str("a-1");
	env.u.hello.next_seq = UINT64_C(1) << 50;
	env.u.hello.clocks.synchronised = true;
	env.u.hello.clocks.boot_ns = 77;
	env.u.hello.role = ES_ROLE_GATEWAY;
	memset(env.u.hello.epoch, 9, 16);
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK_EQ(got.type, ES_ENV_HELLO);
	CHECK_SLICE(got.u.hello.agent_id, "a-1");
	CHECK(got.u.hello.next_seq == UINT64_C(1) << 50 && got.u.hello.clocks.synchronised);
	CHECK_EQ(got.u.hello.role, ES_ROLE_GATEWAY);
	CHECK(memcmp(got.u.hello.epoch, env.u.hello.epoch, 16) == 0);
	CHECK(!got.u.hello.has_sent_seq); /* an agent of the version before says nothing of it */
	CHECK_EQ(got.u.hello.proof_digest, 0);
	env.u.hello.has_sent_seq = true;
	env.u.hello.proof_seq = 11;
	env.u.hello.proof_digest = UINT64_MAX - 1;
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.u.hello.has_sent_seq && got.u.hello.sent_seq == 0); /* nothing: not the same */
	CHECK_EQ(got.u.hello.proof_seq, 11);
	CHECK(got.u.hello.proof_digest == UINT64_MAX - 1);
	env.u.hello.next_seq = 0;
	CHECK_EQ(over_the_wire(&env, &got), ES_EMALFORMED);

	env = (struct es_envelope){ .type = ES_ENV_WELCOME };
	env.u.welcome.version = 1;
	env.u.welcome.acked_seq = 5;
	env.u.welcome.credit_batches = 8;
	env.u.welcome.reconnect_window_ms = 60000;
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.u.welcome.acked_seq == 5 && got.u.welcome.credit_batches == 8);
	CHECK_EQ(got.u.welcome.acked_digest, 0);
	env.u.welcome.acked_digest = UINT64_MAX;
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.u.welcome.acked_digest == UINT64_MAX);
	env.u.welcome.credit_batches = 0;
	CHECK_EQ(over_the_wire(&env, &got), ES_EMALFORMED);

	env = (struct es_envelope){ .type = ES_ENV_ACK };
	env.u.ack.through_seq = UINT64_MAX;
	env.u.ack.refused = 2;
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.u.ack.through_seq == UINT64_MAX && got.u.ack.refused == 2);

	env = (struct es_envelope){ .type = ES_ENV_NACK };
	env.u.nack.code = ES_NACK_DISK;
	env.u.nack.retry_after_ms = 5000;
	env.u.nack.reason = es_slice_str("disk full");
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.u.nack.code == ES_NACK_DISK && got.u.nack.retry_after_ms == 5000);
	CHECK_SLICE(got.u.nack.reason, "disk full");

	env = (struct es_envelope){ .type = ES_ENV_BYE };
	env.u.bye.code = ES_BYE_IDLE;
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(got.type == ES_ENV_BYE && got.u.bye.code == ES_BYE_IDLE);
	env.type = ES_ENV_UNKNOWN;
	CHECK_EQ(over_the_wire(&env, &got), ES_EINVALID);
}

TEST(proto_envelope_enrolment_survives_and_is_checked)
{
	static char pem[6000];
	uint8_t secret[32] = { 1, 2, 3 };
	struct es_envelope env = { .type = ES_ENV_ENROLL_REQUEST };
	struct es_envelope got;

	memset(pem, 'P', sizeof(pem) - 1);
	env.u.enroll_request.token_secret = es_slice_of(secret, 32);
	env.u.enroll_request.csr_der = es_slice_str("der");
	env.u.enroll_request.hostname = es_slice_str("laptop");
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK(es_slice_eq(got.u.enroll_request.token_secret, es_slice_of(secret, 32)));
	CHECK_SLICE(got.u.enroll_request.hostname, "laptop");
	env.u.enroll_request.token_secret.n = 31;
	CHECK_EQ(over_the_wire(&env, &got), ES_EMALFORMED);
	env = (struct es_envelope){ .type = ES_ENV_ENROLL_REPLY };
	env.u.enroll_reply.certificate_pem = es_slice_str(pem);
	env.u.enroll_reply.ca_pem = es_slice_str(pem);
	env.u.enroll_reply.name = es_slice_str("agent-1");
	env.u.enroll_reply.collector_name = es_slice_str("collector.test");
	env.u.enroll_reply.display_name = es_slice_str("ep");
	env.u.enroll_reply.tenant_key = es_slice_of(secret, 32);
	CHECK_EQ(over_the_wire(&env, &got), 0);
	CHECK_SLICE(got.u.enroll_reply.certificate_pem, pem);
	CHECK_SLICE(got.u.enroll_reply.display_name, "ep");
	env.u.enroll_reply.name = es_slice_of("a\0b", 3); /* not a C string */
	CHECK_EQ(over_the_wire(&env, &got), ES_EINVALID);
}

TEST(proto_envelope_of_a_later_version_is_unknown_not_malformed)
{
	static const uint8_t later[] = { 0xa2, 0x06, 0x02, 'h', 'i' };
	struct es_envelope got;

	CHECK_EQ(es_envelope_decode(GUARDED(later), arena(), &got), 0);
	CHECK_EQ(got.type, ES_ENV_UNKNOWN);
}

/* What collectors of earlier versions could send: a Policy, and its revision in each Welcome. */
TEST(proto_envelope_skips_the_policy_of_an_earlier_version)
{
	static const uint8_t policy[] = { 0x32, 0x02, 0x08, 0x04 };
	static const uint8_t greeting[] = { 0x12, 0x06, 0x08, 0x01, 0x18, 0x03, 0x20, 0x07 };
	struct es_envelope got;

	CHECK_EQ(es_envelope_decode(GUARDED(policy), arena(), &got), 0);
	CHECK_EQ(got.type, ES_ENV_UNKNOWN);
	CHECK_EQ(es_envelope_decode(GUARDED(greeting), arena(), &got), 0);
	CHECK_EQ(got.type, ES_ENV_WELCOME);
	CHECK_EQ(got.u.welcome.version, 1);
	CHECK_EQ(got.u.welcome.credit_batches, 3);
}

TEST(record_digest_distinguishes_records_and_is_never_none)
{
	es_slice a = es_slice_str("record 1"), b = es_slice_str("record 2");

	CHECK(es_record_digest(a) == es_record_digest(es_slice_str("record 1")));
	CHECK(es_record_digest(a) != es_record_digest(b));
	CHECK(es_record_digest(es_slice_of(NULL, 0)) != 0);
}
