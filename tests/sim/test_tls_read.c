/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with keys at hand, through an engine: what is handed on, what is given up and counted why. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"
#include "tests/unit/tls_hello.h"

#include <stdlib.h>

enum { SYN = 2, SYN_ACK = 0x12, PSH = 0x18, RECORD_MAX = 17000, RANDOM_AT = 11, SUITE = 0x1301 };

/* A cipher that anybody sees through: {phase, number of the record, plaintext[, type in TLS 1.3]}. */
static struct opener {
	unsigned opened, closed, rekeyed;
	bool knows_none, has_no_traffic_keys;
	bool is_1_3[4096];
	uint8_t phase[4096][2], number[4096][2];
} keys;

static int
open_any(void *ctx, const struct es_tls_hellos *h, uint32_t *id)
{
	(void)ctx;
	if (keys.knows_none)
		return ES_ENOTFOUND;
	if (h->suite != SUITE)
		return ES_EUNSUPPORTED;
	if (h->client_random[0] != 0x5a || h->server_random[31] != 0x33)
		return ES_EINVALID;
	*id = keys.opened++;
	keys.is_1_3[*id] = h->version == 0x0304;
	memset(keys.phase[*id], 0, sizeof(keys.phase[*id]));
	return 0;
}

static int
rekey(void *ctx, uint32_t id, bool by_server, enum es_tls_phase phase)
{
	(void)ctx;
	if (keys.has_no_traffic_keys && phase == ES_TLS_TRAFFIC_KEYS)
		return ES_ENOTFOUND;
	keys.rekeyed++;
	keys.phase[id][by_server] = (uint8_t)phase;
	keys.number[id][by_server] = 0;
	return 0;
}

static int
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

static void
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

static void
begin(void)
{
	keys = (struct opener){ .opened = 0 };
	world_init(&w);
	w.cfg.tls = (struct es_tls_opener){ &keys, open_any, rekey, open_record, close_any };
	world_start(&w);
	now_ms = 0;
}

/* Every connection that was opened is closed when the engine goes, or before. */
static bool
end(void)
{
	world_done(&w);
	return keys.opened == keys.closed;
}

static void
send(bool by_server, const void *bytes, size_t n)
{
	for (int i = 0; i < n_ticks; i++)
		es_engine_advance(w.e, world_time(now_ms - 0.5 + i * 0.1));
	world_send_tcp(&w, now_ms++, line.end[by_server], line.end[!by_server], line.seq[by_server],
	    PSH, bytes, n);
	line.seq[by_server] += (uint32_t)n;
}

static void
connect_to(uint16_t port, uint16_t server_port)
{
	line = (struct line){ .end = { world_addr(1, port), world_addr(2, server_port) },
		.seq = { 101, 501 } };
	world_send_tcp(&w, now_ms++, line.end[0], line.end[1], 100, SYN, NULL, 0);
	world_send_tcp(&w, now_ms++, line.end[1], line.end[0], 500, SYN_ACK, NULL, 0);
}

static void
connect_from(uint16_t port)
{
	connect_to(port, 5061);
}

static void
client_hello(void)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	send(false, hello, n);
}

static size_t
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

static void
server_hello(bool is_1_3, uint16_t suite)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];

	line.is_1_3 = is_1_3;
	send(true, hello, server_hello_bytes(hello, is_1_3, suite));
}

/* A record under the keys of the direction. */
static size_t
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

static void
send_sealed(bool by_server, uint8_t type, const void *bytes, size_t n)
{
	uint8_t record[RECORD_MAX];

	send(by_server, record, seal(by_server, type, bytes, n, record));
}

static void
next_keys(bool by_server, uint8_t phase)
{
	line.phase[by_server] = phase;
	line.number[by_server] = 0;
}

static const uint8_t finished[] = { 20, 0, 0, 2, 7, 7 };
static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };
static const uint8_t change_cipher_spec[] = { 20, 3, 3, 0, 1, 1 };

static void
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

static size_t
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

static void
say(bool by_server, const char *call_id)
{
	char text[1000];

	send_sealed(by_server, 23, text, sip(by_server, call_id, text));
}

static void
expect_call(const char *call_id)
{
	const struct es_call *c;

	world_flush(&w);
	c = world_call(&w, call_id);
	CHECK(c != NULL);
	CHECK_EQ(c->transport, ES_TRANSPORT_TLS);
}

TEST(tls_read_call_is_there_in_both_versions)
{
	for (int is_1_3 = 0; is_1_3 < 2; is_1_3++) {
		begin();
		connect_from(40000);
		handshake(is_1_3);
		say(false, "secret");
		say(true, "secret");
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_RECORDS), 4);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 1);
		expect_call("secret");
		CHECK(end());
		CHECK_EQ(keys.opened, 1);
	}
}

TEST(tls_read_at_any_port_is_counted_as_before)
{
	begin();
	connect_to(40000, 443);
	handshake(true);
	say(false, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_MIDDLE), 0);
	expect_call("secret");
	CHECK(end());
}

TEST(tls_read_message_over_records_and_records_over_segments)
{
	uint8_t records[3000];
	char text[1000];
	size_t n, at = 0, half;

	begin();
	connect_from(40000);
	handshake(true);
	n = sip(false, "secret", text);
	half = n / 2;
	at += seal(false, 23, text, half, records);
	at += seal(false, 23, text + half, n - half, records + at);
	at += seal(false, 23, text, 0, records + at); /* empty ones are allowed */
	for (size_t i = 0; i < at; i++)
		send(false, records + i, 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	expect_call("secret");
	CHECK(end());
}

TEST(tls_read_finished_in_pieces_and_behind_others)
{
	static const uint8_t flight[] = { 8, 0, 0, 2, 0, 0, 20, 0, 0 }, rest[] = { 2, 7, 7 };

	begin();
	connect_from(40000);
	client_hello();
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(true, 22, flight, sizeof(flight));
	send_sealed(true, 22, rest, sizeof(rest));
	next_keys(true, ES_TLS_TRAFFIC_KEYS);
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK(end());
}

TEST(tls_read_key_updates_each_way)
{
	begin();
	connect_from(40000);
	handshake(true);
	say(false, "one");
	for (int i = 0; i < 3; i++) {
		send_sealed(i % 2, 22, key_update, sizeof(key_update));
		next_keys(i % 2, ES_TLS_UPDATED_KEYS);
	}
	say(true, "one");
	say(false, "two");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK(end());
}

/* One packet, put together to 27 KB before it was captured, of the smallest records. */
TEST(tls_read_packet_of_records_without_end_is_left)
{
	static uint8_t records[40000];
	size_t n = 0;

	begin();
	connect_from(40000);
	handshake(true);
	for (unsigned i = 0; i < 3000; i++)
		n += seal(false, 23, "x", 1, records + n);
	send(false, records, n);
	say(false, "one");
	say(true, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_RECORDS), 2 + 2048 + 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK(end());
}

TEST(tls_read_packet_of_new_keys_without_end_is_left)
{
	static uint8_t records[40000];
	size_t n = 0;

	begin();
	connect_from(40000);
	handshake(true);
	for (unsigned i = 0; i < 1000; i++) {
		n += seal(false, 22, key_update, sizeof(key_update), records + n);
		next_keys(false, ES_TLS_UPDATED_KEYS);
	}
	send(false, records, n);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 1);
	CHECK(keys.rekeyed < 70);
	CHECK(end());
}

TEST(tls_read_gives_the_same_whatever_the_ticks)
{
	uint8_t *log = NULL;
	size_t n = 0;

	for (int ticks = 0; ticks < 3; ticks++) {
		begin();
		n_ticks = ticks;
		connect_from(40000);
		handshake(true);
		for (int i = 0; i < 50; i++) {
			char call_id[16];

			(void)snprintf(call_id, sizeof(call_id), "call%d", i);
			say(false, call_id);
			say(true, call_id);
		}
		n_ticks = 0;
		world_flush(&w);
		CHECK(w.log_bytes > 1000);
		if (log == NULL) {
			n = w.log_bytes;
			log = malloc(n);
			CHECK(log != NULL);
			memcpy(log, w.log, n);
		}
		CHECK_EQ(w.log_bytes, n);
		CHECK(memcmp(w.log, log, n) == 0);
		CHECK(end());
	}
	free(log);
}

TEST(tls_read_without_a_key_is_counted_once_a_connection)
{
	begin();
	keys.knows_none = true;
	for (uint16_t i = 0; i < 10000; i++) {
		connect_from((uint16_t)(20000 + i));
		handshake(i % 2);
		say(false, "secret");
		say(true, "secret");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 10000);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 10000);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0); /* nothing that could be read */
	CHECK(end());
	CHECK_EQ(keys.opened, 0);
}

TEST(tls_read_many_connections_close_what_they_opened)
{
	begin();
	for (uint16_t i = 0; i < 2000; i++) {
		connect_from((uint16_t)(20000 + i));
		handshake(true);
		say(false, "secret");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 2000);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2000);
	CHECK(world_counter(&w, ES_CNT_TCP_EVICTED) >= 2000 - 128);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 2000 - 128);
	CHECK(keys.opened - keys.closed <= 256);
	CHECK(end());
}

TEST(tls_read_secret_that_is_missing_later_is_no_key)
{
	begin();
	keys.has_no_traffic_keys = true;
	connect_from(40000);
	handshake(true);
	say(false, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK(end());
}

TEST(tls_read_suite_or_second_handshake_is_unsupported)
{
	begin();
	connect_from(40000);
	client_hello();
	server_hello(false, 0x000a);
	send(true, change_cipher_spec, sizeof(change_cipher_spec));
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_UNSUPPORTED), 1);
	connect_from(40001);
	handshake(false);
	say(false, "first");
	send_sealed(false, 22, finished, sizeof(finished));
	send_sealed(false, 20, "\1", 1); /* under keys that nobody logs */
	say(false, "second");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_UNSUPPORTED), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK(end());
}

TEST(tls_read_hole_ends_its_direction_only)
{
	begin();
	connect_from(40000);
	handshake(true);
	say(false, "one");
	line.seq[0] += 100; /* the capture missed them */
	line.number[0]++;
	say(false, "two");
	world_ack(&w, now_ms++, line.end[1], line.end[0], line.seq[0]);
	now_ms += 200;
	say(false, "three");
	world_ack(&w, now_ms++, line.end[1], line.end[0], line.seq[0]);
	say(false, "four");
	say(true, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK(end());
}

TEST(tls_read_packet_that_the_capture_cut_is_a_hole)
{
	begin();
	connect_from(40000);
	handshake(true);
	w.snap_bytes = 150;
	say(false, "one");
	w.snap_bytes = 0;
	say(false, "two");
	say(true, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK(end());
}

TEST(tls_read_record_that_does_not_fit_ends_its_direction_only)
{
	begin();
	connect_from(40000);
	handshake(false);
	line.number[0] = 9;
	say(false, "one");
	line.number[0] = 1;
	say(false, "two");
	say(true, "three");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK(end());
}

TEST(tls_read_length_that_cannot_be_is_given_up)
{
	static const uint8_t huge[] = { 23, 3, 3, 0xff, 0xff, 1, 2, 3 };

	begin();
	connect_from(40000);
	handshake(true);
	send(false, huge, sizeof(huge));
	say(false, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK(end());
}

TEST(tls_read_waits_for_a_hello_that_comes_late)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, SUITE);

	begin();
	connect_from(40000);
	line.is_1_3 = true;
	client_hello();
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send(false, change_cipher_spec, sizeof(change_cipher_spec));
	send_sealed(false, 22, finished, sizeof(finished));
	next_keys(false, ES_TLS_TRAFFIC_KEYS);
	say(false, "one");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	send(true, hello, n);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	say(false, "two");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK(end());
}

TEST(tls_read_one_direction_alone_is_a_hole)
{
	begin();
	connect_from(40000);
	line.is_1_3 = true;
	client_hello();
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 1);
	CHECK(end());
}

TEST(tls_read_early_data_is_passed_over_and_counted)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL), at = RANDOM_AT + 32 + 9;

	memcpy(hello + at, (const uint8_t[]){ 0, 42, 0, 4 }, 4); /* early_data where SNI was */
	begin();
	connect_from(40000);
	line.is_1_3 = true;
	send(false, hello, n);
	next_keys(false, 77);
	say(false, "early");
	say(false, "early too");
	server_hello(true, SUITE);
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	next_keys(false, ES_TLS_TRAFFIC_KEYS);
	say(false, "late");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_EARLY), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK(end());
}

TEST(tls_read_early_data_without_end_is_given_up)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	memcpy(hello + RANDOM_AT + 32 + 9, (const uint8_t[]){ 0, 42, 0, 4 }, 4);
	begin();
	connect_from(40000);
	send(false, hello, n);
	server_hello(true, SUITE);
	next_keys(false, 77);
	for (int i = 0; i < 200; i++)
		say(false, "early");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_EARLY), 64);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 1);
	CHECK(end());
}

TEST(tls_read_connection_begun_before_is_counted)
{
	begin();
	line = (struct line){ .end = { world_addr(1, 40000), world_addr(2, 443) },
		.seq = { 101, 501 },
		.is_1_3 = true };
	for (int i = 0; i < 5; i++) {
		say(false, "one");
		say(true, "one");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_MIDDLE), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 0);
	CHECK(end());
}

TEST(tls_read_what_is_no_sip_inside_is_left_alone)
{
	char junk[8000];

	begin();
	connect_from(40000);
	handshake(true);
	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 20; i++)
		send_sealed(i % 2, 23, junk, sizeof(junk));
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_RECORDS), 22);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK(end());
}
