/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers. Lengths are told twice: what was captured (the payload
 * slice) and what was sent (payload_wire_bytes): a capture may be cut behind the headers.
 */
#ifndef EARSHOT_WIRE_IP_H
#define EARSHOT_WIRE_IP_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "probes/base/cursor.h"

enum {
	ES_PROTO_TCP = 6,
	ES_PROTO_UDP = 17,
	ES_IPV6_EXTENSIONS_MAX = 8, /* headers in one chain */
};

struct es_ip {
	struct es_addr src; /* port 0 until the transport header fills it in */
	struct es_addr dst;
	es_slice payload;            /* captured bytes behind the header; link trailer left out */
	uint32_t payload_wire_bytes; /* as sent */
	uint32_t id;                 /* IPv4 identification; of an IPv6 fragment; else 0 */
	uint32_t fragment_at_bytes;  /* offset of this payload in the whole one */
	uint8_t proto;
	uint8_t ttl; /* or hop limit */
	uint8_t dscp;
	bool is_fragment; /* a part only: more follows, or this is not the first */
	bool has_more;    /* with is_fragment: not the last part */
};

/*
 * bytes: from the network header on. The version field decides, not the ethertype.
 * ES_EMALFORMED: wrong version, a length that cannot be, or an IPv6 chain longer than
 * ES_IPV6_EXTENSIONS_MAX; also when the capture ends inside the headers.
 * An IPv4 total length of 0 (segmentation offload) is read as "all that was captured".
 */
int es_ip_parse(es_slice bytes, struct es_ip *out);

/* Whether it is the part of a packet that begins with the transport header. */
static inline bool
es_ip_has_head(const struct es_ip *ip)
{
	return !ip->is_fragment || ip->fragment_at_bytes == 0;
}

#endif
