/* SPDX-License-Identifier: Apache-2.0 */
/* The type field of an Ethernet frame, and the VLAN tags and LLC headers that may follow it. */
#ifndef EARSHOT_WIRE_LINK_ETHERTYPE_H
#define EARSHOT_WIRE_LINK_ETHERTYPE_H

#include "probes/base/cursor.h"

enum {
	ES_ETHERTYPE_NONE = 0,    /* no ethertype: IEEE 802.3 length, or a protocol with none */
	ES_ETHERTYPE_CONTROL = 1, /* no ethertype, and nothing inside: spanning tree, beacons */
	ES_ETHERTYPE_IPV4 = 0x0800,
	ES_ETHERTYPE_BRIDGED = 0x6558, /* an Ethernet frame */
	ES_ETHERTYPE_VLAN = 0x8100,
	ES_ETHERTYPE_IPV6 = 0x86dd,
	ES_ETHERTYPE_PPP = 0x880b,
	ES_ETHERTYPE_MPLS = 0x8847,
	ES_ETHERTYPE_MPLS_UPSTREAM = 0x8848,
	ES_ETHERTYPE_PPPOE_CONTROL = 0x8863,
	ES_ETHERTYPE_PPPOE = 0x8864,
	ES_ETHERTYPE_QINQ = 0x88a8,
	ES_ETHERTYPE_NSH = 0x894f,
	ES_VLAN_TAGS_MAX = 4,
};

struct es_frame;

/*
 * Passes over VLAN tags and LLC after f->ethertype, which is then the type of f->payload, the rest. f must be a
 * frame without tags. ES_EMALFORMED: too short, or more than ES_VLAN_TAGS_MAX tags.
 */
int es_ethertype_finish(struct es_cur *c, struct es_frame *f);

#endif
