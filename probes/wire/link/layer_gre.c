/* SPDX-License-Identifier: Apache-2.0 */
/* GRE version 0 and 1 and, inside it, ERSPAN (draft-foschiano-erspan) and WCCP. */
#include "probes/wire/link/layer_private.h"

enum {
	HAS_CHECKSUM = 0x8000,
	HAS_ROUTING = 0x4000,
	HAS_KEY = 0x2000,
	HAS_SEQUENCE = 0x1000,
	HAS_ACK = 0x0080, /* version 1 */
	VERSION = 0x0007,
	TYPE_KEEPALIVE = 0,
	TYPE_WCCP = 0x883e,
	TYPE_ERSPAN = 0x88be,
	TYPE_ERSPAN_3 = 0x22eb,
	ERSPAN_2_BYTES = 8,
	ERSPAN_3_SUBHEADER_BYTES = 8,
};

/* Source route entries, RFC 1701: family, offset, length and so many bytes; an empty one ends them. */
static int
skip_routes(struct es_cur *c)
{
	for (int n = 0; n < ES_GRE_ROUTES_MAX; n++) {
		uint16_t family = es_cur_be16(c);
		uint8_t n_bytes;

		es_cur_skip(c, 1);
		n_bytes = es_cur_u8(c);
		es_cur_skip(c, n_bytes);
		if (c->bad)
			return ES_EMALFORMED;
		if (family == 0 && n_bytes == 0)
			return 0;
	}
	return ES_EMALFORMED;
}

/* After bytes 0 and 1 of the header come VLAN, session and, at the end, the frame's type. */
static int
erspan3(struct es_cur *c, struct es_layer *out)
{
	es_slice all = es_slice_of(c->p, es_cur_left(c));
	uint32_t last;

	out->tag = es_cur_be32(c) & 0x3ff; /* session */
	es_cur_skip(c, 4);                 /* timestamp */
	last = es_cur_be32(c);
	if ((last & 1) != 0)
		es_cur_skip(c, ERSPAN_3_SUBHEADER_BYTES);
	if (c->bad)
		return ES_EMALFORMED;
	switch (last >> 10 & 0x1f) {
	case 0:
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, es_cur_rest(c));
	case 2:
		return es_layer_by_version(es_cur_rest(c), out);
	default:
		(void)es_layer_is(out, ES_UNKNOWN_ETHERTYPE, TYPE_ERSPAN_3, all); /* cannot fail */
		return ES_EUNSUPPORTED;
	}
}

/* Type I has no header of its own, and no sequence number in that of GRE. */
static int
erspan(struct es_cur *c, bool has_sequence, uint16_t type, struct es_layer *out)
{
	uint8_t version = es_cur_peek(c, 0) >> 4;

	if (type == TYPE_ERSPAN_3 || (has_sequence && version == 2))
		return erspan3(c, out);
	if (has_sequence) {
		out->tag = es_cur_be32(c) & 0x3ff; /* session */
		es_cur_skip(c, ERSPAN_2_BYTES - 4);
	}
	if (c->bad)
		return ES_EMALFORMED;
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, es_cur_rest(c));
}

/* Redirected packets; version 2 puts four bytes in front of them. */
static int
wccp(struct es_cur *c, struct es_layer *out)
{
	if (es_cur_peek(c, 0) >> 4 != 4)
		es_cur_skip(c, 4);
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_IPV4, es_cur_rest(c));
}

static int
version0(struct es_cur *c, uint16_t flags, uint16_t type, struct es_layer *out)
{
	if ((flags & (HAS_CHECKSUM | HAS_ROUTING)) != 0)
		es_cur_skip(c, 4);
	if ((flags & HAS_KEY) != 0)
		out->tag = es_cur_be32(c);
	if ((flags & HAS_SEQUENCE) != 0)
		es_cur_skip(c, 4);
	if ((flags & HAS_ROUTING) != 0 && skip_routes(c) != 0)
		return ES_EMALFORMED;
	if (c->bad)
		return ES_EMALFORMED;
	switch (type) {
	case TYPE_KEEPALIVE:
		return ES_ENOTFOUND;
	case TYPE_ERSPAN:
	case TYPE_ERSPAN_3:
		return erspan(c, (flags & HAS_SEQUENCE) != 0, type, out);
	case TYPE_WCCP:
		return wccp(c, out);
	case ES_ETHERTYPE_BRIDGED:
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, es_cur_rest(c));
	case ES_ETHERTYPE_PPP:
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_PPP, es_cur_rest(c));
	default:
		return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, type, es_cur_rest(c));
	}
}

/* PPTP, RFC 2637 section 4.1: an acknowledgement alone carries nothing. */
static int
version1(struct es_cur *c, uint16_t flags, uint16_t type, struct es_layer *out)
{
	uint16_t n = es_cur_be16(c);

	out->tag = es_cur_be16(c); /* call */
	if ((flags & HAS_SEQUENCE) != 0)
		es_cur_skip(c, 4);
	if ((flags & HAS_ACK) != 0)
		es_cur_skip(c, 4);
	if (c->bad || type != ES_ETHERTYPE_PPP || (flags & HAS_KEY) == 0)
		return ES_EMALFORMED;
	if ((flags & HAS_SEQUENCE) == 0 || n == 0)
		return ES_ENOTFOUND;
	if (n > es_cur_left(c)) /* captured in part */
		n = (uint16_t)es_cur_left(c);
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_PPP, es_cur_slice(c, n));
}

int
es_gre_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint16_t flags = es_cur_be16(&c);
	uint16_t type = es_cur_be16(&c);

	if (c.bad || (flags & VERSION) > 1)
		return ES_EMALFORMED;
	return (flags & VERSION) == 0 ? version0(&c, flags, type, out)
				      : version1(&c, flags, type, out);
}
