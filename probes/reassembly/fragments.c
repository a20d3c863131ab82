/* SPDX-License-Identifier: Apache-2.0 */
/* Reassembly of IP datagrams. */
#include "probes/reassembly/fragments.h"

#include <stdlib.h>

int
es_fragments_new(struct es_fragments *f, uint32_t cap)
{
	int err = es_pool_new(&f->pool, cap, sizeof(struct es_fragmented));

	if (err == 0)
		err = es_table_new(&f->table, cap);
	if (err == 0)
		err = es_eviction_new(&f->eviction, cap);
	if (err != 0)
		return err;
	f->bytes = calloc(cap, ES_FRAGMENTS_BYTES);
	return f->bytes == NULL ? ES_ENOMEM : 0;
}

void
es_fragments_free(struct es_fragments *f)
{
	free(f->bytes);
	f->bytes = NULL;
	es_eviction_free(&f->eviction);
	es_table_free(&f->table);
	es_pool_free(&f->pool);
}

static struct es_fragmented *
datagram_at(const struct es_fragments *f, uint32_t index)
{
	return es_pool_at(&f->pool, index);
}

static uint64_t
hash_of(const struct es_fragments *f, const struct es_ip *part)
{
	uint64_t pair = es_hash_pair(&f->c->key, &part->src, &part->dst);
	uint64_t words[2] = { pair, (uint64_t)part->proto << 32 | part->id };

	return es_hash_words(&f->c->key, words, 2);
}

static bool
is_of(const struct es_fragmented *d, const struct es_ip *part)
{
	return d->id == part->id && d->proto == part->proto && es_addr_eq(&d->src, &part->src) &&
	       es_addr_eq(&d->dst, &part->dst);
}

static uint32_t
find(const struct es_fragments *f, const struct es_ip *part)
{
	struct es_probe at = es_table_probe(&f->table, hash_of(f, part));
	uint32_t i;

	while ((i = es_table_next(&f->table, &at)) != ES_TABLE_NONE)
		if (is_of(datagram_at(f, i), part))
			return i;
	return ES_POOL_NONE;
}

static void
drop(struct es_fragments *f, uint32_t i)
{
	const struct es_fragmented *d = datagram_at(f, i);
	struct es_ip part = { .src = d->src, .dst = d->dst, .id = d->id, .proto = d->proto };

	(void)es_table_remove(&f->table, hash_of(f, &part), i);
	es_eviction_drop(&f->eviction, i);
	es_pool_give(&f->pool, i);
}

static void
give_up(struct es_fragments *f, uint32_t i)
{
	es_context_count(f->c, ES_CNT_FRAGMENTS_DROPPED);
	drop(f, i);
}

static es_time
last_seen(const void *ctx, uint32_t index)
{
	const struct es_fragments *f = ctx;

	return datagram_at(f, index)->seen_at;
}

static uint32_t
make(struct es_fragments *f, const struct es_ip *part, es_time at)
{
	uint32_t i = es_pool_take(&f->pool);
	struct es_fragmented *d;

	if (i == ES_POOL_NONE) {
		uint32_t victim = es_eviction_victim(&f->eviction, last_seen, f);

		if (victim == ES_EVICTION_NONE)
			return ES_POOL_NONE;
		give_up(f, victim);
		i = es_pool_take(&f->pool);
	}
	d = datagram_at(f, i);
	d->src = part->src;
	d->dst = part->dst;
	d->id = part->id;
	d->proto = part->proto;
	d->begun_at = at;
	d->seen_at = at;
	(void)es_table_insert(&f->table, hash_of(f, part), i); /* as large as the pool */
	es_eviction_add(&f->eviction, i, &part->src, false);
	return i;
}

/* Units of [from, from + n) seen before this; marks them all. */
static uint32_t
mark(struct es_fragmented *d, uint32_t from, uint32_t n)
{
	uint32_t n_before = 0;

	for (uint32_t u = from; u < from + n; u++) {
		uint64_t bit = UINT64_C(1) << u % 64;

		n_before += (d->seen[u / 64] & bit) != 0;
		d->seen[u / 64] |= bit;
	}
	d->n_units += n - n_before;
	return n_before;
}

/* A length that RFC 791 allows: whole units of 8 bytes but in the last part, inside one datagram. */
static bool
is_possible(const struct es_ip *part)
{
	uint32_t n = part->payload_wire_bytes;

	return n > 0 && (!part->has_more || n % 8 == 0) && part->payload.n == n &&
	       n <= ES_FRAGMENTS_BYTES && part->fragment_at_bytes <= ES_FRAGMENTS_BYTES - n;
}

/* Files the bytes; false: the parts contradict each other. */
static bool
file(struct es_fragments *f, uint32_t i, const struct es_ip *part)
{
	struct es_fragmented *d = datagram_at(f, i);
	uint32_t from = part->fragment_at_bytes;
	uint32_t end = from + part->payload_wire_bytes;
	uint32_t n_units = (part->payload_wire_bytes + 7) / 8;
	uint32_t n_before;

	if (d->whole_bytes != 0 &&
	    (end > d->whole_bytes || (!part->has_more && end != d->whole_bytes)))
		return false;
	if (!part->has_more && end < d->high_bytes)
		return false;
	n_before = mark(d, from / 8, n_units);
	if (n_before == n_units)
		return true; /* a copy */
	if (n_before > 0)
		return false;
	if (!part->has_more)
		d->whole_bytes = end;
	if (end > d->high_bytes)
		d->high_bytes = end;
	/* They may be in the buffer that the datagram around them has just freed. */
	memmove(f->bytes + (size_t)i * ES_FRAGMENTS_BYTES + from, part->payload.p, part->payload.n);
	return true;
}

bool
es_fragments_take(struct es_fragments *f, const struct es_ip *part, es_time at, struct es_ip *whole)
{
	uint32_t i = find(f, part);
	struct es_fragmented *d;

	if (i != ES_POOL_NONE &&
	    es_time_diff(at, datagram_at(f, i)->begun_at) > ES_FRAGMENTS_WAIT_S * ES_NS_PER_S) {
		give_up(f, i); /* this one has the same number by chance */
		i = ES_POOL_NONE;
	}
	if (i == ES_POOL_NONE && is_possible(part))
		i = make(f, part, at);
	if (i == ES_POOL_NONE)
		return false;
	d = datagram_at(f, i);
	d->seen_at = es_time_max(d->seen_at, at);
	if (!is_possible(part) || !file(f, i, part)) {
		give_up(f, i);
		return false;
	}
	if (d->whole_bytes == 0 || d->n_units < (d->whole_bytes + 7) / 8)
		return false;
	*whole = *part;
	whole->payload = es_slice_of(f->bytes + (size_t)i * ES_FRAGMENTS_BYTES, d->whole_bytes);
	whole->payload_wire_bytes = d->whole_bytes;
	whole->fragment_at_bytes = 0;
	whole->is_fragment = false;
	whole->has_more = false;
	drop(f, i);
	return true;
}
