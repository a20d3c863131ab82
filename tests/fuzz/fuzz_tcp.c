/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a TCP connection, through order, holes and framing. Input: segments of {flags: 1, how
 * far its number is off: 1, signed; length: 2; bytes}. A flag of 0x40 cuts the capture by a byte.
 */
#include "fuzz.h"
#include "probes/base/cursor.h"
#include "probes/reassembly/tcp.h"

enum { CAP = 4, MS_PER_SEGMENT = 50, CUT = 0x40 };

static void
on_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	(void)ctx;
	(void)src;
	(void)dst;
	(void)at;
	MUST(message.n > 0 && message.n <= wire_bytes);
	MUST(transport == ES_TRANSPORT_TCP || transport == ES_TRANSPORT_WS ||
	     transport == ES_TRANSPORT_HEP || transport == ES_TRANSPORT_UDP);
}

static void
segment(struct es_tcps *t, struct es_cur *c, uint32_t *seq, es_time at)
{
	const struct es_addr src = { .family = 4, .port = 4000 };
	const struct es_addr dst = { .family = 4, .port = 5060 };
	struct es_tcp seg = { .src_port = src.port, .dst_port = dst.port };
	uint8_t flags = es_cur_u8(c);
	int64_t off = (int8_t)es_cur_u8(c);
	size_t n = es_cur_be16(c);

	seg.flags = flags & 0x3f;
	seg.seq = (uint32_t)(*seq + off);
	seg.ack = seg.seq;
	seg.payload = es_cur_slice(c, n < es_cur_left(c) ? n : es_cur_left(c));
	seg.payload_wire_bytes = (uint32_t)seg.payload.n + ((flags & CUT) != 0 ? 1u : 0u);
	*seq = seg.seq + seg.payload_wire_bytes + ((flags & ES_TCP_SYN) != 0 ? 1u : 0u);
	es_tcps_segment(t, &src, &dst, &seg, at);
	es_tcps_segment(t, &dst, &src, &seg, at); /* acknowledges, and speaks too */
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_cur c = es_cur_of(es_slice_of(bytes, n));
	struct es_context context = { .n_local = 0 };
	struct es_tcps t = { .c = &context, .message = on_message };
	uint32_t seq = UINT32_MAX - 100;

	MUST(es_tcps_new(&t, CAP) == 0);
	for (int64_t i = 0; es_cur_left(&c) > 4; i++)
		segment(&t, &c, &seq, es_time_of_ns(i * MS_PER_SEGMENT * ES_NS_PER_MS));
	es_tcps_flush(&t, es_time_of_ns(0));
	es_tcps_free(&t);
	return 0;
}
