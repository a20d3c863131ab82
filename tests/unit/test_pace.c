/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps against the time: which ratios are another clock, and which are a network or a slow sender. */
#include "probes/quality/timing/pace.h"

#include "harness.h"

TEST(pace_knows_the_rates_that_codecs_have)
{
	static const uint32_t rates_hz[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100,
		48000, 90000 };
	enum { N = sizeof(rates_hz) / sizeof(rates_hz[0]) };

	for (unsigned i = 0; i < N * N; i++) {
		uint32_t is = rates_hz[i % N], counts = rates_hz[i / N];
		struct es_pace p = { 0 };

		for (unsigned k = 0; k < 11; k++)
			es_pace_add(&p, is, 1003, (int64_t)1003 * counts / is);
		CHECK_EQ(es_pace_is_off(&p), is != counts);
		if (is != counts)
			CHECK_NEAR(es_pace_ratio_ppm(&p), 1e6 * counts / is, 2e4 * counts / is);
	}
}

TEST(pace_of_neither_rate_is_no_evidence)
{
	static const int64_t media_ms[] = { 600, 900, 1020, 950, 1300, 2300, 700, 0, -500, 50000 };
	struct es_pace p = { 0 };

	for (unsigned i = 0; i < sizeof(media_ms) / sizeof(media_ms[0]); i++)
		for (unsigned k = 0; k < 20; k++)
			es_pace_add(&p, 8000, 1000, media_ms[i]);
	CHECK(!es_pace_is_off(&p));
	es_pace_add(&p, 8000, UINT32_MAX, 5);
	es_pace_add(&p, 8000, 0, 0);
	CHECK(!es_pace_is_off(&p));
}

/* 44.1 for 48 kHz is 8 % off: a network fills a buffer that fast for a while, not for ten seconds. */
TEST(pace_that_is_near_needs_ten_seconds)
{
	struct es_pace p = { 0 };

	for (unsigned k = 1; k <= 12; k++) {
		es_pace_add(&p, 48000, 1000, 919);
		CHECK_EQ(es_pace_is_off(&p), k >= 10);
	}
}

/* What most of the time says holds, and it may come late. */
TEST(pace_goes_by_most_of_the_time)
{
	struct es_pace p = { 0 };

	es_pace_add(&p, 16000, 1000, 500);
	CHECK(!es_pace_is_off(&p)); /* one alone may be chance */
	es_pace_add(&p, 16000, 1000, 500);
	CHECK(es_pace_is_off(&p) && p.is_off_now);
	es_pace_add(&p, 16000, 1500, 1499);
	CHECK(es_pace_is_off(&p) && !p.is_off_now);
	es_pace_add(&p, 16000, 1500, 1501);
	CHECK(!es_pace_is_off(&p));
	CHECK_NEAR(es_pace_ratio_ppm(&p), 500000, 1);
}
