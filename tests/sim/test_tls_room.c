/* SPDX-License-Identifier: Apache-2.0 */
/* How much waits for keys of TLS, and which connection gives way. */
#include "tests/sim/tls_line.h"

enum { PIECE_BYTES = 1460, PIECES = 48, PIECES_OF_ALL = 2048 };

/* A connection whose server stops for want of keys; nothing is held. */
static void
stop(uint16_t port)
{
	connect_from(port);
	client_hello();
	server_hello(true, SUITE);
	next_keys(true, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(true, 22, finished, sizeof(finished));
	next_keys(true, ES_TLS_TRAFFIC_KEYS);
}

/* Bytes of the server that wait in so many pieces, each a segment. */
static void
send_pieces(int n)
{
	char record[PIECE_BYTES - 8]; /* with head, cipher and type a piece */

	memset(record, 'x', sizeof(record));
	for (int i = 0; i < n; i++)
		send_sealed(true, 23, record, sizeof(record));
}

/* The client's part of the handshake, and a message. */
static void
finish_and_say(const char *call_id)
{
	next_keys(false, ES_TLS_HANDSHAKE_KEYS);
	send_sealed(false, 22, finished, sizeof(finished));
	next_keys(false, ES_TLS_TRAFFIC_KEYS);
	say(false, call_id);
}

TEST(tls_read_connection_holds_48_segments_of_an_ethernet_frame)
{
	begin();
	keys.is_growing = keys.knows_none = true;
	stop(40000);
	send_pieces(PIECES);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	send_pieces(1);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
	CHECK(end());
}

/* All room is taken: who waits longest goes, but not one whose end would make no room. */
TEST(tls_read_room_is_that_of_the_connection_which_waits_longest)
{
	enum { FULL = PIECES_OF_ALL / PIECES };

	for (int has_one_without = 0; has_one_without < 2; has_one_without++) {
		struct line without, first, second;

		begin();
		keys.is_growing = keys.knows_none = true;
		if (has_one_without) {
			stop(10000);
			without = line;
		}
		for (uint16_t i = 0; i < FULL; i++) {
			stop((uint16_t)(20000 + i));
			send_pieces(PIECES);
			if (i == 0)
				first = line;
			if (i == 1)
				second = line;
		}
		stop(30000);
		send_pieces(PIECES_OF_ALL - FULL * PIECES);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
		send_pieces(1);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
		keys.knows_none = false;
		if (has_one_without) {
			line = without;
			finish_and_say("without");
		}
		line = first;
		finish_and_say("first");
		line = second;
		finish_and_say("second");
		world_flush(&w);
		CHECK(world_call(&w, "first") == NULL);
		CHECK(world_call(&w, "second") != NULL);
		CHECK_EQ(world_call(&w, "without") != NULL, has_one_without);
		CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 1);
		CHECK_EQ(keys.opened, FULL + has_one_without);
		CHECK(end());
	}
}

/* The keys come behind the last packet of the capture: every connection gets them. */
TEST(tls_read_end_of_the_capture_is_a_last_look_for_all)
{
	static const char *const ids[] = { "c0", "c1", "c2", "c3", "c4" };

	begin();
	keys.is_growing = keys.knows_none = true;
	for (uint16_t i = 0; i < 5; i++) {
		stop((uint16_t)(20000 + i));
		finish_and_say(ids[i]);
	}
	keys.knows_none = false;
	world_flush(&w);
	for (size_t i = 0; i < 5; i++)
		CHECK(world_call(&w, ids[i]) != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
}

/* What waits for keys is alive by the segments that are held: an idle connection gives way. */
TEST(tls_read_waiting_connection_that_sends_is_not_the_idlest)
{
	struct line waits;

	world_init(&w);
	keys = (struct opener){ .is_growing = true, .knows_none = true };
	w.cfg.max_tcp = 4;
	w.cfg.tls = (struct es_tls_opener){ &keys, open_any, rekey, open_record, close_any };
	world_start(&w);
	now_ms = 0;
	stop(40000);
	waits = line;
	connect_from(40001);
	line = waits;
	send_pieces(1);
	finish_and_say("waits");
	waits = line;
	connect_from(40002);
	line = waits;
	keys.knows_none = false;
	say(false, "more");
	world_flush(&w);
	CHECK(world_call(&w, "waits") != NULL);
	CHECK(world_call(&w, "more") != NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_TLS_NO_KEY), 0);
	CHECK(end());
}
