/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is handed out in order and given back in one go: one block with a cap, nothing between
 * its pieces. What does not fit is refused and counted. In a block of the arena's own the address
 * sanitizer sees whoever touches what is not handed out.
 */
#ifndef EARSHOT_BASE_ARENA_H
#define EARSHOT_BASE_ARENA_H

#include "earshot/error.h"
#include "earshot/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ES_ARENA_ALIGN = _Alignof(max_align_t) };

struct es_arena {
	uint8_t *at; /* aligned to ES_ARENA_ALIGN */
	size_t cap_bytes;
	size_t used_bytes;
	uint64_t n_refused; /* requests that did not fit; the owner may clear it */
	bool is_own;        /* the block is freed with the arena */
};

/*
 * Fills a struct of the caller's. The block is reserved at once, but a page of it costs memory only
 * when the first byte on it is written. ES_ENOMEM leaves a zeroed arena: it refuses whatever needs room.
 */
int es_arena_new(struct es_arena *a, size_t cap_bytes);

/* The same in a buffer, which is kept. Up to ES_ARENA_ALIGN - 1 bytes at its start stay unused. */
void es_arena_init(struct es_arena *a, void *buf, size_t cap_bytes);

/* A zeroed arena is fine. */
void es_arena_free(struct es_arena *a);

/* n zeroed objects, aligned for any type; NULL where they do not fit. n may be 0 and needs no room. */
void *es_arena_take(struct es_arena *a, size_t n, size_t each_bytes);

/* The same without zeroing: for room that is rarely used in full, or written at once. */
void *es_arena_reserve(struct es_arena *a, size_t n, size_t each_bytes);

/* A copy that follows the piece before it without alignment. False where it does not fit: *out is empty. */
bool es_arena_copy(struct es_arena *a, es_slice bytes, es_slice *out);

/* Where the next piece begins at the earliest; es_arena_reset gives back all that came after. */
static inline size_t
es_arena_mark(const struct es_arena *a)
{
	return a->used_bytes;
}

void es_arena_reset(struct es_arena *a, size_t mark);

/* Bytes that one es_arena_take may still have. */
size_t es_arena_left(const struct es_arena *a);

#endif
