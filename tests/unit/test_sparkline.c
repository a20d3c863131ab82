/* SPDX-License-Identifier: Apache-2.0 */
/* Loss and MOS of a stream as a line of bars. */
#include "agent/output/sparkline.h"
#include "tests/unit/full_records.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static const struct es_hash_key hash_key;

static struct es_interval
block(uint64_t number, uint32_t lost, uint32_t mos_milli)
{
	struct es_interval v = { .stream = full_stream().u.stream.key, .block = number };

	v.expected = 256;
	v.lost = lost;
	v.mos_lq_milli = mos_milli;
	v.has = mos_milli != 0 ? ES_INTERVAL_HAS_QUALITY : 0;
	return v;
}

static void
check_line(struct es_sparklines *s, bool is_utf8, const char *loss, const char *mos)
{
	struct es_stream_key key = full_stream().u.stream.key;
	char got[2][200] = { "", "" };
	struct es_sparkline line;
	FILE *to;

	CHECK(es_sparklines_take(s, &key, &line));
	CHECK(!es_sparklines_take(s, &key, &line)); /* a line is taken once */
	to = fmemopen(got[0], sizeof(got[0]), "w");
	CHECK(to != NULL);
	es_sparkline_loss(&line, is_utf8, to);
	(void)fclose(to);
	to = fmemopen(got[1], sizeof(got[1]), "w");
	CHECK(to != NULL);
	es_sparkline_mos(&line, is_utf8, to);
	(void)fclose(to);
	CHECK_STR(got[0], loss);
	CHECK_STR(got[1], mos);
}

TEST(sparkline_bars_are_steps_of_loss_and_mos)
{
	static const uint32_t lost[] = { 0, 1, 2, 3, 6, 13, 26, 52, 256 };
	static const uint32_t mos[] = { 4500, 4410, 3900, 3400, 2900, 2400, 1900, 1400, 900 };
	struct es_sparklines s;

	CHECK_EQ(es_sparklines_new(&s, hash_key), 0);
	for (uint32_t i = 0; i < 9; i++) {
		struct es_interval v = block(300 + i, lost[i], mos[i]);

		es_sparklines_block(&s, &v);
	}
	check_line(&s, false, "012345677", "765432100");
	es_sparklines_free(&s);
}

TEST(sparkline_of_a_block_without_mos_is_blank)
{
	struct es_interval v[] = { block(256, 0, 4400), block(257, 3, 0), block(260, 60, 1000) };
	struct es_sparklines s;

	CHECK_EQ(es_sparklines_new(&s, hash_key), 0);
	for (int i = 0; i < 3; i++)
		es_sparklines_block(&s, &v[i]);
	check_line(
	    &s, true, "\xe2\x96\x81\xe2\x96\x84  \xe2\x96\x88", "\xe2\x96\x87   \xe2\x96\x81");
	es_sparklines_free(&s);
}

TEST(sparkline_of_a_long_stream_keeps_its_bars_and_the_worst_of_each)
{
	struct es_sparklines s;

	CHECK_EQ(es_sparklines_new(&s, hash_key), 0);
	for (uint32_t i = 0; i < 1024; i++) { /* 64 blocks a bar */
		struct es_interval v = block(256 + i, i / 64 == 3 ? 52 : 0, i == 700 ? 1000 : 4400);

		es_sparklines_block(&s, &v);
	}
	check_line(&s, false, "0007000000000000", "6666666666066666");
	for (uint64_t far = 256; far < UINT64_MAX / 2; far *= 2) { /* any jump ends in bars */
		struct es_interval v = block(far, 0, 4400);

		es_sparklines_block(&s, &v);
	}
	check_line(&s, false, "00 0   0       0", "66 6   6       6");
	es_sparklines_free(&s);
}

TEST(sparkline_of_more_streams_than_there_is_room_for_is_left_out)
{
	struct es_stream_key key = full_stream().u.stream.key;
	struct es_interval v = block(256, 0, 4400);
	struct es_sparkline line;
	struct es_sparklines s;

	CHECK_EQ(es_sparklines_new(&s, hash_key), 0);
	for (uint32_t i = 0; i <= ES_SPARKLINE_STREAMS_MAX; i++) {
		v.stream.ssrc = i;
		es_sparklines_block(&s, &v);
	}
	key.ssrc = ES_SPARKLINE_STREAMS_MAX;
	CHECK(!es_sparklines_take(&s, &key, &line));
	key.ssrc = 7;
	CHECK(es_sparklines_take(&s, &key, &line));
	v.stream.ssrc = ES_SPARKLINE_STREAMS_MAX; /* there is room for one again */
	es_sparklines_block(&s, &v);
	CHECK(es_sparklines_take(&s, &v.stream, &line));
	es_sparklines_free(&s);
}
