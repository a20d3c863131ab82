/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces of messages that encode, decode and pack share. Private to proto/. */
#ifndef EARSHOT_PROTO_SHAPE_H
#define EARSHOT_PROTO_SHAPE_H

#include "earshot/record.h"
#include "proto/earshot.pb-c.h"

enum { ES_SHAPE_ADDR_BYTES = 18 };

/* Exact for any pair: decoding adds the difference back modulo 2^64. */
static inline int64_t
es_shape_delta(es_time t, es_time base)
{
	return (int64_t)((uint64_t)t.ns - (uint64_t)base.ns);
}

static inline es_time
es_shape_time(es_time base, int64_t delta_ns)
{
	return es_time_of_ns((int64_t)((uint64_t)base.ns + (uint64_t)delta_ns));
}

static inline ProtobufCBinaryData
es_shape_bytes(es_slice s)
{
	ProtobufCBinaryData b;

	b.len = s.n;
	b.data = (uint8_t *)(uintptr_t)s.p; /* packing only reads it */
	return b;
}

static inline es_slice
es_shape_slice(ProtobufCBinaryData b)
{
	return es_slice_of(b.data, b.len);
}

/* An address as 6 or 18 bytes in room; an unset one is empty. */
ProtobufCBinaryData es_shape_addr(const struct es_addr *a, uint8_t room[ES_SHAPE_ADDR_BYTES]);
/* ES_EMALFORMED unless it is of one of the two lengths; empty: no address. */
int es_shape_addr_read(ProtobufCBinaryData b, struct es_addr *out);

/* A stream key with the room its addresses need. */
struct es_shape_key {
	Earshot__Pb__StreamKey msg;
	uint8_t src[ES_SHAPE_ADDR_BYTES];
	uint8_t dst[ES_SHAPE_ADDR_BYTES];
};
void es_shape_key(const struct es_stream_key *key, struct es_shape_key *out);
int es_shape_key_read(const Earshot__Pb__StreamKey *msg, struct es_stream_key *out);

/* Vantage and coverage. */
void es_shape_vantage(const struct es_vantage *v, Earshot__Pb__Vantage *out);
int es_shape_vantage_read(const Earshot__Pb__Vantage *msg, struct es_vantage *out);
void es_shape_coverage(const struct es_coverage *c, Earshot__Pb__Coverage *out);
void es_shape_coverage_read(const Earshot__Pb__Coverage *msg, struct es_coverage *out);

/* Serialises when it fits; the length, or ES_EFULL. */
int es_shape_serialise(const ProtobufCMessage *msg, uint8_t *out, size_t cap_bytes);

#endif
