/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of texts and lists, freed together. */
#include "agent/report/pile.h"

#include <stdlib.h>
#include <string.h>

struct es_piled {
	struct es_piled *before;
	_Alignas(max_align_t) uint8_t bytes[];
};

void *
es_pile_add(struct es_pile *c, const void *bytes, size_t n)
{
	struct es_piled *k = n == 0 ? NULL : malloc(sizeof(*k) + n);

	c->failed |= n > 0 && k == NULL;
	if (k == NULL)
		return NULL;
	k->before = c->last;
	c->last = k;
	memcpy(k->bytes, bytes, n);
	return k->bytes;
}

es_slice
es_pile_text(struct es_pile *c, es_slice text)
{
	const uint8_t *copy = es_pile_add(c, text.p, text.n);

	return es_slice_of(copy, copy == NULL ? 0 : text.n);
}

void
es_pile_free(struct es_pile *c)
{
	while (c->last != NULL) {
		struct es_piled *before = c->last->before;

		free(c->last);
		c->last = before;
	}
}
