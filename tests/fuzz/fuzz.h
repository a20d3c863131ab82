/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: the entry point and a check that stops the fuzzer. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "earshot/slice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/*
 * What one input freed may serve the next: with the 256 MB that the sanitizer keeps back by default each
 * input pays for the page faults of all it reserves. One megabyte holds what an input frees.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:"
	       "allocator_release_to_os_interval_ms=-1";
}

#define MUST(cond)               \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static inline void
must_be_within(es_slice part, es_slice whole)
{
	if (part.n > 0)
		MUST(part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Takes the first two bytes as "so much longer on the wire than captured". */
static inline es_slice
split_wire(const uint8_t *bytes, size_t n, uint32_t *wire_bytes)
{
	es_slice s = es_slice_of(bytes, n);
	uint32_t more = 0;

	if (n >= 2) {
		more = bytes[0] < 0x80 ? 0 : (uint32_t)bytes[0] << 8 | bytes[1];
		s = es_slice_of(bytes + 2, n - 2);
	}
	*wire_bytes = (uint32_t)s.n + more;
	return s;
}

#endif
