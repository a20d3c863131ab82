/* SPDX-License-Identifier: Apache-2.0 */
/* Link layers other than plain Ethernet. */
#include "probes/wire/link/link.h"
#include "probes/wire/link/dsa.h"
#include "probes/wire/link/frame_relay.h"
#include "probes/wire/link/ieee80211.h"

enum {
	ARPHRD_NETLINK = 824, /* the protocol field of SLL is no ethertype there */
	HDLC_UNICAST = 0x0f,  /* address field of Cisco's HDLC; PPP has 0xff there */
	HDLC_MULTICAST = 0x8f,
};

static int
ethernet(struct es_cur *c, struct es_frame *f)
{
	es_cur_skip(c, 12);
	f->ethertype = es_cur_be16(c);
	return es_ethertype_finish(c, f);
}

/* The packet type of a cooked header, 0..4 in Linux. */
static uint8_t
direction_of(uint16_t packet_type)
{
	return packet_type <= 4 ? (uint8_t)(packet_type + 1) : (uint8_t)ES_FRAME_UNKNOWN;
}

static int
sll(struct es_cur *c, struct es_frame *f)
{
	uint16_t packet_type = es_cur_be16(c);
	uint16_t hardware = es_cur_be16(c);

	es_cur_skip(c, 10); /* length and bytes of the address */
	f->ethertype = es_cur_be16(c);
	f->direction = direction_of(packet_type);
	if (hardware == ARPHRD_NETLINK)
		f->ethertype = ES_ETHERTYPE_CONTROL;
	return es_ethertype_finish(c, f);
}

static int
sll2(struct es_cur *c, struct es_frame *f)
{
	uint16_t hardware;

	f->ethertype = es_cur_be16(c);
	es_cur_skip(c, 2);
	f->ifindex = es_cur_be32(c);
	hardware = es_cur_be16(c);
	f->direction = direction_of(es_cur_u8(c));
	es_cur_skip(c, 9);
	if (hardware == ARPHRD_NETLINK)
		f->ethertype = ES_ETHERTYPE_CONTROL;
	return es_ethertype_finish(c, f);
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

static int
ppp(struct es_cur *c, struct es_frame *f)
{
	f->ethertype = ES_ETHERTYPE_PPP;
	f->payload = es_cur_rest(c);
	return f->payload.n == 0 ? ES_EMALFORMED : 0;
}

static int
pppoe(struct es_cur *c, struct es_frame *f)
{
	f->ethertype = ES_ETHERTYPE_PPPOE;
	f->payload = es_cur_rest(c);
	return f->payload.n == 0 ? ES_EMALFORMED : 0;
}

/* Not zero: sent by this host. */
static int
ppp_direction(struct es_cur *c, struct es_frame *f)
{
	f->direction = es_cur_u8(c) != 0 ? ES_FRAME_OUT : ES_FRAME_IN;
	return ppp(c, f);
}

static int
frame_relay_direction(struct es_cur *c, struct es_frame *f)
{
	f->direction = es_cur_u8(c) != 0 ? ES_FRAME_OUT : ES_FRAME_IN;
	return es_frame_relay(c, f);
}

static int
cisco_hdlc(struct es_cur *c, struct es_frame *f)
{
	es_cur_skip(c, 2); /* address, control */
	f->ethertype = es_cur_be16(c);
	f->payload = es_cur_rest(c);
	return c->bad ? ES_EMALFORMED : 0;
}

static int
ppp_serial(struct es_cur *c, struct es_frame *f)
{
	uint8_t address = es_cur_peek(c, 0);

	if (address == HDLC_UNICAST || address == HDLC_MULTICAST)
		return cisco_hdlc(c, f);
	return ppp(c, f);
}

/* What is left at the cursor of an IEEE 802.11 frame. */
static int
air_payload(struct es_cur *c, struct es_frame *f, int err)
{
	if (err == ES_ENOTFOUND) {
		f->ethertype = ES_ETHERTYPE_CONTROL;
		f->payload = es_cur_rest(c);
		return 0;
	}
	return err != 0 ? err : es_ethertype_finish(c, f);
}

static int
ieee80211(struct es_cur *c, struct es_frame *f)
{
	return air_payload(c, f, es_ieee80211_skip(c, false));
}

static int
radiotap(struct es_cur *c, struct es_frame *f)
{
	return air_payload(c, f, es_radiotap_skip(c));
}

/* Per-Packet Information: the link type of what follows is in the header. */
static int
ppi(struct es_cur *c, struct es_frame *f)
{
	uint16_t n_bytes;
	uint32_t link;

	es_cur_skip(c, 2); /* version, flags */
	n_bytes = es_cur_le16(c);
	link = es_cur_le32(c);
	if (n_bytes < 8)
		return ES_EMALFORMED;
	es_cur_skip(c, n_bytes - 8u);
	if (c->bad)
		return ES_EMALFORMED;
	if (link == ES_LINK_IEEE802_11)
		return ieee80211(c, f);
	return link == ES_LINK_ETHERNET ? ethernet(c, f) : ES_EUNSUPPORTED;
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
		{ ES_LINK_PPP, ppp },
		{ ES_LINK_PPP_SERIAL, ppp_serial },
		{ ES_LINK_PPP_ETHER, pppoe },
		{ ES_LINK_PPP_PPPD, ppp_direction },
		{ ES_LINK_PPP_DIRECTION, ppp_direction },
		{ ES_LINK_CISCO_HDLC, cisco_hdlc },
		{ ES_LINK_IEEE802_11, ieee80211 },
		{ ES_LINK_RADIOTAP, radiotap },
		{ ES_LINK_PPI, ppi },
		{ ES_LINK_FRAME_RELAY, es_frame_relay },
		{ ES_LINK_FRAME_RELAY_DIRECTION, frame_relay_direction },
		{ ES_LINK_DSA_BROADCOM, es_dsa_broadcom },
		{ ES_LINK_DSA_BROADCOM_PREPEND, es_dsa_broadcom_prepend },
		{ ES_LINK_DSA_MARVELL, es_dsa_marvell },
		{ ES_LINK_DSA_MARVELL_TYPED, es_dsa_marvell_typed },
	};
	struct es_frame f = { .ethertype = ES_ETHERTYPE_NONE };
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
