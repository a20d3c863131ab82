/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of small numbers, against a walk over every number. */
#include "probes/base/bits.h"

#include "harness.h"

enum { BITS = 256 };

TEST(bits_are_counted_and_run_as_a_walk_says)
{
	uint64_t seed = 3;

	for (unsigned round = 0; round < 2000; round++) {
		uint64_t set[BITS / 64];
		unsigned at = test_random(&seed) % BITS;
		unsigned end = at + test_random(&seed) % (BITS - at + 1);
		unsigned n = 0;
		unsigned run = 0;

		for (unsigned i = 0; i < BITS / 64; i++) {
			set[i] = (uint64_t)test_random(&seed) << 32 | test_random(&seed);
			set[i] = round % 3 == 0 ? UINT64_MAX : round % 3 == 1 ? 0 : set[i];
		}
		for (unsigned i = at; i < end; i++)
			n += es_bits_has(set, i);
		while (at + run < end && es_bits_has(set, at + run) == es_bits_has(set, at))
			run++;
		CHECK_EQ(es_bits_count(set, at, end), n);
		if (at < end)
			CHECK_EQ(es_bits_run(set, at, end), run);
	}
}
