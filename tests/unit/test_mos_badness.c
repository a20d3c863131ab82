/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two MOS stands before the other in a list with the worst first. */
#include "probes/base/mos_badness.h"
#include "tests/unit/harness.h"

TEST(mos_badness_of_none_is_below_that_of_the_best)
{
	static const struct {
		bool is_known;
		uint32_t milli;
		uint64_t badness;
	} rows[] = { { true, 0, 5001 }, { true, 1000, 4001 }, { true, 4999, 2 }, { true, 5000, 1 },
		{ true, 5001, 1 }, { true, UINT32_MAX, 1 }, { false, 0, 0 }, { false, 1000, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_EQ(es_mos_badness(rows[i].is_known, rows[i].milli), rows[i].badness);
}
