/* SPDX-License-Identifier: Apache-2.0 */
/* Which numbers are missing because SDP named another address, to the packet and the millisecond. */
#include "probes/media/withdrawn.h"

#include "probes/media/siblings.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, RELAY = 3, HIGHEST = 100000 };

static struct es_dialog *call;
static struct es_stream_state *s;
static struct es_media *of_alice, *of_bob;
static struct es_stretch found;

/* Alice's stream to Bob: its last packet came at 0 ms. */
static void
begin(void)
{
	rig_open();
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	of_alice = rig_media(call, host(ALICE, 4000), true);
	of_bob = rig_media(call, host(BOB, 5000), false);
	s = rig_stream(host(ALICE, 4000), host(BOB, 5000), 0xa);
	rig_speaks(s);
	s->owner.call = call->index;
	s->highest = HIGHEST;
}

static void
leaves(struct es_media *m, int64_t ms)
{
	m->is_away = true;
	m->left_at = at_ms(ms);
}

static void
was_away(struct es_media *m, int64_t from_ms, int64_t to_ms)
{
	m->is_away = false;
	m->away_at = at_ms(from_ms);
	m->back_at = at_ms(to_ms);
}

/* So many are missing before the packet at ms; how many of them are excused. */
static uint64_t
excused(uint64_t missing, int64_t ms)
{
	struct es_arrival a = { .at = at_ms(ms) };

	memset(&found, 0, sizeof(found));
	if (es_withdrawn_find(&streams, s, &a, HIGHEST + missing + 1, &found) == 0)
		return 0;
	if (found.by != NULL)
		test_fail(__FILE__, __LINE__, "carried by somebody");
	return found.to - found.from + 1;
}

TEST(withdrawn_numbers_are_all_that_are_missing_meanwhile)
{
	begin();
	CHECK_EQ(excused(49, 1000), 0); /* nobody withdrew anything */
	leaves(of_bob, 0);
	CHECK_EQ(excused(49, 1000), 49);
	CHECK_EQ(found.from, HIGHEST + 1);
	CHECK_EQ(found.to, HIGHEST + 49);
	s->owner.call = ES_POOL_NONE;
	CHECK_EQ(excused(49, 1000), 0);
	rig_close();
}

TEST(withdrawn_numbers_are_ten_at_least_and_of_a_pause_of_200_ms)
{
	begin();
	leaves(of_bob, 0);
	CHECK_EQ(excused(9, 1000), 0);
	CHECK_EQ(excused(10, 1000), 10);
	CHECK_EQ(excused(10, 199), 0);
	CHECK_EQ(excused(10, 200), 10);
	s->changes.step = 0; /* no packet time */
	s->coding.first.is.codec = NULL;
	CHECK_EQ(excused(10, 1000), 0);
	rig_close();
}

/* Twice as many as the time has packets, and ten more: beyond that the numbers jumped. */
TEST(withdrawn_numbers_fit_into_the_time)
{
	begin();
	leaves(of_bob, 0);
	CHECK_EQ(excused(108, 1000), 108); /* 49 fit between the two */
	CHECK_EQ(excused(109, 1000), 0);
	CHECK_EQ(excused(110, 1001), 110); /* 50 */
	CHECK_EQ(excused(111, 1001), 0);
	rig_close();
}

TEST(withdrawn_address_was_left_while_the_stream_was_silent_or_two_seconds_before)
{
	static const struct {
		int64_t left_ms;
		bool is;
	} rows[] = { { -2000, true }, { -2001, false }, { 0, true }, { 999, true }, { 1000, false },
		{ 1001, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		leaves(of_bob, rows[i].left_ms);
		CHECK_EQ(excused(49, 1000), rows[i].is ? 49 : 0);
		was_away(of_bob, rows[i].left_ms, 5000);
		CHECK_EQ(excused(49, 1000), rows[i].is ? 49 : 0);
		rig_close();
	}
}

TEST(withdrawn_address_came_back_behind_the_last_packet)
{
	begin();
	was_away(of_bob, -500, 0);
	CHECK_EQ(excused(49, 1000), 0);
	was_away(of_bob, -500, 1);
	CHECK_EQ(excused(49, 1000), 49);
	rig_close();
}

TEST(withdrawn_source_counts_where_another_took_its_place)
{
	begin();
	leaves(of_alice, 0);
	CHECK_EQ(excused(49, 1000), 49);
	of_alice->is_held = true; /* who holds may send on */
	CHECK_EQ(excused(49, 1000), 0);
	leaves(of_bob, 0);
	of_bob->is_held = true;
	CHECK_EQ(excused(49, 1000), 49);
	rig_close();
}

TEST(missing_before_and_behind_the_withdrawal_is_lost)
{
	static const struct {
		int64_t left_ms, back_ms;
		uint64_t head, tail;
	} rows[] = { { 2000, 8000, 0, 0 }, { 2001, 8000, 100, 0 }, { 2000, 7999, 0, 100 },
		{ 3000, 7000, 149, 149 }, { 4000, 6001, 199, 199 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		was_away(of_bob, rows[i].left_ms, rows[i].back_ms);
		CHECK_EQ(excused(499, 10000), 499 - rows[i].head - rows[i].tail);
		CHECK_EQ(found.from, HIGHEST + 1 + rows[i].head);
		CHECK_EQ(found.to, HIGHEST + 499 - rows[i].tail);
		rig_close();
	}
}

TEST(missing_that_is_all_before_and_behind_the_withdrawal_is_lost)
{
	begin();
	was_away(of_bob, 5000, 5020); /* 249 before, 248 behind */
	CHECK_EQ(excused(497, 10000), 0);
	CHECK_EQ(excused(498, 10000), 1);
	CHECK_EQ(found.from, HIGHEST + 250);
	rig_close();
}

/* What a relay was not sent: a stream of the SSRC to the relay misses the numbers first .. first + n - 1. */
static struct es_stream_state *
misses(uint64_t first, uint64_t n, int64_t ms)
{
	struct es_stream_state *o = rig_stream(host(9, 4000), host(ALICE, 6000), 0xa);

	rig_came(o, at_ms(ms), first + n, first + n);
	o->side.rare->returned.missed = n;
	es_siblings_enter(&streams, o);
	return o;
}

TEST(withdrawn_before_a_relay_is_missing_behind_it)
{
	static const struct {
		uint64_t first; /* behind HIGHEST */
		uint64_t n;
		int64_t ms;
		uint64_t excused;
	} rows[] = { { 1, 49, 1000, 49 }, { 1, 49, 1001, 0 }, { 1, 49, -1000, 49 },
		{ 1, 49, -1001, 0 }, { 2, 48, 1000, 48 }, { 2, 47, 1000, 47 }, { 1, 47, 1000, 47 },
		{ 0, 49, 1000, 0 }, { 1, 50, 1000, 0 }, { 1, 1, 1000, 1 }, { 1, 0, 1000, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		(void)misses(HIGHEST + rows[i].first, rows[i].n, rows[i].ms);
		CHECK_EQ(excused(49, 1000), rows[i].excused);
		if (rows[i].excused > 0)
			CHECK_EQ(found.from, HIGHEST + rows[i].first);
		rig_close();
	}
}

TEST(missing_at_another_host_than_the_sender_excuses_nothing)
{
	struct es_stream_state *o;

	begin();
	o = misses(HIGHEST + 1, 49, 1000);
	o->id.key.dst = host(RELAY, 6000);
	CHECK_EQ(excused(49, 1000), 0);
	(void)misses(HIGHEST + 5, 10, 1000); /* but the next one may */
	es_siblings_enter(&streams, o);
	CHECK_EQ(excused(49, 1000), 10);
	rig_close();
}

TEST(missing_behind_a_relay_is_looked_for_among_eight_streams)
{
	for (unsigned before = 7; before <= 8; before++) {
		begin();
		(void)misses(HIGHEST + 1, 49, 1000);
		for (unsigned i = 0; i < before; i++)
			(void)misses(HIGHEST + 1, 0, 1000);
		CHECK_EQ(excused(49, 1000), before == 7 ? 49 : 0);
		rig_close();
	}
}
