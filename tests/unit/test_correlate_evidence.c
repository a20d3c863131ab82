/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence says: what, where, when in the call, how much; for people and for programs. */
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_machine.h"
#include "correlate/verdict/evidence_time.h"
#include "tests/unit/made_records.h"

#include <string.h>

/* Every fifth packet of [600, 1000) is lost between ep and access: from 12 s to 20 s after the first one. */
static struct call4 *
lossy_call(void)
{
	struct call4 *s = call4_new(1800);

	for (uint32_t i = 600; i < 1000; i += 5)
		call4_lose(s->fwd_seen, 1, 1, i);
	call4_signal(s);
	call4_media(s);
	return s;
}

/* A sample of ep every 5 s; bad ones while packets are lost. */
struct health {
	enum es_signal signal;
	int64_t bad;
	int64_t rest;
};

static void
add_health(struct call4 *s, const struct health *h, uint32_t n, bool is_synthetic)
{
	for (int64_t ms = -10000; ms < 40000; ms += 5000) {
		bool is_bad = ms < 1000 * 20 && ms + 5000 > 600 * 20;
		struct es_signal_value values[4];
		struct es_record r = { .type = ES_REC_HOST };

		for (uint32_t i = 0; i < n; i++) {
			values[i].signal = (uint16_t)h[i].signal;
			values[i].value = is_bad ? h[i].bad : h[i].rest;
		}
		r.u.host.start = made_time(s->fwd[0].at_ms + ms);
		r.u.host.end = made_time(s->fwd[0].at_ms + ms + 5000);
		r.u.host.full = true;
		r.u.host.synthetic = is_synthetic;
		r.u.host.values = values;
		r.u.host.n_values = n;
		CHECK_EQ(es_correlate_add_host(s->c, es_slice_str("ep"), &r), 0);
	}
}

/* The only sentence with a text; NULL: none, or several. */
static const struct es_evidence *
evidence_with(const struct es_verdict *v, const char *text)
{
	const struct es_evidence *found = NULL;

	for (uint32_t i = 0; i < v->n_evidence; i++) {
		if (strstr(v->evidence[i].text, text) == NULL)
			continue;
		if (found != NULL)
			return NULL;
		found = &v->evidence[i];
	}
	return found;
}

TEST(evidence_names_a_block_where_it_first_appears)
{
	struct call4 *s = lossy_call();
	const struct es_verdict *v = &made_solve(s->c)->calls[0].verdict;

	CHECK_STR(v->evidence[0].text,
	    "forward: 2 of 8 blocks (stretches of 256 packets) are bad at gw from 00:13 to 00:24");
	CHECK_SLICE(v->evidence[0].vantage, "gw");
	es_correlate_free(s->c);
}

/* The four clocks differ by up to a minute and a half; the call does not begin at another time for that. */
TEST(evidence_counts_times_from_the_start_of_the_call)
{
	struct call4 *s = lossy_call();
	const struct es_verdict *v = &made_solve(s->c)->calls[0].verdict;
	const struct es_evidence *e = evidence_with(v, "never came to access");

	CHECK(e != NULL &&
	      strstr(e->text, "80 of 1800 packets seen at ep never came to access (4.4 %) "
			      "from 00:08 to 00:24") != NULL);
	CHECK(e->has_period);
	CHECK(e->from_ms <= 500 + 600 * 20 && e->from_ms > 500 + 600 * 20 - 256 * 20);
	CHECK(e->to_ms >= 500 + 995 * 20 && e->to_ms <= 500 + 995 * 20 + 256 * 20);
	CHECK_SLICE(e->vantage, "ep");
	CHECK(!e->is_synthetic);
	es_correlate_free(s->c);
}

TEST(evidence_has_one_sentence_for_signals_of_one_kind)
{
	static const struct health both[] = { { ES_SIG_WIFI_TX_RETRIES, 900, 10 },
		{ ES_SIG_WIFI_SIGNAL, -79, -74 } };
	struct call4 *s = lossy_call();
	const struct made_solved *h;
	const struct es_verdict *v;
	const struct es_evidence *e;

	add_health(s, both, 2, false);
	h = made_solve(s->c);
	v = &h->calls[0].verdict;
	e = evidence_with(v, "Wi-Fi");
	CHECK(e != NULL);
	CHECK(
	    strstr(e->text, "forward: on ep, more than 200 Wi-Fi retries per 5 s (up to ") != NULL);
	CHECK(strstr(e->text, " and Wi-Fi signal below -75 dBm (down to -79 dBm) during ") != NULL);
	CHECK(strstr(e->text, " during all 2 bad stretches from 00:13 to 00:24 and 1 of the 6 good "
			      "stretches; ") != NULL);
	CHECK(strstr(e->text, " of the 80 packets lost between ep and access fall there") != NULL);
	CHECK_EQ(e->signal, ES_SIG_WIFI_TX_RETRIES);
	CHECK_STR(e->unit, "per 5 s");
	CHECK(e->value_milli > 200000 && e->value_milli <= 900000);
	CHECK(strstr(h->json[0], "\"signal\":\"wifi_tx_retries\",\"vantage\":\"ep\",\"from_s\":") !=
	      NULL);
	CHECK(strstr(h->json[0], "synthetic") == NULL);
	es_correlate_free(s->c);
}

/* Which signals were bad at different times are not said to be bad at one time. */
TEST(evidence_joins_signals_by_or_where_only_some_were_bad)
{
	static const struct health retries = { ES_SIG_WIFI_TX_RETRIES, 900, 10 };
	struct call4 *s = lossy_call();
	const struct es_evidence *e;

	for (int64_t ms = -10000; ms < 40000; ms += 5000) {
		struct es_signal_value values[2] = { { ES_SIG_WIFI_TX_RETRIES, 10 },
			{ ES_SIG_WIFI_SIGNAL, -60 } };
		struct es_record r = { .type = ES_REC_HOST };

		values[0].value = ms >= 10000 && ms < 20000 ? retries.bad : retries.rest;
		values[1].value = ms >= 15000 && ms < 25000 ? -90 : -60;
		r.u.host.start = made_time(s->fwd[0].at_ms + ms);
		r.u.host.end = made_time(s->fwd[0].at_ms + ms + 5000);
		r.u.host.full = true;
		r.u.host.values = values;
		r.u.host.n_values = 2;
		CHECK_EQ(es_correlate_add_host(s->c, es_slice_str("ep"), &r), 0);
	}
	e = evidence_with(&made_solve(s->c)->calls[0].verdict, "Wi-Fi");
	CHECK(e != NULL && strstr(e->text, " or more than 200 Wi-Fi retries per 5 s") != NULL);
	es_correlate_free(s->c);
}

TEST(evidence_of_a_processor_is_in_percent)
{
	static const struct health busy[] = { { ES_SIG_CPU_BUSY, 1000000, 100000 } };
	struct call4 *s = lossy_call();
	const struct es_evidence *e;

	add_health(s, busy, 1, false);
	e = evidence_with(&made_solve(s->c)->calls[0].verdict, "CPU");
	CHECK(e != NULL && strstr(e->text, "CPU load above 90 % (up to 100 %)") != NULL);
	CHECK_STR(e->unit, "%");
	CHECK_EQ(e->value_milli, 100000);
	es_correlate_free(s->c);
}

TEST(evidence_of_made_up_records_is_marked_synthetic)
{
	static const struct health retries[] = { { ES_SIG_WIFI_TX_RETRIES, 900, 10 } };
	struct call4 *s = lossy_call();
	const struct made_solved *h;
	const struct es_verdict *v;
	const struct es_evidence *e;

	add_health(s, retries, 1, true);
	h = made_solve(s->c);
	v = &h->calls[0].verdict;
	e = evidence_with(v, "on ep (synthetic data), ");
	CHECK(e != NULL && e->is_synthetic);
	CHECK_EQ(v->causes[0].cause, ES_CAUSE_WIFI);
	CHECK(v->causes[0].is_synthetic);
	CHECK(!v->causes[1].is_synthetic);
	CHECK(strstr(h->json[0], "\"synthetic\":true}]}") != NULL);
	CHECK(strstr(h->json[0], "{\"cause\":\"wifi\",\"confidence\":0.") != NULL);
	CHECK(strstr(h->json[0], ",\"synthetic\":true},{\"cause\":\"network_loss\"") != NULL);
	es_correlate_free(s->c);
}

TEST(evidence_of_a_made_up_change_is_marked_synthetic)
{
	struct call4 *s = lossy_call();
	struct es_record r = { .type = ES_REC_CHANGE };
	const struct es_verdict *v;

	r.u.change.time = made_time(s->fwd[0].at_ms + 605 * 20);
	r.u.change.kind = ES_CHANGE_WIFI_BSSID;
	r.u.change.subject = es_slice_str("wlan0");
	r.u.change.before = es_slice_str("aa");
	r.u.change.after = es_slice_str("bb");
	r.u.change.synthetic = true;
	CHECK_EQ(es_correlate_add_host(s->c, es_slice_str("ep"), &r), 0);
	v = &made_solve(s->c)->calls[0].verdict;
	CHECK(evidence_with(v, "on ep (synthetic data), the Wi-Fi access point changed (wlan0) at "
			       "00:13, in or right before ") != NULL);
	CHECK(v->causes[0].is_synthetic);
	es_correlate_free(s->c);
}

TEST(evidence_numbers_have_a_decimal_only_where_they_need_one)
{
	static const struct {
		const char *name;
		int64_t milli;
		const char *text;
	} rows[] = {
		{ "whole", 200000, "200" },
		{ "negative", -79000, "-79" },
		{ "decimal", 6500, "6.5" },
		{ "rounded", 1949, "1.9" },
		{ "rounded up", 1950, "2" },
		{ "no negative zero", -49, "0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_evidence e = { .unit = "" };

		es_cor_add_milli(&e, rows[i].milli);
		if (strcmp(e.text, rows[i].text) != 0)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].name, e.text);
	}
}

TEST(evidence_clock_has_minutes_and_seconds)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = { { 0, "00:00" }, { 499, "00:00" }, { 59500, "01:00" }, { 4501000, "75:01" },
		{ 6000000, "100:00" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_evidence e = { .unit = "" };

		es_cor_evidence_add_clock(&e, rows[i].ms);
		CHECK_STR(e.text, rows[i].text);
	}
}
