/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a page about one call. */
#include "agent/report/call_section.h"

#include "agent/report/ladder.h"
#include "agent/report/lanes.h"
#include "agent/report/leg_table.h"
#include "agent/report/machines.h"
#include "agent/report/panels.h"
#include "agent/report/path_strip.h"
#include "agent/report/plot.h"
#include "probes/base/call_id.h"
#include "probes/base/sip_status.h"
#include "runtime/explained_text.h"

static bool
has_call_id(const struct es_explained *call)
{
	for (uint32_t i = 0; i < call->n_legs; i++)
		if (call->legs[i].call_id.n > 0)
			return true;
	return false;
}

static void
put_call_id(const struct es_shown_call *s, es_slice id, struct es_html *h)
{
	uint8_t text[ES_CALL_ID_TEXT_MAX];
	size_t n = es_call_id_encode(id, text);

	es_mask_text(&s->mask, es_slice_of(text, n), h);
}

void
es_call_section_name(const struct es_shown_call *s, struct es_html *h)
{
	if (has_call_id(s->call))
		put_call_id(s, s->call->call, h);
	else
		es_html_text(h, s->call->call);
}

/* The lowest of the streams of audio. */
static bool
stream_mos(const struct es_shown_call *s, uint32_t *mos_lq_milli)
{
	bool has = false;

	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_leg *l = &s->call->legs[i];

		for (uint32_t j = 0; j < l->n_streams; j++) {
			size_t n;
			const struct es_course_stream *r = es_shown_call_streams(s, i, j, &n);

			for (size_t k = 0; k < n; k++) {
				if ((r[k].has & ES_STREAM_HAS_QUALITY) == 0 ||
				    (has && r[k].mos_lq_milli >= *mos_lq_milli))
					continue;
				has = true;
				*mos_lq_milli = r[k].mos_lq_milli;
			}
		}
	}
	return has;
}

bool
es_call_section_mos(const struct es_shown_call *s, uint32_t *mos_lq_milli)
{
	bool has = false;

	for (uint32_t i = 0; i < s->call->n_directions; i++) {
		const struct es_direction *d = &s->call->directions[i];

		if (!d->has_mos_lq || (has && d->mos_lq_milli >= *mos_lq_milli))
			continue;
		has = true;
		*mos_lq_milli = d->mos_lq_milli;
	}
	return has || stream_mos(s, mos_lq_milli);
}

static void
put_place(es_slice from, es_slice to, struct es_html *h)
{
	es_html_raw(h, "<b>");
	es_html_text(h, from);
	es_html_raw(h, " &rarr; ");
	es_html_text(h, to);
	es_html_raw(h, "</b>");
}

static const char *
phrase_of(uint32_t status)
{
	const char *phrase = es_sip_status_phrase(status);

	return phrase == NULL ? "" : phrase;
}

static void
put_status(uint32_t status, struct es_html *h)
{
	es_html_u64(h, status);
	es_html_raw(h, " ");
	es_html_str(h, phrase_of(status));
}

/* A call without an answer of 2xx of whose media there is nothing to say. */
static bool
is_refused(const struct es_shown_call *s)
{
	return s->call->final_status >= 300 &&
	       (!s->has_verdict || s->call->verdict.state == ES_VERDICT_UNKNOWN);
}

/* Begins a sentence. */
static void
put_capital(const char *words, struct es_html *h)
{
	bool is_small = words[0] >= 'a' && words[0] <= 'z';
	const char first[] = { is_small ? (char)(words[0] - 'a' + 'A') : words[0], '\0' };

	es_html_str(h, first);
	es_html_str(h, words + 1);
}

void
es_call_section_verdict(const struct es_shown_call *s, struct es_html *h)
{
	static const char *const ways[] = { ", forward", ", reverse", ", both ways" };
	const struct es_verdict *v = &s->call->verdict;

	if (is_refused(s)) {
		es_html_raw(h, "No call was set up: ");
		put_status(s->call->final_status, h);
		return;
	}
	if (!s->has_verdict) {
		es_html_raw(h, "Measured at one place");
		return;
	}
	if (v->state != ES_VERDICT_DEGRADED) {
		es_html_raw(h, v->state == ES_VERDICT_CLEAN
				   ? "Nothing hurt this call where it was measured"
				   : "Not known");
		return;
	}
	es_html_raw(h, "<strong>");
	put_capital(v->n_causes > 0 ? es_explained_cause(v->causes[0].cause) : "degraded", h);
	es_html_raw(h, "</strong>");
	if (!v->has_segment)
		return;
	es_html_raw(h, v->n_one_of > 0 ? " on one of " : " on ");
	if (v->n_one_of == 0)
		put_place(v->segment_from, v->segment_to, h);
	for (uint32_t i = 0; i < v->n_one_of; i++) {
		es_html_raw(h, i == 0 ? "" : ", ");
		put_place(v->one_of[i].from, v->one_of[i].to, h);
	}
	es_html_raw(h, ways[v->segment_direction]);
}

/* When packets were lost on their way into the legs behind the segment: from the first such block to the last. */
static void
put_when(const struct es_shown_call *s, struct es_html *h)
{
	int64_t from = INT64_MAX, to = INT64_MIN;

	for (int d = ES_FORWARD; d <= ES_REVERSE; d++) {
		struct es_lanes lanes;

		if (es_lanes_init(&lanes, s, (enum es_direction_name)d, SIZE_MAX / 2) != 0)
			h->failed = true;
		for (uint32_t i = 0; i < lanes.n; i++)
			for (size_t j = 0; lanes.at[i].is_hit && j < lanes.at[i].n_steps; j++) {
				const struct es_lane_step *is = &lanes.at[i].steps[j];

				if (is->lost == 0)
					continue;
				from = is->from_ms < from ? is->from_ms : from;
				to = is->to_ms > to ? is->to_ms : to;
			}
		es_lanes_free(&lanes);
	}
	if (to < from)
		return;
	es_html_raw(h, "<p>Packets went missing there from <b>");
	es_plot_clock(h, from);
	es_html_raw(h, "</b> to <b>");
	es_plot_clock(h, to);
	es_html_raw(h, "</b> of the call.</p>");
}

static void
put_synthetic(bool is_synthetic, struct es_html *h)
{
	es_html_raw(h, is_synthetic ? " <span class=chip>synthetic</span>" : "");
}

/* Of a call that one place saw: how good it was there, and what that cannot tell. */
static void
put_alone(const struct es_shown_call *s, struct es_html *h)
{
	uint32_t mos;

	if (es_call_section_mos(s, &mos)) {
		es_html_raw(h, "<p>The worst stream of audio has MOS-LQ <b>");
		es_html_scaled(h, mos, 3, 3);
		es_html_raw(h, "</b>.</p>");
	}
	es_html_raw(h, "<p>Which segment of its path hurt a call shows only where it was captured "
		       "at several places.</p>");
}

static void
put_banner(const struct es_shown_call *s, struct es_html *h)
{
	const struct es_verdict *v = &s->call->verdict;
	bool is_bad = s->has_verdict && v->state == ES_VERDICT_DEGRADED;

	es_html_raw(h,
	    is_bad ? "<div class=\"verdict degraded\"><p class=state>degraded</p><div><p class=say>"
	    : s->has_verdict && v->state == ES_VERDICT_CLEAN
		? "<div class=\"verdict clean\"><p class=state>clean</p><div><p class=say>"
	    : is_refused(s) ? "<div class=verdict><p class=state>not set up</p><div><p class=say>"
			    : "<div class=verdict><p class=state>no verdict</p><div><p class=say>");
	es_call_section_verdict(s, h);
	es_html_raw(h, ".</p>");
	if (is_bad && v->n_causes > 0) {
		es_html_raw(h, "<p>Confidence <b data-n=confidence>");
		es_html_scaled(h, v->causes[0].confidence_ppm, 6, 2);
		es_html_raw(h, "</b>");
		put_synthetic(v->causes[0].is_synthetic, h);
		for (uint32_t i = 1; i < v->n_causes; i++) {
			es_html_raw(h, i == 1 ? "; also possible: " : ", ");
			es_html_str(h, es_explained_cause(v->causes[i].cause));
			es_html_raw(h, " <b data-n=confidence>");
			es_html_scaled(h, v->causes[i].confidence_ppm, 6, 2);
			es_html_raw(h, "</b>");
			put_synthetic(v->causes[i].is_synthetic, h);
		}
		es_html_raw(h, ".</p>");
	}
	if (is_bad)
		put_when(s, h);
	if (!s->has_verdict && !is_refused(s))
		put_alone(s, h);
	if (es_machines_are_synthetic(s))
		es_html_raw(h,
		    "<p><span class=chip>synthetic</span> A timeline of a machine in this "
		    "call was made up: so is what is concluded from it.</p>");
	for (uint32_t i = 0; i < s->call->n_missing; i++) {
		es_html_raw(h, "<p><span class=chip>missing</span> ");
		es_html_text(h, s->call->missing[i]);
		es_html_raw(h, " could not be read: this was found without it.</p>");
	}
	es_html_raw(h, "</div></div>");
}

static void
put_fact(struct es_html *h, const char *name)
{
	es_html_raw(h, "<div><dt>");
	es_html_raw(h, name);
	es_html_raw(h, "<dd>");
}

void
es_call_section_party(const struct es_shown_call *s, es_slice party, struct es_html *h)
{
	char out[ES_MASK_PARTY_MAX];

	es_html_text(h, es_mask_party(&s->mask, party, out));
}

static void
put_party(const struct es_shown_call *s, const char *name, es_slice party, struct es_html *h)
{
	if (party.n == 0)
		return;
	put_fact(h, name);
	es_call_section_party(s, party, h);
	es_html_raw(h, "</div>");
}

static void
put_device(const struct es_shown_call *s, es_slice name, struct es_html *h)
{
	if (name.n > 0)
		es_mask_text(&s->mask, name, h);
	else
		es_html_raw(h, "not named");
}

/* Does this leg have a Call-ID that none before it has? */
static bool
is_first_of_call_id(const struct es_shown_call *s, uint32_t leg)
{
	es_slice id = s->call->legs[leg].call_id;

	if (id.n == 0 || s->vantage[leg] < 0)
		return false;
	for (uint32_t i = 0; i < leg; i++)
		if (es_slice_eq(s->call->legs[i].call_id, id))
			return false;
	return true;
}

static void
put_call_ids(const struct es_shown_call *s, struct es_html *h)
{
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		if (!is_first_of_call_id(s, i))
			continue;
		put_fact(h, "Call-ID");
		es_html_raw(h, "<span class=id>");
		put_call_id(s, s->call->legs[i].call_id, h);
		es_html_raw(h, "</span></div>");
	}
}

/* What devices called themselves, once as long as the legs agree. */
static void
put_devices(const struct es_shown_call *s, struct es_html *h)
{
	es_slice caller = es_slice_of(NULL, 0), callee = caller; /* named last */

	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_leg *l = &s->call->legs[i];
		const struct es_course_call *k;

		if (!is_first_of_call_id(s, i))
			continue;
		k = es_course_call(s->course, (uint32_t)s->vantage[i], l->call_id, l->start);
		if (k == NULL ||
		    (es_slice_eq(k->caller_agent, caller) && es_slice_eq(k->callee_agent, callee)))
			continue;
		caller = k->caller_agent;
		callee = k->callee_agent;
		put_fact(h, "Devices");
		put_device(s, k->caller_agent, h);
		es_html_raw(h, " &rarr; ");
		put_device(s, k->callee_agent, h);
		es_html_raw(h, "</div>");
	}
}

static void
put_facts(const struct es_shown_call *s, struct es_html *h)
{
	const struct es_explained *call = s->call;

	es_html_raw(h, "<dl class=facts>");
	put_party(s, "From", call->from, h);
	put_party(s, "To", call->to, h);
	put_fact(h, "Start");
	es_html_raw(h, "<span data-n=start>");
	es_html_time(h, call->start);
	es_html_raw(h, "</span></div>");
	if (call->has_duration) {
		put_fact(h, "Duration");
		es_html_raw(h, "<span data-n=duration_s>");
		es_html_scaled(h, (int64_t)(call->duration_us / 1000), 3, 3);
		es_html_raw(h, "</span> s</div>");
	}
	if (call->final_status > 0) {
		put_fact(h, "Status");
		es_html_raw(h, "<span data-n=final_status>");
		es_html_u64(h, call->final_status);
		es_html_raw(h, "</span> ");
		es_html_str(h, phrase_of(call->final_status));
		es_html_raw(h, "</div>");
	}
	put_call_ids(s, h);
	put_devices(s, h);
	es_html_raw(h, "</dl>");
}

static void
put_evidence(const struct es_shown_call *s, struct es_html *h)
{
	const struct es_verdict *v = &s->call->verdict;

	if (v->n_evidence == 0)
		return;
	es_html_raw(h, "<h3>Evidence</h3><ul class=\"card evidence\">");
	for (uint32_t i = 0; i < v->n_evidence; i++) {
		es_html_raw(h, "<li>");
		es_mask_text(&s->mask, es_slice_str(v->evidence[i].text), h);
		put_synthetic(v->evidence[i].is_synthetic, h);
	}
	es_html_raw(h, "</ul>");
}

static bool
has_streams(const struct es_shown_call *s)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s->call->n_legs; i++)
		for (uint32_t j = 0; j < s->call->legs[i].n_streams && n == 0; j++)
			(void)es_shown_call_streams(s, i, j, &n);
	return n > 0;
}

static void
put_media(const struct es_shown_call *s, struct es_html *h)
{
	bool has_any = has_streams(s);

	es_html_raw(h, "<h3>Over the time of the call</h3>");
	if (!s->is_aligned)
		es_html_raw(h,
		    "<p class=note>These captures share no packets that would show how their "
		    "clocks differ: each vantage point is shown by its own clock, from its "
		    "own start of the call.</p>");
	if (!has_any)
		es_html_raw(h, "<p>No media of this call was captured.</p>");
	es_panels(s, h);
	es_machines(s, h);
	if (!has_any)
		return;
	es_html_raw(h, "<h3>Streams</h3>");
	es_leg_table(s, h);
}

void
es_call_section(const struct es_shown_call *s, struct es_html *h)
{
	put_banner(s, h);
	put_facts(s, h);
	if (s->call->n_directions > 0) {
		es_html_raw(h, "<h3>Path</h3>");
		for (uint32_t i = 0; i < s->call->n_directions; i++)
			es_path_strip(s, &s->call->directions[i], h);
	}
	put_evidence(s, h);
	put_media(s, h);
	es_html_raw(h, "<h3>SIP messages</h3>");
	es_ladder(s, h);
}
