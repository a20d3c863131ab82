/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link layer of a captured frame: what network protocol is inside, where it begins, and which
 * way the frame went where the capture says so. Ethernet with 802.1Q and 802.1ad tags, Linux cooked
 * (SLL, SLL2), raw IP, BSD loopback of both byte orders.
 */
#ifndef EARSHOT_WIRE_LINK_H
#define EARSHOT_WIRE_LINK_H

#include "earshot/engine.h"
#include "probes/base/cursor.h"

enum {
	ES_ETHERTYPE_NONE = 0, /* no ethertype: IEEE 802.3 length, or a protocol with none */
	ES_ETHERTYPE_IPV4 = 0x0800,
	ES_ETHERTYPE_VLAN = 0x8100,
	ES_ETHERTYPE_IPV6 = 0x86dd,
	ES_ETHERTYPE_QINQ = 0x88a8,
	ES_VLAN_TAGS_MAX = 4,
	ES_VLAN_NONE = 0xffff,
};

/* The packet type of SLL and SLL2, moved up by one: 0 = the capture does not say. */
enum es_frame_way {
	ES_WAY_UNKNOWN = 0,
	ES_WAY_IN = 1,
	ES_WAY_BROADCAST = 2,
	ES_WAY_MULTICAST = 3,
	ES_WAY_OTHER_HOST = 4,
	ES_WAY_OUT = 5,
};

struct es_frame {
	es_slice payload;   /* from the network header on, with any trailer of the link */
	uint16_t ethertype; /* IPv4, IPv6 or what else stands there */
	uint16_t vlan;      /* VLAN id of the outermost tag, ES_VLAN_NONE without one */
	uint8_t way;        /* enum es_frame_way */
	uint32_t ifindex;   /* SLL2: interface of the capturing host; else 0 */
};

/* All but plain Ethernet. Same contract as es_link_parse. */
int es_link_parse_other(uint16_t link, es_slice frame, struct es_frame *out);

/*
 * link: enum es_link. ES_EMALFORMED: the frame ends inside its link header or has more than
 * ES_VLAN_TAGS_MAX tags. ES_EUNSUPPORTED: a link type not known here.
 */
static inline int
es_link_parse(uint16_t link, es_slice frame, struct es_frame *out)
{
	struct es_cur c = es_cur_of(frame);
	uint16_t type;

	if (link != ES_LINK_ETHERNET || es_cur_left(&c) < 14)
		return es_link_parse_other(link, frame, out);
	es_cur_skip(&c, 12);
	type = es_cur_be16(&c);
	if (type != ES_ETHERTYPE_IPV4 && type != ES_ETHERTYPE_IPV6)
		return es_link_parse_other(link, frame, out);
	out->payload = es_cur_rest(&c);
	out->ethertype = type;
	out->vlan = ES_VLAN_NONE;
	out->way = ES_WAY_UNKNOWN;
	out->ifindex = 0;
	return 0;
}

#endif
