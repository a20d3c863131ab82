/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers. There are two lengths: what was captured (the payload slice) and
 * what was sent (payload_wire_bytes), because a capture may be cut after the headers.
 */
#ifndef EARSHOT_WIRE_LINK_IP_H
#define EARSHOT_WIRE_LINK_IP_H

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
 * Passes over the extension headers (RFC 8200; of IPv4 only the authentication header, RFC 4302) at the front of
 * what ip carries: those after a fragment header, which are read only when the datagram is whole. 0: *out is ip
 * with its transport in front. ES_ENOTFOUND: no extension header. ES_EMALFORMED as es_ip_parse, and if another
 * fragment header is among them (RFC 8200 section 4.5 allows one). out may be ip.
 */
int es_ip_follow(const struct es_ip *ip, struct es_ip *out);

/* All but plain IPv4: options, fragments, IPv6. Same contract as es_ip_parse. */
int es_ip_parse_other(es_slice bytes, struct es_ip *out);

/* The next four bytes as an address. */
static inline void
es_ip_read_v4(struct es_cur *c, struct es_addr *out)
{
	es_slice ip = es_cur_slice(c, 4);

	memset(out, 0, sizeof(*out));
	out->family = 4;
	if (ip.p != NULL)
		memcpy(out->ip, ip.p, 4);
}

/*
 * bytes: from the network header on. The version field decides, not the ethertype.
 * ES_EMALFORMED: wrong version, a length that cannot be, or an IPv6 chain longer than
 * ES_IPV6_EXTENSIONS_MAX; also when the capture ends inside the headers.
 * An IPv4 total length of 0 (segmentation offload) is read as "all that was captured".
 */
static inline int
es_ip_parse(es_slice bytes, struct es_ip *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint32_t total;
	uint16_t id;
	uint8_t tos;

	if (es_cur_left(&c) < 20 || es_cur_u8(&c) != 0x45)
		return es_ip_parse_other(bytes, out);
	tos = es_cur_u8(&c);
	total = es_cur_be16(&c);
	id = es_cur_be16(&c);
	if (total < 20 || (es_cur_be16(&c) & 0x3fff) != 0)
		return es_ip_parse_other(bytes, out);
	out->ttl = es_cur_u8(&c);
	out->proto = es_cur_u8(&c);
	es_cur_skip(&c, 2); /* checksum: offload leaves it wrong on the sender */
	es_ip_read_v4(&c, &out->src);
	es_ip_read_v4(&c, &out->dst);
	out->payload_wire_bytes = total - 20;
	out->payload = es_cur_rest(&c);
	if (out->payload.n > out->payload_wire_bytes)
		out->payload.n = out->payload_wire_bytes; /* Ethernet pads short frames */
	out->id = id;
	out->dscp = tos >> 2;
	out->fragment_at_bytes = 0;
	out->is_fragment = false;
	out->has_more = false;
	return 0;
}

/* Whether it is the part of a packet that begins with the transport header. */
static inline bool
es_ip_has_head(const struct es_ip *ip)
{
	return !ip->is_fragment || ip->fragment_at_bytes == 0;
}

#endif
