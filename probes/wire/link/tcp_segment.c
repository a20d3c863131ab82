/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP header. */
#include "probes/wire/link/tcp_segment.h"

enum { TCP_MIN_BYTES = 20 };

int
es_tcp_segment_parse(const struct es_ip *ip, struct es_tcp *out)
{
	struct es_cur c = es_cur_of(ip->payload);
	struct es_tcp t;
	uint32_t header_bytes;

	t.src_port = es_cur_be16(&c);
	t.dst_port = es_cur_be16(&c);
	t.seq = es_cur_be32(&c);
	t.ack = es_cur_be32(&c);
	header_bytes = 4u * (es_cur_u8(&c) >> 4);
	t.flags = es_cur_u8(&c);
	es_cur_skip(&c, 6); /* window, checksum, urgent pointer */
	if (c.bad || header_bytes < TCP_MIN_BYTES || header_bytes > ip->payload_wire_bytes)
		return ES_EMALFORMED;
	es_cur_skip(&c, header_bytes - TCP_MIN_BYTES); /* options */
	if (c.bad)
		return ES_EMALFORMED;
	t.payload = es_cur_rest(&c);
	t.payload_wire_bytes = ip->payload_wire_bytes - header_bytes;
	*out = t;
	return 0;
}
