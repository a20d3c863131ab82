/* SPDX-License-Identifier: Apache-2.0 */
/* The UDP header (RFC 768). */
#ifndef EARSHOT_WIRE_LINK_UDP_H
#define EARSHOT_WIRE_LINK_UDP_H

#include "probes/wire/link/ip.h"

struct es_udp {
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t length_bytes; /* header included, as sent */
	uint16_t checksum;     /* as sent; 0 = none */
	es_slice payload;      /* captured part */
	uint32_t payload_wire_bytes;
};

/*
 * ip: a packet that es_ip_has_head. ES_EMALFORMED: the capture ends inside the header, or the length
 * is below 8 or, in a packet that is not a fragment, above what IP carries. A length of 0 (segmentation
 * offload, jumbograms of RFC 2675) is all that IP carries.
 */
static inline int
es_udp_parse(const struct es_ip *ip, struct es_udp *out)
{
	struct es_cur c = es_cur_of(ip->payload);
	struct es_udp u;
	size_t n;

	if (es_cur_left(&c) < 8)
		return ES_EMALFORMED;
	u.src_port = es_cur_be16(&c);
	u.dst_port = es_cur_be16(&c);
	u.length_bytes = es_cur_be16(&c);
	u.checksum = es_cur_be16(&c);
	u.payload_wire_bytes = u.length_bytes - 8u;
	if (u.length_bytes < 8) {
		if (u.length_bytes != 0 || ip->is_fragment)
			return ES_EMALFORMED;
		u.payload_wire_bytes = ip->payload_wire_bytes - 8u;
	}
	if (u.length_bytes > ip->payload_wire_bytes && !ip->is_fragment)
		return ES_EMALFORMED;
	n = es_cur_left(&c);
	u.payload = es_cur_slice(&c, n < u.payload_wire_bytes ? n : u.payload_wire_bytes);
	*out = u;
	return 0;
}

#endif
