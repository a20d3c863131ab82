/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by their pair of media hosts: a list for each pair, the newest first. */
#include "probes/call/partners.h"

#include "probes/call/relation.h"

/* The hosts without ports, the lower one first; false: there is but one. */
static bool
pair_of(const struct es_addr *src, const struct es_addr *dst, struct es_addr pair[2])
{
	bool is_src_first = memcmp(src->ip, dst->ip, sizeof(src->ip)) < 0;

	pair[0] = is_src_first ? *src : *dst;
	pair[1] = is_src_first ? *dst : *src;
	pair[0].port = pair[1].port = 0;
	return !es_addr_same_ip(src, dst);
}

static bool
is_pair(const struct es_dialog *d, const struct es_addr pair[2])
{
	return es_addr_eq(&d->ends[0], &pair[0]) && es_addr_eq(&d->ends[1], &pair[1]);
}

/* The newest call of a pair, ES_POOL_NONE. */
static uint32_t
newest(const struct es_dialogs *t, uint64_t hash, const struct es_addr pair[2])
{
	struct es_probe at = es_table_probe(&t->pairs, hash);
	uint32_t i;

	while ((i = es_table_next(&t->pairs, &at)) != ES_TABLE_NONE)
		if (is_pair(es_dialog_at(t, i), pair))
			return i;
	return ES_POOL_NONE;
}

void
es_partners_drop(struct es_dialogs *t, struct es_dialog *d)
{
	uint64_t hash;

	if (d->ends[0].family == 0)
		return;
	hash = es_hash_pair(&t->c->key, &d->ends[0], &d->ends[1]);
	if (d->newer != ES_POOL_NONE) {
		es_dialog_at(t, d->newer)->older = d->older;
	} else {
		(void)es_table_remove(&t->pairs, hash, d->index);
		if (d->older != ES_POOL_NONE)
			(void)es_table_insert(&t->pairs, hash, d->older); /* room was made */
	}
	if (d->older != ES_POOL_NONE)
		es_dialog_at(t, d->older)->newer = d->newer;
	d->ends[0].family = 0;
}

void
es_partners_update(
    struct es_dialogs *t, struct es_dialog *d, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_addr pair[2];
	uint64_t hash;

	if (!pair_of(src, dst, pair) || is_pair(d, pair))
		return;
	es_partners_drop(t, d);
	hash = es_hash_pair(&t->c->key, &pair[0], &pair[1]);
	d->ends[0] = pair[0];
	d->ends[1] = pair[1];
	d->newer = ES_POOL_NONE;
	d->older = newest(t, hash, pair);
	if (d->older != ES_POOL_NONE) {
		es_dialog_at(t, d->older)->newer = d->index;
		(void)es_table_remove(&t->pairs, hash, d->older);
	}
	(void)es_table_insert(&t->pairs, hash, d->index); /* as large as the pool */
}

/* One more call that may be a leg; false: there is no room for further ones. */
static bool
consider(const struct es_dialogs *t, const struct es_dialog *d, uint32_t call, uint32_t *out,
    unsigned *n)
{
	if (es_relation_is_onward(d, es_dialog_at(t, call)))
		out[(*n)++] = call;
	return *n < ES_PARTNERS_MAX;
}

unsigned
es_partners_find(
    const struct es_dialogs *t, const struct es_dialog *d, uint32_t out[ES_PARTNERS_MAX])
{
	unsigned n = 0, looks = 0;

	if (d->ends[0].family == 0)
		return 0;
	for (uint32_t i = d->newer; i != ES_POOL_NONE && looks++ < ES_PARTNERS_LOOK_MAX;
	     i = es_dialog_at(t, i)->newer)
		if (!consider(t, d, i, out, &n))
			return n;
	looks = 0;
	for (uint32_t i = d->older; i != ES_POOL_NONE && looks++ < ES_PARTNERS_LOOK_MAX;
	     i = es_dialog_at(t, i)->older)
		if (!consider(t, d, i, out, &n))
			return n;
	return n;
}
