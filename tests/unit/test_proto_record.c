/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes and back: every field set and unset; damaged bytes; bombs. */
#include "proto_samples.h"

#include <stdlib.h>

struct check {
	const struct es_record *want;
	const char *differs;
	int n;
};

static void
compare(void *ctx, const struct es_record *rec)
{
	struct check *c = ctx;

	c->n++;
	c->differs = same_record(c->want, rec);
}

static void
ignore(void *ctx, const struct es_record *rec)
{
	int *n = ctx;

	(void)rec;
	(*n)++;
}

static struct es_alloc *
arena(void)
{
	static uint8_t room[SAMPLE_ALLOC];
	static struct es_alloc a;

	es_alloc_init(&a, room, sizeof(room));
	return &a;
}

static const char *
round_trip(const struct es_record *rec)
{
	static uint8_t out[ES_RECORD_MAX_BYTES];
	struct check c = { rec, NULL, 0 };
	int n = es_record_encode(rec, out, sizeof(out));

	if (n <= 0)
		return "not encoded";
	if (es_record_decode(test_guarded(out, (size_t)n), arena(), compare, &c) != 1 || c.n != 1)
		return "not decoded";
	return c.differs;
}

TEST(proto_record_survives_with_every_field_set_and_unset)
{
	static struct sample s;
	uint64_t rnd = 1;

	for (int t = 0; t < SAMPLE_TYPES; t++) {
		for (int i = 0; i < 300; i++) {
			uint32_t has = i < 32    ? UINT32_C(1) << i
				       : i < 64  ? ~(UINT32_C(1) << (i - 32))
				       : i == 64 ? 0
				       : i == 65 ? UINT32_MAX
						 : test_random(&rnd) ^ test_random(&rnd) << 3;
			const char *differs;

			sample_make(&rnd, sample_types[t], has, &s);
			differs = round_trip(&s.rec);
			if (differs != NULL)
				test_fail(__FILE__, __LINE__, "type %d has %x: %s", sample_types[t],
				    has, differs);
			CHECK(differs == NULL);
		}
	}
}

/* The number dialled is for whoever holds the capture: no field carries it. */
TEST(proto_record_of_a_call_leaves_out_the_number_dialled)
{
	struct es_record rec = { .type = ES_REC_CALL };
	uint8_t out[2][256];
	int n = es_record_encode(&rec, out[0], sizeof(out[0]));

	rec.u.call.dialled = es_slice_str("+49301234567@sbc");
	CHECK(n > 0);
	CHECK_EQ(es_record_encode(&rec, out[1], sizeof(out[1])), n);
	CHECK_EQ(memcmp(out[0], out[1], (size_t)n), 0);
}

TEST(proto_record_extremes_survive)
{
	static struct sample s;
	uint64_t rnd = 2;

	sample_make(&rnd, ES_REC_STREAM, UINT32_MAX, &s);
	s.rec.at = es_time_of_ns(INT64_MAX);
	s.rec.u.stream.start = es_time_of_ns(0);
	s.rec.u.stream.duration_us = UINT64_MAX;
	s.rec.u.stream.skew_ppb = INT32_MIN;
	s.rec.u.stream.r_milli = -1000000;
	CHECK(round_trip(&s.rec) == NULL);
	sample_make(&rnd, ES_REC_REPORTED, UINT32_MAX, &s);
	s.rec.u.reported.cumulative_lost = -8388608;
	CHECK(round_trip(&s.rec) == NULL);
	sample_make(&rnd, ES_REC_INTERVAL, UINT32_MAX, &s);
	s.rec.u.interval.first_seq = UINT64_MAX - 255;
	s.rec.u.interval.last_seq = UINT64_MAX;
	s.rec.u.interval.block = s.rec.u.interval.first_seq / 256;
	s.missing[0].seq = UINT64_MAX;
	s.missing[0].run = 1;
	s.rec.u.interval.missing = s.missing;
	s.rec.u.interval.n_missing = 1;
	CHECK(round_trip(&s.rec) == NULL);
}

struct sent_on {
	uint8_t bytes[ES_RECORD_MAX_BYTES];
	int n;
};

static void
encode_again(void *ctx, const struct es_record *rec)
{
	struct sent_on *s = ctx;

	s->n = es_record_encode(rec, s->bytes, sizeof(s->bytes));
}

struct damaged {
	const struct es_record *whole;
	int seen;
	bool is_whole;
};

/* What was accepted is sent on in bytes that are read as what they were written from. */
static void
send_on(void *ctx, const struct es_record *rec)
{
	static struct sent_on first, second;
	static uint8_t room[SAMPLE_ALLOC];
	struct damaged *d = ctx;
	struct es_alloc a;

	d->seen++;
	d->is_whole = same_record(d->whole, rec) == NULL;
	encode_again(&first, rec);
	CHECK(first.n > 0);
	es_alloc_init(&a, room, sizeof(room));
	CHECK_EQ(
	    es_record_decode(es_slice_of(first.bytes, (size_t)first.n), &a, encode_again, &second),
	    1);
	if (first.n != second.n || memcmp(first.bytes, second.bytes, (size_t)first.n) != 0)
		test_fail(__FILE__, __LINE__, "type %d changes when it is sent on", rec->type);
}

/* Decodes damaged bytes of a record: nothing, or one that can be sent on. */
static struct damaged
decode_damaged(const struct es_record *whole, const uint8_t *bytes, size_t n)
{
	struct damaged d = { whole, 0, false };
	int got = es_record_decode(test_guarded(bytes, n), arena(), send_on, &d);

	if (got < 0 ? got != ES_EMALFORMED && got != ES_EFULL : got > 1)
		test_fail(__FILE__, __LINE__, "decoding gives %d", got);
	if (d.seen != (got > 0 ? got : 0))
		test_fail(__FILE__, __LINE__, "%d records where %d are reported", d.seen, got);
	return d;
}

TEST(proto_record_truncated_or_flipped_is_refused_or_a_record)
{
	static struct sample s;
	static uint8_t out[ES_RECORD_MAX_BYTES];
	uint64_t rnd = 3;
	int seen = 0;

	for (int t = 0; t < SAMPLE_TYPES; t++) {
		int n;

		sample_make(&rnd, sample_types[t], UINT32_MAX, &s);
		if (sample_types[t] == ES_REC_CALL && s.rec.u.call.n_streams > 2)
			s.rec.u.call.n_streams = 2; /* shorter sweep, same code */
		n = es_record_encode(&s.rec, out, sizeof(out));
		CHECK(n > 0);
		for (int cut = 0; cut < n; cut++)
			CHECK(!decode_damaged(&s.rec, out, (size_t)cut).is_whole);
		for (int bit = 0; bit < n * 8; bit++) {
			out[bit / 8] ^= (uint8_t)(1 << bit % 8);
			seen += decode_damaged(&s.rec, out, (size_t)n).seen;
			out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	CHECK(seen > 0); /* a flip in a value is another value: most still decode */
}

TEST(proto_record_without_coverage_or_time_is_malformed)
{
	static const uint8_t no_time[] = { 0x1a, 0x00, 0x5a, 0x02, 0x08, 0x00 };
	static const uint8_t no_coverage[] = { 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x5a, 0x02, 0x08, 0 };
	static const uint8_t both[] = { 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x00, 0x5a, 0x02, 0x08,
		0 };
	int n = 0;

	CHECK_EQ(es_record_decode(GUARDED(no_time), arena(), ignore, &n), ES_EMALFORMED);
	CHECK_EQ(es_record_decode(GUARDED(no_coverage), arena(), ignore, &n), ES_EMALFORMED);
	CHECK_EQ(n, 0);
	CHECK_EQ(es_record_decode(GUARDED(both), arena(), ignore, &n), 1);
}

TEST(proto_record_of_unknown_type_is_counted_not_refused)
{
	static const uint8_t rec[] = { 0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x00, 0xa2, 0x06, 0x03,
		'n', 'e', 'w' };
	int n = 0;

	CHECK_EQ(es_record_decode(GUARDED(rec), arena(), ignore, &n), 0);
	CHECK_EQ(n, 0);
}

TEST(proto_record_bomb_of_empty_messages_is_refused_within_the_arena)
{
	enum { N = 58 << 10 };
	static uint8_t bomb[N + 32];
	struct es_alloc *a = arena();
	size_t at = 0;
	size_t call;
	int n = 0;

	bomb[at++] = 0x09;
	at += 8;
	bomb[at++] = 0x1a;
	bomb[at++] = 0;
	bomb[at++] = 0x32; /* call, length as three bytes */
	call = at;
	at += 3;
	while (at < N) {
		bomb[at++] = 0xa2; /* field 20: streams, empty */
		bomb[at++] = 0x01;
		bomb[at++] = 0x00;
	}
	bomb[call] = (uint8_t)((at - call - 3) | 0x80);
	bomb[call + 1] = (uint8_t)((at - call - 3) >> 7 | 0x80);
	bomb[call + 2] = (uint8_t)((at - call - 3) >> 14);
	/* With pointers of 32 bits they all fit; then it is seen that they are no streams. */
	CHECK_EQ(es_record_decode(test_guarded(bomb, at), a, ignore, &n),
	    sizeof(void *) == 8 ? ES_EFULL : ES_EMALFORMED);
	CHECK(a->arena.used_bytes <= SAMPLE_ALLOC);
	{
		static uint8_t small[64 << 10];
		struct es_alloc b;

		es_alloc_init(&b, small, sizeof(small));
		CHECK_EQ(es_record_decode(test_guarded(bomb, at), &b, ignore, &n), ES_EFULL);
		CHECK(b.arena.n_refused > 0);
	}
	CHECK_EQ(n, 0);
}

TEST(proto_record_out_of_range_values_are_refused)
{
	static struct sample s;
	static uint8_t out[ES_RECORD_MAX_BYTES];
	uint64_t rnd = 4;
	int n;
	int seen = 0;

	sample_make(&rnd, ES_REC_STREAM, UINT32_MAX, &s);
	s.rec.u.stream.mos_lq_milli = 5001;
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	sample_make(&rnd, ES_REC_INTERVAL, 0, &s);
	s.rec.u.interval.last_seq = s.rec.u.interval.first_seq + ES_BLOCK_SEQS;
	s.rec.u.interval.n_missing = 0;
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	sample_make(&rnd, ES_REC_CHANGE, 0, &s);
	s.rec.at = es_time_of_ns(-1);
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	sample_make(&rnd, ES_REC_STREAM, UINT32_MAX, &s);
	s.rec.u.stream.level_dbov = 1;
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	sample_make(&rnd, ES_REC_CALL, UINT32_MAX, &s);
	s.statuses[0] = 1000;
	s.rec.u.call.statuses = s.statuses;
	s.rec.u.call.n_statuses = 1;
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	CHECK_EQ(seen, 0);
}

TEST(proto_record_lists_above_their_caps_are_not_written)
{
	static struct sample s;
	static uint8_t out[ES_RECORD_MAX_BYTES];
	uint64_t rnd = 6;

	sample_make(&rnd, ES_REC_CALL, 0, &s);
	s.rec.u.call.n_statuses = ES_CALL_STATUSES_MAX + 1;
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
	sample_make(&rnd, ES_REC_REPORTED, 0, &s);
	s.rec.u.reported.n_values = ES_FIELD_VALUES_MAX + 1;
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
	sample_make(&rnd, ES_REC_HEALTH, 0, &s);
	s.rec.u.health.n_sip = ES_HEALTH_SIP_MAX + 1;
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
	sample_make(&rnd, ES_REC_HEALTH, 0, &s);
	s.rec.u.health.n_unknowns = ES_HEALTH_UNKNOWNS_MAX + 1;
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
	s.rec.u.health.unknowns = s.unknowns;
	s.rec.u.health.n_unknowns = 1;
	s.unknowns[0].layer = ES_UNKNOWN_LINK;
	s.unknowns[0].sample_bytes = ES_UNKNOWN_BYTES + 1;
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
}

/* A run of bytes within a record, or its end. */
static size_t
find_bytes(const uint8_t *in, size_t n, const char *what, size_t n_what)
{
	for (size_t i = 0; i + n_what <= n; i++)
		if (memcmp(in + i, what, n_what) == 0)
			return i;
	return n;
}

TEST(proto_record_loss_runs_are_ten_or_malformed)
{
	static struct sample s;
	static uint8_t out[ES_RECORD_MAX_BYTES];
	uint64_t rnd = 7;
	int seen = 0;
	size_t at;
	int n;

	sample_make(&rnd, ES_REC_STREAM, ES_STREAM_HAS_LOSS_RUNS, &s);
	memset(s.rec.u.stream.loss_run, 0, sizeof(s.rec.u.stream.loss_run));
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK_EQ(es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), 1);
	/* field 51, packed: ten bytes of one number each; a continuation bit makes nine of them */
	at = find_bytes(out, (size_t)n, "\x9a\x03\x0a\0\0\0\0\0\0\0\0\0\0", 13);
	CHECK(at < (size_t)n);
	out[at + 3] |= 0x80;
	CHECK_EQ(
	    es_record_decode(test_guarded(out, (size_t)n), arena(), ignore, &seen), ES_EMALFORMED);
	CHECK_EQ(seen, 1);
}

TEST(proto_record_that_does_not_fit_is_full_not_cut)
{
	static struct sample s;
	static uint8_t out[ES_RECORD_MAX_BYTES];
	uint64_t rnd = 5;
	int n;

	sample_make(&rnd, ES_REC_CALL, UINT32_MAX, &s);
	n = es_record_encode(&s.rec, out, sizeof(out));
	CHECK(n > 0);
	CHECK_EQ(es_record_encode(&s.rec, out, (size_t)n - 1), ES_EFULL);
	CHECK_EQ(es_record_encode(&s.rec, out, (size_t)n), n);
	s.rec.type = ES_REC_LOSS + 1; /* no such type */
	CHECK_EQ(es_record_encode(&s.rec, out, sizeof(out)), ES_EINVALID);
}

TEST(proto_alloc_gives_back_the_latest_block_and_no_other)
{
	static uint8_t room[257];
	struct es_alloc a;
	uint8_t *first, *latest;
	size_t mark;

	es_alloc_init(&a, room + 1, 256);
	CHECK(es_arena_take(&a.arena, 1, 3) != NULL);
	mark = es_arena_mark(&a.arena);
	first = a.pb.alloc(a.pb.allocator_data, 0); /* even of nothing: apart from the next one */
	CHECK(first != NULL && (uintptr_t)first % _Alignof(max_align_t) == 0);
	latest = a.pb.alloc(a.pb.allocator_data, 64);
	CHECK(latest > first);
	a.pb.free(a.pb.allocator_data, NULL);
	a.pb.free(a.pb.allocator_data, first);
	CHECK(es_arena_mark(&a.arena) > mark);
	a.pb.free(a.pb.allocator_data, latest);
	CHECK(es_arena_mark(&a.arena) < mark + 16 + 16);
	mark = es_arena_mark(&a.arena);
	latest = a.pb.alloc(a.pb.allocator_data, 64);
	CHECK(a.pb.alloc(a.pb.allocator_data, 512) == NULL);
	CHECK(a.pb.alloc(a.pb.allocator_data, SIZE_MAX) == NULL);
	CHECK_EQ(a.arena.n_refused, 2);
	a.pb.free(a.pb.allocator_data, latest); /* still the latest that was given */
	CHECK_EQ(es_arena_mark(&a.arena), mark);
	es_alloc_reset(&a);
	CHECK(a.pb.alloc(a.pb.allocator_data, 241) == a.arena.at);
}

/* What we took behind a block of protobuf-c must outlive it. */
TEST(proto_alloc_keeps_a_block_with_another_behind_it)
{
	struct es_alloc a;
	void *block, *behind;

	CHECK_EQ(es_alloc_new(&a, 256), 0);
	block = a.pb.alloc(a.pb.allocator_data, 32);
	behind = es_arena_reserve(&a.arena, 1, 32);
	a.pb.free(a.pb.allocator_data, block);
	CHECK(a.pb.alloc(a.pb.allocator_data, 32) > behind);
	es_alloc_free(&a);
}
