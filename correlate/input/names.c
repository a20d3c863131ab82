/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts kept once each. */
#include "correlate/input/names.h"

#include <stdlib.h>

int
es_cor_names_new(
    struct es_cor_names *n, const struct es_hash_key *key, uint32_t cap_bytes, uint32_t cap_names)
{
	memset(n, 0, sizeof(*n));
	n->key = *key;
	n->cap_names = cap_names;
	n->names = malloc((size_t)cap_names * sizeof(*n->names));
	if (n->names == NULL || es_arena_new(&n->bytes, cap_bytes) != 0)
		return ES_ENOMEM;
	return es_table_new(&n->table, cap_names);
}

void
es_cor_names_free(struct es_cor_names *n)
{
	es_arena_free(&n->bytes);
	free(n->names);
	es_table_free(&n->table);
}

int
es_cor_names_keep(struct es_cor_names *n, es_slice text, es_slice *out)
{
	uint64_t hash = es_hash(&n->key, text);
	struct es_probe at = es_table_probe(&n->table, hash);
	es_slice kept;
	uint32_t i;

	if (text.n == 0) {
		*out = es_slice_of(NULL, 0);
		return 0;
	}
	while ((i = es_table_next(&n->table, &at)) != ES_TABLE_NONE) {
		if (es_slice_eq(n->names[i], text)) {
			*out = n->names[i];
			return 0;
		}
	}
	if (n->n_names == n->cap_names || !es_arena_copy(&n->bytes, text, &kept) ||
	    es_table_insert(&n->table, hash, n->n_names) != 0)
		return ES_EFULL;
	n->names[n->n_names++] = kept;
	*out = kept;
	return 0;
}

int
es_cor_names_again(struct es_cor_names *n, es_slice text, es_slice *out)
{
	es_slice kept;

	if (!es_arena_copy(&n->bytes, text, &kept))
		return ES_EFULL;
	*out = kept;
	n->n_again++;
	return 0;
}

int
es_cor_names_compare(es_slice a, es_slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return d != 0 ? d : a.n < b.n ? -1 : a.n > b.n;
}
