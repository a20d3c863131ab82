/* SPDX-License-Identifier: Apache-2.0 */
/* Packed intervals: exact in every field, small, sent when they should be. */
#include "proto/packer.h"
#include "proto_samples.h"

#include <stdlib.h>

enum { N_MAX = ES_PACK_BLOCKS_MAX };

static struct sample samples[N_MAX];
static const struct es_record *list[N_MAX];
static uint8_t out[ES_RECORD_MAX_BYTES];

struct sent {
	int n; /* messages */
	int n_urgent;
	int n_records;
	size_t bytes;
	const char *differs;
	enum es_record_type types[64];
	int compare_from; /* index into list of the next record expected, -1 = do not compare */
};

static struct es_alloc *
arena(void)
{
	static uint8_t room[SAMPLE_ALLOC];
	static struct es_alloc a;

	es_alloc_init(&a, room, sizeof(room));
	return &a;
}

static void
got_record(void *ctx, const struct es_record *rec)
{
	struct sent *s = ctx;

	if (s->n_records < 64)
		s->types[s->n_records] = rec->type;
	if (s->compare_from >= 0 && s->differs == NULL && rec->type == ES_REC_INTERVAL)
		s->differs = same_record(list[s->compare_from++], rec);
	s->n_records++;
}

static void
got_bytes(void *ctx, es_slice bytes, bool urgent)
{
	struct sent *s = ctx;

	s->n++;
	s->n_urgent += urgent;
	s->bytes += bytes.n;
	if (es_record_decode(test_guarded(bytes.p, bytes.n), arena(), got_record, s) <= 0)
		s->differs = "not decoded";
}

/* Damaged bytes of a pack of n blocks: refused as a whole, or blocks in the order of their numbers. */
static int
decode_damaged(const uint8_t *bytes, size_t n_bytes, int n)
{
	struct sent s = { .compare_from = -1 };
	int got = es_record_decode(test_guarded(bytes, n_bytes), arena(), got_record, &s);

	if (got < 0 && got != ES_EMALFORMED && got != ES_EFULL)
		test_fail(__FILE__, __LINE__, "error %d", got);
	if (s.n_records != (got > 0 ? got : 0) || got > n)
		test_fail(__FILE__, __LINE__, "%d of %d blocks, %d reported", s.n_records, n, got);
	return s.n_records;
}

/* Blocks of one stream like those of a call: 20 ms packets, µs clock, some jitter. */
static void
make_call(uint64_t *rnd, size_t n, uint32_t lost_in_block)
{
	struct es_stream_key key;

	memset(&key, 0, sizeof(key));
	sample_key(rnd, &key);
	key.src.family = key.dst.family = 4;
	memset(key.src.ip + 4, 0, 12);
	memset(key.dst.ip + 4, 0, 12);
	for (size_t i = 0; i < n; i++) {
		struct sample *s = &samples[i];
		struct es_interval *r = &s->rec.u.interval;
		int64_t start =
		    INT64_C(1767225600) * ES_NS_PER_S + (int64_t)i * 5120 * ES_NS_PER_MS;

		memset(s, 0, sizeof(*s));
		s->rec.type = ES_REC_INTERVAL;
		s->vantage.label = es_slice_str("access");
		s->vantage.role = ES_ROLE_SBC;
		s->rec.vantage = &s->vantage;
		r->stream = key;
		r->has = 0x3ff & ~(uint32_t)ES_INTERVAL_HAS_RECOVERED;
		r->first_seq = 66000 / 256 * 256 + 256 * i;
		r->last_seq = r->first_seq + 255;
		r->block = r->first_seq / 256;
		r->rtp_ts = 1000 + 160 * 256 * (uint32_t)i;
		r->start = es_time_of_ns(start + (int64_t)(test_random(rnd) % 3000) * 1000);
		r->end = es_time_of_ns(
		    start + 5100 * ES_NS_PER_MS + (int64_t)(test_random(rnd) % 3000) * 1000);
		s->rec.at = es_time_of_ns(
		    start + 7680 * ES_NS_PER_MS + (int64_t)(test_random(rnd) % 3000) * 1000);
		r->expected = 256;
		r->lost = lost_in_block;
		r->received = 256 - lost_in_block;
		if (lost_in_block > 0) {
			s->missing[0].seq = r->first_seq + 10;
			s->missing[0].run = lost_in_block;
			r->missing = s->missing;
			r->n_missing = 1;
		}
		r->jitter_us = 800 + test_random(rnd) % 300;
		r->delay_variation.p50_us = 300 + test_random(rnd) % 100;
		r->delay_variation.p95_us = 1900 + test_random(rnd) % 500;
		r->delay_variation.p99_us = 4000 + test_random(rnd) % 900;
		r->r_milli = 93200 - (int32_t)lost_in_block * 2511;
		r->mos_lq_milli = 4409 - lost_in_block * 67;
		r->mos_cq_milli = 4390 - lost_in_block * 67;
		r->ie_eff_milli = (uint32_t)(93206 - r->r_milli);
		r->id_milli = 1200;
		r->band = ES_BAND_NB;
		r->basis = ES_BASIS_DERIVED;
		r->model_version = 3;
		r->clean_mos_lq_milli = 4293;
		list[i] = &s->rec;
	}
}

TEST(proto_pack_gives_back_any_blocks_exactly)
{
	uint64_t rnd = 1;

	for (int round = 0; round < 400; round++) {
		size_t n = 1 + test_random(&rnd) % 12;
		uint64_t seq = 65536 + sample_u64(&rnd) % (UINT64_C(1) << 40);
		struct sent s = { .compare_from = 0 };
		int n_bytes;

		for (size_t i = 0; i < n; i++) {
			struct sample *x = &samples[i];

			sample_make(&rnd, ES_REC_INTERVAL, test_random(&rnd), x);
			memset(&x->rec.u, 0, sizeof(x->rec.u));
			sample_interval(&rnd, test_random(&rnd), x, seq);
			x->rec.u.interval.stream = samples[0].rec.u.interval.stream;
			x->rec.vantage = samples[0].rec.vantage;
			list[i] = &x->rec;
			seq += test_random(&rnd) % 3 == 0 ? sample_u64(&rnd) >> 30 : 256;
		}
		n_bytes = es_pack_encode(list, n, out, sizeof(out));
		CHECK(n_bytes > 0);
		got_bytes(&s, es_slice_of(out, (size_t)n_bytes), false);
		if (s.differs != NULL)
			test_fail(__FILE__, __LINE__, "round %d: %s", round, s.differs);
		CHECK(s.differs == NULL);
		CHECK_EQ(s.n_records, n);
	}
}

TEST(proto_pack_of_a_clean_minute_stays_within_its_budget)
{
	uint64_t rnd = 2;
	int n;

	make_call(&rnd, 12, 0);
	n = es_pack_encode(list, 12, out, sizeof(out));
	CHECK(n > 0);
	/* promised: 800 bytes per call-minute, two streams; before deflate and the batch's head */
	CHECK(n <= 400);
	printf("note proto_pack: one stream-minute of 12 blocks is %d bytes before deflate\n", n);
}

/* FNV-1a of the bytes of some packs: what one version writes, the others read by the same predictions. */
TEST(proto_pack_predicts_as_ever)
{
	uint64_t rnd = 11;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint32_t round = 0; round < 64; round++) {
		int n;

		make_call(&rnd, 12, round % 4);
		for (int i = 0; i < 12 && round > 4; i++) {
			struct es_record *rec = &samples[i].rec;

			rec->u.interval.has &= test_random(&rnd);
			rec->u.interval.rtp_ts += test_random(&rnd) % 3 * UINT32_C(0x7fffffff);
			rec->u.interval.late = test_random(&rnd) % 5;
			rec->u.interval.ie_eff_milli += test_random(&rnd) % 100;
			rec->coverage.flags = test_random(&rnd) % 4;
			rec->coverage.gap_ms = test_random(&rnd) % 100;
		}
		n = es_pack_encode(list, 12, out, sizeof(out));
		CHECK(n > 0);
		for (int i = 0; i < n; i++)
			hash = (hash ^ out[i]) * UINT64_C(0x100000001b3);
	}
	CHECK_EQ(hash >> 32, 0x5bd021a7);
}

TEST(proto_pack_of_two_streams_is_refused)
{
	uint64_t rnd = 3;

	make_call(&rnd, 2, 0);
	samples[1].rec.u.interval.stream.ssrc ^= 1;
	CHECK_EQ(es_pack_encode(list, 2, out, sizeof(out)), ES_EINVALID);
	samples[1].rec.u.interval.stream.ssrc ^= 1;
	samples[1].rec.vantage = NULL;
	CHECK_EQ(es_pack_encode(list, 2, out, sizeof(out)), ES_EINVALID);
	CHECK_EQ(es_pack_encode(list, 0, out, sizeof(out)), ES_EINVALID);
}

TEST(proto_pack_truncated_or_flipped_is_refused_as_a_whole)
{
	uint64_t rnd = 4;
	int n, seen = 0;

	make_call(&rnd, 4, 3);
	n = es_pack_encode(list, 4, out, sizeof(out));
	CHECK(n > 0);
	for (int cut = 0; cut < n; cut++)
		CHECK_EQ(decode_damaged(out, (size_t)cut, 4), 0);
	for (int bit = 0; bit < n * 8; bit++) {
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
		seen += decode_damaged(out, (size_t)n, 4);
		out[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK(seen > 0);
}

static struct es_packer *
packer(const struct es_packer_config *cfg, struct sent *s)
{
	static const struct es_packer_config defaults;
	struct es_packer *p = NULL;

	if (es_packer_new(cfg == NULL ? &defaults : cfg, got_bytes, s, &p) != 0)
		return NULL;
	return p;
}

TEST(proto_packer_sends_a_minute_at_its_end_and_nothing_before)
{
	uint64_t rnd = 5;
	struct sent s = { .compare_from = 0 };
	struct es_packer *p = packer(NULL, &s);

	make_call(&rnd, 12, 0);
	CHECK(p != NULL);
	for (int i = 0; i < 11; i++) {
		es_packer_advance(p, samples[i].rec.at);
		es_packer_record(p, &samples[i].rec);
	}
	CHECK_EQ(s.n, 0);
	es_packer_advance(p, es_time_add(samples[0].rec.at, 60 * ES_NS_PER_S - 1));
	CHECK_EQ(s.n, 0);
	es_packer_advance(p, es_time_add(samples[0].rec.at, 60 * ES_NS_PER_S));
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.n_urgent, 0);
	CHECK_EQ(s.n_records, 11);
	es_packer_record(p, &samples[11].rec);
	es_packer_flush(p);
	CHECK_EQ(s.n_records, 12);
	CHECK(s.differs == NULL);
	es_packer_free(p);
}

TEST(proto_packer_sends_a_bad_block_at_once_with_those_before_it)
{
	uint64_t rnd = 6;
	struct sent s = { .compare_from = 0 };
	struct es_packer *p = packer(NULL, &s);

	make_call(&rnd, 3, 0);
	CHECK(p != NULL);
	samples[2].rec.u.interval.lost = 13; /* 5.08 % of 256 */
	samples[2].rec.u.interval.received = 243;
	es_packer_record(p, &samples[0].rec);
	es_packer_record(p, &samples[1].rec);
	CHECK_EQ(s.n, 0);
	es_packer_record(p, &samples[2].rec);
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.n_urgent, 1);
	CHECK_EQ(s.n_records, 3);
	CHECK(s.differs == NULL);
	es_packer_free(p);
}

TEST(proto_packer_knows_a_bad_mos_from_the_streams_clean_value)
{
	static struct sample stream;
	uint64_t rnd = 7;
	struct sent s = { .compare_from = -1 };
	struct es_packer *p = packer(NULL, &s);

	make_call(&rnd, 3, 0);
	samples[0].rec.u.interval.has &= ~(uint32_t)ES_INTERVAL_HAS_CLEAN;
	samples[1].rec.u.interval.has &= ~(uint32_t)ES_INTERVAL_HAS_CLEAN;
	sample_make(&rnd, ES_REC_STREAM, UINT32_MAX, &stream);
	stream.rec.vantage = samples[0].rec.vantage;
	stream.rec.u.stream.key = samples[0].rec.u.interval.stream;
	stream.rec.u.stream.state = ES_STATE_IN_PROGRESS;
	stream.rec.u.stream.clean_mos_lq_milli = 4409;
	CHECK(p != NULL);
	es_packer_record(p, &stream.rec);
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.n_urgent, 0);
	samples[0].rec.u.interval.mos_lq_milli = 4009; /* 0.4 below is not more than 0.4 below */
	es_packer_record(p, &samples[0].rec);
	CHECK_EQ(s.n, 1);
	samples[1].rec.u.interval.mos_lq_milli = 4008;
	es_packer_record(p, &samples[1].rec);
	CHECK_EQ(s.n, 2);
	CHECK_EQ(s.n_urgent, 1);
	/* A block that brings its own: of a codec before the one that leads by now. */
	samples[2].rec.u.interval.mos_lq_milli = 3620;
	samples[2].rec.u.interval.clean_mos_lq_milli = 3620;
	es_packer_record(p, &samples[2].rec);
	CHECK_EQ(s.n, 2);
	es_packer_free(p);
}

TEST(proto_packer_sends_blocks_before_their_streams_last_record)
{
	static struct sample stream;
	uint64_t rnd = 8;
	struct sent s = { .compare_from = -1 };
	struct es_packer *p = packer(NULL, &s);

	make_call(&rnd, 2, 0);
	sample_make(&rnd, ES_REC_STREAM, 0, &stream);
	stream.rec.vantage = samples[0].rec.vantage;
	stream.rec.u.stream.key = samples[0].rec.u.interval.stream;
	stream.rec.u.stream.state = ES_STATE_COMPLETED;
	CHECK(p != NULL);
	es_packer_record(p, &samples[0].rec);
	es_packer_record(p, &samples[1].rec);
	es_packer_record(p, &stream.rec);
	CHECK_EQ(s.n_records, 3);
	CHECK_EQ(s.types[0], ES_REC_INTERVAL);
	CHECK_EQ(s.types[1], ES_REC_INTERVAL);
	CHECK_EQ(s.types[2], ES_REC_STREAM);
	es_packer_free(p);
}

TEST(proto_packer_full_of_streams_or_blocks_loses_nothing)
{
	struct es_packer_config cfg = { .max_streams = 3, .max_blocks = 5 };
	uint64_t rnd = 9;
	struct sent s = { .compare_from = -1 };
	struct es_packer *p = packer(&cfg, &s);

	make_call(&rnd, 1, 0);
	CHECK(p != NULL);
	for (uint32_t i = 0; i < 200; i++) {
		struct sample one = samples[0];

		one.rec.vantage = &one.vantage;
		one.rec.u.interval.stream.ssrc = test_random(&rnd) % 7;
		es_packer_record(p, &one.rec);
	}
	es_packer_flush(p);
	CHECK_EQ(s.n_records, 200);
	CHECK(s.differs == NULL);
	es_packer_free(p);
}

TEST(proto_packer_block_with_many_gaps_passes_whole)
{
	uint64_t rnd = 10;
	struct sent s = { .compare_from = 0 };
	struct es_packer *p = packer(NULL, &s);
	struct es_interval *r;

	make_call(&rnd, 2, 0);
	CHECK(p != NULL);
	r = &samples[1].rec.u.interval;
	r->missing = samples[1].missing;
	r->n_missing = 128;
	r->lost = 128;
	r->received = 128;
	for (uint32_t i = 0; i < 128; i++) {
		samples[1].missing[i].seq = r->first_seq + 2 * i;
		samples[1].missing[i].run = 1;
	}
	es_packer_record(p, &samples[0].rec);
	es_packer_record(p, &samples[1].rec);
	CHECK_EQ(s.n, 1);
	CHECK_EQ(s.n_records, 2);
	CHECK(s.differs == NULL);
	es_packer_free(p);
}
