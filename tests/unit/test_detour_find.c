/* SPDX-License-Identifier: Apache-2.0 */
/* Which numbers of a stream another path of its SSRC carried, to the packet and the millisecond. */
#include "probes/media/detour.h"

#include "probes/media/siblings.h"
#include "probes/stream/restart.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, RELAY = 3, HIGHEST = 100000, TS = 500000, OTHER = HIGHEST % 65536 };

static struct es_stream_state *s;

/* Alice's PCMU to Bob, whose last packet came at 0 ms. */
static void
begin(void)
{
	rig_open();
	s = rig_stream(host(ALICE, 4000), host(BOB, 5000), 0xa);
	rig_speaks(s);
	es_steps_add(&s->coding.steps, 160);
	s->lowest = HIGHEST - 100;
	s->highest = HIGHEST;
	s->highest_ts = TS;
	s->highest_at = s->prev_at = s->last_at = at_ms(0);
	s->run_at = at_ms(-2000);
	es_window_begin(s, HIGHEST - 100);
	memset(s->window.got, 0xff, sizeof(s->window.got));
	es_siblings_enter(&streams, s);
}

/* Its SSRC on the relay's path, with n packets that begin so far behind the highest, from a time on. */
static struct es_stream_state *
goes_over_relay(uint16_t port, uint64_t lead, uint64_t n, int64_t ms)
{
	struct es_stream_state *o = rig_stream(host(RELAY, port), host(BOB, 5000), 0xa);

	rig_speaks(o);
	rig_came(o, at_ms(ms), OTHER + lead, OTHER + lead + n - 1);
	o->side.rare->returned.ts = (uint32_t)(TS + 160 * lead);
	o->highest_ts = (uint32_t)(TS + 160 * (lead + n - 1));
	es_siblings_enter(&streams, o);
	return o;
}

static struct es_arrival
packet(uint64_t lead, int64_t ms)
{
	return (struct es_arrival){ .seq = (uint16_t)(HIGHEST + lead),
		.ts = (uint32_t)(TS + 160 * lead),
		.at = at_ms(ms) };
}

/* How many numbers went elsewhere before a packet that comes back. */
static uint64_t
elsewhere(uint64_t lead, int64_t ms)
{
	struct es_arrival a = packet(lead, ms);

	es_detour_packet(&streams, s, &a);
	return s->elsewhere;
}

TEST(detour_covers_what_the_other_path_carried)
{
	const struct es_stream_return *back;
	struct es_stream_state *o;

	begin();
	CHECK_EQ(elsewhere(51, 1020), 0);
	CHECK(es_stream_return(s) == NULL);
	CHECK_EQ(s->highest, HIGHEST);
	o = goes_over_relay(4000, 1, 50, 20);
	o->prev_at = at_ms(1005);
	CHECK_EQ(elsewhere(51, 1020), 50);
	CHECK_EQ(s->highest, HIGHEST + 50);
	CHECK_EQ(s->judged, HIGHEST + 50);
	CHECK_EQ(s->highest_ts, TS + 50 * 160);
	CHECK_EQ(s->highest_at.ns, at_ms(1000).ns);
	CHECK_EQ(s->prev_at.ns, at_ms(1005).ns);
	CHECK_EQ(s->run_at.ns, at_ms(1020).ns);
	back = es_stream_return(s);
	CHECK_EQ(back->first, HIGHEST + 51);
	CHECK_EQ(back->missed, 50);
	CHECK_EQ(back->ts, TS + 51 * 160);
	CHECK_EQ(es_siblings_first(&streams, ES_SIBLINGS_SSRC, s), s->id.index);
	rig_close();
}

/* What took over: it began behind the highest number, had two packets and stopped before this one. */
TEST(detour_fits_between_the_last_packet_and_the_one_that_comes_back)
{
	static const struct {
		uint64_t lead, n, back, elsewhere;
	} rows[] = { { 0, 50, 51, 0 }, { 1, 50, 51, 50 }, { 1, 50, 50, 0 }, { 1, 50, 52, 50 },
		{ 2, 49, 51, 49 }, { 1, 1, 2, 0 }, { 1, 2, 3, 2 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)goes_over_relay(4000, rows[i].lead, rows[i].n, 20);
		CHECK_EQ(elsewhere(rows[i].back, 2000), rows[i].elsewhere);
		rig_close();
	}
}

/* Timestamps rise from path to path; those of video may stand a second out of their order. */
TEST(detour_has_the_timestamps_that_are_missing)
{
	static const struct {
		const char *name;
		uint32_t rate_hz;
		int32_t first,
		    last; /* against the last of the stream, and the one that comes back */
		bool is;
	} rows[] = { { "PCMU", 8000, 0, 0, true }, { "PCMU", 8000, -1, 0, false },
		{ "PCMU", 8000, 0, 1, false }, { "VP8", 90000, -90000, 90000, true },
		{ "VP8", 90000, -90001, 90000, false }, { "VP8", 90000, -90000, 90001, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_stream_state *o;

		begin();
		es_payload_of(96, es_slice_str(rows[i].name), rows[i].rate_hz, &s->coding.first.is);
		o = goes_over_relay(4000, 1, 50, 20);
		o->side.rare->returned.ts = (uint32_t)(TS + rows[i].first);
		o->highest_ts = (uint32_t)(TS + 51 * 160 + rows[i].last);
		CHECK_EQ(elsewhere(51, 1020), rows[i].is ? 50 : 0);
		rig_close();
	}
}

TEST(detour_that_began_with_its_stream_is_as_good)
{
	struct es_stream_state *o;

	begin();
	o = goes_over_relay(4000, 1, 50, 20);
	o->side.rare->returned.first = 0; /* it never left */
	o->record.first_ts = TS + 160;
	CHECK_EQ(elsewhere(51, 1020), 50);
	rig_close();
	begin();
	o = goes_over_relay(4000, 1, 50, 20);
	o->side.rare->returned.first = 0;
	o->record.first_ts = TS - 160;
	CHECK_EQ(elsewhere(51, 1020), 0);
	rig_close();
}

TEST(detour_is_believed_and_came_when_the_stream_had_stopped)
{
	static const struct {
		enum es_stream_life life;
		int64_t ms;
		bool is;
	} rows[] = { { ES_STREAM_OPEN, -2000, true }, { ES_STREAM_OPEN, -2001, false },
		{ ES_STREAM_ENDED, 20, true }, { ES_STREAM_UNPROVEN, 20, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		goes_over_relay(4000, 1, 50, rows[i].ms)->life = (uint8_t)rows[i].life;
		CHECK_EQ(elsewhere(51, 3020), rows[i].is ? 50 : 0);
		rig_close();
	}
}

TEST(way_back_with_the_same_source_number_is_no_detour)
{
	for (unsigned i = 0; i < 4; i++) {
		struct es_stream_state *o;

		begin();
		o = goes_over_relay(4000, 1, 50, 20);
		o->id.key.src = host(BOB, i == 1 ? 5002 : 5000);
		o->id.key.dst = host(ALICE, i == 2 ? 4002 : 4000);
		if (i == 3)
			o->id.key.src = host(RELAY, 4000);
		CHECK_EQ(elsewhere(51, 1020), i == 0 ? 0 : 50);
		rig_close();
	}
}

/* Behind the last number over there: what no time has passed for is on its way. */
TEST(detour_covers_what_is_still_on_its_way_there)
{
	static const struct {
		int64_t ms; /* since the last packet on the other path */
		uint64_t elsewhere;
	} rows[] = { { -20, 50 }, { 0, 50 }, { 19, 50 }, { 20, 49 }, { 39, 49 }, { 40, 48 },
		{ 180, 41 }, { 199, 41 }, { 200, 40 }, { 220, 40 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)goes_over_relay(4000, 1, 40, 20); /* to 800 ms */
		CHECK_EQ(elsewhere(51, 800 + rows[i].ms), rows[i].elsewhere);
		rig_close();
	}
	begin();
	es_payload_of(96, es_slice_str("VP8"), 90000, &s->coding.first.is); /* of no packet time */
	(void)goes_over_relay(4000, 1, 40, 20);
	CHECK_EQ(elsewhere(51, 800), 40);
	rig_close();
}

TEST(detours_over_several_paths_are_laid_one_behind_the_other)
{
	static const struct {
		uint64_t lead[2], n[2], back, elsewhere;
	} rows[] = {
		{ { 1, 31 }, { 30, 50 }, 81, 80 }, /* the next path right behind */
		{ { 1, 41 }, { 30, 50 }, 91, 80 }, /* ten were lost between the two */
		{ { 1, 31 }, { 50, 50 }, 81, 80 }, /* both ran for a while */
		{ { 1, 11 }, { 80, 10 }, 81, 80 }, /* one next to the other */
		{ { 1, 1 }, { 80, 80 }, 81, 80 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned first = 0; first < 2; first++) {
			unsigned second = 1 - first;

			begin();
			(void)goes_over_relay(4000, rows[i].lead[first], rows[i].n[first],
			    20 * (int64_t)rows[i].lead[first]);
			(void)goes_over_relay(4002, rows[i].lead[second], rows[i].n[second],
			    20 * (int64_t)rows[i].lead[second]);
			CHECK_EQ(elsewhere(rows[i].back, 4000), rows[i].elsewhere);
			CHECK_EQ(s->highest, HIGHEST + rows[i].back - 1);
			CHECK_EQ(
			    s->side.rare->returned.missed, 0); /* of several ways nothing is said */
			rig_close();
		}
	}
}

/* One record, and 767 lost packets for which no time passed: without credit no more. */
TEST(detour_is_affordable_with_few_lost_next_to_it)
{
	for (uint64_t back = 867; back <= 869; back++) {
		begin();
		c.credit_at = at_ms(13000);
		(void)goes_over_relay(4000, 101, 50, 20);
		(void)goes_over_relay(
		    4002, 301, 50, 20); /* 100 and 150 are lost, and what is behind */
		CHECK_EQ(elsewhere(back, 13000), back <= 868 ? 100 : 0);
		CHECK_EQ(c.count[ES_CNT_JUMPS_REFUSED], back > 868);
		rig_close();
	}
}

TEST(detour_is_free_behind_32_packets)
{
	static const struct {
		uint64_t judged;
		uint32_t credit;
		bool is;
	} rows[] = { { 0, 0, true }, { HIGHEST - 32, 0, true }, { HIGHEST - 31, 0, false },
		{ HIGHEST - 31, 1, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		s->judged = rows[i].judged;
		c.credit = rows[i].credit;
		c.credit_at = at_ms(1020);
		(void)goes_over_relay(4000, 1, 50, 20);
		CHECK_EQ(elsewhere(51, 1020), rows[i].is ? 50 : 0);
		CHECK_EQ(c.credit, 0);
		CHECK_EQ(es_stream_return(s) != NULL, rows[i].is);
		rig_close();
	}
}

/* Another SSRC to the address counts in numbers of its own: time and timestamp are those of the way back. */
TEST(replacement_is_a_detour_in_numbers_of_the_stream)
{
	struct es_stream_state *o;

	begin();
	o = rig_stream(host(RELAY, 4000), host(BOB, 5000), 1);
	rig_speaks(o);
	rig_came(o, at_ms(20), 70000, 70049);
	es_siblings_enter(&streams, o);
	CHECK_EQ(elsewhere(53, 1060), 50);
	CHECK_EQ(s->side.rare->returned.missed, 50);
	CHECK_EQ(s->highest_ts, TS + (uint32_t)(s->highest - HIGHEST) * 160);
	CHECK_EQ(s->highest_at.ns, o->highest_at.ns);
	CHECK_EQ(s->prev_at.ns, o->prev_at.ns);
	rig_close();
}

TEST(withdrawn_numbers_are_a_detour_by_nobody)
{
	struct es_dialog *d;
	struct es_media *m;

	begin();
	d = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	m = rig_media(d, host(BOB, 5000), false);
	s->owner.call = d->index;
	m->is_away = true;
	m->left_at = at_ms(0);
	CHECK_EQ(elsewhere(51, 1020), 50);
	CHECK_EQ(s->highest_ts, TS + 50 * 160);
	CHECK_EQ(s->highest_at.ns, at_ms(1000).ns); /* a packet time before the next one */
	CHECK_EQ(s->prev_at.ns, at_ms(1000).ns);
	rig_close();
}
