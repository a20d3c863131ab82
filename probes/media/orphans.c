/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of hosts with unclaimed streams, counted. */
#include "probes/media/orphans.h"

struct pair {
	struct es_addr src; /* ports 0 */
	struct es_addr dst;
	uint32_t n;
};

int
es_orphans_new(struct es_orphans *o, uint32_t cap)
{
	int err = es_pool_new(&o->pool, cap, sizeof(struct pair));

	return err == 0 ? es_table_new(&o->table, cap) : err;
}

void
es_orphans_free(struct es_orphans *o)
{
	es_table_free(&o->table);
	es_pool_free(&o->pool);
}

static struct pair
pair_of(const struct es_addr *src, const struct es_addr *dst)
{
	struct pair p = { *src, *dst, 0 };

	p.src.port = 0;
	p.dst.port = 0;
	return p;
}

static uint64_t
hash_of(const struct es_streams *t, const struct pair *p)
{
	return es_hash_pair(&t->c->key, &p->src, &p->dst);
}

/* *found: its place; ES_POOL_NONE. */
static struct pair *
find(const struct es_streams *t, const struct pair *p, uint32_t *found)
{
	struct es_probe at = es_table_probe(&t->orphans.table, hash_of(t, p));

	while ((*found = es_table_next(&t->orphans.table, &at)) != ES_TABLE_NONE) {
		struct pair *q = es_pool_at(&t->orphans.pool, *found);

		if (es_addr_eq(&q->src, &p->src) && es_addr_eq(&q->dst, &p->dst))
			return q;
	}
	return NULL;
}

void
es_orphans_add(struct es_streams *t, const struct es_stream_state *s)
{
	struct pair p = pair_of(&s->id.key.src, &s->id.key.dst);
	uint32_t i;
	struct pair *q = find(t, &p, &i);

	if (q == NULL) {
		i = es_pool_take(&t->orphans.pool); /* as large as that of the streams */
		q = es_pool_at(&t->orphans.pool, i);
		*q = p;
		(void)es_table_insert(&t->orphans.table, hash_of(t, &p), i);
	}
	q->n++;
}

void
es_orphans_remove(struct es_streams *t, const struct es_stream_state *s)
{
	struct pair p = pair_of(&s->id.key.src, &s->id.key.dst);
	uint32_t i;
	struct pair *q = find(t, &p, &i);

	if (q == NULL || --q->n > 0)
		return;
	(void)es_table_remove(&t->orphans.table, hash_of(t, &p), i);
	es_pool_give(&t->orphans.pool, i);
}

bool
es_orphans_flow(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	struct pair p = pair_of(src, dst);
	uint32_t i;

	return find(t, &p, &i) != NULL;
}
