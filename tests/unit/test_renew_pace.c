/* SPDX-License-Identifier: Apache-2.0 */
/* How often agents may ask for a certificate. */
#include "collector/ingest/renew_pace.h"
#include "tests/unit/harness.h"

enum { WEEK_MS = 7 * 86400000 };

static struct es_renew_pace pace;

TEST(renew_pace_is_each_agents_own)
{
	memset(&pace, 0, sizeof(pace));
	CHECK(es_renew_wait(&pace, 1, WEEK_MS, 5) == NULL);
	CHECK_STR(es_renew_wait(&pace, 1, WEEK_MS, 5), "too early after the last request");
	CHECK(es_renew_wait(&pace, 2, WEEK_MS, 5) == NULL);
	CHECK_STR(es_renew_wait(&pace, 1, WEEK_MS, 5 + ES_RENEW_PAUSE_MS - 1),
	    "too early after the last request");
	CHECK(es_renew_wait(&pace, 1, WEEK_MS, 5 + ES_RENEW_PAUSE_MS) == NULL);
}

/* Of a life of 20 s the next renewal is due after 8 s. */
TEST(renew_pace_lets_certificates_of_seconds_renew_themselves)
{
	memset(&pace, 0, sizeof(pace));
	CHECK(es_renew_wait(&pace, 1, 20000, 5) == NULL);
	CHECK_STR(es_renew_wait(&pace, 1, 20000, 5 + 1999), "too early after the last request");
	CHECK(es_renew_wait(&pace, 1, 20000, 5 + 2000) == NULL);
}

/* Those who may not ask push nobody out. */
TEST(renew_pace_has_a_limit_for_all)
{
	memset(&pace, 0, sizeof(pace));
	for (int64_t i = 1; i <= ES_RENEW_RECENT; i++)
		CHECK(es_renew_wait(&pace, i, WEEK_MS, 100 + i) == NULL);
	for (int64_t i = 1; i <= ES_RENEW_RECENT; i++)
		CHECK_STR(
		    es_renew_wait(&pace, i, WEEK_MS, 1000), "too early after the last request");
	CHECK_STR(
	    es_renew_wait(&pace, 9999, WEEK_MS, 1000), "too many agents renew now; try again");
	CHECK(es_renew_wait(&pace, 9999, WEEK_MS, 101 + ES_RENEW_PAUSE_MS) ==
	      NULL); /* the first is done */
	CHECK_STR(es_renew_wait(&pace, 9998, WEEK_MS, 101 + ES_RENEW_PAUSE_MS),
	    "too many agents renew now; try again");
}
