/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the API: what is taken, what is refused and how that is said. */
#include "collector/query/query.h"

#include "tests/unit/harness.h"

static int64_t
instant(const char *text)
{
	es_time t = es_time_of_ns(-1);

	return es_parse_instant(text, &t) == 0 ? t.ns : -1;
}

TEST(query_reads_instants)
{
	CHECK_EQ(instant("1970-01-01T00:00Z"), 0);
	CHECK_EQ(instant("1970-01-02"), 86400 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-11-22T15:27:00Z"), 1795361220 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-11-22 15:27:00.5Z"), 1795361220 * ES_NS_PER_S + 500000000);
	CHECK_EQ(instant("2026-11-22T16:27:00+01:00"), 1795361220 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-11-22T10:57:00-04:30"), 1795361220 * ES_NS_PER_S);
	CHECK_EQ(instant("2024-02-29"), 1709164800 * ES_NS_PER_S);
}

TEST(query_refuses_what_is_no_instant)
{
	static const char *const bad[] = { "", "now", "2026", "2026-13-01", "2026-00-10",
		"2026-02-29", "2026-11-22T", "2026-11-22T25:00Z", "2026-11-22T10:00",
		"2026-11-22T10:00:00.Z", "2026-11-22T10:00Zx", "2026-11-22T10:00+1:00",
		"1969-12-31", "9999-01-01", "2026-11-22T10:60Z", "-026-11-22" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (instant(bad[i]) != -1)
			test_fail(__FILE__, __LINE__, "\"%s\" was taken", bad[i]);
}

TEST(query_reads_decimals_to_milli)
{
	uint32_t v = 0;

	CHECK_EQ(es_parse_milli("3.6", 5000, &v), 0);
	CHECK_EQ(v, 3600);
	CHECK_EQ(es_parse_milli("5", 5000, &v), 0);
	CHECK_EQ(v, 5000);
	CHECK_EQ(es_parse_milli("1.234", 5000, &v), 0);
	CHECK_EQ(v, 1234);
	CHECK_EQ(es_parse_milli("5.001", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("99999999999999999999", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("1.2345", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("1.", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("-1", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("1e3", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(v, 1234);
}

TEST(query_place_in_the_list_survives_the_way_to_the_browser)
{
	struct es_page page = { { INT64_C(1795361220123456789) }, 1, INT64_MAX / 2 }, back;
	char text[64];

	es_page_text(&page, text);
	CHECK_EQ(es_page_parse(text, &back), 0);
	CHECK_EQ(back.start.ns, page.start.ns);
	CHECK_EQ(back.kind, 1);
	CHECK_EQ(back.id, page.id);
	CHECK_EQ(es_page_parse("1_2_3", &back), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("1_1", &back), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("1_1_3x", &back), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("99999999999999999999_0_1", &back), ES_EMALFORMED);
}

struct pairs {
	const char *name[4];
	const char *value[4];
};

static const char *
look(void *ctx, const char *name)
{
	const struct pairs *p = ctx;

	for (int i = 0; i < 4; i++)
		if (p->name[i] != NULL && strcmp(p->name[i], name) == 0)
			return p->value[i];
	return NULL;
}

TEST(query_without_parameters_asks_for_all)
{
	struct pairs none = { { NULL }, { NULL } };
	struct es_calls_query q;
	const char *name = "x", *expected = "x";

	CHECK_EQ(es_calls_query_parse(look, &none, &q, &name, &expected), 0);
	CHECK(name == NULL);
	CHECK_EQ(q.from.ns, 0);
	CHECK_EQ(q.to.ns, INT64_MAX);
	CHECK(!q.has_min_mos && !q.has_max_mos && !q.has_after);
	CHECK_EQ(q.limit, ES_CALLS_LIMIT_DEFAULT);
	CHECK_STR(q.q, "");
}

TEST(query_names_the_bad_parameter_and_what_was_expected)
{
	static const struct {
		const char *name, *value;
	} bad[] = { { "from", "yesterday" }, { "to", "2026" }, { "min_mos", "0.9" },
		{ "max_mos", "5.1" }, { "limit", "0" }, { "limit", "201" }, { "limit", "ten" },
		{ "after", "x" } };
	struct es_calls_query q;
	const char *name, *expected;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pairs p = { { bad[i].name }, { bad[i].value } };

		CHECK_EQ(es_calls_query_parse(look, &p, &q, &name, &expected), ES_EMALFORMED);
		CHECK_STR(name, bad[i].name);
		CHECK(strlen(expected) > 5);
	}
}

/* Every parameter from the n-th on is bad. */
struct spoilt {
	size_t n;
};

static const struct {
	const char *name, *value, *expected;
} spoils[] = { { "from", "now", "an instant as in 2026-01-31T08:00Z, or a date" },
	{ "to", "1969-12-31", "an instant as in 2026-01-31T08:00Z, or a date" },
	{ "min_mos", "0.999", "a number from 1 to 5" },
	{ "max_mos", "5.001", "a number from 1 to 5" }, { "site", NULL, "at most 64 bytes" },
	{ "agent", NULL, "at most 64 bytes" }, { "q", NULL, "at most 256 bytes" },
	{ "limit", "201", "a whole number from 1 to 200" },
	{ "after", "x", "what an earlier answer gave as next" } };

static const char *
spoil(void *ctx, const char *name)
{
	static char text[300];
	const struct spoilt *p = ctx;

	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = p->n; i < sizeof(spoils) / sizeof(spoils[0]); i++)
		if (strcmp(spoils[i].name, name) == 0)
			return spoils[i].value == NULL ? text : spoils[i].value;
	return NULL;
}

/* Of several bad parameters the first is named, with what was expected of it. */
TEST(query_names_the_first_of_several_bad_parameters)
{
	struct es_calls_query q;
	const char *name, *expected;

	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		struct spoilt p = { i };

		CHECK_EQ(es_calls_query_parse(spoil, &p, &q, &name, &expected), ES_EMALFORMED);
		CHECK_STR(name, spoils[i].name);
		CHECK_STR(expected, spoils[i].expected);
	}
}

TEST(query_refuses_a_range_that_ends_before_it_begins)
{
	struct pairs p = { { "from", "to" }, { "2026-01-02", "2026-01-01" } };
	struct es_calls_query q;
	const char *name, *expected;

	CHECK_EQ(es_calls_query_parse(look, &p, &q, &name, &expected), ES_EMALFORMED);
	CHECK_STR(name, "to");
	CHECK_STR(expected, "an instant after from");
}

TEST(query_instants_are_exact_at_their_bounds)
{
	static const char *const bad[] = { "1969-12-31T23:59:59Z", "2201-01-01", "2026-04-31",
		"2026-06-31", "2026-01-32", "2026-01-00", "2100-02-29", "2023-02-29",
		"2026-01-01T24:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00+15:00",
		"2026-01-01T00:00+01:60", "2026-01-01T00:00*01:00", "2026-01-01T00:00+01",
		"2026-01-01T00:00+0100", "2026-01-01T0:00Z", "2026-01-01T00-00Z", "2026/01/01",
		"2026-01/01", "2026-01-01T00:00:0Z", "2026-01-01T00:00:00.:Z", "2026-01-01x" };

	CHECK_EQ(instant("1970-01-01"), 0);
	CHECK_EQ(instant("2200-12-31T23:59:59Z"), INT64_C(7289654399) * ES_NS_PER_S);
	CHECK_EQ(instant("1970-01-01T23:00Z"), 82800 * ES_NS_PER_S);
	CHECK_EQ(instant("1970-01-01T00:59Z"), 3540 * ES_NS_PER_S);
	CHECK_EQ(instant("1970-01-01T00:00:59Z"), 59 * ES_NS_PER_S);
	CHECK_EQ(instant("1970-01-01T14:00+14:00"), 0);
	CHECK_EQ(instant("1970-01-01T00:00-14:59"), 53940 * ES_NS_PER_S);
	CHECK_EQ(instant("1970-01-01T00:00:00.1Z"), 100000000);
	CHECK_EQ(instant("1970-01-01T00:00:00.09Z"), 90000000);
	CHECK_EQ(instant("2000-02-29"), 951782400 * ES_NS_PER_S);
	CHECK_EQ(instant("2000-03-01"), 951868800 * ES_NS_PER_S);
	CHECK_EQ(instant("2100-03-01"), INT64_C(4107542400) * ES_NS_PER_S);
	CHECK_EQ(instant("2026-01-31"), 1769817600 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-12-31T23:59Z"), 1798761540 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-01-01T00:00:60Z"), 1767225660 * ES_NS_PER_S);
	CHECK_EQ(instant("2026-01-01T00:00+14:59"), (1767225600 - 53940) * ES_NS_PER_S);
	CHECK_EQ(instant("2026-01-01T00:00:00.123456789Z"), 1767225600 * ES_NS_PER_S + 123456789);
	CHECK_EQ(instant("2026-01-01T00:00:00.9999999999Z"), 1767225600 * ES_NS_PER_S + 999999999);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (instant(bad[i]) != -1)
			test_fail(__FILE__, __LINE__, "\"%s\" was taken", bad[i]);
}

/* Every day from the first to the last that is taken, one after the other; no other day of any month. */
TEST(query_knows_every_day_of_the_calendar)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t at_s = 0;

	for (int y = 1970; y <= 2200; y++)
		for (int m = 1; m <= 12; m++) {
			bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
			int most = days[m - 1] + (m == 2 && leap);

			for (int d = 0; d <= 33; d++) {
				char text[40];
				bool is_day = d >= 1 && d <= most;

				(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", y, m, d);
				CHECK_EQ(instant(text), is_day ? at_s * ES_NS_PER_S : -1);
				at_s += is_day ? 86400 : 0;
			}
		}
}

TEST(query_numbers_are_exact_at_their_bounds)
{
	struct es_page page;
	uint32_t v = 0;

	CHECK_EQ(es_parse_milli("5.000", 5000, &v), 0);
	CHECK_EQ(v, 5000);
	CHECK_EQ(es_parse_milli("0", 5000, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(es_parse_milli("9.9", 9900, &v), 0);
	CHECK_EQ(v, 9900);
	CHECK_EQ(es_parse_milli("0.999", 5000, &v), 0);
	CHECK_EQ(v, 999);
	CHECK_EQ(es_parse_milli("4.05", 5000, &v), 0);
	CHECK_EQ(v, 4050);
	CHECK_EQ(es_parse_milli("6", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli(".5", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli(":", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_parse_milli("1./", 5000, &v), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("-5_0_0", &page), 0);
	CHECK_EQ(page.start.ns, -5);
	CHECK_EQ(page.kind, 0);
	CHECK_EQ(page.id, 0);
	CHECK_EQ(es_page_parse("1_1_9223372036854775799", &page), 0);
	CHECK(page.id > INT64_MAX - 10);
	CHECK_EQ(es_page_parse("1_0_-1", &page), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("1_-1_1", &page), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("1_0_", &page), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("-_0_1", &page), ES_EMALFORMED);
	CHECK_EQ(es_page_parse("1:0:1", &page), ES_EMALFORMED);
}

static bool
is_taken(const char *name, const char *value)
{
	struct pairs p = { { name }, { value } };
	struct es_calls_query q;
	const char *bad, *expected;

	return es_calls_query_parse(look, &p, &q, &bad, &expected) == 0;
}

TEST(query_parameters_are_taken_up_to_their_bounds)
{
	struct pairs all = { { "min_mos", "max_mos", "limit", "after" },
		{ "1", "5", "200", "12_1_34" } };
	struct pairs same = { { "from", "to", "site", "agent" },
		{ "2026-01-02", "2026-01-02", "berlin", "ep" } };
	struct es_calls_query q;
	const char *name, *expected;
	char text[300];

	CHECK_EQ(es_calls_query_parse(look, &all, &q, &name, &expected), 0);
	CHECK(q.has_min_mos && q.has_max_mos && q.has_after);
	CHECK_EQ(q.min_mos_milli, 1000);
	CHECK_EQ(q.max_mos_milli, 5000);
	CHECK_EQ(q.limit, 200);
	CHECK_EQ(q.after.id, 34);
	CHECK_EQ(es_calls_query_parse(look, &same, &q, &name, &expected), 0);
	CHECK_EQ(q.from.ns, q.to.ns);
	CHECK_STR(q.site, "berlin");
	CHECK_STR(q.agent, "ep");
	CHECK(is_taken("limit", "1"));
	CHECK(is_taken("limit", "")); /* empty asks for nothing */
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "site", "agent", "q" };
		size_t most = i == 2 ? 256 : 64;

		text[most] = '\0';
		CHECK(is_taken(names[i], text));
		text[most] = 'a';
		text[most + 1] = '\0';
		CHECK(!is_taken(names[i], text));
		text[most + 1] = 'a';
	}
}
