/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is handed out in order and given back in one go. */
#include "probes/base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

int
es_arena_new(struct es_arena *a, size_t cap_bytes)
{
	memset(a, 0, sizeof(*a));
	a->at = malloc(cap_bytes > 0 ? cap_bytes : 1);
	if (a->at == NULL)
		return ES_ENOMEM;
	a->cap_bytes = cap_bytes;
	a->is_own = true;
	ASAN_POISON_MEMORY_REGION(a->at, cap_bytes);
	return 0;
}

void
es_arena_init(struct es_arena *a, void *buf, size_t cap_bytes)
{
	size_t skew = (uintptr_t)buf % ES_ARENA_ALIGN;
	size_t skip = skew == 0 ? 0 : ES_ARENA_ALIGN - skew;

	memset(a, 0, sizeof(*a));
	skip = skip < cap_bytes ? skip : cap_bytes;
	a->at = (uint8_t *)buf + skip;
	a->cap_bytes = cap_bytes - skip;
}

void
es_arena_free(struct es_arena *a)
{
	if (a->is_own)
		free(a->at);
	memset(a, 0, sizeof(*a));
}

/* n bytes from offset start on, which may lie behind the end. */
static uint8_t *
hand_out(struct es_arena *a, size_t start, size_t n, size_t each_bytes)
{
	if (start > a->cap_bytes || (each_bytes > 0 && n > (a->cap_bytes - start) / each_bytes)) {
		a->n_refused++;
		return NULL;
	}
	a->used_bytes = start + n * each_bytes;
	ASAN_UNPOISON_MEMORY_REGION(a->at + start, n * each_bytes);
	return a->at + start;
}

static size_t
aligned(size_t n_bytes)
{
	return (n_bytes + ES_ARENA_ALIGN - 1) / ES_ARENA_ALIGN * ES_ARENA_ALIGN;
}

void *
es_arena_reserve(struct es_arena *a, size_t n, size_t each_bytes)
{
	if (n == 0 || each_bytes == 0)
		return a->at;
	return hand_out(a, aligned(a->used_bytes), n, each_bytes);
}

void *
es_arena_take(struct es_arena *a, size_t n, size_t each_bytes)
{
	void *at = es_arena_reserve(a, n, each_bytes);

	if (at != NULL)
		memset(at, 0, n * each_bytes);
	return at;
}

bool
es_arena_copy(struct es_arena *a, es_slice bytes, es_slice *out)
{
	void *at = bytes.n == 0 ? NULL : hand_out(a, a->used_bytes, bytes.n, 1);

	*out = es_slice_of(NULL, 0);
	if (at == NULL)
		return bytes.n == 0;
	memcpy(at, bytes.p, bytes.n);
	*out = es_slice_of(at, bytes.n);
	return true;
}

void
es_arena_reset(struct es_arena *a, size_t mark)
{
	assert(mark <= a->used_bytes);
	if (a->is_own)
		ASAN_POISON_MEMORY_REGION(a->at + mark, a->used_bytes - mark);
	a->used_bytes = mark;
}

size_t
es_arena_left(const struct es_arena *a)
{
	size_t start = aligned(a->used_bytes);

	return start < a->cap_bytes ? a->cap_bytes - start : 0;
}
