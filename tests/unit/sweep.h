/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hurts a good sample in every small way: cut at each length, each bit flipped, each byte set to
 * its extremes. What the parser says is its business; reading past the end is a crash (guard page).
 */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include "harness.h"

/* What a parser gives out lies inside what it was given. */
static inline void
check_within(es_slice part, es_slice whole)
{
	if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		test_fail(__FILE__, __LINE__, "%zu bytes that are not all of the input", part.n);
}

/* parse gets what was captured and how long it was on the wire. */
static inline void
sweep(const void *sample, size_t n, void (*parse)(es_slice bytes, uint32_t wire_bytes))
{
	es_slice whole = test_guarded(sample, n);
	uint8_t *bytes = (uint8_t *)(uintptr_t)whole.p; /* the guarded copy is ours to write */

	parse(whole, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		uint8_t was = bytes[i];

		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (uint8_t)(was ^ 1 << bit);
			parse(whole, (uint32_t)n);
		}
		bytes[i] = 0x00;
		parse(whole, (uint32_t)n);
		bytes[i] = 0xff;
		parse(whole, (uint32_t)n);
		bytes[i] = was;
	}
	for (size_t cut = 0; cut < n; cut++) {
		es_slice part = test_guarded(sample, cut);

		parse(part, (uint32_t)cut); /* sent that short */
		parse(part, (uint32_t)n);   /* captured that short */
	}
}

#endif
