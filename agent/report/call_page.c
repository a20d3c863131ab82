/* SPDX-License-Identifier: Apache-2.0 */
/* A page about calls. */
#include "agent/report/call_page.h"

#include "agent/report/call_page_style.h"
#include "agent/report/call_section.h"
#include "agent/report/input_digest.h"
#include "agent/report/kept_call.h"
#include "probes/base/mos_badness.h"

#include <stdlib.h>

/* One of the worst calls. */
struct ranked {
	uint64_t badness; /* the higher the worse */
	uint64_t order;
	struct es_kept_call *kept;
};

struct es_call_page {
	struct es_call_page_config cfg;
	struct es_html html;
	struct ranked calls[ES_CALL_PAGE_CALLS_MAX];
	size_t n_calls;
	uint64_t n_seen;
	uint64_t n_degraded;
	bool failed;
};

int
es_call_page_new(const struct es_call_page_config *cfg, struct es_call_page **out)
{
	struct es_call_page *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return ES_ENOMEM;
	p->cfg = *cfg;
	*out = p;
	return 0;
}

void
es_call_page_free(struct es_call_page *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_calls; i++)
		es_kept_call_free(p->calls[i].kept);
	es_html_free(&p->html);
	free(p);
}

/* Degraded before all else, then failed ones, then by MOS. */
static uint64_t
badness_of(const struct es_shown_call *s)
{
	uint32_t mos = 0;
	bool has_mos = es_call_section_mos(s, &mos);
	uint64_t kind = s->has_verdict && s->call->verdict.state == ES_VERDICT_DEGRADED ? 2
			: s->call->final_status >= 300                                  ? 1
											: 0;

	return kind << 32 | es_mos_badness(has_mos, mos);
}

/* A place for a call that bad; NULL: all that are kept are worse. */
static struct ranked *
place_for(struct es_call_page *p, uint64_t badness)
{
	size_t least = 0;

	if (p->n_calls < ES_CALL_PAGE_CALLS_MAX)
		return &p->calls[p->n_calls++];
	for (size_t i = 1; i < p->n_calls; i++)
		if (p->calls[i].badness < p->calls[least].badness ||
		    (p->calls[i].badness == p->calls[least].badness &&
			p->calls[i].order > p->calls[least].order))
			least = i;
	if (p->calls[least].badness >= badness)
		return NULL;
	es_kept_call_free(p->calls[least].kept);
	return &p->calls[least];
}

static void
put_line(const struct es_shown_call *s, struct es_html *h)
{
	uint32_t mos;

	es_html_raw(h, "<tr><td><a href=\"#c");
	es_html_u64(h, s->number);
	es_html_raw(h, "\" class=id>");
	es_call_section_name(s, h);
	es_html_raw(h, "</a><td>");
	es_call_section_verdict(s, h);
	es_html_raw(h, "<td>");
	es_call_section_party(s, s->call->from, h);
	es_html_raw(h, "<td>");
	es_call_section_party(s, s->call->to, h);
	es_html_raw(h, "<td class=n>");
	if (es_call_section_mos(s, &mos))
		es_html_scaled(h, mos, 3, 3);
	else
		es_html_raw(h, "&ndash;");
	es_html_raw(h, "<td class=n>");
	if (s->call->final_status > 0)
		es_html_u64(h, s->call->final_status);
	else
		es_html_raw(h, "&ndash;");
	es_html_raw(h, "<td class=n>");
	if (s->call->has_duration)
		es_html_scaled(h, (int64_t)(s->call->duration_us / 1000), 3, 3);
	else
		es_html_raw(h, "&ndash;");
	es_html_raw(h, "<td class=id>");
	es_html_time(h, s->call->start);
}

static void
show(const struct es_call_page *p, const struct ranked *r, struct es_shown_call *s)
{
	es_shown_call_init(s, p->cfg.course, &r->kept->call, p->cfg.is_masked);
	s->has_verdict = p->cfg.has_verdict;
	s->number = (uint32_t)r->order;
	es_shown_call_prepare(s);
}

static void
put_article(const struct es_shown_call *s, struct es_html *h)
{
	es_html_raw(h, "<article id=c");
	es_html_u64(h, s->number);
	es_html_raw(h, "><h2>Call <span class=id>");
	es_call_section_name(s, h);
	es_html_raw(h, "</span></h2>");
	es_call_section(s, h);
	es_html_raw(h, "</article>");
}

void
es_call_page_call(struct es_call_page *p, const struct es_explained *call)
{
	struct es_shown_call s;
	struct ranked *r;
	uint64_t badness;

	es_shown_call_init(&s, p->cfg.course, call, p->cfg.is_masked);
	s.has_verdict = p->cfg.has_verdict;
	p->n_seen++;
	p->n_degraded += s.has_verdict && call->verdict.state == ES_VERDICT_DEGRADED;
	badness = badness_of(&s);
	r = p->failed ? NULL : place_for(p, badness);
	if (r == NULL)
		return;
	*r = (struct ranked){ badness, p->n_seen, es_kept_call_new(call) };
	p->failed = r->kept == NULL;
}

static int
worst_first(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->badness != b->badness)
		return a->badness > b->badness ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void
put_index(const struct es_call_page *p, struct es_html *h)
{
	es_html_raw(h,
	    "<nav aria-label=Calls class=\"card scroll\" tabindex=0><table class=index><caption>");
	es_html_u64(h, p->n_seen);
	es_html_raw(h, " calls");
	if (p->cfg.has_verdict) {
		es_html_raw(h, ", ");
		es_html_u64(h, p->n_degraded);
		es_html_raw(h, " degraded");
	}
	es_html_raw(h, ", the worst first");
	if (p->n_seen > p->n_calls) {
		es_html_raw(h, "; the ");
		es_html_u64(h, p->n_seen - p->n_calls);
		es_html_raw(h, " best of them are not shown");
	}
	es_html_raw(h, "</caption><thead><tr><th>Call<th>Verdict<th>From<th>To<th "
		       "class=n>MOS-LQ<th class=n>Status<th "
		       "class=n>Duration s<th>Start<tbody>");
	for (size_t i = 0; i < p->n_calls; i++) {
		struct es_shown_call s;

		show(p, &p->calls[i], &s);
		put_line(&s, h);
	}
	es_html_raw(h, "</table></nav>");
}

static void
put_inputs(const struct es_call_page_input *inputs, size_t n, bool is_masked, struct es_html *h)
{
	es_html_raw(h,
	    "<h2>Where this comes from</h2><div class=\"card scroll\" tabindex=0 role=group "
	    "aria-label=Inputs><table class=inputs><thead><tr><th>Role<th>Name<th>File<th>"
	    "SHA-256<tbody>");
	for (size_t i = 0; i < n; i++) {
		char digest[ES_INPUT_DIGEST_TEXT];

		es_html_raw(h, "<tr><td>");
		es_html_str(h, inputs[i].role == NULL ? "capture" : inputs[i].role);
		es_html_raw(h, "<td>");
		es_html_text(h, inputs[i].name);
		es_html_raw(h, "<td>");
		/* recorders name files after numbers and Call-IDs; the digest says which file it is */
		es_html_str(h, is_masked ? "****" : es_input_digest_name(inputs[i].file));
		es_html_raw(h, "<td class=id>");
		es_html_str(h, es_input_digest(inputs[i].file, digest) == 0
				   ? digest
				   : "not known: not a regular file");
	}
	es_html_raw(h,
	    "</table></div><p>Made by earshot " EARSHOT_VERSION " from what these captures "
	    "show. Nothing on this page was loaded from elsewhere.</p>");
}

static void
put_words(struct es_html *h)
{
	es_html_raw(h,
	    "<h2>How to read this page</h2><dl class=words>"
	    "<dt>Vantage point<dd>A place where packets were captured. What lies between two of "
	    "them is a "
	    "segment; a packet that was seen at its start and never at its end was lost in it."
	    "<dt>Block<dd>256 consecutive RTP sequence numbers, some 5 s of speech with 20 ms "
	    "packets."
	    "<dt>Confidence<dd>How well the evidence supports a cause, from 0 to 1: how much of "
	    "the damage "
	    "it covers. It is no probability."
	    "<dt>MOS-LQ, MOS-CQ<dd>Listening and conversational quality from 1 (bad) to about 4.5, "
	    "computed "
	    "from the E-model (ITU-T G.107)."
	    "<dt>Delay variation<dd>Delay of a packet above the least of its block (RFC 5481); "
	    "p95: 95 % of "
	    "the packets have no more. Of a segment: what it adds, an estimate."
	    "<dt>Round trip<dd>Time over a segment and back, without what lies behind it."
	    "<dt>Jitter<dd>Interarrival jitter of RFC 3550, A.8."
	    "<dt>Late<dd>Arrived, but after its playout time in the modelled de-jitter buffer; not "
	    "counted "
	    "as lost."
	    "<dt>Loss at a vantage point<dd>Counts what did not arrive there, wherever it was lost "
	    "before: "
	    "the first lane that shows it is behind the damaged segment.</dl>");
}

static void
put_head(const struct es_call_page *p, struct es_html *h)
{
	es_html_raw(h,
	    "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=generator "
	    "content=\"earshot " EARSHOT_VERSION
	    "\"><meta name=viewport content=\"width=device-width,initial-scale=1\"><meta "
	    "name=color-scheme content=\"light dark\"><title>Call report - earshot</title>"
	    "<style>");
	es_html_raw(h, es_call_page_style());
	es_html_raw(h, "</style></head><body><main><h1>Call report</h1>");
	if (p->cfg.is_masked)
		es_html_raw(h, "<p class=note>Who called whom is hidden: **** stands for a user, "
			       "or for the name of a file.</p>");
	if (es_course_refused(p->cfg.course) > 0) {
		es_html_raw(h, "<p class=note>Too much for one page: ");
		es_html_u64(h, es_course_refused(p->cfg.course));
		es_html_raw(h, " records or messages are missing from plots and tables.</p>");
	}
}

int
es_call_page_finish(struct es_call_page *p, const struct es_call_page_input *inputs,
    size_t n_inputs, es_slice *html)
{
	struct es_html *h = &p->html;

	if (p->failed)
		return ES_ENOMEM;
	if (p->n_calls > 1)
		qsort(p->calls, p->n_calls, sizeof(p->calls[0]), worst_first);
	put_head(p, h);
	if (p->n_calls == 0)
		es_html_raw(h, "<p class=note>No call was found.</p>");
	else if (p->n_calls > 1)
		put_index(p, h);
	for (size_t i = 0; i < p->n_calls; i++) {
		struct es_shown_call s;

		show(p, &p->calls[i], &s);
		put_article(&s, h);
	}
	put_inputs(inputs, n_inputs, p->cfg.is_masked, h);
	put_words(h);
	es_html_raw(h, "</main></body></html>\n");
	if (h->failed)
		return ES_ENOMEM;
	*html = es_slice_of((const uint8_t *)h->text, h->n_bytes);
	return 0;
}
