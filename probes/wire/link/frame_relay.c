/* SPDX-License-Identifier: Apache-2.0 */
/* Frame relay. */
#include "probes/wire/link/frame_relay.h"

enum {
	ADDRESS_MAX_BYTES = 4,
	ADDRESS_ENDS = 0x01, /* the lowest bit of its last byte */
	UNNUMBERED = 0x03,   /* control field of all that RFC 2427 describes */
	PAD = 0x00,
	NLPID_Q933 = 0x08,
	NLPID_LMI = 0x09,
	NLPID_SNAP = 0x80,
	NLPID_OSI_FIRST = 0x81, /* CLNP, ES-IS, IS-IS */
	NLPID_OSI_LAST = 0x83,
	NLPID_IPV6 = 0x8e,
	NLPID_IPV4 = 0xcc,
	NLPID_PPP = 0xcf,       /* RFC 1973 */
	OUI_BRIDGED = 0x0080c2, /* IEEE 802.1 */
	BRIDGED_ETHERNET_FCS = 1,
	BRIDGED_ETHERNET = 7,
	ETHERNET_ADDRESSES_BYTES = 12,
};

static int
payload(struct es_cur *c, struct es_frame *f, uint16_t type)
{
	f->ethertype = type;
	f->payload = es_cur_rest(c);
	return c->bad ? ES_EMALFORMED : 0;
}

/* An organization and its protocol, RFC 2427 section 4. */
static int
snap(struct es_cur *c, struct es_frame *f)
{
	uint32_t oui = es_cur_be24(c);
	uint16_t type = es_cur_be16(c);

	if (oui == 0)
		f->ethertype = type;
	else if (oui != OUI_BRIDGED)
		return payload(c, f, ES_ETHERTYPE_CONTROL);
	else if (type != BRIDGED_ETHERNET && type != BRIDGED_ETHERNET_FCS)
		return c->bad ? ES_EMALFORMED : ES_EUNSUPPORTED;
	if (oui == OUI_BRIDGED) {
		es_cur_skip(c, ETHERNET_ADDRESSES_BYTES);
		f->ethertype = es_cur_be16(c);
	}
	return es_ethertype_finish(c, f);
}

int
es_frame_relay(struct es_cur *c, struct es_frame *f)
{
	uint8_t nlpid, last;
	int n = 0;

	do {
		last = es_cur_u8(c);
		if (c->bad || n++ == ADDRESS_MAX_BYTES)
			return ES_EMALFORMED;
	} while ((last & ADDRESS_ENDS) == 0);
	if (es_cur_peek(c, 0) != UNNUMBERED) { /* Cisco's own: the ethertype follows */
		f->ethertype = es_cur_be16(c);
		return es_ethertype_finish(c, f);
	}
	es_cur_skip(c, 1);
	if (es_cur_peek(c, 0) == PAD)
		es_cur_skip(c, 1);
	nlpid = es_cur_u8(c);
	if (c->bad)
		return ES_EMALFORMED;
	switch (nlpid) {
	case NLPID_IPV4:
		return payload(c, f, ES_ETHERTYPE_IPV4);
	case NLPID_IPV6:
		return payload(c, f, ES_ETHERTYPE_IPV6);
	case NLPID_PPP:
		return payload(c, f, ES_ETHERTYPE_PPP);
	case NLPID_SNAP:
		return snap(c, f);
	case NLPID_Q933:
	case NLPID_LMI:
		return payload(c, f, ES_ETHERTYPE_CONTROL);
	default:
		if (nlpid >= NLPID_OSI_FIRST && nlpid <= NLPID_OSI_LAST)
			return payload(c, f, ES_ETHERTYPE_CONTROL);
		return ES_EUNSUPPORTED;
	}
}
