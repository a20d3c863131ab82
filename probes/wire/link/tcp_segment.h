/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP header (RFC 9293), as much of it as putting a byte stream together needs. */
#ifndef EARSHOT_WIRE_LINK_TCP_SEGMENT_H
#define EARSHOT_WIRE_LINK_TCP_SEGMENT_H

#include "probes/wire/link/ip.h"

enum {
	ES_TCP_FIN = 0x01,
	ES_TCP_SYN = 0x02,
	ES_TCP_RST = 0x04,
	ES_TCP_PSH = 0x08,
	ES_TCP_ACK = 0x10,
};

struct es_tcp {
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t
	    seq; /* of the first payload byte, or of the SYN itself: data then begins at seq + 1 */
	uint32_t ack;
	uint8_t flags;
	es_slice payload; /* captured part */
	uint32_t payload_wire_bytes;
};

/* ip: a packet that es_ip_has_head. ES_EMALFORMED: header cut, or its length cannot be. */
int es_tcp_segment_parse(const struct es_ip *ip, struct es_tcp *out);

#endif
