/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of packets: which pass, and what is said of an expression that is wrong. */
#include "agent/capture/capture_filter.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { HEADERS = 14 + 20 + 8 };

/* A source of packets to ports, each with the type of its link. */
struct script {
	struct es_capture base;
	const struct step {
		uint16_t port;
		uint16_t link;
	} * steps;
	size_t n, at;
	uint8_t bytes[HEADERS];
	bool is_free;
};

static int
script_next(struct es_capture *c, struct es_packet *out)
{
	struct script *s = (struct script *)c;
	uint8_t *ip = s->bytes + 14;

	if (s->at == s->n)
		return ES_EEOF;
	if (s->steps[s->at].port == 0) {
		s->at++;
		(void)snprintf(c->error, sizeof(c->error), "broken");
		return ES_EMALFORMED;
	}
	memset(s->bytes, 0, sizeof(s->bytes));
	s->bytes[12] = 8; /* IPv4 */
	ip[0] = 0x45;
	ip[3] = 28;
	ip[9] = 17; /* UDP */
	ip[22] = (uint8_t)(s->steps[s->at].port >> 8);
	ip[23] = (uint8_t)s->steps[s->at].port;
	*out = (struct es_packet){ .data = s->steps[s->at].link == ES_LINK_ETHERNET ? s->bytes : ip,
		.cap_bytes = s->steps[s->at].link == ES_LINK_ETHERNET ? HEADERS : HEADERS - 14,
		.wire_bytes = 100,
		.link = s->steps[s->at].link };
	s->at++;
	return 0;
}

static bool
script_drops(struct es_capture *c, es_time now, struct es_capture_drops *out)
{
	(void)c;
	out->from = out->to = now;
	out->n = 7;
	return true;
}

static bool
script_is_mixed(const struct es_capture *c)
{
	return ((const struct script *)c)->n > 3;
}

static int
script_fd(const struct es_capture *c)
{
	(void)c;
	return 42;
}

static void
script_free(struct es_capture *c)
{
	((struct script *)c)->is_free = true;
}

static const struct es_capture_ops script_ops = { .next = script_next,
	.drops = script_drops,
	.is_mixed = script_is_mixed,
	.fd = script_fd,
	.free = script_free };

/* "5060 5061 broken ..": what comes through; * stands for what libpcap says, which its versions say otherwise. */
static void
check_passes(const char *expression, const struct step *steps, size_t n, const char *expected)
{
	struct script s = { .base = { .ops = &script_ops }, .steps = steps, .n = n };
	struct es_capture_drops drops;
	struct es_capture *c;
	struct es_packet p;
	char got[300] = "";
	size_t at = 0, n_begin;
	int rc;

	CHECK_EQ(es_capture_filter_new(&s.base, expression, NULL, NULL, &c), 0);
	while ((rc = es_capture_next(c, &p)) != ES_EEOF && at < sizeof(got)) {
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s", at > 0 ? " " : "");
		at += (size_t)(rc == 0 ? snprintf(got + at, sizeof(got) - at, "%u",
					     (unsigned)s.steps[s.at - 1].port)
				       : snprintf(got + at, sizeof(got) - at, "%s",
					     es_capture_error(c)));
	}
	n_begin = strcspn(expected, "*");
	if (expected[n_begin] == '\0') {
		CHECK_STR(got, expected);
	} else {
		const char *end = expected + n_begin + 1;

		CHECK(strncmp(got, expected, n_begin) == 0);
		CHECK(at > n_begin + strlen(end));
		CHECK_STR(got + at - strlen(end), end);
	}
	CHECK(es_capture_drops(c, es_time_of_ns(5), &drops));
	CHECK_EQ(drops.n, 7);
	CHECK_EQ(es_capture_is_mixed(c), n > 3);
	CHECK_EQ(es_capture_fd(c), 42);
	es_capture_free(c);
	CHECK(s.is_free);
}

TEST(filter_lets_pass_what_fits_by_the_type_of_each_link)
{
	static const struct step steps[] = { { 5060, ES_LINK_ETHERNET }, { 4000, ES_LINK_ETHERNET },
		{ 5060, ES_LINK_RAW }, { 4000, ES_LINK_RAW }, { 5061, ES_LINK_RAW },
		{ 5060, ES_LINK_IPV4 }, { 5061, ES_LINK_IPV4 } };

	check_passes("udp port 5060", steps, 7, "5060 5060 5060");
	check_passes("not port 5060", steps, 7, "4000 4000 5061 5061");
	check_passes("", steps, 2, "5060 4000");
}

TEST(filter_passes_errors_of_its_source_on)
{
	static const struct step steps[] = { { 5060, ES_LINK_ETHERNET }, { 0, 0 },
		{ 5061, ES_LINK_ETHERNET } };

	check_passes("udp", steps, 3, "5060 broken 5061");
}

TEST(filter_without_meaning_for_a_link_is_said_once)
{
	static const struct step steps[] = { { 5060, ES_LINK_RAW }, { 5061, ES_LINK_RAW },
		{ 5062, ES_LINK_ETHERNET } };

	check_passes("ether host 00:00:00:00:00:00", steps, 3,
	    "--filter: \"ether host 00:00:00:00:00:00\" says nothing of packets of link type 101: "
	    "* "
	    "5062");
}

/* There are more types of links than places for programs: programs are made again. */
TEST(filter_of_many_types_of_links_is_the_same)
{
	static const uint16_t links[] = { ES_LINK_NULL, ES_LINK_ETHERNET, ES_LINK_PPP, ES_LINK_RAW,
		ES_LINK_RAW_BSD, ES_LINK_PPP_SERIAL, ES_LINK_PPP_ETHER, ES_LINK_CISCO_HDLC,
		ES_LINK_IEEE802_11, ES_LINK_FRAME_RELAY, ES_LINK_LOOP, ES_LINK_SLL,
		ES_LINK_RADIOTAP, ES_LINK_PPI, ES_LINK_IPV6, ES_LINK_SLL2, ES_LINK_IPV4 };
	struct step steps[2 * 17 + 2];
	size_t n = 0;

	for (size_t i = 0; i < 17; i++) {
		steps[n++] = (struct step){ 5060, links[i] };
		steps[n++] = (struct step){ 5060, ES_LINK_ETHERNET };
	}
	steps[n++] = (struct step){ 5061, ES_LINK_SLL2 };
	steps[n++] = (struct step){ 5060, ES_LINK_IPV4 };
	check_passes("less 0", steps, n, ""); /* no packet is so short */
	check_passes("udp dst port 5060 and ip[0] = 0x45 and less 100", steps + 2, 2, "5060 5060");
	check_passes("greater 100", steps + n - 4, 4, "5060 5060 5061 5060");
}

static bool
look_three_times(void *ctx)
{
	int *n = ctx;

	return ++*n < 3;
}

/* Of a long file of which nothing passes, progress is still seen, and its reader may leave. */
TEST(filter_looks_up_while_nothing_passes)
{
	enum { MANY = 20000 };
	struct step *steps = calloc(MANY, sizeof(*steps));
	struct script s = { .base = { .ops = &script_ops }, .steps = steps, .n = MANY };
	struct es_capture *c;
	struct es_packet p;
	int n = 0;

	CHECK(steps != NULL);
	for (size_t i = 0; i < MANY; i++)
		steps[i] = (struct step){ 4000, ES_LINK_ETHERNET };
	CHECK_EQ(es_capture_filter_new(&s.base, "port 5060", look_three_times, &n, &c), 0);
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	CHECK_EQ(n, 3);
	CHECK_EQ(s.at, 3 * 4096);
	es_capture_free(c);
	free(steps);
}

TEST(filter_that_is_wrong_names_the_word_and_what_was_expected)
{
	static const struct {
		const char *expression, *says;
	} cases[] = {
		{ "udp prot 5060", "at character 5, \"prot\": expected and, or, host, net, port" },
		{ "udp port", "at its end: expected a number, " },
		{ "port 5060 )", "at character 11, \")\": expected and, or; see pcap-filter(7)" },
		{ "udp and (port 5060", "at its end: expected and, or, ); see pcap-filter(7)" },
		{ " \t and udp", "at character 4, \"and\": expected a number, (, not, host" },
		{ "ip[2:2", "at its end: expected ]; see pcap-filter(7)" },
		{ "udp or port 99999", "at character 13, \"99999\": " },
		{ "host 300.1.1.1 or udp", "at character 6, \"300.1.1.1\": " },
	};
	static const char *const right[] = { "", "udp port 5060", "host 192.0.2.1 and (udp or tcp)",
		"wlan type mgt", "vlan and udp", "ether host 00:00:5e:00:53:01" };
	char error[ES_CAPTURE_ERROR_MAX], *longest = calloc(1, 5000);

	CHECK(longest != NULL);
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		CHECK_EQ(es_capture_filter_check(right[i], error), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ(es_capture_filter_check(cases[i].expression, error), ES_EINVALID);
		if (strncmp(error, cases[i].says, strlen(cases[i].says)) != 0)
			test_fail(__FILE__, __LINE__, "%s: %s", cases[i].expression, error);
	}
	memset(longest, 'u', 4999);
	CHECK_EQ(es_capture_filter_check(longest, error), ES_EINVALID);
	CHECK_STR(error, "expected at most 4096 characters");
	free(longest);
}
