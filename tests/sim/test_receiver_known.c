/* SPDX-License-Identifier: Apache-2.0 */
/* Which receiver is modelled where the call's signalling shows who hears the stream. */
#include "tests/sim/parties.h"
#include "tests/sim/rtcp.h"

#define PJSUA "User-Agent: PJSUA v2.10 Linux-5.4\r\n"
#define LINPHONE "User-Agent: linphone/3.12.0 (belle-sip/1.6.3)\r\n"
#define NOBODY "User-Agent: Phone/1.2\r\n"
#define WEBRTC                                  \
	"a=fingerprint:sha-256 00:11:22:33\r\n" \
	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"

enum { TO_BOB = 0xa, TO_ALICE = 0xb, BUFFER_FIXED = 2 << 4 };

static double now_ms;
static struct world_rtp out;
static struct world_rtp back;

/* The call's two messages, with header fields of either side, and media both ways from then on. */
static void
connect_call(const char *alice, const char *bob)
{
	send_sip(0, ALICE, BOB,
	    (struct world_sip){
		.method = "INVITE", .cseq = 1, .from_tag = "ta", .extra = alice, .sdp = sdp_a });
	send_sip(100, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 1,
		.from_tag = "ta",
		.to_tag = "tb",
		.extra = bob,
		.sdp = sdp_b });
	out =
	    (struct world_rtp){ .from = ALICE, .to = BOB, .from_port = A_PORT, .to_port = B_PORT };
	back =
	    (struct world_rtp){ .from = BOB, .to = ALICE, .from_port = B_PORT, .to_port = A_PORT };
	out.ssrc = TO_BOB;
	back.ssrc = TO_ALICE;
	now_ms = 200;
}

static void
call(enum es_receiver receiver, const char *alice, const char *bob)
{
	world_init(&w);
	w.cfg.receiver = receiver;
	w.cfg.receiver_ms = receiver == ES_RECEIVER_FIXED ? 60 : 0;
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "0", NULL);
	world_sdp(sdp_b, BOB, B_PORT, "0", NULL);
	connect_call(alice, bob);
}

/* n packets each way; every tenth is 80 ms late at Bob, 120 ms at Alice. */
static void
talk(unsigned n)
{
	for (unsigned i = 0; i < n; i++, now_ms += 20) {
		world_send_rtp(&w, now_ms + (i % 10 == 9 ? 80 : 0), &out);
		world_send_rtp(&w, now_ms + (i % 10 == 9 ? 120 : 0), &back);
		out.seq++;
		out.ts += 160;
		back.seq++;
		back.ts += 160;
	}
}

static void
check_row(const char *name, const char *who, uint32_t ssrc, enum es_receiver_by by, uint32_t ms)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);

	if ((s->has & ES_STREAM_HAS_CONCEALMENT) == 0 || s->receiver_by != by ||
	    s->receiver_ms != ms)
		test_fail(__FILE__, __LINE__, "%s: to %s by %d, %u ms", name, who,
		    (int)s->receiver_by, s->receiver_ms);
}

/* What flows to Alice is judged by her product, what flows to Bob by his. */
TEST(receiver_is_that_of_the_product_it_flows_to)
{
	static const struct {
		const char *name;
		enum es_receiver receiver;
		const char *alice, *bob;
		enum es_receiver_by to_alice, to_bob;
		uint32_t ms;
	} rows[] = {
		{ "each end's own", ES_RECEIVER_LEARNED, PJSUA, NOBODY, ES_RECEIVER_BY_AGENT,
		    ES_RECEIVER_BY_DEFAULT, 0 },
		{ "Server counts as User-Agent", ES_RECEIVER_LEARNED, NOBODY,
		    "Server: Cisco-SIPGateway/IOS-15.2.4.M5\r\n", ES_RECEIVER_BY_DEFAULT,
		    ES_RECEIVER_BY_AGENT, 0 },
		/* A product stands first. */
		{ "an unknown product, and none", ES_RECEIVER_LEARNED,
		    "User-Agent: my linphone\r\n", NULL, ES_RECEIVER_BY_DEFAULT,
		    ES_RECEIVER_BY_DEFAULT, 0 },
		{ "a fixed one is configured", ES_RECEIVER_FIXED, PJSUA, PJSUA,
		    ES_RECEIVER_BY_CONFIG, ES_RECEIVER_BY_CONFIG, 60 },
		{ "an adaptive one is configured", ES_RECEIVER_ADAPTIVE, PJSUA, PJSUA,
		    ES_RECEIVER_BY_CONFIG, ES_RECEIVER_BY_CONFIG, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call(rows[i].receiver, rows[i].alice, rows[i].bob);
		talk(600);
		world_flush(&w);
		check_row(rows[i].name, "Alice", TO_ALICE, rows[i].to_alice, rows[i].ms);
		check_row(rows[i].name, "Bob", TO_BOB, rows[i].to_bob, rows[i].ms);
		world_done(&w);
	}
}

/* Alice's INVITE within the call, by that product. */
static void
reinvite(const char *alice)
{
	send_sip(now_ms, ALICE, BOB,
	    (struct world_sip){ .method = "INVITE",
		.cseq = 2,
		.from_tag = "ta",
		.to_tag = "tb",
		.extra = alice,
		.sdp = sdp_a });
}

static void
accept_reinvite(const char *bob)
{
	send_sip(now_ms + 5, BOB, ALICE,
	    (struct world_sip){ .start = "SIP/2.0 200 OK",
		.method = "INVITE",
		.cseq = 2,
		.from_tag = "ta",
		.to_tag = "tb",
		.extra = bob,
		.sdp = sdp_b });
}

/* Bob reports 40 ms about what he hears; an INVITE within the call does not take that back. */
TEST(receiver_that_is_reported_goes_before_the_product)
{
	uint8_t p[44];

	call(ES_RECEIVER_LEARNED, PJSUA, PJSUA);
	talk(20);
	world_send_udp(&w, now_ms, world_addr(BOB, B_PORT + 1), world_addr(ALICE, A_PORT + 1), p,
	    voip_metrics(p, TO_ALICE, TO_BOB, 0, BUFFER_FIXED, 40));
	talk(50);
	reinvite(PJSUA);
	accept_reinvite(PJSUA);
	talk(600);
	world_flush(&w);
	check_receiver(&w, TO_BOB, ES_RECEIVER_BY_END, 40);
	check_receiver(&w, TO_ALICE, ES_RECEIVER_BY_AGENT, 0);
	world_done(&w);
}

/* Alice's place is taken by somebody known; an offer counts once it is answered. */
TEST(receiver_follows_the_call_to_another_product)
{
	for (int is_answered = 0; is_answered < 2; is_answered++) {
		call(ES_RECEIVER_LEARNED, NOBODY, NOBODY);
		talk(300);
		reinvite(LINPHONE);
		if (is_answered)
			accept_reinvite(NULL);
		talk(300);
		world_flush(&w);
		check_receiver(
		    &w, TO_ALICE, is_answered ? ES_RECEIVER_BY_AGENT : ES_RECEIVER_BY_DEFAULT, 0);
		check_receiver(&w, TO_BOB, ES_RECEIVER_BY_DEFAULT, 0);
		world_done(&w);
	}
}

/* What is known of a product changes no figure: it has what is modelled by default. */
TEST(receiver_that_is_known_to_adapt_is_judged_as_the_default)
{
	uint64_t late;

	call(ES_RECEIVER_LEARNED, NOBODY, NOBODY);
	talk(600);
	world_flush(&w);
	late = world_stream(&w, TO_ALICE, 0)->late;
	CHECK(late > 0);
	world_done(&w);
	call(ES_RECEIVER_LEARNED, LINPHONE, LINPHONE);
	talk(600);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, TO_ALICE, 0)->late, late);
	world_done(&w);
}

/* DTLS and ICE are WebRTC's; a product that is known for its buffer goes before that. */
TEST(receiver_of_webrtc_is_known_by_its_class)
{
	begin();
	world_sdp(sdp_a, ALICE, A_PORT, "0", WEBRTC);
	world_sdp(sdp_b, BOB, B_PORT, "0", WEBRTC);
	connect_call(NULL, PJSUA);
	talk(600);
	world_flush(&w);
	check_receiver(&w, TO_ALICE, ES_RECEIVER_BY_CLASS, 0);
	check_receiver(&w, TO_BOB, ES_RECEIVER_BY_AGENT, 0);
	world_done(&w);
}

/* What Alice's phone publishes: of what it hears itself, and of what Bob's phone reported to it. */
static void
publish(const char *own, const char *of_bob)
{
	char body[1024];
	char text[2048];

	snprintf(body, sizeof(body),
	    "VQSessionReport: CallTerm\r\nCallID: c1\r\n"
	    "LocalID: <sip:alice@a.example>\r\nRemoteID: <sip:bob@b.example>\r\n"
	    "LocalAddr: IP=10.0.0.1 PORT=4000 SSRC=a\r\n"
	    "RemoteAddr: IP=10.0.0.2 PORT=5000 SSRC=b\r\n"
	    "LocalMetrics:\r\n%sRemoteMetrics:\r\n%s",
	    own, of_bob);
	snprintf(text, sizeof(text),
	    "PUBLISH sip:collector@example SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKr1\r\n"
	    "From: <sip:alice@a.example>;tag=r1\r\nTo: <sip:collector@example>\r\n"
	    "Call-ID: publish-1\r\nCSeq: 1 PUBLISH\r\nEvent: vq-rtcpxr\r\n"
	    "Content-Type: application/vq-rtcpxr\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	world_send_udp(
	    &w, now_ms, world_addr(ALICE, 5060), world_addr(9, 5060), text, strlen(text));
}

/* RFC 6035: JBA 2 is not adaptive, JBN its depth. It goes before the product. */
TEST(receiver_is_the_one_that_a_phone_publishes)
{
	call(ES_RECEIVER_LEARNED, PJSUA, NOBODY);
	talk(9); /* none late yet */
	publish("JitterBuffer: JBA=2 JBR=2 JBN=50 JBM=80 JBX=120\r\n",
	    "JitterBuffer: JBA=2 JBN=90\r\n");
	talk(600);
	world_flush(&w);
	check_receiver(&w, TO_ALICE, ES_RECEIVER_BY_END, 50);
	check_receiver(&w, TO_BOB, ES_RECEIVER_BY_END, 90);
	CHECK_EQ(world_stream(&w, TO_ALICE, 0)->late, 60);
	CHECK_EQ(world_stream(&w, TO_BOB, 0)->late, 0);
	world_done(&w);
}

TEST(receiver_that_is_published_without_depth_or_of_unknown_kind_teaches_nothing)
{
	call(ES_RECEIVER_LEARNED, PJSUA, NOBODY);
	talk(9);
	publish("JitterBuffer: JBA=2 JBR=2 JBM=80\r\n", "JitterBuffer: JBA=0 JBN=90\r\n");
	talk(600);
	world_flush(&w);
	check_receiver(&w, TO_ALICE, ES_RECEIVER_BY_AGENT, 0);
	check_receiver(&w, TO_BOB, ES_RECEIVER_BY_DEFAULT, 0);
	world_done(&w);
}

/* PLC 1: disabled. G.113 has the constants of G.711 without it. */
TEST(receiver_that_publishes_no_concealment_is_scored_as_such)
{
	call(ES_RECEIVER_FIXED, NOBODY, NOBODY);
	talk(9);
	publish("SessionDesc: PT=0 PD=PCMU SR=8000 PLC=1\r\n", "SessionDesc: PT=0 PLC=3\r\n");
	talk(600);
	world_flush(&w);
	CHECK_EQ(world_stream(&w, TO_ALICE, 0)->basis, ES_BASIS_ITU);
	CHECK_EQ(world_stream(&w, TO_BOB, 0)->basis, ES_BASIS_DERIVED);
	world_done(&w);
}

/* The round trip that a phone measured is of the whole way: half of it is in what it hears. */
TEST(delay_that_a_phone_publishes_is_of_the_whole_way)
{
	const struct es_stream *s;

	call(ES_RECEIVER_FIXED, NOBODY, NOBODY);
	talk(9);
	publish("Delay: RTD=240 ESD=140\r\n", "PacketLoss: NLR=1.5\r\n");
	talk(600);
	world_flush(&w);
	s = world_stream(&w, TO_ALICE, 0);
	CHECK(s->has & ES_STREAM_HAS_MOS_CQ);
	CHECK_EQ(s->mouth_to_ear_us, 120000 + 20000 + 60000);
	CHECK(s->id_milli > 0);
	CHECK_EQ(world_stream(&w, TO_BOB, 0)->has & ES_STREAM_HAS_MOS_CQ, 0);
	world_done(&w);
}
