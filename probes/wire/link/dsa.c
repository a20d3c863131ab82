/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of switch chips in Ethernet frames. */
#include "probes/wire/link/dsa.h"

enum {
	ADDRESSES_BYTES = 12,
	BROADCOM_BYTES = 4,
	TYPE_BYTES = 4, /* ethertype of the tag and two bytes that are 0 */
	VLAN_MASK = 0x0fff,
};

/* Set: the frame had a VLAN tag, which the tag of the switch took the place of. */
static const uint32_t marvell_has_vlan = 0x20000000;

static int
behind_addresses(struct es_cur *c, struct es_frame *f)
{
	f->ethertype = es_cur_be16(c);
	return es_ethertype_finish(c, f);
}

int
es_dsa_broadcom(struct es_cur *c, struct es_frame *f)
{
	es_cur_skip(c, ADDRESSES_BYTES + BROADCOM_BYTES);
	return behind_addresses(c, f);
}

int
es_dsa_broadcom_prepend(struct es_cur *c, struct es_frame *f)
{
	return es_dsa_broadcom(c, f); /* what is skipped has the same length either way */
}

/* The tag is n bytes into the frame. */
static int
marvell(struct es_cur *c, size_t n, struct es_frame *f)
{
	uint32_t tag;

	es_cur_skip(c, n);
	tag = es_cur_be32(c);
	if ((tag & marvell_has_vlan) != 0)
		f->envelope = es_envelope_mix(f->envelope, tag & VLAN_MASK);
	return behind_addresses(c, f);
}

int
es_dsa_marvell(struct es_cur *c, struct es_frame *f)
{
	return marvell(c, ADDRESSES_BYTES, f);
}

int
es_dsa_marvell_typed(struct es_cur *c, struct es_frame *f)
{
	return marvell(c, ADDRESSES_BYTES + TYPE_BYTES, f);
}
