/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with keys at hand, through an engine: hellos that come twice, are refused, or stand in another order. */
#include "tests/sim/tls_line.h"

enum { VERSION_AT = 9, CLIENT_RANDOM_AT = 11, COMPRESSION_AT = 46, EXTENSIONS_AT = 47 };

/* RFC 8446 section 4.1.3: the random of a HelloRetryRequest. */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe,
	0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

static void
retry_request(void)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, SUITE);

	memcpy(hello + RANDOM_AT, retry_random, sizeof(retry_random));
	send(true, hello, n);
}

/* From the ServerHello on, as RFC 8446 has it. */
static void
rest_of_handshake(bool has_ccs)
{
	server_hello(true, SUITE);
	for (int side = 1; side >= 0; side--) {
		if (has_ccs)
			send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, ES_TLS_HANDSHAKE_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
		next_keys(side, ES_TLS_TRAFFIC_KEYS);
	}
}

static void
expect_read(void)
{
	say(false, "secret");
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_UNSUPPORTED), 0);
	expect_call("secret");
	CHECK(end());
	CHECK_EQ(keys.asked, 1);
}

TEST(tls_read_hello_retry_request_is_followed)
{
	for (int has_ccs = 0; has_ccs < 2; has_ccs++) {
		begin();
		connect_from(40000);
		client_hello();
		retry_request();
		if (has_ccs) {
			send(true, change_cipher_spec, sizeof(change_cipher_spec));
			send(false, change_cipher_spec, sizeof(change_cipher_spec));
		}
		client_hello(); /* again: the same random */
		rest_of_handshake(!has_ccs);
		expect_read();
	}
}

/* The capture has the client's hello behind what answers it: nothing is lost over that. */
TEST(tls_read_retry_request_ahead_of_its_hello_is_followed)
{
	begin();
	connect_from(40000);
	retry_request();
	client_hello();
	client_hello();
	rest_of_handshake(true);
	expect_read();
}

/* What a hello says that cannot be followed: both directions go, with one count. */
static void
refuse(size_t at, const void *bytes, size_t n, enum es_counter why)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n_hello = server_hello_bytes(hello, false, SUITE);

	memcpy(hello + at, bytes, n);
	if (at + n > n_hello) { /* with an extension */
		n_hello = at + n;
		hello[4] = (uint8_t)(n_hello - 5);
		hello[8] = (uint8_t)(n_hello - 9);
	}
	begin();
	connect_from(40000);
	client_hello();
	send(true, hello, n_hello);
	for (int side = 1; side >= 0; side--) {
		send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, ES_TLS_TRAFFIC_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
		say(side, "secret");
	}
	if (world_counter(&w, why) != 1 || world_counter(&w, ES_CNT_SIP_MESSAGES) != 0)
		test_fail(
		    __FILE__, __LINE__, "at %zu: %d counted", at, (int)world_counter(&w, why));
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 0);
	CHECK(end());
	CHECK_EQ(keys.asked, 0);
}

TEST(tls_read_hello_that_cannot_be_followed_is_unsupported)
{
	static const uint8_t old[] = { 3, 2 }, later[] = { 3, 5 }, deflate[] = { 1 },
			     cut_mac[] = { 0, 4, 0, 4, 0, 0 };

	refuse(VERSION_AT, old, sizeof(old), ES_CNT_TLS_UNSUPPORTED);
	refuse(VERSION_AT, later, sizeof(later), ES_CNT_TLS_UNSUPPORTED);
	refuse(COMPRESSION_AT, deflate, sizeof(deflate), ES_CNT_TLS_UNSUPPORTED);
	refuse(EXTENSIONS_AT, cut_mac, sizeof(cut_mac), ES_CNT_TLS_UNSUPPORTED);
}

TEST(tls_read_server_hello_that_ends_too_soon_has_failed)
{
	static const uint8_t length[] = { 0, 0, 20 };

	refuse(6, length, sizeof(length), ES_CNT_TLS_FAILED);
}

TEST(tls_read_client_message_that_is_no_hello_is_not_followed)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	begin();
	connect_from(40000);
	hello[3] = 0;
	hello[4] = 20; /* the record ends inside the random */
	send(false, hello, n < 25 ? n : 25);
	server_hello(true, SUITE);
	say(false, "secret");
	say(true, "secret");
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 0);
	CHECK(end());
}

TEST(tls_read_hellos_that_are_not_those_of_the_key_are_left)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	begin();
	connect_from(40000);
	hello[CLIENT_RANDOM_AT] = 1; /* the opener takes no other */
	send(false, hello, n);
	rest_of_handshake(true);
	say(false, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK(end());
}

/* An alert in clear before the keys says nothing that would end what comes behind it. */
TEST(tls_read_alert_in_clear_is_passed_over)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 1, 90 };

	begin();
	connect_from(40000);
	client_hello();
	server_hello(false, SUITE);
	for (int side = 1; side >= 0; side--) {
		send(side, alert, sizeof(alert));
		send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, ES_TLS_TRAFFIC_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
	}
	expect_read();
}

TEST(tls_read_alert_that_is_sealed_is_passed_over)
{
	begin();
	connect_from(40000);
	handshake(true);
	send_sealed(false, 21, "\1\0", 2);
	expect_read();
}

/* Data in clear behind the hellos of TLS 1.2 is no TLS: that direction ends, the other is read. */
TEST(tls_read_data_before_its_keys_ends_its_direction)
{
	begin();
	connect_from(40000);
	client_hello();
	server_hello(false, SUITE);
	say(false, "one");
	for (int side = 1; side >= 0; side--) {
		send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, ES_TLS_TRAFFIC_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
		say(side, "two");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 1);
	CHECK(end());
}

/* Data ahead of the server's hello, as packets overtake one another: it waits. */
TEST(tls_read_data_that_overtook_the_hello_waits)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, SUITE);

	begin();
	connect_from(40000);
	client_hello();
	line.is_1_3 = true;
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	next_keys(false, ES_TLS_TRAFFIC_KEYS);
	say(false, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	send(true, hello, n);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(true, 22, finished, sizeof(finished));
	next_keys(true, ES_TLS_TRAFFIC_KEYS);
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	expect_call("secret");
	CHECK(end());
}

/* A new connection on the ports of one before: its hellos are its own. */
TEST(tls_read_new_connection_on_the_same_ports)
{
	begin();
	for (int i = 0; i < 3; i++) {
		line = (struct line){ .end = { world_addr(1, 40000), world_addr(2, 5061) },
			.seq = { 100001u * (unsigned)(i + 1), 500001u * (unsigned)(i + 1) } };
		world_send_tcp(
		    &w, now_ms++, line.end[0], line.end[1], line.seq[0] - 1, SYN, NULL, 0);
		world_send_tcp(
		    &w, now_ms++, line.end[1], line.end[0], line.seq[1] - 1, SYN_ACK, NULL, 0);
		handshake(i % 2 == 0);
		say(false, "secret");
		say(true, "secret");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK(end());
	CHECK_EQ(keys.opened, 3);
}
