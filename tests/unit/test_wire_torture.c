/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of RFC 4475 (SIP torture tests), section by section, read as an observer reads them. */
#include "harness.h"
#include "probes/wire/sip.h"

static struct es_sip m;

static int
parse(const char *text)
{
	size_t n = strlen(text);

	return es_sip_parse(test_guarded(text, n), (uint32_t)n, &m);
}

TEST(torture_3_1_1_1_a_short_tortuous_invite)
{
	CHECK_EQ(parse("INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
		       "TO :\r\n"
		       " sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
		       "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n"
		       "  ;\r\n"
		       "  tag = 98asjd8\r\n"
		       "MaX-fOrWaRdS: 0068\r\n"
		       "Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
		       "Content-Length   : 150\r\n"
		       "cseq: 0009\r\n"
		       "  INVITE\r\n"
		       "Via  : SIP  /   2.0\r\n"
		       " /UDP\r\n"
		       "    192.0.2.2;branch=390skdjuw\r\n"
		       "s :\r\n"
		       "NewFangledHeader:   newfangled value\r\n"
		       " continued newfangled value\r\n"
		       "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
		       "Content-Type: application/sdp\r\n"
		       "Route:\r\n"
		       " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
		       "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
		       "  branch  =   z9hG4bK9ikj8  ,\r\n"
		       " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n"
		       " z9hG4bK30239\r\n"
		       "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n"
		       "      newvalue ;\r\n"
		       "  secondparam ; q = 0.33\r\n"
		       "\r\n"
		       "v=0\r\n"
		       "o=mhandley 29739 7272939 IN IP4 192.0.2.3\r\n"
		       "s=-\r\n"
		       "c=IN IP4 192.0.2.4\r\n"
		       "t=0 0\r\n"
		       "m=audio 49217 RTP/AVP 0 12\r\n"
		       "m=video 3227 RTP/AVP 31\r\n"
		       "a=rtpmap:31 LPC\r\n"),
	    0);
	CHECK_EQ(m.method, ES_SIP_INVITE);
	CHECK_SLICE(m.to.tag, "1918181833n");
	CHECK_SLICE(m.from.tag, "98asjd8");
	CHECK_SLICE(m.from.user, "jdrosen");
	CHECK_SLICE(m.call_id, "wsinv.ndaksdj@192.0.2.1");
	CHECK_EQ(m.max_forwards, 68);
	CHECK_EQ(m.cseq, 9);
	CHECK_EQ(m.n_vias, 3);
	CHECK_SLICE(m.via_branch, "390skdjuw");
	CHECK_SLICE(m.contact[0].uri, "sip:jdrosen@example.com");
	CHECK_EQ(m.body.n, 150);
	CHECK_EQ(m.sdp.n, 150);
	CHECK(!m.is_cut);
}

TEST(torture_3_1_1_2_wide_range_of_valid_characters)
{
	CHECK_EQ(
	    parse("!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)"
		  "&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
		  "@example.com SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
		  "To: \"BEL:\\\x07 NUL:\\\x01 DEL:\\\x7f\" <sip:1_unusual.URI~@example.com>\r\n"
		  "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>"
		  ";fromParam''~+*_!.-%=\"x\";tag=_token~1'+`*%!-.\r\n"
		  "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
		  "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"
		  "Max-Forwards: 255\r\n"
		  "Content-Length: 0\r\n\r\n"),
	    0);
	CHECK_EQ(m.method, ES_SIP_OTHER);
	CHECK_SLICE(m.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
	CHECK_SLICE(m.to.user, "1_unusual.URI~");
	CHECK_SLICE(m.from.user, "mundane");
	CHECK_SLICE(m.from.tag, "_token~1'+`*%!-.");
	CHECK_SLICE(m.call_id, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
	CHECK_EQ(m.cseq, 139122385);
	CHECK_SLICE(m.via_branch, "z9hG4bK-.!%66*_+`'~");
}

TEST(torture_3_1_1_6_message_with_no_lws_between_display_name_and_angle)
{
	CHECK_EQ(parse("OPTIONS sip:user@example.com SIP/2.0\r\n"
		       "To: sip:user@example.com\r\n"
		       "From: caller<sip:caller@example.com>;tag=323\r\n"
		       "Max-Forwards: 70\r\n"
		       "Call-ID: lwsdisp.1234abcd@funky.example.com\r\n"
		       "CSeq: 60 OPTIONS\r\n"
		       "Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw\r\n"
		       "l: 0\r\n\r\n"),
	    0);
	CHECK_SLICE(m.from.user, "caller");
	CHECK_SLICE(m.from.tag, "323");
}

TEST(torture_3_1_1_8_extra_trailing_octets_in_a_datagram)
{
	CHECK_EQ(parse("REGISTER sip:example.com SIP/2.0\r\n"
		       "To: sip:j.user@example.com\r\n"
		       "From: sip:j.user@example.com;tag=43251j3j324\r\n"
		       "Max-Forwards: 8\r\n"
		       "I: dblreq.0ha0isndaksdj99sdfafnl3lk233412\r\n"
		       "Contact: sip:j.user@host.example.com\r\n"
		       "CSeq: 8 REGISTER\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492\r\n"
		       "Content-Length: 0\r\n"
		       "\r\n"
		       "INVITE sip:joe@example.com SIP/2.0\r\n"
		       "t: sip:joe@example.com\r\n"),
	    0);
	CHECK_EQ(m.method, ES_SIP_REGISTER);
	CHECK_EQ(m.body.n, 0);
	CHECK(!m.is_cut);
}

TEST(torture_3_1_1_9_semicolon_separated_parameters_in_uri_user_part)
{
	CHECK_EQ(parse("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\r\n"
		       "To: sip:j_user@example.com\r\n"
		       "From: sip:caller@example.org;tag=33242\r\n"
		       "Max-Forwards: 3\r\n"
		       "Call-ID: semiuri.0ha0isndaksdj\r\n"
		       "CSeq: 8 OPTIONS\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw\r\n"
		       "l: 0\r\n\r\n"),
	    0);
	CHECK_SLICE(m.request_uri, "sip:user;par=u%40example.net@example.com");
	CHECK_SLICE(m.from.tag, "33242");
}

TEST(torture_3_1_1_12_and_13_reason_phrases)
{
	CHECK_EQ(parse("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\n"
		       "Call-ID: unreason.1234ksdfak3j2erwedfsASdf\r\n"
		       "CSeq: 35 INVITE\r\n"
		       "From: sip:user@example.com;tag=11141343\r\n"
		       "To: sip:user@example.edu;tag=2229\r\n"
		       "Content-Length: 0\r\n\r\n"),
	    0);
	CHECK_EQ(m.status, 200);
	CHECK_EQ(parse("SIP/2.0 100 \r\n"
		       "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe\r\n"
		       "Call-ID: noreason.asndj203insdf99223ndf\r\n"
		       "CSeq: 35 INVITE\r\n"
		       "From: <sip:user@example.com>;tag=39ansfi3\r\n"
		       "To: <sip:user@example.edu>;tag=902jndnke3\r\n"
		       "Content-Length: 0\r\n\r\n"),
	    0);
	CHECK_EQ(m.status, 100);
}

#define INVALID(start, cseq, more)                                                            \
	start "\r\nTo: sip:j.user@example.com\r\nFrom: sip:caller@example.net;tag=134161\r\n" \
	      "Max-Forwards: 8\r\nCall-ID: x.0ha0isndaksdjasdf3234nas\r\nCSeq: " cseq         \
	      "\r\nVia: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bK\r\n" more "\r\n"

TEST(torture_3_1_2_invalid_messages)
{
	/* 3.1.2.2 and 3.1.2.3: Content-Length larger than the message, and negative */
	CHECK_EQ(parse(INVALID("INVITE sip:a@b SIP/2.0", "8 INVITE", "l: 9999\r\n")), 0);
	CHECK(m.is_cut);
	CHECK_EQ(
	    parse(INVALID("INVITE sip:a@b SIP/2.0", "8 INVITE", "l: -999\r\n")), ES_EMALFORMED);
	/* 3.1.2.4: numbers beyond their range */
	CHECK_EQ(parse(INVALID("REGISTER sip:b SIP/2.0", "36893488147419103232 REGISTER", "")),
	    ES_EMALFORMED);
	CHECK_EQ(
	    parse(INVALID("SIP/2.0 503 x", "9292394834772304023312 OPTIONS", "")), ES_EMALFORMED);
	/* 3.1.2.8: malformed URI in the request line, 3.1.2.9 to 3.1.2.11: blanks in it */
	CHECK_EQ(parse(INVALID("INVITE <sip:user@example.com> SIP/2.0", "1 INVITE", "")), 0);
	CHECK_EQ(parse(INVALID("INVITE sip:user@example.com; lr SIP/2.0", "1 INVITE", "")),
	    ES_EMALFORMED);
	CHECK_EQ(
	    parse(INVALID("INVITE  sip:user@example.com  SIP/2.0", "1 INVITE", "")), ES_EMALFORMED);
	/* 3.1.2.16: unknown version; 3.1.2.17 and 18: methods that do not agree */
	CHECK_EQ(parse(INVALID("OPTIONS sip:a@b SIP/7.0", "1 OPTIONS", "")), ES_EMALFORMED);
	CHECK_EQ(parse(INVALID("OPTIONS sip:a@b SIP/2.0", "8 INVITE", "")), ES_EMALFORMED);
	CHECK_EQ(parse(INVALID("NEWMETHOD sip:a@b SIP/2.0", "8 INVITE", "")), ES_EMALFORMED);
	/* 3.1.2.19: a status code of too many digits */
	CHECK_EQ(parse(INVALID("SIP/2.0 4294967301 better not break the receiver", "1 INVITE", "")),
	    ES_EMALFORMED);
}

TEST(torture_3_3_1_missing_required_fields)
{
	CHECK_EQ(parse("INVITE sip:user@example.com SIP/2.0\r\n"
		       "CSeq: 193942 INVITE\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\n"
		       "Content-Type: application/sdp\r\n"
		       "l: 5\r\n\r\nv=0\r\n"),
	    ES_EMALFORMED);
}

TEST(torture_3_3_8_and_9_fields_that_should_be_single)
{
	CHECK_EQ(parse(INVALID("INVITE sip:a@b SIP/2.0", "5 INVITE",
		     "Call-ID: multi01.98asdh@192.0.2.2\r\n")),
	    ES_EMALFORMED);
	CHECK_EQ(parse(INVALID("INVITE sip:a@b SIP/2.0", "5 INVITE", "l: 0\r\nl: 5\r\n")),
	    ES_EMALFORMED);
}
