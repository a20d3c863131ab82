/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that live and die together. */
#include "collector/pile.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 << 10 };

struct es_pile_chunk {
	struct es_pile_chunk *next;
	size_t used;
	size_t cap;
	_Alignas(max_align_t) unsigned char bytes[];
};

/* NULL over the limit or out of memory. Aligned for any type. */
static void *
take(struct es_pile *p, size_t n_bytes)
{
	const size_t align = _Alignof(max_align_t);
	struct es_pile_chunk *c = p->chunks;
	void *at;

	if (n_bytes > p->max_bytes - p->n_bytes)
		return NULL;
	n_bytes = (n_bytes + align - 1) / align * align;
	if (c == NULL || n_bytes > c->cap - c->used) {
		size_t cap = n_bytes > CHUNK_BYTES ? n_bytes : CHUNK_BYTES;

		c = malloc(sizeof(*c) + cap);
		if (c == NULL)
			return NULL;
		c->next = p->chunks;
		c->used = 0;
		c->cap = cap;
		p->chunks = c;
	}
	at = c->bytes + c->used;
	c->used += n_bytes;
	p->n_bytes = n_bytes < p->max_bytes - p->n_bytes ? p->n_bytes + n_bytes : p->max_bytes;
	return at;
}

bool
es_pile_copy(struct es_pile *p, es_slice bytes, es_slice *out)
{
	void *at = bytes.n == 0 ? NULL : take(p, bytes.n);

	*out = es_slice_of(NULL, 0);
	if (at == NULL)
		return bytes.n == 0;
	memcpy(at, bytes.p, bytes.n);
	*out = es_slice_of(at, bytes.n);
	return true;
}

void
es_pile_done(struct es_pile *p)
{
	struct es_pile_chunk *next;

	for (struct es_pile_chunk *c = p->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	p->chunks = NULL;
	p->n_bytes = 0;
}
