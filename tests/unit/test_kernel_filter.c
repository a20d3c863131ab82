/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's filter, run by the kernel: how much passes of each shape of packet. */
#include "agent/capture/kernel_filter.h"
#include "earshot/error.h"
#include "tests/unit/harness.h"
#include "tests/unit/kernel_cut.h"
#include "tests/unit/made_envelopes.h"
#include "tests/unit/made_payloads.h"

enum { SNAP_BYTES = 65535 };

static struct sock_filter program[ES_KERNEL_FILTER_MAX];

static const struct es_kernel_filter_config ethernet = { .link = ES_KERNEL_FILTER_ETHERNET,
	.snap_bytes = SNAP_BYTES,
	.tunnels = ES_KERNEL_FILTER_TUNNELS_MAX };

/* Attaches the program of cfg; false: it failed, or was skipped. */
static bool
run(struct kernel_cut *k, const struct es_kernel_filter_config *cfg)
{
	size_t n = 0;
	int rc = es_kernel_filter_build(cfg, program, ES_KERNEL_FILTER_MAX, &n);

	if (rc != 0) {
		test_fail(__FILE__, __LINE__, "build is %d", rc);
		return false;
	}
	rc = kernel_cut_open(k, program, n);
	if (rc == 0)
		return true;
	kernel_cut_close(k);
	if (rc == ENOMEM)
		test_skip("net.core.optmem_max is too small for the longest program");
	else
		test_fail(__FILE__, __LINE__, "%zu instructions, attach: %s", n, strerror(rc));
	return false;
}

/* Every payload in every envelope: not a byte of speech, and every byte of the rest. */
static void
check_all(const struct es_kernel_filter_config *cfg, size_t link_bytes, const char *only_behind)
{
	struct kernel_cut k;

	if (!run(&k, cfg))
		return;
	for (size_t e = 0; e < N_ENVELOPES; e++) {
		for (size_t i = 0; i < N_PAYLOADS; i++) {
			struct made m = made_packet();
			size_t voice, want;
			int got;

			payloads[i].carried(&m);
			voice = payloads[i].outcome == ALL ? 0 : voice_of(&m);
			envelopes[e].around(&m);
			if (only_behind != NULL && memcmp(made_p(&m) + 12, only_behind, 2) != 0)
				continue;
			want = made_n(&m) - voice - link_bytes;
			got = kernel_cut(&k, made_p(&m) + link_bytes, made_n(&m) - link_bytes);
			if (envelopes[e].tunnels <= cfg->tunnels && got != (int)want)
				test_fail(__FILE__, __LINE__, "%s in %s: %d bytes pass, not %zu",
				    payloads[i].name, envelopes[e].name, got, want);
			if (envelopes[e].tunnels > cfg->tunnels && got > (int)want)
				test_fail(__FILE__, __LINE__,
				    "%s in %s, not looked into: %d bytes pass, %zu have no speech",
				    payloads[i].name, envelopes[e].name, got, want);
		}
	}
	kernel_cut_close(&k);
}

TEST(kernel_filter_cuts_speech_in_every_envelope)
{
	check_all(&ethernet, 0, NULL);
}

TEST(kernel_filter_cuts_speech_behind_a_raw_ip_header)
{
	struct es_kernel_filter_config cfg = ethernet;

	cfg.link = ES_KERNEL_FILTER_IP;
	check_all(&cfg, 14, "\x08\x00");
	check_all(&cfg, 14, "\x86\xdd");
}

TEST(kernel_filter_lets_no_speech_pass_where_tunnels_stay_closed)
{
	struct es_kernel_filter_config cfg = ethernet;

	for (cfg.tunnels = 0; cfg.tunnels < ES_KERNEL_FILTER_TUNNELS_MAX; cfg.tunnels++)
		check_all(&cfg, 0, NULL);
}

/* The capture may end anywhere: then all passes that is no speech, and the packet is never refused. */
TEST(kernel_filter_takes_packets_that_end_anywhere)
{
	struct kernel_cut k;

	if (!run(&k, &ethernet))
		return;
	for (size_t e = 0; e < N_ENVELOPES; e++) {
		for (size_t i = 0; i < N_PAYLOADS; i += 1 + i % 2) {
			struct made m = made_packet();
			size_t voice, want;

			payloads[i].carried(&m);
			voice = payloads[i].outcome == ALL ? 0 : voice_of(&m);
			envelopes[e].around(&m);
			want = made_n(&m) - voice;
			for (size_t n = 1; n < want + voice / 8; n += test_step(3)) {
				int got = kernel_cut(&k, made_p(&m), n);

				if (got < 1 || got > (int)(n < want ? n : want))
					test_fail(__FILE__, __LINE__,
					    "%s in %s, %zu bytes of it: %d pass", payloads[i].name,
					    envelopes[e].name, n, got);
			}
		}
	}
	kernel_cut_close(&k);
}

TEST(kernel_filter_refuses_no_packet_of_changed_bytes)
{
	struct kernel_cut k;
	uint64_t state = 11;

	if (!run(&k, &ethernet))
		return;
	for (unsigned i = 0; i < 60000; i += test_step(5)) {
		struct made m = made_packet();
		size_t n;

		payloads[i % N_PAYLOADS].carried(&m);
		envelopes[i / N_PAYLOADS % N_ENVELOPES].around(&m);
		n = made_n(&m);
		for (unsigned changes = 1 + i % 3; changes > 0; changes--)
			m.bytes[m.at + test_random(&state) % (n < 120 ? n : 120)] =
			    (uint8_t)test_random(&state);
		CHECK(kernel_cut(&k, made_p(&m), n) > 0);
	}
	kernel_cut_close(&k);
}

/* How many bytes pass of the packet, in the program for Ethernet. */
static int
passed(const struct made *m)
{
	struct kernel_cut k;
	int got;

	if (!run(&k, &ethernet))
		return KERNEL_CUT_NO_SOCKET;
	got = kernel_cut(&k, made_p(m), made_n(m));
	kernel_cut_close(&k);
	return got;
}

/* A later fragment at offset 1480 of what m holds. */
static void
later4(struct made *m)
{
	made_ipv4_part(m, 17, 185, 2);
	made_ether(m, 0x0800);
}

static void
later6(struct made *m)
{
	made_32(m, 99);
	made_16(m, 1480);
	made_16(m, 17 << 8);
	made_ipv6(m, 44);
	made_ether(m, 0x86dd);
}

TEST(kernel_filter_lets_later_fragments_of_text_pass)
{
	void (*const around[])(struct made *) = { later4, later6 };

	for (size_t i = 0; i < 2; i++) {
		struct made m = made_packet();

		made_fill(&m, 'x', 400);
		made_text(&m, "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n");
		around[i](&m);
		CHECK_EQ(passed(&m), made_n(&m));
	}
}

TEST(kernel_filter_cuts_later_fragments_of_speech)
{
	static const uint8_t zero_crossing[] = { 0xff, 0x7f, 0x55, 0x33, 0xd5, 0x11, 0x70, 0xf0 };
	void (*const around[])(struct made *) = { later4, later6 };

	for (size_t i = 0; i < 2; i++) {
		struct made m = made_packet();
		struct made speech = made_packet();

		made_voice(&m, 500);
		around[i](&m);
		CHECK_EQ(passed(&m), made_n(&m) - 500);
		made_fill(&speech, 'x', 300); /* behind what is looked at */
		made_put(&speech, zero_crossing, sizeof(zero_crossing));
		made_fill(&speech, 'x', 44);
		around[i](&speech);
		CHECK_EQ(passed(&speech), made_n(&speech) - 352);
	}
}

TEST(kernel_filter_ignores_the_padding_of_a_short_fragment)
{
	struct made m = made_packet();

	made_text(&m, "a=sendrecv\r\n");
	later4(&m);
	memset(m.bytes + m.behind, 0, 60 - made_n(&m));
	m.behind = m.at + 60;
	CHECK_EQ(passed(&m), 60);
}

TEST(kernel_filter_cuts_what_an_icmp_error_quotes)
{
	struct made m = made_packet();
	struct made six = made_packet();

	rtp(&m);
	made_udp(&m, 40000, 30000);
	made_ipv4(&m, 17);
	made_fill(&m, 0, 7);
	made_8(&m, 3);
	made_ipv4(&m, 1);
	made_ether(&m, 0x0800);
	CHECK_EQ(passed(&m), 14 + 20 + 8);
	rtp(&six);
	made_fill(&six, 0, 7);
	made_8(&six, 1);
	made_ipv6(&six, 58);
	made_ether(&six, 0x86dd);
	CHECK_EQ(passed(&six), 14 + 40 + 8);
}

TEST(kernel_filter_lets_little_of_other_protocols_pass)
{
	static const uint8_t protos[] = { 50, 132, 89, 200 };

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct made m = made_packet();

		made_voice(&m, 400);
		made_ipv4(&m, protos[i]);
		made_ether(&m, 0x0800);
		CHECK_EQ(passed(&m), 14 + 20 + LOOK_BYTES);
	}
}

/* Boundaries of the RTP header. */
TEST(kernel_filter_lets_every_number_of_sources_pass)
{
	for (unsigned n = 0; n <= 15; n++) {
		struct made m = made_packet();

		made_voice(&m, 33);
		made_fill(&m, 1, 4 * n);
		made_rtp_head(&m, 0x80 | n, 8);
		plain4(&m);
		CHECK_EQ(passed(&m), made_n(&m) - 33);
	}
}

TEST(kernel_filter_lets_extensions_of_usual_length_pass)
{
	static const struct {
		unsigned words, passed_bytes;
	} rows[] = { { 0, 0 }, { 1, 4 }, { 255, 1020 }, { 256, 1024 }, { 257, 1024 },
		{ 300, 1024 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = made_packet();

		made_voice(&m, 20);
		made_fill(&m, 1, 4u * rows[i].words);
		made_16(&m, rows[i].words);
		made_16(&m, 0xbede);
		made_rtp_head(&m, 0x90, 8);
		plain4(&m);
		CHECK_EQ(passed(&m), 14 + 20 + 8 + 12 + 4 + rows[i].passed_bytes);
	}
}

TEST(kernel_filter_lets_an_extension_pass_that_fills_the_packet)
{
	struct made m = made_packet();

	made_fill(&m, 1, 40);
	made_16(&m, 10);
	made_16(&m, 0xbede);
	made_rtp_head(&m, 0x90, 8);
	plain4(&m);
	CHECK_EQ(passed(&m), made_n(&m));
}

/* RFC 5761 section 4, and the length that tells them apart (sniff.c). */
TEST(kernel_filter_tells_rtcp_from_rtp)
{
	static const struct {
		unsigned type, words;
		int whole; /* 1; else the bytes behind the UDP header that pass */
	} rows[] = { { 191, 1, 12 }, { 192, 1, 1 }, { 200, 1, 1 }, { 223, 1, 1 }, { 224, 1, 12 },
		{ 192, 100, 12 }, { 199, 100, 12 }, { 200, 100, 20 }, { 207, 100, 20 },
		{ 208, 100, 12 }, { 223, 100, 12 }, { 201, 42, 1 }, { 201, 43, 20 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = made_packet();

		made_fill(&m, MADE_VOICE, 168);
		made_16(&m, rows[i].words);
		made_8(&m, rows[i].type);
		made_8(&m, 0x80);
		plain4(&m);
		CHECK_EQ(
		    passed(&m), rows[i].whole == 1 ? (int)made_n(&m) : 14 + 20 + 8 + rows[i].whole);
	}
}

/* What TCP carries behind the Ethernet, IP and TCP headers, and how many bytes of that pass. */
static void
in_tcp(struct made *m, unsigned option_words)
{
	made_tcp(m, option_words);
	made_ipv4(m, 6);
	made_ether(m, 0x0800);
}

TEST(kernel_filter_lets_text_and_encrypted_segments_pass)
{
	static const struct {
		const char *name;
		const char *begins;
		unsigned n;
	} rows[] = { { "start line", "REGISTER sip:example.org SIP/2.0\r\n", 34 },
		{ "response", "SIP/2.0 200 OK\r\n", 16 }, { "TLS record", "\x17\x03\x03\x04", 4 },
		{ "WebSocket", "\x81\x7e\x04\x00", 4 }, { "length, no RTP", "\x00\x30\x40\x00", 4 },
		{ "RTP longer than anyone sends", "\x06\x00\x80\x00", 4 },
		{ "a length that leads to no other packet", "\x00\x30\x80\x00", 4 },
		{ "longer than the segment, with padding", "\x05\x00\xa0\x00", 4 },
		{ "RTCP", "\x00\x30\x80\xc8", 4 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = made_packet();
		int got;

		made_fill(&m, 0x11, 500);
		made_put(&m, rows[i].begins, rows[i].n);
		in_tcp(&m, (unsigned)i);
		got = passed(&m);
		if (got != (int)made_n(&m))
			test_fail(__FILE__, __LINE__, "%s: %d pass of %zu", rows[i].name, got,
			    made_n(&m));
	}
}

/* RTP of so many bytes, cut short or with something behind it. */
static void
framed(struct made *m, unsigned said_bytes, unsigned voice_bytes)
{
	made_voice(m, voice_bytes);
	made_rtp_head(m, 0x80, 0);
	made_16(m, said_bytes);
}

TEST(kernel_filter_cuts_speech_in_tcp)
{
	struct made one = made_packet();
	struct made two = made_packet();
	struct made part = made_packet();
	struct made turn = made_packet();
	struct made peer = made_packet();
	struct made rtsp = made_packet();

	framed(&one, 172, VOICE_BYTES);
	in_tcp(&one, 3);
	CHECK_EQ(passed(&one), made_n(&one) - VOICE_BYTES);
	framed(&two, 172, VOICE_BYTES);
	framed(&two, 172, VOICE_BYTES);
	in_tcp(&two, 0);
	CHECK_EQ(passed(&two),
	    made_n(&two)); /* the header of the second is behind the speech of the first */
	framed(&part, 1300, 700);
	in_tcp(&part, 0);
	CHECK_EQ(passed(&part), made_n(&part)); /* it has the time of its last segment */
	rtp_extension(&turn);
	in_channel(&turn);
	in_tcp(&turn, 0);
	CHECK_EQ(passed(&turn), made_n(&turn) - VOICE_BYTES);
	rtp(&peer);
	in_indication(&peer, 8);
	in_tcp(&peer, 0);
	CHECK_EQ(passed(&peer), made_n(&peer) - VOICE_BYTES);
	rtp(&rtsp);
	made_16(&rtsp, 172);
	made_16(&rtsp, 0x2400);
	in_tcp(&rtsp, 0);
	CHECK_EQ(passed(&rtsp), made_n(&rtsp) - VOICE_BYTES);
}

/* RTP is welcome to the port of a tunnel. */
TEST(kernel_filter_cuts_rtp_at_the_ports_of_tunnels)
{
	static const uint16_t ports[] = { 1701, 2152, 3544, 4754, 4789, 4790, 6081, 6635, 8472,
		37008 };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		for (unsigned first = 0x80; first <= 0x8f; first++) {
			struct made m = made_packet();

			made_voice(&m, VOICE_BYTES);
			made_fill(&m, 5, 4 * (first & 15));
			made_rtp_head(&m, first, 0);
			made_udp(&m, ports[i], ports[i]);
			made_ipv4(&m, 17);
			made_ether(&m, 0x0800);
			CHECK_EQ(passed(&m), made_n(&m) - VOICE_BYTES);
		}
	}
}

/* The program for bytes behind a link header, where the kernel tells the type. */
TEST(kernel_filter_reads_the_type_that_the_kernel_tells)
{
	static const struct {
		void (*around)(struct made *m);
		unsigned type;
	} rows[] = { { plain4, 0x0800 }, { plain6, 0x86dd }, { vlan, 0x8100 },
		{ vlan_twice, 0x88a8 }, { pppoe, 0x8864 }, { gre, 0x0800 } };
	struct es_kernel_filter_config cfg = ethernet;
	size_t n, n_found = 0;

	cfg.link = ES_KERNEL_FILTER_COOKED;
	CHECK_EQ(es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made m = made_packet();
		struct kernel_cut k;

		CHECK_EQ(es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), 0);
		for (size_t at = 0; at < n; at++) {
			if (program[at].code != (BPF_LD | BPF_W | BPF_ABS))
				continue; /* a pair of sockets has no type: here it is a constant */
			CHECK_EQ(program[at].k, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
			program[at].code = BPF_LD | BPF_IMM;
			program[at].k = rows[i].type;
			n_found++;
		}
		if (kernel_cut_open(&k, program, n) == ENOMEM) {
			test_skip("net.core.optmem_max is too small for the longest program");
			return;
		}
		rtp_extension(&m);
		rows[i].around(&m);
		CHECK_EQ(kernel_cut(&k, made_p(&m) + 14, made_n(&m) - 14),
		    made_n(&m) - 14 - VOICE_BYTES);
		kernel_cut_close(&k);
	}
	CHECK_EQ(n_found, sizeof(rows) / sizeof(rows[0]));
}

TEST(kernel_filter_lets_all_pass_where_payload_is_wanted)
{
	struct es_kernel_filter_config cfg = ethernet;
	struct made m = made_packet();
	struct kernel_cut k;

	cfg.wants_payload = true;
	CHECK(run(&k, &cfg));
	rtp(&m);
	plain4(&m);
	CHECK_EQ(kernel_cut(&k, made_p(&m), made_n(&m)), made_n(&m));
	kernel_cut_close(&k);
}

TEST(kernel_filter_lets_no_more_pass_than_the_snap_length)
{
	struct es_kernel_filter_config cfg = ethernet;
	struct made speech = made_packet();
	struct made text = made_packet();
	struct kernel_cut k;

	cfg.snap_bytes = 50; /* inside the RTP header */
	CHECK(run(&k, &cfg));
	rtp(&speech);
	plain4(&speech);
	CHECK_EQ(kernel_cut(&k, made_p(&speech), made_n(&speech)), 50);
	sip(&text);
	plain4(&text);
	CHECK_EQ(kernel_cut(&k, made_p(&text), made_n(&text)), 50);
	kernel_cut_close(&k);
}

TEST(kernel_filter_says_what_it_cannot_build)
{
	struct es_kernel_filter_config cfg = ethernet;
	size_t n = 0;

	CHECK_EQ(es_kernel_filter_build(&cfg, program, 100, &n), ES_EFULL);
	CHECK_EQ(n, 0);
	cfg.snap_bytes = 0;
	CHECK_EQ(es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), ES_EINVALID);
	cfg = ethernet;
	cfg.link = (enum es_kernel_filter_link)0;
	CHECK_EQ(es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), ES_EINVALID);
	cfg = ethernet;
	cfg.tunnels = ES_KERNEL_FILTER_TUNNELS_MAX + 1;
	CHECK_EQ(es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), ES_EINVALID);
}

/* What the kernel takes, and what net.core.optmem_max has room for with its default of Linux 6.6 and before. */
TEST(kernel_filter_is_short_enough)
{
	static const enum es_kernel_filter_link links[] = { ES_KERNEL_FILTER_ETHERNET,
		ES_KERNEL_FILTER_COOKED, ES_KERNEL_FILTER_IP };
	static const size_t most[] = { 1280, 2560, 3840 };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct es_kernel_filter_config cfg = ethernet;

		cfg.link = links[i];
		for (cfg.tunnels = 0; cfg.tunnels <= ES_KERNEL_FILTER_TUNNELS_MAX; cfg.tunnels++) {
			size_t n = 0;

			CHECK_EQ(
			    es_kernel_filter_build(&cfg, program, ES_KERNEL_FILTER_MAX, &n), 0);
			if (n > most[cfg.tunnels])
				test_fail(__FILE__, __LINE__, "%zu instructions for %u tunnels", n,
				    cfg.tunnels);
		}
	}
}
