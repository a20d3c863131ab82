/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of TLS through an engine, its keys a play: both ends as they write it. */
#ifndef TESTS_TLS_LINE_H
#define TESTS_TLS_LINE_H

#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/tls_hello.h"

enum { SYN = 2, SYN_ACK = 0x12, PSH = 0x18, RECORD_MAX = 17000, RANDOM_AT = 11, SUITE = 0x1301 };

/* A cipher that anybody sees through: {phase, number of the record, plaintext[, type in TLS 1.3]}. */
static struct opener {
	unsigned asked, opened, closed, rekeyed;
	bool knows_none, has_no_traffic_keys;
	bool is_growing;         /* what it does not know may come */
	int open_err, rekey_err; /* what it says instead; 0: nothing */
	bool is_1_3[4096];
	uint8_t phase[4096][2], number[4096][2];
} keys;

static inline int
open_any(void *ctx, const struct es_tls_hellos *h, uint32_t *id)
{
	(void)ctx;
	keys.asked++;
	if (keys.open_err != 0)
		return keys.open_err;
	if (keys.knows_none)
		return keys.is_growing ? ES_EAGAIN : ES_ENOTFOUND;
	if (h->suite != SUITE)
		return ES_EUNSUPPORTED;
	if (h->client_random[0] != 0x5a || h->server_random[31] != 0x33)
		return ES_EINVALID;
	*id = keys.opened++;
	keys.is_1_3[*id] = h->version == 0x0304;
	memset(keys.phase[*id], 0, sizeof(keys.phase[*id]));
	return 0;
}

static inline int
rekey(void *ctx, uint32_t id, bool by_server, enum es_tls_phase phase)
{
	(void)ctx;
	if (keys.has_no_traffic_keys && phase == ES_TLS_TRAFFIC_KEYS)
		return keys.is_growing ? ES_EAGAIN : ES_ENOTFOUND;
	if (keys.rekey_err != 0)
		return keys.rekey_err;
	keys.rekeyed++;
	keys.phase[id][by_server] = (uint8_t)phase;
	keys.number[id][by_server] = 0;
	return 0;
}

static inline int
open_record(void *ctx, uint32_t id, bool by_server, es_slice record, uint8_t *out, size_t *n_out,
    uint8_t *type)
{
	es_slice inside = es_slice_of(record.p + 5, record.n - 5);

	(void)ctx;
	if (inside.n < 3 || inside.p[0] != keys.phase[id][by_server] ||
	    inside.p[1] != keys.number[id][by_server])
		return ES_EDENIED;
	keys.number[id][by_server]++;
	*type = keys.is_1_3[id] ? inside.p[inside.n - 1] : record.p[0];
	*n_out = inside.n - 2 - (keys.is_1_3[id] ? 1 : 0);
	memcpy(out, inside.p + 2, *n_out);
	return 0;
}

static inline void
close_any(void *ctx, uint32_t id)
{
	(void)ctx;
	(void)id;
	keys.closed++;
}

static struct world w;
static double now_ms;
static int n_ticks; /* before each packet */

/* A connection as its two ends write it. */
static struct line {
	struct es_addr end[2];
	uint32_t seq[2];
	uint8_t phase[2], number[2];
	bool is_1_3;
} line;

static inline void
begin(void)
{
	keys = (struct opener){ .opened = 0 };
	world_init(&w);
	w.cfg.tls = (struct es_tls_opener){ &keys, open_any, rekey, open_record, close_any };
	world_start(&w);
	now_ms = 0;
}

/* Every connection that was opened is closed when the engine goes, or before. */
static inline bool
end(void)
{
	world_done(&w);
	return keys.opened == keys.closed;
}

static inline void
send(bool by_server, const void *bytes, size_t n)
{
	for (int i = 0; i < n_ticks; i++)
		es_engine_advance(w.e, world_time(now_ms - 0.5 + i * 0.1));
	world_send_tcp(&w, now_ms++, line.end[by_server], line.end[!by_server], line.seq[by_server],
	    PSH, bytes, n);
	line.seq[by_server] += (uint32_t)n;
}

static inline void
connect_to(uint16_t port, uint16_t server_port)
{
	line = (struct line){ .end = { world_addr(1, port), world_addr(2, server_port) },
		.seq = { 101, 501 } };
	world_send_tcp(&w, now_ms++, line.end[0], line.end[1], 100, SYN, NULL, 0);
	world_send_tcp(&w, now_ms++, line.end[1], line.end[0], 500, SYN_ACK, NULL, 0);
}

static inline void
connect_from(uint16_t port)
{
	connect_to(port, 5061);
}

static inline void
client_hello(void)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	send(false, hello, n);
}

static inline size_t
server_hello_bytes(uint8_t out[TLS_HELLO_BYTES_MAX], bool is_1_3, uint16_t suite)
{
	static const uint8_t start[] = { 22, 3, 3, 0, 0, 2, 0, 0, 0, 3, 3 };
	static const uint8_t extensions[] = { 0, 6, 0, 43, 0, 2, 3, 4 };
	size_t n = sizeof(start) + 32;

	memset(out, 0x33, TLS_HELLO_BYTES_MAX);
	memcpy(out, start, sizeof(start));
	out[n++] = 0; /* session */
	out[n++] = (uint8_t)(suite >> 8);
	out[n++] = (uint8_t)suite;
	out[n++] = 0; /* compression */
	if (is_1_3) {
		memcpy(out + n, extensions, sizeof(extensions));
		n += sizeof(extensions);
	}
	out[4] = (uint8_t)(n - 5);
	out[8] = (uint8_t)(n - 9);
	return n;
}

static inline void
server_hello(bool is_1_3, uint16_t suite)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];

	line.is_1_3 = is_1_3;
	send(true, hello, server_hello_bytes(hello, is_1_3, suite));
}

/* A record under the keys of the direction. */
static inline size_t
seal(bool by_server, uint8_t type, const void *bytes, size_t n, uint8_t *out)
{
	size_t inside = n + 2 + (line.is_1_3 ? 1 : 0);
	const uint8_t head[] = { line.is_1_3 ? 23 : type, 3, 3, (uint8_t)(inside >> 8),
		(uint8_t)inside, line.phase[by_server], line.number[by_server]++ };

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), bytes, n);
	if (line.is_1_3)
		out[sizeof(head) + n] = type;
	return 5 + inside;
}

static inline void
send_sealed(bool by_server, uint8_t type, const void *bytes, size_t n)
{
	uint8_t record[RECORD_MAX];

	send(by_server, record, seal(by_server, type, bytes, n, record));
}

static inline void
next_keys(bool by_server, uint8_t phase)
{
	line.phase[by_server] = phase;
	line.number[by_server] = 0;
}

static const uint8_t finished[] = { 20, 0, 0, 2, 7, 7 };
static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };
static const uint8_t change_cipher_spec[] = { 20, 3, 3, 0, 1, 1 };

static inline void
handshake(bool is_1_3)
{
	client_hello();
	server_hello(is_1_3, SUITE);
	for (int side = 1; side >= 0; side--) {
		send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, is_1_3 ? ES_TLS_HANDSHAKE_KEYS : ES_TLS_TRAFFIC_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
		if (is_1_3)
			next_keys(side, ES_TLS_TRAFFIC_KEYS);
	}
}

static inline size_t
sip(bool by_server, const char *call_id, char out[1000])
{
	const struct world_sip m = {
		.start = by_server ? "SIP/2.0 180 Ringing" : "INVITE sip:bob@b SIP/2.0",
		.call_id = call_id,
		.from_tag = "a",
		.to_tag = by_server ? "b" : NULL,
		.cseq = 1,
		.method = "INVITE",
	};

	return world_sip_text(&m, out, 1000);
}

static inline void
say(bool by_server, const char *call_id)
{
	char text[1000];

	send_sealed(by_server, 23, text, sip(by_server, call_id, text));
}

static inline void
expect_call(const char *call_id)
{
	const struct es_call *c;

	world_flush(&w);
	c = world_call(&w, call_id);
	CHECK(c != NULL);
	CHECK_EQ(c->transport, ES_TRANSPORT_TLS);
}

#endif
