/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shares a port with media (RFC 7983, RFC 9443): STUN and TURN, read as far as they show whose media come
 * from where; DTLS, ZRTP and QUIC, recognised by shape only.
 */
#ifndef EARSHOT_WIRE_OTHER_STUN_H
#define EARSHOT_WIRE_OTHER_STUN_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "probes/base/cursor.h"

enum { ES_STUN_ATTRIBUTES_MAX = 32 }; /* of one message that are looked at */

enum es_stun_class {
	ES_STUN_REQUEST = 0,
	ES_STUN_INDICATION = 1,
	ES_STUN_SUCCESS = 2,
	ES_STUN_ERROR = 3,
};

enum es_stun_method {
	ES_STUN_BINDING = 1,
	ES_STUN_TURN_SEND = 6, /* RFC 8656 section 18 */
	ES_STUN_TURN_DATA = 7,
};

struct es_stun {
	enum es_stun_class class;
	uint16_t method; /* enum es_stun_method among others */
	uint8_t transaction[12];
	es_slice username;        /* empty without */
	struct es_addr mapped;    /* XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; family 0: none */
	es_slice data;            /* DATA of a Send or Data indication: captured part */
	uint32_t data_wire_bytes; /* as sent */
};

/* A STUN message (RFC 8489 section 5; without the magic cookie: RFC 3489), cut or whole. */
bool es_stun_is(es_slice pkt, uint32_t wire_bytes);

/*
 * Reads what es_stun_is accepts. Attributes that repeat count once, the first (RFC 8489 section 14);
 * those after the 32nd or behind the cut are not seen. ES_EMALFORMED: no STUN message, or an attribute
 * that does not fit into it.
 */
int es_stun_parse(es_slice pkt, uint32_t wire_bytes, struct es_stun *out);

/* A TURN ChannelData message (RFC 8656 section 12.4), padded or not, cut or whole. */
bool es_turn_channel_is(es_slice pkt, uint32_t wire_bytes);

/* What it carries: the captured part of it; *data_wire_bytes as sent. The packet must be one. */
es_slice es_turn_channel_data(es_slice pkt, uint32_t *data_wire_bytes);

/*
 * A DTLS record (RFC 9147 section 4), cut or whole. A ciphertext of DTLS 1.3 names no version: it
 * is recognised alone in its datagram and with its length only.
 */
bool es_dtls_is(es_slice pkt, uint32_t wire_bytes);

/* A ZRTP packet (RFC 6189 section 5), cut or whole. */
bool es_zrtp_is(es_slice pkt, uint32_t wire_bytes);

/* A long header of QUIC 1, 2, a draft, or Google's; the packet's first bit must be set. */
bool es_quic_is(es_slice pkt, uint32_t wire_bytes);

#endif
