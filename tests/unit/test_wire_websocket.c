/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket: heads of frames, masks, the upgrade. */
#include "probes/wire/other/websocket.h"
#include "sweep.h"

#define SIP "OPTIONS sip:b SIP/2.0\r\n\r\n"
#define ASK                                                                            \
	"GET /ws HTTP/1.1\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n"
#define GRANT "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nupgrade: WebSocket\r\n"

static struct es_ws_head h;

static int
head(const void *bytes, size_t n)
{
	return es_ws_head(test_guarded(bytes, n), &h);
}

TEST(websocket_reads_lengths_of_7_16_and_64_bits)
{
	CHECK_EQ(head("\x81\x05", 2), 0);
	CHECK_EQ(h.opcode, ES_WS_TEXT);
	CHECK(h.is_final && !h.is_deflated);
	CHECK_EQ(h.head_bytes, 2);
	CHECK_EQ(h.payload_bytes, 5);
	CHECK_EQ(head("\x02\x7e\x01\x00", 4), 0);
	CHECK(!h.is_final);
	CHECK_EQ(h.opcode, ES_WS_BINARY);
	CHECK_EQ(h.payload_bytes, 256);
	CHECK_EQ(head("\x80\xff\0\0\0\0\0\1\0\2\xa\xb\xc\xd", 14), 0);
	CHECK_EQ(h.opcode, ES_WS_CONTINUATION);
	CHECK_EQ(h.head_bytes, 14);
	CHECK_EQ(h.payload_bytes, 65538);
	CHECK_EQ(h.mask[0], 0xa);
	CHECK_EQ(h.mask[3], 0xd);
}

TEST(websocket_waits_for_the_whole_head)
{
	for (size_t n = 0; n < 14; n++)
		CHECK_EQ(head("\x80\xff\0\0\0\0\0\1\0\2\xa\xb\xc\xd", n), ES_ESHORT);
}

TEST(websocket_refuses_what_no_peer_may_send)
{
	CHECK_EQ(head("\x83\x05", 2), ES_EMALFORMED);                      /* reserved opcode */
	CHECK_EQ(head("\xa1\x05", 2), ES_EMALFORMED);                      /* RSV2 */
	CHECK_EQ(head("\x91\x05", 2), ES_EMALFORMED);                      /* RSV3 */
	CHECK_EQ(head("\xc0\x05", 2), ES_EMALFORMED);                      /* RSV1 in mid-message */
	CHECK_EQ(head("\xc9\x05", 2), ES_EMALFORMED);                      /* RSV1 of a ping */
	CHECK_EQ(head("\x09\x05", 2), ES_EMALFORMED);                      /* ping in pieces */
	CHECK_EQ(head("\x89\x7e\x00\x80", 4), ES_EMALFORMED);              /* ping above 125 */
	CHECK_EQ(head("\x81\x7e\x00\x7d", 4), ES_EMALFORMED);              /* could be shorter */
	CHECK_EQ(head("\x81\x7f\0\0\0\0\0\0\xff\xff", 10), ES_EMALFORMED); /* could be shorter */
	CHECK_EQ(head("\x81\x7f\x80\0\0\0\0\0\0\1", 10), ES_EMALFORMED);   /* 64 bits */
	CHECK_EQ(head("\xc1\x05", 2), 0);                                  /* deflated: may be */
	CHECK(h.is_deflated);
}

/* RFC 6455 section 5.7: "Hello" masked, here in two pieces. */
TEST(websocket_unmasks_in_place_and_in_pieces)
{
	uint8_t bytes[] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
	static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

	es_ws_unmask(mask, 0, es_slice_of(bytes, 3), bytes);
	es_ws_unmask(mask, 3, es_slice_of(bytes + 3, 2), bytes + 3);
	CHECK(memcmp(bytes, "Hello", 5) == 0);
}

static bool
is_sip_start(uint8_t b0, bool masked, const char *payload)
{
	uint8_t bytes[256] = { b0 };
	size_t n = strlen(payload), at = 2;
	static const uint8_t mask[4] = { 9, 8, 7, 6 };

	bytes[1] = (uint8_t)(n | (masked ? 0x80 : 0));
	if (masked)
		memcpy(bytes + at, mask, 4), at += 4;
	for (size_t i = 0; i < n; i++)
		bytes[at + i] = (uint8_t)(payload[i] ^ (masked ? mask[i & 3] : 0));
	return es_ws_is_sip_start(test_guarded(bytes, at + n));
}

TEST(websocket_is_known_in_its_middle_by_sip)
{
	CHECK(is_sip_start(0x81, true, SIP));
	CHECK(is_sip_start(0x82, false, SIP));
	CHECK(is_sip_start(0x01, true, SIP));  /* first of several frames */
	CHECK(!is_sip_start(0x80, true, SIP)); /* a continuation */
	CHECK(!is_sip_start(0xc1, true, SIP)); /* deflated */
	CHECK(!is_sip_start(0x81, true, "hello"));
	CHECK(!is_sip_start(0x81, true, ""));
}

static size_t upgrade_bytes;

static int
upgrade(const char *text)
{
	upgrade_bytes = 0;
	return es_ws_upgrade(test_guarded(text, strlen(text)), &upgrade_bytes);
}

TEST(websocket_upgrade_to_sip_is_asked_and_granted)
{
	CHECK_EQ(upgrade(ASK "Sec-WebSocket-Protocol: chat, sip\r\n\r\n\x81"), 0);
	CHECK_EQ(upgrade_bytes, strlen(ASK "Sec-WebSocket-Protocol: chat, sip\r\n\r\n"));
	CHECK_EQ(upgrade(GRANT "sec-websocket-protocol: sip\r\n\r\n"), 0);
}

TEST(websocket_of_something_else_is_refused)
{
	CHECK_EQ(upgrade(ASK "\r\n"), ES_EMALFORMED);
	CHECK_EQ(upgrade(ASK "Sec-WebSocket-Protocol: xmpp\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(upgrade("GET / HTTP/1.1\r\nSec-WebSocket-Protocol: sip\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(upgrade("HTTP/1.1 200 OK\r\n"), ES_EMALFORMED);
	CHECK_EQ(upgrade("POST / HTTP/1.1\r\n"), ES_EMALFORMED);
	CHECK_EQ(upgrade(ASK "no colon\r\n\r\n"), ES_EMALFORMED);
}

TEST(websocket_upgrade_waits_for_its_end_but_not_for_ever)
{
	static char text[ES_WS_UPGRADE_MAX_BYTES + 1];
	size_t n = strlen(ASK);

	for (size_t i = 1; i < n; i++)
		CHECK_EQ(es_ws_upgrade(test_guarded(ASK, i), &n), ES_ESHORT);
	memset(text, 'x', sizeof(text));
	memcpy(text, "GET ", 4);
	CHECK_EQ(es_ws_upgrade(es_slice_of(text, sizeof(text) - 1), &n), ES_ESHORT);
	CHECK_EQ(es_ws_upgrade(es_slice_of(text, sizeof(text)), &n), ES_EMALFORMED);
}

static void
parse(es_slice bytes, uint32_t wire_bytes)
{
	size_t n = 0;

	(void)wire_bytes;
	if (es_ws_head(bytes, &h) == 0)
		CHECK(h.head_bytes <= bytes.n);
	(void)es_ws_is_sip_start(bytes);
	if (es_ws_upgrade(bytes, &n) == 0)
		CHECK(n <= bytes.n);
}

TEST(websocket_survives_every_small_damage)
{
	static const char frame[] = "\x81\x9a\0\0\0\0" SIP;
	static const char ask[] = ASK "Sec-WebSocket-Protocol: sip\r\n\r\n";

	sweep(frame, sizeof(frame) - 1, parse);
	sweep(ask, sizeof(ask) - 1, parse);
}
