/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted RTCP that no signalling announced, and RTCP that really is malformed. */
#include "probes/stream/srtcp_seen.h"
#include "tests/sim/rtcp.h"
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { PACKET_MAX = 256, PORT = 4000, A = 1, B = 2 };

#define ENCRYPTED UINT32_C(0x80000000)

static struct world w;
static uint32_t noise_state;

static uint8_t
noise(void)
{
	noise_state = noise_state * 1664525 + 1013904223;
	return (uint8_t)(noise_state >> 24);
}

static void
begin(uint32_t snap_bytes)
{
	noise_state = 7;
	world_init(&w);
	w.snap_bytes = snap_bytes;
	world_start(&w);
}

/* What is behind the ciphertext: the word with the index, a key identifier, a tag. */
struct suite {
	size_t mki_bytes;
	size_t tag_bytes; /* behind the index: with AES-GCM it stands within the ciphertext */
	size_t gcm_tag_bytes;
};

static const struct suite suites[] = {
	{ 0, 10, 0 },
	{ 0, 4, 0 },
	{ 4, 10, 0 },
	{ 1, 10, 0 },
	{ 2, 4, 0 },
	{ 16, 16, 0 },
	{ 0, 0, 16 },
	{ 4, 0, 16 },
	{ 0, 0, 8 },
	{ 1, 0, 16 },
};

/* An SR with n blocks and an SDES, encrypted. */
static size_t
encrypted(const struct suite *s, uint32_t ssrc, uint32_t index, unsigned n_blocks, uint8_t *p)
{
	size_t n = 8;

	p[0] = (uint8_t)(0x80 + n_blocks);
	p[1] = 200;
	p[2] = 0;
	p[3] = (uint8_t)(6 + 6 * n_blocks);
	put32(p + 4, ssrc);
	while (n < 28 + 24 * n_blocks + 20 + s->gcm_tag_bytes)
		p[n++] = noise();
	put32(p + n, ENCRYPTED | index);
	n += 4;
	for (size_t i = 0; i < s->mki_bytes; i++)
		p[n++] = 0x55;
	for (size_t i = 0; i < s->tag_bytes; i++)
		p[n++] = noise();
	return n;
}

static void
send(double ms, uint8_t from, const uint8_t *p, size_t n)
{
	world_send_udp(
	    &w, ms, world_addr(from, PORT), world_addr((uint8_t)(A + B - from), PORT), p, n);
}

static void
check_counts(uint64_t secure, uint64_t malformed)
{
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), secure);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), malformed);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	world_done(&w);
}

TEST(srtcp_of_every_suite_is_known_by_its_index)
{
	uint8_t p[PACKET_MAX];

	for (unsigned i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		begin(0);
		for (uint32_t k = 1; k <= 8; k++) {
			send(1000 * k, A, p, encrypted(&suites[i], 0xa, k, 1 + k % 2, p));
			send(1000 * k, B, p, encrypted(&suites[i], 0xb, 70 * k, 0, p));
		}
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 16);
		check_counts(16, 0);
	}
}

TEST(srtcp_out_of_order_and_with_gaps_is_known_by_its_index)
{
	static const uint32_t index[] = { 7, 6, 90, 91, 89, 400 };
	uint8_t p[PACKET_MAX];

	begin(0);
	for (unsigned i = 0; i < sizeof(index) / sizeof(*index); i++)
		send(100 * i, A, p, encrypted(&suites[0], 0xa, index[i], 1, p));
	check_counts(6, 0);
}

/* Ends with one packet each: the handshake says what they are. */
static void
send_dtls(double ms)
{
	static const uint8_t hello[] = { 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0 };

	send(ms, A, hello, sizeof(hello));
}

TEST(srtcp_behind_dtls_is_known_at_once)
{
	uint8_t p[PACKET_MAX];

	begin(0);
	send_dtls(0);
	send(1000, A, p, encrypted(&suites[0], 0xa, 1, 1, p));
	send(1000, B, p, encrypted(&suites[6], 0xb, 1, 1, p));
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 2);
	check_counts(2, 0);
}

/* A capture that keeps the first bytes of each packet: what is inside of it is no report. */
TEST(srtcp_behind_dtls_that_the_capture_cut_is_no_report)
{
	struct world_rtp r = {
		.from = A, .to = B, .from_port = PORT, .to_port = PORT, .ssrc = 0xa
	};
	uint8_t p[PACKET_MAX];
	double ms = 0;

	begin(42 + 64);
	send_dtls(0);
	world_run_rtp(&w, &ms, &r, 20);
	send(1000, A, p, encrypted(&suites[0], 0xa, 1, 1, p));
	check_counts(1, 0);
}

TEST(one_packet_that_may_be_srtcp_is_malformed_in_the_end)
{
	uint8_t p[PACKET_MAX];

	begin(0);
	send(1000, A, p, encrypted(&suites[0], 0xa, 1, 1, p));
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 0);
	check_counts(0, 1);
}

/* A compound whose last part claims more than is there, with what rises from report to report. */
static size_t
cut_short(unsigned i, size_t n, uint8_t *p)
{
	sender_report(p, 0xa, 0x8000u + 0x50000u * i, 0xb);
	put32(p + 8, 0xe0000000u + 5 * i); /* a time whose first bit is set */
	put32(p + 20, 250 * i);
	put32(p + 24, 40000 * i);
	put32(p + 36, 0x00010000u + 250 * i);
	put32(p + 52, 0x81ca0028u);
	for (size_t at = 56; at < n; at++)
		p[at] = 'a';
	return n;
}

TEST(compounds_cut_short_stay_malformed)
{
	uint8_t p[PACKET_MAX];

	for (size_t n = 9; n < 90; n += test_step(9)) {
		if (n == 52)
			continue; /* whole */
		begin(0);
		for (unsigned i = 1; i <= 20; i++)
			send(5000 * i, A, p, cut_short(i, n, p));
		world_flush(&w);
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 0);
		CHECK_EQ(
		    world_counter(&w, ES_CNT_RTCP_MALFORMED) + world_counter(&w, ES_CNT_UDP_OTHER),
		    20);
		world_done(&w);
	}
}

/* Behind the last header of a compound that lies about its length: headers are no index. */
TEST(headers_at_the_end_are_no_index)
{
	uint8_t p[PACKET_MAX];

	begin(0);
	for (unsigned i = 1; i <= 20; i++) {
		size_t n = sender_report(p, 0xa, i << 16, 0xb);

		put32(p + n, 0x80cf0000u + 4 + i); /* XR, as long as it has blocks */
		put32(p + n + 4, 0xa);
		send(5000 * i, A, p, n + 8);
	}
	check_counts(0, 20);
}

/* Many senders, each once: what is remembered is bounded, and nothing is left uncounted. */
TEST(senders_that_wait_are_bounded)
{
	uint8_t p[PACKET_MAX];

	begin(0);
	for (uint32_t i = 0; i < 5000; i++)
		send(i, A, p, encrypted(&suites[0], 0x1000 + i, 1, 1, p));
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 5000 - 2048);
	check_counts(0, 5000);
}

TEST(sender_of_noise_does_not_wait_forever)
{
	uint8_t p[PACKET_MAX];

	begin(0);
	for (uint32_t i = 0; i < 100; i++)
		send(i * 100, A, p, encrypted(&suites[0], 0xa, 5, 1, p) - 1);
	CHECK(world_counter(&w, ES_CNT_RTCP_MALFORMED) >= 96);
	check_counts(0, 100);
}

/* So many wait for the next to show what they are; those before them are malformed for good. */
TEST(packets_of_a_sender_that_wait_are_bounded)
{
	uint8_t p[PACKET_MAX];

	for (uint32_t n = 1; n <= 3 * ES_SRTCP_WAITING_MAX + 1; n++) {
		uint32_t lost = (n - 1) / ES_SRTCP_WAITING_MAX * ES_SRTCP_WAITING_MAX;

		begin(0);
		for (uint32_t i = 0; i < n; i++) /* the same index: it shows nothing */
			send(i * 100, A, p, encrypted(&suites[0], 0xa, 5, 1, p));
		CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), lost);
		send(n * 100, A, p, encrypted(&suites[0], 0xa, 6, 1, p));
		check_counts(n - lost + 1, lost);
	}
}

TEST(rtcp_with_zero_bytes_behind_it_is_read)
{
	struct world_rtp r = {
		.from = A, .to = B, .from_port = PORT, .to_port = PORT, .ssrc = 0xa
	};
	uint8_t p[PACKET_MAX] = { 0 };
	double ms = 0;

	begin(0);
	world_run_rtp(&w, &ms, &r, 20);
	for (unsigned tail = 0; tail < 8; tail++) {
		sender_report(p, 0xa, tail << 16, 0xb);
		memset(p + 52, 0, 8);
		send(500 + 100 * tail, A, p, 52 + tail);
	}
	sender_report(p, 0xa, 9 << 16, 0xb);
	p[53] = 1;
	send(2000, A, p, 52 + 2);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 4);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 5);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 0);
	world_done(&w);
}
