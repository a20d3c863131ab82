/* SPDX-License-Identifier: Apache-2.0 */
/* Media that flows where no SDP said it would: ICE shows the way. */
#include "tests/sim/parties.h"

static const char offer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=ice-ufrag:aaaa\r\na=ice-pwd:x\r\n"
    "a=candidate:1 1 UDP 2130706431 10.0.0.31 4031 typ host\r\n"
    "a=candidate:2 2 UDP 2130706430 10.0.0.31 4032 typ host\r\n"
    "a=candidate:3 1 TCP 2130706429 10.0.0.31 4033 typ host\r\n";

static const char answer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=audio 9 RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=ice-ufrag:bbbb\r\na=ice-pwd:y\r\n";

static void
set_up_ice(void)
{
	begin();
	request(0, true, "INVITE", 1, NULL, offer);
	response(1000, true, "200 OK", "INVITE", 1, answer);
}

static size_t
stun(uint8_t *b, unsigned type, const char *username, uint8_t transaction)
{
	size_t n = strlen(username);
	size_t padded = (n + 3) & ~(size_t)3;
	static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

	memset(b, 0, 128);
	b[0] = (uint8_t)(type >> 8);
	b[1] = (uint8_t)type;
	b[3] = (uint8_t)(n > 0 ? 4 + padded : 0);
	memcpy(b + 4, cookie, 4);
	b[19] = transaction;
	if (n == 0)
		return 20;
	b[21] = 6;
	b[23] = (uint8_t)n;
	memcpy(b + 24, username, n);
	return 24 + padded;
}

static void
check_pair(double ms, struct es_addr from, struct es_addr to, const char *username)
{
	uint8_t b[128];

	world_send_udp(&w, ms, from, to, b, stun(b, 0x0001, username, 7));
}

static struct world_rtp
opus(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port, uint32_t ssrc)
{
	return (struct world_rtp){ .from = from,
		.to = to,
		.from_port = from_port,
		.to_port = to_port,
		.ssrc = ssrc,
		.seq = 1,
		.pt = 111 };
}

TEST(connectivity_check_binds_both_directions_of_its_addresses)
{
	struct world_rtp a = opus(77, 6000, 88, 7000, 0xa);
	struct world_rtp b = opus(88, 7000, 77, 6000, 0xb);
	const struct es_stream *s;

	set_up_ice();
	check_pair(1100, world_addr(77, 6000), world_addr(88, 7000), "bbbb:aaaa");
	world_send_rtp(&w, 1200, &a); /* one packet is enough: it is announced */
	world_send_rtp(&w, 1210, &b);
	world_flush(&w);
	s = world_stream(&w, 0xa, 0);
	CHECK(s != NULL);
	CHECK_SLICE(s->call_id, "c1");
	CHECK_SLICE(s->codec, "opus");
	CHECK(s->srtp);
	CHECK_EQ(s->kind, ES_KIND_AUDIO);
	CHECK_EQ(s->findings & ES_FINDING_ICE, ES_FINDING_ICE);
	s = world_stream(&w, 0xb, 0);
	CHECK(s != NULL);
	CHECK_SLICE(s->call_id, "c1");
	CHECK_EQ(s->findings & ES_FINDING_ICE, ES_FINDING_ICE);
	CHECK_EQ(world_counter(&w, ES_CNT_ICE_PAIRS), 2);
	world_done(&w);
}

TEST(check_after_the_first_packets_claims_what_was_an_orphan)
{
	struct world_rtp a = opus(77, 6000, 88, 7000, 0xa);
	double ms = 1100;

	set_up_ice();
	world_run_rtp(&w, &ms, &a, 20);
	check_pair(ms, world_addr(88, 7000), world_addr(77, 6000), "aaaa:bbbb");
	world_run_rtp(&w, &ms, &a, 20);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->packets, 40);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xa, 0)->codec, "opus");
	world_done(&w);
}

TEST(check_with_a_foreign_fragment_teaches_nothing)
{
	struct world_rtp a = opus(77, 6000, 88, 7000, 0xa);
	double ms = 1200;

	set_up_ice();
	check_pair(1100, world_addr(77, 6000), world_addr(88, 7000), "bbbb:zzzz");
	check_pair(1110, world_addr(77, 6000), world_addr(88, 7000), "zzzz:aaaa");
	check_pair(1120, world_addr(77, 6000), world_addr(88, 7000), "bbbb");
	check_pair(1130, world_addr(77, 6000), world_addr(88, 7000), ":aaaa");
	check_pair(1140, world_addr(77, 6000), world_addr(88, 7000), "aaaa:aaaa");
	world_run_rtp(&w, &ms, &a, 20);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->call_id.n, 0);
	CHECK_EQ(world_counter(&w, ES_CNT_ICE_PAIRS), 0);
	world_done(&w);
}

TEST(check_that_overtakes_the_answer_is_believed_by_one_side)
{
	struct world_rtp b = opus(88, 7000, 77, 6000, 0xb);

	begin();
	request(0, true, "INVITE", 1, NULL, offer);
	check_pair(500, world_addr(88, 7000), world_addr(77, 6000), "aaaa:bbbb");
	world_send_rtp(&w, 600, &b);
	response(1000, true, "200 OK", "INVITE", 1, answer);
	world_flush(&w);
	CHECK(world_stream(&w, 0xb, 0) != NULL);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	world_done(&w);
}

/* 10.0.0.99:9000 ^ 0x2112a442: what the answer says 10.0.0.77:6000 looks like from there. */
TEST(mapped_address_of_the_answer_is_expected_too)
{
	static const uint8_t mapped[] = { 0, 0x20, 0, 8, 0, 1, 0x02, 0x3a, 0x2b, 0x12, 0xa4, 0x21 };
	struct world_rtp a = opus(99, 9000, 88, 7000, 0xa);
	uint8_t b[128];

	set_up_ice();
	check_pair(1100, world_addr(77, 6000), world_addr(88, 7000), "bbbb:aaaa");
	(void)stun(b, 0x0101, "", 7);
	b[3] = sizeof(mapped);
	memcpy(b + 20, mapped, sizeof(mapped));
	world_send_udp(&w, 1110, world_addr(88, 7000), world_addr(77, 6000), b, 32);
	world_send_rtp(&w, 1200, &a);
	world_flush(&w);
	CHECK(world_stream(&w, 0xa, 0) != NULL);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_counter(&w, ES_CNT_ICE_PAIRS), 4);
	world_done(&w);
}

TEST(candidates_are_expected_but_take_no_address_from_a_call)
{
	struct world_rtp good = opus(88, 7000, 31, 4031, 0xa);
	struct world_rtp rtcp = opus(88, 7000, 31, 4032, 0xb);
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c2",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "tc" };

	set_up_ice();
	m.sdp = offer; /* the same private address, behind another NAT */
	world_send_sip(&w, 1050, world_addr(3, 5060), world_addr(4, 5060), &m);
	world_send_rtp(&w, 1100, &good);
	world_send_rtp(&w, 1100, &rtcp); /* a lone packet, not announced */
	world_flush(&w);
	CHECK(world_stream(&w, 0xa, 0) != NULL);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c1");
	CHECK_EQ(world_stream(&w, 0xa, 0)->findings & ES_FINDING_ICE, 0);
	CHECK(world_stream(&w, 0xb, 0) == NULL);
	world_done(&w);
}

/* As many candidates as a description has, also one alone, and none. */
TEST(every_candidate_of_a_description_is_expected)
{
	for (unsigned n = 0; n <= 3; n++) {
		char sdp[1024], lines[512] = "";
		size_t at = 0;

		for (unsigned i = 0; i < n; i++)
			at += (size_t)snprintf(lines + at, sizeof(lines) - at,
			    "a=candidate:%u 1 UDP 2130706431 10.0.0.%u 4031 typ host\r\n", i,
			    30 + i);
		begin();
		request(0, true, "INVITE", 1, NULL,
		    world_sdp(sdp, ALICE, A_PORT, "0 8", n == 0 ? NULL : lines));
		for (uint8_t i = 0; i < 4; i++) {
			struct world_rtp r = opus(88, 7000, (uint8_t)(30 + i), 4031, 0xa0u + i);

			r.pt = 0;
			world_send_rtp(&w, 100, &r);
		}
		world_flush(&w);
		for (uint8_t i = 0; i < 4; i++)
			CHECK_EQ(world_stream(&w, 0xa0u + i, 0) != NULL, i < n);
		world_done(&w);
	}
}

/* Port 9 stands for no port where ICE has yet to find one, and is one like any other elsewhere. */
TEST(port_9_is_an_address_without_ice_only)
{
	for (unsigned has_ice = 0; has_ice < 2; has_ice++) {
		char sdp[1024];
		struct world_rtp r = opus(88, 7000, ALICE, 9, 0xa);

		begin();
		request(0, true, "INVITE", 1, NULL,
		    world_sdp(sdp, ALICE, 9, "0",
			has_ice ? "a=ice-ufrag:aaaa\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\r\n"
				: NULL));
		r.pt = 0;
		world_send_rtp(&w, 100, &r);
		world_flush(&w);
		CHECK_EQ(world_stream(&w, 0xa, 0) != NULL, !has_ice);
		world_done(&w);
	}
}

/* One end of the k-th of many calls whose SDP names no address at all. */
static void
say_nowhere(double ms, unsigned k, bool is_answer)
{
	char id[16], sdp[512], tag[16];

	snprintf(id, sizeof(id), "n%u", k);
	snprintf(tag, sizeof(tag), "t%u", k);
	snprintf(sdp, sizeof(sdp),
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
	    "m=audio 9 RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
	    "a=ice-ufrag:%c%03u\r\na=ice-pwd:x\r\n",
	    is_answer ? 'b' : 'a', k);
	send_sip(ms, is_answer ? BOB : ALICE, is_answer ? ALICE : BOB,
	    (struct world_sip){ .start = is_answer ? "SIP/2.0 200 OK" : "INVITE sip:b@b SIP/2.0",
		.call_id = id,
		.method = "INVITE",
		.cseq = 1,
		.from_tag = tag,
		.to_tag = is_answer ? "u" : NULL,
		.sdp = sdp });
}

TEST(checks_of_many_calls_that_named_no_address_are_each_of_its_own)
{
	enum { CALLS = 12 };

	begin();
	for (unsigned k = 0; k < CALLS; k++) {
		say_nowhere(10 * k, k, false);
		say_nowhere(10 * k + 5, k, true);
	}
	for (unsigned k = 0; k < CALLS; k++) {
		char username[16];
		struct world_rtp r =
		    opus(77, (uint16_t)(6000 + 2 * k), 88, (uint16_t)(7000 + 2 * k), 0xa0 + k);

		snprintf(username, sizeof(username), "b%03u:a%03u", k, k);
		check_pair(
		    500 + k, world_addr(77, r.from_port), world_addr(88, r.to_port), username);
		world_send_rtp(&w, 600 + k, &r);
	}
	world_flush(&w);
	for (unsigned k = 0; k < CALLS; k++) {
		const struct es_stream *s = world_stream(&w, 0xa0 + k, 0);
		char id[16];

		snprintf(id, sizeof(id), "n%u", k);
		CHECK(s != NULL);
		CHECK_SLICE(s->call_id, id);
		CHECK_SLICE(s->codec, "opus");
	}
	world_done(&w);
}

/* Somebody with a call of his own checks an address that another live call announced. */
TEST(check_takes_no_address_that_another_call_announced)
{
	struct world_rtp r = opus(3, 6000, 9, 7000, 0xa);
	double ms = 1200;
	struct world_sip m = { .start = "INVITE sip:x@example SIP/2.0",
		.call_id = "c2",
		.cseq = 1,
		.method = "INVITE",
		.from_tag = "tc" };
	char sdp[1024];

	set_up_ice();
	m.sdp = world_sdp(sdp, 9, 7000, "111", "a=rtpmap:111 opus/48000/2\r\n");
	world_send_sip(&w, 1050, world_addr(9, 5060), world_addr(4, 5060), &m);
	check_pair(1100, world_addr(3, 6000), world_addr(9, 7000), "bbbb:aaaa");
	world_run_rtp(&w, &ms, &r, 10);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c2");
	world_flush(&w);
	world_done(&w);
}

TEST(pairs_of_a_call_are_bounded_and_end_with_it)
{
	struct world_rtp a = opus(77, 6000, 88, 7000, 0xa);
	double ms = 200000;

	set_up_ice();
	for (uint16_t i = 0; i < 1000; i++)
		check_pair(1100 + i, world_addr(77, (uint16_t)(6000 + i)), world_addr(88, 7000),
		    "bbbb:aaaa");
	request(3000, true, "BYE", 2, "tb", NULL);
	response(3010, true, "200 OK", "BYE", 2, NULL);
	check_pair(150000, world_addr(77, 6000), world_addr(88, 7000), "bbbb:aaaa");
	world_run_rtp(&w, &ms, &a, 20);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, 0xa, 0)->call_id.n, 0);
	world_done(&w);
}

/* More than a call may hold: those at the end are left out, the first ones stay. */
TEST(candidates_of_one_description_do_not_displace_each_other)
{
	static char sdp[7000];
	struct world_rtp r = { .from = BOB, .to = 105, .from_port = B_PORT, .to_port = 9001 };
	size_t n = (size_t)snprintf(sdp, sizeof(sdp), "v=0\r\nc=IN IP4 10.0.0.1\r\n");

	begin();
	for (unsigned m = 1; m <= 6; m++) {
		n += (size_t)snprintf(
		    sdp + n, sizeof(sdp) - n, "m=audio %u RTP/AVP 0\r\n", A_PORT + 2 * m);
		for (unsigned i = 0; i < 16; i++)
			n += (size_t)snprintf(sdp + n, sizeof(sdp) - n,
			    "a=candidate:1 1 udp 1 10.0.0.%u %u typ host\r\n", 100 + i, 9000 + m);
	}
	request(0, true, "INVITE", 1, NULL, sdp);
	world_send_rtp(&w, 100, &r);
	CHECK(world_stream(&w, 0, 0) != NULL); /* expected: believed from its first packet on */
	CHECK_EQ(world_counter(&w, ES_CNT_EXPECTED_EVICTED), 4 + 17 + 17);
	world_done(&w);
}

/* Two lines that are no bundle name one candidate: it takes the types of both, its siblings do not. */
TEST(candidate_of_two_lines_knows_the_types_of_both)
{
	struct world_rtp both = opus(2, B_PORT, 50, 9000, 0xa);
	struct world_rtp first = opus(2, B_PORT, 51, 9000, 0xb);
	struct world_rtp second = opus(2, B_PORT, 52, 9000, 0xc);

	begin();
	request(0, true, "INVITE", 1, NULL,
	    "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"
	    "a=candidate:1 1 udp 1 10.0.0.51 9000 typ host\r\n"
	    "a=candidate:1 1 udp 1 10.0.0.50 9000 typ host\r\n"
	    "m=audio 4002 RTP/AVP 112\r\na=rtpmap:112 PCMA/8000\r\n"
	    "a=candidate:1 1 udp 1 10.0.0.52 9000 typ host\r\n"
	    "a=candidate:1 1 udp 1 10.0.0.50 9000 typ host\r\n");
	world_send_rtp(&w, 100, &both);
	both.pt = 112;
	both.ssrc = 0xd;
	world_send_rtp(&w, 110, &both);
	world_send_rtp(&w, 120, &first);
	second.pt = 112;
	world_send_rtp(&w, 130, &second);
	first.ssrc = 0xe;
	first.pt = 112; /* not of its line: not believed from one packet */
	world_send_rtp(&w, 140, &first);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->codec, "opus");
	CHECK_SLICE(world_stream(&w, 0xd, 0)->codec, "PCMA");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->codec, "opus");
	CHECK_SLICE(world_stream(&w, 0xc, 0)->codec, "PCMA");
	CHECK(world_stream(&w, 0xe, 0) == NULL);
	world_done(&w);
}

static const char other_offer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.3\r\ns=-\r\nc=IN IP4 10.0.0.3\r\nt=0 0\r\n"
    "m=audio 4100 RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=ice-ufrag:cccc\r\na=ice-pwd:x\r\n";

static const char other_answer[] =
    "v=0\r\no=- 1 1 IN IP4 10.0.0.4\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=audio 9 RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=ice-ufrag:dddd\r\na=ice-pwd:y\r\n";

static void
offer_of_second_call(void)
{
	send_sip(1010, 3, 4,
	    (struct world_sip){ .call_id = "c2",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "tc",
		.sdp = other_offer });
}

static void
second_call(void)
{
	offer_of_second_call();
	send_sip(1020, 4, 3,
	    (struct world_sip){ .call_id = "c2",
		.start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "tc",
		.to_tag = "td",
		.sdp = other_answer });
}

/* The far end's description was never seen; its own check names both fragments. */
TEST(check_of_the_side_that_announced_nothing_is_of_the_call_of_the_other)
{
	struct world_rtp b = opus(88, 7000, 77, 6000, 0xb);

	begin();
	request(0, true, "INVITE", 1, NULL, offer);
	check_pair(500, world_addr(77, 6000), world_addr(88, 7000), "zzzz:aaaa");
	world_send_rtp(&w, 600, &b);
	world_flush(&w);
	CHECK(world_stream(&w, 0xb, 0) != NULL);
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c1");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->codec, "opus");
	world_done(&w);
}

/* A relay gives its ports to the next call. */
TEST(addresses_that_another_call_checks_are_its_own_from_then_on)
{
	struct world_rtp a = opus(77, 6000, 88, 7000, 0xa);
	struct world_rtp b = opus(88, 7000, 77, 6000, 0xb);
	struct world_rtp first = opus(77, 6002, 88, 7002, 0xc);

	set_up_ice();
	second_call();
	check_pair(1100, world_addr(77, 6002), world_addr(88, 7002), "bbbb:aaaa");
	check_pair(1110, world_addr(77, 6000), world_addr(88, 7000), "bbbb:aaaa");
	check_pair(1120, world_addr(77, 6000), world_addr(88, 7000), "dddd:cccc");
	world_send_rtp(&w, 1200, &a);
	world_send_rtp(&w, 1210, &b);
	world_send_rtp(&w, 1220, &first);
	request(1300, true, "BYE", 2, "tb", NULL);
	world_flush(&w);
	CHECK_SLICE(world_stream(&w, 0xa, 0)->call_id, "c2");
	CHECK_SLICE(world_stream(&w, 0xb, 0)->call_id, "c2");
	CHECK_SLICE(world_stream(&w, 0xc, 0)->call_id, "c1");
	CHECK_EQ(world_counter(&w, ES_CNT_ICE_PAIRS), 6);
	world_done(&w);
}

/* Sixteen pairs of one call are kept, two of each check. */
TEST(oldest_checked_addresses_of_a_call_give_way)
{
	set_up_ice();
	for (uint16_t i = 0; i < 9; i++)
		check_pair(1100 + i, world_addr(77, (uint16_t)(6000 + i)), world_addr(88, 7000),
		    "bbbb:aaaa");
	CHECK_EQ(world_counter(&w, ES_CNT_ICE_PAIRS), 18);
	for (uint16_t i = 0; i < 9; i++) {
		struct world_rtp a = opus(77, (uint16_t)(6000 + i), 88, 7000, 0x10u + i);

		world_send_rtp(&w, 1200 + i, &a);
	}
	world_flush(&w);
	CHECK(world_stream(&w, 0x10, 0) == NULL); /* one packet that nobody announced */
	for (uint32_t i = 1; i < 9; i++) {
		CHECK(world_stream(&w, 0x10 + i, 0) != NULL);
		CHECK_SLICE(world_stream(&w, 0x10 + i, 0)->call_id, "c1");
	}
	world_done(&w);
}
