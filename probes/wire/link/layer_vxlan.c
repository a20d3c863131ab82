/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays of data centres: VXLAN and its extensions, Geneve, the service header. */
#include "probes/wire/link/layer_private.h"

enum {
	HAS_NETWORK = 0x08,  /* flag I of VXLAN */
	HAS_POLICY = 0x80,   /* G, draft-smith-vxlan-group-policy */
	HAS_PROTOCOL = 0x04, /* P, draft-ietf-nvo3-vxlan-gpe */
	GENEVE_RESERVED = 0x3f,
};

/*
 * Reserved flags and fields are ignored on receipt (RFC 7348 section 5), the group policy too if its flag is not
 * set. But these bits are 0 in every header in use: if one is set, the packet is believed only if a true header
 * is inside.
 */

int
es_vxlan_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t flags = es_cur_u8(&c);
	uint32_t middle = es_cur_be24(&c);
	uint32_t last;

	out->tag = es_cur_be24(&c); /* VNI */
	last = es_cur_u8(&c);
	if (c.bad || (flags & HAS_NETWORK) == 0)
		return ES_EMALFORMED;
	bytes = es_cur_rest(&c);
	if ((flags & HAS_PROTOCOL) != 0 &&
	    es_nsh_protocol((uint8_t)middle, bytes, out) != ES_EUNSUPPORTED) {
		out->needs_proof =
		    flags != (HAS_NETWORK | HAS_PROTOCOL) || middle >> 8 != 0 || last != 0;
		return 0;
	}
	out->needs_proof = last != 0 || (flags != (HAS_NETWORK | HAS_POLICY) &&
					    (flags != HAS_NETWORK || middle != 0));
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, bytes);
}

int
es_geneve_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t first = es_cur_u8(&c);
	uint8_t flags = es_cur_u8(&c);
	uint16_t type = es_cur_be16(&c);
	uint8_t last;

	out->tag = es_cur_be24(&c); /* VNI */
	last = es_cur_u8(&c);
	es_cur_skip(&c, 4u * (first & 0x3f)); /* options */
	if (c.bad || first >> 6 != 0)
		return ES_EMALFORMED;
	out->needs_proof = (flags & GENEVE_RESERVED) != 0 || last != 0; /* RFC 8926 section 3.4 */
	if (type == ES_ETHERTYPE_BRIDGED)
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, es_cur_rest(&c));
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, type, es_cur_rest(&c));
}

int
es_nsh_protocol(uint8_t next, es_slice bytes, struct es_layer *out)
{
	static const uint16_t types[] = { 0, ES_ETHERTYPE_IPV4, ES_ETHERTYPE_IPV6, 0,
		ES_ETHERTYPE_NSH, ES_ETHERTYPE_MPLS };

	if (next == 3)
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, bytes);
	if (next == 0 || next >= sizeof(types) / sizeof(types[0]))
		return ES_EUNSUPPORTED;
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, types[next], bytes);
}

/* RFC 8300 section 2.2: the length counts words of 4 bytes, the header's own two among them. */
int
es_nsh_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint16_t first = es_cur_be16(&c);
	uint32_t n_words = first & 0x3f;
	uint8_t next;
	int err;

	es_cur_skip(&c, 1);
	next = es_cur_u8(&c);
	out->tag = es_cur_be32(&c) >> 8; /* service path */
	if (c.bad || first >> 14 != 0 || n_words < 2)
		return ES_EMALFORMED;
	es_cur_skip(&c, 4 * (n_words - 2));
	if (c.bad)
		return ES_EMALFORMED;
	err = es_nsh_protocol(next, es_cur_rest(&c), out);
	if (err == ES_EUNSUPPORTED)
		(void)es_layer_is(
		    out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_NSH, bytes); /* cannot fail */
	return err;
}
