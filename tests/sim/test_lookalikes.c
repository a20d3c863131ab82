/* SPDX-License-Identifier: Apache-2.0 */
/* Protocols whose datagrams look like RTP, without signalling: none of them may become a stream. */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { N = 40 };

static struct world w;

static void
put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void
put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v);
}

/* What comes of n datagrams of one direction, each filled by make: records, and packets of the stream 0x1234. */
struct outcome {
	unsigned records, packets;
};

static struct outcome
outcome_of(unsigned n, size_t (*make)(unsigned i, uint8_t *out), double step_ms)
{
	const struct es_stream *s;
	struct outcome o;
	uint8_t bytes[512];

	world_init(&w);
	world_start(&w);
	for (unsigned i = 0; i < n; i++) {
		memset(bytes, 0, sizeof(bytes));
		world_send_udp(&w, i * step_ms, world_addr(1, 30000), world_addr(2, 30002), bytes,
		    make(i, bytes));
	}
	world_flush(&w);
	o.records = world_count(&w, ES_REC_STREAM) + world_count(&w, ES_REC_INTERVAL);
	s = world_stream(&w, 0x1234, 0);
	o.packets = s != NULL ? (unsigned)s->packets : 0;
	world_done(&w);
	return o;
}

/* RFC 5531: transaction number, CALL, RPC version 2, program. */
static size_t
rpc_call(unsigned i, uint8_t *b)
{
	put32(b, 0x9a60ff00u + i);
	put32(b + 8, 2);
	put32(b + 12, 100003);
	put32(b + 16, 3);
	put32(b + 20, 1);
	return 40 + i % 3 * 4;
}

/* RFC 5531: transaction number, REPLY, accepted. */
static size_t
rpc_reply(unsigned i, uint8_t *b)
{
	put32(b, 0x80086000u + i);
	put32(b + 4, 1);
	return 28;
}

/* BACnet: Forwarded-NPDU (ASHRAE 135 annex J); the length stands where RTP has its number. */
static size_t
bacnet_forwarded(unsigned i, uint8_t *b)
{
	static const uint8_t origin[] = { 10, 0, 0, 7, 0xba, 0xc0, 1, 0x20, 0xff, 0xff };
	size_t n = 24 + i % 9;

	b[0] = 0x81;
	b[1] = 4;
	put16(b + 2, (uint32_t)n);
	memcpy(b + 4, origin, sizeof(origin));
	return n;
}

/* A length of its own at offset 2, other words moving as time does. */
static size_t
length_and_clock(unsigned i, uint8_t *b)
{
	size_t n = 60 + i;

	b[0] = 0x80;
	b[1] = 0x60;
	put16(b + 2, (uint32_t)n - 4);
	put32(b + 4, 1000 + 160 * i);
	put32(b + 8, 0xcafe);
	return n;
}

/* ENet: peer, clock of 1 ms, SEND_RELIABLE, channel, its number, length, data. */
static size_t
enet_reliable(unsigned i, uint8_t *b)
{
	b[0] = 0x80;
	put16(b + 2, 5000 + i);
	b[4] = 0x86;
	put16(b + 6, 100 + i);
	put16(b + 8, 40);
	put16(b + 10, 0x0102);
	return 52;
}

/* A reliable UDP protocol of games: own number, acknowledged number, bits of acknowledgement. */
static size_t
number_ack_bits(unsigned i, uint8_t *b)
{
	put32(b, 0x80600000u + i);
	put32(b + 4, 0x1000u + i);
	put32(b + 8, 0xffffffffu);
	return 80;
}

/* RDP-UDP: acknowledged number, window, flags, ACK vector. */
static size_t
rdp_udp_ack(unsigned i, uint8_t *b)
{
	put32(b, 0xb3615a00u + i);
	put16(b + 4, 64);
	put16(b + 6, 0x000c);
	put16(b + 8, 1);
	put16(b + 10, 0x0100);
	return 400;
}

/* Memcached over UDP: request, datagram number, number of datagrams, then data. */
static size_t
memcached_reply(unsigned i, uint8_t *b)
{
	put16(b, 0x8a60);
	put16(b + 2, i);
	put16(b + 4, N);
	memset(b + 8, 'a', 400);
	return 408;
}

/* Photon: peer, flags, how many commands, clock of 1 ms, challenge. */
static size_t
photon(unsigned i, uint8_t *b)
{
	put16(b, 0x8060);
	b[3] = (uint8_t)(1 + i % 2 * 2);
	put32(b + 4, 90000 + 33 * i);
	put32(b + 8, 0x5bd1e995);
	return 90;
}

/* RFC 1035: random number, one question. */
static size_t
dns_query(unsigned i, uint8_t *b)
{
	put16(b, 0x8000u + 77 * i);
	put16(b + 2, 0x0100);
	put16(b + 4, 1);
	memcpy(b + 12, "\7example\3com", 13);
	put32(b + 25, 0x00010001);
	return 29;
}

/* NetBIOS names: numbers that count up. */
static size_t
nbns_query(unsigned i, uint8_t *b)
{
	put16(b, 0x9000u + i);
	put16(b + 2, 0x0110);
	put16(b + 4, 1);
	b[12] = 0x20;
	memset(b + 13, 'C', 32);
	return 50;
}

/* RakNet: frame sets with a number of 24 bits, lowest byte first. */
static size_t
raknet(unsigned i, uint8_t *b)
{
	uint32_t number = 0x60fff0u + i;

	b[0] = 0x84;
	b[1] = (uint8_t)number;
	b[2] = (uint8_t)(number >> 8);
	b[3] = (uint8_t)(number >> 16);
	b[4] = 0x60;
	return 100;
}

/* SRT: control packets, a microsecond clock, destination socket. */
static size_t
srt_control(unsigned i, uint8_t *b)
{
	put16(b, i % 2 == 0 ? 0x8002 : 0x8006);
	put32(b + 4, i);
	put32(b + 8, 10000 * i);
	put32(b + 12, 0x31415926);
	return 44;
}

/* RFC 5456 full frames: both call numbers, clock of 1 ms, two sequence numbers. */
static size_t
iax2_full(unsigned i, uint8_t *b)
{
	put16(b, 0x8060);
	put16(b + 2, 0x0007);
	put32(b + 4, 20 * i);
	b[8] = (uint8_t)i;
	b[10] = 2;
	return 172;
}

/* RFC 9300: nonce and locator bits before the inner IP header. */
static size_t
lisp_data(unsigned i, uint8_t *b)
{
	put32(b, 0x80600000u + 7919 * i);
	put32(b + 4, 1);
	put32(b + 8, 0x45000054);
	return 92;
}

/* RFC 3948: SPI, number, an initialisation vector that counts. */
static size_t
esp_in_udp(unsigned i, uint8_t *b)
{
	put32(b, 0x8060a1b2);
	put32(b + 4, i);
	put32(b + 12, i);
	return 120;
}

/* BEP 15: connection, announce, transaction. */
static size_t
bittorrent_tracker(unsigned i, uint8_t *b)
{
	put32(b, 0x9b60c3d1);
	put32(b + 4, 0x11223344);
	put32(b + 8, 1);
	put32(b + 12, i * 7919u);
	return 98;
}

/* Anything encrypted: all bits change, but for a version that happens to be 2. */
static size_t
cipher(unsigned i, uint8_t *b)
{
	static uint64_t state;

	if (i == 0)
		state = 5;
	for (size_t k = 0; k < 300; k++)
		b[k] = (uint8_t)test_random(&state);
	b[0] = (uint8_t)(0x80 | (b[0] & 0x3f));
	return 300;
}

/* SOME/IP: service, method, length, client, session. */
static size_t
some_ip(unsigned i, uint8_t *b)
{
	put32(b, 0x80601001);
	put32(b + 4, 40);
	put16(b + 8, 0x0100);
	put16(b + 10, i);
	return 48;
}

/* Mumble: type, then numbers of variable length; it looks so when its cipher is off. */
static size_t
mumble_voice(unsigned i, uint8_t *b)
{
	b[0] = 0x80;
	b[1] = (uint8_t)(i & 0x7f);
	put16(b + 2, 60);
	return 63;
}

static size_t
ssdp(unsigned i, uint8_t *b)
{
	return (size_t)snprintf((char *)b, 512,
	    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n"
	    "MX: %u\r\nST: ssdp:all\r\n\r\n",
	    i % 5 + 1);
}

static size_t
dht(unsigned i, uint8_t *b)
{
	return (size_t)snprintf(
	    (char *)b, 512, "d1:ad2:id20:abcdefghij%010ue1:q4:ping1:t2:%02u1:y1:qe", i, i);
}

/* A response whose transaction begins as RTP does, of a resolver that counts. */
static size_t
dns_answer(unsigned i, uint8_t *b)
{
	put16(b, 0x8000 + i);
	put16(b + 2, 0x8180);
	put16(b + 4, 1);
	put16(b + 6, 1);
	memcpy(b + 12, "\003www\007example\003com\0\0\001\0\001", 21);
	memcpy(b + 33, "\300\014\0\001\0\001\0\0\001\0\0\004\012\0\0\001", 16);
	return 49;
}

static size_t
quic_short(unsigned i, uint8_t *b)
{
	b[0] = (uint8_t)(0x40 | (i & 0x1f));
	memcpy(b + 1, "\1\2\3\4\5\6\7\10", 8);
	put32(b + 9, i * 2654435761u);
	return 120;
}

TEST(lookalikes_make_no_stream)
{
	static const struct {
		const char *name;
		size_t (*make)(unsigned i, uint8_t *out);
		double step_ms;
	} rows[] = {
		/* Counters where RTP has its number. */
		{ "rpc_call", rpc_call, 1 },
		{ "rpc_reply", rpc_reply, 1 },
		{ "rdp_udp_ack", rdp_udp_ack, 2 },
		{ "number_ack_bits", number_ack_bits, 33 },
		{ "enet_reliable", enet_reliable, 1 },
		{ "memcached_reply", memcached_reply, 0.1 },
		/* Lengths there. */
		{ "bacnet_forwarded", bacnet_forwarded, 1000 },
		{ "length_and_clock", length_and_clock, 20 },
		/* Not of version 2, or answers that begin so. */
		{ "ssdp", ssdp, 1000 },
		{ "dht", dht, 100 },
		{ "dns_answer", dns_answer, 5 },
		{ "quic_short", quic_short, 5 },
		/* Words that are constant. */
		{ "photon", photon, 33 },
		{ "iax2_full", iax2_full, 20 },
		{ "srt_control", srt_control, 10 },
		{ "lisp_data", lisp_data, 1 },
		{ "esp_in_udp", esp_in_udp, 1 },
		{ "bittorrent_tracker", bittorrent_tracker, 1000 },
		{ "some_ip", some_ip, 10 },
		{ "raknet", raknet, 10 },
		/* Numbers of their own. */
		{ "dns_query", dns_query, 5 },
		{ "nbns_query", nbns_query, 5 },
		{ "mumble_voice", mumble_voice, 10 },
		{ "cipher", cipher, 5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned n = outcome_of(N, rows[i].make, rows[i].step_ms).records;

		if (n != 0)
			test_fail(__FILE__, __LINE__, "%s: %u records", rows[i].name, n);
	}
}

/* What the rules above must let through. */
static size_t
rtp(uint8_t *b, uint8_t b0, uint8_t b1, unsigned seq, uint32_t ts, size_t n)
{
	b[0] = b0;
	b[1] = b1;
	put16(b + 2, seq);
	put32(b + 4, ts);
	put32(b + 8, 0x1234);
	if ((b0 & 0x10) != 0)
		put32(b + 12, 0xbede0000);
	return n;
}

static size_t
g711(unsigned i, uint8_t *b)
{
	return rtp(b, 0x80, 8, 900 + i, 160 * i, 172);
}

static size_t
opus_after_silence(unsigned i, uint8_t *b)
{
	return rtp(b, 0x80, 111, 65534 + i, 0xffffff00u + 96000 * i, 40 + i);
}

static size_t
video_frame_of_five(unsigned i, uint8_t *b)
{
	return rtp(b, 0x80, 96, 900 + i, 3000 * (i / 5), 400);
}

static size_t
one_frame_with_extension(unsigned i, uint8_t *b)
{
	return rtp(b, 0x90, 96, 900 + i, 3000, 400);
}

static size_t
one_event(unsigned i, uint8_t *b)
{
	return rtp(b, 0x80, 101, 900 + i, 3000, 16);
}

static size_t
aes67(unsigned i, uint8_t *b)
{
	return rtp(b, 0x80, 97, 900 + i, 6 * i, 48);
}

TEST(probation_lets_short_streams_through_with_all_their_packets)
{
	static const struct {
		const char *name;
		size_t (*make)(unsigned i, uint8_t *out);
		double step_ms;
		unsigned sent, counted;
	} rows[] = {
		{ "g711", g711, 20, 2, 0 },
		{ "g711", g711, 20, 3, 3 },
		{ "opus_after_silence", opus_after_silence, 2000, 3, 3 },
		{ "video_frame_of_five", video_frame_of_five, 1, 4, 0 },
		{ "video_frame_of_five", video_frame_of_five, 1, 6, 6 },
		{ "one_frame_with_extension", one_frame_with_extension, 1, 3, 3 },
		{ "one_event", one_event, 50, 3, 3 },
		{ "aes67", aes67, 0.125, 3, 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned n = outcome_of(rows[i].sent, rows[i].make, rows[i].step_ms).packets;

		if (n != rows[i].counted)
			test_fail(__FILE__, __LINE__, "%s: %u packets of %u", rows[i].name, n,
			    rows[i].sent);
	}
}
