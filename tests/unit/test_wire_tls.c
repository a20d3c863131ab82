/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as far as its kinds are distinguished. */
#include "probes/wire/other/tls_handshake.h"
#include "sweep.h"
#include "tls_hello.h"

static bool offers_sip;

static int
hello(const uint8_t *bytes, size_t n)
{
	offers_sip = false;
	return es_tls_hello(test_guarded(bytes, n), &offers_sip);
}

TEST(tls_hello_shows_whether_sip_is_offered)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];

	CHECK_EQ(hello(bytes, tls_hello(bytes, "h2")), 0);
	CHECK(!offers_sip);
	CHECK_EQ(hello(bytes, tls_hello(bytes, "sip/2")), 0);
	CHECK(offers_sip);
	CHECK_EQ(hello(bytes, tls_hello(bytes, NULL)), 0);
	CHECK(!offers_sip);
}

TEST(tls_hello_waits_for_its_record)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(bytes, "sip/2");

	for (size_t i = 1; i < n; i++)
		CHECK_EQ(hello(bytes, i), ES_ESHORT);
}

TEST(tls_of_the_server_or_later_is_no_hello)
{
	CHECK_EQ(hello((const uint8_t *)"\x16\3\3\0\5\2\0\0\1\0", 10), ES_EMALFORMED);
	CHECK_EQ(hello((const uint8_t *)"\x17\3\3\0\5abcde", 10), ES_EMALFORMED);
	CHECK(es_tls_is_record(test_guarded("\x17\3\3\0\5abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("\x17\2\3\0\5abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("\x17\3\3\0\0abcde", 10)));
	CHECK(!es_tls_is_record(test_guarded("SIP/2.0 200", 11)));
}

/* A ServerHello with extensions; version 0: without supported_versions. Returns the length. */
static size_t
server_hello(uint8_t out[TLS_HELLO_BYTES_MAX], uint16_t version, bool is_mac_last)
{
	static const uint8_t start[] = { 22, 3, 3, 0, 0, 2, 0, 0, 0, 3, 3 };
	static const uint8_t middle[] = { 1, 7, 0xc0, 0x23, 0 }; /* session, suite, compression */
	size_t n = sizeof(start) + 32,
	       extensions = (version != 0 ? 6u : 0u) + (is_mac_last ? 4u : 0u);

	memset(out, 0x33, TLS_HELLO_BYTES_MAX);
	memcpy(out, start, sizeof(start));
	memcpy(out + n, middle, sizeof(middle));
	n += sizeof(middle);
	out[n++] = 0;
	out[n++] = (uint8_t)extensions;
	if (version != 0) {
		const uint8_t e[] = { 0, 43, 0, 2, (uint8_t)(version >> 8), (uint8_t)version };

		memcpy(out + n, e, sizeof(e));
		n += sizeof(e);
	}
	if (is_mac_last) {
		memcpy(out + n, (const uint8_t[]){ 0, 22, 0, 0 }, 4);
		n += 4;
	}
	out[4] = (uint8_t)(n - 5);
	out[8] = (uint8_t)(n - 9);
	return n;
}

static int
parse_server(const uint8_t *bytes, size_t n, struct es_tls_server_hello *out)
{
	struct es_tls_record r;
	int err = es_tls_record_parse(test_guarded(bytes, n), &r);

	return err != 0 ? err : es_tls_server_hello_parse(r.fragment, out);
}

TEST(tls_server_hello_says_version_suite_and_order_of_the_mac)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	struct es_tls_server_hello h;

	CHECK_EQ(parse_server(bytes, server_hello(bytes, 0x0304, false), &h), 0);
	CHECK_EQ(h.version, 0x0304);
	CHECK_EQ(h.suite, 0xc023);
	CHECK_EQ(h.random.n, 32);
	CHECK(!h.is_retry && !h.is_mac_last && h.compression == 0);
	CHECK_EQ(parse_server(bytes, server_hello(bytes, 0, true), &h), 0);
	CHECK_EQ(h.version, 0x0303);
	CHECK(h.is_mac_last);
}

/* As OpenSSL sends it where nothing was offered: the length of the extensions is left out too. */
TEST(tls_server_hello_may_end_without_extensions)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	struct es_tls_server_hello h;
	size_t n = server_hello(bytes, 0, false) - 2;

	bytes[4] = (uint8_t)(n - 5);
	bytes[8] = (uint8_t)(n - 9);
	CHECK_EQ(parse_server(bytes, n, &h), 0);
	CHECK_EQ(h.version, 0x0303);
	CHECK(!h.is_mac_last);
}

/* What follows in the same record is no extension, though it looks like supported_versions. */
TEST(tls_server_hello_ends_where_its_length_says)
{
	static const uint8_t next[] = { 0, 6, 0, 43, 0, 2, 3, 4 };
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	struct es_tls_server_hello h;
	size_t n = server_hello(bytes, 0, false) - 2;

	bytes[8] = (uint8_t)(n - 9);
	memcpy(bytes + n, next, sizeof(next));
	bytes[4] = (uint8_t)(n + sizeof(next) - 5);
	CHECK_EQ(parse_server(bytes, n + sizeof(next), &h), 0);
	CHECK_EQ(h.version, 0x0303);
}

TEST(tls_hello_retry_request_is_distinguished)
{
	static const uint8_t retry[] = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e"
				       "\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e"
				       "\x09\xe2\xc8\xa8\x33\x9c";
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	struct es_tls_server_hello h;
	size_t n = server_hello(bytes, 0x0304, false);

	memcpy(bytes + 11, retry, 32);
	CHECK_EQ(parse_server(bytes, n, &h), 0);
	CHECK(h.is_retry);
	bytes[11 + 31] ^= 1;
	CHECK_EQ(parse_server(bytes, n, &h), 0);
	CHECK(!h.is_retry);
}

TEST(tls_record_is_whole_or_waited_for)
{
	static const uint8_t large[] = { 23, 3, 3, 0x48, 1 };
	uint8_t bytes[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello(bytes, 0x0304, false);
	struct es_tls_record r;

	for (size_t i = 0; i < n; i++)
		CHECK_EQ(es_tls_record_parse(test_guarded(bytes, i), &r), ES_ESHORT);
	CHECK_EQ(es_tls_record_parse(test_guarded(bytes, n + 9), &r), 0);
	CHECK_EQ(r.whole.n, n);
	CHECK_EQ(r.fragment.n, n - 5);
	CHECK_EQ(r.type, ES_TLS_HANDSHAKE);
	CHECK_EQ(es_tls_record_parse(GUARDED(large), &r), ES_EMALFORMED);
	CHECK_EQ(es_tls_record_parse(test_guarded("\x17\3\3\0\0", 5), &r), ES_EMALFORMED);
	CHECK_EQ(es_tls_record_parse(test_guarded("\x18\3\3\0\1a", 6), &r), ES_EMALFORMED);
	CHECK(es_tls_is_server_hello(test_guarded(bytes, 6)));
	CHECK(!es_tls_is_server_hello(test_guarded(bytes, 5)));
}

/* Three messages (20, 11 without a body, 24), cut at every pair of places. */
TEST(tls_messages_end_where_they_end_however_they_are_cut)
{
	static const uint8_t bytes[] = { 20, 0, 0, 3, 1, 2, 3, 11, 0, 0, 0, 24, 0, 0, 1, 0 };

	for (size_t a = 0; a <= sizeof(bytes); a++) {
		for (size_t b = a; b <= sizeof(bytes); b++) {
			const size_t from[] = { 0, a, b }, to[] = { a, b, sizeof(bytes) };
			struct es_tls_messages m = { .left = 0 };
			uint8_t ended[4] = { 0 };
			unsigned n = 0;

			for (unsigned i = 0; i < 3; i++) {
				es_slice part = test_guarded(bytes + from[i], to[i] - from[i]);

				while (part.n > 0) {
					uint8_t type = es_tls_message_next(&m, &part);

					if (type != 0 && n < 4)
						ended[n++] = type;
				}
			}
			CHECK_EQ(n, 3);
			CHECK(ended[0] == 20 && ended[1] == 11 && ended[2] == 24);
		}
	}
}

static void
parse(es_slice bytes, uint32_t wire_bytes)
{
	struct es_tls_client_hello client;
	struct es_tls_server_hello server;
	struct es_tls_record r;

	(void)wire_bytes;
	(void)es_tls_hello(bytes, &offers_sip);
	(void)es_tls_is_record(bytes);
	(void)es_tls_is_server_hello(bytes);
	if (es_tls_record_parse(bytes, &r) == 0) {
		check_within(r.whole, bytes);
		check_within(r.fragment, r.whole);
		if (es_tls_client_hello_parse(r.fragment, &client) == 0) {
			check_within(client.random, r.fragment);
			check_within(client.protocols, r.fragment);
		}
		if (es_tls_server_hello_parse(r.fragment, &server) == 0)
			check_within(server.random, r.fragment);
	}
}

TEST(tls_survives_every_small_damage)
{
	uint8_t bytes[TLS_HELLO_BYTES_MAX];

	sweep(bytes, tls_hello(bytes, "sip/2"), parse);
	sweep(bytes, server_hello(bytes, 0x0304, true), parse);
}
