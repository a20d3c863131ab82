/* SPDX-License-Identifier: Apache-2.0 */
/* Which two packets of a stream that nobody announced show that it is one. */
#include "probes/stream/probation.h"
#include "tests/unit/harness.h"

/* A packet behind number 1000, timestamp 5000, at 100 s. */
struct pair {
	double ms;
	int64_t ticks;
	uint16_t seq; /* 0: the next one, 1001 */
	uint16_t datagram_bytes, payload_bytes;
	uint8_t pt;
	bool has_extension;
};

enum { ULAW = 0, GSM = 3, G722 = 9, H261 = 31, DYNAMIC = 96 };

static bool
is_proof(struct pair p)
{
	static struct es_stream_state s;
	struct es_arrival a;

	memset(&a, 0, sizeof(a));
	s.highest = ES_SEQ_BASE + 1000;
	s.highest_ts = 5000;
	s.prev_at = es_time_of_ns(100 * ES_NS_PER_S);
	a.at = es_time_add(s.prev_at, (int64_t)(p.ms * 1e6));
	a.ts = (uint32_t)(5000 + p.ticks);
	a.seq = p.seq == 0 ? 1001 : p.seq;
	a.datagram_bytes = p.datagram_bytes;
	a.payload_bytes = p.payload_bytes;
	a.pt = p.pt;
	a.has_extension = p.has_extension;
	return es_probation_pair(&s, &a);
}

TEST(probation_is_of_two_numbers_in_a_row)
{
	CHECK(is_proof((struct pair){ .ms = 20, .ticks = 160 }));
	CHECK(!is_proof((struct pair){ .ms = 20, .ticks = 160, .seq = 1002 }));
	CHECK(!is_proof((struct pair){ .ms = 20, .ticks = 160, .seq = 1000 }));
}

TEST(probation_is_within_a_minute)
{
	static const struct {
		double ms;
		bool is;
	} rows[] = { { -1, false }, { 0, true }, { 60000, true }, { 60000.9, true },
		{ 60001, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(is_proof((struct pair){ .ms = rows[i].ms, .ticks = 160 }), rows[i].is);
}

/* A protocol whose header has its own length where RTP has its number looks like a sequence for a while. */
TEST(probation_is_not_of_numbers_that_are_the_length)
{
	for (int d = -20; d <= 20; d++) {
		struct pair p = { .ms = 20, .ticks = 160, .datagram_bytes = (uint16_t)(1001 - d) };

		CHECK_EQ(is_proof(p), d < -16 || d > 16);
	}
}

/* Twice the clock that RFC 3551 gives the type, G.722 being sent by 16 kHz too; 96 kHz for any other. */
TEST(probation_has_timestamps_that_a_clock_could_have)
{
	static const struct {
		uint8_t pt;
		double ms;
		int64_t ticks;
		bool is;
	} rows[] = {
		{ ULAW, 20, 1020 * 16, true }, { ULAW, 20, 1020 * 16 + 1, false },
		{ ULAW, 1000, 2000 * 16, true }, { ULAW, 1000, 2000 * 16 + 1, false },
		{ G722, 20, 1020 * 16, true }, { G722, 20, 1020 * 16 + 1, false },
		{ DYNAMIC, 20, 1020 * 96, true }, { DYNAMIC, 20, 1020 * 96 + 1, false },
		{ H261, 20, 1020 * 96, true }, { H261, 20, 1020 * 96 + 1, false },
		{ DYNAMIC, 20, -96000, true }, /* pictures are not sent in their order */
		{ DYNAMIC, 20, -96001, false }, { H261, 20, -4, true },
		{ ULAW, 20, -4, false }, /* sound is */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair p = { .pt = rows[i].pt, .ms = rows[i].ms, .ticks = rows[i].ticks };

		if (is_proof(p) != rows[i].is)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

/* Fewer than four units a packet are a counter; of one frame in many packets the packet shows what it is. */
TEST(probation_has_timestamps_that_move)
{
	for (int64_t ticks = -5; ticks <= 5; ticks++) {
		bool moves = ticks >= 4 || ticks <= -4;
		struct pair p = { .ms = 20, .ticks = ticks, .pt = DYNAMIC, .payload_bytes = 5 };

		CHECK_EQ(is_proof(p), moves);
		p.payload_bytes = 4; /* a telephone event */
		CHECK(is_proof(p));
		p.payload_bytes = 3;
		p.has_extension = true;
		CHECK(is_proof(p));
		p.pt = GSM;
		CHECK_EQ(is_proof(p), ticks >= 4);
	}
}
