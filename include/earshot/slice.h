/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed run of bytes: not NUL-terminated, valid as long as its owner documents. */
#ifndef EARSHOT_SLICE_H
#define EARSHOT_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	const uint8_t *p;
	size_t n;
} es_slice;

/* View of n bytes at p, which stay the caller's. */
static inline es_slice
es_slice_of(const void *p, size_t n)
{
	es_slice s;

	s.p = (const uint8_t *)p; /* C++ asks for the cast */
	s.n = n;
	return s;
}

/* View of a NUL-terminated string, without its NUL; NULL is the empty slice. */
static inline es_slice
es_slice_str(const char *s)
{
	return es_slice_of(s, s == NULL ? 0 : strlen(s));
}

/* Whether both have the same bytes. */
static inline bool
es_slice_eq(es_slice a, es_slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
