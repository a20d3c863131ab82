/* SPDX-License-Identifier: Apache-2.0 */
/* The pcap file format, draft-ietf-opsawg-pcap, and Kuznetzov's variant of it. */
#include "agent/capture/capture_format.h"

#include <inttypes.h>

enum { FILE_HEADER_BYTES = 24 };

static const uint32_t magic_us = 0xa1b2c3d4;
static const uint32_t magic_ns = 0xa1b23c4d;
static const uint32_t magic_kuznetzov = 0xa1b2cd34; /* 8 more bytes in each packet header */

static bool
is_magic(uint32_t v)
{
	return v == magic_us || v == magic_ns || v == magic_kuznetzov;
}

bool
es_pcap_is(es_slice head)
{
	struct es_fields little = es_fields_of(head, false);
	struct es_fields big = es_fields_of(head, true);

	return is_magic(es_fields_u32(&little)) || is_magic(es_fields_u32(&big));
}

static int
pcap_next_packet(struct es_capture_file *f, struct es_packet *out)
{
	const struct es_pcap *p = &f->u.pcap;
	uint32_t cap_bytes, wire_bytes, shown_bytes;
	struct es_fields header;
	int64_t sec, frac;
	es_slice b;
	int rc;

	rc = es_input_peek(&f->in, p->header_bytes, &b);
	if (rc == ES_EEOF && b.n == 0)
		return ES_EEOF;
	if (rc != 0)
		return es_capture_file_short(f, "a packet header", p->header_bytes, b.n);
	header = es_fields_of(b, p->big_endian);
	sec = es_fields_u32(&header);
	frac = es_fields_u32(&header);
	cap_bytes = es_fields_u32(&header);
	wire_bytes = es_fields_u32(&header);
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
	struct es_fields header;
	uint16_t major, minor;
	uint32_t magic;
	es_slice b;

	if (es_input_peek(&f->in, FILE_HEADER_BYTES, &b) != 0)
		return es_capture_file_short(f, "a pcap file header", FILE_HEADER_BYTES, b.n);
	header = es_fields_of(b, true);
	p->big_endian = is_magic(es_fields_u32(&header));
	header = es_fields_of(b, p->big_endian);
	magic = es_fields_u32(&header);
	p->nanoseconds = magic == magic_ns;
	p->header_bytes = magic == magic_kuznetzov ? 24 : 16;
	major = es_fields_u16(&header);
	minor = es_fields_u16(&header);
	es_cur_skip(
	    &header.cur, 12); /* zone and accuracy, always 0; snapshot length, often wrong */
	/* The upper bits are the length of a frame check sequence: IP lengths leave it out anyway. */
	p->link = (uint16_t)(es_fields_u32(&header) & 0xffff);
	/* Before 2.4 the two lengths of a packet stood the other way round in some writers. */
	if (major != 2 || minor < 4)
		return es_capture_file_fail(f, ES_EUNSUPPORTED,
		    "pcap version %u.%u, expected 2.4 or a later 2.x", major, minor);
	f->next = pcap_next_packet;
	return es_input_skip(&f->in, FILE_HEADER_BYTES);
}
