/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 with options or in fragments, and IPv6. */
#include "probes/wire/link/ip.h"

enum {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	DESTINATION = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
	IPV4_MIN_BYTES = 20,
	IPV6_BYTES = 40,
};

static int
parse_v4(es_slice bytes, struct es_ip *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t b0 = es_cur_u8(&c);
	uint8_t tos = es_cur_u8(&c);
	uint32_t total = es_cur_be16(&c);
	uint16_t id = es_cur_be16(&c);
	uint16_t fragment = es_cur_be16(&c);
	uint8_t ttl = es_cur_u8(&c);
	uint8_t proto = es_cur_u8(&c);
	uint32_t header_bytes = 4u * (b0 & 0x0f);
	struct es_addr src, dst;

	es_cur_skip(&c, 2); /* checksum */
	es_ip_read_v4(&c, &src);
	es_ip_read_v4(&c, &dst);
	if (c.bad || header_bytes < IPV4_MIN_BYTES)
		return ES_EMALFORMED;
	es_cur_skip(&c, header_bytes - IPV4_MIN_BYTES); /* options */
	if (total == 0)
		total = (uint32_t)bytes.n;
	if (c.bad || total < header_bytes)
		return ES_EMALFORMED;
	out->src = src;
	out->dst = dst;
	out->payload_wire_bytes = total - header_bytes;
	out->payload = es_cur_rest(&c);
	if (out->payload.n > out->payload_wire_bytes)
		out->payload.n = out->payload_wire_bytes;
	out->id = id;
	out->proto = proto;
	out->ttl = ttl;
	out->dscp = tos >> 2;
	out->fragment_at_bytes = 8u * (fragment & 0x1fff);
	out->has_more = (fragment & 0x2000) != 0;
	out->is_fragment = out->has_more || out->fragment_at_bytes > 0;
	return 0;
}

/* Whether next names an extension header that has its own next header and length. */
static bool
is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == DESTINATION ||
	       next == AUTHENTICATION || next == MOBILITY || next == HIP || next == SHIM6;
}

/* One fragment header (RFC 8200 section 4.5); its type was *next. */
static void
fragment_header(struct es_cur *c, uint8_t *next, struct es_ip *ip)
{
	uint16_t at;

	*next = es_cur_u8(c);
	es_cur_skip(c, 1);
	at = es_cur_be16(c);
	ip->id = es_cur_be32(c);
	ip->fragment_at_bytes = at & 0xfff8u;
	ip->has_more = (at & 1) != 0;
	ip->is_fragment = ip->has_more || ip->fragment_at_bytes > 0; /* else "atomic", RFC 6946 */
}

/* From the fixed header's next header to the transport's. */
static int
extensions(struct es_cur *c, uint8_t next, struct es_ip *ip)
{
	int n = 0;

	while (is_extension(next) || next == FRAGMENT) {
		if (n++ == ES_IPV6_EXTENSIONS_MAX)
			return ES_EMALFORMED;
		if (next == FRAGMENT) {
			fragment_header(c, &next, ip);
			if (ip->is_fragment)
				break; /* what follows is part of something */
		} else {
			bool is_auth = next == AUTHENTICATION;
			size_t units;

			next = es_cur_u8(c);
			units = es_cur_u8(c);
			es_cur_skip(c, is_auth ? units * 4 + 6 : units * 8 + 6);
		}
		if (c->bad)
			return ES_EMALFORMED;
	}
	ip->proto = next;
	return 0;
}

static int
parse_v6(es_slice bytes, struct es_ip *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint32_t first = es_cur_be32(&c);
	uint32_t wire_bytes = es_cur_be16(&c);
	uint8_t next = es_cur_u8(&c);
	struct es_ip ip = { .ttl = es_cur_u8(&c) };
	es_slice src = es_cur_slice(&c, 16);
	es_slice dst = es_cur_slice(&c, 16);
	size_t n_extensions;

	if (c.bad)
		return ES_EMALFORMED;
	ip.src.family = 6;
	memcpy(ip.src.ip, src.p, 16);
	ip.dst.family = 6;
	memcpy(ip.dst.ip, dst.p, 16);
	ip.dscp = first >> 22 & 0x3f;
	if (wire_bytes == 0) /* segmentation offload, or a jumbogram */
		wire_bytes = (uint32_t)es_cur_left(&c);
	if (extensions(&c, next, &ip) != 0)
		return ES_EMALFORMED;
	n_extensions = bytes.n - IPV6_BYTES - es_cur_left(&c);
	if (n_extensions > wire_bytes)
		return ES_EMALFORMED;
	ip.payload_wire_bytes = wire_bytes - (uint32_t)n_extensions;
	ip.payload = es_cur_rest(&c);
	if (ip.payload.n > ip.payload_wire_bytes)
		ip.payload.n = ip.payload_wire_bytes;
	*out = ip;
	return 0;
}

int
es_ip_follow(const struct es_ip *ip, struct es_ip *out)
{
	struct es_cur c = es_cur_of(ip->payload);
	struct es_ip ahead = *ip;
	size_t n;

	if (!is_extension(ip->proto) || (ip->src.family == 4 && ip->proto != AUTHENTICATION))
		return ES_ENOTFOUND;
	if (extensions(&c, ip->proto, &ahead) != 0)
		return ES_EMALFORMED;
	if (ahead.fragment_at_bytes > 0 || ahead.has_more != ip->has_more)
		return ES_EMALFORMED; /* a part within a part: no transport header begins there */
	n = ip->payload.n - es_cur_left(&c);
	ahead.payload = es_cur_rest(&c);
	ahead.payload_wire_bytes -= (uint32_t)n; /* no less than was captured */
	*out = ahead;
	return 0;
}

int
es_ip_parse_other(es_slice bytes, struct es_ip *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t version = es_cur_peek(&c, 0) >> 4;

	if (version == 4)
		return parse_v4(bytes, out);
	return version == 6 ? parse_v6(bytes, out) : ES_EMALFORMED;
}
