/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of session descriptions: ICE, keys, bundles, header extensions, sources, parameters. */
#include "probes/wire/sip/sdp_fmtp.h"
#include "sweep.h"

static struct es_sdp sdp;

static int
parse(const char *text)
{
	memset(&sdp, 0xee, sizeof(sdp));
	return es_sdp_parse(test_guarded(text, strlen(text)), &sdp);
}

static void
check_addr(const struct es_addr *a, const char *want)
{
	char text[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(a, text);
	CHECK_STR(text, want);
}

/* As a browser offers it, shortened. */
static const char browser[] =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1\r\na=group:LS 0 1\r\na=extmap-allow-mixed\r\n"
    "a=extmap:9 urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n"
    "a=ice-ufrag:Sess\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 19:E2:1C\r\n"
    "m=audio 50001 UDP/TLS/RTP/SAVPF 111 63 9 110\r\nc=IN IP4 203.0.113.7\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:1 1 udp 2122260223 192.0.2.10 50001 typ host generation 0\r\n"
    "a=candidate:2 1 UDP 2122194687 8d5f7c1e-aaaa.local 50002 typ host\r\n"
    "a=candidate:3 2 tcp 1518280447 2001:db8::5 9 typ host tcptype active\r\n"
    "a=candidate:4 1 udp 1686052607 203.0.113.7 50001 typ srflx raddr 192.0.2.10 rport 50001\r\n"
    "a=candidate:5 1 udp 41885439 198.51.100.2 61000 typ relay raddr 203.0.113.7 rport 1\r\n"
    "a=end-of-candidates\r\na=ice-ufrag:EsAw\r\na=ice-pwd:secret\r\n"
    "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on\r\n"
    "a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=extmap:9 urn:ietf:params:rtp-hdrext:encrypt urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=sendrecv\r\na=rtcp-mux\r\na=rtcp-xr:voip-metrics\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
    "a=ptime:20\r\na=maxptime:60\r\n"
    "a=ssrc:2231627014 cname:x\r\na=ssrc:2231627014 msid:a b\r\n"
    "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=bundle-only\r\na=mid:1\r\n"
    "a=setup:passive\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=ssrc-group:FID 10 11\r\na=ssrc-group:SIM 10 12\r\na=ssrc-group:FEC-FR 10 13\r\n"
    "a=ssrc:10 cname:x\r\na=ssrc:11 cname:x\r\n";

TEST(sdp_candidates_with_addresses)
{
	const struct es_sdp_candidate *c = sdp.media[0].candidates;

	CHECK_EQ(parse(browser), 0);
	CHECK_EQ(sdp.media[0].n_candidates, 4); /* the one with a name is passed over */
	check_addr(&c[0].addr, "192.0.2.10:50001");
	CHECK(c[0].type == ES_SDP_HOST && !c[0].is_tcp && c[0].component == 1);
	check_addr(&c[1].addr, "[2001:db8::5]:9");
	CHECK(c[1].type == ES_SDP_HOST && c[1].is_tcp && c[1].component == 2);
	check_addr(&c[2].addr, "203.0.113.7:50001");
	CHECK_EQ(c[2].type, ES_SDP_SRFLX);
	CHECK_EQ(c[3].type, ES_SDP_RELAY);
}

TEST(sdp_candidates_that_cannot_be)
{
	CHECK_EQ(parse("v=0\r\nm=audio 1 RTP/AVP 0\r\n"
		       "a=candidate:1 1 sctp 1 10.0.0.1 1 typ host\r\n"
		       "a=candidate:1 257 udp 1 10.0.0.1 1 typ host\r\n"
		       "a=candidate:1 1 udp 1 10.0.0.1 65536 typ host\r\n"
		       "a=candidate:1 1 udp 1 10.0.0.1 1 typ hosts\r\n"
		       "a=candidate:1 1 udp 1 10.0.0.1 1 host\r\n"
		       "a=candidate:1 1 udp 1 10.0.0.1\r\n"
		       "a=candidate:1 1 udp 1 10.0.0.1 7 typ prflx\r\n"),
	    0);
	CHECK_EQ(sdp.media[0].n_candidates, 1);
	CHECK_EQ(sdp.media[0].candidates[0].type, ES_SDP_PRFLX);
}

TEST(sdp_session_level_is_inherited)
{
	const struct es_sdp_media *a = &sdp.media[0], *v = &sdp.media[1];

	CHECK_EQ(parse(browser), 0);
	CHECK_SLICE(a->ice_ufrag, "EsAw");
	CHECK_SLICE(v->ice_ufrag, "Sess");
	CHECK(a->has_fingerprint && v->has_fingerprint);
	CHECK_EQ(a->ptime_ms, 20);
}

/* RFC 9143 section 7.1 forbids it: the first group keeps the line, the second has no other's. */
TEST(sdp_line_in_two_bundles_carries_one)
{
	CHECK_EQ(parse("v=0\r\na=group:BUNDLE a\r\na=group:BUNDLE a b\r\n"
		       "m=audio 4000 RTP/AVP 0\r\na=mid:a\r\n"
		       "m=audio 4002 RTP/AVP 0\r\na=mid:b\r\n"),
	    0);
	CHECK(sdp.media[0].bundle == 1 && sdp.media[1].bundle == 2);
	CHECK(es_sdp_carrier(&sdp, &sdp.media[1]) == &sdp.media[1]);
}

TEST(sdp_bundle_has_one_carrier)
{
	const struct es_sdp_media *a = &sdp.media[0], *v = &sdp.media[1];

	CHECK_EQ(parse(browser), 0);
	CHECK_EQ(sdp.n_groups, 1); /* lip-sync is no bundle */
	CHECK_EQ(sdp.groups[0].n_mids, 2);
	CHECK_SLICE(a->mid, "0");
	CHECK(a->bundle == 1 && v->bundle == 1);
	CHECK(v->is_bundle_only && !v->is_rejected && !a->is_bundle_only);
	CHECK(es_sdp_carrier(&sdp, v) == a && es_sdp_carrier(&sdp, a) == a);
	CHECK_EQ(parse("v=0\r\na=group:BUNDLE x y\r\na=group:BUNDLE\r\n"
		       "m=audio 0 RTP/AVP 0\r\na=mid:x\r\nm=audio 2 RTP/AVP 0\r\na=mid:y\r\n"
		       "m=audio 4 RTP/AVP 0\r\n"),
	    0);
	CHECK_EQ(sdp.n_groups, 1);
	CHECK(sdp.media[0].is_rejected);
	CHECK(es_sdp_carrier(&sdp, &sdp.media[1]) == &sdp.media[1]); /* the tagged one is gone */
	CHECK_EQ(sdp.media[2].bundle, 0);
	CHECK(es_sdp_carrier(&sdp, &sdp.media[2]) == &sdp.media[2]);
}

TEST(sdp_extension_ids)
{
	const struct es_sdp_media *a = &sdp.media[0], *v = &sdp.media[1];

	CHECK_EQ(parse(browser), 0);
	CHECK_EQ(a->n_extensions, 3);
	CHECK_EQ(a->extensions[0].id, 9); /* replaced: encrypted, so nothing to read */
	CHECK_EQ(a->extensions[0].kind, ES_SDP_EXT_OTHER);
	CHECK_EQ(a->extensions[1].id, 1);
	CHECK_EQ(a->extensions[1].kind, ES_SDP_EXT_LEVEL);
	CHECK_EQ(a->extensions[2].kind, ES_SDP_EXT_MID);
	CHECK_EQ(v->n_extensions, 1);
	CHECK_EQ(v->extensions[0].id, 9);
}

TEST(sdp_sources_and_their_repair)
{
	const struct es_sdp_media *a = &sdp.media[0], *v = &sdp.media[1];

	CHECK_EQ(parse(browser), 0);
	CHECK_EQ(a->n_ssrcs, 1);
	CHECK_EQ(a->ssrcs[0], 2231627014u);
	CHECK_EQ(v->n_ssrcs, 2);
	CHECK_EQ(v->n_ssrc_groups, 2);
	CHECK(v->ssrc_groups[0].ssrc == 10 && v->ssrc_groups[0].repair == 11);
	CHECK(v->ssrc_groups[1].repair == 13);
}

TEST(sdp_crypto_lines)
{
	const struct es_sdp_crypto *k = sdp.media[0].crypto;

	CHECK_EQ(parse("v=0\r\na=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:session\r\n"
		       "m=audio 1 RTP/SAVP 0\r\n"
		       "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19z/w==|2^20|1:4;"
		       "inline:QUJj|258:2 KDR=1 UNENCRYPTED_SRTCP\r\n"
		       "a=crypto:2 aead_aes_256_gcm inline:abc|1048576 WSH=64 -X=1\r\n"
		       "a=crypto:3 NEW_SUITE inline:def UNENCRYPTED_SRTP UNAUTHENTICATED_SRTP\r\n"
		       "a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:one too many\r\n"),
	    0);
	CHECK(sdp.media[0].has_crypto);
	CHECK_EQ(sdp.media[0].n_crypto, 4);
	CHECK_EQ(sdp.n_over_limit, 1);
	CHECK_EQ(k[0].tag, 1);
	CHECK_EQ(k[0].suite, ES_SDP_AES_CM_128_HMAC_SHA1_80);
	CHECK_SLICE(k[0].key, "WVNfX19z/w==");
	CHECK(k[0].mki == 1 && k[0].mki_bytes == 4);
	CHECK(k[0].is_srtcp_clear && !k[0].is_srtp_clear && k[0].has_other);
	CHECK_EQ(k[1].tag, 1);
	CHECK_SLICE(k[1].key, "QUJj");
	CHECK(k[1].mki == 258 && k[1].mki_bytes == 2);
	CHECK_EQ(k[2].suite, ES_SDP_AEAD_AES_256_GCM);
	CHECK(k[2].mki_bytes == 0 && !k[2].has_other && !k[2].is_srtcp_clear);
	CHECK_SLICE(k[2].key, "abc");
	CHECK_EQ(k[3].suite, ES_SDP_SUITE_UNKNOWN);
	CHECK(k[3].is_srtp_clear && k[3].is_srtp_unsigned && !k[3].is_srtcp_clear);
}

TEST(sdp_crypto_lines_that_cannot_be)
{
	static const char *const bad[] = {
		"x AES_CM_128_HMAC_SHA1_80 inline:abc",
		"1234567890 AES_CM_128_HMAC_SHA1_80 inline:abc",
		"1 AES_CM_128_HMAC_SHA1_80 inline:",
		"1 AES_CM_128_HMAC_SHA1_80 uri:abc",
		"1 AES_CM_128_HMAC_SHA1_80 inline:abc|1:0",
		"1 AES_CM_128_HMAC_SHA1_80 inline:abc|1:129",
		"1 AES_CM_128_HMAC_SHA1_80 inline:abc|1:",
		"1 AES_CM_128_HMAC_SHA1_80 inline:abc|x:4",
		"1 AES_CM_128_HMAC_SHA1_80",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[256];

		(void)snprintf(
		    text, sizeof(text), "v=0\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:%s\r\n", bad[i]);
		CHECK_EQ(parse(text), 0);
		CHECK(sdp.media[0].has_crypto);
		if (sdp.media[0].n_crypto != 0)
			test_fail(__FILE__, __LINE__, "took row %zu", i);
	}
}

static struct es_sdp_fmtp f;

static void
read_fmtp(const char *name, uint8_t pt, const char *fmtp)
{
	struct es_sdp_type t;

	memset(&t, 0, sizeof(t));
	t.name = es_slice_str(name);
	t.pt = pt;
	t.fmtp = test_guarded(fmtp, strlen(fmtp));
	memset(&f, 0xee, sizeof(f));
	es_sdp_fmtp_read(&t, &f);
}

static bool
is_zero(void)
{
	static const struct es_sdp_fmtp zero;

	return f.octet_align == zero.octet_align && f.is_interleaved == zero.is_interleaved &&
	       f.has_checksums == zero.has_checksums && f.inband_fec == zero.inband_fec &&
	       f.max_playback_rate_hz == 0 && !f.has_red && f.red_primary == 0;
}

TEST(fmtp_of_amr)
{
	read_fmtp("AMR-WB", 97, "mode-set=0,1, 2; octet-align = 1 ;mode-change-period=2");
	CHECK(f.octet_align && !f.is_interleaved && !f.has_checksums);
	read_fmtp("AMR", 97, "mode-set=0;octet-align=2;octet-align=");
	CHECK(is_zero());
	read_fmtp("AMR", 97, "octet-align=1;octet-align=0");
	CHECK(is_zero());
	read_fmtp("AMR", 97, "robust-sorting=1;interleaving=30;crc=0");
	CHECK(f.octet_align && f.is_interleaved && f.has_checksums);
	read_fmtp("AMR", 97, "robust-sorting=0;crc=1");
	CHECK(f.octet_align && !f.is_interleaved && f.has_checksums);
	read_fmtp("PCMU", 0, "octet-align=1;useinbandfec=1");
	CHECK(is_zero());
}

TEST(fmtp_of_opus)
{
	read_fmtp("opus", 111, "minptime=10; useinbandfec=1;usedtx=0;maxplaybackrate=16000;");
	CHECK(f.inband_fec && !f.octet_align);
	CHECK_EQ(f.max_playback_rate_hz, 16000);
	read_fmtp("opus", 111, "useinbandfec=yes;maxplaybackrate=4294967296");
	CHECK(is_zero());
}

TEST(fmtp_of_red)
{
	read_fmtp("red", 63, "111/112 / 9");
	CHECK(f.has_red && f.red_primary == 111);
	read_fmtp("red", 63, "1/2/3/4/x"); /* four generations are looked at */
	CHECK(f.has_red && f.red_primary == 1);
	read_fmtp("red", 63, "111/x");
	CHECK(is_zero());
	read_fmtp("red", 63, "128/1");
	CHECK(is_zero());
	read_fmtp("red", 63, "");
	CHECK(is_zero());
}

/* LINES lines of `line`, a number in it, behind one media line. */
static void
parse_many(const char *line, int lines)
{
	static char text[65536];
	int n = snprintf(text, sizeof(text), "v=0\r\nm=audio 1 RTP/AVP 0\r\n");

	for (int i = 0; i < lines; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, line, i + 1);
	CHECK_EQ(parse(text), 0);
}

TEST(sdp_attributes_above_their_limits)
{
	parse_many("a=candidate:1 1 udp 1 10.0.0.1 %d typ host\r\n", ES_SDP_CANDIDATES_MAX + 1);
	CHECK(sdp.media[0].n_candidates == ES_SDP_CANDIDATES_MAX && sdp.n_over_limit == 1);
	parse_many("a=extmap:%d urn:x\r\n", ES_SDP_EXTENSIONS_MAX + 2);
	CHECK(sdp.media[0].n_extensions == ES_SDP_EXTENSIONS_MAX && sdp.n_over_limit == 2);
	parse_many("a=ssrc:%d cname:x\r\n", ES_SDP_SSRCS_MAX + 3);
	CHECK(sdp.media[0].n_ssrcs == ES_SDP_SSRCS_MAX && sdp.n_over_limit == 3);
	parse_many("a=ssrc-group:FID %d 1\r\n", ES_SDP_SSRC_GROUPS_MAX + 1);
	CHECK(sdp.media[0].n_ssrc_groups == ES_SDP_SSRC_GROUPS_MAX && sdp.n_over_limit == 1);
	parse_many("a=ssrc:x%d\r\na=extmap:0 u\r\na=extmap:65536 u\r\n", 1);
	CHECK(sdp.media[0].n_ssrcs == 0 && sdp.media[0].n_extensions == 0);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	(void)wire_bytes;
	if (es_sdp_parse(bytes, &sdp) != 0)
		return;
	for (uint32_t i = 0; i < sdp.n_media; i++) {
		const struct es_sdp_media *m = &sdp.media[i];

		if (m->n_candidates > ES_SDP_CANDIDATES_MAX || m->bundle > sdp.n_groups)
			test_fail(__FILE__, __LINE__, "an attribute that cannot be");
		for (uint32_t k = 0; k < m->n_types; k++)
			es_sdp_fmtp_read(&m->types[k], &f);
		(void)es_sdp_carrier(&sdp, m);
	}
}

TEST(sdp_attributes_sweep)
{
	static const char keys[] =
	    "v=0\r\na=group:BUNDLE a\r\nm=audio 1 RTP/SAVP 96 97 98\r\na=mid:a\r\n"
	    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YWJj|2^20|1:4;inline:QUJj|25:2 KDR=1\r\n"
	    "a=rtpmap:96 AMR/8000\r\na=fmtp:96 mode-set=0,7;octet-align=1\r\n"
	    "a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15,66\r\n"
	    "a=rtpmap:98 red/8000\r\na=fmtp:98 96/96\r\n";

	sweep(browser, sizeof(browser) - 1, parse_all);
	sweep(keys, sizeof(keys) - 1, parse_all);
}
