/* SPDX-License-Identifier: Apache-2.0 */
/* The pcap file format, draft-ietf-opsawg-pcap, and Kuznetzov's variant of it. */
#include "agent/capture_format.h"

#include <inttypes.h>

enum {
	FILE_HEADER_BYTES = 24,
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_NS = 0xa1b23c4d,
	MAGIC_KUZNETZOV = 0xa1b2cd34, /* eight more bytes in each packet header */
};

static bool
is_magic(uint32_t v)
{
	return v == MAGIC_US || v == MAGIC_NS || v == MAGIC_KUZNETZOV;
}

bool
es_pcap_is(es_slice head)
{
	return head.n >= 4 &&
	       (is_magic(es_order_u32(head.p, false)) || is_magic(es_order_u32(head.p, true)));
}

static int
pcap_next_packet(struct es_capture_file *f, struct es_packet *out)
{
	const struct es_pcap *p = &f->u.pcap;
	uint32_t cap_bytes, wire_bytes, shown_bytes;
	int64_t sec, frac;
	es_slice b;
	int rc;

	rc = es_input_peek(&f->in, p->header_bytes, &b);
	if (rc == ES_EEOF && b.n == 0)
		return ES_EEOF;
	if (rc != 0)
		return es_capture_file_short(f, "a packet header", p->header_bytes, b.n);
	sec = es_order_u32(b.p, p->big_endian);
	frac = es_order_u32(b.p + 4, p->big_endian);
	cap_bytes = es_order_u32(b.p + 8, p->big_endian);
	wire_bytes = es_order_u32(b.p + 12, p->big_endian);
	if (cap_bytes > ES_BLOCK_BYTES_MAX)
		return es_capture_file_fail(f, ES_EMALFORMED,
		    "a packet of %" PRIu32 " bytes, expected at most %d", cap_bytes,
		    (int)ES_BLOCK_BYTES_MAX);
	shown_bytes = cap_bytes < ES_PACKET_BYTES_MAX ? cap_bytes : ES_PACKET_BYTES_MAX;
	rc = es_input_peek(&f->in, p->header_bytes + shown_bytes, &b);
	if (rc != 0)
		return es_capture_file_short(f, "a packet", cap_bytes, b.n - p->header_bytes);
	f->skip_bytes = (uint64_t)p->header_bytes + cap_bytes;
	out->ts = es_time_of_ns(sec * ES_NS_PER_S + frac * (p->nanoseconds ? 1 : ES_NS_PER_US));
	out->data = b.p + p->header_bytes;
	out->cap_bytes = shown_bytes;
	out->wire_bytes = wire_bytes > cap_bytes ? wire_bytes : cap_bytes;
	out->link = p->link;
	out->iface = 0;
	return 0;
}

int
es_pcap_begin(struct es_capture_file *f)
{
	struct es_pcap *p = &f->u.pcap;
	uint16_t major, minor;
	uint32_t magic;
	es_slice b;

	if (es_input_peek(&f->in, FILE_HEADER_BYTES, &b) != 0)
		return es_capture_file_short(f, "a pcap file header", FILE_HEADER_BYTES, b.n);
	p->big_endian = is_magic(es_order_u32(b.p, true));
	magic = es_order_u32(b.p, p->big_endian);
	p->nanoseconds = magic == MAGIC_NS;
	p->header_bytes = magic == MAGIC_KUZNETZOV ? 24 : 16;
	major = es_order_u16(b.p + 4, p->big_endian);
	minor = es_order_u16(b.p + 6, p->big_endian);
	/* The upper bits say how long a frame check sequence is: IP lengths leave it out anyway. */
	p->link = (uint16_t)(es_order_u32(b.p + 20, p->big_endian) & 0xffff);
	/* Before 2.4 the two lengths of a packet stood the other way round in some writers. */
	if (major != 2 || minor < 4)
		return es_capture_file_fail(f, ES_EUNSUPPORTED,
		    "pcap version %u.%u, expected 2.4 or a later 2.x", major, minor);
	f->next = pcap_next_packet;
	return es_input_skip(&f->in, FILE_HEADER_BYTES);
}
