/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of a machine over a time, from records that list what changed. */
#include "collector/query/signal_history.h"
#include "tests/unit/harness.h"

static es_time
at(int64_t ms)
{
	return es_time_of_ns(ms * ES_NS_PER_MS);
}

static void
take(struct es_signal_history *h, int64_t from_ms, int64_t to_ms, bool full, uint16_t signal,
    int64_t value)
{
	struct es_signal_value v = { signal, value };
	struct es_host rec = { .start = at(from_ms),
		.end = at(to_ms),
		.full = full,
		.interface = es_slice_str("wlan0"),
		.values = &v,
		.n_values = signal == 0 ? 0 : 1 };

	es_signal_history_take(h, &rec);
}

TEST(signal_history_repeats_what_a_record_does_not_list)
{
	struct es_signal_history *h = es_signal_history_new(at(10000), at(70000));
	struct es_signal_point p;

	take(h, 0, 5000, true, ES_SIG_WIFI_SIGNAL, -60);
	take(h, 5000, 10000, false, ES_SIG_CPU_BUSY, 100); /* both end before the range */
	take(h, 10000, 15000, false, 0, 0);
	take(h, 15000, 20000, false, ES_SIG_WIFI_SIGNAL, -70);
	take(h, 20000, 25000, true, ES_SIG_CPU_BUSY, 300);
	take(h, 80000, 85000, true, ES_SIG_CPU_BUSY, 400); /* behind it */
	CHECK_EQ(es_signal_history_bins(h), 3);
	CHECK(es_signal_history_point(h, ES_SIG_WIFI_SIGNAL, 0, &p));
	CHECK(p.value == -60 && p.low == -60 && p.high == -60);
	CHECK(p.start.ns == at(10000).ns && p.end.ns == at(15000).ns);
	CHECK(es_signal_history_point(h, ES_SIG_CPU_BUSY, 1, &p));
	CHECK_EQ(p.value, 100);
	CHECK(es_signal_history_point(h, ES_SIG_WIFI_SIGNAL, 1, &p));
	CHECK_EQ(p.value, -70);
	CHECK(!es_signal_history_point(h, ES_SIG_WIFI_SIGNAL, 2, &p)); /* the full one lacks it */
	CHECK(es_slice_eq(es_signal_history_interface(h), es_slice_str("wlan0")));
	CHECK(!es_signal_history_is_synthetic(h));
	es_signal_history_free(h);
}

TEST(signal_history_of_a_long_time_has_few_bins_that_lose_no_extreme)
{
	enum { N = 100000, MS = 5000 };
	struct es_signal_history *h = es_signal_history_new(at(0), at((int64_t)N * MS));
	struct es_signal_point p;
	int64_t retries = 0, worst = 0;
	size_t n;

	for (int64_t i = 0; i < N; i++) {
		take(h, i * MS, (i + 1) * MS, true, ES_SIG_WIFI_SIGNAL, i == 77777 ? -95 : -50);
		take(h, i * MS, (i + 1) * MS, false, ES_SIG_WIFI_TX_RETRIES, 3);
	}
	n = es_signal_history_bins(h);
	CHECK(n > ES_HISTORY_BINS / 2 && n <= ES_HISTORY_BINS);
	for (size_t i = 0; i < n; i++) {
		CHECK(es_signal_history_point(h, ES_SIG_WIFI_SIGNAL, i, &p));
		CHECK(p.value <= -50 && p.value > -95 && p.high == -50);
		worst = p.low < worst ? p.low : worst;
		CHECK(es_signal_history_point(h, ES_SIG_WIFI_TX_RETRIES, i, &p));
		retries += p.value; /* counts add up */
	}
	CHECK_EQ(worst, -95);
	CHECK_EQ(retries, 3 * N);
	es_signal_history_free(h);
}

/* An agent says what it likes. */
TEST(signal_history_takes_any_record)
{
	struct es_signal_history *h = es_signal_history_new(at(0), at(1000));
	struct es_signal_point p;

	take(h, 5000, 10, true, ES_SIG_CPU_BUSY, INT64_MAX); /* ends before it begins */
	take(h, 500, 500, true, ES_SIG_CPU_BUSY, INT64_MIN);
	take(h, 500, 500, true, 60000, 7);
	for (int i = 0; i < 5000; i++)
		take(h, 900 - i % 800, 1000, true, ES_SIG_CPU_BUSY, INT64_MAX);
	CHECK(es_signal_history_bins(h) <= ES_HISTORY_BINS);
	CHECK(es_signal_history_point(h, ES_SIG_CPU_BUSY, 0, &p));
	CHECK(p.low == INT64_MIN && p.value == INT64_MIN);
	CHECK(es_signal_history_point(h, ES_SIG_CPU_BUSY, 1, &p));
	CHECK(p.value == INT64_MAX && p.high == INT64_MAX);
	es_signal_history_free(h);
}
