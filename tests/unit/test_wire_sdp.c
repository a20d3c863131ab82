/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions. */
#include "probes/wire/sip/sdp.h"
#include "sweep.h"

static struct es_sdp sdp;

static int
parse(const char *text)
{
	memset(&sdp, 0xee, sizeof(sdp));
	return es_sdp_parse(test_guarded(text, strlen(text)), &sdp);
}

static const char offer[] = "v=0\r\n"
			    "o=alice 2890844526 2890844526 IN IP4 host.example.com\r\n"
			    "s=\r\n"
			    "c=IN IP4 192.0.2.10\r\n"
			    "t=0 0\r\n"
			    "m=audio 49170 RTP/AVP 0 8 97 101\r\n"
			    "a=rtpmap:97 opus/48000/2\r\n"
			    "a=fmtp:97 useinbandfec=1; maxplaybackrate=16000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=fmtp:101 0-15\r\n"
			    "a=ptime:30\r\n"
			    "m=video 51372 RTP/SAVPF 99\r\n"
			    "c=IN IP6 2001:db8::1\r\n"
			    "a=rtpmap:99 h263-1998/90000\r\n"
			    "a=rtcp:51400\r\n"
			    "a=rtcp-mux\r\n"
			    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret\r\n"
			    "a=recvonly\r\n"
			    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

static void
check_addr(const struct es_addr *a, const char *want)
{
	char text[ES_ADDR_TEXT_MAX];

	(void)es_addr_text(a, text);
	CHECK_STR(text, want);
}

TEST(sdp_offer_with_three_media)
{
	const struct es_sdp_media *a = &sdp.media[0], *v = &sdp.media[1];

	CHECK_EQ(parse(offer), 0);
	CHECK_EQ(sdp.n_media, 3);
	CHECK_EQ(sdp.n_over_limit, 0);
	CHECK_EQ(a->kind, ES_SDP_AUDIO);
	CHECK(a->is_rtp && !a->is_secure && !a->is_rejected && !a->is_hold);
	CHECK(!a->has_crypto && !a->has_fingerprint);
	check_addr(&a->addr, "192.0.2.10:49170");
	check_addr(&a->rtcp, "192.0.2.10:49171");
	CHECK_EQ(a->direction, ES_SDP_SENDRECV);
	CHECK_EQ(a->ptime_ms, 30);
	CHECK_EQ(a->n_types, 4);
	CHECK_EQ(a->types[1].pt, 8);
	CHECK_EQ(a->types[1].name.n, 0);
	CHECK_EQ(a->types[1].clock_rate_hz, 0);
	CHECK_SLICE(a->types[2].name, "opus");
	CHECK_EQ(a->types[2].clock_rate_hz, 48000);
	CHECK_EQ(a->types[2].channels, 2);
	CHECK_SLICE(a->types[2].fmtp, "useinbandfec=1; maxplaybackrate=16000");
	CHECK_SLICE(a->types[3].name, "telephone-event");
	CHECK_EQ(a->types[3].channels, 1);
	CHECK_EQ(v->kind, ES_SDP_VIDEO);
	CHECK(v->is_rtp && v->is_secure && v->has_crypto);
	check_addr(&v->addr, "[2001:db8::1]:51372");
	check_addr(&v->rtcp, "[2001:db8::1]:51400");
	CHECK_EQ(v->direction, ES_SDP_RECVONLY);
	CHECK_EQ(sdp.media[2].kind, ES_SDP_OTHER);
	CHECK(!sdp.media[2].is_rtp);
	CHECK_EQ(sdp.media[2].n_types, 0);
}

TEST(sdp_session_level_holds_for_media)
{
	CHECK_EQ(
	    parse("v=0\na=fingerprint:sha-256 AA:BB\na=inactive\nc=IN IP4 10.0.0.1\n"
		  "m=audio 5000 UDP/TLS/RTP/SAVPF 0\na=candidate:1 1 udp 1 10.0.0.9 7 typ host\n"
		  "m=audio 5002 RTP/AVP 0\na=sendonly\n"),
	    0);
	CHECK(sdp.media[0].has_fingerprint && sdp.media[0].is_secure);
	CHECK_EQ(sdp.media[0].direction, ES_SDP_INACTIVE);
	CHECK_EQ(sdp.media[1].direction, ES_SDP_SENDONLY);
	CHECK(!sdp.media[1].has_crypto);
	check_addr(&sdp.media[1].addr, "10.0.0.1:5002");
}

TEST(sdp_hold_and_rejection)
{
	CHECK_EQ(parse("v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 5000 RTP/AVP 0\r\n"
		       "m=audio 0 RTP/AVP 8\r\nc=IN IP4 10.1.1.1\r\n"
		       "m=audio 5002 RTP/AVP 0\r\nc=IN IP6 ::\r\n"),
	    0);
	CHECK(sdp.media[0].is_hold && !sdp.media[0].is_rejected);
	CHECK(sdp.media[1].is_rejected && !sdp.media[1].is_hold);
	CHECK_EQ(sdp.media[1].rtcp.port, 0);
	CHECK(sdp.media[2].is_hold);
}

TEST(sdp_addresses_that_are_names_or_missing)
{
	CHECK_EQ(parse("v=0\r\nc=IN IP4 224.2.1.1/127/3\r\nm=audio 5000/2 RTP/AVP 0\r\n"
		       "m=audio 6000 RTP/AVP 0\r\nc=IN IP4 host.example.com\r\n"),
	    0);
	check_addr(&sdp.media[0].addr, "224.2.1.1:5000");
	CHECK_EQ(sdp.media[1].addr.family, 0);
	CHECK_EQ(sdp.media[1].addr.port, 6000);
	CHECK(!sdp.media[1].is_hold);
	CHECK_EQ(parse("v=0\r\nm=audio 65535 RTP/AVP 0\r\n"), 0);
	CHECK_EQ(sdp.media[0].addr.family, 0);
	CHECK_EQ(sdp.media[0].rtcp.port, 0); /* there is no port above */
}

TEST(sdp_rtcp_attribute_with_address)
{
	CHECK_EQ(parse("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 5000 RTP/AVP 0\r\n"
		       "a=rtcp:53020 IN IP4 126.16.64.4\r\n"),
	    0);
	check_addr(&sdp.media[0].rtcp, "126.16.64.4:53020");
}

TEST(sdp_media_line_that_cannot_be)
{
	CHECK_EQ(parse(""), ES_EMALFORMED);
	CHECK_EQ(parse("v=1\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("o=x\r\nv=0\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\nm=audio 65536 RTP/AVP 0\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\nm=audio x RTP/AVP 0\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\nm=audio 5000\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\nm=audio 5000 RTP/AVP 128\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse("v=0\r\nm=audio 5000 RTP/AVP zero\r\n"), ES_EMALFORMED);
}

TEST(sdp_passes_over_what_it_does_not_understand)
{
	CHECK_EQ(parse("v=0\r\n\r\nrubbish\r\nz=1\r\na=\r\na=rtpmap:0 X/1\r\n"
		       "m=audio 5000 RTP/AVP 0 96 97\r\n"
		       "a=rtpmap:96\r\na=rtpmap:97 G7221/0\r\na=rtpmap:50 G729/8000\r\n"
		       "a=ptime:-20\r\na=rtcp:x\r\na=fmtp:\r\na=sendrecvonly\r\n"),
	    0);
	CHECK_EQ(sdp.n_media, 1);
	CHECK_EQ(sdp.media[0].n_types, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sdp.media[0].types[i].name.n, 0);
	CHECK_EQ(sdp.media[0].ptime_ms, 0);
}

TEST(sdp_ptime_with_a_fraction)
{
	CHECK_EQ(parse("v=0\r\nm=audio 5000 RTP/AVP 3\r\na=ptime:20.0\r\n"), 0);
	CHECK_EQ(sdp.media[0].ptime_ms, 20);
}

TEST(sdp_limits_are_counted)
{
	static char text[32768];
	size_t n = (size_t)snprintf(text, sizeof(text), "v=0\r\nm=audio 1 RTP/AVP");

	for (int i = 0; i < ES_SDP_TYPES_MAX + 2; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %d", i);
	for (int i = 1; i < ES_SDP_MEDIA_MAX + 3; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\nc=IN IP4 "
		    "1.1.1.1",
		    i);
	CHECK_EQ(parse(text), 0);
	CHECK_EQ(sdp.n_media, ES_SDP_MEDIA_MAX);
	CHECK_EQ(sdp.media[0].n_types, ES_SDP_TYPES_MAX);
	CHECK_EQ(sdp.n_over_limit, 2 + 3);
	CHECK_EQ(sdp.media[ES_SDP_MEDIA_MAX - 1].addr.port, ES_SDP_MEDIA_MAX - 1);

	n = (size_t)snprintf(text, sizeof(text), "v=0\r\na=");
	memset(text + n, 'x', ES_SDP_LINE_MAX_BYTES);
	text[n + ES_SDP_LINE_MAX_BYTES] = '\0';
	CHECK_EQ(parse(text), ES_EFULL);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	(void)wire_bytes;
	if (es_sdp_parse(bytes, &sdp) != 0)
		return;
	if (sdp.n_media > ES_SDP_MEDIA_MAX)
		test_fail(__FILE__, __LINE__, "more media than there is room for");
	for (uint32_t i = 0; i < sdp.n_media; i++)
		for (uint32_t k = 0; k < sdp.media[i].n_types; k++)
			if (sdp.media[i].types[k].name.n > bytes.n ||
			    sdp.media[i].types[k].pt > 127)
				test_fail(__FILE__, __LINE__, "a type that cannot be");
}

TEST(sdp_sweep)
{
	sweep(offer, sizeof(offer) - 1, parse_all);
}
