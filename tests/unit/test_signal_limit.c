/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of signals: one row for each, those with a limit first. */
#include "probes/base/signal_limit.h"
#include "tests/unit/harness.h"

TEST(signal_limit_has_one_row_for_each_signal)
{
	unsigned seen[ES_SIG_END] = { 0 };
	uint32_t rows = 0;

	for (; es_signal_limit_at(rows) != NULL; rows++)
		seen[es_signal_limit_at(rows)->signal]++;
	CHECK_EQ(rows, ES_SIG_END - 1);
	for (uint16_t i = 1; i < ES_SIG_END; i++) {
		CHECK_EQ(seen[i], 1);
		CHECK_EQ(es_signal_limit_of(i)->signal, i);
	}
	CHECK(es_signal_limit_of(0) == NULL);
	CHECK(es_signal_limit_of(ES_SIG_END) == NULL);
}

TEST(signal_limit_rows_without_one_come_last)
{
	const struct es_signal_limit *l;

	for (uint32_t i = 0; (l = es_signal_limit_at(i)) != NULL; i++)
		CHECK_EQ(l->side != ES_LIMIT_NONE, i < ES_SIGNAL_LIMITS);
}

TEST(signal_limit_itself_is_not_beyond)
{
	const struct es_signal_limit *retries = es_signal_limit_of(ES_SIG_WIFI_TX_RETRIES);
	const struct es_signal_limit *level = es_signal_limit_of(ES_SIG_WIFI_SIGNAL);
	const struct es_signal_limit *sent = es_signal_limit_of(ES_SIG_WIFI_TX_PACKETS);

	CHECK(!es_signal_limit_is_beyond(retries, 200));
	CHECK(es_signal_limit_is_beyond(retries, 201));
	CHECK(!es_signal_limit_is_beyond(level, -75));
	CHECK(es_signal_limit_is_beyond(level, -76));
	CHECK(!es_signal_limit_is_beyond(sent, INT64_MAX));
}
