/* SPDX-License-Identifier: Apache-2.0 */
/* L2TP version 2 over UDP (RFC 2661), version 3 over UDP and IP (RFC 3931). */
#include "probes/wire/link/layer_private.h"

enum {
	IS_CONTROL = 0x8000,
	HAS_LENGTH = 0x4000,
	HAS_SEQUENCE = 0x0800,
	HAS_OFFSET = 0x0200,
	RESERVED = 0x34f0,
	VERSION = 0x000f,
	COOKIE_AND_SUBLAYER_MAX_BYTES = 12,
};

/* How long cookie and sublayer are was agreed in the control channel: 0 to 12 bytes in fours. */
int
es_l2tpv3_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);

	out->tag = es_cur_be32(&c);
	if (c.bad)
		return ES_EMALFORMED;
	if (out->tag == 0)
		return ES_ENOTFOUND; /* control */
	for (int n = 0; n <= COOKIE_AND_SUBLAYER_MAX_BYTES; n += 4) {
		es_slice rest = es_slice_of(c.p, es_cur_left(&c));

		if (es_layer_ethernet_likeness(rest) == 2)
			return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_ETHERNET, rest);
		es_cur_skip(&c, 4);
	}
	(void)es_layer_is(out, ES_UNKNOWN_IP_PROTO, 115, bytes); /* cannot fail */
	return ES_EUNSUPPORTED;
}

int
es_l2tp_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint16_t flags = es_cur_be16(&c);

	if ((flags & IS_CONTROL) != 0)
		return ES_EMALFORMED;
	if ((flags & VERSION) == 3) {
		out->needs_proof = (flags & ~VERSION) != 0;
		es_cur_skip(&c, 2);
		return es_l2tpv3_open(es_cur_rest(&c), out);
	}
	if ((flags & VERSION) != 2)
		return ES_EMALFORMED;
	out->needs_proof = (flags & RESERVED) != 0; /* ignored on receipt, RFC 2661 section 3.1 */
	if ((flags & HAS_LENGTH) != 0)
		es_cur_skip(&c, 2);
	out->tag = es_cur_be32(&c); /* tunnel and session */
	if ((flags & HAS_SEQUENCE) != 0)
		es_cur_skip(&c, 4);
	if ((flags & HAS_OFFSET) != 0)
		es_cur_skip(&c, es_cur_be16(&c));
	if (c.bad)
		return ES_EMALFORMED;
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_PPP, es_cur_rest(&c));
}
