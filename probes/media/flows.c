/* SPDX-License-Identifier: Apache-2.0 */
/* Flows by 5-tuple, streams by SSRC on them. */
#include "probes/media/flows.h"

static uint64_t
hash_of(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	return es_hash_pair(&t->c->key, src, dst);
}

static struct es_flow *
flow_at(const struct es_streams *t, uint32_t index)
{
	return es_pool_at(&t->flows, index);
}

static uint32_t
find(
    const struct es_streams *t, uint64_t hash, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_probe at = es_table_probe(&t->table, hash);
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE) {
		const struct es_flow *f = flow_at(t, i);

		if (es_addr_eq(&f->dst, dst) && es_addr_eq(&f->src, src))
			return i;
	}
	return ES_POOL_NONE;
}

uint32_t
es_flow_index(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	return find(t, hash_of(t, src, dst), src, dst);
}

struct es_stream_state *
es_flow_find(
    const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	uint32_t flow = find(t, hash_of(t, src, dst), src, dst);
	uint32_t i = flow != ES_POOL_NONE ? flow_at(t, flow)->streams : ES_POOL_NONE;

	while (i != ES_POOL_NONE) {
		struct es_stream_state *s = es_stream_at(t, i);

		if (s->id.key.ssrc == ssrc)
			return s;
		i = s->id.flow_next;
	}
	return NULL;
}

struct es_stream_state *
es_flow_find_open(
    const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	struct es_stream_state *s = es_flow_find(t, src, dst, ssrc);

	return s != NULL && s->life == ES_STREAM_OPEN ? s : NULL;
}

uint32_t
es_flow_take(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint64_t hash = hash_of(t, src, dst);
	uint32_t i = find(t, hash, src, dst);
	struct es_flow *f;

	if (i != ES_POOL_NONE)
		return i;
	i = es_pool_take(&t->flows);
	if (i == ES_POOL_NONE)
		return ES_POOL_NONE;
	f = flow_at(t, i);
	f->src = *src;
	f->dst = *dst;
	f->streams = ES_POOL_NONE;
	if (es_table_insert(&t->table, hash, i) == 0)
		return i;
	es_pool_give(&t->flows, i);
	return ES_POOL_NONE;
}

void
es_flow_enter(struct es_streams *t, uint32_t flow, struct es_stream_state *s)
{
	struct es_flow *f = flow_at(t, flow);

	s->id.flow = flow;
	s->id.flow_next = f->streams;
	f->streams = s->id.index;
	f->n_streams++;
}

void
es_flow_leave(struct es_streams *t, const struct es_stream_state *s)
{
	struct es_flow *f = flow_at(t, s->id.flow);
	uint32_t *at = &f->streams;

	while (*at != s->id.index)
		at = &es_stream_at(t, *at)->id.flow_next;
	*at = s->id.flow_next;
	if (--f->n_streams > 0)
		return;
	(void)es_table_remove(&t->table, hash_of(t, &f->src, &f->dst), s->id.flow);
	es_pool_give(&t->flows, s->id.flow);
}

static int
rank(const struct es_stream_state *s)
{
	if (s->life == ES_STREAM_UNPROVEN)
		return 3;
	return s->life == ES_STREAM_ENDED ? 2 : s->was_silent;
}

struct es_stream_state *
es_flow_victim(const struct es_streams *t, const struct es_flow *f)
{
	struct es_stream_state *victim = NULL;
	int worst = 0;

	for (uint32_t i = f->streams; i != ES_POOL_NONE;) {
		struct es_stream_state *s = es_stream_at(t, i);
		int r = rank(s);

		i = s->id.flow_next;
		if (r < worst || r == 0)
			continue;
		if (r > worst || es_time_before(s->last_at, victim->last_at))
			victim = s;
		worst = r;
	}
	return victim;
}
