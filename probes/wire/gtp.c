/* SPDX-License-Identifier: Apache-2.0 */
/* GTP-U: the tunnel of mobile networks, 3GPP TS 29.281 section 5. */
#include "probes/wire/envelope.h"

enum {
	VERSION_1_NOT_PRIME = 0x30,
	VERSION_MASK = 0xf0, /* version and protocol type */
	HAS_EXTENSION = 0x04,
	HAS_OPTIONAL = 0x07, /* extension, sequence number or N-PDU number */
	G_PDU = 255,
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
