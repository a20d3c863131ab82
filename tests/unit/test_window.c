/* SPDX-License-Identifier: Apache-2.0 */
/* When blocks close, and what their intervals say, to the number and the microsecond. */
#include "probes/stream/window.h"

#include "probes/stream/side.h"

#include "streams_rig.h"

enum { BLOCK = 300, B = BLOCK * ES_BLOCK_SEQS, REPORTED_MAX = 8 };

static struct es_stream_state *s;
static struct es_interval reported[REPORTED_MAX]; /* in their order */
static struct es_missing missing[REPORTED_MAX][4];
static struct es_coverage covered[REPORTED_MAX];
static unsigned n_reported;

static void
take(void *ctx, const struct es_record *r)
{
	(void)ctx;
	if (r->type != ES_REC_INTERVAL || n_reported == REPORTED_MAX) {
		test_fail(__FILE__, __LINE__, "no interval, or too many");
		return;
	}
	reported[n_reported] = r->u.interval;
	covered[n_reported] = r->coverage;
	for (unsigned i = 0; i < r->u.interval.n_missing && i < 4; i++)
		missing[n_reported][i] = r->u.interval.missing[i];
	n_reported++;
}

/* PCMU of 20 ms from the first number of a block on, so many of which came, the last at 0 ms. */
static void
begin(uint64_t n)
{
	rig_open();
	c.sink.record = take;
	n_reported = 0;
	s = rig_stream(host(1, 4000), host(2, 5000), 0xa);
	rig_speaks(s);
	s->lowest = B;
	s->highest = B + n - 1;
	s->highest_at = s->prev_at = s->last_at = at_ms(0);
	es_window_begin(s, B);
	for (uint64_t number = B; number <= s->highest; number++) {
		es_window_set(s->window.got, number);
		es_block_at(s, number)->received++;
	}
}

static void
lose(uint64_t number)
{
	s->window.got[number / 64 % (ES_WINDOW_SEQS / 64)] &= ~(UINT64_C(1) << number % 64);
	es_block_at(s, number)->received--;
}

TEST(block_closes_128_numbers_behind_its_end)
{
	begin(256);
	es_window_reach(&c, s, B + 255 + 127, at_ms(2540));
	CHECK_EQ(n_reported, 0);
	s->highest = B + 255 + 127;
	es_window_reach(&c, s, B + 255 + 128, at_ms(2560));
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(reported[0].block, BLOCK);
	CHECK_EQ(reported[0].first_seq, B);
	CHECK_EQ(reported[0].last_seq, B + 255);
	CHECK_EQ(reported[0].expected, 256);
	CHECK_EQ(reported[0].received, 256);
	CHECK_EQ(reported[0].lost, 0);
	CHECK_EQ(reported[0].n_missing, 0);
	CHECK_EQ(s->judged, B + 255);
	CHECK_EQ(s->oldest, BLOCK + 1);
	rig_close();
}

/* Where no block between them was lost whole. */
TEST(block_begins_with_the_least_transit_of_the_one_before)
{
	for (unsigned is_next = 0; is_next < 2; is_next++) {
		const struct es_variation *v;

		begin(256);
		es_variation_update(&es_block_at(s, B)->variation, 5 * ES_NS_PER_MS);
		es_window_reach(&c, s, is_next != 0 ? B + 256 : B + 2 * 256, at_ms(20));
		v = &es_block_at(s, is_next != 0 ? B + 256 : B + 2 * 256)->variation;
		CHECK_EQ(v->seeded, is_next != 0);
		CHECK_EQ(v->min_ns, is_next != 0 ? 5 * ES_NS_PER_MS : 0);
		rig_close();
	}
}

/* Their times lie evenly between the packets that came. */
TEST(blocks_lost_whole_are_expected_evenly_in_the_time_between)
{
	begin(256);
	es_window_reach(&c, s, B + 255 + 1000, at_ms(20000));
	CHECK_EQ(n_reported, 4);
	for (unsigned i = 1; i < 4; i++) {
		CHECK_EQ(reported[i].block, BLOCK + i);
		CHECK_EQ(reported[i].lost, 256);
		CHECK_EQ(reported[i].received, 0);
		CHECK_EQ(reported[i].n_missing, 1);
		CHECK_EQ(missing[i][0].seq, B + 256 * i);
		CHECK_EQ(missing[i][0].run, 256);
		CHECK_EQ(reported[i].start.ns, at_ms(20 + 20 * 256 * ((int64_t)i - 1)).ns);
		CHECK_EQ(reported[i].end.ns, reported[i].start.ns);
	}
	CHECK_EQ(s->oldest, BLOCK + 4);
	CHECK_EQ(es_block_at(s, B + 4 * 256)->first_at.ns, at_ms(20 + 20 * 768).ns);
	CHECK_EQ(s->side.damage->lost_runs.longest, 768);
	CHECK_EQ(s->side.damage->effective.expected, 4 * 256);
	CHECK_EQ(s->side.damage->effective.bad, 768);
	CHECK_EQ(s->side.damage->effective.runs, 1);
	rig_close();
	begin(256); /* no time passed */
	es_window_reach(&c, s, B + 255 + 1000, at_ms(0));
	CHECK_EQ(reported[3].start.ns, at_ms(0).ns);
	rig_close();
}

TEST(stream_that_is_not_open_reports_no_interval)
{
	begin(256);
	s->life = ES_STREAM_ENDED;
	es_window_close_all(&c, s, at_ms(0));
	CHECK_EQ(n_reported, 0);
	CHECK_EQ(s->judged, B + 255);
	rig_close();
}

TEST(block_that_silence_closed_continues_in_another_part)
{
	begin(101);
	es_block_at(s, B)->coverage_flags = ES_COV_GAP;
	s->since_flags = ES_COV_DROPS;
	s->since_dropped = 7;
	es_window_close_all(&c, s, at_ms(10000));
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(reported[0].last_seq, B + 100);
	CHECK_EQ(covered[0].flags, ES_COV_GAP);
	CHECK_EQ(covered[0].dropped, 0);
	es_window_close_all(&c, s, at_ms(10000)); /* nothing new */
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(es_block_at(s, B)->received, 0);
	s->highest = B + 255;
	for (uint64_t number = B + 101; number <= s->highest; number++)
		es_window_set(s->window.got, number);
	es_window_close_all(&c, s, at_ms(20000));
	CHECK_EQ(n_reported, 2);
	CHECK_EQ(reported[1].block, BLOCK);
	CHECK_EQ(reported[1].first_seq, B + 101);
	CHECK_EQ(reported[1].last_seq, B + 255);
	CHECK_EQ(reported[1].lost, 0);
	CHECK_EQ(
	    covered[1].flags, ES_COV_DROPS); /* what was reported since touches the next part */
	CHECK_EQ(covered[1].dropped, 7);
	CHECK_EQ(s->oldest, BLOCK + 1);
	es_window_reach(&c, s, B + 256, at_ms(20020)); /* the next block begins behind it */
	CHECK_EQ(n_reported, 2);
	CHECK_EQ(es_block_at(s, B + 256)->first_at.ns, at_ms(20020).ns);
	rig_close();
}

TEST(block_begins_with_the_lowest_number)
{
	begin(256);
	CHECK_EQ(s->oldest, BLOCK - 1); /* a packet before the first may yet come */
	s->lowest = B + 30;
	es_window_close_all(&c, s, at_ms(0));
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(reported[0].first_seq, B + 30);
	CHECK_EQ(reported[0].expected, 226);
	rig_close();
}

/* Of ten packets nine must have a twin; less than twenty go with a neighbour. */
TEST(twins_are_of_the_capture_where_most_packets_have_one)
{
	static const struct {
		uint16_t received, doubled, next_received, next_doubled;
		bool was, is;
	} rows[] = {
		{ 20, 18, 0, 0, false, true },
		{ 20, 17, 0, 0, true, false },
		{ 256, 231, 0, 0, false, true }, /* 230.4 */
		{ 256, 230, 0, 0, true, false },
		{ 19, 0, 20, 18, false, true },
		{ 19, 19, 20, 17, true, false },
		{ 19, 19, 19, 19, false, false }, /* both are too small: as before */
		{ 19, 0, 19, 0, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_block *b;

		begin(300);
		b = es_block_at(s, B);
		b->received = rows[i].received;
		b->doubled = rows[i].doubled;
		b->identical = 5;
		b->duplicates = 1;
		b->capture_duplicates = 2;
		es_block_at(s, B + 256)->received = rows[i].next_received;
		es_block_at(s, B + 256)->doubled = rows[i].next_doubled;
		es_block_at(s, B + 256)->identical = 40;
		CHECK_EQ(es_window_identical(s), 45);
		s->count.is_mirrored = rows[i].was;
		es_window_reach(&c, s, B + 255 + 128, at_ms(0));
		CHECK_EQ(n_reported, 1);
		CHECK_EQ(reported[0].duplicates, rows[i].is ? 1 : 6);
		CHECK_EQ(reported[0].capture_duplicates, rows[i].is ? 7 : 2);
		CHECK_EQ(s->count.duplicates, rows[i].is ? 0 : 5);
		CHECK_EQ(s->count.capture_duplicates, rows[i].is ? 5 : 0);
		CHECK_EQ(s->count.is_mirrored, rows[i].is);
		CHECK_EQ(es_window_identical(s), 40);
		rig_close();
	}
}

TEST(interval_reports_what_was_lost_late_and_given_back)
{
	struct es_block *b;

	begin(256);
	lose(B + 10);
	lose(B + 11);
	lose(B + 255);
	es_window_set(es_side_damage(&c, s)->late_at, B + 60);
	s->side.recovered_at = es_places_take(&c.repairs, s->id.index);
	memset(s->side.recovered_at, 0, ES_WINDOW_SEQS / 8);
	es_window_set(s->side.recovered_at, B + 10);
	b = es_block_at(s, B);
	b->first_at = at_ms(-5000);
	b->last_at = at_ms(-10);
	b->low_ts = 4711;
	b->reordered = 3;
	b->has_late = b->has_jitter = true;
	b->jitter_us = 1234;
	es_window_close_all(&c, s, at_ms(0));
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(reported[0].lost, 3);
	CHECK_EQ(reported[0].received, 253);
	CHECK_EQ(reported[0].n_missing, 2);
	CHECK_EQ(missing[0][0].seq, B + 10);
	CHECK_EQ(missing[0][0].run, 2);
	CHECK_EQ(missing[0][1].seq, B + 255);
	CHECK_EQ(missing[0][1].run, 1);
	CHECK_EQ(reported[0].late, 1);
	CHECK_EQ(reported[0].recovered, 1);
	CHECK_EQ(reported[0].start.ns, at_ms(-5000).ns);
	CHECK_EQ(reported[0].end.ns, at_ms(-10).ns);
	CHECK_EQ(reported[0].rtp_ts, 4711);
	CHECK_EQ(reported[0].reordered, 3);
	CHECK_EQ(reported[0].jitter_us, 1234);
	CHECK_EQ(reported[0].has &
		     (ES_INTERVAL_HAS_LATE | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_RTP_TS |
			 ES_INTERVAL_HAS_RECOVERED | ES_INTERVAL_HAS_DELAY_VARIATION),
	    ES_INTERVAL_HAS_LATE | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_RTP_TS |
		ES_INTERVAL_HAS_RECOVERED);
	CHECK_EQ(s->count.late, 1);
	CHECK_EQ(s->count.recovered, 1);
	CHECK_EQ(s->side.damage->effective.expected, 256);
	CHECK_EQ(s->side.damage->effective.bad, 3); /* not what was given back */
	CHECK_EQ(s->side.damage->effective.late, 1);
	CHECK_EQ(s->side.damage->effective.runs, 3);
	CHECK_EQ(
	    s->side.damage->effective.ended, 1); /* the late one ends none, the last continues */
	CHECK_EQ(s->side.damage->lost_runs.longest, 2);
	CHECK_EQ(s->quality.opinion.open.bad, 3);
	CHECK_EQ(s->quality.opinion.open.late, 1);
	CHECK_EQ(s->quality.clean, 0);
	CHECK_EQ(es_concealed_seconds(&s->quality.concealed), 3); /* the first, second and sixth */
	rig_close();
}

TEST(clean_block_needs_no_damage)
{
	begin(256);
	es_window_close_all(&c, s, at_ms(0));
	CHECK(s->side.damage == NULL);
	CHECK_EQ(s->quality.clean, 256);
	CHECK_EQ(s->quality.opinion.open.expected, 256);
	CHECK_EQ(reported[0].has &
		     (ES_INTERVAL_HAS_LATE | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_RECOVERED),
	    0);
	rig_close();
}

/* Timestamps that do not run with the time: nothing of it was late, no score is reported. */
TEST(interval_of_a_clock_that_is_off_reports_no_times)
{
	begin(256);
	lose(B + 10);
	es_window_set(es_side_damage(&c, s)->late_at, B + 60);
	es_block_at(s, B)->has_late = es_block_at(s, B)->has_jitter = true;
	s->receiver.dejitter.moves = 5;
	s->coding.first.pace.off_ms = 15000;
	s->coding.first.pace.off_media_ms = 30000;
	s->coding.first.pace.is_off_now = true;
	es_window_close_all(&c, s, at_ms(0));
	CHECK_EQ(reported[0].late, 0);
	CHECK_EQ(reported[0].has &
		     (ES_INTERVAL_HAS_LATE | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_QUALITY),
	    0);
	CHECK_EQ(reported[0].has & ES_INTERVAL_HAS_RTP_TS, ES_INTERVAL_HAS_RTP_TS);
	CHECK_EQ(s->side.damage->effective.bad, 1);
	CHECK_EQ(s->side.damage->effective.moved, 0);
	CHECK_EQ(s->receiver.moves_reported, 5);
	rig_close();
}

/* What moved since another codec took over is not of a part before. */
TEST(moves_of_the_buffer_are_of_the_part_they_fell_in)
{
	static const struct {
		uint64_t since;
		uint32_t then, moved;
	} rows[] = { { B, 0, 5 }, { B + 255, 4, 5 }, { B + 256, 4, 2 }, { B + 256, 2, 0 },
		{ B + 256, 1, 5 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t moved = rows[i].moved;

		begin(256);
		s->receiver.dejitter.moves = 7;
		s->receiver.moves_reported = 2;
		s->receiver.moves_then = rows[i].then;
		s->coding.audio_since = rows[i].since;
		if (i % 2 != 0)
			(void)es_side_damage(&c, s);
		es_window_close_all(&c, s, at_ms(0));
		CHECK_EQ(i % 2 != 0 ? s->side.damage->effective.moved : s->quality.moved, moved);
		CHECK_EQ(s->quality.opinion.open.moved, moved);
		CHECK_EQ(s->receiver.moves_reported, 2 + moved);
		rig_close();
	}
}

TEST(waits_of_the_buffer_are_of_the_block_they_fell_in)
{
	for (uint64_t at = B + 255; at <= B + 256; at++) {
		unsigned frames = at == B + 255 ? 3 : 0;

		begin(256);
		es_frozen_add(&es_side_damage(&c, s)->frozen, at, 3);
		es_window_close_all(&c, s, at_ms(0));
		CHECK_EQ(s->side.damage->effective.frozen, frames);
		CHECK_EQ(s->quality.opinion.open.frozen, frames);
		rig_close();
	}
}

TEST(numbers_that_went_elsewhere_are_skipped)
{
	begin(100);
	es_window_skip(&c, s, B + 110, B + 119, at_ms(400)); /* ten before them were lost */
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(reported[0].last_seq, B + 109);
	CHECK_EQ(reported[0].lost, 10);
	CHECK_EQ(s->highest, B + 119);
	CHECK_EQ(s->judged, B + 119);
	CHECK_EQ(s->elsewhere, 10);
	CHECK_EQ(s->oldest, BLOCK);
	CHECK(es_window_has(s->window.got, B + 99)); /* its block continues */
	es_window_skip(&c, s, B + 120, B + 299, at_ms(4000));
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(s->oldest, BLOCK + 1);
	CHECK_EQ(s->elsewhere, 190);
	CHECK_EQ(es_block_at(s, B + 300)->first_at.ns, at_ms(4000).ns);
	es_window_skip(&c, s, B + 300, B + 511, at_ms(9000)); /* up to the end of a block */
	CHECK_EQ(n_reported, 1);
	CHECK_EQ(s->oldest, BLOCK + 2);
	CHECK_EQ(es_block_at(s, B + 512)->first_at.ns, at_ms(9000).ns);
	rig_close();
}

/* Its time is when it was expected to begin, not when the last packet before it came. */
TEST(part_of_which_nothing_came_begins_when_it_was_expected)
{
	begin(256);
	s->since_flags = ES_COV_DROPS;
	s->since_dropped = 3;
	es_window_skip(&c, s, B + 301, B + 310, at_ms(900)); /* 45 numbers in 900 ms */
	CHECK_EQ(n_reported, 2);
	CHECK_EQ(reported[1].first_seq, B + 256);
	CHECK_EQ(reported[1].last_seq, B + 300);
	CHECK_EQ(reported[1].received, 0);
	CHECK_EQ(reported[1].lost, 45);
	CHECK_EQ(reported[1].n_missing, 1);
	CHECK_EQ(missing[1][0].run, 45);
	CHECK_EQ(reported[1].start.ns, at_ms(20).ns);
	CHECK_EQ(reported[1].end.ns, at_ms(20).ns);
	CHECK_EQ(reported[1].has & (ES_INTERVAL_HAS_RTP_TS | ES_INTERVAL_HAS_LATE), 0);
	CHECK_EQ(covered[0].flags, 0); /* it began before what is known since */
	CHECK_EQ(covered[1].flags, ES_COV_DROPS);
	CHECK_EQ(covered[1].dropped, 3);
	rig_close();
}
