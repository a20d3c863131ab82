/* SPDX-License-Identifier: Apache-2.0 */
/* One record on its way from bytes: what decode.c and its decode_*.c share. */
#ifndef EARSHOT_PROTO_DECODE_PRIVATE_H
#define EARSHOT_PROTO_DECODE_PRIVATE_H

#include "earshot/error.h"
#include "proto/alloc.h"
#include "proto/fields.h"
#include "proto/shape.h"

/* Text, times and addresses: the first failure is kept in err. */
struct es_decoding {
	struct es_alloc *alloc;
	es_time at;
	uint32_t have; /* HAS bits of fields seen */
	uint32_t lack; /* and of fields that are not there */
	int err;
};

/* One row of fields.h: d is the decoding, m the message, r the record's body. */
#define GET(kind, ...) ES_ROW_##kind(GET_, __VA_ARGS__)
#define GET_U(field, member, type, bit, max, key, form)   \
	if (m->has_##field) {                             \
		if ((uint64_t)m->field > (uint64_t)(max)) \
			return ES_EMALFORMED;             \
		r->member = (type)m->field;               \
		d->have |= (bit);                         \
	} else                                            \
		d->lack |= (bit);
#define GET_S(field, member, type, bit, min, max, key, form) \
	if (m->has_##field) {                                \
		if (m->field < (min) || m->field > (max))    \
			return ES_EMALFORMED;                \
		r->member = (type)m->field;                  \
		d->have |= (bit);                            \
	} else                                               \
		d->lack |= (bit);
#define GET_E(field, member, type, bit, max, other, key, form)                                     \
	if (m->has_##field) {                                                                      \
		r->member = (uint32_t)m->field > (uint32_t)(max) ? (type)(other) : (type)m->field; \
		d->have |= (bit);                                                                  \
	} else                                                                                     \
		d->lack |= (bit);
#define GET_T(member, bit, key, form) r->member = es_decode_text(d, m->member);
#define GET_TIME(member, key)            \
	if (!m->has_##member##_delta_ns) \
		return ES_EMALFORMED;    \
	r->member = es_decode_time(d, m->member##_delta_ns);
#define GET_ADDR(member, key) r->member = es_decode_addr(d, m->member);
#define GET_LAYOUT(kind, ...)

es_slice es_decode_text(struct es_decoding *d, ProtobufCBinaryData b);
es_time es_decode_time(struct es_decoding *d, int64_t delta_ns);
struct es_addr es_decode_addr(struct es_decoding *d, ProtobufCBinaryData b);
/* n zeroed items; NULL for none, or with err. */
void *es_decode_room(struct es_decoding *d, size_t n, size_t size_bytes);

/* HAS bits of groups that are whole; a group that is present in part is as absent. */
static inline uint32_t
es_decode_whole(const struct es_decoding *d)
{
	return d->have & ~d->lack;
}

/* Each fills a zeroed body; 0, ES_EMALFORMED, ES_EFULL. */
int
es_decode_interval(struct es_decoding *d, const Earshot__Pb__Interval *m, struct es_interval *r);
int es_decode_stream(struct es_decoding *d, const Earshot__Pb__Stream *m, struct es_stream *r);
int es_decode_call(struct es_decoding *d, const Earshot__Pb__Call *m, struct es_call *r);
int es_decode_registration(
    struct es_decoding *d, const Earshot__Pb__Registration *m, struct es_registration *r);
int
es_decode_reported(struct es_decoding *d, const Earshot__Pb__Reported *m, struct es_reported *r);
int es_decode_host(struct es_decoding *d, const Earshot__Pb__Host *m, struct es_host *r);
int es_decode_change(struct es_decoding *d, const Earshot__Pb__Change *m, struct es_change *r);
int es_decode_health(struct es_decoding *d, const Earshot__Pb__Health *m, struct es_health *r);
int es_decode_loss(struct es_decoding *d, const Earshot__Pb__Loss *m, struct es_loss *r);

#endif
