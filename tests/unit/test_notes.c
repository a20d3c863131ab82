/* SPDX-License-Identifier: Apache-2.0 */
/* What is said on standard error of a capture in which there was nothing, or not all, to measure. */
#include "agent/command/notes.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { ETHERNET_BYTES = 14, IP_BYTES = 20, UDP_BYTES = 8, FRAME_MAX = 512 };

static struct es_engine *engine;
static uint64_t n_cut;
static const char *filter;
static int64_t now_ms;

static void
ignore(void *ctx, const struct es_record *rec)
{
	(void)ctx;
	(void)rec;
}

static void
begin(void)
{
	static const struct es_config cfg = { .max_streams = 64, .max_calls = 16 };
	const struct es_sink sink = { ignore, NULL };

	if (es_engine_new(&cfg, &sink, &engine) != 0)
		abort();
	n_cut = 0;
	now_ms = 1000;
}

/* What the notes are, given; the engine is gone. */
static char *
end(const char *name)
{
	struct es_notes notes = { .command = "read", .filter = filter };
	char *text = NULL;
	size_t n_text;

	es_engine_flush(engine);
	notes.to = open_memstream(&text, &n_text);
	if (notes.to == NULL)
		abort();
	if (name != NULL)
		notes.name = es_slice_of(name, strlen(name));
	es_notes_engine(&notes, engine, n_cut);
	(void)fclose(notes.to);
	es_engine_free(engine);
	return text;
}

static void
send_frame(const uint8_t *frame, size_t n, size_t cap)
{
	struct es_packet p = { .ts = es_time_of_ns(now_ms * ES_NS_PER_MS),
		.data = frame,
		.cap_bytes = (uint32_t)(cap < n ? cap : n),
		.wire_bytes = (uint32_t)n,
		.link = ES_LINK_ETHERNET };

	n_cut += cap < n;
	now_ms += 20;
	es_engine_packet(engine, &p);
}

static void
send_ethertype(uint16_t type, unsigned n)
{
	uint8_t frame[ETHERNET_BYTES + 46] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	while (n-- > 0)
		send_frame(frame, sizeof(frame), sizeof(frame));
}

static void
send_ip(uint8_t proto, const void *payload, size_t n, size_t cap)
{
	uint8_t frame[FRAME_MAX] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	size_t all = ETHERNET_BYTES + IP_BYTES + n;

	frame[16] = (uint8_t)((IP_BYTES + n) >> 8);
	frame[17] = (uint8_t)(IP_BYTES + n);
	frame[22] = 64;
	frame[23] = proto;
	frame[26] = frame[30] = 10;
	frame[29] = 1;
	frame[33] = 2;
	memcpy(frame + ETHERNET_BYTES + IP_BYTES, payload, n);
	send_frame(frame, all, cap);
}

static void
send_udp(uint16_t port, const void *payload, size_t n, size_t cap)
{
	uint8_t datagram[FRAME_MAX] = { 0x9c, 0x40, (uint8_t)(port >> 8), (uint8_t)port };

	datagram[4] = (uint8_t)((UDP_BYTES + n) >> 8);
	datagram[5] = (uint8_t)(UDP_BYTES + n);
	memcpy(datagram + UDP_BYTES, payload, n);
	send_ip(17, datagram, UDP_BYTES + n, cap);
}

static void
send_rtp(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t rtp[172] = { 0x80, 0, 0, (uint8_t)i, 0, 0, (uint8_t)(160 * i >> 8),
			(uint8_t)(160 * i), 0, 0, 0, 9 };

		send_udp(5004, rtp, sizeof(rtp), SIZE_MAX);
	}
}

/* These words must stand in the text, which is freed. */
static void
check_says(char *text, const char *first, const char *second)
{
	if (strstr(text, first) == NULL || strstr(text, second) == NULL)
		test_fail(__FILE__, __LINE__, "no \"%s\" or \"%s\" in: %s", first, second, text);
	free(text);
}

TEST(notes_name_an_ethertype_that_is_all_there_is)
{
	begin();
	send_ethertype(0x88a2, 24);
	check_says(end("ep"),
	    "earshot read: ep: note: nothing could be measured: 24 of 24 packets (100 %) are of",
	    "ethertype 0x88a2 (ATA over Ethernet), which is not understood: ");
	begin();
	send_ethertype(0x88e5, 30);
	send_ethertype(0x0806, 10);
	check_says(end(NULL), "30 of 40 packets (75 %)", "MACsec, encrypted");
}

TEST(notes_name_an_ip_protocol)
{
	static const struct {
		uint8_t number;
		const char *said;
	} rows[] = {
		{ 253, "IP protocol 253 (for experiments), which is not understood" },
		{ 50, "IP protocol 50 (IPsec, encrypted)" },
		{ 99, "IP protocol 99, which is not understood" },
	};
	static const uint8_t bytes[40] = { 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		for (unsigned k = 0; k < 5; k++)
			send_ip(rows[i].number, bytes, sizeof(bytes), SIZE_MAX);
		check_says(end(NULL), "5 of 5 packets (100 %)", rows[i].said);
	}
}

TEST(notes_name_ciphers)
{
	static const uint8_t wireguard[96] = { 4, 0, 0, 0, 7, 7 };
	static const uint8_t openvpn[90] = { 0x48, 0, 0, 1, 9 };
	static const uint8_t esp[90] = { 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1 };

	begin();
	for (unsigned i = 0; i < 4; i++) {
		send_udp(51820, wireguard, sizeof(wireguard), SIZE_MAX);
		send_udp(1194, openvpn, sizeof(openvpn), SIZE_MAX);
		send_udp(4500, esp, sizeof(esp), SIZE_MAX);
	}
	check_says(end(NULL), "12 of 12 packets (100 %) are of encrypted tunnels",
	    "capture inside the tunnel");
}

TEST(notes_take_nothing_for_a_cipher_that_is_not_one)
{
	static const uint8_t odd[97] = { 4, 0, 0, 0, 7, 7 };

	begin();
	for (unsigned i = 0; i < 4; i++)
		send_udp(51820, odd, sizeof(odd), SIZE_MAX);
	check_says(end(NULL), "4 of 4", "UDP datagrams that are neither SIP nor media");
}

TEST(notes_say_that_sip_was_cut)
{
	static const char invite[] =
	    "INVITE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
	    "From: <sip:a@a>;tag=1\r\nTo: <sip:bob@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
	    "Content-Length: 0\r\n\r\n";

	begin();
	send_udp(5060, invite, sizeof(invite) - 1, SIZE_MAX);
	send_udp(5060, invite, sizeof(invite) - 1, 120);
	send_rtp(20);
	check_says(end(NULL), "1 of 2 SIP messages (50 %) were cut by the capture's snap length",
	    "tcpdump -s 0");
}

TEST(notes_are_silent_where_all_was_measured)
{
	char *text;

	begin();
	send_rtp(50);
	send_ethertype(0x88a2, 10);
	text = end("ep"); /* another vantage point may have the signalling */
	CHECK_STR(text, "");
	free(text);
}

TEST(notes_say_that_no_packet_was_sip)
{
	begin();
	send_rtp(50);
	send_ethertype(0x88a2, 10);
	check_says(end(NULL), "no calls were found: none of 60 packets is SIP",
	    "capture the signalling, too (SIP in TLS is read with --keylog FILE)");
}

TEST(notes_say_that_there_were_no_packets)
{
	begin();
	check_says(end(NULL), "nothing could be measured", "no packets are in the input");
	begin();
	filter = "port 1";
	check_says(end("ep"), "nothing could be measured", "no packets pass --filter");
	filter = NULL;
}

TEST(notes_say_that_no_call_fits)
{
	struct es_notes notes = { .command = "read" };
	char *text = NULL;
	size_t n;

	notes.to = open_memstream(&text, &n);
	CHECK(notes.to != NULL);
	es_notes_no_call_fits(&notes, 3);
	(void)fclose(notes.to);
	check_says(text, "no call fits, of 3: ", "--number a part of a user or number");
}

/* Media is there; what most of the packets are may hold its calls. */
TEST(notes_say_what_may_hold_the_calls)
{
	begin();
	send_rtp(50);
	send_ethertype(0x88a2, 100);
	check_says(end(NULL), "no calls were found: 100 of 150 packets (66 %)", "0x88a2");
}

TEST(notes_of_headers_that_were_cut)
{
	static const uint8_t rtp[172] = { 0x80 };

	begin();
	for (unsigned i = 0; i < 10; i++)
		send_udp(5004, rtp, sizeof(rtp), 46);
	check_says(end(NULL),
	    "nothing could be measured: 10 of 10 packets (100 %) are cut by the capture's snap "
	    "length within or right behind their headers",
	    "10 packets are cut by the capture: let whole packets be captured (tcpdump -s 0)");
}

/* Within the header of IP nothing is known of them: the advice is the same. */
TEST(notes_of_a_capture_cut_within_ip)
{
	static const uint8_t rtp[172] = { 0x80 };

	begin();
	for (unsigned i = 0; i < 10; i++)
		send_udp(5004, rtp, sizeof(rtp), 30);
	check_says(end(NULL), "10 of 10 packets (100 %) are cut by the capture's snap length",
	    "let whole packets be captured");
}

/* A few streams were whole; the calls may be in what was cut. */
TEST(notes_of_headers_that_were_cut_next_to_media)
{
	static const uint8_t rtp[172] = { 0x80 };

	begin();
	send_rtp(20);
	for (unsigned i = 0; i < 40; i++)
		send_udp(5006, rtp, sizeof(rtp), 46);
	check_says(end(NULL), "no calls were found: 40 of 60 packets", "cut by the capture's snap");
}

TEST(notes_say_that_rtcp_was_cut)
{
	uint8_t report[32] = { 0x81, 201, 0, 7, 0, 0, 0, 5, 0, 0, 0, 9 };

	begin();
	for (unsigned i = 0; i < 10; i++) {
		report[15] = (uint8_t)(i / 2); /* each twice, by a mirror */
		send_udp(5005, report, sizeof(report), 60);
	}
	check_says(end(NULL),
	    "nothing could be measured: 10 of 10 packets (100 %) are RTCP, 100 % of it cut by the "
	    "capture's snap length; 10 packets are cut",
	    "let whole packets be captured");
	begin();
	send_rtp(50);
	send_udp(5005, report, sizeof(report), 60);
	send_udp(5005, report, sizeof(report), SIZE_MAX);
	check_says(end(NULL), "1 of 2 RTCP packets (50 %) were cut by the capture's snap length",
	    "what the far ends reported is missing or incomplete");
}

/* Up to the UDP header nothing shows what is inside: that is no word against the place of the capture. */
TEST(notes_do_not_judge_datagrams_that_were_cut)
{
	static const uint8_t rtp[172] = { 0x80 };

	begin();
	for (unsigned i = 0; i < 10; i++)
		send_udp(5004, rtp, sizeof(rtp), 42);
	check_says(end(NULL), "10 of 10 packets (100 %) are cut by the capture's snap length",
	    "10 packets are cut by the capture: let whole packets be captured");
}

/* Each kind for itself is rarer than what is said to be most. */
TEST(notes_add_up_what_is_not_understood)
{
	begin();
	for (unsigned i = 0; i < 30; i++)
		send_ethertype((uint16_t)(0x9a00 + i), 1);
	send_ethertype(0x0806, 10);
	check_says(
	    end(NULL), "30 of 40 packets (75 %)", "are of ethertypes that are not understood");
	begin();
	send_ethertype(0x88a2, 20);
	for (unsigned i = 0; i < 10; i++)
		send_ethertype((uint16_t)(0x9a00 + i), 1);
	check_says(end(NULL), "20 of 30 packets", "ethertype 0x88a2 (ATA over Ethernet)");
}

TEST(notes_call_no_frame_of_802_2_an_ethertype)
{
	begin();
	send_ethertype(60, 20); /* a length, and LLC behind it */
	check_says(
	    end(NULL), "20 of 20 packets", "of an IEEE 802.2 service that is not understood");
}
