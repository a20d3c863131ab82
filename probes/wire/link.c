/* SPDX-License-Identifier: Apache-2.0 */
/* Link layers other than plain Ethernet. */
#include "probes/wire/link.h"
#include "probes/wire/ip.h"

enum {
	ETHERTYPE_MIN = 0x0600, /* below: a length, IEEE 802.3 */
	ETHERTYPE_QINQ_OLD = 0x9100,
	ARPHRD_NETLINK = 824, /* the protocol field of SLL is no ethertype there */
	LLC_SNAP = 0xaaaa03,
};

static bool
is_tag(uint16_t type)
{
	return type == ES_ETHERTYPE_VLAN || type == ES_ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

/* Passes over tags and SNAP; f->ethertype is what stands at the cursor. */
static int
finish(struct es_cur *c, struct es_frame *f)
{
	for (int n = 0; is_tag(f->ethertype); n++) {
		uint16_t tag = es_cur_be16(c);

		f->ethertype = es_cur_be16(c);
		if (c->bad || n == ES_VLAN_TAGS_MAX)
			return ES_EMALFORMED;
		if (n == 0)
			f->vlan = tag & 0x0fff;
	}
	if (f->ethertype < ETHERTYPE_MIN) {
		struct es_cur llc = *c;
		uint32_t sap = es_cur_be24(&llc);
		uint32_t oui = es_cur_be24(&llc);
		uint16_t type = es_cur_be16(&llc);
		bool is_snap = !llc.bad && sap == LLC_SNAP && oui == 0;

		f->ethertype = is_snap ? type : ES_ETHERTYPE_NONE;
		if (is_snap)
			*c = llc;
	}
	f->payload = es_cur_rest(c);
	return c->bad ? ES_EMALFORMED : 0;
}

static int
ethernet(struct es_cur *c, struct es_frame *f)
{
	es_cur_skip(c, 12);
	f->ethertype = es_cur_be16(c);
	return finish(c, f);
}

/* The packet type of a cooked header, 0..4 in Linux. */
static uint8_t
way_of(uint16_t packet_type)
{
	return packet_type <= 4 ? (uint8_t)(packet_type + 1) : (uint8_t)ES_WAY_UNKNOWN;
}

static int
sll(struct es_cur *c, struct es_frame *f)
{
	uint16_t packet_type = es_cur_be16(c);
	uint16_t hardware = es_cur_be16(c);

	es_cur_skip(c, 10); /* length and bytes of the address */
	f->ethertype = es_cur_be16(c);
	f->way = way_of(packet_type);
	if (hardware == ARPHRD_NETLINK)
		f->ethertype = ES_ETHERTYPE_NONE;
	return finish(c, f);
}

static int
sll2(struct es_cur *c, struct es_frame *f)
{
	uint16_t hardware;

	f->ethertype = es_cur_be16(c);
	es_cur_skip(c, 2);
	f->ifindex = es_cur_be32(c);
	hardware = es_cur_be16(c);
	f->way = way_of(es_cur_u8(c));
	es_cur_skip(c, 9);
	if (hardware == ARPHRD_NETLINK)
		f->ethertype = ES_ETHERTYPE_NONE;
	return finish(c, f);
}

/* The family is in the byte order of the machine that wrote the file, and so is its number. */
static int
loopback(struct es_cur *c, struct es_frame *f)
{
	uint32_t family = es_cur_be32(c);

	if (family > 0xffff)
		family = family >> 24 | (family >> 8 & 0xff00);
	if (family == 2)
		f->ethertype = ES_ETHERTYPE_IPV4;
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		f->ethertype = ES_ETHERTYPE_IPV6; /* Linux, NetBSD, FreeBSD, Darwin */
	f->payload = es_cur_rest(c);
	return c->bad ? ES_EMALFORMED : 0;
}

static int
raw(struct es_cur *c, struct es_frame *f)
{
	uint8_t version = es_cur_peek(c, 0) >> 4;

	if (version == 4)
		f->ethertype = ES_ETHERTYPE_IPV4;
	else if (version == 6)
		f->ethertype = ES_ETHERTYPE_IPV6;
	f->payload = es_cur_rest(c);
	return f->payload.n == 0 ? ES_EMALFORMED : 0;
}

int
es_link_parse_other(uint16_t link, es_slice frame, struct es_frame *out)
{
	static const struct {
		uint16_t link;
		int (*parse)(struct es_cur *c, struct es_frame *f);
	} links[] = {
		{ ES_LINK_ETHERNET, ethernet },
		{ ES_LINK_SLL, sll },
		{ ES_LINK_SLL2, sll2 },
		{ ES_LINK_RAW, raw },
		{ ES_LINK_RAW_BSD, raw },
		{ ES_LINK_RAW_OPENBSD, raw },
		{ ES_LINK_IPV4, raw },
		{ ES_LINK_IPV6, raw },
		{ ES_LINK_NULL, loopback },
		{ ES_LINK_LOOP, loopback },
	};
	struct es_frame f = { .ethertype = ES_ETHERTYPE_NONE, .vlan = ES_VLAN_NONE };
	struct es_cur c = es_cur_of(frame);

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		int err;

		if (links[i].link != link)
			continue;
		err = links[i].parse(&c, &f);
		if (err == 0)
			*out = f;
		return err;
	}
	return ES_EUNSUPPORTED;
}
