/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that wrap. */
#include "harness.h"
#include "probes/base/seq.h"

TEST(seq_extends_over_the_wrap_and_back)
{
	uint64_t high = es_seq_first(65534);

	CHECK_EQ(high, 65536 + 65534);
	high = es_seq_extend(high, 1);
	CHECK_EQ(high, 2 * 65536 + 1);
	CHECK_EQ(es_seq_extend(high, 65535), 65536 + 65535); /* late, from before the wrap */
	CHECK_EQ(es_seq_extend(high, 2), high + 1);
	CHECK_EQ(es_seq_extend(es_seq_first(0), 65535), 65535); /* room below the first */
}

TEST(seq_extend_keeps_the_low_bits_whatever_comes)
{
	uint64_t near = es_seq_first(12345);
	uint64_t random = 3;

	for (int i = 0; i < 100000; i++) {
		uint16_t seq = (uint16_t)test_random(&random);
		uint64_t v = es_seq_extend(near, seq);
		int64_t d = (int64_t)(v - near);

		CHECK_EQ(v & 0xffff, seq);
		CHECK(d >= -32768 && d <= 32767);
		if (v > near)
			near = v;
	}
}

TEST(seq_half_a_circle_counts_as_backward)
{
	CHECK_EQ(es_seq_diff(0x8000, 0), -32768);
	CHECK_EQ(es_seq_diff(0x7fff, 0), 32767);
	CHECK_EQ(es_seq_diff(0, 0xffff), 1);
	CHECK_EQ(es_seq32_diff(UINT32_C(0x80000000), 0), INT64_C(-2147483648));
	CHECK_EQ(es_seq32_diff(0, UINT32_MAX), 1);
}

TEST(ntp_time_knows_both_eras)
{
	CHECK_EQ(es_ntp_time(UINT32_C(2208988800), 0).ns, 0);
	CHECK_EQ(es_ntp_time(UINT32_C(2208988800), 0x80000000).ns, ES_NS_PER_S / 2);
	/* 2036-02-07T06:28:16Z */
	CHECK_EQ(es_ntp_time(0, 0).ns, INT64_C(2085978496) * ES_NS_PER_S);
}
