/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine counts of every packet, and of those it cannot open. */
#include "tests/sim/parties.h"

static void
send_frame(double ms, unsigned link, const uint8_t *bytes, uint32_t n)
{
	struct es_packet p = { .ts = world_time(ms),
		.data = bytes,
		.cap_bytes = n,
		.wire_bytes = n,
		.link = (uint16_t)link };

	es_engine_packet(w.e, &p);
}

/* 42 bytes of Ethernet, IPv4 and UDP around each payload; as sent, however much of it was kept. */
TEST(counts_of_bytes_are_those_on_the_wire)
{
	static const uint8_t payload[200] = { 0 };

	begin();
	world_send_udp(&w, 0, world_addr(1, 9), world_addr(2, 9), payload, 100);
	CHECK_EQ(world_counter(&w, ES_CNT_BYTES), 142);
	w.snap_bytes = 64;
	world_send_udp(&w, 0, world_addr(1, 9), world_addr(2, 9), payload, 200);
	CHECK_EQ(world_counter(&w, ES_CNT_BYTES), 142 + 242);
	CHECK_EQ(world_counter(&w, ES_CNT_PACKETS), 2);
	world_done(&w);
}

TEST(counts_of_time_that_went_back)
{
	static const double ms[] = { 100, 100, 50, 99, 100, 101 };
	static const uint8_t payload[8] = { 0 };

	begin();
	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++)
		world_send_udp(&w, ms[i], world_addr(1, 9), world_addr(2, 9), payload, 8);
	CHECK_EQ(world_counter(&w, ES_CNT_TIME_BACK), 2);
	world_done(&w);
}

TEST(counts_of_what_is_not_known_are_of_its_layer)
{
	static const uint8_t bytes[64] = { 0xff, 0x03, 0x12, 0x34 };

	begin();
	send_frame(0, 9999, bytes, sizeof(bytes));
	CHECK_EQ(world_counter(&w, ES_CNT_UNKNOWN_LINK), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_UNKNOWN_PPP), 0);
	send_frame(0, ES_LINK_PPP, bytes, sizeof(bytes));
	CHECK_EQ(world_counter(&w, ES_CNT_UNKNOWN_LINK), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_UNKNOWN_PPP), 1);
	world_done(&w);
}

/* Each part of a datagram is counted, and what they are together is read. */
TEST(counts_of_fragments_are_of_each)
{
	uint8_t frame[2][14 + 20 + 24] = {
		{ [12] = 8, [14] = 0x45, [17] = 44, [19] = 7, [22] = 64, [23] = 17 }
	};

	memcpy(frame[0] + 26, (uint8_t[]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
	memcpy(frame[1], frame[0], sizeof(frame[0]));
	frame[0][20] = 0x20;   /* more follow */
	frame[1][21] = 3;      /* behind 24 bytes */
	frame[0][34 + 5] = 48; /* of UDP */
	begin();
	send_frame(0, ES_LINK_ETHERNET, frame[0], sizeof(frame[0]));
	CHECK_EQ(world_counter(&w, ES_CNT_IP_FRAGMENTS), 1);
	send_frame(0, ES_LINK_ETHERNET, frame[1], sizeof(frame[1]));
	CHECK_EQ(world_counter(&w, ES_CNT_IP_FRAGMENTS), 2);
	world_done(&w);
}

/* IKE and IPsec behind a NAT, by their ports; OpenVPN by its port and what it begins with. */
TEST(counts_of_tunnels_that_nobody_can_open)
{
	static const struct {
		uint16_t port;
		uint8_t first;
		bool is;
	} rows[] = { { 500, 1, true }, { 4500, 1, true }, { 4501, 1, false },
		{ 1194, 1 << 3, true }, { 1194, 0, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t payload[40] = { rows[i].first };

		begin();
		world_send_udp(&w, 0, world_addr(1, 40001), world_addr(2, rows[i].port), payload,
		    sizeof(payload));
		if (world_counter(&w, ES_CNT_ENCRYPTED_TUNNEL) != rows[i].is)
			test_fail(__FILE__, __LINE__, "port %u", rows[i].port);
		world_done(&w);
	}
}
