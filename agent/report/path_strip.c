/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a direction: its vantage points and what was lost between them. */
#include "agent/report/path_strip.h"

enum { SHARE_WORTH = 1000 }; /* one packet in so many lost is worth a share in % */

static const char *
role_of(const struct es_shown_call *s, es_slice vantage)
{
	static const char *const names[] = { "", "endpoint", "SBC", "gateway", "tap" };

	for (uint32_t i = 0; i < s->call->n_legs; i++)
		if (es_slice_eq(s->call->legs[i].vantage, vantage) &&
		    (unsigned)s->call->legs[i].role < sizeof(names) / sizeof(names[0]))
			return names[s->call->legs[i].role];
	return "";
}

static void
put_point(const struct es_shown_call *s, es_slice vantage, struct es_html *h)
{
	es_html_raw(h, "<li class=point><b>");
	es_html_text(h, vantage);
	es_html_raw(h, "</b><small>");
	es_html_raw(h, role_of(s, vantage));
	es_html_raw(h, "</small></li>");
}

static void
put_loss(const struct es_segment *g, struct es_html *h)
{
	if ((g->has & ES_SEGMENT_HAS_LOST) == 0) {
		es_html_raw(h, "<b>loss not known</b>");
		return;
	}
	if (g->lost == 0) {
		es_html_raw(h, "<b>no loss</b>");
	} else {
		es_html_raw(h, "<b><span data-n=lost>");
		es_html_u64(h, g->lost);
		es_html_raw(h, "</span> lost");
		if ((g->has & ES_SEGMENT_HAS_EXPECTED) != 0 &&
		    g->lost * SHARE_WORTH >= g->expected) {
			es_html_raw(h, ", ");
			es_html_scaled(h, (int64_t)(g->lost * 1000000 / g->expected), 4, 1);
			es_html_raw(h, " %");
		}
		es_html_raw(h, "</b>");
	}
	if ((g->has & ES_SEGMENT_HAS_EXPECTED) != 0) {
		es_html_raw(h, "<small>of <span data-n=expected>");
		es_html_u64(h, g->expected);
		es_html_raw(h, "</span> packets</small>");
	}
}

static void
put_more(const struct es_segment *g, struct es_html *h)
{
	if ((g->has & ES_SEGMENT_HAS_LATE) != 0 && g->late > 0) {
		es_html_raw(h, "<small><span data-n=late>");
		es_html_u64(h, g->late);
		es_html_raw(h, "</span> late</small>");
	}
	if ((g->has & ES_SEGMENT_HAS_DELAY_VARIATION) != 0) {
		es_html_raw(h, "<small>+<span data-n=delay_variation_p95_ms>");
		es_html_scaled(h, g->delay_variation_p95_us, 3, 3);
		es_html_raw(h, "</span> ms variation</small>");
	}
	if ((g->has & ES_SEGMENT_HAS_ROUND_TRIP) != 0) {
		es_html_raw(h, "<small><span data-n=round_trip_ms>");
		es_html_scaled(h, g->round_trip_us, 3, 3);
		es_html_raw(h, "</span> ms round trip</small>");
	}
}

static void
put_segment(const struct es_shown_call *s, const struct es_direction *d, const struct es_segment *g,
    struct es_html *h)
{
	bool is_hit = es_shown_call_is_hit(s, d->name, g->from, g->to);
	bool is_known = (g->has & ES_SEGMENT_HAS_LOST) != 0;

	es_html_raw(h, "<li class=\"segment ");
	es_html_raw(h, is_hit && s->call->verdict.n_one_of > 0 ? "maybe"
		       : is_hit                                ? "hit"
		       : !is_known                             ? "unknown"
		       : g->lost > 0                           ? "some"
							       : "clean");
	es_html_raw(h, "\" data-from=\"");
	es_html_text(h, g->from);
	es_html_raw(h, "\" data-to=\"");
	es_html_text(h, g->to);
	es_html_raw(h, "\"><span class=tag>");
	es_html_raw(h, is_hit && s->call->verdict.n_one_of > 0 ? "perhaps here"
		       : is_hit                                ? "damaged here"
							       : "");
	es_html_raw(h, "</span><span class=line></span>");
	put_loss(g, h);
	put_more(g, h);
	es_html_raw(h, "</li>");
}

void
es_path_strip(const struct es_shown_call *s, const struct es_direction *d, struct es_html *h)
{
	es_html_raw(h, "<section class=card data-direction=");
	es_html_raw(h, es_shown_call_direction(d->name));
	es_html_raw(h, "><h4>");
	es_html_raw(
	    h, d->name == ES_FORWARD ? "Forward: caller to callee" : "Reverse: callee to caller");
	es_html_raw(h, "<span class=mos>");
	if (d->has_mos_lq) {
		es_html_raw(h, "MOS-LQ <b data-n=mos_lq>");
		es_html_scaled(h, d->mos_lq_milli, 3, 3);
		es_html_raw(h, "</b>");
	} else {
		es_html_raw(h, "no MOS");
	}
	if (d->has_mos_cq) {
		es_html_raw(h, ", MOS-CQ <b data-n=mos_cq>");
		es_html_scaled(h, d->mos_cq_milli, 3, 3);
		es_html_raw(h, "</b>, <span data-n=mouth_to_ear_ms>");
		es_html_scaled(h, d->mouth_to_ear_us, 3, 3);
		es_html_raw(h, "</span> ms mouth to ear");
	}
	es_html_raw(h, "; ");
	es_html_u64(h, d->bad_blocks);
	es_html_raw(h, " of ");
	es_html_u64(h, d->blocks);
	es_html_raw(h, " blocks bad</span></h4><ol class=strip>");
	put_point(s, d->from, h);
	for (uint32_t i = 0; i < d->n_segments; i++) {
		put_segment(s, d, &d->segments[i], h);
		put_point(s, d->segments[i].to, h);
	}
	es_html_raw(h, "</ol></section>");
}
