/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces of messages that encode, decode and pack share. */
#include "proto/shape.h"

#include "earshot/error.h"
#include "proto/fields.h"

ProtobufCBinaryData
es_shape_addr(const struct es_addr *a, uint8_t room[ES_SHAPE_ADDR_BYTES])
{
	size_t n_ip = a->family == 4 ? 4 : 16;

	if (a->family != 4 && a->family != 6)
		return es_shape_bytes(es_slice_of(NULL, 0));
	memcpy(room, a->ip, n_ip);
	room[n_ip] = (uint8_t)(a->port >> 8);
	room[n_ip + 1] = (uint8_t)a->port;
	return es_shape_bytes(es_slice_of(room, n_ip + 2));
}

int
es_shape_addr_read(ProtobufCBinaryData b, struct es_addr *out)
{
	size_t n_ip = b.len == 6 ? 4 : 16;

	memset(out, 0, sizeof(*out));
	if (b.len == 0)
		return 0;
	if (b.len != n_ip + 2)
		return ES_EMALFORMED;
	out->family = n_ip == 4 ? 4 : 6;
	memcpy(out->ip, b.data, n_ip);
	out->port = (uint16_t)(b.data[n_ip] << 8 | b.data[n_ip + 1]);
	return 0;
}

void
es_shape_key(const struct es_stream_key *key, struct es_shape_key *out)
{
	earshot__pb__stream_key__init(&out->msg);
	out->msg.src = es_shape_addr(&key->src, out->src);
	out->msg.has_src = out->msg.src.len > 0;
	out->msg.dst = es_shape_addr(&key->dst, out->dst);
	out->msg.has_dst = out->msg.dst.len > 0;
	out->msg.ssrc = key->ssrc;
	out->msg.has_ssrc = true;
	out->msg.restart = key->restart;
	out->msg.has_restart = key->restart != 0;
}

int
es_shape_key_read(const Earshot__Pb__StreamKey *msg, struct es_stream_key *out)
{
	struct es_stream_key k;

	memset(&k, 0, sizeof(k)); /* compared as bytes: no padding may differ */
	if (msg == NULL || !msg->has_ssrc)
		return ES_EMALFORMED;
	if (es_shape_addr_read(msg->src, &k.src) != 0 || es_shape_addr_read(msg->dst, &k.dst) != 0)
		return ES_EMALFORMED;
	k.ssrc = msg->ssrc;
	k.restart = msg->restart;
	*out = k;
	return 0;
}

void
es_shape_vantage(const struct es_vantage *v, Earshot__Pb__Vantage *out)
{
	earshot__pb__vantage__init(out);
	out->label = es_shape_bytes(v->label);
	out->has_label = v->label.n > 0;
	out->role = (Earshot__Pb__Role)v->role;
	out->has_role = v->role != ES_ROLE_UNKNOWN;
}

int
es_shape_vantage_read(const Earshot__Pb__Vantage *msg, struct es_vantage *out)
{
	if (msg->label.len > ES_FIELD_TEXT_MAX)
		return ES_EMALFORMED;
	out->label = es_shape_slice(msg->label);
	out->role = (unsigned)msg->role > ES_ROLE_TAP ? ES_ROLE_UNKNOWN : (enum es_role)msg->role;
	return 0;
}

void
es_shape_coverage(const struct es_coverage *c, Earshot__Pb__Coverage *out)
{
	earshot__pb__coverage__init(out);
	out->flags = c->flags;
	out->has_flags = c->flags != 0;
	out->gap_ms = c->gap_ms;
	out->has_gap_ms = c->gap_ms != 0;
	out->dropped = c->dropped;
	out->has_dropped = c->dropped != 0;
}

void
es_shape_coverage_read(const Earshot__Pb__Coverage *msg, struct es_coverage *out)
{
	memset(out, 0, sizeof(*out));
	out->flags = msg->flags;
	out->gap_ms = msg->gap_ms;
	out->dropped = msg->dropped;
}

int
es_shape_serialise(const ProtobufCMessage *msg, uint8_t *out, size_t cap_bytes)
{
	size_t n = protobuf_c_message_get_packed_size(msg);

	if (n > cap_bytes || n > INT32_MAX)
		return ES_EFULL;
	return (int)protobuf_c_message_pack(msg, out);
}
