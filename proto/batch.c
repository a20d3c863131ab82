/* SPDX-License-Identifier: Apache-2.0 */
/* Batches: what records share moves to the head; CRC-32 and deflate of the body. */
#include "proto/batch.h"

#include "probes/base/cursor.h"
#include "probes/base/hash.h"
#include "proto/encode.h"
#include "proto/shape.h"

#include <stdlib.h>
#include <zlib.h>

/* What a record costs beyond its own bytes: tags, lengths, delta and index at their longest. */
enum { RECORD_OVERHEAD = 24, VANTAGE_MAX = 256, STREAM_WINDOW_BITS = 15, STREAM_MEM_LEVEL = 6 };

/* A Record as es_record_encode writes it: at_ns (tag 1, fixed64) first, then vantage (tag 2) if any. */
enum { TAG_AT = 0x09, TAG_VANTAGE = 0x12, HEAD_MAX = 9 + 1 + 2 + VANTAGE_MAX };

struct es_batch_writer {
	Earshot__Pb__BatchBody body;
	Earshot__Pb__BatchRecord records[ES_BATCH_RECORDS_MAX];
	Earshot__Pb__BatchRecord *record_list[ES_BATCH_RECORDS_MAX];
	es_slice vantage_bytes[ES_BATCH_VANTAGES_MAX];
	Earshot__Pb__Vantage *vantages[ES_BATCH_VANTAGES_MAX];
	size_t n;
	size_t n_vantages;
	size_t kept_bytes; /* of bytes */
	size_t size_bytes; /* upper bound of the body */
	uint8_t bytes[ES_BATCH_BODY_MAX];
	uint8_t plain[ES_BATCH_BODY_MAX];
	uint8_t small[ES_BATCH_BODY_MAX];
};

/* A Record taken apart. */
struct parts {
	es_time at;
	bool has_vantage;
	es_slice vantage; /* a Vantage message */
	es_slice rest;
};

int
es_batch_writer_new(struct es_batch_writer **out)
{
	struct es_batch_writer *w = malloc(sizeof(*w)); /* untouched pages cost nothing */

	if (w == NULL)
		return ES_ENOMEM;
	w->n = w->n_vantages = 0;
	es_batch_writer_begin(w);
	*out = w;
	return 0;
}

void
es_batch_writer_free(struct es_batch_writer *w)
{
	if (w == NULL)
		return;
	es_batch_writer_begin(w); /* frees the vantages */
	free(w);
}

void
es_batch_writer_begin(struct es_batch_writer *w)
{
	for (size_t i = 0; i < w->n_vantages; i++)
		earshot__pb__vantage__free_unpacked(w->vantages[i], NULL);
	earshot__pb__batch_body__init(&w->body);
	w->n = 0;
	w->n_vantages = 0;
	w->kept_bytes = 0;
	w->size_bytes = 16; /* base_ns */
}

static int
take_apart(es_slice record, struct parts *out)
{
	struct es_cur c = es_cur_of(record);
	struct parts p;

	memset(&p, 0, sizeof(p));
	if (es_cur_u8(&c) != TAG_AT)
		return ES_EMALFORMED;
	p.at = es_time_of_ns((int64_t)es_cur_le64(&c));
	if (es_cur_left(&c) > 0 && es_cur_peek(&c, 0) == TAG_VANTAGE) {
		size_t n;

		es_cur_u8(&c);
		n = es_cur_u8(&c);
		if (n >= 0x80)
			n = (n & 0x7f) | (size_t)es_cur_u8(&c) << 7;
		if (n > VANTAGE_MAX)
			return ES_EMALFORMED;
		p.has_vantage = true;
		p.vantage = es_cur_slice(&c, n);
	}
	p.rest = es_cur_rest(&c);
	if (c.bad)
		return ES_EMALFORMED;
	*out = p;
	return 0;
}

/* Puts together what take_apart took; the length. room holds HEAD_MAX + rest. */
static size_t
put_together(const struct parts *p, uint8_t *room)
{
	size_t n = 0;

	room[n++] = TAG_AT;
	for (int i = 0; i < 8; i++)
		room[n++] = (uint8_t)((uint64_t)p->at.ns >> (8 * i));
	if (p->has_vantage) {
		room[n++] = TAG_VANTAGE;
		if (p->vantage.n >= 0x80) {
			room[n++] = (uint8_t)(p->vantage.n | 0x80);
			room[n++] = (uint8_t)(p->vantage.n >> 7);
		} else {
			room[n++] = (uint8_t)p->vantage.n;
		}
		if (p->vantage.n > 0)
			memcpy(room + n, p->vantage.p, p->vantage.n);
		n += p->vantage.n;
	}
	if (p->rest.n > 0)
		memcpy(room + n, p->rest.p, p->rest.n);
	return n + p->rest.n;
}

static es_slice
keep(struct es_batch_writer *w, es_slice s)
{
	uint8_t *at = w->bytes + w->kept_bytes;

	if (s.n > 0)
		memcpy(at, s.p, s.n);
	w->kept_bytes += s.n;
	return es_slice_of(at, s.n);
}

/* Index from 1 of a vantage in the table, entered when new. 0: none. Or an error. */
static int
vantage_index(struct es_batch_writer *w, const struct parts *p)
{
	Earshot__Pb__Vantage *v;
	uint8_t again[VANTAGE_MAX];

	if (!p->has_vantage)
		return 0;
	for (size_t i = 0; i < w->n_vantages; i++)
		if (es_slice_eq(w->vantage_bytes[i], p->vantage))
			return (int)i + 1;
	if (w->n_vantages == ES_BATCH_VANTAGES_MAX)
		return ES_EFULL;
	v = earshot__pb__vantage__unpack(NULL, p->vantage.n, p->vantage.p);
	if (v == NULL)
		return ES_EMALFORMED;
	/* Opening writes it again: only what our encoder would write comes back the same. */
	if (earshot__pb__vantage__get_packed_size(v) != p->vantage.n ||
	    (earshot__pb__vantage__pack(v, again),
		!es_slice_eq(p->vantage, es_slice_of(again, p->vantage.n)))) {
		earshot__pb__vantage__free_unpacked(v, NULL);
		return ES_EMALFORMED;
	}
	w->vantage_bytes[w->n_vantages] = keep(w, p->vantage);
	w->vantages[w->n_vantages] = v;
	w->size_bytes += p->vantage.n + 4;
	return (int)++w->n_vantages;
}

int
es_batch_writer_add(struct es_batch_writer *w, es_slice record)
{
	Earshot__Pb__BatchRecord *m;
	struct parts p;
	int index;

	if (record.n > ES_RECORD_MAX_BYTES || take_apart(record, &p) != 0 || p.at.ns < 0)
		return ES_EMALFORMED;
	/* bytes holds rests and vantages: together never more than the bound, which is below its size. */
	if (w->n == ES_BATCH_RECORDS_MAX ||
	    w->size_bytes + record.n + RECORD_OVERHEAD > ES_BATCH_BODY_MAX)
		return ES_EFULL;
	index = vantage_index(w, &p);
	if (index < 0)
		return index;
	if (w->n == 0) {
		w->body.base_ns = p.at.ns;
		w->body.has_base_ns = true;
	}
	m = &w->records[w->n];
	earshot__pb__batch_record__init(m);
	m->at_delta_ns = es_shape_delta(p.at, es_time_of_ns(w->body.base_ns));
	m->has_at_delta_ns = m->at_delta_ns != 0;
	m->vantage_index = (uint32_t)index;
	m->has_vantage_index = index > 0;
	m->record = es_shape_bytes(keep(w, p.rest));
	m->has_record = p.rest.n > 0;
	w->record_list[w->n++] = m;
	w->size_bytes += p.rest.n + RECORD_OVERHEAD;
	return 0;
}

/* zlib format into w->small. Returns its length, 0 when that is not smaller, or ES_EIO. */
static int
deflate_body(struct es_batch_writer *w, size_t n)
{
	z_stream z;
	int err;

	memset(&z, 0, sizeof(z));
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, STREAM_WINDOW_BITS,
		STREAM_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return ES_EIO;
	z.next_in = w->plain;
	z.avail_in = (uInt)n;
	z.next_out = w->small;
	z.avail_out = (uInt)n; /* no room for a result that is not smaller */
	err = deflate(&z, Z_FINISH);
	(void)deflateEnd(&z); /* Z_DATA_ERROR when it was given up half way, which is fine */
	if (err == Z_STREAM_END)
		return z.total_out < n ? (int)z.total_out : 0;
	return err == Z_OK || err == Z_BUF_ERROR ? 0 : ES_EIO;
}

int
es_batch_writer_end(struct es_batch_writer *w, struct es_batch *batch)
{
	size_t n;
	int n_small;

	if (w->n == 0)
		return ES_EINVALID;
	w->body.vantages = w->vantages;
	w->body.n_vantages = w->n_vantages;
	w->body.records = w->record_list;
	w->body.n_records = w->n;
	n = earshot__pb__batch_body__get_packed_size(&w->body);
	if (n > sizeof(w->plain))
		return ES_EINVALID; /* the bound was wrong: our bug, and nothing was written */
	earshot__pb__batch_body__pack(&w->body, w->plain);
	n_small = deflate_body(w, n);
	if (n_small < 0)
		return n_small;
	batch->last_seq = batch->first_seq + w->n - 1;
	batch->crc32 = (uint32_t)crc32(crc32(0, NULL, 0), w->plain, (uInt)n);
	batch->body_bytes = (uint32_t)n;
	batch->deflated = n_small > 0;
	batch->body =
	    n_small > 0 ? es_slice_of(w->small, (size_t)n_small) : es_slice_of(w->plain, n);
	return 0;
}

/* ---- opening ---- */

static const char *
inflate_body(const struct es_batch *batch, uint8_t *out)
{
	z_stream z;
	int err;

	memset(&z, 0, sizeof(z));
	if (inflateInit(&z) != Z_OK)
		return "no memory to inflate";
	z.next_in = (uint8_t *)(uintptr_t)batch->body.p; /* zlib only reads it */
	z.avail_in = (uInt)batch->body.n;
	z.next_out = out;
	z.avail_out = (uInt)batch->body_bytes;
	err = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z); /* frees only */
	if (err != Z_STREAM_END)
		return "deflated body is damaged or longer than it says";
	if (z.total_out != batch->body_bytes || z.avail_in != 0)
		return "deflated body is not as long as it says";
	return NULL;
}

/* Plain bytes of the body, checked; NULL and a reason otherwise. */
static const uint8_t *
plain_body(const struct es_batch *batch, struct es_alloc *alloc, const char **why)
{
	const uint8_t *plain = batch->body.p;

	*why = NULL;
	if (batch->body_bytes == 0 || batch->body_bytes > ES_BATCH_BODY_MAX) {
		*why = "body length out of range";
		return NULL;
	}
	if (batch->deflated) {
		uint8_t *room = es_arena_reserve(&alloc->arena, batch->body_bytes, 1);

		if (room == NULL)
			return NULL;
		*why = inflate_body(batch, room);
		plain = room;
	} else if (batch->body.n != batch->body_bytes) {
		*why = "body is not as long as it says";
	}
	if (*why != NULL)
		return NULL;
	if ((uint32_t)crc32(crc32(0, NULL, 0), plain, (uInt)batch->body_bytes) != batch->crc32) {
		*why = "checksum of the body is wrong";
		return NULL;
	}
	return plain;
}

static const char *
check_body(const struct es_batch *batch, const Earshot__Pb__BatchBody *m)
{
	if (m->n_records == 0 || m->n_records > ES_BATCH_RECORDS_MAX ||
	    m->n_records - 1 != batch->last_seq - batch->first_seq)
		return "number of records does not fit first..last";
	if (!m->has_base_ns || m->n_vantages > ES_BATCH_VANTAGES_MAX)
		return "head is incomplete";
	for (size_t i = 0; i < m->n_vantages; i++)
		if (m->vantages[i]->label.len > VANTAGE_MAX - 8 ||
		    earshot__pb__vantage__get_packed_size(m->vantages[i]) > VANTAGE_MAX)
			return "label of a vantage is too long";
	for (size_t i = 0; i < m->n_records; i++)
		if (m->records[i]->vantage_index > m->n_vantages ||
		    m->records[i]->record.len > ES_RECORD_MAX_BYTES ||
		    es_shape_time(es_time_of_ns(m->base_ns), m->records[i]->at_delta_ns).ns < 0)
			return "a record's vantage, time or length is out of range";
	return NULL;
}

static int
hand_out(const struct es_batch *batch, const Earshot__Pb__BatchBody *m, uint8_t *room,
    int (*each)(void *ctx, uint64_t seq, es_slice record), void *ctx)
{
	uint8_t vantage[VANTAGE_MAX];

	for (size_t i = 0; i < m->n_records; i++) {
		const Earshot__Pb__BatchRecord *r = m->records[i];
		struct parts p;
		int err;

		memset(&p, 0, sizeof(p));
		p.at = es_shape_time(es_time_of_ns(m->base_ns), r->at_delta_ns);
		p.rest = es_shape_slice(r->record);
		if (r->vantage_index > 0) {
			p.has_vantage = true;
			p.vantage = es_slice_of(vantage,
			    earshot__pb__vantage__pack(m->vantages[r->vantage_index - 1], vantage));
		}
		err = each(ctx, batch->first_seq + i, es_slice_of(room, put_together(&p, room)));
		if (err < 0)
			return err;
	}
	return (int)m->n_records;
}

int
es_batch_open(const struct es_batch *batch, struct es_alloc *alloc,
    int (*each)(void *ctx, uint64_t seq, es_slice record), void *ctx, const char **why)
{
	uint64_t n_refused = alloc->arena.n_refused;
	Earshot__Pb__BatchBody *m = NULL;
	const char *reason;
	const uint8_t *plain = plain_body(batch, alloc, &reason);
	uint8_t *room;

	if (plain != NULL) {
		m = earshot__pb__batch_body__unpack(&alloc->pb, batch->body_bytes, plain);
		reason = m == NULL ? "body is not a batch" : check_body(batch, m);
	}
	room = reason == NULL ? es_arena_reserve(&alloc->arena, HEAD_MAX + ES_RECORD_MAX_BYTES, 1)
			      : NULL;
	if (alloc->arena.n_refused > n_refused)
		reason = "body needs more memory than a frame may";
	if (why != NULL)
		*why = reason;
	if (reason != NULL)
		return alloc->arena.n_refused > n_refused ? ES_EFULL : ES_EMALFORMED;
	return hand_out(batch, m, room, each, ctx);
}

uint64_t
es_record_digest(es_slice record)
{
	static const struct es_hash_key key = { 0, 0 }; /* both ends need the same */
	uint64_t h = es_hash(&key, record);

	return h != 0 ? h : 1;
}
