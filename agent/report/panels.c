/* SPDX-License-Identifier: Apache-2.0 */
/* Plots of a call over its time: loss, delay variation and MOS of each direction. */
#include "agent/report/panels.h"

#include "agent/report/lanes.h"
#include "agent/report/plot.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ROOM = 640, /* steps of a call in all: bounds the page of a long call */
	MOS_LOW = 1000,
	MOS_HIGH = 4500,
	TEXT = 256,
	ID = 32,
};

enum metric { LOSS, VARIATION, MOS, METRICS };

static const struct {
	const char *id;
	const char *title;
	uint32_t has;
} metrics[METRICS] = {
	[LOSS] = { "loss", "Packets lost per block", 0 },
	[VARIATION] = { "dv", "Delay variation, 95th percentile per block",
	    ES_INTERVAL_HAS_DELAY_VARIATION },
	[MOS] = { "mos", "MOS-LQ per block", ES_INTERVAL_HAS_QUALITY },
};

static int64_t
value_of(const struct es_lane_step *s, enum metric m)
{
	return m == LOSS ? s->lost : m == VARIATION ? s->p95_us : s->mos_lq_milli;
}

static int64_t
top_of(const struct es_lanes *lanes, enum metric m)
{
	int64_t top = 1;

	for (uint32_t i = 0; i < lanes->n; i++) {
		int64_t v = m == LOSS ? lanes->at[i].lost_max : lanes->at[i].p95_max_us;

		top = v > top ? v : top;
	}
	return m == MOS ? MOS_HIGH : top;
}

static const struct es_call_stream *
stream_of(const struct es_shown_call *s, const struct es_lane *lane)
{
	return &s->call->legs[lane->leg].streams[lane->stream];
}

static void
put_labels(
    const struct es_shown_call *s, const struct es_lanes *lanes, enum metric m, struct es_html *h)
{
	es_html_raw(h, "<div class=names>");
	for (uint32_t i = 0; i < lanes->n; i++) {
		es_html_raw(h, lanes->at[i].is_hit ? "<div class=hit><b>" : "<div><b>");
		es_shown_call_vantage(s, lanes->at[i].leg, h);
		es_html_raw(h, "</b>");
		if (lanes->at[i].is_one_stream) {
			es_html_raw(h, "<small class=id>");
			es_html_ssrc(h, stream_of(s, &lanes->at[i])->ssrc);
			es_html_raw(h, "</small>");
		}
		if (lanes->at[i].is_hit && m == LOSS)
			es_html_raw(h, "<small>&#9650;&nbsp;damaged</small>");
		es_html_raw(h, "</div>");
	}
	es_html_raw(h, "</div>");
}

static void
put_worst(const struct es_lane *lane, enum metric m, struct es_html *h)
{
	es_html_raw(h, "<div>");
	if (m == LOSS) {
		es_html_raw(h, lane->lost > 0 ? "<b class=bad>" : "<b>");
		es_html_u64(h, lane->lost);
		es_html_raw(h, "</b><small>lost</small>");
	} else if ((lane->has & metrics[m].has) == 0) {
		es_html_raw(h, "<small>not known</small>");
	} else if (m == VARIATION) {
		es_html_raw(h, "<b>");
		es_html_scaled(h, lane->p95_max_us, 3, 3);
		es_html_raw(h, "</b><small>ms max</small>");
	} else {
		es_html_raw(h, "<b>");
		es_html_scaled(h, lane->mos_min_milli, 3, 3);
		es_html_raw(h, "</b><small>min</small>");
	}
	es_html_raw(h, "</div>");
}

static void
put_scale(enum metric m, int64_t top, struct es_html *h)
{
	es_html_raw(h, "<p class=scale>");
	es_html_str(h, metrics[m].title);
	es_html_raw(h, m == MOS ? "; each lane from 1 to " : "; each lane from 0 to ");
	if (m == LOSS)
		es_html_i64(h, top);
	else
		es_html_scaled(h, top, 3, m == MOS ? 1 : 3);
	es_html_raw(h, m == LOSS ? " packets</p>" : m == VARIATION ? " ms</p>" : "</p>");
}

/* Steps as the plot takes them; NULL without memory. */
static struct es_plot_step *
steps_of(const struct es_lanes *lanes, enum metric m, struct es_plot_lane *out)
{
	struct es_plot_step *all;
	size_t n = 0;

	for (uint32_t i = 0; i < lanes->n; i++)
		n += lanes->at[i].n_steps;
	all = calloc(n == 0 ? 1 : n, sizeof(*all));
	n = 0;
	for (uint32_t i = 0; i < lanes->n && all != NULL; i++) {
		const struct es_lane *lane = &lanes->at[i];

		out[i].steps = all + n;
		out[i].n_steps = lane->n_steps;
		out[i].low = m == MOS ? MOS_LOW : 0;
		out[i].high = top_of(lanes, m);
		out[i].is_line = m != LOSS;
		for (size_t j = 0; j < lane->n_steps; j++) {
			const struct es_lane_step *is = &lane->steps[j];

			all[n].from_ms = is->from_ms;
			all[n].to_ms = is->to_ms;
			all[n].value = value_of(is, m);
			all[n].is_known = (is->has & metrics[m].has) == metrics[m].has;
			n++;
		}
	}
	return all;
}

static void
put_panel(
    const struct es_shown_call *s, const struct es_lanes *lanes, enum metric m, struct es_html *h)
{
	struct es_plot_lane at[ES_PATH_MAX];
	struct es_plot plot = { s->from_ms, s->to_ms, at, lanes->n, NULL };
	struct es_plot_step *steps = steps_of(lanes, m, at);
	char id[ID], title[TEXT];

	if (steps == NULL) {
		h->failed = true;
		return;
	}
	(void)snprintf(id, sizeof(id), "c%u%s%d", s->number, metrics[m].id, lanes->direction);
	(void)snprintf(title, sizeof(title), "%s, %s", metrics[m].title,
	    es_shown_call_direction(lanes->direction));
	plot.id = id;
	put_scale(m, top_of(lanes, m), h);
	es_html_raw(h, "<div class=panel data-metric=");
	es_html_raw(h, metrics[m].id);
	es_html_raw(h, ">");
	put_labels(s, lanes, m, h);
	es_plot(h, &plot, title,
	    "One lane per vantage point over call time, from the sender to the receiver. The same "
	    "figures are in the table below.");
	es_html_raw(h, "<div class=worst>");
	for (uint32_t i = 0; i < lanes->n; i++)
		put_worst(&lanes->at[i], m, h);
	es_html_raw(h, "</div></div>");
	free(steps);
}

static void
put_cell(struct es_html *h, bool is_known, int64_t value, unsigned scale)
{
	es_html_raw(h, "<td>");
	if (is_known)
		es_html_scaled(h, value, scale, scale);
	else
		es_html_raw(h, "&ndash;");
}

static void
put_step(const struct es_lane_step *is, struct es_html *h)
{
	put_cell(h, true, is->from_ms, 3);
	put_cell(h, true, is->to_ms, 3);
	put_cell(h, true, is->expected, 0);
	put_cell(h, true, is->lost, 0);
	put_cell(h, (is->has & ES_INTERVAL_HAS_LATE) != 0, is->late, 0);
	put_cell(h, (is->has & ES_INTERVAL_HAS_JITTER) != 0, is->jitter_us, 3);
	put_cell(h, (is->has & ES_INTERVAL_HAS_DELAY_VARIATION) != 0, is->p95_us, 3);
	put_cell(h, (is->has & ES_INTERVAL_HAS_QUALITY) != 0, is->mos_lq_milli, 3);
}

static void
put_table(const struct es_shown_call *s, const struct es_lanes *lanes, struct es_html *h)
{
	size_t each = 1;

	for (uint32_t i = 0; i < lanes->n; i++)
		if (lanes->at[i].n_steps > 0 && lanes->at[i].steps[0].n_blocks > each)
			each = lanes->at[i].steps[0].n_blocks;
	es_html_raw(h, "<details><summary>Figures of ");
	es_html_raw(h, es_shown_call_direction(lanes->direction));
	es_html_raw(h, " as a table</summary><div class=scroll tabindex=0 role=group "
		       "aria-label=\"Figures, ");
	es_html_raw(h, es_shown_call_direction(lanes->direction));
	es_html_raw(h,
	    "\"><table class=blocks><caption>Blocks of up to 256 packets; times in seconds "
	    "of the call");
	if (each > 1) {
		es_html_raw(h, "; the call is long: a row may stand for up to ");
		es_html_u64(h, each);
		es_html_raw(h, " blocks and has the worst value of each kind");
	}
	es_html_raw(h,
	    "</caption><thead><tr><th>Vantage point<th>From s<th>To s<th>Expected<th>Lost"
	    "<th>Late<th>Jitter ms<th>Delay variation p95 ms<th>MOS-LQ<tbody>");
	for (uint32_t i = 0; i < lanes->n; i++)
		for (size_t j = 0; j < lanes->at[i].n_steps; j++) {
			es_html_raw(h, "<tr><td>");
			es_shown_call_vantage(s, lanes->at[i].leg, h);
			put_step(&lanes->at[i].steps[j], h);
		}
	es_html_raw(h, "</table></div></details>");
}

static void
put_direction(const struct es_shown_call *s, enum es_direction_name direction, struct es_html *h)
{
	struct es_lanes lanes;

	if (es_lanes_init(&lanes, s, direction, ROOM / 2) != 0)
		h->failed = true;
	if (lanes.n > 0) {
		es_html_raw(h, "<section class=card><h4>");
		es_html_raw(h, direction == ES_FORWARD   ? "Forward: caller to callee"
			       : direction == ES_REVERSE ? "Reverse: callee to caller"
							 : "Direction not known");
		es_html_raw(h, "</h4>");
		for (enum metric m = LOSS; m < METRICS; m++)
			put_panel(s, &lanes, m, h);
		es_plot_axis(h, s->from_ms, s->to_ms);
		if (lanes.n_left_out > 0) {
			es_html_raw(h, "<p class=cut>");
			es_html_u64(h, lanes.n_left_out);
			es_html_raw(h, " further streams are not drawn.</p>");
		}
		put_table(s, &lanes, h);
		es_html_raw(h, "</section>");
	}
	es_lanes_free(&lanes);
}

void
es_panels(const struct es_shown_call *s, struct es_html *h)
{
	put_direction(s, ES_FORWARD, h);
	put_direction(s, ES_REVERSE, h);
	put_direction(s, ES_BOTH, h);
}
