/* SPDX-License-Identifier: Apache-2.0 */
/* What follows the type of an Ethernet frame: VLAN tags (IEEE 802.1Q) and LLC (IEEE 802.2). */
#include "probes/wire/link/ethertype.h"

#include "probes/wire/link/link.h"

enum {
	ETHERTYPE_MIN = 0x0600, /* below: a length, IEEE 802.3 */
	ETHERTYPE_QINQ_OLD = 0x9100,
	LLC_SNAP = 0xaaaa03,
	LLC_SPANNING_TREE = 0x42,
	LLC_OSI = 0xfe,
};

static bool
is_tag(uint16_t type)
{
	return type == ES_ETHERTYPE_VLAN || type == ES_ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

/* What follows an IEEE 802.3 length, or in an IEEE 802.11 frame. */
static uint16_t
llc(struct es_cur *c)
{
	struct es_cur ahead = *c;
	uint32_t sap = es_cur_be24(&ahead);
	uint32_t oui = es_cur_be24(&ahead);
	uint16_t type = es_cur_be16(&ahead);

	if (!ahead.bad && sap == LLC_SNAP) {
		*c = ahead;
		return oui == 0 ? type : ES_ETHERTYPE_CONTROL; /* CDP and its like */
	}
	sap >>= 16;
	return sap == LLC_SPANNING_TREE || sap == LLC_OSI ? ES_ETHERTYPE_CONTROL
							  : ES_ETHERTYPE_NONE;
}

int
es_ethertype_finish(struct es_cur *c, struct es_frame *f)
{
	for (int n = 0; is_tag(f->ethertype); n++) {
		uint16_t tag = es_cur_be16(c);

		f->ethertype = es_cur_be16(c);
		if (c->bad || n == ES_VLAN_TAGS_MAX)
			return ES_EMALFORMED;
		f->envelope = es_envelope_mix(f->envelope, tag & 0x0fff);
	}
	if (f->ethertype < ETHERTYPE_MIN && f->ethertype != ES_ETHERTYPE_CONTROL)
		f->ethertype = llc(c);
	f->payload = es_cur_rest(c);
	return c->bad ? ES_EMALFORMED : 0;
}
