/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that wrap. */
#include "harness.h"
#include "probes/base/seq.h"

TEST(seq_first_leaves_room_below)
{
	CHECK_EQ(es_seq_first(65534), 65536 + 65534);
	CHECK_EQ(es_seq_first(0), 65536);
}

TEST(seq_half_a_circle_counts_as_backward)
{
	CHECK_EQ(es_seq_diff(0x8000, 0), -32768);
	CHECK_EQ(es_seq_diff(0x7fff, 0), 32767);
	CHECK_EQ(es_seq_diff(0, 0xffff), 1);
	CHECK_EQ(es_seq_diff(0xffff, 0), -1);
	CHECK_EQ(es_seq32_diff(UINT32_C(0x80000000), 0), INT64_C(-2147483648));
	CHECK_EQ(es_seq32_diff(0, UINT32_MAX), 1);
}
