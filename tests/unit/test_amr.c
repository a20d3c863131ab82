/* SPDX-License-Identifier: Apache-2.0 */
/* Modes of AMR by the head of its payloads. */
#include "probes/wire/amr.h"
#include "sweep.h"

static int
mode(const uint8_t head[2], size_t n, bool is_octet_aligned, bool is_wideband)
{
	uint8_t is;

	return es_amr_mode(test_guarded(head, n), is_octet_aligned, is_wideband, &is) ? is : -1;
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

static void
read_all(es_slice p, uint32_t wire_bytes)
{
	(void)wire_bytes; /* a packet that was cut is not read */
	for (unsigned i = 0; i < 4; i++) {
		uint8_t is;

		if (es_amr_mode(p, i % 2 == 0, i / 2 == 0, &is))
			CHECK(is <= 8);
	}
}

TEST(amr_sweep)
{
	static const uint8_t sample[] = { 0xf3, 0xc0, 1, 2, 3 };

	sweep(sample, sizeof(sample), read_all);
}
