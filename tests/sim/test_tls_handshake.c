/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of TLS with keys at hand: what a server or a client says instead of the usual. */
#include "tests/sim/tls_line.h"

enum { VERSION_AT = 9, SESSION_AT = 43, COMPRESSION_AT = 46, EXTENSIONS_AT = 47, ALERT = 21 };

static const enum es_counter refusals[] = { ES_CNT_TLS_NO_KEY, ES_CNT_TLS_UNSUPPORTED,
	ES_CNT_TLS_MIDDLE, ES_CNT_TLS_HOLES, ES_CNT_TLS_FAILED, ES_CNT_TLS_LEFT };

/* Of all reasons this one, so often; ES_CNT_TLS: none. */
static void
check_refused(int line_number, enum es_counter why, uint64_t n)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		uint64_t is = world_counter(&w, refusals[i]);

		if (is != (refusals[i] == why ? n : 0))
			test_fail(__FILE__, line_number, "counter %d is %u", (int)refusals[i],
			    (unsigned)is);
	}
}

#define REFUSED(why, n) check_refused(__LINE__, why, n)
#define NOTHING_REFUSED() check_refused(__LINE__, ES_CNT_TLS, 0)

/* A ServerHello that asks for another ClientHello: RFC 8446 section 4.1.3. */
static void
retry_request(void)
{
	static const uint8_t random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe,
		0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c,
		0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, SUITE);

	memcpy(hello + RANDOM_AT, random, sizeof(random));
	send(true, hello, n);
}

static void
both_finish(bool has_ccs)
{
	for (int side = 1; side >= 0; side--) {
		if (has_ccs)
			send(side, change_cipher_spec, sizeof(change_cipher_spec));
		next_keys(side, ES_TLS_HANDSHAKE_KEYS);
		send_sealed(side, 22, finished, sizeof(finished));
		next_keys(side, ES_TLS_TRAFFIC_KEYS);
	}
}

/* From the ChangeCipherSpec of TLS 1.2 on. */
static void
finish_1_2(bool by_server)
{
	send(by_server, change_cipher_spec, sizeof(change_cipher_spec));
	next_keys(by_server, ES_TLS_TRAFFIC_KEYS);
	send_sealed(by_server, 22, finished, sizeof(finished));
}

/* Both directions are read, with one look for the key. */
static void
expect_read(void)
{
	say(false, "secret");
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 1);
	NOTHING_REFUSED();
	expect_call("secret");
	CHECK(end());
	CHECK_EQ(keys.asked, 1);
}

/* Nothing is, for one reason, and no key is asked for. */
static void
expect_unread(enum es_counter why)
{
	say(false, "secret");
	say(true, "secret");
	REFUSED(why, 1);
	CHECK_EQ(keys.asked, 0);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK(end());
}

/* With ChangeCipherSpecs for the sake of older boxes, here or there. The first random counts, as in every key log. */
TEST(tls_hello_again_behind_a_retry_is_passed_over)
{
	for (unsigned row = 0; row < 8; row++) {
		bool has_early_ccs = (row & 1) != 0, has_ccs = (row & 2) != 0;
		uint8_t again[TLS_HELLO_BYTES_MAX];
		size_t n = tls_hello(again, NULL);

		if ((row & 4) != 0)
			memset(again + RANDOM_AT, 0x77, 32);
		begin();
		connect_from(40000);
		client_hello();
		retry_request();
		for (int side = 1; side >= 0 && has_early_ccs; side--)
			send(side, change_cipher_spec, sizeof(change_cipher_spec));
		send(false, again, n);
		CHECK_EQ(keys.asked, 0);
		server_hello(true, SUITE);
		both_finish(has_ccs);
		expect_read();
	}
}

/* The capture has the client's hello behind what answers it: nothing is lost over that. */
TEST(tls_retry_ahead_of_its_hello_is_followed)
{
	begin();
	connect_from(40000);
	retry_request();
	client_hello();
	client_hello();
	server_hello(true, SUITE);
	both_finish(true);
	expect_read();
}

/* The client's second flight is captured before the server's request for it. */
TEST(tls_retry_that_comes_late_wakes_what_waits_for_it)
{
	uint8_t again[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(again, NULL);

	begin();
	connect_from(40000);
	client_hello();
	send(false, change_cipher_spec, sizeof(change_cipher_spec));
	send(false, again, n);
	retry_request();
	server_hello(true, SUITE);
	both_finish(false);
	say(false, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	NOTHING_REFUSED();
	CHECK(end());
}

TEST(tls_that_ends_with_a_retry_is_nothing_to_complain_of)
{
	begin();
	connect_from(40000);
	client_hello();
	retry_request();
	world_flush(&w);
	NOTHING_REFUSED();
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 1);
	CHECK(end());
}

/* The server refuses the handshake: there is nothing to read, and no key is asked for. */
TEST(tls_alert_in_the_place_of_a_hello_refuses_nothing)
{
	static const uint8_t alert[] = { ALERT, 3, 3, 0, 2, 2, 40 };

	begin();
	connect_from(40000);
	client_hello();
	send(true, alert, sizeof(alert));
	world_flush(&w);
	NOTHING_REFUSED();
	CHECK_EQ(keys.asked, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_TLS), 1);
	CHECK(end());
}

/* Warnings of either side, in clear and encrypted: what follows is read on. */
TEST(tls_alerts_between_records_are_passed_over)
{
	static const uint8_t clear[] = { ALERT, 3, 3, 0, 2, 1, 112 };
	static const uint8_t warning[] = { 1, 90 };

	for (int is_1_3 = 0; is_1_3 < 2; is_1_3++) {
		begin();
		connect_from(40000);
		client_hello();
		send(true, clear, sizeof(clear));
		server_hello(is_1_3, SUITE);
		for (int side = 1; side >= 0; side--) {
			if (side == 1 || !is_1_3)
				send(side, clear, sizeof(clear));
			send(side, change_cipher_spec, sizeof(change_cipher_spec));
			next_keys(side, is_1_3 ? ES_TLS_HANDSHAKE_KEYS : ES_TLS_TRAFFIC_KEYS);
			send_sealed(side, 22, finished, sizeof(finished));
			if (is_1_3)
				next_keys(side, ES_TLS_TRAFFIC_KEYS);
		}
		send_sealed(true, ALERT, warning, sizeof(warning));
		send_sealed(false, ALERT, "\1\0", 2);
		expect_read();
	}
}

/* With compression, a cut MAC, another version: both directions are left, and no key is asked for. */
TEST(tls_server_hello_of_what_is_not_read_is_unsupported)
{
	static const struct {
		size_t at;
		uint8_t bytes[8];
		size_t n;
		bool is_1_3;
	} rows[] = {
		{ COMPRESSION_AT, { 1 }, 1, false },
		{ VERSION_AT, { 3, 2 }, 2, false },
		{ VERSION_AT, { 3, 5 }, 2, false },
		{ EXTENSIONS_AT, { 0, 4, 0, 4, 0, 0 }, 6, false },
		{ EXTENSIONS_AT, { 0, 4, 0, 4, 0, 0 }, 6, true },
		{ EXTENSIONS_AT, { 0, 6, 0, 43, 0, 2, 3, 5 }, 8, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t hello[TLS_HELLO_BYTES_MAX];
		size_t n = server_hello_bytes(hello, rows[i].is_1_3, SUITE);

		memcpy(hello + rows[i].at, rows[i].bytes, rows[i].n);
		if (rows[i].at + rows[i].n > n) { /* an extension more */
			n = rows[i].at + rows[i].n;
			hello[4] = (uint8_t)(n - 5);
			hello[8] = (uint8_t)(n - 9);
		}
		begin();
		connect_from(40000);
		client_hello();
		send(true, hello, n);
		if (rows[i].is_1_3)
			both_finish(false);
		for (int side = 1; side >= 0 && !rows[i].is_1_3; side--)
			finish_1_2(side);
		expect_unread(ES_CNT_TLS_UNSUPPORTED);
	}
}

/* A hello of either side whose length ends inside the random, where a look at its front sees none. */
TEST(tls_hello_that_is_damaged_fails_both_directions)
{
	for (int row = 0; row < 4; row++) {
		bool by_server = row >= 2, is_1_3 = row % 2 == 0;
		uint8_t hello[TLS_HELLO_BYTES_MAX];
		size_t n;

		begin();
		connect_from(40000);
		if (by_server)
			client_hello();
		n = by_server ? server_hello_bytes(hello, is_1_3, SUITE) : tls_hello(hello, NULL);
		hello[8] = 20;
		send(by_server, hello, n);
		if (!by_server)
			server_hello(is_1_3, SUITE);
		if (is_1_3)
			both_finish(false);
		for (int side = 1; side >= 0 && !is_1_3; side--)
			finish_1_2(side);
		expect_unread(ES_CNT_TLS_FAILED);
	}
}

/* The same of its record. */
TEST(tls_hello_whose_record_ends_in_its_random_is_not_followed)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];

	begin();
	connect_from(40000);
	(void)tls_hello(hello, NULL);
	hello[3] = 0;
	hello[4] = 20;
	send(false, hello, 25);
	server_hello(true, SUITE);
	expect_unread(ES_CNT_TLS_FAILED);
}

/* What waited in the other direction goes with a refusal: nothing of it is asked about again. */
TEST(tls_refusal_lets_what_waits_for_it_go)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, SUITE);

	begin();
	keys.open_err = ES_ENOTFOUND;
	connect_from(40000);
	line.is_1_3 = true;
	client_hello();
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	CHECK_EQ(keys.asked, 0);
	send(true, hello, n);
	CHECK_EQ(keys.asked, 1);
	REFUSED(ES_CNT_TLS_NO_KEY, 1);
	say(false, "secret");
	say(true, "secret");
	CHECK_EQ(keys.asked, 1);
	REFUSED(ES_CNT_TLS_NO_KEY, 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 0);
	CHECK(end());
}

/* What the keys' keeper says, and what is counted. */
TEST(tls_keeper_of_keys_who_cannot_is_counted_by_why)
{
	static const struct {
		int err;
		enum es_counter why;
	} rows[] = {
		{ ES_ENOTFOUND, ES_CNT_TLS_NO_KEY }, { ES_EUNSUPPORTED, ES_CNT_TLS_UNSUPPORTED },
		{ ES_EFULL, ES_CNT_TLS_LEFT }, { ES_ENOMEM, ES_CNT_TLS_LEFT },
		{ ES_EINVALID, ES_CNT_TLS_LEFT }, /* the hellos are not those of the key */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int is_rekey = 0; is_rekey < 2; is_rekey++) {
			begin();
			*(is_rekey ? &keys.rekey_err : &keys.open_err) = rows[i].err;
			connect_from(40000);
			handshake(i % 2 == 0);
			say(false, "secret");
			say(true, "secret");
			REFUSED(is_rekey && rows[i].err == ES_EUNSUPPORTED ? ES_CNT_TLS_LEFT
									   : rows[i].why,
			    1);
			CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), is_rekey);
			CHECK_EQ(keys.asked, 1);
			CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
			CHECK(end());
		}
	}
}

/* In TLS 1.2 data comes behind the ChangeCipherSpec of its direction: that one ends, the other is read. */
TEST(tls_data_before_its_keys_fails_its_direction_only)
{
	for (int has_keys = 0; has_keys < 2; has_keys++) {
		begin();
		connect_from(40000);
		client_hello();
		server_hello(false, SUITE);
		if (has_keys)
			next_keys(false, ES_TLS_TRAFFIC_KEYS);
		say(false, "one");
		for (int side = 1; side >= 0; side--) {
			finish_1_2(side);
			say(side, "two");
		}
		REFUSED(ES_CNT_TLS_FAILED, 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 1);
		CHECK(end());
	}
}

/* Early data that was not announced, of the server, or behind a record that fitted, is damage. */
TEST(tls_records_that_do_not_fit_are_early_data_only_where_they_can_be)
{
	for (int row = 0; row < 3; row++) {
		uint8_t hello[TLS_HELLO_BYTES_MAX];
		size_t n = tls_hello(hello, NULL);
		bool by_server = row == 1;

		if (row > 0) /* announced */
			memcpy(hello + RANDOM_AT + 32 + 9, (const uint8_t[]){ 0, 42, 0, 4 }, 4);
		begin();
		connect_from(40000);
		send(false, hello, n);
		server_hello(true, SUITE);
		next_keys(by_server, ES_TLS_HANDSHAKE_KEYS);
		if (row == 2)
			send_sealed(false, 22, "\x0b\0\0", 3);
		next_keys(by_server, 77);
		say(by_server, "early");
		REFUSED(ES_CNT_TLS_FAILED, 1);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_EARLY), 0);
		CHECK(end());
	}
}

/* The messages of a handshake that TLS 1.2 sends in clear are passed over, and each hello once. */
TEST(tls_messages_behind_the_hellos_are_passed_over)
{
	static const uint8_t certificate[] = { 22, 3, 3, 0, 8, 11, 0, 0, 4, 0, 0, 1, 0 };
	static const uint8_t key_exchange[] = { 22, 3, 3, 0, 6, 16, 0, 0, 2, 1, 1 };
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = server_hello_bytes(hello, true, 0x000a);

	begin();
	connect_from(40000);
	client_hello();
	server_hello(false, SUITE);
	send(true, certificate, sizeof(certificate));
	send(true, hello, n); /* another suite and version: not looked at */
	send(false, key_exchange, sizeof(key_exchange));
	for (int side = 0; side < 2; side++)
		finish_1_2(side);
	say(false, "secret");
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
	NOTHING_REFUSED();
	CHECK(end());
}

/* One reason a connection, whatever goes wrong next in the other direction. */
TEST(tls_connection_is_counted_by_its_first_obstacle)
{
	begin();
	connect_from(40000);
	handshake(true);
	line.number[0] = 9;
	say(false, "one"); /* does not fit */
	line.seq[1] += 100;
	say(true, "two"); /* a hole */
	world_ack(&w, now_ms++, line.end[0], line.end[1], line.seq[1]);
	now_ms += 200;
	say(true, "three");
	world_ack(&w, now_ms++, line.end[0], line.end[1], line.seq[1]);
	world_flush(&w);
	REFUSED(ES_CNT_TLS_FAILED, 1);
	CHECK(end());
}

/* Data ahead of the server's hello, as packets overtake one another: it waits. */
TEST(tls_data_that_overtook_the_hello_waits)
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

/* Two directions alone are none: the connection that one began goes when the other began again. */
TEST(tls_ports_again_open_a_connection_of_their_own)
{
	begin();
	for (unsigned i = 0; i < 3; i++) {
		line = (struct line){ .end = { world_addr(1, 40000), world_addr(2, 5061) },
			.seq = { 100001 * (i + 1), 500001 * (i + 1) } };
		world_send_tcp(
		    &w, now_ms++, line.end[0], line.end[1], line.seq[0] - 1, SYN, NULL, 0);
		world_send_tcp(
		    &w, now_ms++, line.end[1], line.end[0], line.seq[1] - 1, SYN_ACK, NULL, 0);
		for (int side = 1; side >= 0 && i > 0; side--)
			world_ack(&w, now_ms++, line.end[side], line.end[!side], line.seq[!side]);
		handshake(i % 2 == 0);
		say(false, "secret");
		say(true, "secret");
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_OPENED), 3);
	CHECK_EQ(keys.opened, 3);
	CHECK_EQ(keys.closed, 2);
	NOTHING_REFUSED();
	CHECK(end());
}
