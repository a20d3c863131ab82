/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of a call, leg by leg. */
#include "agent/report/leg_table.h"

#include "agent/record_json.h"

enum { ROWS_MAX = 64 }; /* of a call: bounds the page of a conference */

static void
put_number(struct es_html *h, bool is_known, int64_t value, unsigned scale)
{
	es_html_raw(h, "<td class=n>");
	if (is_known)
		es_html_scaled(h, value, scale, scale);
	else
		es_html_raw(h, "&ndash;");
}

static void
put_figures(const struct es_course_stream *r, struct es_html *h)
{
	put_number(h, true, (int64_t)r->packets, 0);
	put_number(h, true, (int64_t)r->expected, 0);
	put_number(h, true, (int64_t)r->lost, 0);
	es_html_raw(h, "<td class=n>");
	if (r->expected > 0)
		es_html_scaled(h, (int64_t)(r->lost * 1000000 / r->expected), 4, 1);
	else
		es_html_raw(h, "&ndash;");
	put_number(h, (r->has & ES_STREAM_HAS_LATE) != 0, (int64_t)r->late, 0);
	put_number(h, (r->has & ES_STREAM_HAS_JITTER) != 0, r->jitter_mean_us, 3);
	put_number(h, (r->has & ES_STREAM_HAS_JITTER) != 0, r->jitter_max_us, 3);
	put_number(h, (r->has & ES_STREAM_HAS_DELAY_VARIATION) != 0, r->p95_us, 3);
	es_html_raw(h, "<td class=n>");
	if ((r->has & ES_STREAM_HAS_QUALITY) != 0) {
		es_html_scaled(h, r->mos_lq_milli, 3, 3);
		return;
	}
	es_html_raw(h, "<small>");
	es_html_str(
	    h, r->unscored == ES_UNSCORED_NOT ? "not known" : es_unscored_words(r->unscored));
	es_html_raw(h, "</small>");
}

static void
put_stream(const struct es_shown_call *s, uint32_t leg, uint32_t stream,
    const struct es_course_stream *r, struct es_html *h)
{
	const struct es_leg *l = &s->call->legs[leg];

	es_html_raw(h, "<tr><td>");
	es_shown_call_vantage(s, leg, h);
	es_html_raw(h, "<td>");
	es_html_raw(h, l->directions[stream] == ES_BOTH
			   ? "not known"
			   : es_shown_call_direction(l->directions[stream]));
	es_html_raw(h, "<td>");
	if ((r->has & ES_STREAM_HAS_CODEC) != 0)
		es_html_text(h, r->codec);
	else
		es_html_raw(h, "&ndash;");
	es_html_raw(h, "<td class=id>");
	es_html_ssrc(h, r->key.ssrc);
	es_html_raw(h, "<td class=id>");
	es_html_addr(h, &r->key.src);
	es_html_raw(h, "&nbsp;&rarr; ");
	es_html_addr(h, &r->key.dst);
	put_figures(r, h);
}

void
es_leg_table(const struct es_shown_call *s, struct es_html *h)
{
	size_t n_left_out = 0, n_rows = 0;

	es_html_raw(h,
	    "<div class=\"card scroll\" tabindex=0 role=group aria-label=\"Streams\"><table "
	    "class=legs><thead><tr><th>Vantage point<th>Direction<th>Codec<th>SSRC<th>From, "
	    "to<th class=n>Packets<th class=n>Expected<th class=n>Lost<th class=n>Loss %<th "
	    "class=n>Late<th class=n>Jitter ms<th class=n>Jitter max ms<th class=n>Delay "
	    "variation p95 ms<th class=n>MOS-LQ<tbody>");
	for (uint32_t i = 0; i < s->call->n_legs; i++) {
		const struct es_leg *l = &s->call->legs[i];

		for (uint32_t j = 0; j < l->n_streams; j++) {
			size_t n;
			const struct es_course_stream *r = es_shown_call_streams(s, i, j, &n);

			for (size_t k = 0; k < n; k++) {
				if (n_rows < ROWS_MAX) {
					put_stream(s, i, j, &r[k], h);
					n_rows++;
				} else {
					n_left_out++;
				}
			}
		}
	}
	es_html_raw(h, "</table></div>");
	if (n_left_out > 0) {
		es_html_raw(h, "<p class=cut>");
		es_html_u64(h, n_left_out);
		es_html_raw(h, " further streams are not shown.</p>");
	}
}
