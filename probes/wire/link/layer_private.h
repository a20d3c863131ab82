/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The openers behind layer.h, one layer_*.c per kind of envelope. Each gets the bytes from its header on; result
 * as es_layer_open. *out is zeroed by the caller and may be half filled on failure.
 */
#ifndef EARSHOT_WIRE_LINK_LAYER_PRIVATE_H
#define EARSHOT_WIRE_LINK_LAYER_PRIVATE_H

#include "probes/wire/link/layer.h"

enum {
	ES_MPLS_LABELS_MAX = 16,
	ES_GRE_ROUTES_MAX = 16,     /* entries of the source route of RFC 1701 */
	ES_GTP_EXTENSIONS_MAX = 16, /* headers in one chain */
	ES_TZSP_TAGS_MAX = 64,
};

int es_mpls_open(es_slice bytes, struct es_layer *out);
int es_ppp_open(es_slice bytes, struct es_layer *out);
int es_pppoe_open(es_slice bytes, struct es_layer *out);
int es_gre_open(es_slice bytes, struct es_layer *out);
int es_nsh_open(es_slice bytes, struct es_layer *out);
int es_l2tpv3_open(es_slice bytes, struct es_layer *out); /* from the session number on */

int es_vxlan_open(es_slice bytes, struct es_layer *out);
int es_geneve_open(es_slice bytes, struct es_layer *out);
int es_gtp_open(es_slice bytes, struct es_layer *out);
int es_l2tp_open(es_slice bytes, struct es_layer *out);
int es_tzsp_open(es_slice bytes, struct es_layer *out);
int es_teredo_open(es_slice bytes, struct es_layer *out);

/* The protocol numbers that NSH and VXLAN-GPE share. ES_EUNSUPPORTED: none of them. */
int es_nsh_protocol(uint8_t next, es_slice bytes, struct es_layer *out);

/* IP of the version in the first four bits. ES_EMALFORMED: neither 4 nor 6. */
int es_layer_by_version(es_slice bytes, struct es_layer *out);

/* How much bytes look like an Ethernet frame: 2 = with IP inside, 1 = with an ethertype known here. */
int es_layer_ethernet_likeness(es_slice bytes);

/* Whether an IPv4 header begins here whose checksum is right. */
bool es_layer_is_true_ipv4(es_slice bytes);

static inline int
es_layer_is(struct es_layer *out, enum es_unknown_layer space, uint32_t number, es_slice bytes)
{
	out->space = space;
	out->number = number;
	out->bytes = bytes;
	return 0;
}

#endif
