/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes around packets: MPLS, PPP, GRE, the UDP tunnels. */
#include "probes/wire/link/layer_private.h"
#include "sweep.h"

enum { INNER4_BYTES = 40, INNER6_BYTES = 60, PACKET_MAX = 512 };

/* An RTP header in UDP in IPv4, checksum right, and in IPv6. */
static const uint8_t inner4[INNER4_BYTES] = { 0x45, 0xb8, 0, 40, 0x12, 0x34, 0, 0, 64, 17, 0x53,
	0xd7, 10, 0, 0, 1, 10, 0, 0, 2, 0x0f, 0xa0, 0x13, 0x88, 0, 20, 0, 0, 0x80, 0, 0, 1, 0, 0, 0,
	160, 0, 0, 0, 9 };
static const uint8_t inner6[INNER6_BYTES] = { 0x60, 0, 0, 0, 0, 20, 17, 64, 0xfd, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x0f, 0xa0,
	0x13, 0x88, 0, 20, 0, 0, 0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9 };

static uint8_t packet[PACKET_MAX];
static size_t n_packet;
static struct es_layer inner;

static uint8_t
digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Two hexadecimal digits a byte; blanks between them are left out. */
static void
append_hex(const char *hex)
{
	for (; *hex != '\0'; hex++)
		if (*hex != ' ') {
			packet[n_packet++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
			hex++;
		}
}

/* What is inside: '4' and '6' IP, 'e' and 'v' IPv4 in Ethernet without and with a tag, 'E' IPv6 in it, '-' nothing. */
static void
append_inner(char kind)
{
	if (kind == 'e' || kind == 'v' || kind == 'E')
		append_hex("020000000002 020000000001");
	if (kind == 'v')
		append_hex("8100 0064");
	if (kind != '-' && kind != '4' && kind != '6')
		append_hex(kind == 'E' ? "86dd" : "0800");
	if (kind == '4' || kind == 'e' || kind == 'v') {
		memcpy(packet + n_packet, inner4, INNER4_BYTES);
		n_packet += INNER4_BYTES;
	} else if (kind != '-') {
		memcpy(packet + n_packet, inner6, INNER6_BYTES);
		n_packet += INNER6_BYTES;
	}
}

static bool
is_inner(char kind)
{
	bool is_v6 = kind == '6' || kind == 'E';
	const uint8_t *want = is_v6 ? inner6 : inner4;
	size_t n = is_v6 ? INNER6_BYTES : INNER4_BYTES;

	return es_layer_is_ip(&inner) &&
	       inner.number == (is_v6 ? ES_ETHERTYPE_IPV6 : ES_ETHERTYPE_IPV4) &&
	       inner.bytes.n == n && memcmp(inner.bytes.p, want, n) == 0;
}

static int
open_packet(enum es_unknown_layer space, uint32_t number)
{
	struct es_layer outer = { .space = space, .number = number };

	outer.bytes = test_guarded(packet, n_packet);
	memset(&inner, 0, sizeof(inner));
	return es_layer_open(&outer, &inner);
}

struct row {
	const char *name;
	uint32_t number; /* ethertype, IP protocol or UDP port */
	const char *header;
	char inside;
	uint32_t tag; /* lower 24 bits */
};

static const struct row by_ethertype[] = {
	{ "mpls", 0x8847, "00064140", '4', 100 },
	{ "mpls upstream", 0x8848, "00064140", '6', 100 },
	{ "mpls stack", 0x8847, "0001 0040 0002 00 40 00064140", '4', 100 },
	{ "mpls explicit null", 0x8847, "00000140", '4', 0 },
	{ "mpls pseudo-wire", 0x8847, "00064140", 'e', 100 },
	{ "mpls pseudo-wire, tagged", 0x8847, "00064140", 'v', 100 },
	{ "mpls pseudo-wire, control word", 0x8847, "00064140 00000007", 'e', 100 },
	{ "mpls pseudo-wire, control word, IPv6", 0x8847, "00064140 00000007", 'E', 100 },
	{ "pppoe", 0x8864, "11 00 0007 002a 0021", '4', 7 },
	{ "pppoe IPv6", 0x8864, "11 00 0007 003e 0057", '6', 7 },
	{ "pppoe, compressed protocol", 0x8864, "11 00 0007 0029 21", '4', 7 },
	{ "ppp", 0x880b, "ff03 0021", '4', 0 },
	{ "ppp, no address", 0x880b, "0057", '6', 0 },
	{ "ppp, all compressed", 0x880b, "57", '6', 0 },
	{ "ppp bridging", 0x880b, "0031 00 01", 'e', 0 },
	{ "ppp bridging, LAN", 0x880b, "0031 40 01 00000001", 'e', 0 },
	{ "bridged", 0x6558, "", 'v', 0 },
	{ "nsh", 0x894f, "0fc6 01 01 00002aff 00000000 00000000 00000000 00000000", '4', 42 },
	{ "nsh ethernet", 0x894f, "0fc2 02 03 00002aff", 'e', 42 },
	{ "802.1ah", 0x88e7, "00000009", 'e', 9 },
	{ "VN-Tag", 0x8926, "00000000 0800", '4', 0 },
	{ "Marvell's tag", 0xdada, "0000 c0180000 0800", '4', 0 },
	{ "802.1BR", 0x893f, "000000000000 86dd", '6', 0 },
	{ "HSR", 0x892f, "00280001 0800", '4', 0 },
	{ "VN-Tag, tagged", 0x8926, "00000000 8100 0064 0800", '4', 159 },
	{ "802.1BR, tagged", 0x893f, "000000000000 8100 0064 86dd", '6', 159 },
	{ "HSR, LLC and SNAP", 0x892f, "00280001 0030 aaaa03 000000 0800", '4', 0 },
};

static const struct row by_ip_proto[] = {
	{ "IP in IP", 4, "", '4', 0 },
	{ "6in4", 41, "", '6', 0 },
	{ "gre", 47, "0000 0800", '4', 0 },
	{ "gre IPv6", 47, "0000 86dd", '6', 0 },
	{ "gre checksum", 47, "8000 0800 12340000", '4', 0 },
	{ "gre key", 47, "2000 0800 0000004d", '4', 77 },
	{ "gre sequence", 47, "1000 0800 00000005", '4', 0 },
	{ "gre all", 47, "b000 0800 12340000 0000004d 00000005", '4', 77 },
	{ "gre routing", 47,
	    "4000 0800 00000000 0800 00 08 0a000001 0a000002 0800 00 04 0a000003 0000 00 00", '4',
	    0 },
	{ "gre all with routing", 47,
	    "f000 0800 12340000 0000004d 00000005 0800 04 04 0a000001 00000000", '4', 77 },
	{ "gre bridged", 47, "0000 6558", 'e', 0 },
	{ "nvgre", 47, "2000 6558 00100101", 'v', 0x100101 },
	{ "gre ppp", 47, "0000 880b ff03 0021", '4', 0 },
	{ "pptp", 47, "3001 880b 002a 0009 00000001 0021", '4', 9 },
	{ "pptp with acknowledgement", 47, "3081 880b 002c 0009 00000001 00000002 ff030021", '4',
	    9 },
	{ "wccp", 47, "0000 883e", '4', 0 },
	{ "wccp 2", 47, "0000 883e 00010000", '4', 0 },
	{ "erspan I", 47, "0000 88be", 'e', 0 },
	{ "erspan II", 47, "1000 88be 00000001 1064 0803 00000007", 'e', 3 },
	{ "erspan II tagged", 47, "1000 88be 00000001 1064 0803 00000007", 'v', 3 },
	{ "erspan III", 47, "1000 22eb 00000001 2064 0803 11223344 0000 0000", 'e', 3 },
	{ "erspan III with subheader", 47,
	    "1000 22eb 00000001 2064 0803 11223344 0000 0001 1122334455667788", 'e', 3 },
	{ "erspan III, IP", 47, "1000 22eb 00000001 2064 0803 11223344 0000 0800", '4', 3 },
	{ "erspan III by the number of II", 47, "1000 88be 00000001 2064 0803 11223344 0000 0000",
	    'e', 3 },
	{ "etherip", 97, "3000", 'e', 0 },
	{ "etherip, reserved bits", 97, "3a5f", 'e', 0 },
	{ "l2tpv3", 115, "00000011", 'e', 17 },
	{ "l2tpv3 with sublayer", 115, "00000011 40000001", 'e', 17 },
	{ "l2tpv3 with cookie and sublayer", 115, "00000011 1122334455667788 40000001", 'e', 17 },
	{ "mpls in IP", 137, "00064140", '4', 100 },
};

static const struct row by_port[] = {
	{ "vxlan", 4789, "08000000 00100100", 'e', 0x1001 },
	{ "vxlan tagged", 4789, "08000000 00100100", 'v', 0x1001 },
	{ "vxlan of old Linux", 8472, "08000000 00100100", 'E', 0x1001 },
	{ "vxlan with policy", 4789, "88000005 00100100", 'e', 0x1001 },
	{ "vxlan with policy, IPv6", 4789, "88000005 00100100", 'E', 0x1001 },
	{ "vxlan, reserved field", 4789, "0801d1f2 00100100", 'e', 0x1001 },
	{ "vxlan, reserved field, IPv6", 4789, "0801d1f2 00100100", 'E', 0x1001 },
	{ "vxlan, last byte", 4789, "08000000 001001a7", 'v', 0x1001 },
	{ "vxlan, reserved flag and policy", 4789, "48087f7f 00100100", 'e', 0x1001 },
	{ "vxlan, all that is reserved", 8472, "ffffffff 001001ff", 'e', 0x1001 },
	{ "vxlan-gpe, reserved bits", 4790, "3f55aa01 00100133", '4', 0x1001 },
	{ "vxlan-gpe IPv4", 4790, "0c000001 00100100", '4', 0x1001 },
	{ "vxlan-gpe IPv6", 4790, "0c000002 00100100", '6', 0x1001 },
	{ "vxlan-gpe ethernet", 4790, "0c000003 00100100", 'e', 0x1001 },
	{ "geneve", 6081, "0000 6558 00003700", 'e', 55 },
	{ "geneve with options", 6081, "0240 6558 00003700 0102 80 01 11223344", 'v', 55 },
	{ "geneve, control", 6081, "0080 6558 00003700", 'e', 55 },
	{ "geneve, reserved bits", 6081, "003f 6558 000037ff", 'e', 55 },
	{ "geneve, reserved bits, IPv6", 6081, "0021 86dd 00003700", '6', 55 },
	{ "geneve IPv4", 6081, "0000 0800 00003700", '4', 55 },
	{ "geneve IPv6", 6081, "0000 86dd 00003700", '6', 55 },
	{ "gtp-u", 2152, "30 ff 0028 00001234", '4', 0x1234 },
	{ "gtp-u IPv6", 2152, "30 ff 003c 00001234", '6', 0x1234 },
	{ "gtp-u with sequence", 2152, "32 ff 002c 00001234 0001 00 00", '4', 0x1234 },
	{ "gtp-u with unused extension", 2152, "32 ff 002c 00001234 0001 00 85", '4', 0x1234 },
	{ "gtp-u of 5G", 2152, "34 ff 0030 00001234 0000 00 85 01 00 09 00", '4', 0x1234 },
	{ "gtp-u with two extensions", 2152,
	    "34 ff 0038 00001234 0000 00 c0 01 0001 85 02 000000000000 00", '4', 0x1234 },
	{ "gtp-u ethernet", 2152, "30 ff 0036 00001234", 'e', 0x1234 },
	{ "l2tp", 1701, "0002 0001 0002 0021", '4', 0x10002 },
	{ "l2tp with all", 1701, "4a02 0040 0001 0002 0003 0004 0002 0000 ff03 0021", '4',
	    0x10002 },
	{ "l2tp, reserved bits", 1701, "34f2 0001 0002 0021", '4', 0x10002 },
	{ "l2tp of version 3, reserved bits", 1701, "0013 0007 00000011", 'e', 17 },
	{ "gtp-u, spare bit", 2152, "38 ff 0028 00001234", '4', 0x1234 },
	{ "gre in UDP", 4754, "2000 0800 0000004d", '4', 77 },
	{ "gre in UDP, ethernet", 4754, "0000 6558", 'e', 0 },
	{ "gre in UDP with a checksum", 4754, "a000 86dd 12340000 0000004d", '6', 77 },
	{ "l2tp of version 3", 1701, "0003 0000 00000011", 'e', 17 },
	{ "tzsp", 37008, "01 00 0001 01", 'e', 0 },
	{ "tzsp with tags", 37008, "01 00 0001 00 0a 01 c8 00 29 02 0036 01", 'e', 0 },
	{ "tzsp of a wireless LAN", 37008,
	    "01 00 0012 01 0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 "
	    "0800",
	    '4', 0 },
	{ "mpls in UDP", 6635, "00064140", '4', 100 },
	{ "mpls in UDP, label like RTP", 6635, "80000140", '4', 0x80000 },
};

static void
check_rows(const struct row *rows, size_t n, enum es_unknown_layer space)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		int err;

		n_packet = 0;
		append_hex(r->header);
		append_inner(r->inside);
		err = open_packet(space, r->number);
		if (err != 0)
			test_fail(__FILE__, __LINE__, "%s: error %d", r->name, err);
		else if (!is_inner(r->inside))
			test_fail(__FILE__, __LINE__, "%s: not what is inside", r->name);
		else if ((inner.tag & 0xffffff) != r->tag)
			test_fail(__FILE__, __LINE__, "%s: tag %x", r->name, inner.tag);
	}
}

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

TEST(layer_envelopes_by_ethertype)
{
	check_rows(ROWS(by_ethertype), ES_UNKNOWN_ETHERTYPE);
}

TEST(layer_envelopes_by_ip_protocol)
{
	check_rows(ROWS(by_ip_proto), ES_UNKNOWN_IP_PROTO);
}

static int
open_udp(uint16_t src_port, uint16_t dst_port)
{
	struct es_udp udp = { .src_port = src_port, .dst_port = dst_port };

	udp.payload = test_guarded(packet, n_packet);
	udp.payload_wire_bytes = (uint32_t)n_packet;
	memset(&inner, 0, sizeof(inner));
	return es_layer_open_udp(&udp, &inner);
}

TEST(layer_envelopes_by_udp_port)
{
	for (size_t i = 0; i < sizeof(by_port) / sizeof(by_port[0]); i++) {
		const struct row *r = &by_port[i];

		n_packet = 0;
		append_hex(r->header);
		append_inner(r->inside);
		if (open_udp(49152, (uint16_t)r->number) != 0)
			test_fail(__FILE__, __LINE__, "%s: not opened", r->name);
		else if (!is_inner(r->inside))
			test_fail(__FILE__, __LINE__, "%s: not what is inside", r->name);
		else if ((inner.tag & 0xffffff) != r->tag)
			test_fail(__FILE__, __LINE__, "%s: tag %x", r->name, inner.tag);
		/* The same bytes at a port of nobody. */
		if (open_udp(49152, 40000) != ES_ENOTFOUND)
			test_fail(__FILE__, __LINE__, "%s: guessed at any port", r->name);
	}
}

TEST(layer_l2tp_answers_to_any_port)
{
	n_packet = 0;
	append_hex("0002 0001 0002 0021");
	append_inner('4');
	CHECK_EQ(open_udp(1701, 50000), 0);
	CHECK(is_inner('4'));
}

TEST(layer_teredo_with_its_headers)
{
	static const char *const headers[] = { "", "0000 1111 22222222",
		"0001 0000 1122334455667788 00", "0001 0201 aabb cc 1122334455667788 00",
		"0001 0000 1122334455667788 00 0000 1111 22222222" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		n_packet = 0;
		append_hex(headers[i]);
		append_inner('6');
		memcpy(packet + n_packet - INNER6_BYTES + 8, "\x20\x01\0\0", 4);
		CHECK_EQ(open_udp(3544, 1234), 0);
		CHECK_EQ(inner.number, ES_ETHERTYPE_IPV6);
		CHECK_EQ(inner.bytes.n, INNER6_BYTES);
		packet[n_packet - INNER6_BYTES + 8] = 0x26; /* no Teredo address */
		CHECK_EQ(open_udp(3544, 1234), ES_ENOTFOUND);
	}
}

TEST(layer_teredo_between_clients_at_any_port)
{
	for (int is_to = 0; is_to < 2; is_to++) {
		n_packet = 0;
		append_inner('6');
		memcpy(packet + 8 + 16 * is_to, "\x20\x01\0\0", 4);
		CHECK_EQ(open_udp(40000, 50000), 0);
		CHECK_EQ(inner.bytes.n, INNER6_BYTES);
		packet[n_packet++] = 0; /* more than its length says */
		CHECK_EQ(open_udp(40000, 50000), ES_ENOTFOUND);
	}
}

static bool
is_gtp_control(uint16_t port, const char *hex)
{
	struct es_udp udp = { .src_port = 40000, .dst_port = port };

	n_packet = 0;
	append_hex(hex);
	udp.payload = test_guarded(packet, n_packet);
	udp.payload_wire_bytes = (uint32_t)n_packet;
	return es_gtp_is_control(&udp);
}

/* Version 2 of GTP-C begins as ChannelData of TURN does, length and all. */
TEST(layer_gtp_control_is_no_turn)
{
	static const char request[] = "48 20 0011 00001234 000001 00 03 0001 00 07 01 0000 00";
	static const char echo[] = "40 01 0009 000001 00 03 0001 00 07";

	CHECK(is_gtp_control(2123, request));
	CHECK(is_gtp_control(50000, request));
	CHECK(is_gtp_control(50000, echo));
	CHECK(is_gtp_control(3386, "4f 01 0000 0001"));
	CHECK(!is_gtp_control(50000, "4f 01 0000 0001"));
	CHECK(!is_gtp_control(50000, "48 20 0010 00001234 000001 00 03 0001 00 07 01 0000 00"));
	/* RTP on channel 0x4801. */
	CHECK(!is_gtp_control(50000, "4801 0010 80000001 000000a0 00000009 01020304"));
}

/* A timestamp that rises from 0 passes each length an element could have. */
TEST(layer_relayed_media_is_no_gtp_control)
{
	struct es_udp udp = { .src_port = 50000, .dst_port = 3478 };
	static const uint8_t flags[] = { 0x40, 0x48, 0x4c, 0x50, 0x58 };
	unsigned n_wrong = 0;

	for (uint32_t i = 0; i < 5 * 65536; i++) {
		uint8_t channel[4 + 12 + 160] = { flags[i % 5], 1, 0, 172, 0x80, 0 };
		uint32_t ts = i / 5 * 160;

		channel[6] = (uint8_t)(i / 5 >> 8);
		channel[7] = (uint8_t)(i / 5);
		for (unsigned k = 0; k < 4; k++)
			channel[8 + k] = (uint8_t)(ts >> (24 - 8 * k));
		channel[14] = channel[15] = 1; /* SSRC 257 */
		for (unsigned k = 16; k < sizeof(channel); k++)
			channel[k] = (uint8_t)(i * k);
		udp.payload = es_slice_of(channel, sizeof(channel));
		udp.payload_wire_bytes = sizeof(channel);
		n_wrong += es_gtp_is_control(&udp);
	}
	CHECK_EQ(n_wrong, 0);
}

TEST(layer_gre_announces_mpls)
{
	n_packet = 0;
	append_hex("0000 8847 00064140");
	append_inner('4');
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 47), 0);
	CHECK_EQ(inner.space, ES_UNKNOWN_ETHERTYPE);
	CHECK_EQ(inner.number, 0x8847);
	CHECK_EQ(inner.bytes.n, 44);
}

TEST(layer_media_at_tunnel_ports_stays_media)
{
	static const uint16_t ports[] = { 1701, 2152, 3544, 4754, 4760, 4789, 4790, 6081, 6635,
		8472, 37008 };
	uint64_t seed = 7;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		for (int n = 0; n < 20000; n++) {
			/* RTP with any second byte, number, time and payload. */
			n_packet = 12 + 160;
			for (size_t k = 0; k < n_packet; k += 4) {
				uint32_t word = test_random(&seed);

				memcpy(packet + k, &word, 4);
			}
			packet[0] = (uint8_t)(0x80 | (n % 16));
			struct es_udp udp = { .dst_port = ports[i],
				.payload = es_slice_of(packet, n_packet),
				.payload_wire_bytes = (uint32_t)n_packet };
			CHECK_EQ(es_layer_open_udp(&udp, &inner), ES_ENOTFOUND);
		}
}

TEST(layer_udp_tunnel_with_nothing_readable_inside_is_no_tunnel)
{
	static const struct row rows[] = {
		{ "vxlan, no frame", 4789, "08000000 00100100 1122", '-', 0 },
		{ "vxlan, reserved bits, no IP", 4789,
		    "08000001 00100100 "
		    "020000000002020000000001 0800 45000028 12340000 40110000 0a000001 0a000002",
		    '-', 0 },
		{ "vxlan, no flag", 4789, "00000000 00100100", 'e', 0 },
		{ "vxlan, odd ethertype", 4789, "08000000 00100100 020000000002020000000001 7777",
		    '4', 0 },
		{ "vxlan, other version", 4789, "08000000 00100100 020000000002020000000001 0800",
		    '6', 0 },
		{ "geneve, version", 6081, "4000 6558 00003700", 'e', 0 },
		{ "geneve, options too long", 6081, "3f00 6558 00003700", 'e', 0 },
		{ "gtp-u echo", 2152, "32 01 0004 00000000 0001 00 00 0e00", '-', 0 },
		{ "gtp prime", 2152, "20 ff 0028 00001234", '4', 0 },
		{ "gtp-u end marker", 2152, "30 fe 0000 00001234", '-', 0 },
		{ "gtp-u, extension of no length", 2152, "34 ff 0030 00001234 0000 00 85 00000000",
		    '4', 0 },
		{ "l2tp control", 1701, "c802 000c 0001 0000 0000 0001", '-', 0 },
		{ "l2tp, odd PPP", 1701, "0002 0001 0002 4021", '4', 0 },
		{ "tzsp keepalive", 37008, "01 04 0000 01", '-', 0 },
		{ "tzsp, no end of tags", 37008, "01 00 0001 00 00 00", '-', 0 },
		{ "mpls, no bottom", 6635, "00064040", '4', 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n_packet = 0;
		append_hex(rows[i].header);
		append_inner(rows[i].inside);
		if (open_udp(49152, (uint16_t)rows[i].number) != ES_ENOTFOUND)
			test_fail(__FILE__, __LINE__, "%s: taken", rows[i].name);
	}
}

TEST(layer_known_protocols_that_carry_nothing)
{
	static const struct {
		enum es_unknown_layer space;
		uint32_t number;
		const char *header;
	} rows[] = {
		{ ES_UNKNOWN_ETHERTYPE, 0x0806, "0001" },
		{ ES_UNKNOWN_ETHERTYPE, 0x88cc, "0207" },
		{ ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_CONTROL, "" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8863, "1109 0000 0004" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8864, "11a7 0007 0000" },
		{ ES_UNKNOWN_ETHERTYPE, 0x880b, "c021 0101 0004" },
		{ ES_UNKNOWN_ETHERTYPE, 0x880b, "ff03 8021 0101 0004" },
		{ ES_UNKNOWN_ETHERTYPE, 0x8847, "00064140 10000021 0000" },
		{ ES_UNKNOWN_IP_PROTO, 1, "0303" },
		{ ES_UNKNOWN_IP_PROTO, 58, "0100" },
		{ ES_UNKNOWN_IP_PROTO, 47, "0000 0000" },
		{ ES_UNKNOWN_IP_PROTO, 47, "2081 880b 0000 0009 00000002" },
		{ ES_UNKNOWN_IP_PROTO, 115, "00000000 c8030014" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n_packet = 0;
		append_hex(rows[i].header);
		if (open_packet(rows[i].space, rows[i].number) != ES_ENOTFOUND)
			test_fail(__FILE__, __LINE__, "row %zu", i);
	}
}

TEST(layer_unknown_numbers_are_named)
{
	n_packet = 0;
	append_hex("112233");
	CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, 0x7777), ES_EUNSUPPORTED);
	CHECK_EQ(inner.space, ES_UNKNOWN_ETHERTYPE);
	CHECK_EQ(inner.number, 0x7777);
	CHECK_EQ(inner.bytes.n, 3);
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 50), ES_EUNSUPPORTED);
	CHECK_EQ(inner.number, 50);
	n_packet = 0;
	append_hex("002d 45001122"); /* compressed TCP */
	CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, ES_ETHERTYPE_PPP), ES_EUNSUPPORTED);
	CHECK_EQ(inner.space, ES_UNKNOWN_PPP);
	CHECK_EQ(inner.number, 0x2d);
	CHECK_EQ(inner.bytes.n, 4);
	n_packet = 0;
	append_hex("1000 22eb 00000001 2064 0803 11223344 0000 1c00 55");
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 47), ES_EUNSUPPORTED); /* frame type 7 */
	CHECK_EQ(inner.number, 0x22eb);
	n_packet = 0;
	append_hex("0000 7777 55");
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 47), 0);
	CHECK_EQ(inner.number, 0x7777);
}

TEST(layer_limits_on_lists)
{
	n_packet = 0;
	for (int i = 0; i < ES_MPLS_LABELS_MAX - 1; i++)
		append_hex("00010040");
	append_hex("00010140");
	append_inner('4');
	CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, 0x8847), 0);
	CHECK(is_inner('4'));
	n_packet = 0;
	for (int i = 0; i < ES_MPLS_LABELS_MAX; i++)
		append_hex("00010040");
	append_hex("00010140");
	append_inner('4');
	CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, 0x8847), ES_EMALFORMED);
	n_packet = 0;
	append_hex("4000 0800 00000000");
	for (int i = 0; i < ES_GRE_ROUTES_MAX; i++)
		append_hex("0800 00 04 0a000001");
	append_hex("00000000");
	append_inner('4');
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 47), ES_EMALFORMED);
	n_packet = 0;
	append_hex("0002 0800");
	append_inner('4');
	CHECK_EQ(open_packet(ES_UNKNOWN_IP_PROTO, 47), ES_EMALFORMED); /* version 2 */
}

TEST(layer_pppoe_leaves_padding_out)
{
	n_packet = 0;
	append_hex("11 00 0007 002a 0021");
	append_inner('4');
	append_hex("0000 0000 0000");
	CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, 0x8864), 0);
	CHECK(is_inner('4'));
}

/* A MAC address that begins as IP or a control word does. */
TEST(layer_pseudo_wire_to_any_address)
{
	static const uint8_t firsts[] = { 0x00, 0x02, 0x0e, 0x40, 0x45, 0x60, 0x6e, 0x84, 0xf4 };

	for (size_t i = 0; i < sizeof(firsts); i++)
		for (int has_word = 0; has_word < 2; has_word++) {
			n_packet = 0;
			append_hex(has_word ? "00064140 00000000" : "00064140");
			append_inner('e');
			packet[has_word ? 8 : 4] = firsts[i];
			CHECK_EQ(open_packet(ES_UNKNOWN_ETHERTYPE, 0x8847), 0);
			CHECK(is_inner('e'));
		}
}

static const struct row *swept;
static enum es_unknown_layer swept_space;

static void
sweep_one(es_slice bytes, uint32_t wire_bytes)
{
	struct es_layer outer = { .space = swept_space, .number = swept->number, .bytes = bytes };
	struct es_udp udp = { .dst_port = (uint16_t)swept->number, .payload = bytes };
	int err;

	udp.payload_wire_bytes = wire_bytes;
	memset(&inner, 0, sizeof(inner));
	err = swept_space == ES_UNKNOWN_DEPTH ? es_layer_open_udp(&udp, &inner)
					      : es_layer_open(&outer, &inner);
	if (err != 0 && err != ES_EMALFORMED && err != ES_EUNSUPPORTED && err != ES_ENOTFOUND)
		test_fail(__FILE__, __LINE__, "%s: error %d", swept->name, err);
	if (err == 0 && inner.bytes.n > 0 &&
	    (inner.bytes.p < bytes.p || inner.bytes.p + inner.bytes.n > bytes.p + bytes.n))
		test_fail(__FILE__, __LINE__, "%s: outside of its bytes", swept->name);
}

static void
sweep_rows(const struct row *rows, size_t n, enum es_unknown_layer space)
{
	swept_space = space;
	for (size_t i = 0; i < n; i++) {
		swept = &rows[i];
		n_packet = 0;
		append_hex(swept->header);
		append_inner(swept->inside);
		sweep(packet, n_packet, sweep_one);
	}
}

TEST(layer_sweep_by_ethertype)
{
	sweep_rows(ROWS(by_ethertype), ES_UNKNOWN_ETHERTYPE);
}

TEST(layer_sweep_by_ip_protocol)
{
	sweep_rows(ROWS(by_ip_proto), ES_UNKNOWN_IP_PROTO);
}

TEST(layer_sweep_by_udp_port)
{
	sweep_rows(ROWS(by_port), ES_UNKNOWN_DEPTH);
}
