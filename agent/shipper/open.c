/* SPDX-License-Identifier: Apache-2.0 */
/* What is open: streams and calls in progress, and the gaps they lived through. */
#include "agent/shipper/open.h"

#include "probes/base/hash.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"
#include "proto/decode.h"
#include "proto/encode.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	KEY_MAX = 1032,
	HEAD_BYTES = 16,
	ENTRY_BYTES = 12,
	GROWTH_BYTES = 116, /* catching up with blocks renews five numbers of a record */
};

static const char magic[] = "ESopen1\n";

struct entry {
	uint64_t hash;
	uint8_t *bytes; /* key, then the encoded record */
	uint32_t n_key;
	uint32_t n_record;
	bool is_call;
	bool gap;     /* a gap was reported */
	bool renewed; /* heard of since */
	uint32_t gap_ms;
	/* Of the stream's blocks, which may be ahead of its last record. */
	uint64_t received;
	uint64_t lost;
	uint64_t last_seq;
	es_time end;
};

struct es_open {
	struct es_pool pool;
	struct es_table table;
	struct es_hash_key key;
	size_t n_bytes;
	uint32_t n_calls;
	bool dirty;
};

/* Type, vantage, identity: bytes that compare. 0: a record that is never open. */
static size_t
key_of(const struct es_record *rec, uint8_t out[KEY_MAX])
{
	es_slice label = rec->vantage == NULL ? es_slice_of(NULL, 0) : rec->vantage->label;
	es_time begun = es_time_of_ns(0); /* of a call: its Call-ID may be used again */
	es_slice id;

	switch (rec->type) {
	case ES_REC_INTERVAL:
		id = es_slice_of(&rec->u.interval.stream, sizeof(rec->u.interval.stream));
		break;
	case ES_REC_STREAM:
		id = es_slice_of(&rec->u.stream.key, sizeof(rec->u.stream.key));
		break;
	case ES_REC_CALL:
		id = rec->u.call.call_id;
		begun = es_call_begun(&rec->u.call);
		break;
	default:
		return 0;
	}
	if (label.n > 255 || id.n == 0 || id.n > KEY_MAX - 2 - sizeof(begun) - label.n)
		return 0;
	out[0] = rec->type == ES_REC_CALL;
	out[1] = (uint8_t)label.n;
	memcpy(out + 2, &begun, sizeof(begun));
	if (label.n > 0)
		memcpy(out + 2 + sizeof(begun), label.p, label.n);
	memcpy(out + 2 + sizeof(begun) + label.n, id.p, id.n);
	return 2 + sizeof(begun) + label.n + id.n;
}

static uint32_t
find(const struct es_open *o, es_slice key, uint64_t hash)
{
	struct es_probe at = es_table_probe(&o->table, hash);
	const struct entry *e;
	uint32_t i;

	while ((i = es_table_next(&o->table, &at)) != ES_TABLE_NONE) {
		e = es_pool_at(&o->pool, i);
		if (es_slice_eq(key, es_slice_of(e->bytes, e->n_key)))
			break;
	}
	return i;
}

static struct entry *
entry_of(const struct es_open *o, const struct es_record *rec)
{
	uint8_t key[KEY_MAX];
	size_t n = key_of(rec, key);
	uint32_t i;

	if (n == 0)
		return NULL;
	i = find(o, es_slice_of(key, n), es_hash(&o->key, es_slice_of(key, n)));
	return i == ES_TABLE_NONE ? NULL : es_pool_at(&o->pool, i);
}

static void
forget(struct es_open *o, uint32_t i)
{
	struct entry *e = es_pool_at(&o->pool, i);

	(void)es_table_remove(&o->table, e->hash, i); /* it is there: the pool says so */
	o->n_bytes -= e->n_key + e->n_record;
	o->n_calls -= e->is_call;
	o->dirty = true;
	free(e->bytes);
	es_pool_give(&o->pool, i);
}

static bool
is_open(const struct es_record *rec)
{
	if (rec->type == ES_REC_STREAM)
		return rec->u.stream.state == ES_STATE_IN_PROGRESS;
	return rec->type == ES_REC_CALL && rec->u.call.state == ES_STATE_IN_PROGRESS;
}

static void
note_block(struct es_open *o, const struct es_record *rec)
{
	const struct es_interval *v = &rec->u.interval;
	struct entry *e = entry_of(o, rec);

	if (e == NULL)
		return;
	e->renewed = true;
	e->received += v->received + v->duplicates;
	e->lost += v->lost;
	if (v->last_seq > e->last_seq)
		e->last_seq = v->last_seq;
	e->end = es_time_max(e->end, v->end);
	o->dirty = true;
}

/* Room for one more of n bytes, or false: then a gap in it could not be reported. */
static bool
has_room(const struct es_open *o, size_t n)
{
	return o->pool.n_used < ES_OPEN_MAX && o->n_bytes + n <= ES_OPEN_BYTES_MAX;
}

static void
keep(struct es_open *o, const struct es_record *rec, es_slice record)
{
	uint8_t key[KEY_MAX], *bytes;
	size_t n = key_of(rec, key);
	uint64_t hash = es_hash(&o->key, es_slice_of(key, n));
	uint32_t i = find(o, es_slice_of(key, n), hash);
	struct entry *e;

	if (n == 0 || (i == ES_TABLE_NONE && !has_room(o, n + record.n)))
		return;
	bytes = malloc(n + record.n);
	if (bytes == NULL)
		return;
	memcpy(bytes, key, n);
	memcpy(bytes + n, record.p, record.n);
	if (i == ES_TABLE_NONE) {
		i = es_pool_take(&o->pool);
		if (i == ES_POOL_NONE || es_table_insert(&o->table, hash, i) != 0) {
			free(bytes);
			return; /* both are as large as has_room promises */
		}
		e = es_pool_at(&o->pool, i);
		e->hash = hash;
		e->is_call = rec->type == ES_REC_CALL;
		o->n_calls += e->is_call;
	} else {
		e = es_pool_at(&o->pool, i);
		o->n_bytes -= e->n_key + e->n_record;
		free(e->bytes);
	}
	e->bytes = bytes;
	e->n_key = (uint32_t)n;
	e->n_record = (uint32_t)record.n;
	e->renewed = true;
	o->n_bytes += n + record.n;
	o->dirty = true;
}

struct es_coverage
es_open_gap_of(struct es_open *o, const struct es_record *rec)
{
	struct es_coverage c = { 0, 0, 0 };
	const struct entry *e = rec->type == ES_REC_INTERVAL ? NULL : entry_of(o, rec);

	if (e != NULL && e->gap) {
		c.flags = ES_COV_GAP;
		c.gap_ms = e->gap_ms;
	}
	return c;
}

void
es_open_note(struct es_open *o, const struct es_record *rec, es_slice bytes)
{
	struct entry *e;

	if (rec->type == ES_REC_INTERVAL) {
		note_block(o, rec);
	} else if (is_open(rec)) {
		keep(o, rec, bytes);
	} else {
		e = entry_of(o, rec);
		if (e != NULL)
			forget(o, find(o, es_slice_of(e->bytes, e->n_key), e->hash));
	}
}

/* The open record at hand, and whom it goes to. */
struct visit {
	const struct entry *e;
	es_time at; /* of the gap */
	void (*each)(void *ctx, const struct es_record *rec);
	void *ctx;
};

/* The stream's totals, at least as far as its blocks went. */
static void
catch_up(struct es_record *rec, const struct entry *e)
{
	struct es_stream *s = &rec->u.stream;
	int64_t ns = es_time_diff(e->end, s->start);

	if (rec->type != ES_REC_STREAM || e->received <= s->packets)
		return;
	s->packets = e->received;
	s->lost = e->lost;
	if (e->last_seq >= s->first_seq && e->last_seq > s->last_seq) {
		s->last_seq = e->last_seq;
		s->expected = s->last_seq - s->first_seq + 1;
	}
	if (ns > 0 && (uint64_t)(ns / ES_NS_PER_US) > s->duration_us)
		s->duration_us = (uint64_t)(ns / ES_NS_PER_US);
}

static void
each_caught_up(void *ctx, const struct es_record *rec)
{
	struct visit *v = ctx;
	struct es_record r = *rec;

	catch_up(&r, v->e);
	v->each(v->ctx, &r);
}

static void
each_with_gap(void *ctx, const struct es_record *rec)
{
	struct visit *v = ctx;
	struct es_record r = *rec;

	catch_up(&r, v->e);
	r.at = v->at;
	r.coverage.flags |= ES_COV_GAP;
	if (v->e->gap_ms != 0)
		r.coverage.gap_ms = v->e->gap_ms;
	if (r.type == ES_REC_STREAM)
		r.u.stream.state = ES_STATE_UNKNOWN;
	else
		r.u.call.state = ES_STATE_UNKNOWN;
	v->each(v->ctx, &r);
}

void
es_open_gap(struct es_open *o, es_time at, uint32_t gap_ms, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx)
{
	struct visit visit = { .each = each, .ctx = ctx };
	struct entry *e;
	uint32_t i;

	visit.at = at;
	for (i = es_pool_next(&o->pool, 0); i != ES_POOL_NONE; i = es_pool_next(&o->pool, i + 1)) {
		e = es_pool_at(&o->pool, i);
		if (!e->renewed) {
			forget(o, i); /* its gap was reported, and it was silent since */
			continue;
		}
		e->renewed = false;
		e->gap = true;
		if (gap_ms > e->gap_ms)
			e->gap_ms = gap_ms;
		visit.e = e;
		es_alloc_reset(alloc);
		(void)es_record_decode(es_slice_of(e->bytes + e->n_key, e->n_record), alloc,
		    each_with_gap, &visit); /* it was decoded before it came here */
		o->dirty = true;
	}
}

uint32_t
es_open_streams(const struct es_open *o)
{
	return o->pool.n_used - o->n_calls;
}

uint32_t
es_open_calls(const struct es_open *o)
{
	return o->n_calls;
}

bool
es_open_is_dirty(const struct es_open *o)
{
	return o->dirty;
}

static void
put_u32(uint8_t *at, uint64_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
	at[2] = (uint8_t)(v >> 16);
	at[3] = (uint8_t)(v >> 24);
}

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

struct saved {
	uint8_t *at;
	size_t room;
	int n;
};

static void
encode_into(void *ctx, const struct es_record *rec)
{
	struct saved *s = ctx;

	s->n = es_record_encode(rec, s->at, s->room);
}

/* Magic, CRC-32 of the rest, then per entry: length, gap flag, gap_ms, record. */
int
es_open_save(struct es_open *o, uint8_t **out, size_t *n_bytes)
{
	size_t per_entry = ENTRY_BYTES + GROWTH_BYTES, n = HEAD_BYTES;
	size_t cap = HEAD_BYTES + o->n_bytes + o->pool.n_used * per_entry;
	uint8_t *bytes = malloc(cap);
	struct saved saved;
	struct visit visit = { .each = encode_into, .ctx = &saved };
	struct es_alloc alloc;
	const struct entry *e;
	uint32_t i;

	if (bytes == NULL || es_alloc_new(&alloc, ES_ALLOC_BYTES) < 0) {
		free(bytes);
		return ES_ENOMEM;
	}
	memset(bytes, 0, HEAD_BYTES);
	memcpy(bytes, magic, 8);
	for (i = es_pool_next(&o->pool, 0); i != ES_POOL_NONE; i = es_pool_next(&o->pool, i + 1)) {
		e = visit.e = es_pool_at(&o->pool, i);
		if (cap - n < ENTRY_BYTES)
			break;
		saved = (struct saved){ bytes + n + ENTRY_BYTES, cap - n - ENTRY_BYTES, ES_EFULL };
		es_alloc_reset(&alloc);
		(void)es_record_decode(es_slice_of(e->bytes + e->n_key, e->n_record), &alloc,
		    each_caught_up, &visit); /* failed: saved.n <= 0 */
		if (saved.n <= 0)
			continue;
		put_u32(bytes + n, (uint64_t)saved.n);
		put_u32(bytes + n + 4, e->gap);
		put_u32(bytes + n + 8, e->gap_ms);
		n += ENTRY_BYTES + (size_t)saved.n;
	}
	es_alloc_free(&alloc);
	put_u32(bytes + 8, crc32(0, bytes + HEAD_BYTES, (uInt)(n - HEAD_BYTES)));
	o->dirty = false;
	*out = bytes;
	*n_bytes = n;
	return 0;
}

struct loading {
	struct es_open *o;
	es_slice bytes;
	bool gap;
	uint32_t gap_ms;
};

static void
each_loaded(void *ctx, const struct es_record *rec)
{
	struct loading *l = ctx;
	struct entry *e;

	es_open_note(l->o, rec, l->bytes);
	e = is_open(rec) ? entry_of(l->o, rec) : NULL;
	if (e == NULL)
		return;
	e->gap = l->gap;
	e->gap_ms = l->gap_ms;
	if (rec->type == ES_REC_STREAM) {
		e->received = rec->u.stream.packets;
		e->lost = rec->u.stream.lost;
	}
}

int
es_open_load(struct es_open *o, es_slice bytes, struct es_alloc *alloc)
{
	const uint8_t *p = bytes.p + HEAD_BYTES;
	size_t left, n;
	struct loading l = { .o = o };

	if (bytes.n < HEAD_BYTES || memcmp(bytes.p, magic, 8) != 0 ||
	    get_u32(bytes.p + 8) != crc32(0, p, (uInt)(bytes.n - HEAD_BYTES)))
		return ES_EMALFORMED;
	for (left = bytes.n - HEAD_BYTES; left >= ENTRY_BYTES; left -= n, p += n) {
		n = get_u32(p);
		if (n > left - ENTRY_BYTES)
			return ES_EMALFORMED;
		l.gap = get_u32(p + 4) != 0;
		l.gap_ms = get_u32(p + 8);
		l.bytes = es_slice_of(p + ENTRY_BYTES, n);
		n += ENTRY_BYTES;
		es_alloc_reset(alloc);
		if (es_record_decode(l.bytes, alloc, each_loaded, &l) < 0)
			return ES_EMALFORMED;
	}
	o->dirty = false;
	return left == 0 ? 0 : ES_EMALFORMED;
}

int
es_open_new(const uint8_t hash_key[16], struct es_open **out)
{
	struct es_open *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return ES_ENOMEM;
	o->key = es_hash_key_of(hash_key);
	if (es_pool_new(&o->pool, ES_OPEN_MAX, sizeof(struct entry)) != 0 ||
	    es_table_new(&o->table, ES_OPEN_MAX) != 0) {
		es_open_free(o);
		return ES_ENOMEM;
	}
	*out = o;
	return 0;
}

void
es_open_free(struct es_open *o)
{
	uint32_t i;

	if (o == NULL)
		return;
	for (i = es_pool_next(&o->pool, 0); i != ES_POOL_NONE; i = es_pool_next(&o->pool, i + 1))
		free(((struct entry *)es_pool_at(&o->pool, i))->bytes);
	es_pool_free(&o->pool);
	es_table_free(&o->table);
	free(o);
}
