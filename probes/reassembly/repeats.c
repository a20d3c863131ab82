/* SPDX-License-Identifier: Apache-2.0 */
/* The last datagrams that are no media. */
#include "probes/reassembly/repeats.h"

#include <stdlib.h>

int
es_repeats_new(struct es_repeats *t, uint32_t cap)
{
	t->cap = cap;
	t->last = malloc(cap * sizeof(*t->last)); /* each is written before the table names it */
	return t->last != NULL ? es_table_new(&t->table, cap) : ES_ENOMEM;
}

void
es_repeats_free(struct es_repeats *t)
{
	es_table_free(&t->table);
	free(t->last);
}

/* Offload leaves the checksum to the card: it counts only where the capture has not all bytes. */
static uint64_t
hash_of(const struct es_context *c, const struct es_repeat_of *d)
{
	bool is_cut = d->payload.n < d->payload_wire_bytes;
	uint64_t v[4];

	es_hash_start(&c->key, v);
	es_hash_absorb(v, es_hash_pair(&c->key, d->src, d->dst));
	es_hash_absorb(v, (uint64_t)d->payload_wire_bytes << 32 | d->ip_id);
	es_hash_absorb(v, is_cut ? d->udp_checksum : 0);
	es_hash_absorb_bytes(v, d->payload);
	return es_hash_finish(v, 3);
}

static struct es_repeat *
find(const struct es_repeats *t, uint64_t hash)
{
	struct es_probe at = es_table_probe(&t->table, hash);
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (t->last[i].hash == hash)
			return &t->last[i];
	return NULL;
}

static void
remember(struct es_repeats *t, struct es_context *c, uint64_t hash, const struct es_repeat_of *d)
{
	struct es_repeat *r = &t->last[t->next];

	if (t->n == t->cap) {
		(void)es_table_remove(&t->table, r->hash, t->next);
		if (es_time_diff(d->at, r->at) < ES_REPEAT_MS * ES_NS_PER_MS)
			es_context_count(c, ES_CNT_REPEATS_EVICTED);
	} else {
		t->n++;
	}
	r->hash = hash;
	r->at = d->at;
	r->capture_point = d->capture_point;
	(void)es_table_insert(&t->table, hash, t->next); /* as large as the ring */
	t->next = (t->next + 1) % t->cap;
}

bool
es_repeats_is_copy(struct es_repeats *t, struct es_context *c, const struct es_repeat_of *d)
{
	uint64_t hash = hash_of(c, d);
	struct es_repeat *before = find(t, hash);
	int64_t limit_ms = ES_REPEAT_MS;
	int64_t apart_ns;

	if (before == NULL) {
		remember(t, c, hash, d);
		return false;
	}
	apart_ns = es_time_diff(d->at, before->at);
	if (d->ip_id != 0 && d->capture_point != before->capture_point)
		limit_ms = ES_REPEAT_ELSEWHERE_MS;
	if (apart_ns < limit_ms * ES_NS_PER_MS && -apart_ns < limit_ms * ES_NS_PER_MS)
		return true;
	before->at = d->at;
	before->capture_point = d->capture_point;
	return false;
}
