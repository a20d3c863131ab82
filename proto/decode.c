/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to records. */
#include "proto/decode.h"

#include "proto/decode_private.h"
#include "proto/frame.h"
#include "proto/pack_private.h"

es_slice
es_decode_text(struct es_decoding *d, ProtobufCBinaryData b)
{
	if (b.len > ES_FIELD_TEXT_MAX)
		d->err = ES_EMALFORMED;
	return es_shape_slice(b);
}

es_time
es_decode_time(struct es_decoding *d, int64_t delta_ns)
{
	es_time t = es_shape_time(d->at, delta_ns);

	if (t.ns < 0)
		d->err = ES_EMALFORMED;
	return t;
}

struct es_addr
es_decode_addr(struct es_decoding *d, ProtobufCBinaryData b)
{
	struct es_addr a;

	if (es_shape_addr_read(b, &a) != 0)
		d->err = ES_EMALFORMED;
	return a;
}

void *
es_decode_room(struct es_decoding *d, size_t n, size_t size_bytes)
{
	void *p;

	if (n == 0)
		return NULL;
	p = es_arena_take(&d->alloc->arena, n, size_bytes);
	if (p == NULL)
		d->err = ES_EFULL;
	return p;
}

/* The body: 1 = one record in *rec, 0 = a type we do not know. */
static int
get_body(struct es_decoding *d, const Earshot__Pb__Record *m, struct es_record *rec)
{
#define BODY(field, record_type)                                         \
	if (m->field != NULL) {                                          \
		int err = es_decode_##field(d, m->field, &rec->u.field); \
		rec->type = record_type;                                 \
		return err != 0 ? err : 1;                               \
	}
	BODY(interval, ES_REC_INTERVAL)
	BODY(stream, ES_REC_STREAM)
	BODY(call, ES_REC_CALL)
	BODY(registration, ES_REC_REGISTRATION)
	BODY(reported, ES_REC_REPORTED)
	BODY(host, ES_REC_HOST)
	BODY(change, ES_REC_CHANGE)
	BODY(health, ES_REC_HEALTH)
	BODY(loss, ES_REC_LOSS)
#undef BODY
	return 0;
}

static int
read_record(const Earshot__Pb__Record *m, struct es_alloc *alloc, struct es_record *rec,
    struct es_record **recs)
{
	struct es_vantage *vantage;
	struct es_decoding d;

	memset(rec, 0, sizeof(*rec));
	if (!m->has_at_ns || m->at_ns < 0 || m->coverage == NULL)
		return ES_EMALFORMED;
	d.alloc = alloc;
	d.at = rec->at = es_time_of_ns(m->at_ns);
	d.have = d.lack = 0;
	d.err = 0;
	es_shape_coverage_read(m->coverage, &rec->coverage);
	if (m->vantage != NULL) {
		vantage = es_decode_room(&d, 1, sizeof(*vantage));
		if (vantage == NULL)
			return ES_EFULL;
		if (es_shape_vantage_read(m->vantage, vantage) != 0)
			return ES_EMALFORMED;
		rec->vantage = vantage;
	}
	*recs = rec;
	if (m->pack != NULL)
		return es_pack_read(m->pack, rec, alloc, recs);
	return get_body(&d, m, rec);
}

int
es_record_decode(es_slice bytes, struct es_alloc *alloc,
    void (*each)(void *ctx, const struct es_record *rec), void *ctx)
{
	uint64_t n_refused = alloc->arena.n_refused;
	Earshot__Pb__Record *m;
	struct es_record rec;
	struct es_record *recs;
	int n;

	if (bytes.n == 0 || bytes.n > ES_FRAME_MAX_BYTES)
		return ES_EMALFORMED;
	m = earshot__pb__record__unpack(&alloc->pb, bytes.n, bytes.p);
	if (m == NULL)
		return alloc->arena.n_refused > n_refused ? ES_EFULL : ES_EMALFORMED;
	n = read_record(m, alloc, &rec, &recs);
	for (int i = 0; i < n; i++)
		each(ctx, &recs[i]);
	return n;
}
