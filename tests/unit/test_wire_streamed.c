/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in byte streams: TURN over TCP, packets behind lengths. */
#include "probes/wire/other/streamed.h"
#include "sweep.h"

/* A Binding request with the cookie; channel data of 13 bytes of RTP, padded by 3. */
#define STUN 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
#define RTP(seq) 0x80, 0, 0, seq, 0, 0, 0, 160, 0, 0, 0, 9, 0xd5
#define CHANNEL(seq) 0x40, 0x01, 0, 13, RTP(seq), 0, 0, 0
#define FRAMED(seq) 0, 13, RTP(seq)

static struct es_streamed s;

TEST(streamed_turn_has_lengths_of_its_own)
{
	static const uint8_t stun[] = { STUN };
	static const uint8_t channel[] = { CHANNEL(1), STUN };

	CHECK_EQ(es_streamed_turn(GUARDED(stun), &s), 0);
	CHECK_EQ(s.bytes, 20);
	CHECK_EQ(s.packet_bytes, 20);
	for (size_t n = 0; n < 8; n++)
		CHECK_EQ(es_streamed_turn(test_guarded(stun, n), &s), ES_ESHORT);
	CHECK_EQ(es_streamed_turn(test_guarded(stun, 8), &s), 0);
	CHECK_EQ(es_streamed_turn(GUARDED(channel), &s), 0);
	CHECK_EQ(s.packet_bytes, 17);
	CHECK_EQ(s.bytes, 20); /* padded to four, RFC 8656 section 12.5 */
	CHECK_EQ(es_streamed_turn(test_guarded(channel, 3), &s), ES_ESHORT);
}

TEST(streamed_turn_is_known_by_its_beginning)
{
	static const uint8_t stun[] = { STUN };
	static const uint8_t two[] = { CHANNEL(1), CHANNEL(2) };
	static const uint8_t mixed[] = { CHANNEL(1), STUN };
	static const uint8_t wrong[] = { CHANNEL(1), 0x80, 1, 2, 3 };
	static const uint8_t no_cookie[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43 };

	CHECK_EQ(es_streamed_is_turn(GUARDED(stun)), 0);
	CHECK_EQ(es_streamed_is_turn(GUARDED(two)), 0);
	CHECK_EQ(es_streamed_is_turn(test_guarded(two, 20)), 0);
	CHECK_EQ(es_streamed_is_turn(test_guarded(two, 22)), 0);
	CHECK_EQ(es_streamed_is_turn(test_guarded(two, 12)), ES_EMALFORMED);
	CHECK_EQ(es_streamed_is_turn(GUARDED(mixed)), 0);
	CHECK_EQ(es_streamed_is_turn(GUARDED(wrong)), ES_EMALFORMED);
	CHECK_EQ(es_streamed_is_turn(GUARDED(no_cookie)), ES_EMALFORMED);
}

/* Random bytes behind what either may begin with, so that each way is tried often. */
TEST(streamed_looks_refuses_nothing_that_is_either)
{
	static const uint8_t begins[][24] = {
		{ STUN },
		{ 0, 20, STUN },
		{ CHANNEL(1) },
		{ FRAMED(1), 0, 13 },
		{ 5, 0xdc, RTP(1) },
		{ 'G', 'E', 'T', ' ', '/' },
	};
	unsigned n_found = 0, n_refused = 0;
	uint64_t seed = 10;

	for (unsigned round = 0; round < 200000; round++) {
		size_t n = 1 + test_random(&seed) % 64, kept = test_random(&seed) % 24;
		const uint8_t *begin = begins[test_random(&seed) % 6];
		bool is_either, is_sure;
		uint8_t bytes[64];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = i < kept ? begin[i] : (uint8_t)test_random(&seed);
		if (test_random(&seed) % 4 == 0)
			bytes[test_random(&seed) % 12] = (uint8_t)test_random(&seed);
		is_either = es_streamed_is_turn(es_slice_of(bytes, n)) == 0 ||
			    es_streamed_is_framed(es_slice_of(bytes, n), &is_sure) == 0;
		if (is_either && !es_streamed_looks(es_slice_of(bytes, n)))
			test_fail(__FILE__, __LINE__, "round %u is refused", round);
		n_found += is_either;
		n_refused += !es_streamed_looks(es_slice_of(bytes, n));
	}
	CHECK(n_found > 1000);
	CHECK(n_refused > 1000);
}

TEST(streamed_packets_behind_lengths)
{
	static const uint8_t stun[] = { 0, 20, STUN };
	static const uint8_t one[] = { FRAMED(1) };
	static const uint8_t three[] = { FRAMED(1), FRAMED(2), FRAMED(3) };
	static const uint8_t text[] = "SIP/2.0 200 OK\r\n";
	bool is_sure = false;

	CHECK_EQ(es_streamed_is_framed(GUARDED(stun), &is_sure), 0);
	CHECK(is_sure);
	CHECK_EQ(es_streamed_is_framed(GUARDED(one), &is_sure), 0);
	CHECK(!is_sure);
	CHECK_EQ(es_streamed_is_framed(GUARDED(three), &is_sure), 0);
	CHECK_EQ(es_streamed_is_framed(test_guarded(three, 17), &is_sure), ES_ESHORT);
	CHECK_EQ(es_streamed_is_framed(test_guarded(three, 35), &is_sure), 0);
	CHECK_EQ(es_streamed_is_framed(GUARDED(text), &is_sure), ES_EMALFORMED);
}

/* A segment ends where it likes: one packet and the beginning of the next are media from the middle on. */
TEST(streamed_is_seen_by_one_packet_and_the_head_of_the_next)
{
	static const uint8_t two[] = { FRAMED(1), FRAMED(2) };
	static const uint8_t odd[] = { FRAMED(1), 0, 20, 0x41, 0x42 };
	bool is_sure = false;

	CHECK_EQ(es_streamed_is_framed(test_guarded(two, sizeof(two) / 2 + 4), &is_sure), 0);
	CHECK(!is_sure);
	CHECK_EQ(
	    es_streamed_is_framed(test_guarded(two, sizeof(two) / 2 + 3), &is_sure), ES_ESHORT);
	CHECK_EQ(es_streamed_is_framed(GUARDED(odd), &is_sure), ES_EMALFORMED);
}

/* What browsers and phones say over TCP is nothing of the kind. */
TEST(streamed_is_not_seen_in_other_protocols)
{
	static const char *const others[] = { "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"INVITE sip:b@b SIP/2.0\r\n", "SIP/2.0 100 Trying\r\n", "\r\n\r\n", "HEP3\0\1",
		"OPTIONS sip:a SIP/2.0\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
		"EHLO mail.example.com\r\n" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		es_slice bytes = test_guarded(others[i], strlen(others[i]));
		bool is_sure;

		if (es_streamed_is_turn(bytes) == 0 || es_streamed_is_framed(bytes, &is_sure) == 0)
			test_fail(__FILE__, __LINE__, "%s", others[i]);
	}
}

static void
sweep_one(es_slice bytes, uint32_t wire_bytes)
{
	bool is_sure;

	(void)wire_bytes;
	if (es_streamed_turn(bytes, &s) == 0)
		CHECK(s.bytes >= s.head_bytes + s.packet_bytes && s.bytes >= 4);
	if (es_streamed_framed(bytes, &s) == 0)
		CHECK_EQ(s.bytes, s.head_bytes + s.packet_bytes);
	(void)es_streamed_is_turn(bytes);
	(void)es_streamed_is_framed(bytes, &is_sure);
}

TEST(streamed_sweep)
{
	static const uint8_t turn[] = { CHANNEL(1), STUN, CHANNEL(2) };
	static const uint8_t framed[] = { 0, 20, STUN, FRAMED(1), FRAMED(2) };

	sweep(turn, sizeof(turn), sweep_one);
	sweep(framed, sizeof(framed), sweep_one);
}
