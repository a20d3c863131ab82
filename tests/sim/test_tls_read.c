/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with keys at hand, through an engine: what is handed on. */
#include "tests/sim/tls_line.h"

#include <stdlib.h>

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

/* Directions may be captured askew: what the server said is read as soon as the client's hello is there. */
TEST(tls_read_server_that_is_captured_before_its_client)
{
	begin();
	connect_from(40000);
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(true, 22, finished, sizeof(finished));
	next_keys(true, ES_TLS_TRAFFIC_KEYS);
	say(true, "early");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	client_hello();
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK(end());
}

/* A record may carry one byte, as where TLS 1.0 was hardened: the message is whole behind the next. */
TEST(tls_read_record_of_one_byte)
{
	char text[1000];
	size_t n = sip(false, "split", text);

	begin();
	connect_from(40000);
	handshake(false);
	send_sealed(false, 23, text, 1);
	send_sealed(false, 23, text + 1, n - 1);
	expect_call("split");
	CHECK(end());
}
