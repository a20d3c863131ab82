/* SPDX-License-Identifier: Apache-2.0 */
/* Which packet may be of a sender that begins again, to the timestamp unit and the millisecond. */
#include "probes/stream/again.h"
#include "probes/stream/coding.h"
#include "probes/stream/side.h"

#include "harness.h"

enum { HIGHEST = 100000, HIGHEST_TS = 5000000 };

static struct es_context c;
static struct es_stream_state s;

static es_time
at_ms(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

/* The newest packet came at 0 ms; all of the last 256 came. */
static void
begin(uint8_t pt)
{
	es_side_free(&c);
	memset(&c, 0, sizeof(c));
	memset(&s, 0, sizeof(s));
	if (es_side_new(&c, 1) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	es_coding_begin(&s);
	(void)es_coding_payload(&c, &s, pt);
	s.lowest = HIGHEST - 1000;
	s.highest = HIGHEST;
	s.highest_at = s.last_at = at_ms(0);
	s.highest_ts = HIGHEST_TS;
	for (uint64_t number = HIGHEST - 256; number <= HIGHEST; number++)
		es_window_set(s.window.got, number);
}

/* A packet d from the highest, so many timestamp units behind it, at ms. */
static bool
suspects(uint8_t pt, int32_t d, int64_t behind, int64_t ms)
{
	struct es_arrival a = { .at = at_ms(ms),
		.seq = (uint16_t)(HIGHEST + d),
		.ts = (uint32_t)(HIGHEST_TS - behind),
		.pt = pt };

	return es_again_suspects(&s, d, &a);
}

TEST(packet_that_would_be_two_seconds_late_may_begin_again)
{
	static const struct {
		int64_t paused_ms, behind;
	} rows[] = { { 0, 16000 }, { 500, 12000 }, { 1999, 8 }, { 2000, 0 }, { 3000, -8000 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(0);
		CHECK(suspects(0, -50, rows[i].behind, rows[i].paused_ms));
		CHECK(!suspects(0, -50, rows[i].behind - 1, rows[i].paused_ms));
	}
}

TEST(packet_without_a_clock_is_late_after_a_pause_alone)
{
	begin(97);
	CHECK(suspects(97, -50, 0, 2000));
	CHECK(!suspects(97, -50, 0, 1999));
	CHECK(!suspects(97, -50, -1, 2000));
	CHECK(suspects(97, -50, 1, 2000));
	es_steps_add(&s.coding.steps, 160); /* fifty of them are a second */
	CHECK(suspects(97, -50, 16000, 0));
	CHECK(!suspects(97, -50, 15999, 0));
}

TEST(late_original_and_copy_begin_nothing_while_the_stream_runs)
{
	struct es_copy_of copy = { .seq = (uint16_t)(HIGHEST - 50),
		.ts_low = (HIGHEST_TS - 16000) & 0x7f };

	begin(0);
	CHECK(suspects(0, -50, 16000, 0));
	es_copies_add(&s.window.copies, &copy);
	CHECK(!suspects(0, -50, 16000, 0));
	CHECK(suspects(0, -50, 16001, 0));    /* another content */
	CHECK(suspects(0, -50, 16000, 2000)); /* behind a pause all the same */
	begin(0);
	s.window.got[(HIGHEST - 50) / 64 % (ES_WINDOW_SEQS / 64)] = 0;
	CHECK(!suspects(0, -50, 16000, 0)); /* that number never came */
	CHECK(suspects(0, -50, 16000, 2000));
	s.lowest = HIGHEST - 49; /* it is before the first */
	CHECK(suspects(0, -50, 16000, 0));
	s.lowest = HIGHEST - 50;
	CHECK(!suspects(0, -50, 16000, 0));
}

/* A number that fell back under a timestamp that went on: no packet that is late has that. */
TEST(number_behind_with_a_timestamp_ahead_begins_again)
{
	begin(0);
	es_steps_add(&s.coding.steps, 160);
	CHECK(suspects(0, -50, -160, 20));
	CHECK(!suspects(0, -50, 0, 20));
	CHECK(suspects(0, -50, -1, 20));
	begin(13); /* comfort noise may be numbered on its own */
	es_steps_add(&s.coding.steps, 160);
	CHECK(!suspects(13, -50, -160, 20));
}

TEST(number_behind_with_a_timestamp_ahead_is_lost_packets_where_time_passed_for_a_cycle)
{
	int64_t ms = (65536 - 50) * INT64_C(20);

	begin(0);
	es_steps_add(&s.coding.steps, 160);
	CHECK(suspects(0, -50, -ms * 8, ms - 1001));
	CHECK(!suspects(0, -50, -ms * 8, ms - 1000));
}

/* The first number and timestamp again, though numbers went round by more than half. */
TEST(first_packet_again_after_a_round_of_numbers_begins_again)
{
	begin(0);
	s.lowest = HIGHEST - 32769;
	s.record.first_ts = HIGHEST_TS - 40000;
	CHECK(suspects(0, 32767, 40000, 3000));
	CHECK(suspects(0, 32767, 40000 - 8000, 3000)); /* about a second */
	CHECK(!suspects(0, 32767, 40000 - 8001, 3000));
	CHECK(suspects(0, 32767, 40000 + 8000, 3000));
	CHECK(!suspects(0, 32767, 40000 + 8001, 3000));
	CHECK(!suspects(0, 32766, 40000, 3000)); /* a number before the first */
	s.lowest = HIGHEST - 32768;
	CHECK(!suspects(0, 32767, 40000, 3000));
	s.lowest = HIGHEST - 40000;
	CHECK(suspects(0, 65536 - 40000 + 3000, 40000, 3000));
	CHECK(!suspects(0, 65536 - 40000 + 3001, 40000, 3000));
	CHECK(!suspects(0, 65536 - 40000, -40000, 3000)); /* it is not late */
}

/* The second of two that may begin again; held: the first, at 3000 ms. */
static bool
confirms(int32_t after, int64_t ms, int64_t held_ms)
{
	struct es_arrival a = { .at = at_ms(ms), .seq = (uint16_t)(500 + after) };
	struct es_stream_jump *jump = &es_side_rare(&c, &s)->jump;

	jump->held[0] = (struct es_arrival){ .at = at_ms(held_ms), .seq = 500 };
	s.n_held = 1;
	return es_again_confirms(&s, &a);
}

TEST(beginning_is_confirmed_by_a_number_within_sixteen)
{
	begin(0);
	s.changes.step = 160;
	CHECK(!confirms(1, 3020, 3000)); /* the held one is not suspected */
	es_side_rare(&c, &s)->jump.is_held_past = true;
	CHECK(confirms(1, 3020, 3000));
	CHECK(!confirms(0, 3020, 3000));
	CHECK(confirms(16, 3020, 3000));
	CHECK(!confirms(17, 3020, 3000));
	CHECK(confirms(-16, 3020, 3000));
	CHECK(!confirms(-17, 3020, 3000));
	CHECK(confirms(-1, 3020, 2000)); /* behind a pause in any order */
	CHECK(!confirms(-1, 3020, 1999));
}

/* Without a pause the two come at the pace of their sender, and the stream has stopped meanwhile. */
TEST(beginning_without_a_pause_is_confirmed_at_the_pace_of_its_sender)
{
	begin(0);
	s.changes.step = 160;
	es_side_rare(&c, &s)->jump.is_held_past = true;
	CHECK(confirms(1, 40, 30));
	CHECK(!confirms(1, 39, 30));
	CHECK(confirms(2, 50, 30));
	CHECK(!confirms(2, 49, 30));
	CHECK(confirms(1, 30, 20)); /* one and a half packet times since the last of the stream */
	CHECK(!confirms(1, 29, 0));
}

TEST(what_follows_a_refuted_beginning_is_a_delayed_copy)
{
	struct es_stream_jump *jump;

	begin(0);
	es_steps_add(&s.coding.steps, 160);
	CHECK(suspects(0, -200, 32000, 0));
	jump = &es_side_rare(&c, &s)->jump;
	jump->held[0] = (struct es_arrival){ .seq = (uint16_t)(HIGHEST - 201) };
	es_again_refute(&s);
	CHECK(!jump->has_delayed); /* it was not suspected */
	jump->is_held_past = true;
	es_again_refute(&s);
	CHECK(jump->has_delayed);
	CHECK_EQ(jump->delayed_seq, (uint16_t)(HIGHEST - 201));
	CHECK(!suspects(0, -200, 32000, 0));
	CHECK_EQ(jump->delayed_seq, (uint16_t)(HIGHEST - 200));
	CHECK(!suspects(0, -200, 32000 + 8000, 0));
	CHECK(suspects(0, -200, 32000 + 8001, 0)); /* older than its number says */
	CHECK(!suspects(0, -184, 32000, 1999));
	CHECK_EQ(s.last_at.ns, at_ms(1999).ns);
	CHECK(suspects(0, -167, 32000, 1999)); /* seventeen further */
	CHECK(suspects(0, -185, 32000, 1999)); /* before it */
	CHECK(!suspects(0, -168, 32000, 3998));
	CHECK(suspects(0, -168, 32000, 5998)); /* nothing came for two seconds */
}
