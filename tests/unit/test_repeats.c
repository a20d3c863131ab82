/* SPDX-License-Identifier: Apache-2.0 */
/* Which datagram is the capture's copy of another one. */
#include "probes/reassembly/repeats.h"

#include "harness.h"

static struct es_context c;
static struct es_repeats repeats;
static const struct es_addr alice = { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
static const struct es_addr bob = { .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };

static void
begin(uint32_t room)
{
	memset(&c, 0, sizeof(c));
	memset(&repeats, 0, sizeof(repeats));
	if (es_repeats_new(&repeats, room) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

/* "abc" from Alice to Bob, at the first capture point, with an IP id. */
static struct es_repeat_of
datagram(int64_t ms)
{
	return (struct es_repeat_of){ .src = &alice,
		.dst = &bob,
		.payload = es_slice_str("abc"),
		.payload_wire_bytes = 3,
		.ip_id = 9,
		.udp_checksum = 7,
		.capture_point = 1,
		.at = es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS) };
}

static bool
is_copy(struct es_repeat_of d)
{
	return es_repeats_is_copy(&repeats, &c, &d);
}

/* Of two datagrams so far apart, at another capture point or not, with an IP id or without. */
static bool
is_copy_after(int64_t ms, bool has_id, uint8_t capture_point)
{
	struct es_repeat_of d = datagram(0);
	bool is;

	begin(4);
	d.ip_id = has_id ? 9 : 0;
	(void)is_copy(d);
	d.at = datagram(ms).at;
	d.capture_point = capture_point;
	is = is_copy(d);
	es_repeats_free(&repeats);
	return is;
}

TEST(copy_comes_soon_by_the_same_door_and_later_by_another_one)
{
	static const struct {
		bool has_id;
		uint8_t capture_point;
		int64_t limit_ms;
	} rows[] = { { true, 1, ES_REPEAT_MS }, { false, 1, ES_REPEAT_MS },
		{ false, 2, ES_REPEAT_MS }, { true, 2, ES_REPEAT_ELSEWHERE_MS } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(is_copy_after(0, rows[i].has_id, rows[i].capture_point));
		CHECK(is_copy_after(rows[i].limit_ms - 1, rows[i].has_id, rows[i].capture_point));
		CHECK(!is_copy_after(rows[i].limit_ms, rows[i].has_id, rows[i].capture_point));
		CHECK(is_copy_after(1 - rows[i].limit_ms, rows[i].has_id, rows[i].capture_point));
		CHECK(!is_copy_after(-rows[i].limit_ms, rows[i].has_id, rows[i].capture_point));
	}
}

TEST(copy_is_held_against_the_last_that_was_none)
{
	struct es_repeat_of d;

	begin(4);
	CHECK(!is_copy(datagram(0)));
	CHECK(is_copy(datagram(ES_REPEAT_MS - 1)));
	CHECK(!is_copy(datagram(ES_REPEAT_MS)));
	CHECK(is_copy(datagram(2 * ES_REPEAT_MS - 1)));
	d = datagram(3 * ES_REPEAT_ELSEWHERE_MS);
	d.capture_point = 2;
	CHECK(!is_copy(d)); /* from now on that of the second capture point */
	d.at = datagram(3 * ES_REPEAT_ELSEWHERE_MS + ES_REPEAT_MS).at;
	CHECK(!is_copy(d));
	es_repeats_free(&repeats);
}

TEST(copy_is_the_same_to_the_byte)
{
	struct es_repeat_of d;

	begin(16);
	CHECK(!is_copy(datagram(0)));
	d = datagram(0);
	d.src = &bob;
	CHECK(!is_copy(d));
	d = datagram(0);
	d.dst = &alice;
	CHECK(!is_copy(d));
	d = datagram(0);
	d.payload = es_slice_str("abd");
	CHECK(!is_copy(d));
	d = datagram(0);
	d.ip_id = 10;
	CHECK(!is_copy(d));
	d = datagram(0);
	d.udp_checksum = 8; /* offload leaves it to the card */
	CHECK(is_copy(d));
	d.payload_wire_bytes = 4; /* cut: the checksum shows what is not there */
	CHECK(!is_copy(d));
	CHECK(is_copy(d));
	d.udp_checksum = 7;
	CHECK(!is_copy(d));
	d.payload_wire_bytes = 5;
	CHECK(!is_copy(d));
	CHECK(is_copy(datagram(0)));
	es_repeats_free(&repeats);
}

TEST(copies_are_looked_for_among_the_last_datagrams)
{
	struct es_repeat_of d = datagram(0);

	begin(3);
	for (d.ip_id = 1; d.ip_id <= 3; d.ip_id++)
		CHECK(!is_copy(d));
	CHECK_EQ(c.count[ES_CNT_REPEATS_EVICTED], 0);
	d.at = datagram(ES_REPEAT_MS - 1).at;
	CHECK(!is_copy(d)); /* the fourth, in the place of the first */
	CHECK_EQ(c.count[ES_CNT_REPEATS_EVICTED], 1);
	d.ip_id = 3;
	CHECK(is_copy(d));
	d.ip_id = 1;
	d.at = datagram(ES_REPEAT_MS).at;
	CHECK(!is_copy(d)); /* the second gives way, which is too old to matter */
	CHECK_EQ(c.count[ES_CNT_REPEATS_EVICTED], 1);
	CHECK_EQ(repeats.table.n, 3);
	es_repeats_free(&repeats);
}
