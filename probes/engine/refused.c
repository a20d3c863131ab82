/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of addresses whose media a budget left out. */
#include "probes/engine/refused.h"

#include "probes/base/seq.h"
#include "probes/media/by_hosts.h"
#include "probes/media/flows.h"

enum {
	PAIR_STREAMS = 8, /* of a pair, recognised for the count of streams */
	PPM = 1000000,
	LOOK_MS = 1000, /* at the shortest between two looks for the calls of a pair */
};

/* One SSRC in one direction: counted as a stream when two of its packets follow each other. */
struct heard {
	uint32_t ssrc;
	uint16_t seq;
	bool is_back;
	bool is_there;
	bool is_counted;
};

struct pair {
	struct es_addr low; /* the two addresses, in the order of their bytes */
	struct es_addr high;
	es_time last_at;
	es_time looked_at;         /* for its calls, */
	uint64_t media_generation; /* and when */
	uint32_t older;            /* in the order of last_at */
	uint32_t newer;
	struct heard heard[PAIR_STREAMS];
	uint8_t next; /* of heard, to be replaced */
};

int
es_refused_new(struct es_refused *r, uint32_t cap)
{
	int err = es_pool_new(&r->pool, cap, sizeof(struct pair));

	r->oldest = r->newest = ES_POOL_NONE;
	return err == 0 ? es_table_new(&r->table, cap) : err;
}

void
es_refused_free(struct es_refused *r)
{
	es_table_free(&r->table);
	es_pool_free(&r->pool);
}

static struct pair *
pair_at(const struct es_refused *r, uint32_t index)
{
	return es_pool_at(&r->pool, index);
}

static bool
is_back(const struct es_addr *src, const struct es_addr *dst)
{
	return memcmp(src, dst, sizeof(*src)) > 0;
}

static uint64_t
hash_of(const struct es_hash_key *key, const struct es_addr *src, const struct es_addr *dst)
{
	return is_back(src, dst) ? es_hash_pair(key, dst, src) : es_hash_pair(key, src, dst);
}

static uint32_t
find(const struct es_refused *r, const struct es_addr *src, const struct es_addr *dst)
{
	const struct es_addr *low = is_back(src, dst) ? dst : src;
	const struct es_addr *high = low == src ? dst : src;
	struct es_probe at;
	uint32_t i;

	if (r->pool.n_used == 0)
		return ES_POOL_NONE;
	at = es_table_probe(&r->table, hash_of(&r->streams->c->key, src, dst));
	while ((i = es_table_next(&r->table, &at)) != ES_TABLE_NONE) {
		const struct pair *p = pair_at(r, i);

		if (es_addr_eq(&p->low, low) && es_addr_eq(&p->high, high))
			return i;
	}
	return ES_POOL_NONE;
}

/* Puts a pair behind all others in the order of their last packets. */
static void
append(struct es_refused *r, uint32_t index)
{
	struct pair *p = pair_at(r, index);

	p->older = r->newest;
	p->newer = ES_POOL_NONE;
	if (r->newest != ES_POOL_NONE)
		pair_at(r, r->newest)->newer = index;
	else
		r->oldest = index;
	r->newest = index;
}

static void
take_out(struct es_refused *r, uint32_t index)
{
	const struct pair *p = pair_at(r, index);

	if (p->older != ES_POOL_NONE)
		pair_at(r, p->older)->newer = p->newer;
	else
		r->oldest = p->newer;
	if (p->newer != ES_POOL_NONE)
		pair_at(r, p->newer)->older = p->older;
	else
		r->newest = p->older;
}

static void
forget(struct es_refused *r, uint32_t index)
{
	const struct pair *p = pair_at(r, index);

	(void)es_table_remove(&r->table, hash_of(&r->streams->c->key, &p->low, &p->high), index);
	take_out(r, index);
	es_pool_give(&r->pool, index);
}

static bool
is_silent_since(es_time last, es_time now)
{
	return es_time_diff(now, last) >= ES_STREAM_IDLE_S * ES_NS_PER_S;
}

/* Forgets the pairs that have fallen silent. */
static void
tidy(struct es_refused *r, es_time now)
{
	while (r->oldest != ES_POOL_NONE && is_silent_since(pair_at(r, r->oldest)->last_at, now))
		forget(r, r->oldest);
	r->is_overfull = r->is_overfull && !is_silent_since(r->overfull_at, now);
}

/* Whether a call that expects media at an address is measured already, or *is_shed: that some of it was left out. */
static bool
is_of_measured_call(const struct es_streams *t, const struct es_addr *addr, bool *is_shed)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, addr, holder);

	for (unsigned i = 0; i < n; i++) {
		const struct es_dialog *d =
		    es_dialog_at(t->dialogs, es_media_table_at(t->media, holder[i])->call);

		if (d->step == ES_DIALOG_OVER)
			continue;
		if (d->streams != ES_POOL_NONE)
			return true;
		*is_shed |= (d->coverage.flags & ES_COV_SHED_RTP) != 0;
	}
	return false;
}

/*
 * Whether a pair is one of those kept. The key is fixed: with one of its own each vantage point would keep other streams,
 * and few calls would be seen at all of them.
 */
static bool
is_chosen(const struct es_refused *r, const struct es_addr *src, const struct es_addr *dst)
{
	static const struct es_hash_key key = { UINT64_C(0x6561727368657421),
		UINT64_C(0x6561727368657422) };
	uint64_t share = (hash_of(&key, src, dst) >> 32) * PPM >> 32;

	return share >= r->refused_ppm;
}

/* What belongs to media that is measured is not new. */
static bool
is_to_be_refused(
    const struct es_refused *r, const struct es_addr *src, const struct es_addr *dst, uint32_t ssrc)
{
	const struct es_streams *t = r->streams;
	bool is_shed = false;

	if (es_flow_index(t, src, dst) != ES_POOL_NONE ||
	    es_flow_index(t, dst, src) != ES_POOL_NONE ||
	    es_by_hosts_find(t, src, dst, ssrc) != NULL || is_of_measured_call(t, dst, &is_shed) ||
	    is_of_measured_call(t, src, &is_shed))
		return false;
	return is_shed || r->is_overfull || !is_chosen(r, src, dst);
}

/* Marks the calls that expect media at an address and are not over. */
static void
mark_calls(struct es_streams *t, const struct es_addr *addr)
{
	static const struct es_coverage shed = { .flags = ES_COV_SHED_RTP };
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	unsigned n = es_media_table_holders(t->c, t->media, addr, holder);

	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d =
		    es_dialog_at(t->dialogs, es_media_table_at(t->media, holder[i])->call);

		if (d->step == ES_DIALOG_OVER || (d->coverage.flags & shed.flags) != 0)
			continue;
		es_coverage_merge(&d->coverage, &shed);
		d->is_changed = true;
	}
}

/* Counts a stream once two of its packets follow each other. */
static void
count_stream(struct es_context *c, struct pair *p, bool back, const struct es_rtp *rtp)
{
	struct heard *h = p->heard;

	while (h < p->heard + PAIR_STREAMS &&
	       (!h->is_there || h->ssrc != rtp->ssrc || h->is_back != back))
		h++;
	if (h == p->heard + PAIR_STREAMS) {
		h = &p->heard[p->next++ % PAIR_STREAMS];
		*h = (struct heard){ rtp->ssrc, rtp->seq, back, true, false };
		return;
	}
	if (!h->is_counted && es_seq_diff(rtp->seq, h->seq) == 1) {
		es_context_count(c, ES_CNT_STREAMS_SHED);
		h->is_counted = true;
	}
	h->seq = rtp->seq;
}

/* Whether calls that were not known before may expect this media. */
static bool
is_to_look(const struct es_context *c, struct pair *p, es_time at)
{
	if (p->media_generation == c->media_generation ||
	    es_time_diff(at, p->looked_at) < LOOK_MS * ES_NS_PER_MS)
		return false;
	p->media_generation = c->media_generation;
	p->looked_at = at;
	return true;
}

/* A new pair; NULL: there is no room, and none for anything new until it must be silent. */
static struct pair *
take(struct es_refused *r, const struct es_addr *src, const struct es_addr *dst, es_time at)
{
	const struct es_context *c = r->streams->c;
	uint32_t i = es_pool_take(&r->pool);
	struct pair *p;

	if (i == ES_POOL_NONE) {
		r->is_overfull = true;
		r->overfull_at = at;
		return NULL;
	}
	p = pair_at(r, i);
	p->low = is_back(src, dst) ? *dst : *src;
	p->high = is_back(src, dst) ? *src : *dst;
	p->media_generation = c->media_generation - 1;
	p->looked_at = es_time_add(at, -LOOK_MS * ES_NS_PER_MS);
	(void)es_table_insert(&r->table, hash_of(&c->key, src, dst), i); /* as large as the pool */
	append(r, i);
	return p;
}

bool
es_refused_packet(void *ctx, const struct es_addr *src, const struct es_addr *dst,
    const struct es_rtp *rtp, es_time at)
{
	struct es_refused *r = ctx;
	struct es_streams *t = r->streams;
	struct pair *p = NULL;
	uint32_t i;

	if (r->refused_ppm == 0 && r->pool.n_used == 0 && !r->is_overfull)
		return false;
	tidy(r, at);
	i = find(r, src, dst);
	if (i != ES_POOL_NONE) {
		p = pair_at(r, i);
		take_out(r, i);
		append(r, i);
	} else {
		if (!is_to_be_refused(r, src, dst, rtp->ssrc))
			return false;
		p = take(r, src, dst, at);
	}
	es_context_count(t->c, ES_CNT_RTP_SHED);
	t->c->refused_at = es_time_max(t->c->refused_at, at);
	if (p != NULL) {
		p->last_at = es_time_max(p->last_at, at);
		count_stream(t->c, p, is_back(src, dst), rtp);
	}
	if (p == NULL || is_to_look(t->c, p, at)) {
		mark_calls(t, dst);
		mark_calls(t, src);
	}
	return true;
}
