/* SPDX-License-Identifier: Apache-2.0 */
/* Sanitizer and open table: pseudonyms before the disk, gaps reported for everything that was open. */
#include "agent/shipper/sanitizer.h"
#include "proto/decode.h"
#include "proto/pack.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

struct bench {
	struct es_pseudonym pseudonym;
	struct es_open *open;
	struct es_sanitizer in;
	struct es_record seen[8]; /* reported by a gap or decoded last */
	int n_seen;
	uint8_t bytes[8192];
	uint8_t arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
};

static const uint8_t key[32] = { 1, 2, 3 };

static struct bench *
bench_new(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (b == NULL || es_pseudonym_init(&b->pseudonym, key, "49") != 0 ||
	    es_open_new(key, &b->open) != 0 ||
	    es_sanitizer_init(&b->in, &b->pseudonym, b->open) != 0)
		abort();
	es_alloc_init(&b->alloc, b->arena, sizeof(b->arena));
	return b;
}

static void
bench_free(struct bench *b)
{
	es_sanitizer_done(&b->in);
	es_open_free(b->open);
	free(b);
}

static void
see(void *ctx, const struct es_record *rec)
{
	struct bench *b = ctx;

	if (b->n_seen < 8)
		b->seen[b->n_seen] = *rec;
	b->n_seen++;
}

static const struct es_vantage here = { { (const uint8_t *)"access", 6 }, ES_ROLE_SBC };

static struct es_record
call_of(enum es_state state)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.at = es_time_of_ns(5 * ES_NS_PER_S);
	r.vantage = &here;
	r.u.call.call_id = es_slice_str("abc@host");
	r.u.call.from = es_slice_str("+493012345678@example.net");
	r.u.call.to = es_slice_str("alice@example.net");
	r.u.call.state = state;
	r.u.call.start = es_time_of_ns(1 * ES_NS_PER_S);
	return r;
}

static struct es_record
stream_of(enum es_state state, uint64_t packets)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	r.at = es_time_of_ns(5 * ES_NS_PER_S);
	r.vantage = &here;
	r.u.stream.key.ssrc = 7;
	r.u.stream.key.src.family = r.u.stream.key.dst.family = 4;
	r.u.stream.state = state;
	r.u.stream.start = es_time_of_ns(1 * ES_NS_PER_S);
	r.u.stream.packets = r.u.stream.expected = packets;
	r.u.stream.first_seq = 65536;
	r.u.stream.last_seq = 65535 + packets;
	return r;
}

static struct es_record
block_of(uint64_t block)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_INTERVAL;
	r.at = es_time_of_ns(9 * ES_NS_PER_S);
	r.vantage = &here;
	r.u.interval.stream = stream_of(ES_STATE_UNKNOWN, 1).u.stream.key;
	r.u.interval.block = block;
	r.u.interval.first_seq = block * 256;
	r.u.interval.last_seq = block * 256 + 255;
	r.u.interval.start = es_time_of_ns((int64_t)(block - 256) * 5 * ES_NS_PER_S);
	r.u.interval.end = es_time_add(r.u.interval.start, 5 * ES_NS_PER_S);
	r.u.interval.expected = 256;
	r.u.interval.received = 256;
	return r;
}

/* Through the sanitizer and into the (imagined) spool; what was to be stored is decoded into seen[0]. */
static int
pass(struct bench *b, const struct es_record *rec)
{
	int n = es_record_encode(rec, b->bytes, sizeof(b->bytes)), err;
	es_slice store;

	if (n <= 0)
		return n;
	err = es_sanitizer_prepare(&b->in, es_slice_of(b->bytes, (size_t)n), &store);
	if (err != 0)
		return err;
	b->n_seen = 0;
	es_alloc_reset(&b->alloc);
	err = es_record_decode(store, &b->alloc, see, b);
	es_sanitizer_stored(&b->in);
	return err;
}

static void
report_gap(struct bench *b, uint32_t gap_ms)
{
	b->n_seen = 0;
	es_alloc_reset(&b->alloc);
	es_open_gap(b->open, es_time_of_ns(99 * ES_NS_PER_S), gap_ms, &b->alloc, see, b);
}

TEST(sanitizer_stores_no_user_part)
{
	struct bench *b = bench_new();
	struct es_record call = call_of(ES_STATE_COMPLETED);

	CHECK_EQ(pass(b, &call), 1);
	CHECK(b->seen[0].u.call.from.n > 20);
	CHECK(memcmp(b->seen[0].u.call.from.p, "n1-cc49-", 8) == 0);
	CHECK(memcmp(b->seen[0].u.call.to.p, "u1-", 3) == 0);
	CHECK(memmem(b->in.bytes.p, b->in.bytes.n, "12345678", 8) == NULL);
	CHECK(memmem(b->in.bytes.p, b->in.bytes.n, "alice", 5) == NULL);
	CHECK(memmem(b->in.bytes.p, b->in.bytes.n, "@example.net", 12) != NULL);
	CHECK_EQ(es_open_calls(b->open), 0);
	bench_free(b);
}

static bool
stored(const struct bench *b, const char *text)
{
	return memmem(b->in.bytes.p, b->in.bytes.n, text, strlen(text)) != NULL;
}

TEST(sanitizer_hides_every_party_and_key_of_a_call)
{
	struct bench *b = bench_new();
	struct es_record call = call_of(ES_STATE_COMPLETED);
	es_slice first;

	call.u.call.diverted_from = es_slice_str("+493055566677@diverter.example");
	call.u.call.asserted = call.u.call.from;
	call.u.call.user_to_user = es_slice_str("3132333435;encoding=hex");
	call.u.call.custom_key = call.u.call.user_to_user;
	call.u.call.caller_contact = es_slice_str("carol@10.0.0.9:5061");
	call.u.call.callee_contact = es_slice_str("10.0.0.8:5062");
	call.u.call.caller_agent = es_slice_str("Phone/1.0");
	CHECK_EQ(pass(b, &call), 1);
	CHECK(!stored(b, "55566677"));
	CHECK(!stored(b, "12345678"));
	CHECK(!stored(b, "3132333435"));
	CHECK(!stored(b, "carol"));
	CHECK(stored(b, "@diverter.example"));
	CHECK(stored(b, "10.0.0.9:5061"));
	CHECK(stored(b, "10.0.0.8:5062"));
	CHECK(stored(b, "Phone/1.0"));
	CHECK(es_slice_eq(b->seen[0].u.call.asserted, b->seen[0].u.call.from));
	first = b->seen[0].u.call.user_to_user;
	CHECK(first.n == 27 && memcmp(first.p, "k1-", 3) == 0);
	CHECK(es_slice_eq(first, b->seen[0].u.call.custom_key)); /* equality still joins */
	bench_free(b);
}

TEST(sanitizer_hides_who_registers)
{
	struct bench *b = bench_new();
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_REGISTRATION;
	r.at = es_time_of_ns(5 * ES_NS_PER_S);
	r.vantage = &here;
	r.u.registration.aor = es_slice_str("+493012345678@example.net");
	r.u.registration.contact = es_slice_str("alice@10.0.0.9:5061");
	CHECK_EQ(pass(b, &r), 1);
	CHECK_EQ(b->seen[0].type, ES_REC_REGISTRATION);
	CHECK(memcmp(b->seen[0].u.registration.aor.p, "n1-cc49-", 8) == 0);
	CHECK(!stored(b, "12345678"));
	CHECK(!stored(b, "alice"));
	CHECK(stored(b, "10.0.0.9:5061"));
	CHECK_EQ(es_open_calls(b->open) + es_open_streams(b->open), 0);
	bench_free(b);
}

TEST(sanitizer_bears_any_bytes)
{
	struct bench *b = bench_new();
	struct es_record call = call_of(ES_STATE_IN_PROGRESS);
	int n = es_record_encode(&call, b->bytes, sizeof(b->bytes)), i, bit;
	uint8_t copy[512];
	es_slice store;

	CHECK(n > 0 && n < 512);
	memcpy(copy, b->bytes, (size_t)n);
	for (i = 0; i < n; i++)
		if (es_sanitizer_prepare(&b->in, test_guarded(copy, (size_t)i), &store) == 0)
			es_sanitizer_stored(&b->in);
	for (bit = 0; bit < n * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (es_sanitizer_prepare(&b->in, test_guarded(copy, (size_t)n), &store) == 0)
			es_sanitizer_stored(&b->in);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CHECK(b->in.refused > 0);
	bench_free(b);
}

TEST(open_reports_a_gap_of_what_was_in_progress_only)
{
	struct bench *b = bench_new();
	struct es_record call = call_of(ES_STATE_IN_PROGRESS);
	struct es_record stream = stream_of(ES_STATE_IN_PROGRESS, 10);
	struct es_record ended = stream_of(ES_STATE_COMPLETED, 20);
	struct es_record block = block_of(256);

	ended.u.stream.key.ssrc = 8;
	CHECK_EQ(pass(b, &ended), 1);
	CHECK_EQ(pass(b, &call), 1);
	CHECK_EQ(pass(b, &stream), 1);
	CHECK_EQ(pass(b, &block), 1);
	CHECK_EQ(es_open_calls(b->open), 1);
	CHECK_EQ(es_open_streams(b->open), 1);
	report_gap(b, 1500);
	CHECK_EQ(b->n_seen, 2);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(b->seen[i].coverage.flags, ES_COV_GAP);
		CHECK_EQ(b->seen[i].coverage.gap_ms, 1500);
		CHECK_EQ(b->seen[i].at.ns, 99 * ES_NS_PER_S);
		if (b->seen[i].type == ES_REC_STREAM) {
			CHECK_EQ(b->seen[i].u.stream.state, ES_STATE_UNKNOWN);
			CHECK_EQ(b->seen[i].u.stream.packets, 256); /* its blocks knew more */
			CHECK_EQ(b->seen[i].u.stream.expected, 256);
		} else {
			CHECK_EQ(b->seen[i].u.call.state, ES_STATE_UNKNOWN);
		}
	}
	report_gap(b, 0); /* once is enough */
	CHECK_EQ(b->n_seen, 0);
	bench_free(b);
}

TEST(open_keeps_the_gap_when_the_stream_is_heard_again)
{
	struct bench *b = bench_new();
	struct es_record stream = stream_of(ES_STATE_IN_PROGRESS, 10);

	CHECK_EQ(pass(b, &stream), 1);
	CHECK_EQ(b->seen[0].coverage.flags, 0);
	report_gap(b, 700);
	CHECK_EQ(b->n_seen, 1);
	CHECK_EQ(pass(b, &stream), 1); /* the next sensor sees it go on */
	CHECK_EQ(b->seen[0].coverage.flags, ES_COV_GAP);
	CHECK_EQ(b->seen[0].coverage.gap_ms, 700);
	stream.u.stream.state = ES_STATE_COMPLETED;
	CHECK_EQ(pass(b, &stream), 1);
	CHECK_EQ(b->seen[0].coverage.flags, ES_COV_GAP);
	CHECK_EQ(pass(b, &stream), 1); /* another one by that name */
	CHECK_EQ(b->seen[0].coverage.flags, 0);
	bench_free(b);
}

TEST(open_distinguishes_vantage_points)
{
	struct bench *b = bench_new();
	static const struct es_vantage there = { { (const uint8_t *)"core", 4 }, ES_ROLE_SBC };
	struct es_record call = call_of(ES_STATE_IN_PROGRESS);

	CHECK_EQ(pass(b, &call), 1);
	call.vantage = &there;
	CHECK_EQ(pass(b, &call), 1);
	CHECK_EQ(es_open_calls(b->open), 2);
	call.u.call.state = ES_STATE_COMPLETED;
	CHECK_EQ(pass(b, &call), 1);
	CHECK_EQ(es_open_calls(b->open), 1);
	bench_free(b);
}

TEST(open_survives_a_restart_of_the_shipper)
{
	struct bench *b = bench_new(), *c = bench_new();
	struct es_record call = call_of(ES_STATE_IN_PROGRESS);
	struct es_record stream = stream_of(ES_STATE_IN_PROGRESS, 10);
	struct es_record block = block_of(256);
	uint8_t *bytes = NULL;
	size_t n = 0, i;

	CHECK_EQ(pass(b, &call), 1);
	CHECK_EQ(pass(b, &stream), 1);
	CHECK_EQ(pass(b, &block), 1);
	CHECK(es_open_is_dirty(b->open));
	CHECK_EQ(es_open_save(b->open, &bytes, &n), 0);
	CHECK(!es_open_is_dirty(b->open));
	CHECK_EQ(es_open_load(c->open, es_slice_of(bytes, n), &c->alloc), 0);
	CHECK_EQ(es_open_calls(c->open), 1);
	CHECK_EQ(es_open_streams(c->open), 1);
	report_gap(c, 0);
	CHECK_EQ(c->n_seen, 2);
	bench_free(c);
	c = bench_new();
	for (i = 0; i < n; i++)
		CHECK_EQ(es_open_load(c->open, test_guarded(bytes, i), &c->alloc), ES_EMALFORMED);
	for (i = 0; i < n * 8; i++) {
		if (i / 8 >= 12 && i / 8 < 16)
			continue; /* not used */
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		CHECK_EQ(es_open_load(c->open, es_slice_of(bytes, n), &c->alloc), ES_EMALFORMED);
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	free(bytes);
	bench_free(b);
	bench_free(c);
}

static int
prepare_pack(struct bench *b, unsigned n, es_slice *store)
{
	struct es_record recs[ES_PACK_BLOCKS_MAX];
	const struct es_record *list[ES_PACK_BLOCKS_MAX];
	int len;

	for (unsigned i = 0; i < n; i++) {
		recs[i] = block_of(256 + i);
		list[i] = &recs[i];
	}
	len = es_pack_encode(list, n, b->bytes, sizeof(b->bytes));
	return len <= 0 ? len
			: es_sanitizer_prepare(&b->in, es_slice_of(b->bytes, (size_t)len), store);
}

/* Each block of a pack counts for its stream, once; the pack goes into the spool as it came. */
TEST(sanitizer_counts_every_block_of_a_pack)
{
	static const unsigned sizes[] = { 2, 3, ES_PACK_BLOCKS_MAX };
	struct es_record stream = stream_of(ES_STATE_IN_PROGRESS, 0);

	for (int i = 0; i < 3; i++) {
		struct bench *b = bench_new();
		es_slice store;

		CHECK_EQ(pass(b, &stream), 1);
		CHECK_EQ(prepare_pack(b, sizes[i], &store), 0);
		CHECK(store.p == b->bytes);
		CHECK(es_sanitizer_is_blocks(&b->in));
		es_sanitizer_stored(&b->in);
		CHECK(!es_sanitizer_is_blocks(&b->in)); /* nothing is prepared now */
		es_sanitizer_stored(&b->in);
		CHECK_EQ(b->in.refused, 0);
		report_gap(b, 0);
		CHECK_EQ(b->n_seen, 1);
		CHECK_EQ(b->seen[0].u.stream.packets, 256 * sizes[i]);
		CHECK_EQ(b->seen[0].u.stream.last_seq, 65535 + 256 * sizes[i]);
		bench_free(b);
	}
}

/* A gap is no reason to write the blocks of the stream again: each is whole in itself. */
TEST(sanitizer_changes_only_what_a_gap_concerns)
{
	struct bench *b = bench_new();
	struct es_record stream = stream_of(ES_STATE_IN_PROGRESS, 10), block = block_of(256);

	CHECK_EQ(pass(b, &stream), 1);
	CHECK(b->in.bytes.p == b->bytes); /* as it came */
	CHECK(!es_sanitizer_is_blocks(&b->in));
	report_gap(b, 700);
	CHECK_EQ(pass(b, &block), 1);
	CHECK(b->in.bytes.p == b->bytes);
	CHECK_EQ(b->seen[0].coverage.flags, 0);
	stream.coverage.flags = ES_COV_GAP | ES_COV_CLOCK;
	stream.coverage.gap_ms = 900; /* it knows of a longer one, and more */
	CHECK_EQ(pass(b, &stream), 1);
	CHECK(b->in.bytes.p == b->in.out);
	CHECK_EQ(b->seen[0].coverage.flags, ES_COV_GAP | ES_COV_CLOCK);
	CHECK_EQ(b->seen[0].coverage.gap_ms, 900);
	stream.coverage.gap_ms = 1;
	CHECK_EQ(pass(b, &stream), 1);
	CHECK_EQ(b->seen[0].coverage.gap_ms, 700);
	bench_free(b);
}

TEST(sanitizer_user_part_of_a_contact_ends_at_the_last_sign)
{
	static const char *const contacts[] = { "@10.0.0.9:5061", "a@10.0.0.9:5061",
		"a@b@10.0.0.9:5061", "10.0.0.9:5061", "x@", "" };
	struct es_record call = call_of(ES_STATE_COMPLETED);

	for (int i = 0; i < 6; i++) {
		struct bench *b = bench_new();

		call.u.call.caller_contact = es_slice_str(contacts[i]);
		call.u.call.callee_contact = es_slice_str(contacts[5 - i]);
		CHECK_EQ(pass(b, &call), 1);
		CHECK_SLICE(b->seen[0].u.call.caller_contact, i < 4 ? "10.0.0.9:5061" : "");
		CHECK_SLICE(b->seen[0].u.call.callee_contact, i > 1 ? "10.0.0.9:5061" : "");
		bench_free(b);
	}
}

/* What is refused leaves nothing behind of the message before it, and is counted. */
TEST(sanitizer_refuses_what_it_cannot_read)
{
	static const uint8_t later[] = { 0xba, 0x3e, 1, 0xaa }; /* field 999, of a later version */
	struct bench *b = bench_new();
	struct es_record call = call_of(ES_STATE_IN_PROGRESS);
	int n = es_record_encode(&call, b->bytes, sizeof(b->bytes));
	es_slice whole = es_slice_of(b->bytes, (size_t)n), store;

	CHECK(n > 0);
	CHECK_EQ(es_sanitizer_prepare(&b->in, whole, &store), 0);
	CHECK_EQ(
	    es_sanitizer_prepare(&b->in, es_slice_of(later, sizeof(later)), &store), ES_EMALFORMED);
	CHECK_EQ(b->in.refused, 1);
	es_sanitizer_stored(&b->in);
	CHECK_EQ(es_open_calls(b->open), 0);
	CHECK_EQ(es_sanitizer_prepare(&b->in, es_slice_of(later, 0), &store), ES_EMALFORMED);
	CHECK_EQ(b->in.refused, 2);
	for (int i = 0; i < 5000; i++) /* where one has room each has */
		CHECK_EQ(es_sanitizer_prepare(&b->in, whole, &store), 0);
	CHECK_EQ(b->in.refused, 2);
	es_sanitizer_stored(&b->in);
	CHECK_EQ(es_open_calls(b->open), 1);
	bench_free(b);
}

/* Whatever its memory was before. */
TEST(sanitizer_begins_with_nothing)
{
	struct bench *b = bench_new();
	struct es_record r = call_of(ES_STATE_IN_PROGRESS);

	es_sanitizer_done(&b->in);
	memset(&b->in, 0xff, sizeof(b->in));
	CHECK_EQ(es_sanitizer_init(&b->in, &b->pseudonym, b->open), 0);
	CHECK_EQ(b->in.refused, 0);
	CHECK(!es_sanitizer_is_blocks(&b->in));
	es_sanitizer_stored(&b->in); /* nothing was prepared */
	CHECK_EQ(es_open_calls(b->open), 0);
	CHECK(pass(b, &r) > 0);
	CHECK_EQ(es_open_calls(b->open), 1);
	bench_free(b);
}
