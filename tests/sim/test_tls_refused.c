/* SPDX-License-Identifier: Apache-2.0 */
/* TLS with keys at hand, through an engine: what is given up, and counted why. */
#include "tests/sim/tls_line.h"

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

TEST(tls_read_connection_refused_by_its_first_hello_has_one_reason)
{
	uint8_t hello[TLS_HELLO_BYTES_MAX];
	size_t n = tls_hello(hello, NULL);

	hello[8] = 20; /* its length ends inside the random */
	begin();
	connect_from(40000);
	line.is_1_3 = true;
	send(false, hello, n);
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(true, 22, finished, sizeof(finished));
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_MIDDLE), 0);
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
