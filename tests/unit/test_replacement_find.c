/* SPDX-License-Identifier: Apache-2.0 */
/* Which streams to an address replaced another one, to the packet and the millisecond. */
#include "probes/media/replacement.h"

#include "probes/media/flows.h"
#include "probes/media/siblings.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, RELAY = 3, HIGHEST = 100000 };

static struct es_dialog *call;
static struct es_stream_state *s;
static struct es_stretch out[ES_REPLACEMENTS_MAX];

/* A stream of Alice's to Bob, whose last packet came at 0 ms, on a line of its call. */
static void
begin(void)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	s = rig_stream(host(ALICE, 4000), host(BOB, 5000), 0xa);
	rig_speaks(s);
	s->owner.call = call->index;
	s->lowest = HIGHEST - 1000;
	s->highest = HIGHEST;
	s->highest_at = s->prev_at = at_ms(0);
	es_siblings_enter(&streams, s);
}

/* Another one to Bob, from the relay, with n packets from a time on. */
static struct es_stream_state *
comes(uint32_t ssrc, int64_t ms, uint64_t n)
{
	struct es_stream_state *o = rig_stream(host(RELAY, 4000), host(BOB, 5000), ssrc);

	rig_speaks(o);
	o->owner.call = call->index;
	rig_came(o, at_ms(ms), 70000, 70000 + n - 1);
	es_siblings_enter(&streams, o);
	return o;
}

/* How many stretches are laid over so many missing before the packet at ms. */
static unsigned
find(uint64_t missing, int64_t ms)
{
	struct es_arrival a = { .at = at_ms(ms) };

	memset(out, 0, sizeof(out));
	return es_replacement_find(&streams, s, &a, HIGHEST + missing + 1, out);
}

TEST(replacement_covers_what_it_brought)
{
	struct es_stream_state *o;

	begin();
	CHECK_EQ(find(50, 1020), 0);
	o = comes(1, 20, 50);
	CHECK_EQ(find(50, 1020), 1);
	CHECK_EQ(out[0].from, HIGHEST + 1);
	CHECK_EQ(out[0].to, HIGHEST + 50);
	CHECK(out[0].by == o);
	CHECK_EQ(find(9, 1020), 0); /* ten at least, behind a pause */
	CHECK_EQ(find(50, 199), 0);
	s->life = ES_STREAM_ENDED;
	CHECK_EQ(find(50, 1020), 0);
	rig_close();
}

TEST(replacement_is_of_audio_with_a_packet_time_on_both_sides)
{
	struct es_stream_state *o;

	begin();
	o = comes(1, 20, 50);
	o->life = ES_STREAM_UNPROVEN;
	CHECK_EQ(find(50, 1020), 0);
	o->life = ES_STREAM_ENDED;
	CHECK_EQ(find(50, 1020), 1);
	o->coding.first.is.kind = ES_CODEC_VIDEO;
	CHECK_EQ(find(50, 1020), 0);
	o->coding.first.is.kind = ES_CODEC_AUDIO;
	s->coding.first.is.kind = ES_CODEC_VIDEO;
	CHECK_EQ(find(50, 1020), 0);
	rig_close();
}

TEST(replacement_has_another_ssrc_and_the_line_of_the_stream)
{
	struct es_stream_state *o;

	begin();
	o = comes(0xa, 20, 50);
	CHECK_EQ(find(50, 1020), 0);
	rig_close();
	begin();
	o = comes(1, 20, 50);
	s->owner.line_by = o->owner.line_by = ES_LINE_BY_TYPE;
	CHECK_EQ(find(50, 1020), 1);
	o->owner.line = 1;
	CHECK_EQ(find(50, 1020), 0);
	s->owner.line_by = ES_LINE_BY_NOTHING;
	CHECK_EQ(find(50, 1020), 1);
	s->owner.line_by = ES_LINE_BY_TYPE;
	o->owner.line_by = ES_LINE_BY_NOTHING;
	CHECK_EQ(find(50, 1020), 1);
	o->owner.call = ES_POOL_NONE; /* of one call, or of none both */
	CHECK_EQ(find(50, 1020), 0);
	s->owner.call = ES_POOL_NONE;
	CHECK_EQ(find(50, 1020), 1);
	o->owner.call = call->index;
	CHECK_EQ(find(50, 1020), 0);
	rig_close();
}

TEST(replacement_came_when_the_stream_had_stopped)
{
	static const struct {
		int64_t came_ms;
		bool is;
	} rows[] = { { -501, false }, { -500, true }, { 0, true }, { 600, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)comes(1, rows[i].came_ms, 30);
		CHECK_EQ(find(100, 2020), rows[i].is);
		rig_close();
	}
	begin(); /* and before the packet behind the hole */
	(void)comes(1, 1020, 30);
	CHECK_EQ(find(50, 1020), 0);
	CHECK_EQ(find(50, 1021), 0); /* later than 600 ms, and not as many */
	rig_close();
}

/* Later than 600 ms a replacement has just what is missing, but for a sixteenth and three. */
TEST(replacement_after_a_silence_brings_just_what_is_missing)
{
	static const struct {
		int64_t came_ms;
		uint64_t n;
		bool is;
	} rows[] = { { 601, 100, true }, { 601, 91, true }, { 601, 90, false }, { 601, 109, true },
		{ 601, 110, false }, { 600, 90, true }, { 600, 110, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)comes(1, rows[i].came_ms, rows[i].n);
		CHECK_EQ(find(100, 4000), rows[i].is);
		rig_close();
	}
}

TEST(replacement_brings_no_more_than_is_missing_and_a_few)
{
	begin();
	(void)comes(1, 20, 106 + 50);
	CHECK_EQ(find(100, 4000), 1);
	CHECK_EQ(out[0].to, HIGHEST + 100);
	rig_close();
	begin();
	(void)comes(1, 20, 107 + 50);
	CHECK_EQ(find(100, 4000), 0);
	rig_close();
}

TEST(replacement_of_a_hole_beyond_a_jump_brings_nearly_all)
{
	static const struct {
		uint64_t missing, n;
		bool is;
	} rows[] = { { 3000, 2000, true }, { 3200, 2999, false }, { 3200, 3000, true },
		{ 3001, 2813, false }, { 3001, 2814, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)comes(1, 20, rows[i].n);
		CHECK_EQ(find(rows[i].missing, 64000), rows[i].is);
		rig_close();
	}
}

TEST(replacements_follow_each_other_in_the_order_they_came)
{
	const struct es_stream_state *one, *two, *three;

	begin();
	two = comes(2, 420, 30);
	three = comes(3, 1020, 10);
	one = comes(1, 20, 20);
	CHECK_EQ(find(60, 1220), 3);
	CHECK(out[0].by == one);
	CHECK(out[1].by == two);
	CHECK(out[2].by == three);
	CHECK_EQ(out[0].from, HIGHEST + 1);
	CHECK_EQ(out[0].to, HIGHEST + 20);
	CHECK_EQ(out[1].from, HIGHEST + 21);
	CHECK_EQ(out[1].to, HIGHEST + 50);
	CHECK_EQ(out[2].from, HIGHEST + 51);
	CHECK_EQ(out[2].to, HIGHEST + 60);
	rig_close();
}

TEST(replacement_that_began_next_to_another_is_no_replacement)
{
	const struct es_stream_state *one;

	begin();
	one = comes(1, 20, 50);
	(void)comes(2, 200, 10); /* it ran at the same time */
	CHECK_EQ(find(50, 1020), 1);
	CHECK(out[0].by == one);
	rig_close();
}

/* What nobody brought in a time longer than 200 ms is lost where it is. */
TEST(replacement_leaves_what_is_lost_before_and_behind_it)
{
	static const struct {
		int64_t came_ms;
		uint64_t from, to; /* behind HIGHEST, of 100 missing */
	} rows[] = { { 220, 1, 90 }, { 240, 12, 91 }, { 420, 21, 100 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)comes(1, rows[i].came_ms, 80);
		CHECK_EQ(find(100, 2020), 1);
		CHECK_EQ(out[0].from, HIGHEST + rows[i].from);
		CHECK_EQ(out[0].to, HIGHEST + rows[i].to);
		rig_close();
	}
}

TEST(replacement_counts_in_the_packet_times_of_the_stream)
{
	struct es_stream_state *o;

	begin();
	o = comes(1, 20, 25);
	o->changes.step = 320; /* 40 ms */
	CHECK_EQ(find(50, 1020), 1);
	CHECK_EQ(out[0].to, HIGHEST + 50);
	rig_close();
}

/* The receiver that sends on to where the stream comes from has not left that path. */
TEST(replacement_from_another_host_is_no_replacement_while_the_way_back_stays)
{
	static const struct {
		int64_t heard_ms, came_ms;
		bool stays;
	} rows[] = { { 1000, -5000, true }, { 821, -1, true }, { 820, -1, false },
		{ 1000, 0, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_stream_state *back, *o;
		struct es_addr from = host(BOB, 5000), to = host(ALICE, 4000);

		begin();
		back = rig_stream(from, to, 0xb);
		rig_speaks(back);
		es_flow_enter(&streams, es_flow_take(&streams, &from, &to), back);
		rig_came(back, at_ms(rows[i].came_ms), 5, 6);
		back->prev_at = at_ms(rows[i].heard_ms);
		o = comes(1, 20, 50);
		CHECK_EQ(find(50, 1020), rows[i].stays ? 0 : 1);
		o->id.key.src.ip[3] = ALICE; /* another port of the sender's */
		CHECK_EQ(find(50, 1020), 1);
		rig_close();
	}
}

TEST(replacement_is_looked_for_among_eight_streams)
{
	for (unsigned more = 6; more <= 8; more++) {
		begin();
		(void)comes(1, 20, 50);
		for (unsigned i = 0; i < more; i++)
			comes(100 + i, 20, 1)->life = ES_STREAM_UNPROVEN;
		CHECK_EQ(find(50, 1020), more <= 7 ? 1 : 0);
		rig_close();
	}
}

TEST(replacement_without_a_call_is_at_a_port_of_few_senders)
{
	for (unsigned more = 0; more <= 4; more++) {
		begin();
		s->owner.call = ES_POOL_NONE;
		comes(1, 20, 50)->owner.call = ES_POOL_NONE;
		for (unsigned i = 0; i < more; i++)
			comes(100 + i, 20, 1)->life = ES_STREAM_UNPROVEN;
		CHECK_EQ(find(50, 1020), more <= 2 ? 1 : 0); /* with the stream itself, four */
		rig_close();
	}
}

static void
back_at(int64_t ms, unsigned ahead)
{
	struct es_arrival a = { .at = at_ms(ms), .seq = (uint16_t)(HIGHEST + ahead), .ts = 4711 };

	es_replacement_end(&streams, s, &a);
}

/* The number it came back to its path with, 0: it did not. */
static uint64_t
came_back(void)
{
	const struct es_stream_return *back = es_stream_return(s);

	return back != NULL ? back->first : 0;
}

TEST(stream_comes_back_to_its_path_behind_one_that_took_over)
{
	struct es_stream_state *o;

	begin();
	back_at(1020, 1);
	CHECK_EQ(came_back(), 0); /* nobody did */
	o = comes(1, 20, 50);
	back_at(1020, 0);
	CHECK_EQ(came_back(), 0); /* it is not ahead */
	back_at(1020, 2);
	CHECK_EQ(came_back(), HIGHEST + 2);
	CHECK_EQ(s->side.rare->returned.ts, 4711);
	CHECK_EQ(s->run_at.ns, at_ms(1020).ns);
	CHECK(!s->side.rare->returned.numbers_none);
	CHECK(es_stream_at(&streams, es_siblings_first(&streams, ES_SIBLINGS_TARGET, o)) == s);
	CHECK_EQ(find(50, 1020), 1);
	back_at(1020, 1); /* without a gap, though ten packets and more came meanwhile */
	CHECK(s->side.rare->returned.numbers_none);
	CHECK_EQ(find(50, 1020), 0);
	rig_close();
}

TEST(stream_that_came_back_behind_a_few_packets_may_number_what_went_elsewhere)
{
	for (unsigned n = 10; n <= 11; n++) {
		begin();
		(void)comes(1, 20, n);
		back_at(1020, 1);
		CHECK_EQ(came_back(), HIGHEST + 1);
		CHECK_EQ(s->side.rare->returned.numbers_none, n == 11);
		rig_close();
	}
}

TEST(turn_is_taken_when_the_stream_had_stopped_and_for_a_while)
{
	static const struct {
		int64_t came_ms;
		uint64_t n;
		bool is;
	} rows[] = { { -500, 50, true }, { -501, 50, false }, { 0, 6, true }, { 0, 5, false },
		{ -20, 7, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)comes(1, rows[i].came_ms, rows[i].n);
		back_at(2000, 2);
		CHECK_EQ(came_back(), rows[i].is ? HIGHEST + 2 : 0);
		rig_close();
	}
	begin();
	(void)comes(0xa, 20, 50); /* the same SSRC: a detour */
	back_at(1020, 2);
	CHECK_EQ(came_back(), 0);
	rig_close();
}
