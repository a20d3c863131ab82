/* SPDX-License-Identifier: Apache-2.0 */
/* What a call's record quotes to join its legs and to name its parties; calls over IPv6 and TCP. */
#include "tests/sim/parties.h"

#define UUID_A "ab30317f1a784dc48ff824d0d3715d86"
#define UUID_B "47755a9de7794ba387653f2099600ef2"
#define UUID_C "1122334455667788990011223344556f"
#define NULL_UUID "00000000000000000000000000000000"

/* A request of Alice with these header lines; to_tag NULL: the first INVITE. */
static void
ask(double ms, const char *method, unsigned cseq, const char *to_tag, const char *extra)
{
	send_sip(ms, ALICE, BOB,
	    (struct world_sip){ .method = method,
		.cseq = cseq,
		.from_tag = "ta",
		.to_tag = to_tag,
		.extra = extra });
}

/* Bob's answer to it. */
static void
answer(double ms, const char *start, unsigned cseq, const char *extra)
{
	send_sip(ms, BOB, ALICE,
	    (struct world_sip){ .start = start,
		.method = "INVITE",
		.cseq = cseq,
		.from_tag = "ta",
		.to_tag = "tb",
		.extra = extra });
}

/* The record of a call whose one INVITE has these header lines. */
static const struct es_call *
call_with(const char *extra)
{
	begin();
	ask(0, "INVITE", 1, NULL, extra);
	return world_call(&w, "c1");
}

TEST(session_id_is_the_callers_as_sent)
{
	const struct es_call *c = call_with("Session-ID: " UUID_A ";remote=" NULL_UUID "\r\n");

	CHECK_SLICE(c->session_id, UUID_A ";remote=" NULL_UUID);
	CHECK_EQ(c->session_id_peer.n, 0);
	world_done(&w);
}

TEST(session_id_of_the_peer_is_known_from_its_answer)
{
	const struct es_call *c;

	(void)call_with("Session-ID: " UUID_A ";remote=" NULL_UUID "\r\n");
	answer(10, "SIP/2.0 100 Trying", 1, "Session-ID: " UUID_C ";remote=" UUID_A "\r\n");
	answer(20, "SIP/2.0 180 Ringing", 1, "Session-ID: " UUID_B ";remote=" UUID_A "\r\n");
	answer(900, "SIP/2.0 200 OK", 1, "Session-ID: " UUID_B ";remote=" UUID_A "\r\n");
	c = world_call(&w, "c1");
	CHECK_SLICE(c->session_id, UUID_A ";remote=" NULL_UUID);
	CHECK_SLICE(c->session_id_peer, UUID_B);
	world_done(&w);
}

TEST(session_id_of_the_peer_that_says_none_yet_is_empty)
{
	(void)call_with("Session-ID: " UUID_A ";remote=" NULL_UUID "\r\n");
	answer(20, "SIP/2.0 180 Ringing", 1, "Session-ID: " NULL_UUID ";remote=" UUID_A "\r\n");
	CHECK_EQ(world_call(&w, "c1")->session_id_peer.n, 0);
	answer(900, "SIP/2.0 200 OK", 1, "Session-ID: " UUID_B ";remote=" UUID_A "\r\n");
	CHECK_SLICE(world_call(&w, "c1")->session_id_peer, UUID_B);
	world_done(&w);
}

/* A transfer behind a B2BUA gives the leg another pair: it joined the others by its first. */
TEST(session_id_stays_that_of_the_beginning_when_the_pair_changes)
{
	const struct es_call *c;

	(void)call_with("Session-ID: " UUID_A ";remote=" NULL_UUID "\r\n");
	answer(900, "SIP/2.0 200 OK", 1, "Session-ID: " UUID_B ";remote=" UUID_A "\r\n");
	ask(5000, "INVITE", 2, "tb", "Session-ID: " UUID_C ";remote=" UUID_B "\r\n");
	answer(5100, "SIP/2.0 200 OK", 2, "Session-ID: " UUID_B ";remote=" UUID_C "\r\n");
	world_flush(&w);
	c = world_call(&w, "c1");
	CHECK_SLICE(c->session_id, UUID_A ";remote=" NULL_UUID);
	CHECK_SLICE(c->session_id_peer, UUID_B);
	world_done(&w);
}

TEST(x_call_id_goes_before_x_cid)
{
	CHECK_SLICE(call_with("X-Call-ID: leg-1@sbc\r\n")->x_call_id, "leg-1@sbc");
	world_done(&w);
	CHECK_SLICE(call_with("X-CID: leg-2@sbc\r\n")->x_call_id, "leg-2@sbc");
	world_done(&w);
	CHECK_SLICE(call_with("X-CID: leg-2\r\nX-Call-ID: leg-1\r\n")->x_call_id, "leg-1");
	world_done(&w);
}

TEST(icid_and_user_to_user_are_kept)
{
	const struct es_call *c = call_with(
	    "P-Charging-Vector: icid-value=\"1234bc9876e\";icid-generated-at=192.0.6.8\r\n"
	    "User-to-User: 56a390f3d2b7310023a2;encoding=hex\r\n");

	CHECK_SLICE(c->icid, "1234bc9876e");
	CHECK_SLICE(c->user_to_user, "56a390f3d2b7310023a2;encoding=hex");
	world_done(&w);
}

TEST(asserted_identity_is_the_first)
{
	const struct es_call *c = call_with("P-Asserted-Identity: \"A\" <sip:+4930123@carrier>, "
					    "<tel:+4930124>\r\n");

	CHECK_SLICE(c->asserted, "+4930123@carrier");
	world_done(&w);
}

TEST(diversions_are_counted_with_the_first_named)
{
	const struct es_call *c = call_with("Diversion: <sip:carol@c.example>;reason=no-answer\r\n"
					    "Diversion: <sip:dave@d.example>;reason=busy\r\n");

	CHECK_EQ(c->diversions, 2);
	CHECK_SLICE(c->diverted_from, "carol@c.example");
	world_done(&w);
}

TEST(history_counts_beyond_its_first_entry)
{
	const struct es_call *c = call_with(
	    "History-Info: <sip:carol@c.example>;index=1, <sip:dave@d.example>;index=1.1, "
	    "<sip:bob@b.example>;index=1.1.1\r\n");

	CHECK_EQ(c->diversions, 2);
	CHECK_SLICE(c->diverted_from, "carol@c.example");
	world_done(&w);
	c = call_with("History-Info: <sip:bob@b.example>;index=1\r\n");
	CHECK_EQ(c->diversions, 0);
	CHECK_EQ(c->diverted_from.n, 0);
	world_done(&w);
}

TEST(contact_host_and_product_of_both_sides)
{
	const struct es_call *c;

	(void)call_with("Contact: <sip:alice@10.0.0.1:5062>\r\nUser-Agent: Phone/1.2\r\n");
	answer(
	    900, "SIP/2.0 200 OK", 1, "Contact: <sip:bob@10.0.0.2:5070;ob>\r\nServer: Box/3.4\r\n");
	c = world_call(&w, "c1");
	CHECK_SLICE(c->caller_contact, "10.0.0.1:5062");
	CHECK_SLICE(c->callee_contact, "10.0.0.2:5070");
	CHECK_SLICE(c->caller_agent, "Phone/1.2");
	CHECK_SLICE(c->callee_agent, "Box/3.4");
	world_done(&w);
}

/* Whoever answers is heard from 101 to 299; a 100 is a hop's own, a 3xx names others, the rest is refused. */
TEST(contact_and_product_are_those_of_answers_alone)
{
	static const struct {
		unsigned status;
		bool is_heard;
	} rows[] = { { 100, false }, { 101, true }, { 180, true }, { 199, true }, { 200, true },
		{ 299, true }, { 300, false }, { 302, false }, { 486, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char start[32];
		const struct es_call *c;

		(void)call_with(NULL);
		(void)snprintf(start, sizeof(start), "SIP/2.0 %u X", rows[i].status);
		answer(900, start, 1,
		    "Contact: <sip:b@10.0.0.2:5070>\r\nServer: Box/3.4\r\n"
		    "Session-ID: " UUID_B ";remote=" UUID_A "\r\n");
		world_flush(&w);
		c = world_call(&w, "c1");
		CHECK_SLICE(c->callee_contact, rows[i].is_heard ? "10.0.0.2:5070" : "");
		CHECK_SLICE(c->callee_agent, rows[i].is_heard ? "Box/3.4" : "");
		CHECK_SLICE(c->session_id_peer, rows[i].is_heard ? UUID_B : "");
		world_done(&w);
	}
}

TEST(custom_key_is_that_of_the_configured_header)
{
	world_init(&w);
	w.cfg.key_header = es_slice_str("X-Correlation-ID");
	world_start(&w);
	ask(0, "INVITE", 1, NULL, "x-correlation-id: 77-42\r\n");
	CHECK_SLICE(world_call(&w, "c1")->custom_key, "77-42");
	world_done(&w);
	CHECK_EQ(call_with("X-Correlation-ID: 77-42\r\n")->custom_key.n, 0);
	world_done(&w);
}

/* fd00::HOST */
static struct es_addr
addr6(uint8_t host, uint16_t port)
{
	struct es_addr a = { .family = 6, .port = port };

	a.ip[0] = 0xfd;
	a.ip[15] = host;
	return a;
}

static void
send6(double ms, struct es_addr from, struct es_addr to, const void *payload, size_t n)
{
	uint8_t f[2048] = { [12] = 0x86, [13] = 0xdd, [14] = 0x60, [20] = 17, [21] = 61 };
	struct es_packet p = { .ts = world_time(ms), .data = f, .link = ES_LINK_ETHERNET };
	uint8_t udp[8] = { (uint8_t)(from.port >> 8), (uint8_t)from.port, (uint8_t)(to.port >> 8),
		(uint8_t)to.port, (uint8_t)((n + 8) >> 8), (uint8_t)(n + 8), 0x12, 0x34 };

	memcpy(f + 18, udp + 4, 2);
	memcpy(f + 22, from.ip, 16);
	memcpy(f + 38, to.ip, 16);
	memcpy(f + 54, udp, 8);
	memcpy(f + 62, payload, n);
	p.cap_bytes = p.wire_bytes = (uint32_t)(62 + n);
	es_engine_packet(w.e, &p);
}

/* By what a call's messages go: from Alice (or Bob). */
typedef void way(double ms, bool from_alice, const char *text, size_t n);

static void
over_ipv6(double ms, bool from_alice, const char *text, size_t n)
{
	send6(ms, addr6(from_alice ? ALICE : BOB, 5060), addr6(from_alice ? BOB : ALICE, 5060),
	    text, n);
}

static uint32_t next_seq[2];

static void
over_tcp(double ms, bool from_alice, const char *text, size_t n)
{
	enum { PSH_ACK = 0x18 };
	uint32_t *seq = &next_seq[from_alice];
	size_t half = n / 2;
	struct es_addr a = world_addr(ALICE, 40000), b = world_addr(BOB, 5060);

	world_send_tcp(&w, ms, from_alice ? a : b, from_alice ? b : a, *seq, PSH_ACK, text, half);
	*seq += (uint32_t)half;
	world_send_tcp(
	    &w, ms, from_alice ? a : b, from_alice ? b : a, *seq, PSH_ACK, text + half, n - half);
	*seq += (uint32_t)(n - half);
}

static void
say(way *go, double ms, bool from_alice, bool is_bye, const char *start, const char *sdp)
{
	struct world_sip m = { .start = start, .call_id = "c1", .from_tag = "ta", .sdp = sdp };
	char text[2000];

	m.method = strncmp(start, "ACK", 3) == 0 ? "ACK" : is_bye ? "BYE" : "INVITE";
	m.cseq = is_bye ? 2 : 1;
	m.to_tag = strncmp(start, "INVITE", 6) == 0 ? NULL : "tb";
	m.extra = from_alice ? "Contact: <sip:alice@a.example:5061>\r\nUser-Agent: Phone/1\r\n"
			     : "Contact: <sip:bob@b.example>\r\nServer: Box/2\r\n";
	go(ms, from_alice, text, world_sip_text(&m, text, sizeof(text)));
}

/* INVITE at 0, 180 at 100, 200 at 1000, BYE of Alice at 5000, answered at 5010. */
static void
whole_call(way *go, const char *offer, const char *accepted)
{
	begin();
	say(go, 0, true, false, "INVITE sip:bob@b.example SIP/2.0", offer);
	say(go, 100, false, false, "SIP/2.0 180 Ringing", NULL);
	say(go, 1000, false, false, "SIP/2.0 200 OK", accepted);
	say(go, 1010, true, false, "ACK sip:bob@b.example SIP/2.0", NULL);
	say(go, 5000, true, true, "BYE sip:bob@b.example SIP/2.0", NULL);
	say(go, 5010, false, true, "SIP/2.0 200 OK", NULL);
	world_flush(&w);
}

static void
check_whole(const struct es_call *c)
{
	CHECK_EQ(c->state, ES_STATE_COMPLETED);
	CHECK_SLICE(c->from, "alice@a.example");
	CHECK_SLICE(c->to, "bob@b.example");
	CHECK_EQ(c->start.ns, world_time(0).ns);
	CHECK_EQ(c->has & ES_CALL_HAS_MAX_FORWARDS, ES_CALL_HAS_MAX_FORWARDS);
	CHECK_EQ(c->max_forwards, 70);
	CHECK_EQ(c->final_status, 200);
	CHECK_EQ(c->request_delay_us, 100000);
	CHECK_EQ(c->post_dial_delay_us, 100000);
	CHECK_EQ(c->setup_us, 1000000);
	CHECK_EQ(c->ring_us, 900000);
	CHECK_EQ(c->duration_us, 4000000);
	CHECK_EQ(c->disconnect_delay_us, 10000);
	CHECK_EQ(c->ended_by, ES_PARTY_CALLER);
	CHECK_EQ(c->branches, 1);
	CHECK_EQ(c->resent, 0);
	CHECK_EQ(c->n_statuses, 2);
	CHECK_EQ(c->statuses[0], 180);
	CHECK_EQ(c->statuses[1], 200);
	CHECK_EQ(c->n_codecs, 1);
	CHECK_SLICE(c->codecs[0], "PCMU");
	CHECK_EQ(c->n_caller_media, 1);
	CHECK_EQ(c->n_callee_media, 1);
	CHECK_SLICE(c->caller_contact, "a.example:5061");
	CHECK_SLICE(c->caller_agent, "Phone/1");
	CHECK_SLICE(c->callee_contact, "b.example");
	CHECK_SLICE(c->callee_agent, "Box/2");
}

#define SDP6(host, port)                                                                      \
	"v=0\r\no=- 1 1 IN IP6 fd00::" host "\r\ns=-\r\nc=IN IP6 fd00::" host "\r\nt=0 0\r\n" \
	"m=audio " port " RTP/AVP 0\r\n"

TEST(ipv6_call_has_a_whole_record)
{
	struct es_addr src = addr6(ALICE, 5060), dst = addr6(BOB, 5060);
	struct es_addr media = addr6(BOB, B_PORT);
	const struct es_call *c;

	whole_call(over_ipv6, SDP6("1", "4000"), SDP6("2", "5000"));
	c = world_call(&w, "c1");
	CHECK(c != NULL);
	check_whole(c);
	CHECK_EQ(c->transport, ES_TRANSPORT_UDP);
	CHECK(es_addr_eq(&c->invite_src, &src));
	CHECK(es_addr_eq(&c->invite_dst, &dst));
	CHECK(es_addr_eq(&c->callee_media[0], &media));
	world_done(&w);
}

TEST(tcp_call_has_a_whole_record)
{
	struct es_addr src = world_addr(ALICE, 40000), dst = world_addr(BOB, 5060);
	static char offer[1024], accepted[1024];
	const struct es_call *c;

	whole_call(over_tcp, world_sdp(offer, ALICE, A_PORT, "0", NULL),
	    world_sdp(accepted, BOB, B_PORT, "0", NULL));
	c = world_call(&w, "c1");
	CHECK(c != NULL);
	check_whole(c);
	CHECK_EQ(c->transport, ES_TRANSPORT_TCP);
	CHECK(es_addr_eq(&c->invite_src, &src));
	CHECK(es_addr_eq(&c->invite_dst, &dst));
	world_done(&w);
}

/* One of 255 bytes, and two more that have room next to it; what does not fit is counted and left out. */
TEST(keys_of_any_length_are_kept_whole_or_counted)
{
	static const struct {
		unsigned first, second, third; /* bytes */
		bool has[3];
		unsigned over;
	} keys[] = { { 255, 255, 10, { true, true, true }, 0 },
		{ 256, 255, 10, { false, true, true }, 1 },
		{ 255, 256, 10, { true, false, true }, 1 },
		{ 255, 255, 255, { true, true, false }, 1 } };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct es_call *c;
		char extra[1000], text[300];

		memset(text, 'x', sizeof(text));
		snprintf(extra, sizeof(extra),
		    "X-Call-ID: %.*s\r\nP-Charging-Vector: icid-value=%.*s\r\n"
		    "User-to-User: %.*s\r\n",
		    (int)keys[i].first, text, (int)keys[i].second, text, (int)keys[i].third, text);
		c = call_with(extra);
		CHECK_EQ(c->x_call_id.n, keys[i].has[0] ? keys[i].first : 0);
		CHECK_EQ(c->icid.n, keys[i].has[1] ? keys[i].second : 0);
		CHECK_EQ(c->user_to_user.n, keys[i].has[2] ? keys[i].third : 0);
		CHECK_EQ(world_counter(&w, ES_CNT_CALL_TEXT_OVER_LIMIT), keys[i].over);
		world_done(&w);
	}
}
