/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of the spool's files: what one version wrote the next one reads. */
#include "agent/spool/spool_format.h"
#include "tests/unit/harness.h"

#include <zlib.h>

static const uint64_t salt = UINT64_C(0x1122334455667788);

/* Little-endian; CRCs by zlib, over the salt and all bytes before. */
static const uint8_t golden_header[64] = {
	0x45,
	0x53,
	0x73,
	0x70,
	0x6f,
	0x6f,
	0x6c,
	0x31,
	0x88,
	0x77,
	0x66,
	0x55,
	0x44,
	0x33,
	0x22,
	0x11,
	0xef,
	0xcd,
	0xab,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x2a,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0xb4,
	0x93,
	0x76,
	0xe2,
	0xfa,
	0x18,
	0x63,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x07,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x72,
	0x03,
	0x24,
	0x4a,
};

static const uint8_t golden_entry[53] = {
	0x45,
	0x53,
	0x72,
	0x31,
	0x05,
	0x00,
	0x00,
	0x00,
	0x2a,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x01,
	0x00,
	0xb4,
	0x93,
	0x76,
	0xe2,
	0xfa,
	0x18,
	0x63,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x08,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x03,
	0x00,
	0x00,
	0x00,
	0x23,
	0xb5,
	0x28,
	0xae,
	0x68,
	0x65,
	0x6c,
	0x6c,
	0x6f,
};

static const uint8_t golden_slot_1[64] = {
	0x45,
	0x53,
	0x63,
	0x75,
	0x72,
	0x30,
	0x30,
	0x31,
	0x03,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x88,
	0x77,
	0x66,
	0x55,
	0x44,
	0x33,
	0x22,
	0x11,
	0xef,
	0xcd,
	0xab,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x11,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x15,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x00,
	0x7d,
	0x77,
	0x39,
	0xaa,
};

TEST(spool_format_header_is_what_it_was)
{
	struct es_spool_header h = { salt, 0xabcdef, 42,
		es_time_of_ns(INT64_C(1800000000000000000)), { 99, 7 } };
	struct es_spool_header got;
	uint8_t bytes[ES_SPOOL_HEADER_BYTES];

	es_spool_header_encode(&h, bytes);
	CHECK(memcmp(bytes, golden_header, sizeof(bytes)) == 0);
	CHECK_EQ(es_spool_header_parse(GUARDED(golden_header), &got), 0);
	CHECK(got.salt == salt && got.epoch == 0xabcdef && got.first_seq == 42);
	CHECK(got.created.ns == INT64_C(1800000000000000000));
	CHECK(got.ipc.run == 99 && got.ipc.number == 7);
	CHECK_EQ(es_spool_header_parse(es_slice_of(golden_header, 63), &got), ES_ESHORT);
	h.first_seq = 0;
	es_spool_header_encode(&h, bytes);
	CHECK_EQ(es_spool_header_parse(es_slice_of(bytes, 64), &got), ES_EMALFORMED);
	h.first_seq = 1;
	h.epoch = 0;
	es_spool_header_encode(&h, bytes);
	CHECK_EQ(es_spool_header_parse(es_slice_of(bytes, 64), &got), ES_EMALFORMED);
}

TEST(spool_format_entry_is_what_it_was)
{
	struct es_spool_entry e = { 42, es_time_of_ns(INT64_C(1800000000000000001)), { 99, 8 }, 0,
		ES_SPOOL_IS_LOSS | ES_SPOOL_CLOCK_GOOD };
	struct es_spool_entry got;
	uint8_t bytes[sizeof(golden_entry)];

	es_spool_entry_encode(&e, es_slice_str("hello"), salt, bytes);
	CHECK(memcmp(bytes, golden_entry, sizeof(bytes)) == 0);
	CHECK_EQ(es_spool_entry_parse(GUARDED(golden_entry), salt, &got), 0);
	CHECK(got.seq == 42 && got.n_bytes == 5 && got.ipc.run == 99 && got.ipc.number == 8);
	CHECK_EQ(got.flags, ES_SPOOL_IS_LOSS | ES_SPOOL_CLOCK_GOOD);
	CHECK(got.stored.ns == INT64_C(1800000000000000001));
	/* A payload that looks like a record of another directory is not ours. */
	CHECK_EQ(es_spool_entry_parse(GUARDED(golden_entry), salt + 1, &got), ES_EMALFORMED);
	CHECK_EQ(es_spool_entry_parse(es_slice_of(golden_entry, 52), salt, &got), ES_ESHORT);
	CHECK_EQ(es_spool_entry_parse(es_slice_of(golden_entry, 47), salt, &got), ES_ESHORT);
}

TEST(spool_format_entry_refuses_lengths_and_numbers_that_none_has)
{
	static uint8_t bytes[ES_SPOOL_ENTRY_BYTES + ES_SPOOL_PAYLOAD_MAX + 1];
	static const uint8_t longest[ES_SPOOL_PAYLOAD_MAX];
	struct es_spool_entry e = { 0, es_time_of_ns(0), { 0, 0 }, 0, 0 }, got;

	es_spool_entry_encode(&e, es_slice_str("x"), salt, bytes);
	CHECK_EQ(es_spool_entry_parse(es_slice_of(bytes, 49), salt, &got), ES_EMALFORMED);
	e.seq = 1;
	es_spool_entry_encode(&e, es_slice_of(longest, ES_SPOOL_PAYLOAD_MAX), salt, bytes);
	CHECK_EQ(es_spool_entry_parse(es_slice_of(bytes, sizeof(bytes) - 1), salt, &got), 0);
	CHECK_EQ(got.n_bytes, ES_SPOOL_PAYLOAD_MAX);
	bytes[4] = 1; /* 65537 */
	CHECK_EQ(
	    es_spool_entry_parse(es_slice_of(bytes, sizeof(bytes)), salt, &got), ES_EMALFORMED);
	memset(bytes + 4, 0, 4);
	CHECK_EQ(es_spool_entry_parse(es_slice_of(bytes, 48), salt, &got), ES_EMALFORMED);
}

TEST(spool_format_reads_the_cursor_of_version_1)
{
	struct es_spool_slot got;
	uint64_t reported = 0;
	uint8_t bad[64];

	CHECK_EQ(es_spool_slot_1_parse(GUARDED(golden_slot_1), &got, &reported), 0);
	CHECK(got.generation == 3 && got.salt == salt && got.epoch == 0xabcdef);
	CHECK(got.acked_seq == 17 && reported == 21);
	CHECK(got.sent_seq == UINT64_MAX); /* that version did not write it down */
	CHECK(got.synced_seq == 0 && got.n_gone == 0 && got.proof == 0);
	memcpy(bad, golden_slot_1, sizeof(bad));
	bad[33] ^= 1;
	CHECK_EQ(es_spool_slot_1_parse(es_slice_of(bad, 64), &got, &reported), ES_EMALFORMED);
	CHECK_EQ(es_spool_slot_1_parse(es_slice_of(golden_slot_1, 63), &got, &reported), ES_ESHORT);
}

static struct es_loss
loss_of(uint64_t n)
{
	return (struct es_loss){ es_time_of_ns((int64_t)n), es_time_of_ns((int64_t)n + 1), n + 2,
		n + 3, n + 4, ES_LOSS_AGE };
}

static bool
same_loss(const struct es_loss *a, const struct es_loss *b)
{
	return a->from.ns == b->from.ns && a->to.ns == b->to.ns && a->count == b->count &&
	       a->first_seq == b->first_seq && a->last_seq == b->last_seq && a->reason == b->reason;
}

/* A cursor of a later version, whole: what this one does not know must not index anything. */
TEST(spool_format_slot_of_unknown_reasons_and_lengths_stays_within_its_tables)
{
	struct es_spool_slot s = { .generation = 1, .epoch = 3 }, got;
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	size_t n;

	for (n = 0; n <= ES_SPOOL_REASONS; n++) {
		s.doubt = loss_of(20);
		s.doubt.reason = n < ES_SPOOL_REASONS ? (enum es_loss_reason)n : ES_LOSS_DISK;
		es_spool_slot_encode(&s, bytes);
		if (n == ES_SPOOL_REASONS) {
			uint32_t crc;

			bytes[8 + 14 * 8 + 5 * 8] = ES_SPOOL_REASONS; /* of the doubt */
			crc = (uint32_t)crc32(0, (const uint8_t[8]){ 0 }, 8);
			crc = (uint32_t)crc32(crc, bytes, ES_SPOOL_SLOT_BYTES - 4);
			for (size_t i = 0; i < 4; i++)
				bytes[ES_SPOOL_SLOT_BYTES - 4 + i] = (uint8_t)(crc >> 8 * i);
		}
		CHECK_EQ(es_spool_slot_parse(GUARDED(bytes), &got), 0);
		CHECK_EQ(got.doubt.reason, s.doubt.reason);
	}
}

TEST(spool_format_slot_comes_back_whole)
{
	struct es_spool_slot s, got;
	uint8_t bytes[ES_SPOOL_SLOT_BYTES];
	size_t i, k;

	s = (struct es_spool_slot){ .generation = 1,
		.salt = 2,
		.epoch = 3,
		.acked_seq = 4,
		.synced_seq = 5,
		.sent_seq = 6,
		.proof_seq = 7,
		.proof = 8,
		.ipc = { 9, 10 },
		.ipc_seq = 11,
		.boot = 12,
		.boot_ns = 13,
		.wall = es_time_of_ns(-14),
		.doubt = loss_of(20) };
	for (i = 0; i < ES_SPOOL_REASONS; i++) {
		s.pending[i] = loss_of(100 + 10 * i);
		s.reported[i] = loss_of(200 + 10 * i);
		s.reported_by[i] = 300 + i;
	}
	s.n_gone = ES_SPOOL_GONE_MAX;
	for (i = 0; i < ES_SPOOL_GONE_MAX; i++)
		s.gone[i] = (struct es_spool_range){ 1000 + 2 * i, 1000 + 2 * i, i % 5 == 1 };
	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++)
		s.spare[i] =
		    (struct es_spool_spare){ 2000 + 2 * i, 3000 + 2 * i, i % 3 == 1, i % 4 == 1 };
	es_spool_slot_encode(&s, bytes);
	CHECK(memcmp(bytes, "EScur002\x01\0\0\0\0\0\0\0\x02", 17) == 0);
	/* Every byte as version 2 has always written it: a change of order needs another magic. */
	CHECK_EQ(crc32(0, bytes, sizeof(bytes) - 4), 0x0d74e93e);
	CHECK_EQ(es_spool_slot_parse(GUARDED(bytes), &got), 0);
	CHECK(got.generation == 1 && got.salt == 2 && got.epoch == 3 && got.acked_seq == 4);
	CHECK(got.synced_seq == 5 && got.sent_seq == 6 && got.proof_seq == 7 && got.proof == 8);
	CHECK(got.ipc.run == 9 && got.ipc.number == 10 && got.ipc_seq == 11);
	CHECK(got.boot == 12 && got.boot_ns == 13 && got.wall.ns == -14);
	CHECK(same_loss(&got.doubt, &s.doubt));
	for (i = 0; i < ES_SPOOL_REASONS; i++) {
		CHECK(same_loss(&got.pending[i], &s.pending[i]));
		CHECK(same_loss(&got.reported[i], &s.reported[i]));
		CHECK_EQ(got.reported_by[i], 300 + i);
	}
	CHECK_EQ(got.n_gone, ES_SPOOL_GONE_MAX);
	for (i = 0; i < ES_SPOOL_GONE_MAX; i++) {
		CHECK(got.gone[i].first == 1000 + 2 * i && got.gone[i].last == 1000 + 2 * i);
		CHECK_EQ(got.gone[i].joined, i % 5 == 1);
	}
	for (i = 0; i < ES_SPOOL_SPARE_MAX; i++) {
		CHECK(got.spare[i].first == 2000 + 2 * i && got.spare[i].last == 3000 + 2 * i);
		CHECK_EQ(got.spare[i].passed, i % 3 == 1);
		CHECK_EQ(got.spare[i].in_doubt, i % 4 == 1);
	}
	for (k = 0; k < sizeof(bytes); k += 7) {
		bytes[k] ^= 0x10;
		CHECK_EQ(
		    es_spool_slot_parse(es_slice_of(bytes, sizeof(bytes)), &got), ES_EMALFORMED);
		bytes[k] ^= 0x10;
	}
	CHECK_EQ(es_spool_slot_parse(es_slice_of(bytes, sizeof(bytes) - 1), &got), ES_ESHORT);
}
