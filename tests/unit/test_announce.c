/* SPDX-License-Identifier: Apache-2.0 */
/* What a description announces: addresses, lines, payload types, candidates, sources. */
#include "signalling_rig.h"

TEST(announced_address_knows_its_line_owner_and_life)
{
	struct es_media m;

	begin();
	c.clock = at_ms(1000);
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0 8\r\n");
	m = at(ALICE, 4000);
	CHECK_EQ(call->n_media, 1);
	CHECK(m.is_caller);
	CHECK_EQ(m.rank, ES_MEDIA_SAID);
	CHECK_EQ(m.expires.ns, at_ms(181000).ns);
	CHECK_EQ(m.rtcp.port, 4001);
	CHECK_EQ(m.host.port, 4000);
	CHECK_EQ(m.host.ip[3], ALICE);
	CHECK_EQ(m.peer.ip[3], BOB);
	CHECK_EQ(m.generation, c.media_generation);
	CHECK_EQ(m.ufrag, 0);
	CHECK(!m.wants_none);
	CHECK(!m.terms->is_secure);
	CHECK_EQ(m.terms->lines, 1);
	CHECK_EQ(m.terms->line[0].kind, ES_KIND_AUDIO);
	CHECK_EQ(m.terms->line[0].mid_bytes, 0);
	CHECK_EQ(m.terms->n_types, 2);
	CHECK_EQ(m.terms->type[1].pt, 8);
	CHECK_EQ(m.terms->type[1].line, 0);
	CHECK_EQ(call->side[0].n_media, 1);
	call->step = ES_DIALOG_UP;
	offers(1, HEAD(2) "m=audio 5000 RTP/AVP 0\r\na=rtcp:7777\r\n");
	m = at(BOB, 5000);
	CHECK(!m.is_caller);
	CHECK_EQ(m.expires.ns, INT64_MAX);
	CHECK_EQ(m.rtcp.port, 7777);
	CHECK_EQ(call->n_media, 2);
	CHECK_EQ(call->side[1].n_media, 1);
	offers(1, HEAD(2) "m=audio 5000 RTP/AVP 8\r\n"); /* the last word counts alone */
	CHECK_EQ(call->side[1].n_media, 1);
	CHECK_EQ(at(BOB, 5000).terms->n_types, 1);
	CHECK_EQ(at(BOB, 5000).terms->type[0].pt, 8);
	es_announce_expire(&g, call, at_ms(5));
	CHECK_EQ(at(BOB, 5000).expires.ns, at_ms(5).ns);
	CHECK_EQ(at(ALICE, 4000).expires.ns, at_ms(5).ns);
	es_announce_answered(&g, call);
	CHECK_EQ(at(BOB, 5000).expires.ns, INT64_MAX);
	CHECK_EQ(at(ALICE, 4000).expires.ns, INT64_MAX);
	end();
}

TEST(announced_lines_have_the_kind_of_their_media)
{
	static const struct {
		const char *line;
		enum es_stream_kind kind;
	} rows[] = { { "audio", ES_KIND_AUDIO }, { "video", ES_KIND_VIDEO },
		{ "text", ES_KIND_TEXT }, { "application", ES_KIND_OTHER } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		begin();
		snprintf(text, sizeof(text),
		    HEAD(1) "m=%s 4000 RTP/AVP 99\r\na=rtpmap:99 x/90000\r\n", rows[i].line);
		offers(0, text);
		CHECK_EQ(at(ALICE, 4000).terms->line[0].kind, rows[i].kind);
		CHECK_EQ(
		    at(ALICE, 4000).terms->type[0].kind, i == 1 ? ES_CODEC_VIDEO : ES_CODEC_AUDIO);
		end();
	}
}

TEST(announced_are_neither_rejected_lines_nor_what_is_no_rtp)
{
	begin();
	offers(0,
	    HEAD(1) "m=audio 0 RTP/AVP 0\r\nm=image 4002 udptl t38\r\nm=audio 4004 RTP/AVP 0\r\n");
	CHECK_EQ(call->n_media, 1);
	CHECK_EQ(at(ALICE, 4004).terms->lines, 4);
	CHECK_EQ(at(ALICE, 4004).terms->type[0].line, 2);
	end();
}

TEST(announced_lines_are_sixteen_at_most)
{
	char text[2048] = HEAD(1);

	begin();
	for (unsigned i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "m=audio %u RTP/AVP 0\r\n", 4000 + 2 * (i % 15));
	offers(0, text);
	CHECK_EQ(call->n_media, 15);
	CHECK_EQ(at(ALICE, 4000).terms->lines, 0x8001);
	CHECK_EQ(at(ALICE, 4002).terms->lines, 2);
	end();
}

TEST(announced_address_of_several_lines_has_all_their_types)
{
	struct es_media m;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0 96 97\r\na=rtpmap:96 opus/48000/2\r\n"
			  "m=video 4000 RTP/SAVP 96 98\r\na=rtpmap:98 VP8/90000\r\n");
	m = at(ALICE, 4000);
	CHECK_EQ(call->n_media, 1);
	CHECK_EQ(m.terms->lines, 3);
	CHECK(m.terms->is_secure);
	CHECK_EQ(m.terms->n_types, 4);
	CHECK_EQ(m.terms->type[0].line, 0);
	CHECK_EQ(m.terms->type[1].pt, 96);
	CHECK_EQ(m.terms->type[1].line, ES_LINE_SHARED);
	CHECK_EQ(m.terms->type[2].line, 0);
	CHECK_EQ(m.terms->type[3].pt, 98);
	CHECK_EQ(m.terms->type[3].line, 1);
	CHECK_EQ(m.terms->line[1].kind, ES_KIND_VIDEO);
	end();
}

TEST(announced_types_of_an_address_are_64_at_most)
{
	char text[4096] = HEAD(1);
	unsigned pt = 0;

	begin();
	for (unsigned line = 0; line < 3; line++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "m=audio 4000 RTP/AVP");
		for (unsigned i = 0; i < 30; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %u", pt++);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "\r\n");
	}
	offers(0, text);
	CHECK_EQ(at(ALICE, 4000).terms->n_types, ES_MEDIA_TYPES_MAX);
	CHECK_EQ(at(ALICE, 4000).terms->type[63].pt, 63);
	CHECK_EQ(at(ALICE, 4000).terms->type[63].line, 2);
	end();
}

TEST(announced_media_are_secure_by_profile_keys_or_fingerprint)
{
	static const struct {
		const char *line;
		bool is;
	} rows[] = { { "m=audio 4000 RTP/AVP 0\r\n", false },
		{ "m=audio 4000 RTP/SAVP 0\r\n", true },
		{ "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
		  "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n",
		    true },
		{ "m=audio 4000 RTP/AVP 0\r\na=fingerprint:sha-1 00:11\r\n", true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		begin();
		snprintf(text, sizeof(text), HEAD(1) "%s", rows[i].line);
		offers(0, text);
		CHECK_EQ(at(ALICE, 4000).terms->is_secure, rows[i].is);
		end();
	}
}

TEST(announced_mid_is_kept_in_a_bundle_alone_and_whole)
{
	static const struct {
		const char *group, *mid;
		const char *kept;
	} rows[] = { { "a=group:BUNDLE a\r\n", "a", "a" }, { "", "a", "" },
		{ "a=group:BUNDLE 123456789012345\r\n", "123456789012345", "123456789012345" },
		{ "a=group:BUNDLE 1234567890123456\r\n", "1234567890123456", "" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct es_media_line l;

		begin();
		snprintf(text, sizeof(text), HEAD(1) "%sm=audio 4000 RTP/AVP 0\r\na=mid:%s\r\n",
		    rows[i].group, rows[i].mid);
		offers(0, text);
		l = at(ALICE, 4000).terms->line[0];
		CHECK_SLICE(es_slice_of(l.mid, l.mid_bytes), rows[i].kept);
		end();
	}
}

TEST(announced_header_extensions_are_those_that_fit_into_a_packet)
{
	struct es_media m;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n"
			  "a=extmap:255 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
			  "a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
	m = at(ALICE, 4000);
	CHECK_EQ(m.terms->level_id, 255);
	CHECK_EQ(m.terms->mid_id, 0);
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n"
			  "a=extmap:7 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
			  "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
	m = at(ALICE, 4000);
	CHECK_EQ(m.terms->level_id, 0);
	CHECK_EQ(m.terms->mid_id, 1);
	end();
}

/* A type of a line with this format. */
static struct es_payload
type_of(const char *map, const char *fmtp)
{
	char text[512];
	struct es_payload p = { 0 };

	begin();
	snprintf(text, sizeof(text),
	    HEAD(1) "m=audio 4000 RTP/AVP 96 0 97 5\r\n%s%s%s"
		    "a=rtpmap:97 telephone-event/8000\r\n",
	    map, fmtp, fmtp[0] != '\0' ? "\r\n" : "");
	offers(0, text);
	(void)es_terms_type(at(ALICE, 4000).terms, 96, &p);
	end();
	return p;
}

TEST(announced_opus_is_of_the_band_that_its_receiver_plays)
{
	static const struct {
		unsigned rate_hz;
		enum es_band band;
	} rows[] = { { 8000, ES_BAND_NB }, { 8001, ES_BAND_WB }, { 12000, ES_BAND_WB },
		{ 16000, ES_BAND_WB }, { 16001, ES_BAND_SWB }, { 24000, ES_BAND_SWB },
		{ 24001, ES_BAND_FB }, { 48000, ES_BAND_FB } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char fmtp[64];

		snprintf(fmtp, sizeof(fmtp), "a=fmtp:96 maxplaybackrate=%u", rows[i].rate_hz);
		CHECK_EQ(type_of("a=rtpmap:96 opus/48000/2\r\n", fmtp).band, rows[i].band);
		CHECK_EQ(type_of("a=rtpmap:96 speex/16000\r\n", fmtp).band, 0);
	}
	CHECK_EQ(type_of("a=rtpmap:96 opus/48000/2\r\n", "").band, 0);
	CHECK(type_of("a=rtpmap:96 opus/48000/2\r\n", "a=fmtp:96 useinbandfec=1").has_fec);
	CHECK(!type_of("a=rtpmap:96 opus/48000/2\r\n", "a=fmtp:96 useinbandfec=0").has_fec);
	CHECK_EQ(type_of("a=rtpmap:96 opus/48000/2\r\n", "").channels, 2);
	CHECK_EQ(type_of("a=rtpmap:96 speex/16000\r\n", "").channels, 0);
}

TEST(announced_amr_is_packed_as_its_receiver_wants)
{
	static const char *const maps[] = { "a=rtpmap:96 AMR/8000\r\n",
		"a=rtpmap:96 AMR-WB/16000\r\n" };

	for (unsigned i = 0; i < 2; i++) {
		struct es_payload p = type_of(maps[i], "a=fmtp:96 octet-align=1");

		CHECK(p.is_octet_aligned);
		CHECK(!p.is_interleaved);
		CHECK(!p.has_checksums);
		CHECK_EQ(p.channels, 1);
		CHECK(type_of(maps[i], "a=fmtp:96 interleaving=20").is_interleaved);
		CHECK(type_of(maps[i], "a=fmtp:96 crc=1").has_checksums);
		CHECK(!type_of(maps[i], "").is_octet_aligned);
	}
	CHECK(!type_of("a=rtpmap:96 speex/8000\r\n", "a=fmtp:96 octet-align=1").is_octet_aligned);
}

TEST(announced_red_is_of_the_codec_that_it_packs)
{
	struct es_payload p = type_of("a=rtpmap:96 red/8000\r\n", "a=fmtp:96 0/0");

	CHECK(p.is_red);
	CHECK_EQ(p.kind, ES_CODEC_AUDIO);
	CHECK(p.codec == es_codec_static(0));
	CHECK_EQ(p.line, 0);
	p = type_of("a=rtpmap:96 red/8000\r\n", "a=fmtp:96 97/97"); /* events are no codec */
	CHECK(!p.is_red);
	CHECK_EQ(p.kind, ES_CODEC_RED);
	CHECK(!type_of("a=rtpmap:96 red/8000\r\n", "a=fmtp:96 8/8").is_red); /* not of the line */
	CHECK(
	    type_of("a=rtpmap:96 red/8000\r\n", "a=fmtp:96 5/5").is_red); /* DVI4, the last type */
	CHECK(!type_of("a=rtpmap:96 red/8000\r\n", "").is_red);
	CHECK(!type_of("a=rtpmap:96 speex/8000\r\n", "a=fmtp:96 0/0").is_red);
}

/* A line that wants no packets from another one on the same address. */
TEST(announced_address_wants_packets_if_any_of_its_lines_does)
{
	static const struct {
		const char *one, *two;
		bool none;
	} rows[] = { { "sendonly", "sendonly", true }, { "inactive", "sendonly", true },
		{ "sendrecv", "sendonly", false }, { "sendonly", "sendrecv", false },
		{ "recvonly", "inactive", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		begin();
		snprintf(text, sizeof(text),
		    HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=%s\r\nm=audio 4000 RTP/AVP 8\r\na=%s\r\n",
		    rows[i].one, rows[i].two);
		offers(0, text);
		CHECK_EQ(at(ALICE, 4000).wants_none, rows[i].none);
		offers(0,
		    HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n"); /* the last word counts */
		CHECK(at(ALICE, 4000).wants_none);
		offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\n");
		CHECK(!at(ALICE, 4000).wants_none);
		end();
	}
}

/* What cannot be sent to keeps its types at an address that nobody has. */
TEST(announced_line_without_an_address_is_kept_by_its_port)
{
	struct es_media m;

	begin();
	offers(0, "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 phone.example\r\nt=0 0\r\n"
		  "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\n");
	CHECK_EQ(nowhere(&m), 2);
	CHECK_EQ(call->side[0].n_media, 0);
	CHECK_EQ(m.addr.port, 4000); /* the first one stands last */
	CHECK_EQ(m.host.port, 4000);
	CHECK_EQ(m.terms->type[0].pt, 0);
	offers(1, "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
		  "m=audio 4000 RTP/AVP 0\r\n");
	CHECK_EQ(nowhere(&m), 3); /* of each side on its own */
	CHECK_EQ(call->n_media, 3);
	end();
}

TEST(announced_line_whose_candidates_come_later_is_kept_by_its_fragment)
{
	struct es_media m;

	begin();
	offers(0, HEAD(1) "m=audio 9 RTP/AVP 0\r\na=ice-ufrag:a\r\na=ice-pwd:x\r\n");
	CHECK_EQ(nowhere(&m), 1);
	CHECK_EQ(m.addr.port, 1);
	CHECK(m.ufrag != 0);
	CHECK_EQ(m.ufrag, es_media_table_ufrag_of(&c, es_slice_str("a")));
	CHECK_EQ(m.host.family, 0);
	offers(1, HEAD(2) "m=audio 9 RTP/AVP 0\r\na=ice-ufrag:b\r\na=ice-pwd:x\r\n");
	CHECK_EQ(nowhere(&m), 2);
	CHECK_EQ(call->side[0].n_media + call->side[1].n_media, 0);
	offers(0, HEAD(1) "m=audio 9 RTP/AVP 0\r\n"); /* without ICE a port as any other */
	CHECK_EQ(at(ALICE, 9).ufrag, 0);
	CHECK_EQ(at(ALICE, 9).addr.port, 9);
	CHECK_EQ(call->side[0].n_media, 1);
	end();
}

#define CANDIDATE(n, component, transport, addr, port) \
	"a=candidate:" #n " " #component " " transport " 1 " addr " " #port " typ host\r\n"

TEST(announced_candidates_are_those_of_rtp_over_udp_with_a_port)
{
	struct es_media said, one;

	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0 8\r\na=ice-ufrag:a\r\na=ice-pwd:x\r\n" CANDIDATE(
		      1, 1, "UDP", "10.0.0.31", 4100) CANDIDATE(2, 2, "UDP", "10.0.0.31", 4101)
		      CANDIDATE(3, 1, "TCP", "10.0.0.31", 4102) CANDIDATE(4, 1, "UDP", "10.0.0.31",
			  9) CANDIDATE(5, 1, "UDP", "10.0.0.31", 10) CANDIDATE(6, 0, "UDP",
			  "10.0.0.31", 4103) CANDIDATE(7, 1, "UDP", "10.0.0.32", 4100));
	CHECK_EQ(call->n_media, 4);
	said = at(ALICE, 4000);
	one = at(31, 4100);
	CHECK_EQ(said.rank, ES_MEDIA_SAID);
	CHECK_EQ(said.terms->holders, 1);
	CHECK_EQ(one.rank, ES_MEDIA_CANDIDATE);
	CHECK_EQ(at(31, 10).rank, ES_MEDIA_CANDIDATE);
	CHECK_EQ(at(31, 10).addr.port, 10);
	CHECK_EQ(at(32, 4100).addr.port, 4100);
	CHECK_EQ(one.terms->holders, 3); /* one list of types for all */
	CHECK(one.terms == at(31, 10).terms);
	CHECK(one.terms != said.terms);
	CHECK_EQ(one.terms->n_types, 2);
	CHECK_EQ(one.ufrag, said.ufrag);
	CHECK_EQ(one.rtcp.port, 4001); /* as the line says it */
	CHECK_EQ(one.host.family, 0);
	CHECK_EQ(call->side[0].n_media, 1); /* what it said alone */
	CHECK_EQ(c.count[ES_CNT_EXPECTED_EVICTED], 0);
	end();
}

TEST(announced_candidate_that_is_said_too_is_said)
{
	begin();
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=ice-ufrag:a\r\na=ice-pwd:x\r\n" CANDIDATE(
		      1, 1, "UDP", "10.0.0.1", 4000) CANDIDATE(2, 1, "UDP", "10.0.0.31", 4100));
	CHECK_EQ(at(ALICE, 4000).rank, ES_MEDIA_SAID);
	CHECK_EQ(call->n_media, 2);
	offers(0, HEAD(1) "m=audio 4100 RTP/AVP 0\r\nc=IN IP4 "
			  "10.0.0.31\r\na=ice-ufrag:a\r\na=ice-pwd:x\r\n");
	CHECK_EQ(at(31, 4100).rank, ES_MEDIA_SAID); /* from now on */
	CHECK_EQ(at(31, 4100).terms->holders, 1);
	end();
}

TEST(announced_bundle_is_at_the_address_of_its_first_line)
{
	struct es_media carrier, own;

	begin();
	offers(0,
	    HEAD(1) "a=group:BUNDLE a v\r\n"
		    "m=audio 4000 RTP/AVP "
		    "0\r\na=mid:a\r\na=rtcp:4444\r\na=ice-ufrag:u\r\na=ice-pwd:x\r\n" CANDIDATE(1,
			1, "UDP", "10.0.0.31",
			4100) "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=mid:v\r\n"
			      "a=ice-ufrag:u\r\na=ice-pwd:x\r\n");
	CHECK_EQ(call->n_media, 3);
	carrier = at(ALICE, 4000);
	own = at(ALICE, 4002); /* the peer may not want the bundle */
	CHECK_EQ(carrier.terms->lines, 3);
	CHECK_EQ(carrier.terms->n_types, 2);
	CHECK_EQ(carrier.rtcp.port, 4444);
	CHECK_EQ(own.terms->lines, 2);
	CHECK_EQ(own.terms->n_types, 1);
	CHECK_EQ(own.rtcp.port, 4003);
	CHECK_EQ(at(31, 4100).terms->lines, 3);
	CHECK_EQ(at(31, 4100).terms->holders, 1);
	CHECK_EQ(call->side[0].n_media, 2);
	end();
}

TEST(announced_sources_are_sixteen_of_a_side_with_what_they_repair)
{
	char text[2048] = HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=ssrc-group:FID 100 101\r\n"
				  "a=ssrc-group:FID 102 103\r\n";
	const struct es_dialog_side *side;

	begin();
	side = &call->side[0];
	offers(0, HEAD(1) "m=audio 4000 RTP/AVP 0\r\na=ssrc:7 cname:x\r\n"
			  "m=audio 4002 RTP/AVP 0\r\na=ssrc:8 cname:x\r\n");
	CHECK_EQ(side->n_sources, 2);
	CHECK_EQ(side->source[0].ssrc, 7);
	CHECK_EQ(side->source[1].ssrc, 8);
	CHECK_EQ(side->source[1].line, 1);
	CHECK(!side->source[1].has_repairs);
	for (unsigned i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "a=ssrc:%u cname:x\r\n",
		    100 + i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "m=audio 4002 RTP/AVP 0\r\n");
	for (unsigned i = 0; i < 5; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "a=ssrc:%u cname:x\r\n",
		    200 + i);
	offers(0, text);
	CHECK_EQ(side->n_sources, ES_CALL_SOURCES_MAX);
	CHECK_EQ(side->source[0].ssrc, 100); /* those of before count no more */
	CHECK(!side->source[0].has_repairs);
	CHECK(side->source[1].has_repairs);
	CHECK_EQ(side->source[1].repairs, 100);
	CHECK(side->source[3].has_repairs);
	CHECK_EQ(side->source[3].repairs, 102);
	CHECK_EQ(side->source[15].ssrc, 203);
	CHECK_EQ(call->side[1].n_sources, 0);
	end();
}
