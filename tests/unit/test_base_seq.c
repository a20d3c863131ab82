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
	CHECK(es_seq32_before(UINT32_MAX, 0));
	CHECK(!es_seq32_before(5, 5));
}

TEST(seq_extends_timestamps)
{
	uint64_t ts = (UINT64_C(1) << 32) + UINT32_MAX - 79;

	CHECK_EQ(es_ts_extend(ts, 80), ts + 160);
	CHECK_EQ(es_ts_extend(ts, UINT32_MAX - 239), ts - 160);
}

TEST(seq_of_a_report_compares_16_bits)
{
	/* The far end began to count cycles later than we did. */
	CHECK_EQ(es_seq_of_reported(3 * 65536 + 10, 0x0000000c), 3 * 65536 + 12);
	CHECK_EQ(es_seq_of_reported(3 * 65536 + 10, 0x0007fffe), 3 * 65536 - 2);
}

/* The worked example of RFC 3550 section 6.4.1, figure 2. */
TEST(ntp_round_trip_is_the_example_of_rfc3550)
{
	es_time at = es_ntp_time(0xb710, 0x80000000); /* A = 0xb710:8000 */
	uint32_t rtt_us;

	CHECK_EQ(es_ntp_middle(at), 0xb7108000);
	CHECK(es_ntp_round_trip_us(at, 0xb7052000, 0x00054000, &rtt_us));
	CHECK_EQ(rtt_us, 6125000);
}

TEST(ntp_round_trip_refuses_what_cannot_be)
{
	es_time at = es_time_of_ns(INT64_C(1767225600) * ES_NS_PER_S);
	uint32_t now = es_ntp_middle(at);
	uint32_t rtt_us = 77;

	CHECK(!es_ntp_round_trip_us(at, 0, 0, &rtt_us));               /* no report received */
	CHECK(!es_ntp_round_trip_us(at, now + 1, 0, &rtt_us));         /* from the future */
	CHECK(!es_ntp_round_trip_us(at, now - 65536, 65537, &rtt_us)); /* held longer than away */
	CHECK(!es_ntp_round_trip_us(at, now - 61 * 65536, 0, &rtt_us));
	CHECK_EQ(rtt_us, 77);
	CHECK(es_ntp_round_trip_us(at, now - 65536, 32768, &rtt_us));
	CHECK_EQ(rtt_us, 500000);
}

TEST(ntp_time_knows_both_eras)
{
	CHECK_EQ(es_ntp_time(UINT32_C(2208988800), 0).ns, 0);
	CHECK_EQ(es_ntp_time(UINT32_C(2208988800), 0x80000000).ns, ES_NS_PER_S / 2);
	/* 2036-02-07T06:28:16Z */
	CHECK_EQ(es_ntp_time(0, 0).ns, INT64_C(2085978496) * ES_NS_PER_S);
}

TEST(ntp_middle_of_times_before_1970)
{
	CHECK_EQ(es_ntp_middle(es_time_of_ns(-ES_NS_PER_S / 2)),
	    (uint32_t)(UINT64_C(2208988799) << 16 | 0x8000));
}
