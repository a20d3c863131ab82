/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of a path, and the messages that are sent to them and come back. */
#include "earshot/error.h"
#include "probes/base/text.h"
#include "probes/path/binding.h"
#include "probes/path/http_get.h"
#include "probes/path/question.h"
#include "probes/path/resolv.h"
#include "probes/path/sip_options.h"
#include "probes/path/target.h"
#include "sweep.h"

/* ---- targets ---- */

TEST(path_targets_are_read)
{
	static const struct {
		const char *text;
		enum es_target_kind kind;
		enum es_transport transport;
		const char *host;
		unsigned port;
		unsigned family;
		const char *query;
	} rows[] = {
		{ "sip:pbx.example.com", ES_TARGET_SIP, ES_TRANSPORT_ANY, "pbx.example.com", 0, 0,
		    "" },
		{ "SIP:pbx.example.com.:5070;x=1;transport=TLS", ES_TARGET_SIP, ES_TRANSPORT_TLS,
		    "pbx.example.com", 5070, 0, "" },
		{ "sip:[2001:db8::1]:5061;transport=tcp", ES_TARGET_SIP, ES_TRANSPORT_TCP,
		    "2001:db8::1", 5061, 6, "" },
		{ "https://example.com/a?b#c", ES_TARGET_HTTPS, ES_TRANSPORT_ANY, "example.com", 0,
		    0, "/a?b" },
		{ "https://10.0.0.1:8443?q", ES_TARGET_HTTPS, ES_TRANSPORT_ANY, "10.0.0.1", 8443, 4,
		    "?q" },
		{ "stun:192.0.2.1", ES_TARGET_STUN, ES_TRANSPORT_ANY, "192.0.2.1", 0, 4, "" },
		{ "pc_7.lan", ES_TARGET_HOST, ES_TRANSPORT_ANY, "pc_7.lan", 0, 0, "" },
		{ "2001:db8::1", ES_TARGET_HOST, ES_TRANSPORT_ANY, "2001:db8::1", 0, 6, "" },
		{ "[::1]", ES_TARGET_HOST, ES_TRANSPORT_ANY, "::1", 0, 6, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_target t;

		if (es_target_parse(rows[i].text, &t) != 0)
			test_fail(__FILE__, __LINE__, "%s is refused", rows[i].text);
		else if (t.kind != rows[i].kind || t.transport != rows[i].transport ||
			 strcmp(t.host, rows[i].host) != 0 || t.port != rows[i].port ||
			 t.address.family != rows[i].family || strcmp(t.query, rows[i].query) != 0)
			test_fail(__FILE__, __LINE__, "%s is read as %s port %u query \"%s\"",
			    rows[i].text, t.host, t.port, t.query);
	}
}

TEST(path_targets_that_are_none_are_refused)
{
	static const char *const rows[] = { "", "sip:", "sip:a b", "sip:pbx:0", "sip:pbx:65536",
		"sip:pbx;transport=sctp", "sip:[10.0.0.1]", "sip:[::1", "sip:[::1]5060", "https://",
		"https:///x", "https://a/\x1b[0m", "stun:a..b", "host/", "ho st", "-:", "a\nb",
		"x:1:2", "sip:\xc3\xa9.example" };
	char label[80], name[400];
	struct es_target t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (es_target_parse(rows[i], &t) == 0)
			test_fail(__FILE__, __LINE__, "\"%s\" is taken", rows[i]);
	memset(label, 'a', 64);
	label[64] = '\0';
	CHECK_EQ(es_target_parse(label, &t), ES_EMALFORMED);
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	name[253] = '\0';
	CHECK_EQ(es_target_parse(name, &t), 0);
	name[253] = 'a';
	name[254] = '\0';
	CHECK_EQ(es_target_parse(name, &t), ES_EMALFORMED);
}

/* ---- DNS ---- */

/* Answers to {"pbx.test", type, 0x1234}. */
#define HEAD(flags_high, flags_low, n) 0x12, 0x34, flags_high, flags_low, 0, 1, 0, n, 0, 0, 0, 0
#define QUESTION(type) 3, 'p', 'b', 'x', 4, 't', 'e', 's', 't', 0, 0, type, 0, 1

static const uint8_t address[] = { HEAD(0x81, 0x80, 2), QUESTION(1),
	/* pbx.test CNAME a.test */
	0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'a', 0xc0, 16,
	/* a.test A 192.0.2.7 */
	1, 'A', 0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7 };
static const uint8_t service[] = { HEAD(0x81, 0x80, 2), QUESTION(33),
	/* 20 0 5070 b.test, then 10 5 5060 a.test */
	0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 20, 0, 0, 0x13, 0xce, 1, 'b', 0xc0, 16, 0xc0,
	12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 10, 0, 5, 0x13, 0xc4, 1, 'a', 0xc0, 16 };
static const uint8_t pointer[] = { HEAD(0x81, 0x80, 1), QUESTION(35),
	/* 10 50 "s" "SIPS+D2T" "" c.test */
	0xc0, 12, 0, 35, 0, 1, 0, 0, 0, 60, 0, 20, 0, 10, 0, 50, 1, 's', 8, 'S', 'I', 'P', 'S', '+',
	'D', '2', 'T', 0, 1, 'c', 0xc0, 16 };

static const struct es_question ask_a = { "pbx.test", ES_RECORD_A, 0x1234 };
static const struct es_question ask_srv = { "pbx.test", ES_RECORD_SRV, 0x1234 };
static const struct es_question ask_naptr = { "pbx.test", ES_RECORD_NAPTR, 0x1234 };

TEST(path_question_is_the_bytes_of_rfc_1035)
{
	static const uint8_t wanted[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION(1) };
	struct es_question bad = { "pbx..test", ES_RECORD_A, 1 };
	uint8_t bytes[ES_QUESTION_MAX_BYTES];
	size_t n;

	CHECK_EQ(es_question_build(&ask_a, bytes, &n), 0);
	CHECK(es_slice_eq(es_slice_of(bytes, n), es_slice_of(wanted, sizeof(wanted))));
	CHECK_EQ(es_question_build(&bad, bytes, &n), ES_EINVALID);
}

TEST(path_answer_follows_an_alias_to_its_address)
{
	struct es_answer a;

	CHECK_EQ(es_question_answer(&ask_a, GUARDED(address), &a), 0);
	CHECK_EQ(a.rcode, ES_RCODE_NOERROR);
	CHECK_EQ(a.n_addresses, 1);
	CHECK_EQ(a.addresses[0].family, 4);
	CHECK_EQ(a.addresses[0].ip[3], 7);
}

TEST(path_answer_gives_the_service_of_lowest_priority)
{
	struct es_answer a;

	CHECK_EQ(es_question_answer(&ask_srv, GUARDED(service), &a), 0);
	CHECK(a.has_service);
	CHECK_STR(a.name, "a.test");
	CHECK_EQ(a.port, 5060);
	CHECK_EQ(es_question_answer(&ask_naptr, GUARDED(pointer), &a), 0);
	CHECK(a.has_service);
	CHECK_EQ(a.transport, ES_TRANSPORT_TLS);
	CHECK_STR(a.name, "c.test");
}

TEST(path_answer_to_another_question_is_not_taken)
{
	struct es_question other_id = { "pbx.test", ES_RECORD_A, 0x1235 };
	struct es_question other_name = { "pbx.tesd", ES_RECORD_A, 0x1234 };
	struct es_answer a;

	CHECK_EQ(es_question_answer(&other_id, GUARDED(address), &a), ES_ENOTFOUND);
	CHECK_EQ(es_question_answer(&other_name, GUARDED(address), &a), ES_ENOTFOUND);
	CHECK_EQ(es_question_answer(&ask_srv, GUARDED(address), &a), ES_ENOTFOUND);
}

TEST(path_answer_without_addresses_says_why)
{
	static const uint8_t nxdomain[] = { HEAD(0x81, 0x83, 0), QUESTION(1) };
	static const uint8_t unread[] = { 0x12, 0x34, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct es_answer a;

	CHECK_EQ(es_question_answer(&ask_a, GUARDED(nxdomain), &a), 0);
	CHECK_EQ(a.rcode, ES_RCODE_NXDOMAIN);
	CHECK_EQ(es_question_answer(&ask_a, GUARDED(unread), &a), 0);
	CHECK_EQ(a.rcode, ES_RCODE_FORMERR);
}

/* Each alias leads to the other, and a name points at itself: both must end. */
TEST(path_answer_with_circles_ends)
{
	static const uint8_t aliases[] = { HEAD(0x81, 0x80, 2), QUESTION(1), 0xc0, 12, 0, 5, 0, 1,
		0, 0, 0, 60, 0, 4, 1, 'a', 0xc0, 16, 1, 'a', 0xc0, 16, 0, 5, 0, 1, 0, 0, 0, 60, 0,
		2, 0xc0, 12 };
	static const uint8_t self[] = { HEAD(0x81, 0x80, 1), 0xc0, 12, 0, 1, 0, 1 };
	struct es_answer a;

	CHECK_EQ(es_question_answer(&ask_a, GUARDED(aliases), &a), 0);
	CHECK_EQ(a.n_addresses, 0);
	CHECK_EQ(es_question_answer(&ask_a, GUARDED(self), &a), ES_EMALFORMED);
}

/* RFC 1035 section 4.1.4: a pointer leads to a prior occurrence. */
TEST(path_answer_with_a_pointer_forwards_is_refused)
{
	static const uint8_t forwards[] = { HEAD(0x81, 0x80, 0), 0xc0, 18, 0, 1, 0, 1, 3, 'p', 'b',
		'x', 4, 't', 'e', 's', 't', 0 };
	struct es_answer a;

	CHECK_EQ(es_question_answer(&ask_a, GUARDED(forwards), &a), ES_EMALFORMED);
}

static void
answer(es_slice bytes, uint32_t wire_bytes)
{
	const struct es_question *all[] = { &ask_a, &ask_srv, &ask_naptr };
	struct es_answer a;

	(void)wire_bytes;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (es_question_answer(all[i], bytes, &a) == 0 && a.has_service &&
		    !es_target_is_name(es_slice_str(a.name)))
			test_fail(__FILE__, __LINE__, "a service without a name");
}

TEST(path_answer_survives_each_hurt)
{
	sweep(address, sizeof(address), answer);
	sweep(service, sizeof(service), answer);
	sweep(pointer, sizeof(pointer), answer);
}

/* ---- STUN ---- */

#define TRANSACTION 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
static const uint8_t transaction[ES_BINDING_ID_BYTES] = { TRANSACTION };
static const uint8_t bound[] = { 1, 1, 0, 24, 0x21, 0x12, 0xa4, 0x42, TRANSACTION,
	/* XOR-MAPPED-ADDRESS 192.0.2.1:32853, OTHER-ADDRESS 192.0.2.9:3479 */
	0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43, 0x80, 0x2c, 0, 8, 0, 1, 0x0d, 0x97,
	192, 0, 2, 9 };
static const uint8_t unbound[] = { 1, 0x11, 0, 8, 0x21, 0x12, 0xa4, 0x42, TRANSACTION, 0, 9, 0, 4,
	0, 0, 4, 1 };

TEST(path_binding_is_written_and_read)
{
	static const uint8_t wanted[] = { 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, TRANSACTION };
	static const uint8_t other[ES_BINDING_ID_BYTES] = { 1 };
	uint8_t bytes[ES_BINDING_BYTES];
	char text[ES_ADDR_TEXT_MAX];
	struct es_binding b;

	es_binding_request(transaction, bytes);
	CHECK(memcmp(bytes, wanted, sizeof(wanted)) == 0);
	CHECK_EQ(es_binding_response(transaction, GUARDED(bound), &b), 0);
	(void)es_addr_text(&b.mapped, text);
	CHECK_STR(text, "192.0.2.1:32853");
	(void)es_addr_text(&b.other, text);
	CHECK_STR(text, "192.0.2.9:3479");
	CHECK_EQ(es_binding_response(transaction, GUARDED(unbound), &b), 0);
	CHECK_EQ(b.error, 401);
	CHECK_EQ(es_binding_response(other, GUARDED(bound), &b), ES_ENOTFOUND);
	CHECK_EQ(es_binding_response(transaction, GUARDED(wanted), &b), ES_EMALFORMED);
}

static void
binding(es_slice bytes, uint32_t wire_bytes)
{
	struct es_binding b;

	(void)wire_bytes;
	if (es_binding_response(transaction, bytes, &b) == 0 && b.error == 0 &&
	    b.mapped.family == 0)
		test_fail(__FILE__, __LINE__, "success without an address");
}

TEST(path_binding_survives_each_hurt)
{
	sweep(bound, sizeof(bound), binding);
	sweep(unbound, sizeof(unbound), binding);
}

/* ---- SIP ---- */

static struct es_target pbx;

static struct es_sip_options
options(enum es_transport transport)
{
	struct es_sip_options o = { &pbx, transport, { 4, 0, 0, { 10, 0, 0, 1 } }, 0xabcd };

	(void)es_target_parse("sip:pbx.test", &pbx); /* a good one */
	return o;
}

#define RESPONSE(status, id)                                                                   \
	"SIP/2.0 " status " X\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0000abcd\r\n"         \
	"From: <sip:earshot@invalid>;tag=0000abcd\r\nTo: <sip:pbx.test>;tag=1\r\nCall-ID: " id \
	"\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

TEST(path_options_is_a_request_that_its_response_answers)
{
	struct es_sip_options o = options(ES_TRANSPORT_UDP);
	char bytes[ES_SIP_OPTIONS_MAX_BYTES];
	size_t n = es_sip_options_build(&o, bytes);
	uint16_t status = 0;

	CHECK(n < sizeof(bytes));
	CHECK(strncmp(bytes, "OPTIONS sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:0;rport;",
		  64) == 0);
	CHECK(strstr(bytes, "Call-ID: earshot-0000abcd\r\n") != NULL);
	CHECK_EQ(
	    es_sip_options_response(&o, es_slice_str(RESPONSE("404", "earshot-0000abcd")), &status),
	    0);
	CHECK_EQ(status, 404);
	CHECK_EQ(
	    es_sip_options_response(&o, es_slice_str(RESPONSE("100", "earshot-0000abcd")), &status),
	    ES_ESHORT);
	CHECK_EQ(es_sip_options_response(&o, es_slice_str(RESPONSE("200", "another")), &status),
	    ES_ESHORT);
	CHECK_EQ(es_sip_options_response(&o, es_slice_str("nonsense"), &status), ES_EMALFORMED);
}

TEST(path_options_of_the_longest_host_fit)
{
	struct es_sip_options o = options(ES_TRANSPORT_TLS);
	char bytes[ES_SIP_OPTIONS_MAX_BYTES], get[ES_HTTP_GET_MAX_BYTES];
	struct es_target t = { .port = 65535 };

	memset(t.host, 'a', sizeof(t.host) - 1);
	memset(t.query, '/', sizeof(t.query) - 1);
	o.target = &t;
	o.source = (struct es_addr){ .family = 6, .port = 65535 };
	memset(o.source.ip, 0xfd, 16);
	CHECK(es_sip_options_build(&o, bytes) < sizeof(bytes));
	CHECK(es_http_get_build(&t, get) < sizeof(get));
}

TEST(path_options_over_a_stream_wait_for_the_final_response)
{
	static const char both[] =
	    RESPONSE("100", "earshot-0000abcd") RESPONSE("503", "earshot-0000abcd");
	struct es_sip_options o = options(ES_TRANSPORT_TCP);
	uint16_t status = 0;

	for (size_t n = 0; n < sizeof(both) - 1; n++)
		CHECK_EQ(es_sip_options_response(&o, test_guarded(both, n), &status), ES_ESHORT);
	CHECK_EQ(es_sip_options_response(&o, es_slice_str(both), &status), 0);
	CHECK_EQ(status, 503);
}

static void
response(es_slice bytes, uint32_t wire_bytes)
{
	struct es_sip_options udp = options(ES_TRANSPORT_UDP), tcp = options(ES_TRANSPORT_TCP);
	uint16_t status = 200;

	(void)wire_bytes;
	(void)es_sip_options_response(&udp, bytes, &status); /* only its reads matter here */
	(void)es_sip_options_response(&tcp, bytes, &status);
	if (status < 200 || status > 699)
		test_fail(__FILE__, __LINE__, "status %u", status);
}

TEST(path_options_response_survives_each_hurt)
{
	static const char whole[] = RESPONSE("200", "earshot-0000abcd");

	sweep(whole, sizeof(whole) - 1, response);
}

/* ---- HTTP ---- */

TEST(path_http_status_is_read_from_the_first_line)
{
	static const char line[] = "HTTP/1.1 503 Service Unavailable";
	static const char *const none[] = { "SSH-2.0-x", "HTTP/2 200 ", "HTTP/1.1x200",
		"HTTP/1.1 20x ", "HTTP/1.1 600", "HTTP/1.1 099" };
	uint16_t status = 0;

	for (size_t n = 0; n < 12; n++)
		CHECK_EQ(es_http_get_status(test_guarded(line, n), &status), ES_ESHORT);
	CHECK_EQ(es_http_get_status(es_slice_str(line), &status), 0);
	CHECK_EQ(status, 503);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (es_http_get_status(test_guarded(none[i], strlen(none[i])), &status) == 0)
			test_fail(__FILE__, __LINE__, "\"%s\" is taken", none[i]);
}

TEST(path_http_request_names_host_and_path)
{
	char bytes[ES_HTTP_GET_MAX_BYTES];
	struct es_target t;

	CHECK_EQ(es_target_parse("https://[2001:db8::1]:8443/a?b", &t), 0);
	(void)es_http_get_build(&t, bytes);
	CHECK(es_text_begins(
	    es_slice_str(bytes), "GET /a?b HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"));
	CHECK_EQ(es_target_parse("https://example.com", &t), 0);
	(void)es_http_get_build(&t, bytes);
	CHECK(es_text_begins(es_slice_str(bytes), "GET / HTTP/1.1\r\nHost: example.com\r\n"));
}

/* ---- resolv.conf, hosts ---- */

TEST(path_resolv_conf_gives_name_servers)
{
	static const char text[] =
	    "# x\nsearch example.com\nnameserver 192.0.2.53 \n"
	    "nameserver fe80::1%eth0\n nameserver 2001:db8::53\nnameserver bad\n"
	    "nameserver 192.0.2.54\nnameserver 192.0.2.55";
	struct es_addr a[3];

	CHECK_EQ(es_resolv_servers(test_guarded(text, sizeof(text) - 1), a, 3), 3);
	CHECK_EQ(a[0].port, 53);
	CHECK_EQ(a[0].ip[3], 53);
	CHECK_EQ(a[1].family, 6);
	CHECK_EQ(a[2].ip[3], 54);
	CHECK_EQ(es_resolv_servers(es_slice_str(""), a, 3), 1);
	CHECK_EQ(a[0].ip[0], 127);
}

TEST(path_hosts_file_lists_names_of_any_case)
{
	static const char text[] =
	    "127.0.0.1 localhost\n#192.0.2.1 pbx\n192.0.2.2 a pbx.test PBX # b\nx y";
	es_slice hosts = test_guarded(text, sizeof(text) - 1);
	struct es_addr a;

	CHECK(es_resolv_listed(hosts, "pbx", &a));
	CHECK_EQ(a.ip[3], 2);
	CHECK(!es_resolv_listed(hosts, "b", &a));
	CHECK(!es_resolv_listed(hosts, "y", &a));
}
