/* SPDX-License-Identifier: Apache-2.0 */
/* What shares a port with media: counted by kind; media inside TURN is measured. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static struct world w;

static size_t
rtp(uint8_t *b, unsigned i)
{
	static const uint8_t head[] = { 0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0x56, 0x78 };

	memcpy(b, head, sizeof(head));
	b[3] = (uint8_t)i;
	b[6] = (uint8_t)(i * 960 >> 8);
	b[7] = (uint8_t)(i * 960);
	return 52;
}

TEST(media_in_channel_data_is_a_stream_between_the_addresses_of_the_datagram)
{
	uint8_t b[60] = { 0x40, 0x02, 0, 52 };
	const struct es_stream *s;
	struct es_addr relay = world_addr(9, 3478);

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < 50; i++) {
		(void)rtp(b + 4, i);
		if (i != 20)
			world_send_udp(&w, i * 20, world_addr(1, 50000), relay, b, 56);
	}
	world_flush(&w);
	s = world_stream(&w, 0x5678, 0);
	CHECK(s != NULL);
	CHECK_EQ(s->packets, 49);
	CHECK_EQ(s->lost, 1);
	CHECK(es_addr_eq(&s->key.dst, &relay));
	CHECK_EQ(world_counter(&w, ES_CNT_TURN_CHANNEL), 49);
	CHECK_EQ(world_counter(&w, ES_CNT_UDP_OTHER), 0);
	world_done(&w);
}

TEST(media_in_data_indications_is_measured)
{
	uint8_t b[88] = { 0x00, 0x16, 0, 68, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 0x00, 0x12, 0x00, 0x08, 0, 1, 0, 0, 0, 0, 0, 0, 0x00, 0x13, 0x00, 52 };

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < 50; i++) {
		(void)rtp(b + 36, i);
		world_send_udp(&w, i * 20, world_addr(1, 50000), world_addr(9, 3478), b, 88);
	}
	world_flush(&w);
	CHECK(world_stream(&w, 0x5678, 0) != NULL);
	CHECK_EQ(world_stream(&w, 0x5678, 0)->packets, 50);
	CHECK_EQ(world_counter(&w, ES_CNT_STUN_MESSAGES), 50);
	world_done(&w);
}

TEST(turn_inside_turn_is_left_alone)
{
	uint8_t b[64] = { 0x40, 0x02, 0, 56, 0x40, 0x02, 0, 52 };

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < 50; i++) {
		(void)rtp(b + 8, i);
		world_send_udp(&w, i * 20, world_addr(1, 50000), world_addr(9, 3478), b, 60);
	}
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 0);
	world_done(&w);
}

TEST(what_shares_a_media_port_is_counted_by_kind)
{
	static const uint8_t zrtp[28] = { 0x10, 0, 0, 1, 'Z', 'R', 'T', 'P' };
	static const uint8_t dtls[14] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	static const uint8_t quic[40] = { 0xc3, 0, 0, 0, 1, 8 };
	static const uint8_t bad_stun[24] = { 0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6,
		7, 8, 9, 10, 11, 12, 0, 6, 0, 9 };
	struct es_addr a = world_addr(1, 50000);
	struct es_addr b = world_addr(2, 50000);

	world_init(&w);
	world_start(&w);
	world_send_udp(&w, 0, a, b, zrtp, sizeof(zrtp));
	world_send_udp(&w, 1, a, b, dtls, sizeof(dtls));
	world_send_udp(&w, 2, a, b, quic, sizeof(quic));
	world_send_udp(&w, 3, a, b, bad_stun, sizeof(bad_stun));
	world_send_udp(&w, 4, a, b, "\r\n", 2);
	world_send_udp(&w, 5, a, b, "jaK", 3);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_ZRTP_PACKETS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_DTLS_PACKETS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_QUIC_PACKETS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_STUN_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_STUN_MALFORMED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_KEEPALIVES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_UDP_OTHER), 1);
	world_done(&w);
}
