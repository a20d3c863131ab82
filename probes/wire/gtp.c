/* SPDX-License-Identifier: Apache-2.0 */
/* GTP of mobile networks: the tunnel (3GPP TS 29.281 section 5), and what only looks like something. */
#include "probes/wire/envelope.h"

enum {
	VERSION_1_NOT_PRIME = 0x30,
	VERSION_MASK = 0xf0, /* version and protocol type */
	HAS_EXTENSION = 0x04,
	HAS_OPTIONAL = 0x07, /* extension, sequence number or N-PDU number */
	G_PDU = 255,
	CONTROL_HEAD_BYTES = 4, /* of version 2 in front of what its length counts */
	CONTROL_HAS_TEID = 0x08,
	ELEMENT_HEAD_BYTES = 4,
	VERSION_2 = 2,
};

/* The chain of extension headers; each ends with the type of the next. */
static int
skip_extensions(struct es_cur *c, uint8_t next)
{
	for (int n = 0; next != 0; n++) {
		uint8_t n_words = es_cur_u8(c);

		if (c->bad || n_words == 0 || n == ES_GTP_EXTENSIONS_MAX)
			return ES_EMALFORMED;
		es_cur_skip(c, 4u * n_words - 2u);
		next = es_cur_u8(c);
	}
	return c->bad ? ES_EMALFORMED : 0;
}

int
es_gtp_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t flags = es_cur_u8(&c);
	uint8_t type = es_cur_u8(&c);
	uint8_t next = 0;
	int err;

	es_cur_skip(&c, 2);         /* length */
	out->tag = es_cur_be32(&c); /* TEID */
	if (c.bad || (flags & VERSION_MASK) != VERSION_1_NOT_PRIME || type != G_PDU)
		return ES_EMALFORMED;
	if ((flags & HAS_OPTIONAL) != 0) {
		es_cur_skip(&c, 3);
		next = es_cur_u8(&c);
	}
	if ((flags & HAS_EXTENSION) == 0)
		next = 0;
	err = skip_extensions(&c, next);
	if (err != 0)
		return err;
	bytes = es_cur_rest(&c);
	/* A session of type Ethernet does not say so in the packet. */
	if (es_layer_by_version(bytes, out) == 0 &&
	    (es_layer_is_true_ipv4(bytes) || es_layer_ethernet_likeness(bytes) < 2))
		return 0;
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, bytes);
}

/* The elements of a message of version 2 end where it does (TS 29.274 section 8.2.1). */
static bool
has_true_elements(struct es_cur c, bool has_teid)
{
	unsigned n = 0;

	es_cur_skip(&c, has_teid ? 8 : 4); /* TEID, sequence number, a spare byte */
	while (!c.bad && es_cur_left(&c) > 0) {
		es_cur_skip(&c, 1);
		es_cur_skip(&c, es_cur_be16(&c) + 1u); /* with the byte of the instance */
		n++;
	}
	return !c.bad && n > 0;
}

bool
es_gtp_is_control(const struct es_udp *udp)
{
	struct es_cur c = es_cur_of(udp->payload);
	uint8_t flags = es_cur_u8(&c);
	uint16_t n_bytes;

	if (udp->src_port == ES_PORT_GTP_CONTROL || udp->dst_port == ES_PORT_GTP_CONTROL ||
	    udp->src_port == ES_PORT_GTP_PRIME || udp->dst_port == ES_PORT_GTP_PRIME)
		return true;
	es_cur_skip(&c, 1);
	n_bytes = es_cur_be16(&c);
	return flags >> 5 == VERSION_2 && n_bytes + (size_t)CONTROL_HEAD_BYTES == udp->payload.n &&
	       has_true_elements(c, (flags & CONTROL_HAS_TEID) != 0);
}
