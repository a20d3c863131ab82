/* SPDX-License-Identifier: Apache-2.0 */
/* Text, addresses, instants and error words. */
#include "earshot/addr.h"
#include "harness.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"

static es_slice
guarded(const char *text)
{
	return test_guarded(text, strlen(text));
}

TEST(text_compares_without_case)
{
	CHECK(es_text_is(guarded("Call-ID"), "cALL-id"));
	CHECK(!es_text_is(guarded("Call-ID"), "Call-IDs"));
	CHECK(!es_text_is(guarded("["), "{")); /* 32 apart, but no letters */
	CHECK(es_text_begins(guarded("SIP/2.0 200"), "SIP/"));
	CHECK(!es_text_begins(guarded("SI"), "SIP/"));
	CHECK(es_text_begins_same(guarded("Multipart/Mixed"), "multipart/"));
}

TEST(text_cuts_and_trims)
{
	es_slice rest = guarded(" a , b,,");

	CHECK_SLICE(es_text_trim(es_text_cut(&rest, ',')), "a");
	CHECK_SLICE(es_text_cut(&rest, ','), " b");
	CHECK_SLICE(es_text_cut(&rest, ','), "");
	CHECK_EQ(rest.n, 0);
	CHECK_SLICE(es_text_cut(&rest, ','), "");
	CHECK_SLICE(es_text_trim(guarded(" \t\r\n")), "");
}

TEST(text_lines_end_with_or_without_cr)
{
	es_slice rest = guarded("v=0\r\no=x\n\r\nlast");
	es_slice line;

	CHECK(es_text_line(&rest, &line));
	CHECK_SLICE(line, "v=0");
	CHECK(es_text_line(&rest, &line));
	CHECK_SLICE(line, "o=x");
	CHECK(es_text_line(&rest, &line));
	CHECK_SLICE(line, "");
	CHECK(es_text_line(&rest, &line));
	CHECK_SLICE(line, "last");
	CHECK(!es_text_line(&rest, &line));
}

TEST(text_words)
{
	es_slice rest = guarded("  314159 \r\n\tINVITE ");

	CHECK_SLICE(es_text_word(&rest), "314159");
	CHECK_SLICE(es_text_word(&rest), "INVITE");
	CHECK_SLICE(es_text_word(&rest), "");
}

TEST(text_numbers_have_a_range)
{
	uint64_t v = 5;
	uint32_t w;

	CHECK_EQ(es_text_u64(guarded("18446744073709551615"), UINT64_MAX, &v), 0);
	CHECK(v == UINT64_MAX);
	CHECK_EQ(es_text_u64(guarded("18446744073709551616"), UINT64_MAX, &v), ES_EMALFORMED);
	CHECK_EQ(es_text_u64(guarded("99999999999999999999999"), UINT64_MAX, &v), ES_EMALFORMED);
	CHECK_EQ(es_text_u32(guarded("65536"), 65535, &w), ES_EMALFORMED);
	CHECK_EQ(es_text_u32(guarded("0065535"), 65535, &w), 0);
	CHECK_EQ(w, 65535);
	CHECK_EQ(es_text_u32(guarded("3"), 2, &w), ES_EMALFORMED);
	CHECK_EQ(es_text_u32(guarded(""), 2, &w), ES_EMALFORMED);
	CHECK_EQ(es_text_u32(guarded("-1"), 2, &w), ES_EMALFORMED);
	CHECK_EQ(es_text_u32(guarded("1 "), 2, &w), ES_EMALFORMED);
	CHECK_EQ(w, 65535);
}

TEST(text_hexadecimal)
{
	uint64_t v;

	CHECK_EQ(es_text_hex(guarded("0x1234ABcd"), &v), 0);
	CHECK_EQ(v, 0x1234abcd);
	CHECK_EQ(es_text_hex(guarded("ffffffffffffffff"), &v), 0);
	CHECK(v == UINT64_MAX);
	CHECK_EQ(es_text_hex(guarded("0x"), &v), ES_EMALFORMED);
	CHECK_EQ(es_text_hex(guarded("1ffffffffffffffff"), &v), ES_EMALFORMED);
	CHECK_EQ(es_text_hex(guarded("12g4"), &v), ES_EMALFORMED);
}

/* Addresses in the forms that RFC 5952 sections 4 and 5 recommend. */
TEST(addr_text_is_rfc5952)
{
	static const char *const same[] = { "10.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1",
		"2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:db8:0:0:1::", "2001:db8::1:0:0:1",
		"2001:0:0:1::1", "fe80::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1::8",
		"2001:db8:aaaa:bbbb:cccc:dddd:eeee:1" };
	static const char *const longer[][2] = {
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:DB8::ABCD", "2001:db8::abcd" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "::ffff:c000:201", "::ffff:192.0.2.1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	};
	char text[ES_ADDR_TEXT_MAX];
	struct es_addr a;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CHECK_EQ(es_addr_parse_ip(same[i], strlen(same[i]), &a), 0);
		CHECK_EQ(es_addr_ip_text(&a, text), strlen(text));
		CHECK_STR(text, same[i]);
	}
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		CHECK_EQ(es_addr_parse_ip(longer[i][0], strlen(longer[i][0]), &a), 0);
		(void)es_addr_ip_text(&a, text);
		CHECK_STR(text, longer[i][1]);
	}
}

TEST(addr_text_with_port)
{
	struct es_addr a;
	char text[ES_ADDR_TEXT_MAX];

	CHECK_EQ(es_addr_parse_ip("2001:db8::1", 11, &a), 0);
	a.port = 65535;
	CHECK_EQ(es_addr_text(&a, text), 19);
	CHECK_STR(text, "[2001:db8::1]:65535");
	CHECK_EQ(es_addr_parse_ip("10.0.0.1", 8, &a), 0);
	a.port = 4000;
	CHECK_EQ(es_addr_text(&a, text), 13);
	CHECK_STR(text, "10.0.0.1:4000");
	memset(&a, 0, sizeof(a));
	(void)es_addr_text(&a, text);
	CHECK_STR(text, "-:0");
}

TEST(addr_longest_text_fits)
{
	static const char longest[] = "aaaa:bbbb:cccc:dddd:eeee:ffff:abcd:1234";
	struct es_addr a;
	char text[ES_ADDR_TEXT_MAX];

	CHECK_EQ(es_addr_parse_ip(longest, strlen(longest), &a), 0);
	a.port = 65535;
	CHECK_EQ(es_addr_text(&a, text), 47);
}

TEST(addr_refuses_what_is_no_address)
{
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.",
		".1.2.3", "01.2.3.4", "1.2.3.4 ", "host", ":", ":::", "1:", "1:2", ":1::2",
		"1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8",
		"12345::", "g::", "::1.2.3", "::0x1", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "[::1]",
		"fe80::1%eth0" };
	struct es_addr a = { .family = 9 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		es_slice text = guarded(bad[i]);

		if (es_addr_parse_ip((const char *)text.p, text.n, &a) != ES_EMALFORMED)
			test_fail(__FILE__, __LINE__, "took %s for an address", bad[i]);
	}
	CHECK_EQ(a.family, 9);
}

static void
check_time(int64_t ns, const char *want)
{
	char text[ES_TIME_TEXT_BYTES];
	es_time back;

	es_time_text(es_time_of_ns(ns), text);
	CHECK_SLICE(es_slice_of(text, sizeof(text)), want);
	CHECK_EQ(es_time_parse(guarded(want), &back), 0);
	CHECK_EQ(back.ns / 1000, ns / 1000);
}

TEST(time_text_of_known_instants)
{
	check_time(0, "1970-01-01T00:00:00.000000Z");
	check_time(INT64_C(1767225600000000000), "2026-01-01T00:00:00.000000Z");
	check_time(INT64_C(951782399999999000), "2000-02-28T23:59:59.999999Z");
	check_time(INT64_C(951868800000000000), "2000-03-01T00:00:00.000000Z");
	check_time(INT64_C(1709164800123456000), "2024-02-29T00:00:00.123456Z");
	check_time(INT64_C(4107542399000000000), "2100-02-28T23:59:59.000000Z");
	check_time(-1000, "1969-12-31T23:59:59.999999Z");
}

TEST(time_text_goes_to_the_ends_of_time)
{
	char text[ES_TIME_TEXT_BYTES];

	es_time_text(es_time_of_ns(INT64_MAX), text);
	CHECK_SLICE(es_slice_of(text, sizeof(text)), "2262-04-11T23:47:16.854775Z");
	es_time_text(es_time_of_ns(INT64_MIN), text);
	CHECK_SLICE(es_slice_of(text, sizeof(text)), "1677-09-21T00:12:43.145224Z");
}

TEST(time_text_and_back_over_many_days)
{
	uint64_t random = 11;

	for (int i = 0; i < 20000; i++) {
		int64_t s = (int64_t)test_random(&random) % 4000000000;
		char text[ES_TIME_TEXT_BYTES];
		es_time t = es_time_of_ns(s * ES_NS_PER_S), back;

		es_time_text(t, text);
		CHECK_EQ(es_time_parse(es_slice_of(text, sizeof(text)), &back), 0);
		CHECK_EQ(back.ns, t.ns);
	}
}

TEST(time_parse_takes_other_fractions)
{
	es_time t;

	CHECK_EQ(es_time_parse(guarded("1970-01-01T00:00:01Z"), &t), 0);
	CHECK_EQ(t.ns, ES_NS_PER_S);
	CHECK_EQ(es_time_parse(guarded("1970-01-01T00:00:01.5Z"), &t), 0);
	CHECK_EQ(t.ns, 3 * ES_NS_PER_S / 2);
	CHECK_EQ(es_time_parse(guarded("1970-01-01T00:00:00.123456789Z"), &t), 0);
	CHECK_EQ(t.ns, 123456789);
	CHECK_EQ(es_time_parse(guarded("2016-12-31T23:59:60Z"), &t), 0); /* leap second */
}

TEST(time_parse_refuses_what_is_no_date)
{
	static const char *const bad[] = { "", "1970-01-01", "1970-01-01T00:00:00",
		"1970-01-01T00:00:00+01:00", "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
		"1970-02-30T00:00:00Z", "2100-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00.1234567890Z", "1970-01-01 00:00:00Z", "19700-1-01T00:00:00Z",
		"2263-01-01T00:00:00Z", "1600-01-01T00:00:00Z", "1970-01-01T00:00:0Z", "Z",
		"1970-01-01T00:00:00.000000ZZ" };
	es_time t = es_time_of_ns(42);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (es_time_parse(guarded(bad[i]), &t) != ES_EMALFORMED)
			test_fail(__FILE__, __LINE__, "took %s for an instant", bad[i]);
	CHECK_EQ(t.ns, 42);
}

TEST(error_words_for_every_code)
{
	for (int err = ES_ECUT; err <= 0; err++)
		CHECK(strcmp(es_strerror(err), "unknown error") != 0);
	CHECK_STR(es_strerror(ES_ECUT - 1), "unknown error");
	CHECK_STR(es_strerror(1), "unknown error");
	CHECK_STR(es_strerror(ES_EFULL), "a limit is reached");
}

TEST(text_scaled_numbers)
{
	static const struct {
		const char *text;
		unsigned decimals;
		long long want;
	} rows[] = {
		{ "0", 0, 0 },
		{ "4.2", 3, 4200 },
		{ "4.25", 1, 43 },
		{ "-4.25", 1, -43 },
		{ "-21", 0, -21 },
		{ "0.49", 0, 0 },
		{ "0.5", 0, 1 },
		{ "999999999999.9999999", 6, 1000000000000000000 },
	};
	static const char *const bad[] = { "", "-", ".5", "5.", "1.2.3", "1e3", "+1", " 1", "1.x",
		"--1", "0x1", "1000000000000" };
	int64_t v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(es_text_scaled(guarded(rows[i].text), rows[i].decimals, &v), 0);
		CHECK_EQ(v, rows[i].want);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (es_text_scaled(guarded(bad[i]), 3, &v) != ES_EMALFORMED)
			test_fail(__FILE__, __LINE__, "took \"%s\"", bad[i]);
}
