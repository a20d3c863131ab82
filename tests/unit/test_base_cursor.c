/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor: byte orders, bounds, stickiness. */
#include "harness.h"
#include "probes/base/cursor.h"

static const uint8_t eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

TEST(cursor_reads_both_byte_orders)
{
	struct es_cur c = es_cur_of(GUARDED(eight));

	CHECK_EQ(es_cur_be16(&c), 0x0102);
	CHECK_EQ(es_cur_be24(&c), 0x030405);
	CHECK_EQ(es_cur_left(&c), 3);
	c = es_cur_of(GUARDED(eight));
	CHECK_EQ(es_cur_be32(&c), 0x01020304);
	CHECK_EQ(es_cur_le32(&c), 0x08070605);
	c = es_cur_of(GUARDED(eight));
	CHECK_EQ(es_cur_be64(&c), 0x0102030405060708);
	c = es_cur_of(GUARDED(eight));
	CHECK_EQ(es_cur_le64(&c), 0x0807060504030201);
	CHECK(!c.bad);
}

TEST(cursor_goes_bad_once_and_stays_bad)
{
	struct es_cur c = es_cur_of(GUARDED(eight));

	es_cur_skip(&c, 5);
	CHECK_EQ(es_cur_be32(&c), 0); /* three are left */
	CHECK(c.bad);
	CHECK_EQ(es_cur_u8(&c), 0); /* and none of them is read any more */
	CHECK_EQ(es_cur_left(&c), 0);
	CHECK_EQ(es_cur_rest(&c).n, 0);
	CHECK(c.bad);
}

TEST(cursor_half_a_number_is_no_number)
{
	struct es_cur c = es_cur_of(test_guarded(eight, 7));

	CHECK_EQ(es_cur_be64(&c), 0);
	CHECK(c.bad);
}

TEST(cursor_refuses_sizes_that_would_wrap)
{
	struct es_cur c = es_cur_of(GUARDED(eight));

	CHECK(es_cur_take(&c, SIZE_MAX) == NULL);
	CHECK(c.bad);
}

TEST(cursor_sub_is_bounded_by_its_parent)
{
	struct es_cur c = es_cur_of(GUARDED(eight));
	struct es_cur sub = es_cur_sub(&c, 3);

	CHECK_EQ(es_cur_be16(&sub), 0x0102);
	CHECK_EQ(es_cur_be16(&sub), 0);
	CHECK(sub.bad);
	CHECK(!c.bad);
	CHECK_EQ(es_cur_u8(&c), 4);
	sub = es_cur_sub(&c, 5);
	CHECK(sub.bad);
	CHECK(c.bad);
}

TEST(cursor_peek_takes_nothing)
{
	struct es_cur c = es_cur_of(GUARDED(eight));

	CHECK_EQ(es_cur_peek(&c, 7), 8);
	CHECK_EQ(es_cur_peek(&c, 8), 0);
	CHECK(!c.bad);
	CHECK_EQ(es_cur_left(&c), 8);
}

TEST(cursor_over_nothing_reads_nothing)
{
	struct es_cur c = es_cur_of(es_slice_of(NULL, 0));

	CHECK_EQ(es_cur_rest(&c).n, 0);
	CHECK(!c.bad);
	CHECK_EQ(es_cur_u8(&c), 0);
	CHECK(c.bad);
}
