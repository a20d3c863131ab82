/* SPDX-License-Identifier: Apache-2.0 */
/* One record on its way to bytes: what encode.c and its encode_*.c share. */
#ifndef EARSHOT_PROTO_ENCODE_PRIVATE_H
#define EARSHOT_PROTO_ENCODE_PRIVATE_H

#include "earshot/error.h"
#include "proto/fields.h"
#include "proto/shape.h"

/* Everything the messages of one record point to while they are serialised. */
struct es_encoding {
	Earshot__Pb__Record rec;
	Earshot__Pb__Vantage vantage;
	Earshot__Pb__Coverage coverage;
	struct es_shape_key key;
	uint8_t addr[4][ES_SHAPE_ADDR_BYTES];
	unsigned n_addr;
	es_time at;
	union {
		struct {
			Earshot__Pb__Interval msg;
			uint32_t skip[ES_FIELD_RUNS_MAX];
			uint32_t run[ES_FIELD_RUNS_MAX];
		} interval;
		struct {
			Earshot__Pb__Stream msg;
			uint32_t loss_run[ES_LOSS_RUN_BINS];
			ProtobufCBinaryData other_calls[ES_STREAM_OTHERS_MAX];
		} stream;
		struct {
			Earshot__Pb__Call msg;
			ProtobufCBinaryData codecs[ES_CALL_CODECS_MAX];
			ProtobufCBinaryData media[2][ES_CALL_MEDIA_MAX];
			uint8_t media_room[2][ES_CALL_MEDIA_MAX][ES_SHAPE_ADDR_BYTES];
			Earshot__Pb__CallStream streams[ES_CALL_STREAMS_MAX];
			Earshot__Pb__CallStream *stream_list[ES_CALL_STREAMS_MAX];
			uint8_t stream_room[2][ES_CALL_STREAMS_MAX][ES_SHAPE_ADDR_BYTES];
			uint32_t statuses[ES_CALL_STATUSES_MAX];
		} call;
		Earshot__Pb__Registration registration;
		struct {
			Earshot__Pb__Reported msg;
			uint32_t metrics[ES_FIELD_VALUES_MAX];
			int64_t values[ES_FIELD_VALUES_MAX];
		} reported;
		struct {
			Earshot__Pb__Host msg;
			uint32_t signals[ES_FIELD_VALUES_MAX];
			int64_t values[ES_FIELD_VALUES_MAX];
		} host;
		Earshot__Pb__Change change;
		struct {
			Earshot__Pb__Health msg;
			uint32_t counters[ES_FIELD_VALUES_MAX];
			uint64_t values[ES_FIELD_VALUES_MAX];
			uint32_t sip_what[ES_HEALTH_SIP_MAX];
			uint64_t sip_messages[ES_HEALTH_SIP_MAX];
			uint64_t sip_resent[ES_HEALTH_SIP_MAX];
			Earshot__Pb__Unknown unknowns[ES_HEALTH_UNKNOWNS_MAX];
			Earshot__Pb__Unknown *unknown_list[ES_HEALTH_UNKNOWNS_MAX];
		} health;
		Earshot__Pb__Loss loss;
	} u;
};

/* One row of fields.h: m is the message, r the record's body, has its HAS bits, w the encoding. */
#define PUT(kind, ...) ES_ROW_##kind(PUT_, __VA_ARGS__)
#define PUT_U(field, member, type, bit, max, key, form)                    \
	m->has_##field = (bit) != 0 ? (has & (bit)) != 0 : r->member != 0; \
	m->field = r->member;
#define PUT_S(field, member, type, bit, min, max, key, form) \
	m->has_##field = (has & (bit)) != 0;                 \
	m->field = r->member;
#define PUT_E(field, member, type, bit, max, other, key, form)                       \
	m->has_##field = (bit) != 0 ? (has & (bit)) != 0 : (unsigned)r->member != 0; \
	m->field = (uint32_t)r->member;
#define PUT_T(member, bit, key, form)                                                            \
	m->member =                                                                              \
	    es_shape_bytes((bit) == 0 || (has & (bit)) != 0 ? r->member : es_slice_of(NULL, 0)); \
	m->has_##member = m->member.len > 0;
#define PUT_TIME(member, key)                                    \
	m->member##_delta_ns = es_shape_delta(r->member, w->at); \
	m->has_##member##_delta_ns = true;
#define PUT_ADDR(member, key)                                        \
	m->member = es_shape_addr(&r->member, w->addr[w->n_addr++]); \
	m->has_##member = m->member.len > 0;
#define PUT_LAYOUT(kind, ...)

/* Each hangs its message into w->rec; 0, or ES_EINVALID for a list above its cap. */
int es_encode_interval(struct es_encoding *w, const struct es_interval *r);
int es_encode_stream(struct es_encoding *w, const struct es_stream *r);
int es_encode_call(struct es_encoding *w, const struct es_call *r);
int es_encode_registration(struct es_encoding *w, const struct es_registration *r);
int es_encode_reported(struct es_encoding *w, const struct es_reported *r);
int es_encode_host(struct es_encoding *w, const struct es_host *r);
int es_encode_change(struct es_encoding *w, const struct es_change *r);
int es_encode_health(struct es_encoding *w, const struct es_health *r);
int es_encode_loss(struct es_encoding *w, const struct es_loss *r);

#endif
