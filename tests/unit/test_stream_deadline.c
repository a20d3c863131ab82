/* SPDX-License-Identifier: Apache-2.0 */
/* When a stream is looked at next. */
#include "probes/media/stream_deadline.h"

#include "harness.h"

static struct es_stream_state s;

static es_time
at(int64_t seconds)
{
	return es_time_of_ns(seconds * ES_NS_PER_S);
}

static void
heard_at_1000(enum es_stream_life life)
{
	memset(&s, 0, sizeof(s));
	s.life = (uint8_t)life;
	s.last_at = at(1000);
}

static int64_t
seconds(es_time t)
{
	return t.ns % ES_NS_PER_S == 0 ? t.ns / ES_NS_PER_S : -1;
}

TEST(stream_that_is_heard_no_more_ends_after_300_seconds)
{
	heard_at_1000(ES_STREAM_OPEN);
	CHECK_EQ(seconds(es_stream_deadline_end_of(&s)), 1300);
}

TEST(stream_whose_call_ended_ends_5_seconds_after_its_last_packet_and_not_before_the_call)
{
	static const struct {
		int64_t call_end_s, end_s;
	} rows[] = { { 1, 1005 }, { 1004, 1005 }, { 1005, 1005 }, { 1006, 1006 }, { 2000, 2000 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		heard_at_1000(ES_STREAM_OPEN);
		s.owner.call_end = at(rows[i].call_end_s);
		CHECK_EQ(seconds(es_stream_deadline_end_of(&s)), rows[i].end_s);
	}
	s.owner.call_end = es_time_of_ns(1); /* any time but none */
	CHECK_EQ(seconds(es_stream_deadline_end_of(&s)), 1005);
}

TEST(stream_is_looked_at_after_silence_then_at_its_end)
{
	heard_at_1000(ES_STREAM_OPEN);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1010);
	s.was_silent = true;
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1300);
	s.was_silent = false;
	s.owner.call_end = at(1);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1005);
	s.owner.call_end = at(1011);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1010);
	s.was_silent = true;
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1011);
}

TEST(stream_that_is_unproven_or_over_is_remembered_for_its_time)
{
	heard_at_1000(ES_STREAM_UNPROVEN);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1010);
	s.owner.call_end = at(1);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1010);
	heard_at_1000(ES_STREAM_ENDED);
	s.owner.call_end = at(1);
	CHECK_EQ(seconds(es_stream_deadline_of(&s)), 1300);
}
