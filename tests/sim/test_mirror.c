/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling and reports that a capture shows more than once: each message and each report counts once. */
#include "tests/sim/parties.h"
#include "tests/sim/rtcp.h"
#include "tests/unit/hep_samples.h"

enum { FRAME_BYTES = 2048, UDP_BYTES = 8, NO_VLAN = 0, SRTCP_BYTES = 60 };

/* How one datagram appears in the capture. */
struct sight {
	double ms;
	uint16_t ip_id;
	uint16_t vlan; /* NO_VLAN: untagged */
	uint8_t ttl;
	uint16_t iface;
	bool is_v6;
};

static struct es_addr
address(uint8_t host, uint16_t port, bool is_v6)
{
	struct es_addr a = world_addr(host, port);

	if (!is_v6)
		return a;
	memset(&a, 0, sizeof(a));
	a.family = 6;
	a.ip[0] = 0x20;
	a.ip[15] = host;
	a.port = port;
	return a;
}

static size_t
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

static size_t
ip_header(uint8_t *p, const struct sight *s, const struct es_addr *from, const struct es_addr *to,
    size_t n)
{
	size_t address_bytes = s->is_v6 ? 16 : 4;
	size_t at = s->is_v6 ? 8 : 12;

	memset(p, 0, 40);
	if (s->is_v6) {
		p[0] = 0x60;
		put16(p + 4, (unsigned)n);
		p[6] = 17;
		p[7] = s->ttl;
	} else {
		p[0] = 0x45;
		put16(p + 2, (unsigned)n + 20);
		put16(p + 4, s->ip_id);
		p[8] = s->ttl;
		p[9] = 17;
	}
	memcpy(p + at, from->ip, address_bytes);
	memcpy(p + at + address_bytes, to->ip, address_bytes);
	return at + 2 * address_bytes;
}

static void
show(struct sight s, uint8_t from, uint8_t to, uint16_t port, const void *payload, size_t n)
{
	uint8_t frame[FRAME_BYTES] = { 0 };
	struct es_addr src = address(from, port, s.is_v6);
	struct es_addr dst = address(to, port, s.is_v6);
	struct es_packet p = { .link = ES_LINK_ETHERNET, .data = frame, .iface = s.iface };
	size_t at = 12;

	if (s.vlan != NO_VLAN) {
		at += put16(frame + at, 0x8100);
		at += put16(frame + at, s.vlan);
	}
	at += put16(frame + at, s.is_v6 ? 0x86dd : 0x0800);
	at += ip_header(frame + at, &s, &src, &dst, n + UDP_BYTES);
	put16(frame + at, port);
	put16(frame + at + 2, port);
	put16(frame + at + 4, (unsigned)n + UDP_BYTES);
	put16(frame + at + 6, 0x1111);
	memcpy(frame + at + UDP_BYTES, payload, n);
	p.ts = world_time(s.ms);
	p.cap_bytes = p.wire_bytes = (uint32_t)(at + UDP_BYTES + n);
	es_engine_packet(w.e, &p);
}

/* As sent, behind a switch in a VLAN, behind a router: 0.7 and 2.5 ms later. */
static void
show_thrice(struct sight s, uint8_t from, uint8_t to, uint16_t port, const void *payload, size_t n)
{
	s.ttl = 64;
	show(s, from, to, port, payload, n);
	s.ms += 0.7;
	s.vlan = 7;
	show(s, from, to, port, payload, n);
	s.ms += 1.8;
	s.vlan = NO_VLAN;
	s.ttl = 62;
	show(s, from, to, port, payload, n);
}

static void
options(struct sight s, uint8_t from, uint8_t to, unsigned cseq)
{
	char text[FRAME_BYTES];
	struct world_sip m = { .start = "OPTIONS sip:b@b SIP/2.0", .call_id = "o", .cseq = cseq };

	m.method = "OPTIONS";
	m.from_tag = "t";
	show_thrice(s, from, to, 5060, text, world_sip_text(&m, text, sizeof(text)));
}

static void
check_counted(uint64_t messages, uint64_t resent, uint64_t copies)
{
	uint64_t again;

	CHECK_EQ(world_sip_count(&w, ES_SIP_KIND_OPTIONS, &again), messages);
	CHECK_EQ(again, resent);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), messages);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_COPIES), copies);
}

TEST(sip_shown_three_times_is_one_message_and_its_repetition_another)
{
	begin();
	options((struct sight){ .ms = 0, .ip_id = 100 }, ALICE, BOB, 1);
	options((struct sight){ .ms = 500, .ip_id = 101 }, ALICE, BOB, 1);
	options((struct sight){ .ms = 1500, .ip_id = 102 }, ALICE, BOB, 1);
	check_counted(3, 2, 6);
	world_done(&w);
}

/* A sender that does not wait for T1: another IP ID is another datagram, however soon. */
TEST(sip_sent_again_at_once_under_a_new_ip_id_is_no_copy)
{
	begin();
	options((struct sight){ .ms = 0, .ip_id = 100 }, ALICE, BOB, 1);
	options((struct sight){ .ms = 0.1, .ip_id = 101 }, ALICE, BOB, 1);
	check_counted(2, 1, 4);
	world_done(&w);
}

/* IPv6 has no identification, Linux leaves it 0 with DF: nothing is sent again within T1 / 2. */
TEST(sip_without_ip_id_is_distinguished_from_its_repetitions_by_time)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		begin();
		options((struct sight){ .ms = 0, .is_v6 = v6 }, ALICE, BOB, 1);
		options((struct sight){ .ms = 200, .is_v6 = v6 }, ALICE, BOB, 1);
		options((struct sight){ .ms = 500, .is_v6 = v6 }, ALICE, BOB, 1);
		check_counted(2, 1, 7);
		world_done(&w);
	}
}

/* Another interface has its own clock or queue; the same one shows no copy after T1 / 2. */
TEST(sip_of_an_interface_that_lags_is_a_copy)
{
	static const char text[] = "OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\n"
				   "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: o\r\n"
				   "CSeq: 1 OPTIONS\r\n\r\n";
	struct sight s = { .ms = 2000, .ip_id = 7, .ttl = 64 };

	begin();
	show(s, ALICE, BOB, 5060, text, strlen(text));
	s.iface = 1;
	s.ms = 3500;
	show(s, ALICE, BOB, 5060, text, strlen(text));
	s.ms = 1000;
	show(s, ALICE, BOB, 5060, text, strlen(text));
	check_counted(1, 0, 2);
	s.iface = 0; /* a stack that has one IP ID for all it sends */
	s.ms = 4500;
	show(s, ALICE, BOB, 5060, text, strlen(text));
	s.ms = 5500;
	show(s, ALICE, BOB, 5060, text, strlen(text));
	check_counted(3, 2, 2);
	world_done(&w);
}

/* The next hop has other addresses or another Via, whatever its IP ID. */
TEST(sip_that_a_proxy_sends_on_is_no_copy)
{
	char text[FRAME_BYTES];
	struct world_sip m = { .start = "OPTIONS sip:b@b SIP/2.0", .call_id = "o", .cseq = 1 };
	struct sight s = { .ms = 0, .ip_id = 5, .ttl = 64 };

	m.method = "OPTIONS";
	m.from_tag = "t";
	begin();
	options(s, ALICE, 9, 1);
	options((struct sight){ .ms = 0.3, .ip_id = 5 }, 9, BOB, 1);
	m.extra = "Via: SIP/2.0/UDP 10.0.0.9\r\n"; /* on one host, to itself */
	s.ms = 0.4;
	show(s, 9, BOB, 5060, text, world_sip_text(&m, text, sizeof(text)));
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_COPIES), 4);
	world_done(&w);
}

TEST(malformed_sip_shown_three_times_is_one)
{
	static const char text[] = "OPTIONS sip:b@b SIP/2.0\r\nCall-ID: m1\r\n\r\n";
	uint64_t again;

	begin();
	show_thrice((struct sight){ .ip_id = 5 }, ALICE, BOB, 5060, text, strlen(text));
	CHECK_EQ(world_sip_count(&w, ES_SIP_KIND_OPTIONS, &again), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_MALFORMED), 1);
	world_done(&w);
}

/* Segments are known by their numbers. */
TEST(sip_over_tcp_shown_three_times_is_one_message)
{
	static const char text[] = "OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z\r\n"
				   "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: o\r\n"
				   "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct es_addr a = world_addr(ALICE, 30000), b = world_addr(BOB, 5060);

	begin();
	for (unsigned i = 0; i < 3; i++)
		world_send_tcp(&w, i, a, b, 1000, 2, NULL, 0);
	for (unsigned half = 0; half < 2; half++)
		for (unsigned i = 0; i < 3; i++)
			world_send_tcp(&w, 10 + half * 5 + i, a, b, 1001 + half * 50, 0x18,
			    text + half * 50, half == 0 ? 50 : strlen(text) - 50);
	check_counted(1, 0, 0);
	world_done(&w);
}

static void
talk(void)
{
	struct world_rtp forth = to_bob(), back = to_alice();

	begin();
	for (unsigned i = 0; i < 20; i++) {
		double ms = 20 * i;

		world_run_rtp(&w, &ms, &forth, 1);
		ms = 20 * i;
		world_run_rtp(&w, &ms, &back, 1);
	}
}

/* Reports between the ports of RTCP, three datagrams each three times. */
TEST(rtcp_shown_three_times_is_one_report)
{
	uint8_t p[64];

	talk();
	for (unsigned i = 0; i < 3; i++)
		show_thrice((struct sight){ .ms = 500 + 100 * i, .ip_id = (uint16_t)(1 + i) },
		    ALICE, BOB, 4001, p, sender_report(p, 0xa, 0x10000 * (i + 1), 0xb));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 3);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_PACKETS), 9);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_COPIES), 6);
	world_done(&w);
}

/* Two equal reports under two identifications are two. */
TEST(rtcp_that_says_the_same_again_is_no_copy)
{
	uint8_t p[64];

	talk();
	for (unsigned i = 0; i < 3; i++)
		show_thrice((struct sight){ .ms = 500 + 40 * i, .ip_id = (uint16_t)(1 + i) }, ALICE,
		    BOB, 4001, p, receiver_report(p, 0xa, 0xb, 0, 0));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 3);
	world_done(&w);
}

TEST(hep_shown_three_times_is_one_message)
{
	static const char text[] = "OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z\r\n"
				   "From: <sip:a@a>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: o\r\n"
				   "CSeq: 1 OPTIONS\r\n\r\n";
	struct hep_sample s;

	begin();
	hep_begin(&s, ALICE, 5060, BOB, 5060, WORLD_T0_S, 0, 1);
	hep_chunk(&s, 15, text, strlen(text));
	show_thrice((struct sight){ .ip_id = 5 }, 8, 9, 9060, s.bytes, s.n);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_MESSAGES), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_HEP_COPIES), 2);
	world_done(&w);
}

/* A flood of other datagrams: what is displaced is new again, and nothing grows. */
TEST(datagrams_remembered_are_bounded)
{
	begin();
	options((struct sight){ .ms = 0, .ip_id = 1 }, ALICE, BOB, 1);
	for (unsigned i = 2; i < 5000; i++)
		options((struct sight){ .ms = 0.01 * i, .ip_id = (uint16_t)i }, ALICE, BOB, i);
	options((struct sight){ .ms = 51, .ip_id = 4999 }, ALICE, BOB, 4999);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_COPIES), 2 * 4999 + 3);
	CHECK_EQ(world_counter(&w, ES_CNT_REPEATS_EVICTED), 4999 - 4096);
	options((struct sight){ .ms = 52, .ip_id = 1 }, ALICE, BOB, 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SIP_COPIES), 2 * 4999 + 3 + 2);
	world_done(&w);
}

/* As many as were configured, whatever that number is. */
TEST(datagrams_remembered_are_as_many_as_configured)
{
	begin();
	world_done(&w);
	world_init(&w);
	w.cfg.max_recent = 7;
	world_start(&w);
	for (unsigned i = 1; i <= 20; i++) {
		unsigned known = i < 7 ? i : 7;

		options((struct sight){ .ms = i, .ip_id = (uint16_t)i }, ALICE, BOB, i);
		for (unsigned k = i - known + 1; k <= i; k++)
			options((struct sight){ .ms = i, .ip_id = (uint16_t)k }, ALICE, BOB, k);
		CHECK_EQ(world_counter(&w, ES_CNT_SIP_MESSAGES), i);
		CHECK_EQ(world_counter(&w, ES_CNT_REPEATS_EVICTED), i - known);
	}
	world_done(&w);
}
