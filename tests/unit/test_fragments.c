/* SPDX-License-Identifier: Apache-2.0 */
/* Reassembly of IP datagrams. */
#include "harness.h"
#include "probes/reassembly/fragments.h"

static struct es_context context;
static struct es_fragments frags;
static struct es_ip whole;
static uint8_t text[ES_FRAGMENTS_BYTES + 64]; /* some lies behind the largest datagram */

enum { DATAGRAMS = 64 };

static void
begin(void)
{
	memset(&context, 0, sizeof(context));
	memset(&frags, 0, sizeof(frags));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 >> 3);
	frags.c = &context;
	if (es_fragments_new(&frags, DATAGRAMS) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

static void
end(void)
{
	es_fragments_free(&frags);
}

/* One part [from, from + n) of the text in datagram id, at a second. */
static bool
take(uint32_t id, uint32_t from, uint32_t n, bool has_more, int at_s)
{
	struct es_ip part = { .src = { .family = 4, .ip = { 10, 0, 0, 1 } },
		.dst = { .family = 4, .ip = { 10, 0, 0, 2 } },
		.payload_wire_bytes = n,
		.id = id,
		.fragment_at_bytes = from,
		.proto = ES_PROTO_UDP,
		.ttl = 64,
		.is_fragment = true,
		.has_more = has_more };

	part.payload = test_guarded(text + from, n);
	return es_fragments_take(&frags, &part, es_time_of_ns(at_s * ES_NS_PER_S), &whole);
}

static uint64_t
dropped(void)
{
	return context.count[ES_CNT_FRAGMENTS_DROPPED];
}

static void
check_whole(uint32_t n)
{
	CHECK_EQ(whole.payload.n, n);
	CHECK_EQ(whole.payload_wire_bytes, n);
	CHECK(memcmp(whole.payload.p, text, n) == 0);
	CHECK(!whole.is_fragment && !whole.has_more);
	CHECK_EQ(whole.fragment_at_bytes, 0);
	CHECK_EQ(whole.ttl, 64);
	CHECK_EQ(frags.pool.n_used, 0);
}

TEST(fragments_in_every_order)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };
	static const uint32_t from[3] = { 0, 1480, 2960 }, n[3] = { 1480, 1480, 41 };

	begin();
	for (uint32_t i = 0; i < 6; i++)
		for (uint32_t k = 0; k < 3; k++) {
			uint8_t p = orders[i][k];

			CHECK_EQ(take(i, from[p], n[p], p < 2, 0), k == 2);
			if (k == 2)
				check_whole(3001);
		}
	CHECK_EQ(dropped(), 0);
	end();
}

TEST(fragments_of_two_datagrams_keep_apart)
{
	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(2, 0, 1600, true, 0));
	CHECK(take(1, 800, 100, false, 0));
	CHECK_EQ(whole.payload.n, 900);
	CHECK(take(2, 1600, 8, false, 0));
	check_whole(1608);
	end();
}

TEST(fragments_that_come_twice_are_left_out)
{
	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(take(1, 800, 5, false, 0));
	check_whole(805);
	CHECK_EQ(dropped(), 0);
	end();
}

/* The last part too, before the others and behind them: its end is the one that is known. */
TEST(fragments_last_part_that_comes_twice_is_left_out)
{
	begin();
	CHECK(!take(1, 800, 16, false, 0));
	CHECK(!take(1, 800, 16, false, 0));
	CHECK(!take(1, 0, 400, true, 0));
	CHECK(!take(1, 800, 16, false, 0));
	CHECK(take(1, 400, 400, true, 0));
	check_whole(816);
	CHECK_EQ(dropped(), 0);
	end();
}

/* RFC 791 section 3.2: units of 8 bytes, the last of them begun by one byte. */
TEST(fragments_last_part_of_one_byte_is_a_unit)
{
	begin();
	CHECK(!take(1, 16, 1, false, 0));
	CHECK(!take(1, 0, 8, true, 0));
	CHECK(take(1, 8, 8, true, 0));
	check_whole(17);
	CHECK_EQ(dropped(), 0);
	end();
}

TEST(fragments_of_the_largest_datagram_leave_the_others_alone)
{
	begin();
	CHECK(!take(1, 0, 32768, true, 0));
	CHECK(!take(2, 0, 800, true, 0));
	CHECK(!take(3, 0, 32768, true, 0));
	CHECK(take(1, 32768, 32767, false, 0));
	CHECK_EQ(whole.payload.n, 65535);
	CHECK(memcmp(whole.payload.p, text, 65535) == 0);
	CHECK(!take(3, 32768, 32760, true, 0));
	CHECK(take(2, 800, 8, false, 0));
	CHECK_EQ(whole.payload.n, 808);
	CHECK(memcmp(whole.payload.p, text, 808) == 0);
	CHECK(take(3, 65528, 7, false, 0));
	check_whole(65535);
	CHECK_EQ(dropped(), 0);
	end();
}

TEST(fragments_that_overlap_end_their_datagram)
{
	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(1, 792, 16, true, 0));
	CHECK_EQ(dropped(), 1);
	CHECK(!take(1, 800, 5, false, 0)); /* begins another that never ends */
	CHECK_EQ(frags.pool.n_used, 1);
	end();
}

TEST(fragments_beyond_the_last_are_a_contradiction)
{
	begin();
	CHECK(!take(1, 800, 8, false, 0));
	CHECK(!take(1, 808, 8, true, 0)); /* behind the end */
	CHECK_EQ(dropped(), 1);
	CHECK(!take(2, 1600, 800, true, 0));
	CHECK(!take(2, 800, 8, false, 0)); /* an end before what was seen */
	CHECK_EQ(dropped(), 2);
	CHECK(!take(3, 800, 8, false, 0));
	CHECK(!take(3, 792, 8, false, 0)); /* two ends */
	CHECK_EQ(dropped(), 3);
	CHECK_EQ(frags.pool.n_used, 0);
	end();
}

TEST(fragments_of_impossible_sizes_begin_nothing)
{
	begin();
	CHECK(!take(1, 0, 7, true, 0));
	CHECK(!take(1, 0, 0, true, 0));
	CHECK(!take(1, 65528, 16, true, 0)); /* behind the end of the largest datagram */
	CHECK_EQ(frags.pool.n_used, 0);
	CHECK(!take(1, 65528, 8, true, 0)); /* the very end is still inside */
	CHECK_EQ(frags.pool.n_used, 1);
	end();
}

TEST(fragments_cut_by_the_capture_begin_nothing)
{
	struct es_ip part = { .payload = es_slice_of(text, 40),
		.payload_wire_bytes = 800,
		.is_fragment = true,
		.has_more = true };

	begin();
	CHECK(!es_fragments_take(&frags, &part, es_time_of_ns(0), &whole));
	CHECK_EQ(frags.pool.n_used, 0);
	end();
}

/* One of a datagram that had begun: what is missing never comes. */
TEST(fragments_of_impossible_sizes_end_their_datagram)
{
	struct es_ip part = { .src = { .family = 4, .ip = { 10, 0, 0, 1 } },
		.dst = { .family = 4, .ip = { 10, 0, 0, 2 } },
		.payload = es_slice_of(text + 800, 40),
		.payload_wire_bytes = 800,
		.id = 2,
		.fragment_at_bytes = 800,
		.proto = ES_PROTO_UDP,
		.is_fragment = true,
		.has_more = true };

	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(1, 800, 7, true, 0));
	CHECK_EQ(dropped(), 1);
	CHECK(!take(2, 0, 800, true, 0));
	CHECK(!es_fragments_take(&frags, &part, es_time_of_ns(0), &whole)); /* cut */
	CHECK_EQ(dropped(), 2);
	CHECK_EQ(frags.pool.n_used, 0);
	end();
}

TEST(fragments_wait_half_a_minute)
{
	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(1, 800, 8, true, ES_FRAGMENTS_WAIT_S - 1));
	CHECK(take(1, 808, 8, false, ES_FRAGMENTS_WAIT_S));
	check_whole(816);
	CHECK_EQ(dropped(), 0);
	end();
}

TEST(fragments_do_not_wait_for_ever)
{
	begin();
	CHECK(!take(1, 0, 800, true, 0));
	CHECK(!take(1, 800, 8, false, ES_FRAGMENTS_WAIT_S + 1)); /* the number came round */
	CHECK_EQ(dropped(), 1);
	CHECK(take(1, 0, 800, true, ES_FRAGMENTS_WAIT_S + 2));
	check_whole(808);
	end();
}

/* The one that waits longest for a sign of life goes, not the one that began first. */
TEST(fragments_idlest_datagram_gives_way)
{
	begin();
	for (uint32_t id = 0; id < DATAGRAMS; id++)
		CHECK(!take(id, 0, 800, true, 1));
	CHECK(!take(0, 800, 800, true, 2));
	CHECK(!take(DATAGRAMS, 0, 800, true, 3));
	CHECK_EQ(dropped(), 1);
	CHECK(take(0, 1600, 8, false, 4));
	CHECK_EQ(whole.payload.n, 1608);
	CHECK(!take(1, 800, 8, false, 4)); /* this was the one */
	for (uint32_t id = 2; id <= DATAGRAMS; id++)
		CHECK(take(id, 800, 8, false, 4));
	end();
}

TEST(fragments_flood_evicts_itself)
{
	begin();
	for (uint32_t id = 0; id < 1000; id++)
		CHECK(!take(id, 0, 800, true, (int)(id / 100)));
	CHECK_EQ(frags.pool.n_used, DATAGRAMS);
	CHECK_EQ(dropped(), 1000 - DATAGRAMS);
	CHECK(take(999, 800, 8, false, 10));
	CHECK_EQ(whole.payload.n, 808);
	CHECK_EQ(frags.pool.n_used, DATAGRAMS - 1);
	end();
}
