/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes over one time axis as inline SVG: values in steps, one lane per vantage point or signal, under each other. */
#ifndef AGENT_REPORT_PLOT_H
#define AGENT_REPORT_PLOT_H

#include "agent/report/html.h"

enum { ES_PLOT_LANES_MAX = 16, ES_PLOT_TICKS_MAX = 6 };

struct es_plot_step {
	int64_t from_ms;
	int64_t to_ms;
	int64_t value;
	bool is_known;
};

struct es_plot_lane {
	const struct es_plot_step *steps;
	size_t n_steps;
	int64_t low; /* values at the lane's lower and upper edge */
	int64_t high;
	bool is_line; /* false: bars from the lower edge up */
};

struct es_plot {
	int64_t from_ms;
	int64_t to_ms;
	const struct es_plot_lane *lanes;
	size_t n_lanes;
	const char *id; /* of the element, and the start of those of its title and description */
};

/* The SVG. What it shows and how, as title and description for who cannot see it. */
void
es_plot(struct es_html *h, const struct es_plot *p, const char *title, const char *description);

/* The times below it: "0:10" at the place of each tick. */
void es_plot_axis(struct es_html *h, int64_t from_ms, int64_t to_ms);

/* "1:02:05", "0:07": minutes and seconds of a call. */
void es_plot_clock(struct es_html *h, int64_t ms);

#endif
