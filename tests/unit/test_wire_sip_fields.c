/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields of SIP beyond the dialog: who, why, in place of whom, until when. */
#include "probes/wire/sip/sip.h"
#include "sweep.h"

static struct es_sip m;

static const char head[] = "OPTIONS sip:b SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\n"
			   "Call-ID: id\r\nCSeq: 1 OPTIONS\r\n";

/* A request that is complete but for the header lines given. */
static int
parse_with(const char *more)
{
	char text[8192];
	int n = snprintf(text, sizeof(text), "%s%s\r\n", head, more);

	memset(&m, 0xee, sizeof(m));
	return es_sip_parse(test_guarded(text, (size_t)n), (uint32_t)n, &m);
}

TEST(sip_contacts_with_host_and_expiry)
{
	CHECK_EQ(parse_with("Contact: \"A, B\" <sip:a@10.0.0.1:5062;ob>;q=0.5;expires=60,"
			    "<sip:[2001:db8::1]:5060?x=y> , sip:c@h;expires=1x\r\n"
			    "m: <tel:+1>,<sip:e@f>\r\n"
			    "Expires: 3600\r\n"),
	    0);
	CHECK_EQ(m.n_contacts, ES_SIP_CONTACTS_MAX);
	CHECK_SLICE(m.contact[0].uri, "sip:a@10.0.0.1:5062;ob");
	CHECK_SLICE(m.contact[0].host, "10.0.0.1:5062");
	CHECK(m.contact[0].has_expires);
	CHECK_EQ(m.contact[0].expires_s, 60);
	CHECK_SLICE(m.contact[1].host, "[2001:db8::1]:5060");
	CHECK(!m.contact[1].has_expires);
	CHECK_SLICE(m.contact[2].uri, "sip:c@h");
	CHECK_SLICE(m.contact[2].host, "h");
	CHECK(!m.contact[2].has_expires);
	CHECK_SLICE(m.contact[3].uri, "tel:+1");
	CHECK_EQ(m.contact[3].host.n, 0);
	CHECK(m.has_expires);
	CHECK_EQ(m.expires_s, 3600);
}

/* Hosts go out as they are, users never. */
TEST(sip_contact_host_holds_no_part_of_a_user)
{
	CHECK_EQ(parse_with("Contact: <sip:alice@home.example@10.0.0.1:5062;ob>,"
			    "<sip:alice:se@cret@10.0.0.2>,<sip:a%40b@10.0.0.3?x=y@z>\r\n"),
	    0);
	CHECK_SLICE(m.contact[0].host, "10.0.0.1:5062");
	CHECK_SLICE(m.contact[1].host, "10.0.0.2");
	CHECK_SLICE(m.contact[2].host, "10.0.0.3");
}

TEST(sip_contact_star_takes_all_back)
{
	CHECK_EQ(parse_with("Contact: *\r\nExpires: 0\r\n"), 0);
	CHECK_EQ(m.n_contacts, 1);
	CHECK_SLICE(m.contact[0].uri, "*");
	CHECK_EQ(m.contact[0].host.n, 0);
	CHECK(m.has_expires);
	CHECK_EQ(m.expires_s, 0);
	CHECK_EQ(parse_with("Expires: Thu, 01 Dec 1994 16:00:00 GMT\r\n"), 0); /* RFC 2543 */
	CHECK(!m.has_expires);
	CHECK_EQ(parse_with("Expires: 4294967295\r\n"), 0);
	CHECK_EQ(m.expires_s, UINT32_MAX);
	CHECK_EQ(parse_with("Expires: 4294967296\r\n"), 0);
	CHECK(!m.has_expires);
}

TEST(sip_reasons_of_both_protocols)
{
	CHECK_EQ(parse_with("Reason: SIP ;cause=200 ;text=\"Call completed, elsewhere\","
			    " q.850;text=\"a;cause=1\";cause=16, Q.850;cause=17\r\n"
			    "Reason: SIP;cause=480\r\n"),
	    0);
	CHECK_SLICE(m.reason, "SIP ;cause=200 ;text=\"Call completed, elsewhere\"");
	CHECK(m.sip_cause.has_number && m.q850.has_number);
	CHECK_EQ(m.sip_cause.number, 200);
	CHECK_EQ(m.q850.number, 16);
	CHECK_EQ(parse_with("Reason: preemption;cause=1\r\nReason: Q.850;cause=x\r\n"
			    "Reason: Q.850;cause=31\r\n"),
	    0);
	CHECK_SLICE(m.reason, "preemption;cause=1");
	CHECK_EQ(m.q850.number, 31); /* the first that can be read */
	CHECK(!m.sip_cause.has_number);
	CHECK_EQ(parse_with("Reason: Q.850;cause=70000\r\nReason: Q.850\r\n"), 0);
	CHECK(!m.q850.has_number);
}

TEST(sip_referred_by_names_a_party)
{
	CHECK_EQ(parse_with("b: \"R\" <sip:ref@er.example>;cid=x\r\n"), 0);
	CHECK_SLICE(m.referred_by.uri, "sip:ref@er.example");
	CHECK_SLICE(m.referred_by.user, "ref");
}

TEST(sip_replaces_names_a_call)
{
	CHECK_EQ(parse_with("Replaces: 425928@h.example ;to-tag=7743;from-tag=6472\r\n"), 0);
	CHECK_SLICE(m.replaces, "425928@h.example ;to-tag=7743;from-tag=6472");
}

TEST(sip_diversions_are_counted)
{
	CHECK_EQ(parse_with("Diversion: \"a,b\" <tel:+15551234567>;reason=no-answer;counter=1,"
			    "<sip:old@x>;reason=unconditional\r\n"
			    "Diversion: <sip:first@x>\r\n"
			    "History-Info: <sip:u1@h?Reason=SIP%3Bcause%3D302>;index=1,"
			    "<sip:u2@h>;index=1.1\r\n"),
	    0);
	CHECK_EQ(m.n_diversions, 3);
	CHECK_SLICE(m.diversion.user, "+15551234567");
	CHECK_EQ(m.n_history, 2);
	CHECK_SLICE(m.history.user, "u1");
	CHECK_SLICE(m.history.host, "h");
	CHECK_EQ(parse_with("Diversion: , ,\r\n"), 0);
	CHECK_EQ(m.n_diversions, 0);
}

TEST(sip_identity_and_agent)
{
	CHECK_EQ(
	    parse_with("P-Asserted-Identity: \"Cullen\" <sip:fluffy@example.com>, tel:+1408\r\n"
		       "P-Asserted-Identity: <tel:+9>\r\n"
		       "Server: gw/1\r\nUser-Agent: Phone 7 (x)\r\n"
		       "P-Charging-Vector: icid-value=\"1234bc9876e;x\";icid-generated-at=h\r\n"
		       "User-to-User: 56a390f3d2b7310023a2;encoding=hex;purpose=foo\r\n"),
	    0);
	CHECK_SLICE(m.asserted.user, "fluffy");
	CHECK_SLICE(m.user_agent, "Phone 7 (x)");
	CHECK_SLICE(m.icid, "1234bc9876e;x");
	CHECK_SLICE(m.user_to_user, "56a390f3d2b7310023a2;encoding=hex;purpose=foo");
	CHECK_EQ(parse_with("Server: gw/1\r\nP-Charging-Vector: orig-ioi=h;icid-value=7\r\n"), 0);
	CHECK_SLICE(m.user_agent, "gw/1");
	CHECK_SLICE(m.icid, "7");
}

TEST(sip_session_id_as_a_pair)
{
	CHECK_EQ(parse_with("Session-ID: ab30317f1a784dc48ff824d0d3715d86 ;"
			    "remote=47755a9de7794ba387653f2099600ef2;x=y\r\n"),
	    0);
	CHECK_SLICE(m.session_uuid, "ab30317f1a784dc48ff824d0d3715d86");
	CHECK_SLICE(m.session_uuid_peer, "47755a9de7794ba387653f2099600ef2");
	CHECK_EQ(parse_with("Session-ID: ab30317f1a784dc48ff824d0d3715d86;"
			    "remote=00000000000000000000000000000000\r\n"),
	    0);
	CHECK_EQ(m.session_uuid.n, 32);
	CHECK_EQ(m.session_uuid_peer.n, 0); /* nil: not known yet */
	CHECK_EQ(parse_with("Session-ID: xb30317f1a784dc48ff824d0d3715d86;remote=0\r\n"), 0);
	CHECK_EQ(m.session_uuid.n, 0);
	CHECK_EQ(m.session_uuid_peer.n, 0);
	CHECK_SLICE(m.session_id, "xb30317f1a784dc48ff824d0d3715d86;remote=0");
}

TEST(sip_first_of_two_ids_counts)
{
	CHECK_EQ(parse_with("Session-ID: ab30317f1a784dc48ff824d0d3715d86\r\n"
			    "Session-ID: 47755a9de7794ba387653f2099600ef2\r\n"
			    "X-Call-ID: one\r\nX-Call-ID: two\r\n"),
	    0);
	CHECK_SLICE(m.session_id, "ab30317f1a784dc48ff824d0d3715d86");
	CHECK_SLICE(m.session_uuid, "ab30317f1a784dc48ff824d0d3715d86");
	CHECK_SLICE(m.x_call_id, "one");
	CHECK_EQ(parse_with("X-CID: one\r\nX-CID: two\r\nServer: s1\r\nServer: s2\r\n"), 0);
	CHECK_SLICE(m.x_call_id, "one");
}

TEST(sip_reliable_provisional_responses)
{
	CHECK_EQ(parse_with("RSeq: 988789\r\n"), 0);
	CHECK(m.has_rseq);
	CHECK_EQ(m.rseq, 988789);
	CHECK_EQ(parse_with("RSeq: -1\r\n"), 0);
	CHECK(!m.has_rseq);
}

TEST(sip_statistics_are_kept_as_sent)
{
	CHECK_EQ(parse_with("X-RTP-Stat: PS=1,OS=2\r\nP-RTP-Stat: PS=3;OS=4\r\n"), 0);
	CHECK_SLICE(m.x_rtp_stat, "PS=1,OS=2");
	CHECK_SLICE(m.p_rtp_stat, "PS=3;OS=4");
}

TEST(sip_compact_forms_are_their_long_ones)
{
	CHECK_EQ(parse_with("B: <sip:r@x>\r\nM: <sip:c@x>\r\n"
			    "V: SIP/2.0/UDP a;branch=z9hG4bK7\r\nA: x\r\nZ: z\r\n"
			    "C: Text/Plain;x=1\r\nL: 0\r\n"),
	    0);
	CHECK_SLICE(m.referred_by.user, "r");
	CHECK_SLICE(m.contact[0].uri, "sip:c@x");
	CHECK_SLICE(m.via_branch, "z9hG4bK7");
	CHECK(m.has_content_length);
}

static es_slice
find(const char *more, const char *name)
{
	static char text[4096];
	int n = snprintf(text, sizeof(text), "\r\n%s%s", head, more);

	return es_sip_header_find(es_slice_of(text, (size_t)n), es_slice_str(name));
}

TEST(sip_header_of_any_name_is_found)
{
	CHECK_SLICE(find("X-Correlation: first\r\nx-correlation: second\r\n\r\n", "X-CORRELATION"),
	    "first");
	CHECK_SLICE(find("x: 1800;refresher=uac\r\n\r\n", "Session-Expires"), "1800;refresher=uac");
	CHECK_SLICE(find("s:\r\n  a\r\n\tb\r\n\r\n", "Subject"), "a\r\n\tb");
	CHECK_EQ(find("\r\nX-Correlation: in the body\r\n", "X-Correlation").n, 0);
	CHECK_EQ(find("X-Correlations: longer\r\n\r\n", "X-Correlation").n, 0);
	CHECK_EQ(es_sip_header_find(es_slice_of(NULL, 0), es_slice_str("To")).n, 0);
}

TEST(sip_report_of_a_phone_alone_and_in_parts)
{
	CHECK_EQ(
	    parse_with("c: Application/VQ-RTCPXR;x=y\r\n\r\nVQSessionReport: CallTerm\r\n"), 0);
	CHECK_SLICE(m.vq_report, "VQSessionReport: CallTerm\r\n\r\n");
	CHECK_EQ(m.sdp.n, 0);
	CHECK_EQ(parse_with("c: multipart/mixed;boundary=b\r\n\r\n--b\r\n"
			    "c: application/vq-rtcpxr\r\n\r\nVQ\r\n--b\r\n"
			    "c: application/sdp\r\n\r\nv=0\r\n--b\r\n"
			    "c: application/sdp\r\n\r\nv=1\r\n--b--\r\n"),
	    0);
	CHECK_SLICE(m.vq_report, "VQ");
	CHECK_SLICE(m.sdp, "v=0");
}

static void
parse_all(es_slice bytes, uint32_t wire_bytes)
{
	struct es_sip s;

	(void)es_sip_header_find(bytes, es_slice_str("X-Custom"));
	if (es_sip_parse(bytes, wire_bytes, &s) != 0)
		return;
	if (s.n_contacts > ES_SIP_CONTACTS_MAX || s.session_uuid.n % 32 != 0)
		test_fail(__FILE__, __LINE__, "a field that cannot be");
}

/* As many parameters as nobody writes: the search has a bound. */
static void
check_expiry_behind(unsigned n_params, uint32_t expires_s)
{
	char text[4096] = "Contact: <sip:a@h>";
	size_t n = strlen(text);

	for (unsigned i = 0; i < n_params; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ";p%u=1", i);
	(void)snprintf(text + n, sizeof(text) - n, ";expires=60\r\n");
	CHECK_EQ(parse_with(text), 0);
	CHECK_EQ(m.n_contacts, 1);
	CHECK_EQ(m.contact[0].has_expires ? m.contact[0].expires_s : 0, expires_s);
}

TEST(sip_parameters_are_searched_up_to_a_bound)
{
	check_expiry_behind(0, 60);
	check_expiry_behind(ES_SIP_PARAMS_MAX - 1, 60);
	check_expiry_behind(ES_SIP_PARAMS_MAX, 0);
}

TEST(sip_fields_sweep)
{
	static const char sample[] =
	    "NOTIFY sip:b SIP/2.0\r\nf: sip:a;tag=1\r\nt: sip:b\r\ni: x\r\nCSeq: 1 NOTIFY\r\n"
	    "Reason: SIP;cause=200,Q.850;cause=16\r\nContact: <sip:a@h:1>;expires=6, *\r\n"
	    "Refer-To: <sip:c@z?Replaces=1%40h%3Bto-tag%3D2>\r\nReplaces: 4;to-tag=7\r\n"
	    "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2"
	    "\r\nDiversion: <tel:+1>,\"x\" <sip:y@z>\r\nRAck: 1 2 INVITE\r\nX-Custom: c\r\n"
	    "P-Charging-Vector: icid-value=\"1\"\r\nEvent: vq-rtcpxr\r\nk: a,100rel\r\n\r\n";

	sweep(sample, sizeof(sample) - 1, parse_all);
}

TEST(sip_session_expires_of_rfc_4028)
{
	CHECK_EQ(parse_with("Session-Expires: 1800;refresher=uas\r\nMin-SE: 90\r\n"), 0);
	CHECK_EQ(m.session_expires_s, 1800);
	CHECK_EQ(m.refresher, ES_REFRESHER_UAS);
	CHECK_EQ(parse_with("x:4000\r\nx: 5;refresher=uac\r\n"), 0); /* the first one counts */
	CHECK_EQ(m.session_expires_s, 4000);
	CHECK_EQ(m.refresher, ES_REFRESHER_UNKNOWN);
	CHECK_EQ(parse_with("Session-Expires: soon;refresher=uac\r\n"), 0);
	CHECK_EQ(m.session_expires_s, 0);
	CHECK_EQ(m.refresher, ES_REFRESHER_UNKNOWN);
	CHECK_EQ(parse_with("Session-Expires: 4294967296\r\n"), 0);
	CHECK_EQ(m.session_expires_s, 0);
}
