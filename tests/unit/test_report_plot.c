/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes of a plot: where values are drawn, and that nothing leaves the picture. */
#include "agent/report/plot.h"
#include "tests/unit/harness.h"

static struct es_html h;

static const char *
drawn(const struct es_plot *p)
{
	es_html_free(&h);
	es_plot(&h, p, "Title & more", "What it shows");
	es_html_raw(&h, "\n");
	h.text[h.n_bytes - 1] = '\0';
	return h.text;
}

static const char *
axis(int64_t from_ms, int64_t to_ms)
{
	es_html_free(&h);
	es_plot_axis(&h, from_ms, to_ms);
	es_html_raw(&h, "\n");
	h.text[h.n_bytes - 1] = '\0';
	return h.text;
}

TEST(plot_draws_bars_from_the_lower_edge_up)
{
	static const struct es_plot_step steps[] = {
		{ 0, 2000, 10, true }, { 2000, 4000, 0, true }, /* nothing lost: nothing drawn */
		{ 4000, 6000, 5, true },                        /* half as high */
		{ 6000, 8000, 10, false },                      /* not known */
		{ 9000, 9001, 1, true }, /* short and low: still to be seen */
	};
	static const struct es_plot_lane lane = { steps, 5, 0, 10, false };
	static const struct es_plot p = { 0, 10000, &lane, 1, "x" };

	CHECK(strstr(drawn(&p),
		  "<path class=bar d=\"M0 33V3H200V33M400 33V18H600V33M900 33V30H903V33\"/>") !=
	      NULL);
	es_html_free(&h);
}

TEST(plot_draws_lines_with_gaps_where_nothing_is_known)
{
	static const struct es_plot_step steps[] = {
		{ 0, 5000, 1000, true }, { 5000, 6000, 4500, true }, { 6000, 7000, 0, false },
		{ 7000, 20000, 9000, true }, /* beyond both ends of the picture */
	};
	static const struct es_plot_lane lane = { steps, 4, 1000, 4500, true };
	static const struct es_plot p = { 0, 10000, &lane, 1, "x" };

	CHECK(strstr(drawn(&p), "<path class=line d=\"M0 33H500L500 3H600M700 3H1000\"/>") != NULL);
	es_html_free(&h);
}

/* Blocks of two streams at one time: the second one begins where the first has not ended. */
TEST(plot_line_never_runs_back)
{
	static const struct es_plot_step steps[] = {
		{ 0, 5000, 1000, true }, { 100, 5100, 4500, true }, { 5000, 9000, 1000, true },
		{ 8990, 10000, 4500, true }, /* by less than can be seen */
	};
	static const struct es_plot_lane lane = { steps, 4, 1000, 4500, true };
	static const struct es_plot p = { 0, 10000, &lane, 1, "x" };

	CHECK(strstr(drawn(&p),
		  "<path class=line d=\"M0 33H500M10 3H510M500 33H900L899 3H1000\"/>") != NULL);
	es_html_free(&h);
}

TEST(plot_has_a_title_and_a_description)
{
	static const struct es_plot p = { 0, 1000, NULL, 0, "c1loss0" };
	const char *svg = drawn(&p);

	CHECK(strstr(svg, "role=img") != NULL);
	CHECK(strstr(svg, "aria-labelledby=\"c1loss0t\" aria-describedby=\"c1loss0d\"") != NULL);
	CHECK(strstr(svg, "<title id=\"c1loss0t\">Title &amp; more</title>") != NULL);
	CHECK(strstr(svg, "<desc id=\"c1loss0d\">What it shows</desc>") != NULL);
	es_html_free(&h);
}

TEST(plot_axis_has_round_times)
{
	const char *text = axis(0, 40413);

	CHECK(strstr(text, "<span style=\"left:0.0%\">0:00</span>") != NULL);
	CHECK(strstr(text, ">0:40</span>") != NULL);
	CHECK(strstr(text, ">0:50</span>") == NULL);
	text = axis(-1500, 3000);
	CHECK(strstr(text, ">-0:01</span>") != NULL);
	text = axis(0, 7384000);
	CHECK(strstr(text, ">2:00:00</span>") != NULL);
	CHECK(strstr(text, ">0:30:00</span>") == NULL && strstr(text, ">30:00</span>") != NULL);
	es_html_free(&h);
}

/* Clocks of captures are anybody's: no time makes many ticks, none makes the sums overflow. */
TEST(plot_of_any_time_stays_small)
{
	static const struct es_plot_step step = { INT64_MIN / 1000000, INT64_MAX / 1000000,
		INT64_MAX / 64, true };
	static const struct es_plot_lane lane = { &step, 1, 0, INT64_MAX / 64, false };
	static const int64_t spans[][2] = { { 0, 1 }, { INT64_MIN / 1000000, INT64_MAX / 1000000 },
		{ 0, INT64_MAX / 1000000 }, { -1, 0 } };

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		const struct es_plot p = { spans[i][0], spans[i][1], &lane, 1, "x" };

		CHECK(strlen(drawn(&p)) < 2000);
		CHECK(strlen(axis(spans[i][0], spans[i][1])) < 2000);
	}
	es_html_free(&h);
}
