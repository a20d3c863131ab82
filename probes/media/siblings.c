/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of streams that may take turns. */
#include "probes/media/siblings.h"

static uint64_t
hash_of(const struct es_streams *t, enum es_siblings kind, const struct es_stream_state *s)
{
	uint64_t word = s->id.key.ssrc;

	return kind == ES_SIBLINGS_SSRC ? es_hash_words(&t->c->key, &word, 1)
					: es_hash_pair(&t->c->key, &s->id.key.dst, &s->id.key.dst);
}

static bool
is_one(enum es_siblings kind, const struct es_stream_state *a, const struct es_stream_state *b)
{
	return kind == ES_SIBLINGS_SSRC ? a->id.key.ssrc == b->id.key.ssrc
					: es_addr_eq(&a->id.key.dst, &b->id.key.dst);
}

static uint32_t
first_of(const struct es_streams *t, enum es_siblings kind, const struct es_stream_state *s,
    uint64_t hash)
{
	struct es_probe at = es_table_probe(&t->siblings[kind], hash);
	uint32_t i;

	while ((i = es_table_next(&t->siblings[kind], &at)) != ES_TABLE_NONE)
		if (is_one(kind, es_stream_at(t, i), s))
			return i;
	return ES_POOL_NONE;
}

uint32_t
es_siblings_first(
    const struct es_streams *t, enum es_siblings kind, const struct es_stream_state *s)
{
	return first_of(t, kind, s, hash_of(t, kind, s));
}

static void
leave(struct es_streams *t, enum es_siblings kind, const struct es_stream_state *s)
{
	const struct es_links *at = &s->id.sibling[kind];
	uint64_t hash;

	if (at->next != ES_POOL_NONE)
		es_stream_at(t, at->next)->id.sibling[kind].prev = at->prev;
	if (at->prev != ES_POOL_NONE) {
		es_stream_at(t, at->prev)->id.sibling[kind].next = at->next;
		return;
	}
	hash = hash_of(t, kind, s);
	(void)es_table_remove(&t->siblings[kind], hash, s->id.index);
	/* As large as the pool: there is room. */
	if (at->next != ES_POOL_NONE)
		(void)es_table_insert(&t->siblings[kind], hash, at->next);
}

static void
enter(struct es_streams *t, enum es_siblings kind, struct es_stream_state *s)
{
	uint64_t hash = hash_of(t, kind, s);
	uint32_t first = first_of(t, kind, s, hash);

	s->id.sibling[kind].prev = ES_POOL_NONE;
	s->id.sibling[kind].next = first;
	if (first != ES_POOL_NONE) {
		es_stream_at(t, first)->id.sibling[kind].prev = s->id.index;
		(void)es_table_remove(&t->siblings[kind], hash, first);
	}
	(void)es_table_insert(&t->siblings[kind], hash, s->id.index);
}

void
es_siblings_leave(struct es_streams *t, struct es_stream_state *s)
{
	for (enum es_siblings kind = 0; s->id.is_listed && kind < ES_SIBLINGS_KINDS; kind++)
		leave(t, kind, s);
	s->id.is_listed = false;
}

void
es_siblings_enter(struct es_streams *t, struct es_stream_state *s)
{
	es_siblings_leave(t, s);
	for (enum es_siblings kind = 0; kind < ES_SIBLINGS_KINDS; kind++)
		enter(t, kind, s);
	s->id.is_listed = true;
}
