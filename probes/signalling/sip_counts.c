/* SPDX-License-Identifier: Apache-2.0 */
/* Counts SIP messages per method and per status; retransmissions are counted separately. */
#include "probes/signalling/sip_counts.h"

#include <stdlib.h>

int
es_sip_counts_new(struct es_sip_counts *t, uint32_t cap)
{
	for (uint32_t i = 0; i < ES_SIP_KINDS; i++)
		t->count[i].what = (uint16_t)i;
	for (uint32_t i = 0; i < ES_SIP_STATUSES; i++)
		t->count[ES_SIP_KINDS + i].what = (uint16_t)(100 + i);
	t->cap = cap;
	t->recent = calloc(cap, sizeof(*t->recent));
	return t->recent != NULL ? es_table_new(&t->table, cap) : ES_ENOMEM;
}

void
es_sip_counts_free(struct es_sip_counts *t)
{
	es_table_free(&t->table);
	free(t->recent);
}

static enum es_sip_kind
kind_of(enum es_sip_method method)
{
	switch (method) {
#define X(name)             \
	case ES_SIP_##name: \
		return ES_SIP_KIND_##name;
		ES_SIP_METHODS(X)
#undef X
	case ES_SIP_OTHER:
		break;
	}
	return ES_SIP_KIND_OTHER;
}

static uint64_t
hash_of(const struct es_context *c, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst)
{
	const uint64_t words[] = {
		es_hash(&c->key, m->call_id),
		es_hash(&c->key, m->via_branch),
		es_hash(&c->key, m->from.tag),
		es_hash(&c->key, m->to.tag),
		es_hash(&c->key, m->method_text),
		es_hash(&c->key, m->body),
		es_hash_pair(&c->key, src, dst),
		(uint64_t)m->cseq << 32 | m->status,
		m->has_rseq ? (uint64_t)m->rseq + 1 : 0,
	};

	return es_hash_words(&c->key, words, sizeof(words) / sizeof(words[0]));
}

static struct es_sip_recent *
find(const struct es_sip_counts *t, uint64_t hash)
{
	struct es_probe at = es_table_probe(&t->table, hash);
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (t->recent[i].hash == hash)
			return &t->recent[i];
	return NULL;
}

static void
remember(struct es_sip_counts *t, struct es_context *c, uint64_t hash, es_time at)
{
	struct es_sip_recent *r = &t->recent[t->next];

	if (t->n == t->cap) {
		(void)es_table_remove(&t->table, r->hash, t->next);
		if (es_time_diff(at, r->at) < ES_SIP_RECENT_S * ES_NS_PER_S)
			es_context_count(c, ES_CNT_SIP_RECENT_EVICTED);
	} else {
		t->n++;
	}
	r->hash = hash;
	r->at = at;
	(void)es_table_insert(&t->table, hash, t->next); /* as large as the ring */
	t->next = (t->next + 1) % t->cap;
}

enum es_sip_news
es_sip_counts_add(struct es_sip_counts *t, struct es_context *c, const struct es_sip *m,
    const struct es_addr *src, const struct es_addr *dst, es_time at)
{
	uint32_t i = m->is_response ? ES_SIP_KINDS + m->status - 100u : kind_of(m->method);
	uint64_t hash = hash_of(c, m, src, dst);
	struct es_sip_recent *before = find(t, hash);

	t->count[i].messages++;
	if (before == NULL) {
		remember(t, c, hash, at);
		return ES_SIP_NEW;
	}
	if (es_time_diff(at, before->at) >= ES_SIP_RECENT_S * ES_NS_PER_S) {
		before->at = at; /* no transaction lasts that long: a new one of the same name */
		return ES_SIP_NEW;
	}
	before->at = at;
	t->count[i].resent++;
	return ES_SIP_RESENT;
}

bool
es_sip_counts_heard(struct es_sip_counts *t, struct es_context *c, uint64_t hash, es_time at)
{
	struct es_sip_recent *before = find(t, hash);

	if (before == NULL) {
		remember(t, c, hash, at);
		return false;
	}
	if (es_time_diff(at, before->at) < ES_SIP_RECENT_S * ES_NS_PER_S)
		return true;
	before->at = at;
	return false;
}

static uint32_t
n_above(const struct es_sip_counts *t, uint64_t floor)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ES_SIP_COUNTS_MAX; i++)
		n += t->count[i].messages > floor;
	return n;
}

uint32_t
es_sip_counts_list(const struct es_sip_counts *t, struct es_sip_count *out, uint32_t cap)
{
	uint64_t floor = 0;
	uint32_t n = 0;

	while (n_above(t, floor) > cap) /* made-up statuses: leave out the rarest */
		floor = floor * 2 + 1;
	for (uint32_t i = 0; i < ES_SIP_COUNTS_MAX; i++)
		if (t->count[i].messages > floor)
			out[n++] = t->count[i];
	return n;
}
