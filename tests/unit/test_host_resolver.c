/* SPDX-License-Identifier: Apache-2.0 */
/* A query to a name server, with answers that the test makes. */
#include "probes/host/requests/resolver.h"

#include "harness.h"

enum { MS = 1000 * 1000, ID = 0xbeef };

static struct es_host_resolver d;
static uint8_t query[ES_HOST_QUERY_BYTES];

static es_time
at(int64_t ms)
{
	return es_time_of_ns(ms * MS);
}

static void
answer(uint16_t id, uint16_t flags, int64_t ms)
{
	uint8_t dns[ES_HOST_QUERY_BYTES];

	memcpy(dns, query, sizeof(dns));
	dns[0] = (uint8_t)(id >> 8);
	dns[1] = (uint8_t)id;
	dns[2] = (uint8_t)(flags >> 8);
	dns[3] = (uint8_t)flags;
	es_host_resolver_answer(&d, test_guarded(dns, sizeof(dns)), at(ms));
}

TEST(resolver_query_is_for_the_servers_of_the_root)
{
	static const uint8_t expected[] = { 0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0,
		1 };

	es_host_resolver_query(&d, at(0), ID, query);
	CHECK_EQ(sizeof(query), sizeof(expected));
	CHECK(memcmp(query, expected, sizeof(query)) == 0);
}

/* What comes after a query at 1000 ms, judged at 5000 ms. */
TEST(resolver_answers_are_judged)
{
	static const struct row {
		const char *name;
		uint16_t id, flags;
		int64_t ms;
		bool failed;
		int64_t latency_us;
	} rows[] = {
		{ "an answer", ID, 0x8180, 1012, false, 12000 },
		{ "no such name is an answer", ID, 0x8183, 1012, false, 12000 },
		{ "a refusal is an answer", ID, 0x8185, 1012, false, 12000 },
		{ "server failure", ID, 0x8182, 1012, true, 0 },
		{ "another query's answer", ID + 1, 0x8180, 1012, true, 0 },
		{ "a query, not an answer", ID, 0x0100, 1012, true, 0 },
		{ "an answer from before", ID, 0x8180, 900, true, 0 },
		{ "an answer that is too late", ID, 0x8180, 3000, true, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool failed = false;

		es_host_resolver_query(&d, at(1000), ID, query);
		answer(rows[i].id, rows[i].flags, rows[i].ms);
		if (!es_host_resolver_judge(&d, at(5000), &failed) || failed != rows[i].failed ||
		    (!failed && d.latency_us != rows[i].latency_us))
			test_fail(__FILE__, __LINE__, "%s", rows[i].name);
		CHECK(!es_host_resolver_judge(&d, at(5000), &failed)); /* once */
	}
}

TEST(resolver_query_under_way_is_not_judged)
{
	bool failed;

	es_host_resolver_query(&d, at(1000), ID, query);
	CHECK(!es_host_resolver_judge(&d, at(2999), &failed));
	CHECK(d.is_open);
	CHECK(es_host_resolver_judge(&d, at(3000), &failed) && failed);
	es_host_resolver_query(&d, at(1000), ID, query);
	CHECK(!es_host_resolver_judge(&d, at(500), &failed)); /* the clock was set back */
	CHECK(!d.is_open);
}

TEST(resolver_answer_cut_short_is_not_taken)
{
	bool failed;

	es_host_resolver_query(&d, at(1000), ID, query);
	query[2] |= 0x80;
	for (size_t n = 0; n < 12; n++)
		es_host_resolver_answer(&d, test_guarded(query, n), at(1001));
	CHECK(!d.is_answered);
	es_host_resolver_answer(&d, test_guarded(query, 12), at(1001)); /* a head alone is enough */
	CHECK(d.is_answered);
	CHECK(es_host_resolver_judge(&d, at(1002), &failed) && !failed);
}
