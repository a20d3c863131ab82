/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS whose keys are at hand, through order, records and handshake; keys are a play: a record opens unless
 * its first byte is 0xff; the log of suite 0xfd grows and answers every third time only. Input: segments of {flags: 1, 0x80 by the server, 0x40 the capture lacks a
 * byte; how far its number is off: 1, signed; length: 2; bytes}.
 */
#include "fuzz.h"
#include "probes/base/cursor.h"
#include "probes/reassembly/tcp.h"
#include "probes/wire/other/tls_handshake.h"
#include "probes/wire/other/tls_record.h"

enum { CAP = 8, MS_PER_SEGMENT = 50, BY_SERVER = 0x80, CUT = 0x40, OPEN_MAX = 64 };

static bool is_open[OPEN_MAX], is_1_3[OPEN_MAX], is_growing[OPEN_MAX];
static unsigned n_asked;

static int
open_any(void *ctx, const struct es_tls_hellos *h, uint32_t *id)
{
	(void)ctx;
	MUST(h->version == ES_TLS_1_2 || h->version == ES_TLS_1_3);
	if ((h->suite & 0xff) >= 0xfe)
		return (h->suite & 1) != 0 ? ES_ENOTFOUND : ES_EUNSUPPORTED;
	if ((h->suite & 0xff) == 0xfd && n_asked++ % 3 != 2)
		return ES_EAGAIN;
	for (uint32_t i = 0; i < OPEN_MAX; i++) {
		if (is_open[i])
			continue;
		is_growing[i] = (h->suite & 0xff) == 0xfd;
		is_open[i] = true;
		is_1_3[i] = h->version == ES_TLS_1_3;
		*id = i;
		return 0;
	}
	return ES_EFULL;
}

static int
rekey(void *ctx, uint32_t id, bool by_server, enum es_tls_phase phase)
{
	(void)ctx;
	(void)by_server;
	MUST(id < OPEN_MAX && is_open[id]);
	MUST(is_1_3[id] || phase == ES_TLS_TRAFFIC_KEYS);
	if (is_growing[id] && phase != ES_TLS_UPDATED_KEYS && n_asked++ % 3 != 2)
		return ES_EAGAIN;
	return 0;
}

static int
open_record(void *ctx, uint32_t id, bool by_server, es_slice record, uint8_t *out, size_t *n_out,
    uint8_t *type)
{
	(void)ctx;
	(void)by_server;
	MUST(id < OPEN_MAX && is_open[id]);
	MUST(record.n > ES_TLS_RECORD_HEAD_BYTES && record.n <= ES_TLS_RECORD_MAX_BYTES);
	if (record.p[ES_TLS_RECORD_HEAD_BYTES] == 0xff)
		return ES_EDENIED;
	*type = is_1_3[id] ? record.p[record.n - 1] : record.p[0];
	*n_out = record.n - ES_TLS_RECORD_HEAD_BYTES - (is_1_3[id] ? 1 : 0);
	memcpy(out, record.p + ES_TLS_RECORD_HEAD_BYTES, *n_out);
	return 0;
}

static void
close_any(void *ctx, uint32_t id)
{
	(void)ctx;
	MUST(id < OPEN_MAX && is_open[id]);
	is_open[id] = false;
}

static void
on_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	(void)ctx;
	(void)src;
	(void)dst;
	(void)at;
	(void)transport;
	MUST(message.n > 0 && message.n <= wire_bytes);
}

static void
segment(struct es_tcps *t, struct es_cur *c, uint32_t seq[2], es_time at)
{
	const struct es_addr ends[2] = { { .family = 4, .port = 4000 },
		{ .family = 4, .port = 5061 } };
	uint8_t flags = es_cur_u8(c);
	int64_t off = (int8_t)es_cur_u8(c);
	size_t n = es_cur_be16(c);
	unsigned side = (flags & BY_SERVER) != 0 ? 1 : 0;
	struct es_tcp seg = { .flags = flags & 0x3f };

	seg.seq = (uint32_t)(seq[side] + off);
	seg.ack = seq[1 - side];
	seg.payload = es_cur_slice(c, n < es_cur_left(c) ? n : es_cur_left(c));
	seg.payload_wire_bytes = (uint32_t)seg.payload.n + ((flags & CUT) != 0 ? 1u : 0u);
	seq[side] = seg.seq + seg.payload_wire_bytes + ((flags & ES_TCP_SYN) != 0 ? 1u : 0u);
	es_tcps_go_on(t, at);
	es_tcps_segment(t, &ends[side], &ends[1 - side], &seg, at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_cur c = es_cur_of(es_slice_of(bytes, n));
	struct es_context context = { .n_local = 0 };
	struct es_tcps t = { .c = &context, .message = on_message };
	uint32_t seq[2] = { 100, 500 };
	struct es_tls_client_hello client;
	struct es_tls_server_hello server;
	int64_t ms = 0;

	n_asked = 0;

	if (es_tls_client_hello_parse(es_slice_of(bytes, n), &client) == 0)
		must_be_within(client.protocols, es_slice_of(bytes, n));
	if (es_tls_server_hello_parse(es_slice_of(bytes, n), &server) == 0)
		must_be_within(server.random, es_slice_of(bytes, n));
	t.opener = (struct es_tls_opener){ NULL, open_any, rekey, open_record, close_any };
	if (es_tcps_new(&t, CAP) == 0) {
		while (es_cur_left(&c) > 0)
			segment(&t, &c, seq, es_time_of_ns(MS_PER_SEGMENT * ES_NS_PER_MS * ms++));
		es_tcps_flush(&t, es_time_of_ns(MS_PER_SEGMENT * ES_NS_PER_MS * ms));
	}
	es_tcps_free(&t);
	for (unsigned i = 0; i < OPEN_MAX; i++)
		MUST(!is_open[i]);
	return 0;
}
