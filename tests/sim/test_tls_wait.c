/* SPDX-License-Identifier: Apache-2.0 */
/* TLS whose keys reach the log after the first packets that need them. */
#include "tests/sim/tls_line.h"

#include <stdlib.h>

enum { FIN_ACK = 0x11, RST_ACK = 0x14, WAIT_MS = 10000 };

static void
answer(const char *call_id, const char *status, unsigned cseq, const char *method)
{
	char start[64], text[1000];
	struct world_sip m = { .start = start,
		.call_id = call_id,
		.from_tag = "a",
		.to_tag = "b",
		.cseq = cseq,
		.method = method };

	(void)snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	send_sealed(true, 23, text, world_sip_text(&m, text, sizeof(text)));
}

static void
ask(const char *call_id, const char *method, unsigned cseq)
{
	char start[64], text[1000];
	struct world_sip m = { .start = start,
		.call_id = call_id,
		.from_tag = "a",
		.to_tag = cseq == 1 && method[0] == 'I' ? NULL : "b",
		.cseq = cseq,
		.method = method };

	(void)snprintf(start, sizeof(start), "%s sip:bob@b SIP/2.0", method);
	send_sealed(false, 23, text, world_sip_text(&m, text, sizeof(text)));
}

static void
finish(bool by_server, uint8_t flags)
{
	world_send_tcp(&w, now_ms++, line.end[by_server], line.end[!by_server], line.seq[by_server],
	    flags, NULL, 0);
}

/* A packet of something else. */
static void
pass_by(double ms)
{
	now_ms = ms;
	world_send_udp(&w, now_ms++, world_addr(8, 9999), world_addr(9, 9999), "x", 1);
}

/* A call, each message at a time of its own; the keys come behind so many messages, -1: before all. */
static void
whole_call(bool is_1_3, int messages_before)
{
	keys.is_growing = true;
	keys.knows_none = messages_before >= 0;
	connect_from(40000);
	handshake(is_1_3);
	for (int i = 0; i < 6; i++) {
		if (i == messages_before)
			keys.knows_none = false;
		now_ms += 100 + 10 * i;
		switch (i) {
		case 0:
			ask("late", "INVITE", 1);
			break;
		case 1:
			answer("late", "180 Ringing", 1, "INVITE");
			break;
		case 2:
			answer("late", "200 OK", 1, "INVITE");
			break;
		case 3:
			ask("late", "ACK", 1);
			break;
		case 4:
			ask("late", "BYE", 2);
			break;
		case 5:
			answer("late", "200 OK", 2, "BYE");
			break;
		}
	}
	finish(false, FIN_ACK);
	finish(true, FIN_ACK);
	keys.knows_none = false;
}

/* Whenever the keys come, the records are the same to the byte, times and all. */
TEST(tls_read_keys_that_come_late_give_the_same_call)
{
	for (int is_1_3 = 0; is_1_3 < 2; is_1_3++) {
		uint8_t *log = NULL;
		size_t n = 0;

		for (int before = -1; before <= 6; before++) {
			begin();
			whole_call(is_1_3, before);
			world_flush(&w);
			CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
			CHECK_EQ(world_counter(&w, ES_CNT_TLS_WAITED), before >= 0);
			CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
			CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
			CHECK(world_call(&w, "late") != NULL);
			CHECK_EQ(world_call(&w, "late")->final_status, 200);
			CHECK_EQ(world_call(&w, "late")->ended_by, ES_PARTY_CALLER);
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
}

/* The connection is over, and nothing of it will ask again: any packet does, at most so often. */
TEST(tls_read_keys_that_come_behind_the_connection_are_found_by_other_packets)
{
	begin();
	whole_call(true, 6);
	keys.knows_none = true;
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	pass_by(2000);
	keys.asked = 0;
	pass_by(2000);
	for (int i = 0; i < 50; i++)
		pass_by(2000 + 2 * i);
	pass_by(2099);
	CHECK_EQ(keys.asked, 0);
	keys.knows_none = false;
	pass_by(2100);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 6);
	CHECK_EQ(keys.opened, 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
}

TEST(tls_read_keys_that_never_come_are_no_key_after_ten_seconds)
{
	begin();
	whole_call(true, 6);
	keys.knows_none = true;
	pass_by(9900);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	pass_by(WAIT_MS + 100);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	keys.knows_none = false; /* too late */
	pass_by(WAIT_MS + 300);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK_EQ(keys.opened, 0);
	CHECK(end());
}

/* Ten seconds behind the first record that needs them, and not before. */
TEST(tls_read_keys_are_waited_for_ten_seconds)
{
	double stopped_ms;

	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	client_hello();
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	stopped_ms = now_ms;
	send_sealed(true, 22, finished, sizeof(finished));
	pass_by(stopped_ms + WAIT_MS);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	pass_by(stopped_ms + WAIT_MS + 100); /* the next look */
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK(end());
}

TEST(tls_read_keys_that_never_come_are_no_key_at_the_end_of_the_capture)
{
	begin();
	whole_call(false, 6);
	keys.knows_none = true;
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK(end());
}

/* More than it may hold: given up, and the next connection reads on. */
TEST(tls_read_wait_for_keys_is_bounded_in_bytes)
{
	char junk[1400];

	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	handshake(true);
	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 100; i++)
		send_sealed(true, 23, junk, sizeof(junk));
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	keys.asked = 0;
	send_sealed(true, 23, junk, sizeof(junk));
	CHECK_EQ(keys.asked, 0);
	keys.knows_none = false;
	connect_from(40001);
	handshake(true);
	say(false, "next");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_WAITED), 1);
	CHECK(end());
}

/* Each holds as much as it may; who waits longest goes. */
TEST(tls_read_wait_for_keys_is_bounded_over_all)
{
	char junk[1400];

	begin();
	keys.is_growing = keys.knows_none = true;
	memset(junk, 'x', sizeof(junk));
	for (uint16_t i = 0; i < 100; i++) {
		connect_from((uint16_t)(20000 + i));
		handshake(true);
		for (int k = 0; k < 30; k++)
			send_sealed(true, 23, junk, sizeof(junk));
	}
	say(false, "last");
	CHECK(world_counter(&w, ES_CNT_TLS_NO_KEY) >= 20);
	CHECK(world_counter(&w, ES_CNT_TLS_NO_KEY) < 60);
	keys.knows_none = false;
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY) + keys.opened, 100);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK(end());
}

/* A log may be written one secret at a time: those of the handshake were there. */
TEST(tls_read_waits_for_the_secrets_behind_the_handshake)
{
	begin();
	keys.is_growing = keys.has_no_traffic_keys = true;
	connect_from(40000);
	handshake(true);
	now_ms += 50;
	say(false, "secret");
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_WAITED), 1);
	keys.has_no_traffic_keys = false;
	say(true, "secret");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	expect_call("secret");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
	begin(); /* and where they never come */
	keys.is_growing = keys.has_no_traffic_keys = true;
	connect_from(40000);
	handshake(true);
	say(false, "secret");
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_FAILED), 0);
	CHECK(end());
}

/* Out of order, twice, in segments larger than a piece: taken as if they came only now. */
TEST(tls_read_held_segments_are_put_in_order)
{
	uint8_t records[3][RECORD_MAX];
	char text[3][1000];
	size_t n[3];
	uint32_t at;

	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	handshake(true);
	for (int i = 0; i < 3; i++) {
		char call_id[8] = { 'c', (char)('0' + i), 0 };

		n[i] = seal(false, 23, text[i], sip(false, call_id, text[i]), records[i]);
	}
	at = line.seq[0] + (uint32_t)n[0];
	line.seq[0] = at;
	send(false, records[1], n[1]); /* the second first */
	line.seq[0] = at - (uint32_t)n[0];
	send(false, records[0], n[0]);
	line.seq[0] = at;
	send(false, records[1], n[1]);
	send(false, records[2], 1); /* its first byte by itself */
	keys.knows_none = false;
	send(false, records[2] + 1, n[2] - 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK(end());
}

TEST(tls_read_held_segment_larger_than_a_piece_is_whole)
{
	static uint8_t records[20000];
	size_t n = 0;

	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	handshake(true);
	for (int i = 0; i < 30; i++) {
		char call_id[16], text[1000];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		n += seal(false, 23, text, sip(false, call_id, text), records + n);
	}
	send(false, records, n);
	keys.knows_none = false;
	for (int i = 0; i < 5; i++)
		pass_by(1000 + 200 * i);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 30);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 0);
	CHECK(end());
}

/* What the capture cut is a hole there too, and the other direction is read. */
TEST(tls_read_held_segment_that_the_capture_cut_is_a_hole)
{
	for (int first = 0; first < 2; first++) {
		begin();
		keys.is_growing = keys.knows_none = true;
		connect_from(40000);
		line.is_1_3 = true;
		client_hello();
		server_hello(true, SUITE);
		for (int side = 1; side >= 0; side--) {
			next_keys(side, ES_TLS_HANDSHAKE_KEYS);
			w.snap_bytes = first && side == 1 ? 60 : 0; /* the one that stops */
			send_sealed(side, 22, finished, sizeof(finished));
			next_keys(side, ES_TLS_TRAFFIC_KEYS);
		}
		w.snap_bytes = first ? 0 : 150;
		say(true, "one");
		w.snap_bytes = 0;
		say(false, "one");
		keys.knows_none = false;
		say(false, "two");
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 2);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
		CHECK(end());
	}
}

/* The ports again while the one before waits: both are read. */
TEST(tls_read_connection_on_the_ports_of_one_that_waits)
{
	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	handshake(true);
	say(false, "old");
	finish(false, RST_ACK);
	now_ms += 100;
	line = (struct line){ .end = { line.end[0], line.end[1] }, .seq = { 70001, 90001 } };
	world_send_tcp(&w, now_ms++, line.end[0], line.end[1], 70000, SYN, NULL, 0);
	world_send_tcp(&w, now_ms++, line.end[1], line.end[0], 90000, SYN_ACK, NULL, 0);
	handshake(true);
	say(false, "new");
	keys.knows_none = false;
	say(true, "new");
	world_flush(&w);
	CHECK(world_call(&w, "old") != NULL);
	CHECK(world_call(&w, "new") != NULL);
	CHECK(end());
}

/* A program that writes its log at long intervals: all of them are read, none is left for its cost. */
TEST(tls_read_keys_of_many_connections_that_come_at_once)
{
	begin();
	keys.is_growing = keys.knows_none = true;
	for (uint16_t i = 0; i < 100; i++) {
		char call_id[16];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		connect_from((uint16_t)(20000 + i));
		handshake(i % 2);
		say(false, call_id);
		say(true, call_id);
	}
	keys.knows_none = false;
	for (int i = 0; i < 100; i++)
		pass_by(5000 + i);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_WAITED), 100);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 200);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
}

/* A browser's host: most connections have no key ever, and more of them wait than there is room for. */
TEST(tls_read_connections_without_a_key_that_find_no_room_to_wait_have_no_key)
{
	begin();
	keys.is_growing = keys.knows_none = true;
	for (uint16_t i = 0; i < 2000; i++) {
		connect_from((uint16_t)(20000 + i));
		handshake(i % 2);
		say(false, "secret");
	}
	CHECK(world_counter(&w, ES_CNT_TLS_NO_KEY) >= 2000 - 128);
	keys.knows_none = false;
	connect_from(10000);
	handshake(true);
	say(false, "mine");
	world_flush(&w);
	CHECK(world_call(&w, "mine") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY) + keys.opened, 2001);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_LEFT), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_TCP_EVICTED), 0);
	CHECK(end());
}

/* However many wait, one packet asks for few of them. */
TEST(tls_read_looks_for_keys_are_bounded)
{
	world_init(&w);
	keys = (struct opener){ .is_growing = true, .knows_none = true };
	w.cfg.max_tcp = 4096;
	w.cfg.tls = (struct es_tls_opener){ &keys, open_any, rekey, open_record, close_any };
	world_start(&w);
	now_ms = 0;
	for (uint16_t i = 0; i < 1000; i++) {
		connect_from((uint16_t)(20000 + i));
		now_ms -= 8;
		client_hello();
		server_hello(true, SUITE);
		next_keys(true, ES_TLS_HANDSHAKE_KEYS);
		send_sealed(true, 22, finished, sizeof(finished));
	}
	keys.asked = 0;
	pass_by(9000);
	CHECK_EQ(keys.asked, 256);
	pass_by(9050);
	CHECK_EQ(keys.asked, 256);
	pass_by(9101);
	pass_by(9202);
	pass_by(9303);
	CHECK_EQ(keys.asked, 1000);
	CHECK(end());
}

/* A hole in the direction that stopped for want of keys: the other one still waits, and is read. */
TEST(tls_read_hole_of_a_direction_that_waits_leaves_the_other_to_wait)
{
	uint8_t first[RECORD_MAX], missing[RECORD_MAX], behind[RECORD_MAX];
	size_t n_first, n_missing, n_behind;
	uint32_t at;

	begin();
	keys.is_growing = keys.knows_none = true;
	connect_from(40000);
	client_hello();
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	n_first = seal(true, 22, finished, sizeof(finished), first);
	next_keys(true, ES_TLS_TRAFFIC_KEYS);
	n_missing = seal(true, 23, "x", 1, missing);
	n_behind = seal(true, 23, "y", 1, behind);
	at = line.seq[1];
	line.seq[1] = at + (uint32_t)(n_first + n_missing);
	send(true, behind, n_behind);
	line.seq[1] = at;
	send(true, first, n_first);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_WAITED), 1);
	now_ms += 200;
	world_ack(&w, now_ms++, line.end[0], line.end[1],
	    at + (uint32_t)(n_first + n_missing + n_behind));
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_HOLES), 1);
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	next_keys(false, ES_TLS_TRAFFIC_KEYS);
	say(false, "client");
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 0);
	keys.knows_none = false;
	say(false, "client");
	expect_call("client");
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
}
