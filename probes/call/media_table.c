/* SPDX-License-Identifier: Apache-2.0 */
/* Announced media addresses: pool, table, lookup. */
#include "probes/call/media_table.h"

#include "probes/call/hosts.h"
#include "probes/call/srtp_keys.h"

int
es_media_table_new(struct es_media_table *m, uint32_t cap)
{
	int err = es_pool_new(&m->pool, cap, sizeof(struct es_media));

	if (err == 0 && cap > UINT32_MAX - ES_MEDIA_LINES_MAX - 1)
		err = ES_ENOMEM;
	if (err == 0)
		err = es_pool_new(&m->terms, cap + ES_MEDIA_LINES_MAX, sizeof(struct es_terms));
	if (err == 0)
		err = es_table_new(&m->table, cap);
	if (err == 0)
		err = es_table_new(&m->ufrags, cap);
	if (err == 0)
		err = es_table_new(&m->hosts, cap);
	if (err == 0)
		err = es_eviction_new(&m->eviction, cap);
	return err;
}

void
es_media_table_free(struct es_media_table *m)
{
	es_eviction_free(&m->eviction);
	es_table_free(&m->hosts);
	es_table_free(&m->ufrags);
	es_table_free(&m->table);
	es_pool_free(&m->terms);
	es_pool_free(&m->pool);
}

static uint64_t
hash_of(const struct es_context *c, const struct es_addr *addr)
{
	uint64_t words[3] = { 0, 0, 0 };

	memcpy(words, addr, sizeof(*addr));
	return es_hash_words(&c->key, words, 3);
}

unsigned
es_media_table_holders(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *addr, uint32_t out[ES_MEDIA_HOLDERS_MAX])
{
	struct es_probe at = es_table_probe(&m->table, hash_of(c, addr));
	unsigned n = 0;
	uint32_t i;

	while (n < ES_MEDIA_HOLDERS_MAX && (i = es_table_next(&m->table, &at)) != ES_TABLE_NONE)
		if (es_addr_eq(&es_media_table_at(m, i)->addr, addr))
			out[n++] = i;
	return n;
}

uint32_t
es_media_table_latest(
    const struct es_context *c, const struct es_media_table *m, const struct es_addr *addr)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(c, m, addr, holder);
	uint32_t best = ES_POOL_NONE;

	for (unsigned i = 0; i < n; i++)
		if (best == ES_POOL_NONE || es_media_table_at(m, holder[i])->generation >
						es_media_table_at(m, best)->generation)
			best = holder[i];
	return best;
}

bool
es_media_table_is_expected(
    const struct es_context *c, const struct es_media_table *m, const struct es_addr *addr)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(c, m, addr, holder);

	while (n-- > 0)
		if (!es_time_before(es_media_table_at(m, holder[n])->expires, c->clock))
			return true;
	return false;
}

uint32_t
es_media_table_of_call(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *addr, uint32_t call)
{
	struct es_probe at = es_table_probe(&m->table, hash_of(c, addr));
	uint32_t i;

	while ((i = es_table_next(&m->table, &at)) != ES_TABLE_NONE)
		if (es_media_table_at(m, i)->call == call &&
		    es_addr_eq(&es_media_table_at(m, i)->addr, addr))
			return i;
	return ES_POOL_NONE;
}

uint32_t
es_media_table_take(struct es_context *c, struct es_media_table *m, const struct es_addr *addr,
    const struct es_addr *sender)
{
	uint32_t i = es_pool_take(&m->pool);

	if (i == ES_POOL_NONE)
		return i;
	es_media_table_at(m, i)->addr = *addr;
	es_media_table_at(m, i)->call = ES_POOL_NONE;
	es_media_table_at(m, i)->call_next = ES_POOL_NONE;
	(void)es_table_insert(&m->table, hash_of(c, addr), i); /* as large as the pool */
	es_eviction_add(&m->eviction, i, sender, false);
	return i;
}

static es_time
expires(const void *ctx, uint32_t index)
{
	const struct es_media_table *m = ctx;

	return es_media_table_at(m, index)->expires;
}

uint32_t
es_media_table_victim(struct es_media_table *m)
{
	return es_eviction_victim(&m->eviction, expires, m);
}

void
es_media_table_drop(struct es_context *c, struct es_media_table *m, uint32_t index)
{
	es_srtp_keys_forget(c, es_media_table_at(m, index));
	(void)es_table_remove(&m->table, hash_of(c, &es_media_table_at(m, index)->addr), index);
	es_media_table_set_ufrag(m, index, 0);
	es_hosts_drop(c, m, index);
	es_terms_release(&m->terms, es_media_table_at(m, index)->terms);
	es_eviction_drop(&m->eviction, index);
	es_pool_give(&m->pool, index);
}

uint64_t
es_media_table_ufrag_of(const struct es_context *c, es_slice ufrag)
{
	uint64_t hash = es_hash(&c->key, ufrag);

	return hash != 0 ? hash : 1;
}

void
es_media_table_set_ufrag(struct es_media_table *m, uint32_t index, uint64_t ufrag)
{
	struct es_media *media = es_media_table_at(m, index);

	if (media->ufrag == ufrag)
		return;
	if (media->ufrag != 0)
		(void)es_table_remove(&m->ufrags, media->ufrag, index);
	media->ufrag = ufrag;
	if (ufrag != 0)
		(void)es_table_insert(&m->ufrags, ufrag, index); /* as large as the pool */
}
