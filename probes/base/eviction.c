/* SPDX-License-Identifier: Apache-2.0 */
/* Eviction order: lists of pool indexes by rank and source prefix. */
#include "probes/base/eviction.h"

#include <stdlib.h>

int
es_eviction_new(struct es_eviction *s, uint32_t cap)
{
	memset(s, 0, sizeof(*s));
	s->n_buckets = 1;
	while (s->n_buckets < cap && s->n_buckets < ES_EVICTION_BUCKETS_MAX)
		s->n_buckets *= 2;
	s->at = calloc(cap, sizeof(*s->at));
	s->list[0] = calloc((size_t)s->n_buckets * 2, sizeof(*s->list[0]));
	if (s->at == NULL || s->list[0] == NULL) {
		es_eviction_free(s);
		return ES_ENOMEM;
	}
	s->list[1] = s->list[0] + s->n_buckets;
	for (uint32_t i = 0; i < s->n_buckets * 2; i++) {
		s->list[0][i].head = ES_EVICTION_NONE;
		s->list[0][i].tail = ES_EVICTION_NONE;
	}
	return 0;
}

void
es_eviction_free(struct es_eviction *s)
{
	free(s->at);
	free(s->list[0]);
	memset(s, 0, sizeof(*s));
}

static uint16_t
bucket_of(const struct es_eviction *s, const struct es_addr *src)
{
	unsigned n = src->family == 4 ? 3 : 6;
	uint32_t h = 2166136261u ^ src->family;

	for (unsigned i = 0; i < n; i++)
		h = (h ^ src->ip[i]) * 16777619u;
	return (uint16_t)((h ^ h >> 15) % s->n_buckets);
}

static void
append(struct es_eviction *s, uint32_t index)
{
	struct es_eviction_entry *e = &s->at[index];
	struct es_eviction_list *l = &s->list[e->rank][e->bucket];

	e->prev = l->tail;
	e->next = ES_EVICTION_NONE;
	if (l->tail != ES_EVICTION_NONE)
		s->at[l->tail].next = index;
	else
		l->head = index;
	l->tail = index;
	l->n++;
	s->n[e->rank]++;
}

void
es_eviction_add(struct es_eviction *s, uint32_t index, const struct es_addr *src, bool proven)
{
	s->at[index].bucket = bucket_of(s, src);
	s->at[index].rank = proven ? 1 : 0;
	append(s, index);
}

void
es_eviction_drop(struct es_eviction *s, uint32_t index)
{
	struct es_eviction_entry *e = &s->at[index];
	struct es_eviction_list *l = &s->list[e->rank][e->bucket];

	if (e->prev != ES_EVICTION_NONE)
		s->at[e->prev].next = e->next;
	else
		l->head = e->next;
	if (e->next != ES_EVICTION_NONE)
		s->at[e->next].prev = e->prev;
	else
		l->tail = e->prev;
	l->n--;
	s->n[e->rank]--;
}

void
es_eviction_rank(struct es_eviction *s, uint32_t index, bool proven)
{
	es_eviction_drop(s, index);
	s->at[index].rank = proven ? 1 : 0;
	append(s, index);
}

uint32_t
es_eviction_victim(struct es_eviction *s, es_eviction_seen seen, const void *ctx)
{
	unsigned rank = s->n[0] > 0 ? 0 : 1;
	const struct es_eviction_list *l = &s->list[rank][0];
	uint32_t idlest = ES_EVICTION_NONE;
	uint32_t i;

	for (unsigned b = 1; b < s->n_buckets; b++)
		if (s->list[rank][b].n > l->n)
			l = &s->list[rank][b];
	i = l->head;
	for (unsigned n = 0; n < ES_EVICTION_LOOK && n < l->n; n++) {
		uint32_t next = s->at[i].next;

		if (idlest == ES_EVICTION_NONE || es_time_before(seen(ctx, i), seen(ctx, idlest)))
			idlest = i;
		/* The next search looks at others. */
		es_eviction_rank(s, i, rank == 1);
		i = next;
	}
	return idlest;
}
