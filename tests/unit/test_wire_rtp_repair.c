/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that repair others. */
#include "probes/wire/rtp/rtp_repair.h"
#include "sweep.h"

/* Two redundant blocks, 320 and 160 units old, of 2 and 3 bytes, then the primary of 1. */
static const uint8_t red[] = { 0x80 | 0, 0x05, 0x00, 0x02, 0x80 | 0, 0x02, 0x80, 0x03, 8, 1, 2, 3,
	4, 5, 6 };

/* Base 1000, mask 1010..0 of 16 bits. */
static const uint8_t ulpfec[] = { 0x00, 96, 0x03, 0xe8, 0, 0, 0, 0, 0, 99, 0, 99, 0xa0, 0x00, 7,
	7 };

/* Draft 03: one source 0x1234, base 1000, first and third of 15 bits, the last mask. */
static const uint8_t draft[] = { 0x00, 96, 0, 99, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x12, 0x34, 0x03,
	0xe8, 0xd0, 0x00, 7 };

/* RFC 8627: base 1000, 1 of 15 bits and more to follow, bit 15 of 31. */
static const uint8_t flexfec[] = { 0x00, 96, 0, 99, 0, 0, 0, 0, 0x03, 0xe8, 0xc0, 0x00, 0x40, 0, 0,
	0 };

TEST(red_blocks_and_their_primary)
{
	struct es_red r;

	CHECK_EQ(es_red_parse(GUARDED(red), sizeof(red), &r), 0);
	CHECK_EQ(r.n, 2);
	CHECK_EQ(r.block[0].ts_offset, 320);
	CHECK_EQ(r.block[0].n_bytes, 2);
	CHECK_EQ(r.block[1].ts_offset, 160);
	CHECK_EQ(r.primary_pt, 8);
	CHECK_EQ(r.primary.n, 1);
	CHECK_EQ(es_red_parse(GUARDED(red), 13, &r), ES_EMALFORMED); /* blocks longer than it */
	CHECK_EQ(es_red_parse(test_guarded(red, 9), sizeof(red), &r), 0); /* cut behind the heads */
	CHECK_EQ(es_red_parse(test_guarded(red, 8), sizeof(red), &r), ES_EMALFORMED);
}

TEST(red_of_too_many_blocks_is_left_alone)
{
	uint8_t many[4 * 9 + 1];
	struct es_red r;

	memset(many, 0x80, sizeof(many));
	CHECK_EQ(es_red_parse(GUARDED(many), 5000, &r), ES_EFULL);
}

TEST(rtx_begins_with_the_original_number)
{
	static const uint8_t rtx[] = { 0x12, 0x34, 9 };
	uint16_t original;

	CHECK_EQ(es_rtx_original(GUARDED(rtx), &original), 0);
	CHECK_EQ(original, 0x1234);
	CHECK_EQ(es_rtx_original(test_guarded(rtx, 1), &original), ES_EMALFORMED);
}

TEST(parity_masks_name_what_is_protected)
{
	uint8_t b[sizeof(ulpfec) + 4];
	struct es_parity p;

	CHECK_EQ(es_ulpfec_parse(GUARDED(ulpfec), &p), 0);
	CHECK_EQ(p.base, 1000);
	CHECK_EQ(p.mask[0], 5);
	memset(b, 0, sizeof(b));
	memcpy(b, ulpfec, 14);
	b[0] = 0x40; /* a mask of 48 bits */
	b[17] = 1;
	CHECK_EQ(es_ulpfec_parse(GUARDED(b), &p), 0);
	CHECK(p.mask[0] == (5 | UINT64_C(1) << 47));
	CHECK_EQ(es_flexfec_parse(GUARDED(draft), true, &p), 0);
	CHECK(p.has_ssrc);
	CHECK_EQ(p.ssrc, 0x1234);
	CHECK_EQ(p.base, 1000);
	CHECK_EQ(p.mask[0], 5);
	CHECK_EQ(es_flexfec_parse(GUARDED(flexfec), false, &p), 0);
	CHECK(!p.has_ssrc);
	CHECK_EQ(p.mask[0], 1 | 1 << 15);
}

TEST(parity_of_columns_steps_by_their_number)
{
	uint8_t b[] = { 0x40, 96, 0, 99, 0, 0, 0, 0, 0x03, 0xe8, 5, 3 };
	struct es_parity p;

	CHECK_EQ(es_flexfec_parse(GUARDED(b), false, &p), 0);
	CHECK_EQ(p.mask[0], 1 | 1 << 5 | 1 << 10);
	b[11] = 1; /* one row */
	CHECK_EQ(es_flexfec_parse(GUARDED(b), false, &p), 0);
	CHECK_EQ(p.mask[0], 0x1f);
	b[0] = 0x80;
	CHECK_EQ(es_flexfec_parse(GUARDED(b), false, &p), ES_EUNSUPPORTED);
}

/* RFC 2198: heads of 4 bytes, one of 1, blocks, and what is left is the primary. */
static void
check_red(es_slice bytes, uint32_t wire_bytes)
{
	struct es_red r;
	uint32_t n = 1;
	int err = es_red_parse(bytes, wire_bytes, &r);

	if (err != 0) {
		CHECK(err == ES_EMALFORMED || err == ES_EFULL);
		return;
	}
	CHECK(r.n <= ES_RED_BLOCKS_MAX);
	check_within(r.primary, bytes);
	for (unsigned i = 0; i < r.n; i++) {
		CHECK_EQ(r.block[i].ts_offset << 2 | r.block[i].n_bytes >> 8,
		    bytes.p[4 * i + 1] << 8 | bytes.p[4 * i + 2]);
		n += 4u + r.block[i].n_bytes;
	}
	CHECK(n <= wire_bytes);
	CHECK_EQ(r.primary.n, bytes.n > n ? bytes.n - n : 0);
	CHECK_EQ(r.primary_pt, bytes.p[4 * r.n]);
}

static unsigned
bits_of(const uint8_t *p, size_t n)
{
	unsigned bits = 0;

	for (size_t i = 0; i < 8 * n; i++)
		bits += p[i / 8] >> i % 8 & 1;
	return bits;
}

/* RFC 5109: a head of 10 bytes, a length, a mask of 2 or 6; it stands for one packet a bit. */
static void
check_ulpfec(es_slice bytes)
{
	struct es_parity p;
	bool is_long = bytes.n > 0 && (bytes.p[0] & 0x40) != 0;
	size_t n = is_long ? 18 : 14;
	int err = es_ulpfec_parse(bytes, &p);

	CHECK_EQ(err, bytes.n < n || bytes.p[0] >> 7 != 0 ? ES_EMALFORMED : 0);
	if (err != 0)
		return;
	CHECK_EQ(p.base, bytes.p[2] << 8 | bytes.p[3]);
	CHECK_EQ(bits_of((const uint8_t *)p.mask, sizeof(p.mask)), bits_of(bytes.p + 12, n - 12));
	CHECK(p.mask[1] == 0 && p.mask[0] >> (is_long ? 48 : 16) == 0 && !p.has_ssrc);
}

static void
check_flexfec(es_slice bytes, bool is_draft)
{
	struct es_parity p;
	size_t n = is_draft ? 18 : 10;
	int err = es_flexfec_parse(bytes, is_draft, &p);

	if (bytes.n < n + 2) { /* not even the shortest mask */
		CHECK(err == ES_EMALFORMED || err == ES_EUNSUPPORTED);
		return;
	}
	CHECK_EQ(err == ES_EUNSUPPORTED, bytes.p[0] >> 7 != 0 || (is_draft && bytes.p[8] != 1));
	CHECK(err == 0 || err == ES_EUNSUPPORTED || err == ES_EMALFORMED);
	if (err != 0)
		return;
	CHECK_EQ(p.has_ssrc, is_draft);
	CHECK_EQ(p.base, bytes.p[n - 2] << 8 | bytes.p[n - 1]);
	CHECK(p.mask[1] >> (ES_PARITY_MASK_MAX - 64) == 0);
	if ((bytes.p[0] & 0x40) == 0) /* a mask as sent, its bits that say what follows left out */
		CHECK(bits_of((const uint8_t *)p.mask, sizeof(p.mask)) <=
		      bits_of(bytes.p + n, bytes.n - n));
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	uint16_t original;

	check_red(bytes, wire_bytes);
	if (bytes.n < 2) {
		CHECK_EQ(es_rtx_original(bytes, &original), ES_EMALFORMED);
	} else {
		CHECK_EQ(es_rtx_original(bytes, &original), 0);
		CHECK_EQ(original, bytes.p[0] << 8 | bytes.p[1]);
	}
	check_ulpfec(bytes);
	check_flexfec(bytes, true);
	check_flexfec(bytes, false);
}

TEST(repair_payload_sweep)
{
	sweep(red, sizeof(red), parse_all);
	sweep(ulpfec, sizeof(ulpfec), parse_all);
	sweep(draft, sizeof(draft), parse_all);
	sweep(flexfec, sizeof(flexfec), parse_all);
}
