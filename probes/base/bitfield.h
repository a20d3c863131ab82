/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of bytes that are counted in bits, the highest first, as codecs write them. */
#ifndef EARSHOT_BASE_BITFIELD_H
#define EARSHOT_BASE_BITFIELD_H

#include <stddef.h>
#include <stdint.h>

/* n bits, at most 32, from bit `at` on, the first one highest; all of them are there. */
static inline uint32_t
es_bitfield_get(const uint8_t *p, size_t at, unsigned n)
{
	uint32_t v = 0;

	for (; n > 0; n--, at++)
		v = v << 1 | ((uint32_t)p[at / 8] >> (7 - at % 8) & 1);
	return v;
}

#endif
