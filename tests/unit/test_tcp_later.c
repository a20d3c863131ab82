/* SPDX-License-Identifier: Apache-2.0 */
/* What one packet may cost: the rest of a large segment waits, in order, and not without bound. */
#include "tcp_rig.h"

enum { FIRST = 1000, BYTES_MAX = 65535 };

static uint8_t bytes[BYTES_MAX];
static size_t n_bytes;

static void
put_sip(unsigned i)
{
	char body[16];

	(void)snprintf(body, sizeof(body), "%u", i);
	n_bytes += rig_sip((char *)bytes + n_bytes, sizeof(bytes) - n_bytes, body);
}

static void
put(const uint8_t *p, size_t n)
{
	memcpy(bytes + n_bytes, p, n);
	n_bytes += n;
}

static void
put_hep(unsigned i)
{
	static const uint8_t hep[] = { 'H', 'E', 'P', '3', 0, 12, 0, 0, 0, 1, 0, 6 };

	(void)i;
	put(hep, sizeof(hep));
}

/* A packet of n bytes with these first ones, behind its length. */
static void
put_framed(const uint8_t *head, size_t n_head, size_t n)
{
	const uint8_t length[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	put(length, 2);
	put(head, n_head);
	memset(bytes + n_bytes, 0, n - n_head);
	n_bytes += n - n_head;
}

static void
put_rtp(unsigned i)
{
	const uint8_t rtp[12] = { 0x80, 0, (uint8_t)(i >> 8), (uint8_t)i, 0, 0, 0, 0, 0, 0, 0, 9 };

	put_framed(rtp, sizeof(rtp), 12);
}

static void
put_stun_of(size_t n)
{
	const uint8_t stun[8] = { 0, 1, 0, (uint8_t)(n - 20), 0x21, 0x12, 0xa4, 0x42 };

	put_framed(stun, sizeof(stun), n);
}

static void
put_small_stun(unsigned i)
{
	(void)i;
	put_stun_of(28);
}

static void
put_stun(unsigned i)
{
	(void)i;
	put_stun_of(64);
}

static void
put_channel(unsigned i)
{
	const uint8_t channel[16] = { 0x40, 1, 0, 12, 0x80, 0, (uint8_t)(i >> 8), (uint8_t)i, 0, 0,
		0, 0, 0, 0, 0, 9 };

	put(channel, sizeof(channel));
}

/* A message costs 32, a packet of media 1, one of STUN 1 more for each 32 bytes; a packet bears 512. */
TEST(tcp_later_packet_bears_so_much)
{
	static const struct {
		const char *name;
		void (*put)(unsigned i);
		unsigned n, first;
	} rows[] = {
		{ "SIP", put_sip, 100, 16 },
		{ "HEP", put_hep, 100, 16 },
		{ "RTP", put_rtp, 1500, 512 },
		{ "RTP in channel data", put_channel, 1500, 512 },
		{ "STUN of less than 32 bytes", put_small_stun, 1500, 512 },
		{ "STUN of 64 bytes", put_stun, 500, 171 },
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		unsigned expected = 0;

		rig_begin(16);
		n_bytes = 0;
		for (unsigned i = 0; i < rows[k].n; i++)
			rows[k].put(i);
		rig_flags(0, FIRST - 1, ES_TCP_SYN);
		rig_send(1, FIRST, bytes, n_bytes);
		for (int64_t ms = 2; expected < rows[k].n; ms++) {
			expected += rows[k].first;
			expected = expected < rows[k].n ? expected : rows[k].n;
			if (n_got != expected)
				test_fail(__FILE__, __LINE__, "%s: %u handed out, not %u",
				    rows[k].name, n_got, expected);
			es_tcps_go_on(&tcps, rig_time(ms));
		}
		CHECK_EQ(context.count[ES_CNT_TCP_MESSAGES_LEFT], 0);
		rig_end();
	}
}

/* What waits keeps its order and its time, for however long some wait. */
TEST(tcp_later_messages_that_wait_are_handed_out_as_they_came)
{
	unsigned n_sent = 0;
	uint32_t seq = FIRST;

	rig_begin(16);
	rig_flags(0, FIRST - 1, ES_TCP_SYN);
	/* 600 wait from the first packet on; then each brings as many as it takes. */
	for (int64_t ms = 1; n_sent < 1900; ms++) {
		unsigned n = n_sent == 0 ? 616 : 16;

		n_bytes = 0;
		for (unsigned i = 0; i < n; i++)
			put_sip(n_sent++);
		rig_send(ms, seq, bytes, n_bytes);
		seq += (uint32_t)n_bytes;
	}
	es_tcps_flush(&tcps, rig_time(5000));
	CHECK_EQ(context.count[ES_CNT_TCP_MESSAGES_LEFT], 0);
	CHECK_EQ(n_got, n_sent);
	for (unsigned i = 0; i < n_got; i++) {
		char body[16], text[RIG_TEXT_MAX];

		(void)snprintf(body, sizeof(body), "%u", i);
		CHECK_EQ(got[i].n, rig_sip(text, sizeof(text), body));
		CHECK_STR(got[i].text, text);
		CHECK_EQ(got[i].wire_bytes, got[i].n);
		CHECK_EQ(got[i].at_ms, i < 616 ? 1 : 2 + (i - 616) / 16);
		CHECK_EQ(got[i].transport, ES_TRANSPORT_TCP);
		CHECK(es_addr_eq(&got[i].src, &rig_a));
	}
	rig_end();
}

/* 128 KiB may wait; of what finds no room each message is counted. */
TEST(tcp_later_messages_that_find_no_room_are_counted)
{
	char body[1001];
	uint32_t seq = FIRST;
	unsigned n_sent = 0;
	uint64_t left;

	rig_begin(16);
	memset(body, 'x', 1000);
	body[1000] = 0;
	rig_flags(0, FIRST - 1, ES_TCP_SYN);
	for (int k = 0; k < 4; k++) {
		n_bytes = 0;
		for (int i = 0; i < 60; i++, n_sent++)
			n_bytes += rig_sip((char *)bytes + n_bytes, sizeof(bytes) - n_bytes, body);
		rig_send(1, seq, bytes, n_bytes);
		seq += (uint32_t)n_bytes;
	}
	left = context.count[ES_CNT_TCP_MESSAGES_LEFT];
	es_tcps_flush(&tcps, rig_time(2));
	CHECK_EQ(context.count[ES_CNT_TCP_MESSAGES_LEFT], left);
	CHECK_EQ(n_got + left, n_sent);
	/* Those of four packets, and between them what fits: with their heads less than 1,200 bytes each. */
	CHECK(n_got >= 4 * 16 + ES_TCP_LATER_BYTES / 1200);
	CHECK(n_got <= 4 * 16 + ES_TCP_LATER_BYTES / 1000);
	rig_end();
}
