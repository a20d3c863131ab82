/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of small numbers: bit i of word i / 64. */
#ifndef EARSHOT_BASE_BITS_H
#define EARSHOT_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool
es_bits_has(const uint64_t *set, unsigned at)
{
	return (set[at / 64] >> at % 64 & 1) != 0;
}

/* How many numbers from `at` on, before `end`, are like it: in the set or not. */
static inline unsigned
es_bits_run(const uint64_t *set, unsigned at, unsigned end)
{
	uint64_t flip = es_bits_has(set, at) ? UINT64_MAX : 0;
	unsigned n = at;

	while (n < end) {
		uint64_t others = (set[n / 64] ^ flip) >> n % 64;

		if (others != 0) {
			n += (unsigned)__builtin_ctzll(others);
			break;
		}
		n = (n / 64 + 1) * 64;
	}
	return (n < end ? n : end) - at;
}

/* How many numbers from `at` on, before `end`, are in the set. */
static inline unsigned
es_bits_count(const uint64_t *set, unsigned at, unsigned end)
{
	unsigned n = 0;

	while (at < end) {
		unsigned next = (at / 64 + 1) * 64;
		uint64_t word = set[at / 64] >> at % 64;

		if (next > end) {
			word &= (UINT64_C(1) << (end - at)) - 1;
			next = end;
		}
		for (; word != 0; word &= word - 1) /* few are set where this is used */
			n++;
		at = next;
	}
	return n;
}

#endif
