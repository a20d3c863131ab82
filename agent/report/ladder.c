/* SPDX-License-Identifier: Apache-2.0 */
/* The SIP messages of a call as a ladder. */
#include "agent/report/ladder.h"

#include "probes/base/sip_status.h"

#include <stdlib.h>

enum {
	HOSTS_MAX = 8,
	SAME_MS = 2000, /* between vantage points: what is further apart is another message */
	PERCENT = 1000, /* of tenths */
};

struct seen {
	const struct es_course_message *m;
	uint32_t leg;
	int64_t ms;
};

/* A message, and the legs at which it was seen as bits. */
struct row {
	const struct es_course_message *m;
	int64_t ms;
	uint32_t legs;
};

struct ladder {
	struct row rows[ES_LADDER_ROWS_MAX];
	size_t n_rows;
	size_t n_left_out[ES_PATH_MAX]; /* by leg: several may have seen one message */
	struct es_addr hosts[HOSTS_MAX];
	uint32_t n_hosts;
};

static int
by_time(const void *x, const void *y)
{
	const struct seen *a = x, *b = y;

	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	if (a->m->at.ns != b->m->at.ns && a->leg == b->leg)
		return a->m->at.ns < b->m->at.ns ? -1 : 1;
	if (a->leg != b->leg)
		return a->leg < b->leg ? -1 : 1;
	return a->m < b->m ? -1 : a->m > b->m;
}

static bool
is_same(const struct es_course_message *a, const struct es_course_message *b)
{
	return a->call == b->call && a->cseq == b->cseq && a->status == b->status &&
	       es_addr_eq(&a->src, &b->src) && es_addr_eq(&a->dst, &b->dst) &&
	       strcmp(a->method, b->method) == 0;
}

static void
add_host(struct ladder *l, const struct es_addr *a)
{
	for (uint32_t i = 0; i < l->n_hosts; i++)
		if (es_addr_same_ip(&l->hosts[i], a))
			return;
	if (l->n_hosts < HOSTS_MAX)
		l->hosts[l->n_hosts++] = *a;
}

static void
add(struct ladder *l, const struct seen *e)
{
	for (size_t i = l->n_rows; i-- > 0 && e->ms - l->rows[i].ms <= SAME_MS;) {
		if ((l->rows[i].legs & 1u << e->leg) != 0 || !is_same(l->rows[i].m, e->m))
			continue;
		/* the earliest row that this leg has not seen: repetitions keep their order */
		while (i > 0 && e->ms - l->rows[i - 1].ms <= SAME_MS &&
		       (l->rows[i - 1].legs & 1u << e->leg) == 0 && is_same(l->rows[i - 1].m, e->m))
			i--;
		l->rows[i].legs |= 1u << e->leg;
		return;
	}
	if (l->n_rows == ES_LADDER_ROWS_MAX) {
		l->n_left_out[e->leg]++;
		return;
	}
	l->rows[l->n_rows++] = (struct row){ e->m, e->ms, 1u << e->leg };
	add_host(l, &e->m->src);
	add_host(l, &e->m->dst);
}

static size_t
collect(const struct es_shown_call *s, struct seen *out)
{
	size_t n_all = 0;

	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_leg *leg = &s->call->legs[i];
		const struct es_course_message *m;
		size_t n;

		if (s->vantage[i] < 0 || leg->call_id.n == 0)
			continue;
		m = es_course_messages(
		    s->course, (uint32_t)s->vantage[i], leg->call_id, leg->start, &n);
		for (size_t j = 0; j < n && out != NULL; j++)
			out[n_all + j] = (struct seen){ &m[j], i, es_shown_call_ms(s, i, m[j].at) };
		n_all += n;
	}
	return n_all;
}

/* The column of a host; n_hosts: none is left for it. */
static uint32_t
column_of(const struct ladder *l, const struct es_addr *a)
{
	uint32_t i = 0;

	while (i < l->n_hosts && !es_addr_same_ip(&l->hosts[i], a))
		i++;
	return i;
}

static void
put_host(const struct es_addr *a, struct es_html *h)
{
	char text[ES_ADDR_TEXT_MAX];

	(void)es_addr_ip_text(a, text);
	es_html_str(h, text);
}

/* RFC 3261 section 21.1, whose phrases end no call. */
static const char *
phrase_of(uint32_t status)
{
	switch (status) {
	case 100:
		return "Trying";
	case 180:
		return "Ringing";
	case 181:
		return "Call Is Being Forwarded";
	case 182:
		return "Queued";
	case 183:
		return "Session Progress";
	default:
		return es_sip_status_phrase(status);
	}
}

static void
put_what(const struct es_course_message *m, struct es_html *h)
{
	const char *phrase = phrase_of(m->status);

	if (m->status == 0) {
		es_html_str(h, m->method);
	} else {
		es_html_u64(h, m->status);
		es_html_raw(h, " ");
		es_html_str(h, phrase == NULL ? "" : phrase);
		es_html_raw(h, " <small>of ");
		es_html_str(h, m->method);
		es_html_raw(h, "</small>");
	}
	es_html_raw(h, m->has_sdp ? " <small>SDP</small>" : "");
	es_html_raw(h, m->is_resent ? " <small>again</small>" : "");
}

static void
put_arrow(const struct ladder *l, const struct es_course_message *m, struct es_html *h)
{
	uint32_t a = column_of(l, &m->src), b = column_of(l, &m->dst);
	uint32_t left = a < b ? a : b, apart = a < b ? b - a : a - b;
	bool is_drawn = a < l->n_hosts && b < l->n_hosts && a != b;

	es_html_raw(h, is_drawn ? a < b ? "<div class=\"msg right" : "<div class=\"msg left"
				: "<div class=\"msg none");
	es_html_raw(h, m->status >= 300 ? " failed\"" : "\"");
	if (is_drawn) {
		es_html_raw(h, " style=\"margin-left:");
		es_html_scaled(h, (int64_t)((2 * left + 1) * PERCENT / (2 * l->n_hosts)), 1, 1);
		es_html_raw(h, "%;width:");
		es_html_scaled(h, (int64_t)(apart * PERCENT / l->n_hosts), 1, 1);
		es_html_raw(h, "%\"");
	}
	es_html_raw(h, "><b>");
	put_what(m, h);
	es_html_raw(h, "</b><span class=ends> ");
	put_host(&m->src, h);
	es_html_raw(h, " to ");
	put_host(&m->dst, h);
	es_html_raw(h, "</span></div>");
}

static void
put_row(
    const struct es_shown_call *s, const struct ladder *l, const struct row *r, struct es_html *h)
{
	bool is_first = true;

	es_html_raw(h, "<tr><td class=n>");
	es_html_scaled(h, r->ms, 3, 3);
	es_html_raw(h, "<td class=rungs>");
	put_arrow(l, r->m, h);
	es_html_raw(h, "<td>");
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		if ((r->legs & 1u << i) == 0)
			continue;
		es_html_raw(h, is_first ? "" : ", ");
		es_shown_call_vantage(s, i, h);
		is_first = false;
	}
}

static void
put_ladder(const struct es_shown_call *s, const struct ladder *l, struct es_html *h)
{
	size_t n = 0;

	es_html_raw(h, "<div class=\"card scroll\" tabindex=0 role=group aria-label=\"SIP "
		       "messages\"><table class=ladder style=\"--n:");
	es_html_u64(h, l->n_hosts);
	es_html_raw(h, "\"><thead><tr><th class=n>Time s<th class=rungs><div class=hosts>");
	for (uint32_t i = 0; i < l->n_hosts; i++) {
		es_html_raw(h, "<span>");
		put_host(&l->hosts[i], h);
		es_html_raw(h, "</span>");
	}
	es_html_raw(h, "</div><th>Seen at<tbody>");
	for (size_t i = 0; i < l->n_rows; i++)
		put_row(s, l, &l->rows[i], h);
	es_html_raw(h, "</table></div>");
	for (uint32_t i = 0; i < ES_PATH_MAX; i++)
		n = l->n_left_out[i] > n ? l->n_left_out[i] : n;
	if (n > 0) {
		es_html_raw(h, "<p class=cut>Cut here: at least ");
		es_html_u64(h, n);
		es_html_raw(h, " later messages are not shown.</p>");
	}
}

void
es_ladder(const struct es_shown_call *s, struct es_html *h)
{
	size_t n = collect(s, NULL);
	struct ladder *l = calloc(1, sizeof(*l));
	struct seen *all = calloc(n == 0 ? 1 : n, sizeof(*all));

	if (l == NULL || all == NULL) {
		h->failed = true;
	} else if (n == 0) {
		es_html_raw(h, "<p>No SIP messages of this call were captured.</p>");
	} else {
		(void)collect(s, all);
		qsort(all, n, sizeof(*all), by_time);
		for (size_t i = 0; i < n; i++)
			add(l, &all[i]);
		put_ladder(s, l, h);
	}
	free(all);
	free(l);
}
