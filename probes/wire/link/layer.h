/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes between the captured frame and the inner IP header: one is opened at a time, by the number that
 * announced it. Ethertypes: MPLS (RFC 3032, pseudo-wires RFC 4448), PPPoE (RFC 2516), PPP (RFC 1661), bridged
 * Ethernet, NSH (RFC 8300), 802.1ah, 802.1BR, VN-Tag, HSR. IP protocols: IP in IP, GRE (RFC 1701, 2784, 2890,
 * 2637, NVGRE, ERSPAN I to III), MPLS, EtherIP, L2TPv3. UDP: VXLAN (RFC 7348) with its policy and protocol
 * extensions, Geneve (RFC 8926), GTP-U (3GPP TS 29.281), L2TP (RFC 2661, 3931), TZSP, Teredo (RFC 4380), MPLS
 * (RFC 7510), GRE (RFC 8086). Nothing is decided by looks alone but what a pseudo-wire, L2TPv3 or GTP-U carries,
 * which they do not say. Reserved bits are ignored, as the standards ask; a UDP tunnel that has any set must
 * hold a true header.
 */
#ifndef EARSHOT_WIRE_LINK_LAYER_H
#define EARSHOT_WIRE_LINK_LAYER_H

#include "earshot/record.h"
#include "probes/wire/link/ip.h"
#include "probes/wire/link/link.h"
#include "probes/wire/link/udp.h"

enum {
	ES_PORT_VXLAN = 4789,
	ES_PORT_VXLAN_GPE = 4790,
	ES_PORT_VXLAN_LINUX = 8472,
	ES_PORT_MPLS = 6635,
	ES_PORT_GRE = 4754,
	ES_PORT_TEREDO = 3544,
	ES_PORT_GTP_CONTROL = 2123,
	ES_PORT_GTP_PRIME = 3386,
};

struct es_layer {
	enum es_unknown_layer space; /* of number: LINK, ETHERTYPE, IP_PROTO or PPP */
	uint32_t number;             /* type of what is at bytes */
	uint32_t tag; /* circuit of the envelope: label, VNI, TEID, session, key, VLAN; else 0 */
	bool
	    needs_proof; /* a UDP tunnel with reserved bits set: believed if what is inside is true */
	es_slice bytes;
};

static inline bool
es_layer_is_ip(const struct es_layer *l)
{
	return l->space == ES_UNKNOWN_ETHERTYPE &&
	       (l->number == ES_ETHERTYPE_IPV4 || l->number == ES_ETHERTYPE_IPV6);
}

/*
 * Opens what outer announces; an Ethernet or PPP header right inside is passed over too.
 * 0: *inner is what is inside. ES_EUNSUPPORTED: it is unknown here; *inner names number and bytes.
 * ES_ENOTFOUND: known, and nothing of interest is inside (ARP, ICMP, keepalives, PPP negotiation).
 * ES_EMALFORMED: it breaks its format or a limit.
 */
int es_layer_open(const struct es_layer *outer, struct es_layer *inner);

/*
 * Opens a UDP tunnel: one at its registered port, with a valid header and something inside that can
 * be read. Everything else is ES_ENOTFOUND: media may use any port. Teredo, whose peers speak from any
 * port, is known by its addresses too.
 */
int es_layer_open_udp(const struct es_udp *udp, struct es_layer *inner);

/*
 * Whether a datagram that looks like ChannelData of TURN, or like nothing, is control of a mobile
 * network: GTP-C and GTP' at their ports; GTP-C of version 2, whose first bytes are those of
 * ChannelData, at any port where its elements fit to the byte (3GPP TS 29.060, 29.274, 32.295).
 */
bool es_gtp_is_control(const struct es_udp *udp);

/* Tunnels whose header may begin as RTP does, by the port that a datagram goes to. */
static inline bool
es_layer_looks_like_rtp(uint16_t dst_port)
{
	/* GRE to VXLAN-GPE in one comparison: a port between them only costs another look. */
	return (dst_port >= ES_PORT_GRE && dst_port <= ES_PORT_VXLAN_GPE) ||
	       dst_port == ES_PORT_VXLAN_LINUX || dst_port == ES_PORT_MPLS;
}

#endif
