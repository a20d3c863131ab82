/* SPDX-License-Identifier: Apache-2.0 */
/* Modes of AMR by the head of its payloads. */
#include "probes/wire/rtp/amr.h"
#include "sweep.h"

static int
mode(const uint8_t head[2], size_t n, bool is_octet_aligned, bool is_wideband)
{
	struct es_amr_packing packing = { is_octet_aligned, is_wideband };
	uint8_t is;

	return es_amr_mode(test_guarded(head, n), packing, &is) ? is : -1;
}

TEST(amr_mode_of_either_packing)
{
	/* Mode request 15, one frame of good quality (RFC 4867 sections 4.3.5.1 and 4.4.5.1). */
	static const uint8_t packed[] = { 0xf3, 0xc0 };  /* 1111 0 0111 1: 12.2 */
	static const uint8_t aligned[] = { 0xf0, 0x3c }; /* 0 0111 1 00 */
	static const uint8_t more[] = { 0xf8, 0x40 }; /* 1111 1 0000 1: 4.75, another one behind */

	CHECK_EQ(mode(packed, 2, false, false), 7);
	CHECK_EQ(mode(aligned, 2, true, false), 7);
	CHECK_EQ(mode(more, 2, false, false), 0);
	CHECK_EQ(mode(packed, 1, false, false), -1);
	CHECK_EQ(mode(aligned, 1, true, false), -1);
}

TEST(amr_mode_of_what_is_no_speech)
{
	static const uint8_t eight[] = { 0xf0, 8 << 3 };   /* a mode of AMR-WB, silence in AMR */
	static const uint8_t silence[] = { 0xf0, 9 << 3 }; /* of AMR-WB */
	static const uint8_t nothing[] = { 0xf0, 15 << 3 };

	CHECK_EQ(mode(eight, 2, true, false), -1);
	CHECK_EQ(mode(eight, 2, true, true), 8);
	CHECK_EQ(mode(silence, 2, true, true), -1);
	CHECK_EQ(mode(nothing, 2, true, true), -1);
}

static const struct es_amr_packing packed = { false, false };
static const struct es_amr_packing aligned = { true, false };
static const struct es_amr_packing aligned_wb = { true, true };

TEST(amr_frames_lie_behind_the_whole_table_of_contents)
{
	/* 12.2, silence, nothing, 4.75: 244, 39, 0 and 95 bits. */
	static const uint8_t toc[] = { 0xf0, 0x84 | 7 << 3, 0x84 | 8 << 3, 0x84 | 15 << 3, 4 };
	uint8_t payload[5 + 31 + 5 + 12] = { 0 };
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	memcpy(payload, toc, sizeof(toc));
	CHECK_EQ(es_amr_frames(test_guarded(payload, sizeof(payload)), aligned, f), 2);
	CHECK(f[0].mode == 7 && f[0].at == 5 * 8);
	CHECK(f[1].mode == 0 && f[1].at == (5 + 31 + 5) * 8);
	/* The last one is cut: one bit of it would be in the next byte. */
	CHECK_EQ(es_amr_frames(test_guarded(payload, sizeof(payload) - 1), aligned, f), 1);
	CHECK_EQ(es_amr_frames(test_guarded(payload, 4), aligned, f), 0);
}

TEST(amr_frames_of_bandwidth_efficient_packing_follow_each_other_by_bits)
{
	/* 1111, 1 0000 1, 0 0000 1: two of 4.75, 4 + 12 + 190 bits. */
	uint8_t payload[26] = { 0xf8, 0x41 };
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	CHECK_EQ(es_amr_frames(test_guarded(payload, 26), packed, f), 2);
	CHECK(f[0].mode == 0 && f[0].at == 16);
	CHECK(f[1].mode == 0 && f[1].at == 16 + 95);
	CHECK_EQ(es_amr_frames(test_guarded(payload, 25), packed, f), 1);
}

TEST(amr_frames_of_an_unknown_type_or_without_end_are_none)
{
	static const uint8_t unknown[40] = { 0xf0, 9 << 3 };
	uint8_t endless[40];
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	memset(endless, 0x80, sizeof(endless));
	CHECK_EQ(es_amr_frames(test_guarded(unknown, 40), aligned, f), 0);
	CHECK_EQ(es_amr_frames(test_guarded(endless, 40), aligned, f), 0);
	CHECK_EQ(es_amr_frames(test_guarded(endless, 0), packed, f), 0);
}

/* RFC 4867 section 4.3.2: such a packet is thrown away whole, nobody knows where its frames lie. */
TEST(amr_frames_next_to_one_of_an_unknown_type_do_not_count)
{
	static const uint8_t payload[3 + 31 + 31] = { 0xf0, 0x84 | 7 << 3, 4 | 9 << 3 };
	static const uint8_t wideband[3 + 17 + 31] = { 0xf0, 0x84, 4 | 10 << 3 };
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	CHECK_EQ(es_amr_frames(test_guarded(payload, sizeof(payload)), aligned, f), 0);
	CHECK_EQ(es_amr_frames(test_guarded(wideband, sizeof(wideband)), aligned_wb, f), 0);
}

/* The bit of quality: what a receiver conceals says nothing of the speaker. */
TEST(amr_frames_that_are_damaged_are_passed_over)
{
	static const uint8_t payload[3 + 31 + 12] = { 0xf0, 0x80 | 7 << 3, 4 };
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	CHECK_EQ(es_amr_frames(test_guarded(payload, sizeof(payload)), aligned, f), 1);
	CHECK(f[0].mode == 0 && f[0].at == (3 + 31) * 8);
}

TEST(amr_wb_says_itself_whether_it_holds_speech)
{
	uint8_t payload[2 + 32] = { 0xf0, 2 << 3 | 4, 0x80 };
	struct es_amr_frame f[ES_AMR_FRAMES_MAX];

	CHECK_EQ(es_amr_frames(test_guarded(payload, sizeof(payload)), aligned_wb, f), 1);
	CHECK(es_amr_wb_is_speech(payload, &f[0]));
	payload[2] = 0x7f;
	CHECK(!es_amr_wb_is_speech(payload, &f[0]));
}

static void
read_all(es_slice p, uint32_t wire_bytes)
{
	(void)wire_bytes; /* a packet that was cut is not read */
	for (unsigned i = 0; i < 4; i++) {
		struct es_amr_packing packing = { i % 2 == 0, i / 2 == 0 };
		struct es_amr_frame f[ES_AMR_FRAMES_MAX];
		unsigned n = es_amr_frames(p, packing, f);
		uint8_t is;

		if (es_amr_mode(p, packing, &is))
			CHECK(is <= 8);
		for (unsigned k = 0; k < n; k++) {
			CHECK(f[k].at < p.n * 8);
			(void)es_amr_wb_is_speech(p.p, &f[k]);
			for (unsigned j = 0; !packing.is_wideband && j < ES_AMR_SUBFRAMES; j++)
				CHECK_NEAR(es_amr_gain(p.p, &f[k], j), 0, 5 * 256);
		}
	}
}

TEST(amr_sweep)
{
	uint8_t sample[40] = { 0xf3, 0xc0, 1, 2, 3 };

	sweep(sample, sizeof(sample), read_all);
}
