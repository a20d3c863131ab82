/* SPDX-License-Identifier: Apache-2.0 */
/* Calls through four vantage points with damage, samples of machines and changes on them; and what the verdict says. */
#ifndef TESTS_UNIT_MADE_VERDICT_H
#define TESTS_UNIT_MADE_VERDICT_H

#include "tests/unit/made_records.h"

/* Every `step`-th packet of a range is lost from a point on. */
static inline void
lose_some(
    bool seen[4][MADE_PACKETS_MAX], int point, int way, uint32_t from, uint32_t to, uint32_t step)
{
	for (uint32_t i = from; i < to; i += step)
		call4_lose(seen, point, way, i);
}

static inline const struct es_verdict *
verdict_of(struct call4 *s)
{
	struct made_solved *h = made_solve(s->c);

	if (h->n != 1)
		test_fail(__FILE__, __LINE__, "%u calls", h->n);
	return &h->calls[0].verdict;
}

static inline const struct es_verdict *
solve4(struct call4 *s)
{
	call4_signal(s);
	call4_media(s);
	return verdict_of(s);
}

static inline uint32_t
confidence(const struct es_verdict *v, enum es_cause cause)
{
	for (uint32_t i = 0; i < v->n_causes; i++) {
		if (v->causes[i].cause == cause)
			return v->causes[i].confidence_ppm;
	}
	return 0;
}

static inline bool
has_evidence(const struct es_verdict *v, const char *text)
{
	for (uint32_t i = 0; i < v->n_evidence; i++) {
		if (strstr(v->evidence[i].text, text) != NULL)
			return true;
	}
	return false;
}

/* Samples of 5 s from packet 0 of the endpoint on: value in those of [from, to), else 0. */
static inline void
sample(struct call4 *s, const char *host, enum es_signal signal, int64_t at_ms, int64_t value,
    int64_t rest, int64_t from_ms, int64_t to_ms)
{
	for (int64_t t = -10000; t < 40000; t += 5000) {
		struct es_signal_value v = { (uint16_t)signal, rest };
		struct es_record r;

		if (t < to_ms && t + 5000 > from_ms)
			v.value = value;
		memset(&r, 0, sizeof(r));
		r.type = ES_REC_HOST;
		r.u.host.start = made_time(at_ms + t);
		r.u.host.end = made_time(at_ms + t + 5000);
		r.u.host.full = true;
		r.u.host.values = &v;
		r.u.host.n_values = 1;
		CHECK_EQ(es_correlate_add_host(s->c, es_slice_str(host), &r), 0);
	}
}

static inline void
change(struct call4 *s, const char *host, enum es_change_kind kind, int64_t ms, const char *before,
    const char *after)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CHANGE;
	r.u.change.time = made_time(ms);
	r.u.change.kind = (uint16_t)kind;
	r.u.change.subject = es_slice_str("wlan0");
	r.u.change.before = es_slice_str(before);
	r.u.change.after = es_slice_str(after);
	CHECK_EQ(es_correlate_add_host(s->c, es_slice_str(host), &r), 0);
}

#endif
