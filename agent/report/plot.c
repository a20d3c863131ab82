/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes over one time axis as inline SVG. */
#include "agent/report/plot.h"

enum {
	WIDTH = 1000, /* units of the picture, which is stretched to the width of the page */
	LANE = 36,
	EDGE = 3, /* of a lane, above and below */
	THIN = 3, /* what is too short to be seen is drawn as wide */
};

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int64_t
x_of(const struct es_plot *p, int64_t ms)
{
	return clamp((ms - p->from_ms) * WIDTH / (p->to_ms - p->from_ms), 0, WIDTH);
}

/* The upper edge of a picture has y 0. A value above 0 is never drawn as 0. */
static int64_t
y_of(const struct es_plot_lane *l, size_t lane, int64_t value)
{
	int64_t room = LANE - 2 * EDGE;
	int64_t v = clamp(value, l->low, l->high);
	int64_t up = l->high > l->low ? (v - l->low) * room / (l->high - l->low) : 0;

	if (up < THIN && v > l->low)
		up = THIN;
	return (int64_t)(lane + 1) * LANE - EDGE - up;
}

static void
point(struct es_html *h, const char *command, int64_t x, int64_t y)
{
	es_html_raw(h, command);
	es_html_i64(h, x);
	es_html_raw(h, " ");
	es_html_i64(h, y);
}

static void
put(struct es_html *h, const char *command, int64_t v)
{
	es_html_raw(h, command);
	es_html_i64(h, v);
}

static void
draw_bars(struct es_html *h, const struct es_plot *p, size_t lane)
{
	const struct es_plot_lane *l = &p->lanes[lane];
	int64_t base = y_of(l, lane, l->low);

	es_html_raw(h, "<path class=bar d=\"");
	for (size_t i = 0; i < l->n_steps; i++) {
		const struct es_plot_step *s = &l->steps[i];
		int64_t x = x_of(p, s->from_ms), end = x_of(p, s->to_ms);

		if (!s->is_known || s->value <= l->low)
			continue;
		end = end < x + THIN ? x + THIN : end;
		point(h, "M", x, base);
		put(h, "V", y_of(l, lane, s->value));
		put(h, "H", end);
		put(h, "V", base);
	}
	es_html_raw(h, "\"/>");
}

static void
draw_line(struct es_html *h, const struct es_plot *p, size_t lane)
{
	const struct es_plot_lane *l = &p->lanes[lane];
	bool is_down = false;
	int64_t last = 0;

	es_html_raw(h, "<path class=line d=\"");
	for (size_t i = 0; i < l->n_steps; i++) {
		const struct es_plot_step *s = &l->steps[i];
		int64_t x = x_of(p, s->from_ms), end = x_of(p, s->to_ms);
		int64_t y = y_of(l, lane, s->value);

		if (!s->is_known) {
			is_down = false;
			continue;
		}
		/* of two streams at one time each has its own stroke: a line never runs back */
		point(h, is_down && x + THIN >= last ? "L" : "M", x, y);
		last = end < x + THIN ? x + THIN : end;
		put(h, "H", last);
		is_down = true;
	}
	es_html_raw(h, "\"/>");
}

/* A round number of seconds between two ticks. */
static int64_t
tick_ms(int64_t span_ms)
{
	static const int64_t steps_s[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600,
		7200, 14400, 43200 };
	int64_t last = 0;

	for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
		last = steps_s[i] * 1000;
		if (span_ms / last < ES_PLOT_TICKS_MAX)
			return last;
	}
	return span_ms / ES_PLOT_TICKS_MAX > last ? span_ms / ES_PLOT_TICKS_MAX : last;
}

static int64_t
first_tick(int64_t from_ms, int64_t step)
{
	int64_t t = from_ms / step * step;

	return t < from_ms ? t + step : t;
}

static void
draw_grid(struct es_html *h, const struct es_plot *p)
{
	int64_t step = tick_ms(p->to_ms - p->from_ms);

	es_html_raw(h, "<path class=grid d=\"");
	for (int64_t t = first_tick(p->from_ms, step); t <= p->to_ms; t += step) {
		point(h, "M", x_of(p, t), 0);
		put(h, "V", (int64_t)p->n_lanes * LANE);
	}
	for (size_t i = 0; i < p->n_lanes; i++) {
		point(h, "M", 0, (int64_t)(i + 1) * LANE - EDGE);
		put(h, "H", WIDTH);
	}
	es_html_raw(h, "\"/>");
}

void
es_plot(struct es_html *h, const struct es_plot *p, const char *title, const char *description)
{
	es_html_raw(h, "<svg role=img preserveAspectRatio=none viewBox=\"0 0 ");
	es_html_i64(h, WIDTH);
	put(h, " ", (int64_t)p->n_lanes * LANE);
	es_html_raw(h, "\" aria-labelledby=\"");
	es_html_str(h, p->id);
	es_html_raw(h, "t\" aria-describedby=\"");
	es_html_str(h, p->id);
	es_html_raw(h, "d\"><title id=\"");
	es_html_str(h, p->id);
	es_html_raw(h, "t\">");
	es_html_str(h, title);
	es_html_raw(h, "</title><desc id=\"");
	es_html_str(h, p->id);
	es_html_raw(h, "d\">");
	es_html_str(h, description);
	es_html_raw(h, "</desc>");
	draw_grid(h, p);
	for (size_t i = 0; i < p->n_lanes; i++) {
		if (p->lanes[i].is_line)
			draw_line(h, p, i);
		else
			draw_bars(h, p, i);
	}
	es_html_raw(h, "</svg>");
}

void
es_plot_clock(struct es_html *h, int64_t ms)
{
	int64_t s = (ms < 0 ? -ms : ms) / 1000;

	es_html_raw(h, ms < 0 ? "-" : "");
	if (s >= 3600) {
		es_html_i64(h, s / 3600);
		es_html_raw(h, s % 3600 < 600 ? ":0" : ":");
	}
	es_html_i64(h, s % 3600 / 60);
	es_html_raw(h, s % 60 < 10 ? ":0" : ":");
	es_html_i64(h, s % 60);
}

void
es_plot_axis(struct es_html *h, int64_t from_ms, int64_t to_ms)
{
	int64_t step = tick_ms(to_ms - from_ms);

	es_html_raw(h, "<div class=axis aria-hidden=true><span><i>call time, </i>m:ss</span><div>");
	for (int64_t t = first_tick(from_ms, step); t <= to_ms; t += step) {
		es_html_raw(h, "<span style=\"left:");
		es_html_scaled(h, (t - from_ms) * 1000 / (to_ms - from_ms), 1, 1);
		es_html_raw(h, "%\">");
		es_plot_clock(h, t);
		es_html_raw(h, "</span>");
	}
	es_html_raw(h, "</div></div>");
}
