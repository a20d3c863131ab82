/* SPDX-License-Identifier: Apache-2.0 */
/* GTP of mobile networks: the tunnel (3GPP TS 29.281 section 5), and what only looks like something. */
#include "probes/wire/link/layer_private.h"

enum {
	VERSION_1_NOT_PRIME = 0x30,
	VERSION_MASK = 0xf0, /* version and protocol type */
	HAS_EXTENSION = 0x04,
	HAS_OPTIONAL = 0x07, /* extension, sequence number or N-PDU number */
	G_PDU = 255,
	CONTROL_HEAD_BYTES = 4, /* of version 2 in front of what its length counts */
	CONTROL_HAS_TEID = 0x08,
	CONTROL_HAS_PRIORITY = 0x04,
	CONTROL_WITHOUT_TEID_MAX = 2, /* echo request and response, TS 29.274 section 5.5.1 */
	ELEMENT_RECOVERY = 3,
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

/* What follows type and length of version 2 (TS 29.274 sections 5.1, 5.5.1 and 8.2.1), to the byte. */
static bool
has_true_elements(struct es_cur c, uint8_t flags, uint8_t type)
{
	bool has_teid = (flags & CONTROL_HAS_TEID) != 0;
	uint8_t spare;
	unsigned n = 0;

	es_cur_skip(&c, has_teid ? 7 : 3); /* TEID, sequence number */
	spare = es_cur_u8(&c);
	if ((spare & (has_teid && (flags & CONTROL_HAS_PRIORITY) != 0 ? 0x0f : 0xff)) != 0)
		return false;
	while (!c.bad && es_cur_left(&c) > 0) {
		uint8_t element = es_cur_u8(&c);
		uint16_t n_bytes = es_cur_be16(&c);

		if (element == 0 ||
		    es_cur_u8(&c) > 0x0f) /* half a byte is spare, half the instance */
			return false;
		/* RTP in ChannelData has its timestamp here: any number. */
		if (!has_teid && n == 0 && (element != ELEMENT_RECOVERY || n_bytes != 1))
			return false;
		es_cur_skip(&c, n_bytes);
		n++;
	}
	return !c.bad && n > 0 && type != 0 && (has_teid || type <= CONTROL_WITHOUT_TEID_MAX);
}

bool
es_gtp_is_control(const struct es_udp *udp)
{
	struct es_cur c = es_cur_of(udp->payload);
	uint8_t flags = es_cur_u8(&c);
	uint8_t type = es_cur_u8(&c);
	uint16_t n_bytes = es_cur_be16(&c);

	if (udp->src_port == ES_PORT_GTP_CONTROL || udp->dst_port == ES_PORT_GTP_CONTROL ||
	    udp->src_port == ES_PORT_GTP_PRIME || udp->dst_port == ES_PORT_GTP_PRIME)
		return true;
	return flags >> 5 == VERSION_2 && n_bytes + (size_t)CONTROL_HEAD_BYTES == udp->payload.n &&
	       has_true_elements(c, flags, type);
}
