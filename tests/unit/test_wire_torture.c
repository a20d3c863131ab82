/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4475 (SIP torture tests), the valid messages of section 3.1.1, as an observer reads them. */
#include "harness.h"
#include "probes/wire/sip/sip.h"

static struct es_sip m;

static int
parse(const char *text)
{
	size_t n = strlen(text);

	return es_sip_parse(test_guarded(text, n), (uint32_t)n, &m);
}

TEST(torture_3_1_1_1_wsinv_a_short_tortuous_invite)
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

TEST(torture_3_1_1_2_intmeth_wide_range_of_valid_characters)
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

/* User parts stay as sent: two spellings of one user are for others to compare. */
TEST(torture_3_1_1_3_esc01_valid_use_of_percent_escaping)
{
	CHECK_EQ(parse("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0\r\n"
		       "To: sip:%75se%72@example.com\r\n"
		       "From: <sip:I%20have%20spaces@example.net>;tag=938\r\n"
		       "Max-Forwards: 87\r\n"
		       "i: esc01.239409asdfakjkn23onasd0-3234\r\n"
		       "CSeq: 234234 INVITE\r\n"
		       "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw\r\n"
		       "C: application/sdp\r\n"
		       "Contact:\r\n"
		       "  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\r\n"
		       "Content-Length: 5\r\n\r\nv=0\r\n"),
	    0);
	CHECK_SLICE(m.to.user, "%75se%72");
	CHECK_SLICE(m.from.user, "I%20have%20spaces");
	CHECK_SLICE(m.contact[0].host, "host5.example.net");
	CHECK_SLICE(m.sdp, "v=0\r\n");
}

TEST(torture_3_1_1_4_escnull_escaped_nulls_in_uris)
{
	CHECK_EQ(parse("REGISTER sip:example.com SIP/2.0\r\n"
		       "To: sip:null-%00-null@example.com\r\n"
		       "From: sip:null-%00-null@example.com;tag=839923423\r\n"
		       "Max-Forwards: 70\r\n"
		       "Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd\r\n"
		       "CSeq: 14398234 REGISTER\r\n"
		       "Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw\r\n"
		       "Contact: <sip:%00@host5.example.com>\r\n"
		       "Contact: <sip:%00%00@host5.example.com>\r\n"
		       "L:0\r\n\r\n"),
	    0);
	CHECK_SLICE(m.to.user, "null-%00-null");
	CHECK_EQ(m.n_contacts, 2);
	CHECK_SLICE(m.contact[1].uri, "sip:%00%00@host5.example.com");
}

TEST(torture_3_1_1_5_esc02_percent_that_is_no_escape)
{
	CHECK_EQ(parse("RE%47IST%45R sip:registrar.example.com SIP/2.0\r\n"
		       "To: \"%Z%45\" <sip:resource@example.com>\r\n"
		       "From: \"%Z%45\" <sip:resource@example.com>;tag=f232jadfj23\r\n"
		       "Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf\r\n"
		       "Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234\r\n"
		       "CSeq: 29344 RE%47IST%45R\r\n"
		       "Max-Forwards: 70\r\n"
		       "Contact: <sip:alias1@host1.example.com>\r\n"
		       "C%6Fntact: <sip:alias2@host2.example.com>\r\n"
		       "Contact: <sip:alias3@host3.example.com>\r\n"
		       "l: 0\r\n\r\n"),
	    0);
	CHECK_EQ(m.method, ES_SIP_OTHER); /* escaped, it is not REGISTER */
	CHECK_EQ(m.n_contacts, 2);        /* nor is that Contact */
	CHECK_SLICE(m.via_branch, "z9hG4bK209%fzsnel234");
	CHECK_SLICE(m.from.user, "resource");
}

TEST(torture_3_1_1_6_lwsdisp_message_with_no_lws_between_display_name_and_angle)
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

TEST(torture_3_1_1_7_longreq_long_values_in_header_fields)
{
	static char text[16384], name[2049];

	memset(name, 'a', sizeof(name) - 1);
	(void)snprintf(text, sizeof(text),
	    "INVITE sip:user@example.com SIP/2.0\r\n"
	    "To: \"I have a user name of %s\" <sip:user@example.com:6000;unknownparam1=%s>\r\n"
	    "F: sip:amazinglylongcallername@example.net;tag=12982%s424;unknownheaderparamname%s\r\n"
	    "Call-ID: longreq.one%s\r\n"
	    "CSeq: 3882340 INVITE\r\n"
	    "Unknown-%.2000s: unknown-%.2000s-value\r\n"
	    "Via: SIP/2.0/TCP sip33.example.com\r\n"
	    "v: SIP/2.0/TCP sip32.example.com;branch=z9hG4bK%.900s\r\n"
	    "Max-Forwards: 70\r\n\r\n",
	    name, name, name, name + 1900, name + 1000, name, name, name);
	CHECK_EQ(parse(text), 0);
	CHECK_EQ(m.from.tag.n, 5 + 2048 + 3);
	CHECK_SLICE(m.to.host, "example.com");
	CHECK_EQ(m.call_id.n, 11 + 1048);
	CHECK_EQ(m.n_vias, 2);
	CHECK_EQ(m.via_branch.n, 0);
}

TEST(torture_3_1_1_8_dblreq_extra_trailing_octets_in_a_datagram)
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

TEST(torture_3_1_1_9_semiuri_semicolon_separated_parameters_in_uri_user_part)
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

TEST(torture_3_1_1_10_transports_varied_and_unknown)
{
	CHECK_EQ(parse("OPTIONS sip:user@example.com SIP/2.0\r\n"
		       "To: sip:user@example.com\r\n"
		       "From: <sip:caller@example.com>;tag=323\r\n"
		       "Max-Forwards: 70\r\n"
		       "Call-ID:  transports.kijh4akdnaqjkwendsasfdj\r\n"
		       "Accept: application/sdp\r\n"
		       "CSeq: 60 OPTIONS\r\n"
		       "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw\r\n"
		       "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf\r\n"
		       "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj\r\n"
		       "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en\r\n"
		       "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee\r\n"
		       "l: 0\r\n\r\n"),
	    0);
	CHECK_EQ(m.n_vias, 5);
	CHECK_SLICE(m.via_branch, "z9hG4bKkdjuw");
}

/* Signed: the description of interest is next to a signature of arbitrary bytes. */
TEST(torture_3_1_1_11_mpart01_multipart_mime_message)
{
	CHECK_EQ(
	    parse("MESSAGE sip:kumiko@example.org SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--"
		  "d87543-;rport\r\n"
		  "Max-Forwards: 70\r\n"
		  "Route: <sip:127.0.0.1:5080>\r\n"
		  "Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMV"
		  "bnVq37CD+813gvYjcBUaZngQmXc9WNZSDNGCzA+fWl9MEUHWIZo1CeJebdY/XlgKeTa0Ol"
		  "vq0rt70Q5jiSfbqMJmQFteeivUhkMWYUA=\r\n"
		  "Contact: <sip:fluffy@127.0.0.1:5070>\r\n"
		  "To: <sip:kumiko@example.org>\r\n"
		  "From: <sip:fluffy@example.com>;tag=2fb0dcc9\r\n"
		  "Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..\r\n"
		  "CSeq: 1 MESSAGE\r\n"
		  "Content-Transfer-Encoding: binary\r\n"
		  "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\n"
		  "Content-Length: 206\r\n"
		  "\r\n"
		  "--7a9cbec02ceef655\r\n"
		  "Content-Type: text/plain\r\n"
		  "Content-Transfer-Encoding: binary\r\n"
		  "\r\n"
		  "Hello\r\n"
		  "--7a9cbec02ceef655\r\n"
		  "Content-Type: application/octet-stream\r\n"
		  "\r\n"
		  "0\x82\x01R\x06\t*\x86H\x86\xf7\r\n\x01\x07\x02--7a9\r\n"
		  "--7a9cbec02ceef655--\r\n"),
	    0);
	CHECK_EQ(m.method, ES_SIP_MESSAGE);
	CHECK_EQ(m.sdp.n, 0);
	CHECK_SLICE(m.contact[0].host, "127.0.0.1:5070");
}

TEST(torture_3_1_1_12_unreason_and_13_noreason_phrases)
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
