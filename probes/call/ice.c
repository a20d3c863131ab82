/* SPDX-License-Identifier: Apache-2.0 */
/* Address pairs that connectivity checks showed. */
#include "probes/call/ice.h"

#include "probes/base/text.h"

/* The two sides of a check: whose fragment was named first, and the sender's. */
struct parties {
	uint32_t call;
	uint64_t to;
	uint64_t from;
	bool to_caller;
};

int
es_ices_new(struct es_ices *t, uint32_t cap)
{
	int err = es_pool_new(&t->pool, cap, sizeof(struct es_ice_pair));

	return err == 0 ? es_table_new(&t->table, cap) : err;
}

void
es_ices_free(struct es_ices *t)
{
	es_table_free(&t->table);
	es_pool_free(&t->pool);
}

static struct es_ice_pair *
pair_at(const struct es_ices *t, uint32_t index)
{
	return es_pool_at(&t->pool, index);
}

static uint32_t
find(const struct es_ices *t, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_probe at = es_table_probe(&t->table, es_hash_pair(&t->c->key, src, dst));
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (es_addr_eq(&pair_at(t, i)->dst, dst) && es_addr_eq(&pair_at(t, i)->src, src))
			return i;
	return ES_POOL_NONE;
}

static void
drop(struct es_ices *t, uint32_t *link)
{
	uint32_t i = *link;
	const struct es_ice_pair *p = pair_at(t, i);

	*link = p->call_next;
	(void)es_table_remove(&t->table, es_hash_pair(&t->c->key, &p->src, &p->dst), i);
	es_pool_give(&t->pool, i);
}

static uint32_t *
link_of(struct es_ices *t, uint32_t index)
{
	uint32_t *at = &es_dialog_at(t->dialogs, pair_at(t, index)->call)->pairs;

	while (*at != index)
		at = &pair_at(t, *at)->call_next;
	return at;
}

/* Keeps the list of a call within its bound: new ones are at its head. */
static void
drop_oldest(struct es_ices *t, struct es_dialog *d)
{
	uint32_t *at = &d->pairs;

	for (unsigned n = 0; *at != ES_POOL_NONE; n++) {
		if (n >= ES_CALL_PAIRS_MAX)
			drop(t, at);
		else
			at = &pair_at(t, *at)->call_next;
	}
}

static void
learn(struct es_ices *t, uint32_t call, const struct es_addr *src, const struct es_addr *dst,
    uint64_t ufrag, bool is_caller)
{
	struct es_dialog *d = es_dialog_at(t->dialogs, call);
	uint32_t i = find(t, src, dst);
	struct es_ice_pair *p;

	if (i != ES_POOL_NONE) {
		p = pair_at(t, i);
		if (p->call == call && p->ufrag == ufrag)
			return;
		drop(t, link_of(t, i));
	}
	i = es_pool_take(&t->pool);
	if (i == ES_POOL_NONE) {
		es_context_count(t->c, ES_CNT_EXPECTED_EVICTED);
		return;
	}
	p = pair_at(t, i);
	p->src = *src;
	p->dst = *dst;
	p->ufrag = ufrag;
	p->call = call;
	p->is_caller = is_caller;
	p->call_next = d->pairs;
	d->pairs = i;
	(void)es_table_insert(&t->table, es_hash_pair(&t->c->key, src, dst), i); /* as large */
	drop_oldest(t, d);
	es_context_count(t->c, ES_CNT_ICE_PAIRS);
	t->c->media_generation++;
}

/* What a side of a call announced: 1 this fragment, -1 others only, 0 none. */
static int
has_ufrag(const struct es_ices *t, const struct es_dialog *d, bool is_caller, uint64_t ufrag)
{
	int said = 0;

	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(t->media, i)->call_next) {
		const struct es_media *m = es_media_table_at(t->media, i);

		if (m->is_caller != is_caller || m->ufrag == 0)
			continue;
		if (m->ufrag == ufrag)
			return 1;
		said = -1;
	}
	return said;
}

/*
 * A call one side of which announced `one`, and the other `other` or, for all that was seen, nothing
 * yet: the first check may overtake the answer. Both is better than one; of legs that hand the fragments
 * on, the first is the call.
 */
static bool
find_call(const struct es_ices *t, uint64_t one, uint64_t other, uint32_t *call, bool *is_caller)
{
	struct es_probe at = es_table_probe(&t->media->ufrags, one);
	bool found = false;
	int best = 0;
	uint32_t i;

	for (unsigned n = 0; n < ES_ICE_CALLS_MAX; n++) {
		const struct es_media *m;
		const struct es_dialog *d;
		int said;

		i = es_table_next(&t->media->ufrags, &at);
		if (i == ES_TABLE_NONE)
			break;
		m = es_media_table_at(t->media, i);
		if (m->ufrag != one || m->call == ES_POOL_NONE)
			continue;
		d = es_dialog_at(t->dialogs, m->call);
		said = has_ufrag(t, d, !m->is_caller, other);
		if (d->step == ES_DIALOG_OVER || said < 0 || (found && said < best) ||
		    (found && said == best && d->serial > es_dialog_at(t->dialogs, *call)->serial))
			continue;
		*call = m->call;
		*is_caller = m->is_caller;
		best = said;
		found = true;
	}
	return found;
}

static bool
parties_of(const struct es_ices *t, es_slice username, struct parties *p)
{
	es_slice from = username;
	es_slice to = es_text_cut(&from, ':');

	if (to.n == 0 || from.n == 0)
		return false;
	p->to = es_media_table_ufrag_of(t->c, to);
	p->from = es_media_table_ufrag_of(t->c, from);
	if (find_call(t, p->to, p->from, &p->call, &p->to_caller))
		return true;
	if (!find_call(t, p->from, p->to, &p->call, &p->to_caller))
		return false;
	p->to_caller = !p->to_caller;
	return true;
}

static void
on_request(struct es_ices *t, const struct es_stun *m, const struct es_addr *src,
    const struct es_addr *dst)
{
	struct es_ice_check *check = &t->check[t->next_check];
	struct parties p;

	if (!parties_of(t, m->username, &p))
		return;
	learn(t, p.call, src, dst, p.to, p.to_caller);
	learn(t, p.call, dst, src, p.from, !p.to_caller);
	t->next_check = (uint8_t)((t->next_check + 1) % ES_ICE_CHECKS);
	check->src = *src;
	check->dst = *dst;
	check->ufrag = p.from;
	memcpy(check->transaction, m->transaction, sizeof(check->transaction));
}

/* The answer to a check that taught: where its sender is seen from there. */
static void
on_success(struct es_ices *t, const struct es_stun *m, const struct es_addr *src,
    const struct es_addr *dst)
{
	for (unsigned i = 0; i < ES_ICE_CHECKS; i++) {
		const struct es_ice_check *check = &t->check[i];
		uint32_t there;
		uint32_t back;

		if (check->ufrag == 0 || !es_addr_eq(&check->src, dst) ||
		    !es_addr_eq(&check->dst, src) ||
		    memcmp(check->transaction, m->transaction, sizeof(check->transaction)) != 0)
			continue;
		there = find(t, dst, src);
		back = find(t, src, dst);
		t->check[i].ufrag = 0;
		if (there == ES_POOL_NONE || back == ES_POOL_NONE)
			return;
		if (pair_at(t, there)->call != pair_at(t, back)->call)
			return;
		learn(t, pair_at(t, there)->call, &m->mapped, src, pair_at(t, there)->ufrag,
		    pair_at(t, there)->is_caller);
		back = find(t, src, dst);
		if (back != ES_POOL_NONE)
			learn(t, pair_at(t, back)->call, src, &m->mapped, pair_at(t, back)->ufrag,
			    pair_at(t, back)->is_caller);
		return;
	}
}

void
es_ices_message(struct es_ices *t, const struct es_stun *m, const struct es_addr *src,
    const struct es_addr *dst)
{
	if (m->method != ES_STUN_BINDING)
		return;
	if (m->class == ES_STUN_REQUEST && m->username.n > 0)
		on_request(t, m, src, dst);
	else if (m->class == ES_STUN_SUCCESS && m->mapped.family != 0)
		on_success(t, m, src, dst);
}

uint32_t
es_ices_find(
    const struct es_ices *t, const struct es_addr *src, const struct es_addr *dst, uint32_t *media)
{
	uint32_t i = find(t, src, dst);
	const struct es_ice_pair *p;
	uint32_t k;

	*media = ES_POOL_NONE;
	if (i == ES_POOL_NONE)
		return ES_POOL_NONE;
	p = pair_at(t, i);
	for (k = es_dialog_at(t->dialogs, p->call)->media; k != ES_POOL_NONE;
	     k = es_media_table_at(t->media, k)->call_next) {
		const struct es_media *m = es_media_table_at(t->media, k);

		if (m->is_caller == p->is_caller && m->ufrag == p->ufrag) {
			*media = k;
			if (es_addr_eq(&m->addr, dst) || m->rank == ES_MEDIA_SAID)
				break;
		}
	}
	return p->call;
}

void
es_ices_drop(struct es_ices *t, struct es_dialog *d)
{
	while (d->pairs != ES_POOL_NONE)
		drop(t, &d->pairs);
}
