/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of GET /api/v1/calls. */
#include "collector/query/query.h"

#include <inttypes.h>
#include <stdio.h>

enum { TEXT_MAX = 256 };

const char *const es_calls_parameters[] = { "from", "to", "min_mos", "max_mos", "site", "agent",
	"q", "number", "verdict", "cause", "segment", "codec", "status", "sort", "limit", "after",
	NULL };

const char *const es_host_parameters[] = { "from", "to", NULL };

/* Exactly n digits; *at moves behind them. */
static bool
digits(const char **at, unsigned n, int *out)
{
	int v = 0;

	for (unsigned i = 0; i < n; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		v = v * 10 + ((*at)[i] - '0');
	}
	*at += n;
	*out = v;
	return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant's civil calendar). */
static int64_t
days_of(int y, int m, int d)
{
	int64_t year = m <= 2 ? y - 1 : y;
	int64_t era = year / 400;
	int64_t yoe = year - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool
is_date(int y, int m, int d)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return y >= 1970 && y <= 2200 && m >= 1 && m <= 12 && d >= 1 &&
	       d <= days[m - 1] + (m == 2 && leap);
}

/* ".5" after the seconds, as nanoseconds; nothing is fine. */
static bool
fraction(const char **at, int64_t *ns)
{
	int64_t unit = ES_NS_PER_S / 10;

	*ns = 0;
	if (**at != '.')
		return true;
	(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		*ns += (**at - '0') * unit;
		unit /= 10;
	}
	return true;
}

/* "Z", "+01:00"; seconds east of UTC. */
static bool
zone(const char **at, int *offset_s)
{
	int sign, h, m;

	*offset_s = 0;
	if (**at == 'Z') {
		(*at)++;
		return true;
	}
	if (**at != '+' && **at != '-')
		return false;
	sign = *(*at)++ == '+' ? 1 : -1;
	if (!digits(at, 2, &h) || *(*at)++ != ':' || !digits(at, 2, &m) || h > 14 || m > 59)
		return false;
	*offset_s = sign * (h * 3600 + m * 60);
	return true;
}

int
es_parse_instant(const char *text, es_time *out)
{
	const char *at = text;
	int y, mo, d, h = 0, mi = 0, s = 0, offset_s = 0;
	int64_t ns = 0;

	if (!digits(&at, 4, &y) || *at++ != '-' || !digits(&at, 2, &mo) || *at++ != '-' ||
	    !digits(&at, 2, &d) || !is_date(y, mo, d))
		return ES_EMALFORMED;
	if (*at == 'T' || *at == ' ') {
		at++;
		if (!digits(&at, 2, &h) || *at++ != ':' || !digits(&at, 2, &mi))
			return ES_EMALFORMED;
		if (*at == ':') {
			at++;
			if (!digits(&at, 2, &s) || !fraction(&at, &ns))
				return ES_EMALFORMED;
		}
		if (!zone(&at, &offset_s))
			return ES_EMALFORMED;
	}
	if (*at != '\0' || h > 23 || mi > 59 || s > 60)
		return ES_EMALFORMED;
	*out = es_time_of_ns(
	    (days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - offset_s) * ES_NS_PER_S + ns);
	return 0;
}

int
es_parse_milli(const char *text, uint32_t max_milli, uint32_t *out)
{
	uint64_t v = 0;
	uint32_t unit = 100;
	const char *at = text;

	if (*at < '0' || *at > '9')
		return ES_EMALFORMED;
	for (; *at >= '0' && *at <= '9' && v <= max_milli; at++)
		v = v * 10 + (uint64_t)(*at - '0') * 1000;
	if (*at == '.') {
		at++;
		if (*at < '0' || *at > '9')
			return ES_EMALFORMED;
		for (; *at >= '0' && *at <= '9' && unit > 0; at++, unit /= 10)
			v += (uint64_t)(*at - '0') * unit;
	}
	if (*at != '\0' || v > max_milli)
		return ES_EMALFORMED;
	*out = (uint32_t)v;
	return 0;
}

static bool
number(const char **at, char end, int64_t *out)
{
	int64_t v = 0;
	bool negative = **at == '-';

	if (negative)
		(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (**at - '0');
	}
	if (**at != end)
		return false;
	if (end != '\0')
		(*at)++;
	*out = negative ? -v : v;
	return true;
}

void
es_page_text(const struct es_page *page, char out[64])
{
	(void)snprintf(out, 64, "%" PRId64 "_%d_%" PRId64, page->start.ns, page->kind, page->id);
}

int
es_page_parse(const char *text, struct es_page *out)
{
	int64_t start, kind, id;

	if (!number(&text, '_', &start) || !number(&text, '_', &kind) ||
	    !number(&text, '\0', &id) || kind < 0 || kind > 1 || id < 0)
		return ES_EMALFORMED;
	out->start = es_time_of_ns(start);
	out->kind = (int)kind;
	out->id = id;
	return 0;
}

struct asking {
	es_parameter_fn *parameter;
	void *ctx;
	const char *name; /* of the first bad one */
	const char *expected;
};

static const char *
ask(struct asking *a, const char *name)
{
	const char *text = a->parameter(a->ctx, name);

	return text == NULL || text[0] == '\0' ? NULL : text;
}

static void
bad(struct asking *a, const char *name, const char *expected)
{
	if (a->name == NULL) {
		a->name = name;
		a->expected = expected;
	}
}

static void
ask_instant(struct asking *a, const char *name, es_time *out)
{
	const char *text = ask(a, name);

	if (text != NULL && es_parse_instant(text, out) < 0)
		bad(a, name, "an instant as in 2026-01-31T08:00Z, or a date");
}

static void
ask_mos(struct asking *a, const char *name, bool *has, uint32_t *out)
{
	const char *text = ask(a, name);

	*has = text != NULL;
	if (text != NULL && (es_parse_milli(text, 5000, out) < 0 || *out < 1000))
		bad(a, name, "a number from 1 to 5");
}

static const char *
ask_text(struct asking *a, const char *name, size_t max, const char *expected)
{
	const char *text = ask(a, name);

	if (text != NULL && strlen(text) > max)
		bad(a, name, expected);
	return text == NULL ? "" : text;
}

/* The place of a word in a list that ends with NULL; -1: not given, or not in it. */
static int
ask_word(struct asking *a, const char *name, const char *const words[], const char *expected)
{
	const char *text = ask(a, name);

	for (int i = 0; text != NULL && words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	if (text != NULL)
		bad(a, name, expected);
	return -1;
}

static void
ask_cause(struct asking *a, struct es_calls_query *q)
{
#define X(name, json) [ES_CAUSE_##name] = json,
	static const char *const causes[] = { ES_CAUSES(X) NULL };
#undef X
#define X(name, json) json " "
	int at = ask_word(a, "cause", causes, "one of " ES_CAUSES(X));
#undef X

	q->has_cause = at >= 0;
	if (at >= 0)
		q->cause = (enum es_cause)at;
}

/* What a verdict or a record says of the call as a whole. */
static void
ask_facts(struct asking *a, struct es_calls_query *q)
{
	static const char *const states[] = { [ES_VERDICT_UNKNOWN] = "unknown",
		[ES_VERDICT_CLEAN] = "clean",
		[ES_VERDICT_DEGRADED] = "degraded",
		NULL };
	static const char *const sorts[] = { [ES_SORT_START] = "start",
		[ES_SORT_MOS] = "mos",
		[ES_SORT_LOSS] = "loss",
		[ES_SORT_DURATION] = "duration",
		NULL };
	const char *text = ask(a, "status");
	int64_t status = 0;
	int at = ask_word(a, "verdict", states, "clean, degraded or unknown");

	q->has_verdict = at >= 0;
	if (at >= 0)
		q->verdict = (enum es_verdict_state)at;
	ask_cause(a, q);
	if (text != NULL && (!number(&text, '\0', &status) || status < 100 || status > 699))
		bad(a, "status", "the status of a final response, from 100 to 699");
	q->status = (uint32_t)status;
	at = ask_word(a, "sort", sorts, "start, mos, loss or duration");
	q->sort = at < 0 ? ES_SORT_START : (enum es_calls_sort)at;
}

int
es_calls_query_parse(es_parameter_fn *parameter, void *ctx, struct es_calls_query *out,
    const char **name, const char **expected)
{
	struct asking a = { parameter, ctx, NULL, NULL };
	struct es_calls_query q;
	const char *text;
	int64_t limit = ES_CALLS_LIMIT_DEFAULT;

	memset(&q, 0, sizeof(q));
	q.to = es_time_of_ns(INT64_MAX);
	ask_instant(&a, "from", &q.from);
	ask_instant(&a, "to", &q.to);
	if (q.to.ns < q.from.ns)
		bad(&a, "to", "an instant after from");
	ask_mos(&a, "min_mos", &q.has_min_mos, &q.min_mos_milli);
	ask_mos(&a, "max_mos", &q.has_max_mos, &q.max_mos_milli);
	q.site = ask_text(&a, "site", ES_STORE_NAME_MAX, "at most 64 bytes");
	q.agent = ask_text(&a, "agent", ES_STORE_NAME_MAX, "at most 64 bytes");
	q.q = ask_text(&a, "q", TEXT_MAX, "at most 256 bytes");
	q.number = ask_text(&a, "number", TEXT_MAX, "at most 256 bytes");
	q.segment = ask_text(&a, "segment", TEXT_MAX, "at most 256 bytes");
	q.codec = ask_text(&a, "codec", ES_STORE_NAME_MAX, "at most 64 bytes");
	ask_facts(&a, &q);
	text = ask(&a, "limit");
	if (text != NULL &&
	    (!number(&text, '\0', &limit) || limit < 1 || limit > ES_CALLS_LIMIT_MAX))
		bad(&a, "limit", "a whole number from 1 to 200");
	q.limit = (uint32_t)limit;
	text = ask(&a, "after");
	q.has_after = text != NULL;
	if (text != NULL && es_page_parse(text, &q.after) < 0)
		bad(&a, "after", "what an earlier answer gave as next");
	*name = a.name;
	*expected = a.expected;
	if (a.name != NULL)
		return ES_EMALFORMED;
	*out = q;
	return 0;
}

int
es_query_of_host(es_parameter_fn *parameter, void *ctx, es_time now, es_time *from, es_time *to,
    const char **name, const char **expected)
{
	struct asking a = { parameter, ctx, NULL, NULL };
	es_time begin, end = now;
	int64_t range_ns;

	ask_instant(&a, "to", &end);
	begin = es_time_add(end, -3600 * ES_NS_PER_S);
	ask_instant(&a, "from", &begin);
	range_ns = es_time_diff(end, begin);
	if (a.name == NULL && range_ns <= 0)
		bad(&a, "to", "an instant after from");
	if (a.name == NULL && range_ns > ES_HOST_RANGE_S * ES_NS_PER_S)
		bad(&a, "from", "an instant at most 31 days before to");
	*name = a.name;
	*expected = a.expected;
	if (a.name != NULL)
		return ES_EMALFORMED;
	*from = begin;
	*to = end;
	return 0;
}
