/* SPDX-License-Identifier: Apache-2.0 */
/* PPP (RFC 1661) and its session over Ethernet (RFC 2516). */
#include "probes/wire/link/layer_private.h"

enum {
	ADDRESS = 0xff,
	CONTROL = 0x03,
	BRIDGED_MAC_802_3 = 1,
	BRIDGED_LAN_ID = 0x40,
	NETWORK_CONTROL = 0x8000, /* and above: negotiation, authentication, quality reports */
	PPPOE_VERSION_AND_TYPE = 0x11,
	PPPOE_SESSION = 0,
};

/* RFC 3518 section 4.2: an Ethernet frame. */
static int
bridged(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t flags = es_cur_u8(&c);
	uint8_t mac = es_cur_u8(&c);
	struct es_frame f;

	if ((flags & BRIDGED_LAN_ID) != 0)
		es_cur_skip(&c, 4);
	if (c.bad || mac != BRIDGED_MAC_802_3)
		return ES_EMALFORMED;
	if (es_link_parse(ES_LINK_ETHERNET, es_cur_rest(&c), &f) != 0)
		return ES_EMALFORMED;
	return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, f.ethertype, f.payload);
}

int
es_ppp_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint32_t protocol;

	if (es_cur_peek(&c, 0) == ADDRESS && es_cur_peek(&c, 1) == CONTROL)
		es_cur_skip(&c, 2); /* left out where that was negotiated */
	protocol = es_cur_u8(&c);
	if ((protocol & 1) == 0) /* else compressed: the last byte of a number is odd */
		protocol = protocol << 8 | es_cur_u8(&c);
	if (c.bad)
		return ES_EMALFORMED;
	bytes = es_cur_rest(&c);
	switch (protocol) {
	case 0x0021:
		return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_IPV4, bytes);
	case 0x0057:
		return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_IPV6, bytes);
	case 0x0281:
		return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_MPLS, bytes);
	case 0x0283:
		return es_layer_is(out, ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_MPLS_UPSTREAM, bytes);
	case 0x0031:
		return bridged(bytes, out);
	default:
		(void)es_layer_is(out, ES_UNKNOWN_PPP, protocol, bytes); /* cannot fail */
		return protocol >= NETWORK_CONTROL ? ES_ENOTFOUND : ES_EUNSUPPORTED;
	}
}

int
es_pppoe_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t version = es_cur_u8(&c);
	uint8_t code = es_cur_u8(&c);
	uint16_t n;

	out->tag = es_cur_be16(&c);
	n = es_cur_be16(&c);
	if (c.bad || version != PPPOE_VERSION_AND_TYPE)
		return ES_EMALFORMED;
	if (code != PPPOE_SESSION)
		return ES_ENOTFOUND;
	if (n > es_cur_left(&c)) /* captured in part */
		return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_PPP, es_cur_rest(&c));
	return es_layer_is(out, ES_UNKNOWN_LINK, ES_LINK_PPP, es_cur_slice(&c, n));
}
