/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 4475 sections 3.1.2 to 3.4, as an observer reads them. What an endpoint has to refuse, an
 * observer takes as long as it still says which dialog the message belongs to: others may well have
 * answered it. It refuses where that, or the length, is in doubt.
 */
#include "harness.h"
#include "probes/wire/sip/sip.h"

static struct es_sip m;

static int
parse(const char *text)
{
	size_t n = strlen(text);

	return es_sip_parse(test_guarded(text, n), (uint32_t)n, &m);
}

/* A message of the RFC: the fields that a test is not about are always these. */
#define MESSAGE(start, cseq, more)                                                        \
	start "\r\nMax-Forwards: 8\r\nCall-ID: x.0ha0isndaksdjasdf3234nas\r\nCSeq: " cseq \
	      "\r\n" more "\r\n"
#define TO_FROM "To: sip:j.user@example.com\r\nFrom: sip:caller@example.net;tag=134161\r\n"
#define VIA "Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw23492\r\n"

TEST(torture_3_1_2_1_badinv01_extraneous_separators)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		     TO_FROM "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n"
			     "Contact: \"Joe\" <sip:joe@example.org>;;;;\r\n")),
	    0); /* empty values harm nobody who only looks */
	CHECK_EQ(m.n_vias, 2);
	CHECK_EQ(m.via_branch.n, 0);
	CHECK_EQ(m.n_contacts, 1);
	CHECK_SLICE(m.contact[0].uri, "sip:joe@example.org");
}

TEST(torture_3_1_2_2_clerr_content_length_larger_than_message)
{
	CHECK_EQ(
	    parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		TO_FROM VIA "Content-Type: application/sdp\r\nContent-Length: 9999\r\n") "v=0\r\n"),
	    0);
	CHECK(m.is_cut); /* in a datagram the rest will never come: what is there is read */
	CHECK_SLICE(m.sdp, "v=0\r\n");
}

TEST(torture_3_1_2_3_ncl_negative_content_length)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		     TO_FROM VIA "Content-Length: -999\r\n")),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_4_scalar02_request_scalars_with_overlarge_values)
{
	CHECK_EQ(parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "36893488147419103232 REGISTER",
		     TO_FROM VIA)),
	    ES_EMALFORMED); /* CSeq is identity */
	CHECK_EQ(parse("REGISTER sip:example.com SIP/2.0\r\n" TO_FROM VIA
		       "CSeq: 139122385 REGISTER\r\nMax-Forwards: 300\r\n"
		       "Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32\r\n"
		       "Expires: 10000000000000000000000000000000\r\n"
		       "Contact: <sip:user@host129.example.com>\r\n"
		       "  ;expires=280297596632815\r\n\r\n"),
	    0); /* the others are only left out */
	CHECK(!m.has_max_forwards && !m.has_expires && !m.contact[0].has_expires);
}

TEST(torture_3_1_2_5_scalarlg_response_scalars_with_overlarge_values)
{
	CHECK_EQ(parse(MESSAGE("SIP/2.0 503 Service Unavailable", "9292394834772304023312 OPTIONS",
		     TO_FROM VIA "Retry-After: 949302838503028349304023988\r\n")),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_6_quotbal_unterminated_quoted_string)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		     "To: \"Mr. J. User <sip:j.user@example.com>\r\n"
		     "From: sip:caller@example.net;tag=93334\r\n" VIA)),
	    0); /* phones send this: the URI is plain to see */
	CHECK_SLICE(m.to.user, "j.user");
}

TEST(torture_3_1_2_7_ltgtruri_angles_around_the_request_uri)
{
	CHECK_EQ(
	    parse(MESSAGE("INVITE <sip:user@example.com> SIP/2.0", "1 INVITE", TO_FROM VIA)), 0);
	CHECK_SLICE(m.request_uri, "<sip:user@example.com>");
}

TEST(torture_3_1_2_8_lwsruri_blank_inside_the_request_uri)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com; lr SIP/2.0", "1 INVITE", TO_FROM VIA)),
	    ES_EMALFORMED); /* four words are no start line: it would let much through */
}

TEST(torture_3_1_2_9_lwsstart_multiple_blanks_in_the_request_line)
{
	CHECK_EQ(parse(MESSAGE("INVITE  sip:user@example.com  SIP/2.0", "1 INVITE", TO_FROM VIA)),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_10_trws_blanks_at_the_end_of_the_request_line)
{
	CHECK_EQ(parse(MESSAGE(
		     "OPTIONS sip:remote-target@example.com SIP/2.0  ", "8 OPTIONS", TO_FROM VIA)),
	    0);
	CHECK_EQ(m.method, ES_SIP_OPTIONS);
}

TEST(torture_3_1_2_11_escruri_escaped_headers_in_the_request_uri)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0",
		     "7 INVITE", TO_FROM VIA)),
	    0);
	CHECK_SLICE(m.request_uri, "sip:user@example.com?Route=%3Csip:example.com%3E");
}

TEST(torture_3_1_2_12_baddate_invalid_time_zone)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		     TO_FROM VIA "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n")),
	    0); /* capture time counts, not what they say */
}

TEST(torture_3_1_2_13_regbadct_name_addr_uri_not_enclosed)
{
	CHECK_EQ(
	    parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "8 REGISTER",
		TO_FROM VIA "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n")),
	    0);
	CHECK_SLICE(m.contact[0].host, "example.com");
}

TEST(torture_3_1_2_14_badaspec_spaces_within_addr_spec)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS sip:user@example.org SIP/2.0", "8 OPTIONS",
		     "To: \"Watson, Thomas\" < sip:t.watson@example.org >\r\n"
		     "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\r\n" VIA)),
	    0);
	CHECK_SLICE(m.to.uri, "sip:t.watson@example.org");
	CHECK_SLICE(m.to.user, "t.watson");
}

TEST(torture_3_1_2_15_baddn_non_token_characters_in_display_name)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS sip:t.watson@example.org SIP/2.0", "8 OPTIONS",
		     "To: \"Watson, Thomas\" < sip:t.watson@example.org >\r\n"
		     "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\r\n" VIA)),
	    0);
	CHECK_SLICE(m.from.user, "a.g.bell"); /* the comma parts no list: From is single */
	CHECK_SLICE(m.from.tag, "43");
}

TEST(torture_3_1_2_16_badvers_unknown_protocol_version)
{
	CHECK_EQ(
	    parse(MESSAGE("OPTIONS sip:t.watson@example.org SIP/7.0", "8 OPTIONS", TO_FROM VIA)),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_17_mismatch01_start_line_and_cseq_methods)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS sip:user@example.com SIP/2.0", "8 INVITE", TO_FROM VIA)),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_18_mismatch02_unknown_method_with_cseq_error)
{
	CHECK_EQ(parse(MESSAGE("NEWMETHOD sip:user@example.com SIP/2.0", "8 INVITE", TO_FROM VIA)),
	    ES_EMALFORMED);
}

TEST(torture_3_1_2_19_bigcode_overlarge_response_code)
{
	CHECK_EQ(parse(MESSAGE("SIP/2.0 4294967301 better not break the receiver", "353494 INVITE",
		     TO_FROM VIA)),
	    ES_EMALFORMED);
}

TEST(torture_3_2_1_badbranch_missing_transaction_identifier)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS sip:user@example.com SIP/2.0", "8 OPTIONS",
		     TO_FROM "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n")),
	    0);
	CHECK_SLICE(m.via_branch, "z9hG4bK"); /* the magic alone: identifies nothing */
}

TEST(torture_3_3_1_insuf_missing_required_fields)
{
	CHECK_EQ(parse("INVITE sip:user@example.com SIP/2.0\r\n"
		       "CSeq: 193942 INVITE\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\n"
		       "Content-Type: application/sdp\r\n"
		       "l: 5\r\n\r\nv=0\r\n"),
	    ES_EMALFORMED);
}

TEST(torture_3_3_2_unkscm_and_3_novelsc_request_uri_of_other_schemes)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0",
		     "3923423 OPTIONS", TO_FROM VIA)),
	    0);
	CHECK_SLICE(m.request_uri, "nobodyKnowsThisScheme:totallyopaquecontent");
	CHECK_EQ(parse(MESSAGE("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", "3923423 OPTIONS",
		     TO_FROM VIA)),
	    0);
}

TEST(torture_3_3_4_unksm2_unknown_schemes_in_header_fields)
{
	CHECK_EQ(parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "234902 REGISTER",
		     "To: isbn:2983792873\r\nFrom: <http://www.example.com>;tag=3234233\r\n" VIA
		     "Contact: <name:John_Smith>\r\n")),
	    0);
	CHECK_SLICE(m.to.uri, "isbn:2983792873");
	CHECK_EQ(m.to.user.n, 0);
	CHECK_EQ(m.to.host.n, 0);
	CHECK_SLICE(m.from.tag, "3234233");
	CHECK_EQ(m.contact[0].host.n, 0);
}

TEST(torture_3_3_5_bext01_extensions_required)
{
	CHECK_EQ(
	    parse(MESSAGE("OPTIONS sip:user@example.com SIP/2.0", "8 OPTIONS",
		TO_FROM VIA "Require: nothingSupportsThis, nothingSupportsThisEither\r\n"
			    "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis\r\n")),
	    0);
	CHECK_EQ(m.cseq, 8);
}

TEST(torture_3_3_6_invut_unknown_content_type)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "235448 INVITE",
		     TO_FROM VIA "Content-Type: application/unknownformat\r\nl: 5\r\n") "<audio/>"),
	    0);
	CHECK_SLICE(m.body, "<audi");
	CHECK_EQ(m.sdp.n, 0);
}

TEST(torture_3_3_7_regaut01_unknown_authorization_scheme)
{
	CHECK_EQ(parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "9338 REGISTER",
		     TO_FROM VIA "Authorization: NoOneKnowsThisScheme opaque-data=here\r\n")),
	    0);
	CHECK_EQ(m.method, ES_SIP_REGISTER);
}

TEST(torture_3_3_8_multi01_fields_that_should_be_single)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@company.com SIP/2.0", "5 INVITE",
		     TO_FROM VIA "Call-ID: multi01.98asdh@192.0.2.2\r\n")),
	    ES_EMALFORMED);
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@company.com SIP/2.0", "5 INVITE",
		     TO_FROM VIA "CSeq: 59 INVITE\r\n")),
	    ES_EMALFORMED);
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@company.com SIP/2.0", "5 INVITE",
		     TO_FROM VIA "From: sip:other@example.com;tag=3413415\r\n"
				 "To: sip:t.watson@example.com\r\nMax-Forwards: 70\r\n")),
	    0); /* From and To: the first one, as everybody else */
	CHECK_SLICE(m.from.tag, "134161");
	CHECK_SLICE(m.to.user, "j.user");
}

TEST(torture_3_3_9_mcl01_multiple_content_length)
{
	CHECK_EQ(parse(MESSAGE("OPTIONS sip:user@example.com SIP/2.0", "5 OPTIONS",
		     TO_FROM VIA "Content-Length: 13\r\nContent-Length: 5\r\n")),
	    ES_EMALFORMED); /* smuggling */
}

TEST(torture_3_3_10_bcast_response_with_broadcast_via)
{
	CHECK_EQ(parse(MESSAGE("SIP/2.0 200 OK", "32088 INVITE",
		     TO_FROM "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\n"
			     "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\n")),
	    0);
	CHECK_EQ(m.n_vias, 2);
}

TEST(torture_3_3_11_zeromf_max_forwards_of_zero)
{
	CHECK_EQ(parse("OPTIONS sip:user@example.com SIP/2.0\r\n" TO_FROM VIA
		       "Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas\r\n"
		       "CSeq: 39234321 OPTIONS\r\nMax-Forwards: 0\r\n\r\n"),
	    0);
	CHECK(m.has_max_forwards);
	CHECK_EQ(m.max_forwards, 0);
}

TEST(torture_3_3_12_cparam01_and_13_cparam02_contact_parameters)
{
	CHECK_EQ(parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "9999 REGISTER",
		     TO_FROM VIA "Contact: sip:+19725552222@gw1.example.net;unknownparam\r\n")),
	    0);
	CHECK_SLICE(m.contact[0].uri, "sip:+19725552222@gw1.example.net");
	CHECK_EQ(parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "9998 REGISTER",
		     TO_FROM VIA "Contact: <sip:+19725552222@gw1.example.net;unknownparam>\r\n")),
	    0);
	CHECK_SLICE(m.contact[0].uri, "sip:+19725552222@gw1.example.net;unknownparam");
	CHECK_SLICE(m.contact[0].host, "gw1.example.net");
}

TEST(torture_3_3_14_regescrt_escaped_header_in_contact)
{
	CHECK_EQ(
	    parse(MESSAGE("REGISTER sip:example.com SIP/2.0", "14398234 REGISTER",
		TO_FROM VIA "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\r\n")),
	    0);
	CHECK_SLICE(m.contact[0].host, "example.com");
}

TEST(torture_3_3_15_sdp01_unacceptable_accept_offering)
{
	CHECK_EQ(parse(MESSAGE("INVITE sip:user@example.com SIP/2.0", "8 INVITE",
		     TO_FROM VIA "Accept: text/nobodyKnowsThis\r\n"
				 "Content-Type: application/sdp\r\n") "v=0\r\n"),
	    0);
	CHECK_SLICE(m.sdp, "v=0\r\n");
}

/* No tag, no branch: another age, and still which call it is stands there. */
TEST(torture_3_4_1_inv2543_invite_with_rfc2543_syntax)
{
	CHECK_EQ(parse("INVITE sip:UserB@example.com SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP iftgw.example.com\r\n"
		       "From: <sip:+13035551111@ift.client.example.net;user=phone>\r\n"
		       "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>\r\n"
		       "To: sip:+16505552222@ss1.example.net;user=phone\r\n"
		       "Call-ID: inv2543.1717@ift.client.example.com\r\n"
		       "CSeq: 56 INVITE\r\n"
		       "Content-Type: application/sdp\r\n"
		       "\r\n"
		       "v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.5\r\n"),
	    0);
	CHECK_SLICE(m.from.user, "+13035551111");
	CHECK_SLICE(m.to.user, "+16505552222");
	CHECK_EQ(m.from.tag.n, 0);
	CHECK_EQ(m.via_branch.n, 0);
	CHECK_EQ(m.sdp.n, 48);
}
