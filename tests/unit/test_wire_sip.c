/* SPDX-License-Identifier: Apache-2.0 */
/* SIP messages as they come in life. */
#include "probes/wire/sip/sip.h"
#include "sweep.h"

static const char invite[] =
    "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bKnashds8\r\n"
    "Via: SIP/2.0/TCP a;branch=z9hG4bKold, SIP/2.0/UDP b\r\n"
    "Max-Forwards: 70\r\n"
    "To: Bob <sip:bob@biloxi.example.com>\r\n"
    "From: \"Alice, <A>\" <sip:alice@atlanta.example.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.example.com;transport=udp>\r\n"
    "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=0\r\n"
    "X-CID: upstream-7\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "v=0\r\n";

static struct es_sip m;

static int
parse(const char *text)
{
	size_t n = strlen(text);

	memset(&m, 0xee, sizeof(m));
	return es_sip_parse(test_guarded(text, n), (uint32_t)n, &m);
}

/* A request that is complete but for the header lines given; `more` may be anything. */
static int
parse_with(const char *more)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
	    "OPTIONS sip:b SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\n"
	    "Call-ID: id\r\nCSeq: 1 OPTIONS\r\n%s",
	    more);
	return parse(text);
}

TEST(sip_invite_of_rfc3261)
{
	CHECK_EQ(parse(invite), 0);
	CHECK(!m.is_response);
	CHECK_EQ(m.method, ES_SIP_INVITE);
	CHECK_SLICE(m.method_text, "INVITE");
	CHECK_SLICE(m.request_uri, "sip:bob@biloxi.example.com");
	CHECK_SLICE(m.call_id, "a84b4c76e66710@pc33.atlanta.example.com");
	CHECK_SLICE(m.from.uri, "sip:alice@atlanta.example.com");
	CHECK_SLICE(m.from.user, "alice");
	CHECK_SLICE(m.from.host, "atlanta.example.com");
	CHECK_SLICE(m.from.tag, "1928301774");
	CHECK_SLICE(m.to.user, "bob");
	CHECK_SLICE(m.to.host, "biloxi.example.com");
	CHECK_SLICE(m.to.tag, "");
	CHECK_EQ(m.cseq, 314159);
	CHECK_SLICE(m.via_branch, "z9hG4bKnashds8");
	CHECK_EQ(m.n_vias, 3);
	CHECK_SLICE(m.contact[0].uri, "sip:alice@pc33.atlanta.example.com;transport=udp");
	CHECK(m.has_max_forwards);
	CHECK_EQ(m.max_forwards, 70);
	CHECK_EQ(m.content_length, 5);
	CHECK_SLICE(m.session_id, "ab30317f1a784dc48ff824d0d3715d86;remote=0");
	CHECK_SLICE(m.x_call_id, "upstream-7");
	CHECK_SLICE(m.body, "v=0\r\n");
	CHECK_SLICE(m.sdp, "v=0\r\n");
	CHECK(!m.is_cut);
}

TEST(sip_response_in_compact_forms)
{
	CHECK_EQ(parse("SIP/2.0 487 Request Terminated\r\n"
		       "v: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n"
		       "f: sip:+15551234@gw.example.com;tag=77\r\n"
		       "t: <sip:8000@pbx>;tag=88\r\n"
		       "i: 1@2\r\n"
		       "CSeq: 2 INVITE\r\n"
		       "m: <sip:x@y>\r\n"
		       "l: 0\r\n\r\n"),
	    0);
	CHECK(m.is_response);
	CHECK_EQ(m.status, 487);
	CHECK_EQ(m.method, ES_SIP_INVITE);
	CHECK_SLICE(m.from.user, "+15551234");
	CHECK_SLICE(m.from.uri, "sip:+15551234@gw.example.com"); /* ;tag is the field's */
	CHECK_SLICE(m.from.tag, "77");
	CHECK_SLICE(m.to.tag, "88");
	CHECK_SLICE(m.call_id, "1@2");
	CHECK_SLICE(m.via_branch, "z9hG4bK1");
	CHECK_SLICE(m.contact[0].uri, "sip:x@y");
	CHECK(m.has_content_length);
	CHECK_EQ(m.body.n, 0);
	CHECK(!m.has_max_forwards);
}

TEST(sip_folded_and_odd_spaces)
{
	CHECK_EQ(
	    parse(
		"INVITE sip:b SIP/2.0\n"
		"TO :\r\n sip:b ;   tag    = 1918181833n\n"
		"from   : \"J Rosenberg \\\\\\\"\"  <sip:j@example.com>\r\n  ;\r\n\ttag = 98asjd8\n"
		"CaLL-Id\t: 0ha0isn\r\n"
		"cseq: 0009\r\n  INVITE\r\n"
		"\r\n"),
	    0);
	CHECK_SLICE(m.to.uri, "sip:b");
	CHECK_SLICE(m.to.tag, "1918181833n");
	CHECK_SLICE(m.from.user, "j");
	CHECK_SLICE(m.from.tag, "98asjd8");
	CHECK_SLICE(m.call_id, "0ha0isn");
	CHECK_EQ(m.cseq, 9);
}

TEST(sip_uris_of_all_kinds)
{
	static const struct {
		const char *from, *user, *host;
	} rows[] = {
		{ "<sip:bob@[2001:db8::1]:5061;lr>", "bob", "[2001:db8::1]" },
		{ "<sips:bob:secret@h.example:5061?subject=x>", "bob", "h.example" },
		{ "<sip:a;b=c@h>", "a;b=c", "h" },
		{ "<sip:h.example>", "", "h.example" },
		{ "<tel:+1-201-555-0123;phone-context=x>", "+1-201-555-0123", "" },
		{ "<urn:service:sos>", "", "" },
		{ "\"quote \\\" <no>\" <sip:q@h>", "q", "h" },
		{ "Alice Without Quotes <SIP:Al@H>", "Al", "H" },
		{ "\\\"arik\\\" <sip:816666@voip.example>", "816666", "voip.example" },
		{ "<sip:h;transport=tcp>", "", "h" },
		{ "<sip:[2001:db8::1", "", "[2001:db8::1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
		    "BYE sip:b SIP/2.0\r\nf: %s\r\nt: sip:b\r\ni: x\r\nCSeq: 1 BYE\r\n\r\n",
		    rows[i].from);
		CHECK_EQ(parse(text), 0);
		CHECK_SLICE(m.from.user, rows[i].user);
		CHECK_SLICE(m.from.host, rows[i].host);
	}
}

TEST(sip_fields_of_transfers)
{
	CHECK_EQ(parse_with("Refer-To: \"X\" <sip:c@z?Replaces=1%40h>\r\n"
			    "Replaces: 425928@bobster.example.org;to-tag=7743;from-tag=6472\r\n"
			    "Reason: Q.850;cause=16;text=\"Terminated\"\r\n"
			    "X-Call-ID: leg-a junk\r\nX-CID: other\r\n"
			    "Max-Forwards: 300\r\n\r\n"),
	    0);
	CHECK_SLICE(m.replaces, "425928@bobster.example.org;to-tag=7743;from-tag=6472");
	CHECK_SLICE(m.reason, "Q.850;cause=16;text=\"Terminated\"");
	CHECK_SLICE(m.x_call_id, "leg-a");
	CHECK(!m.has_max_forwards); /* above 255: unknown */
}

TEST(sip_methods_have_case)
{
	CHECK_EQ(es_sip_method_of(es_slice_str("INVITE")), ES_SIP_INVITE);
	CHECK_EQ(es_sip_method_of(es_slice_str("PUBLISH")), ES_SIP_PUBLISH);
	CHECK_EQ(es_sip_method_of(es_slice_str("invite")), ES_SIP_OTHER);
	CHECK_EQ(es_sip_method_of(es_slice_str("")), ES_SIP_OTHER);
}

TEST(sip_start_is_no_other_protocol)
{
	static const char *const others[] = {
		"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n",
		"M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n",
		"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n",
		"OPTIONS rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
		"OPTIONS * SIP/2.0\r\n",
		"NOTIFY *",
		"NOTIFY * HT",
		"OPTIONS rtsp://h/a",
		"GET sip:x",
		"SIP/2.0 099 x\r\n",
		"SIP/2.0 700 x\r\n",
		"SIP/2.0",
		"SIP/3.0 200 OK\r\n",
		"INVITE",
		"",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (es_sip_is_start(test_guarded(others[i], strlen(others[i]))))
			test_fail(__FILE__, __LINE__, "took row %zu", i);
	CHECK(es_sip_is_start(es_slice_str("NOTIFY sip:a@b SIP/2.0\r\n")));
	CHECK(es_sip_is_start(es_slice_str("NOTIFY sip:a@b SIP/2")));
	CHECK(es_sip_is_start(es_slice_str("\r\nSIP/2.0 200 OK")));
}

TEST(sip_without_its_musts_is_malformed)
{
	static const char *const bad[] = {
		"BYE sip:b SIP/2.0\r\nt: sip:b\r\ni: x\r\nCSeq: 1 BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\ni: x\r\nCSeq: 1 BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\nCSeq: 1 BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: x\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: \r\nCSeq: 1 BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: x\r\nCSeq: 1 ACK\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: x\r\nCSeq: 2147483648 BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\nf: sip:a\r\nt: sip:b\r\ni: x\r\nCSeq: BYE\r\n\r\n",
		"BYE sip:b SIP/2.0\r\n\r\n",
		"BYE sip:b SIP/2.0",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]) != ES_EMALFORMED)
			test_fail(__FILE__, __LINE__, "took row %zu", i);
}

TEST(sip_two_different_identities_are_malformed)
{
	CHECK_EQ(parse_with("Call-ID: other\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse_with("i: id\r\n\r\n"), 0); /* the same twice misleads nobody */
	CHECK_EQ(parse_with("CSeq: 2 OPTIONS\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse_with("Content-Length: 1\r\nl: 2\r\n\r\nxx"), ES_EMALFORMED);
	/* a second, smaller one, in each form and at each end */
	CHECK_EQ(parse_with("Content-Length: 2\r\nContent-Length: 1\r\n\r\nxx"), ES_EMALFORMED);
	CHECK_EQ(parse_with("l: 2\r\nContent-Length: 0\r\n\r\nxx"), ES_EMALFORMED);
	CHECK_EQ(parse_with("CONTENT-LENGTH : 2\r\nX: y\r\nL:\t1\r\n\r\nxx"), ES_EMALFORMED);
	CHECK_EQ(parse_with("l: 2\r\nl: 2\r\nl: 1\r\n\r\nxx"), ES_EMALFORMED);
	CHECK_EQ(parse_with("l: 2, 1\r\n\r\nxx"), ES_EMALFORMED);
	/* the same twice says the same (RFC 9110 section 8.6 allows it for HTTP) */
	CHECK_EQ(parse_with("l: 2\r\nContent-Length: 02\r\n\r\nxx"), 0);
	CHECK_EQ(m.body.n, 2);
	CHECK_EQ(parse_with("Content-Length: -999\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse_with("no colon here\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(parse_with("bad name: x\r\n\r\n"), ES_EMALFORMED);
	CHECK_EQ(m.status, 0xeeee); /* written on success only */
}

TEST(sip_body_obeys_content_length)
{
	CHECK_EQ(parse_with("Content-Length: 2\r\n\r\nabcd"), 0);
	CHECK_SLICE(m.body, "ab");
	CHECK_EQ(m.sdp.n, 0);
	CHECK_EQ(parse_with("Content-Length: 9\r\n\r\nabcd"), 0);
	CHECK_SLICE(m.body, "abcd");
	CHECK(m.is_cut);
	CHECK_EQ(parse_with("\r\nabcd"), 0);
	CHECK_SLICE(m.body, "abcd");
	CHECK_EQ(parse_with(""), 0); /* the blank line left out */
	CHECK(!m.is_cut);
	CHECK_EQ(m.body.n, 0);
}

TEST(sip_cut_by_the_capture)
{
	size_t n = sizeof(invite) - 1;
	const char *call_id = strstr(invite, "Call-ID");
	size_t before_id = (size_t)(call_id - invite);

	CHECK_EQ(es_sip_parse(test_guarded(invite, 96), (uint32_t)n, &m), ES_ECUT);
	CHECK_EQ(es_sip_parse(test_guarded(invite, before_id + 9), (uint32_t)n, &m), ES_ECUT);
	CHECK_EQ(es_sip_parse(test_guarded(invite, n - 60), (uint32_t)n, &m), 0);
	CHECK(m.is_cut);
	CHECK_EQ(m.cseq, 314159);
	CHECK_EQ(m.sdp.n, 0);
	CHECK_EQ(es_sip_parse(test_guarded(invite, n - 2), (uint32_t)n, &m), 0);
	CHECK(m.is_cut);
	CHECK_SLICE(m.sdp, "v=0");
}

TEST(sip_multipart_holds_the_sdp)
{
	CHECK_EQ(parse_with("Content-Type: multipart/mixed;boundary=\"uni que\"\r\n\r\n"
			    "preamble\r\n"
			    "--uni que\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n"
			    "--uni que \r\nContent-Disposition: session\r\n"
			    "c: application/sdp ; x=y\r\n\r\nv=0\r\no=x\r\n"
			    "--uni que--\r\nepilogue"),
	    0);
	CHECK_SLICE(m.sdp, "v=0\r\no=x");
}

TEST(sip_multipart_in_multipart)
{
	CHECK_EQ(parse_with("Content-Type: Multipart/Mixed; boundary=a\r\n\r\n"
			    "--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
			    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
			    "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--\r\n"
			    "--a--\r\n"),
	    0);
	CHECK_SLICE(m.sdp, "v=0\r\n");
}

TEST(sip_multipart_without_sdp_or_boundary)
{
	CHECK_EQ(parse_with("Content-Type: multipart/mixed\r\n\r\n--a\r\n"), 0);
	CHECK_EQ(m.sdp.n, 0);
	CHECK_EQ(parse_with("Content-Type: multipart/mixed;boundary=a\r\n\r\n"
			    "--a\r\nContent-Type: text/plain\r\n\r\nv=0\r\n--a--\r\n"),
	    0);
	CHECK_EQ(m.sdp.n, 0);
	CHECK_EQ(parse_with("Content-Type: multipart/mixed;boundary=a\r\n\r\n"
			    "--ab\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--ab--\r\n"),
	    0);
	CHECK_EQ(m.sdp.n, 0);
}

TEST(sip_limits_are_distinguished_from_malformed)
{
	static char text[ES_SIP_MESSAGE_MAX_BYTES + 2];
	size_t n = 0;
	int most = ES_SIP_HEADERS_MAX - 4; /* parse_with has four */

	memset(text, 0, sizeof(text));
	for (int i = 0; i < most; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "X: %d\r\n", i);
	CHECK_EQ(parse_with(text), 0);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "X: one more\r\n");
	CHECK_EQ(parse_with(text), ES_EFULL);

	n = (size_t)snprintf(text, sizeof(text), "BYE sip:b SIP/2.0\r\nX: ");
	memset(text + n, 'x', ES_SIP_LINE_MAX_BYTES);
	memcpy(text + n + ES_SIP_LINE_MAX_BYTES, "\r\n\r\n", 5);
	CHECK_EQ(parse(text), ES_EFULL);

	memset(text, 'x', sizeof(text));
	memcpy(text, invite, sizeof(invite) - 1);
	CHECK_EQ(
	    es_sip_parse(es_slice_of(text, ES_SIP_MESSAGE_MAX_BYTES), ES_SIP_MESSAGE_MAX_BYTES, &m),
	    0);
	CHECK_EQ(es_sip_parse(es_slice_of(text, sizeof(text)), sizeof(text), &m), ES_EFULL);
	CHECK_EQ(es_sip_parse(es_slice_of(text, 700), ES_SIP_MESSAGE_MAX_BYTES + 1, &m), ES_EFULL);
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_sip s;

	(void)es_sip_is_start(bytes);
	if (es_sip_parse(bytes, wire_bytes, &s) != 0)
		return;
	if (s.call_id.n == 0)
		test_fail(__FILE__, __LINE__, "a message without Call-ID");
	check_within(s.call_id, bytes);
	check_within(s.from.user, bytes);
	check_within(s.from.tag, bytes);
	check_within(s.to.host, bytes);
	check_within(s.via_branch, bytes);
	check_within(s.body, bytes);
	check_within(s.sdp, bytes);
	check_within(s.contact[0].uri, bytes);
}

TEST(sip_sweep)
{
	static const char multipart[] =
	    "BYE sip:b SIP/2.0\r\nf: sip:a;tag=\"x\\\"\"\r\nt: sip:b\r\ni: x\r\nCSeq: 1 BYE\r\n"
	    "c: multipart/mixed;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n\r\nv=0\r\n--b--";

	sweep(invite, sizeof(invite) - 1, parse_all);
	sweep(multipart, sizeof(multipart) - 1, parse_all);
}
