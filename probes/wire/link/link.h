/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link layer of a captured frame: what network protocol is inside, where it begins, and the direction of the
 * frame if the capture has it. Ethernet with 802.1Q and 802.1ad tags, Linux cooked (SLL, SLL2), raw IP, BSD
 * loopback of both byte orders, PPP, Cisco HDLC and frame relay, IEEE 802.11 with or without radiotap or PPI,
 * Ethernet with the tag of a switch chip.
 */
#ifndef EARSHOT_WIRE_LINK_LINK_H
#define EARSHOT_WIRE_LINK_LINK_H

#include "earshot/engine.h"
#include "probes/base/cursor.h"
#include "probes/wire/link/ethertype.h"

/* The packet type of SLL and SLL2, moved up by one: 0 = unknown. */
enum es_frame_direction {
	ES_FRAME_UNKNOWN = 0,
	ES_FRAME_IN = 1,
	ES_FRAME_BROADCAST = 2,
	ES_FRAME_MULTICAST = 3,
	ES_FRAME_OTHER_HOST = 4,
	ES_FRAME_OUT = 5,
};

struct es_frame {
	es_slice payload;   /* from the network header on, with any trailer of the link */
	uint16_t ethertype; /* IPv4, IPv6 or another */
	uint8_t direction;  /* enum es_frame_direction */
	uint8_t envelope;   /* es_envelope_mix of what was peeled off; 0: nothing */
	uint32_t ifindex;   /* SLL2: interface of the capturing host; else 0 */
};

/*
 * A digest of the tags and tunnels around a packet, made by mixing in each of them: two copies of one
 * packet with different ones were taken at different places.
 */
static inline uint8_t
es_envelope_mix(uint8_t envelope, uint32_t what)
{
	uint32_t folded = what ^ what >> 8 ^ what >> 16 ^ what >> 24;

	return (uint8_t)((envelope ^ folded) * 0x9du + 0x4bu);
}

/* All but plain Ethernet. Same contract as es_link_parse. */
int es_link_parse_other(uint16_t link, es_slice frame, struct es_frame *out);

/*
 * link: enum es_link. ES_EMALFORMED: the frame ends inside its link header or has more than
 * ES_VLAN_TAGS_MAX tags. ES_EUNSUPPORTED: a link type not known here, or an IEEE 802.11 frame that is
 * encrypted or an aggregate.
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
	out->direction = ES_FRAME_UNKNOWN;
	out->envelope = 0;
	out->ifindex = 0;
	return 0;
}

#endif
