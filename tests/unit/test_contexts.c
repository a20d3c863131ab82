/* SPDX-License-Identifier: Apache-2.0 */
/* In which network, on which power a machine was. */
#include "collector/query/contexts.h"
#include "tests/unit/harness.h"

#include <stdio.h>

static struct es_contexts c;

static void
change(int64_t at_s, enum es_change_kind kind, const char *subject, const char *after)
{
	struct es_change rec = { .time = es_time_of_ns(at_s * ES_NS_PER_S),
		.kind = (uint16_t)kind,
		.subject = es_slice_str(subject),
		.after = es_slice_str(after) };

	es_contexts_take(&c, &rec);
}

static void
begin(int64_t from_s, int64_t to_s)
{
	es_contexts_begin(
	    &c, es_time_of_ns(from_s * ES_NS_PER_S), es_time_of_ns(to_s * ES_NS_PER_S));
}

/* "100-130 via A wifi 02:01;" of each context */
static const char *
list(void)
{
	static char text[1024];
	size_t n = 0;

	es_contexts_end(&c);
	text[0] = '\0';
	for (uint32_t i = 0; i < c.n; i++) {
		es_slice route = es_contexts_text(&c.list[i], ES_CHANGE_ROUTE, "default");
		es_slice wifi = es_contexts_text(&c.list[i], ES_CHANGE_WIFI_BSSID, NULL);

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d-%d %.*s %.*s;",
		    (int)(c.list[i].start.ns / ES_NS_PER_S), (int)(c.list[i].end.ns / ES_NS_PER_S),
		    (int)route.n, (const char *)route.p, (int)wifi.n, (const char *)wifi.p);
	}
	return text;
}

TEST(contexts_begin_with_what_was_before_and_end_with_the_range)
{
	begin(100, 200);
	change(10, ES_CHANGE_ROUTE, "default", "via A");
	change(50, ES_CHANGE_WIFI_BSSID, "wlan0", "02:01");
	change(130, ES_CHANGE_WIFI_BSSID, "wlan0", "02:02");
	change(140, ES_CHANGE_DNS, "servers", "10.0.0.1");   /* no context */
	change(150, ES_CHANGE_WIFI_BSSID, "wlan0", "02:02"); /* the same */
	change(300, ES_CHANGE_WIFI_BSSID, "wlan0", "02:03");
	CHECK_STR(list(), "100-130 via A 02:01;130-200 via A 02:02;");
}

/* The default route moves in a call: two contexts, and the time between them has none. */
TEST(contexts_of_a_moved_route_have_the_gap_between_them)
{
	begin(0, 100);
	change(10, ES_CHANGE_ROUTE, "default", "via A");
	change(40, ES_CHANGE_ROUTE, "default", "");
	change(43, ES_CHANGE_ROUTE, "default", "via B");
	CHECK_STR(list(), "10-40 via A ;43-100 via B ;");
	begin(0, 100);
	change(10, ES_CHANGE_ROUTE, "default", "via A");
	change(40, ES_CHANGE_ROUTE, "default", "via B");
	CHECK_STR(list(), "10-40 via A ;40-100 via B ;");
}

TEST(contexts_are_bounded_and_say_what_is_left_out)
{
	char name[16];

	begin(0, 100000);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "wg%d", i);
		change(10 + i, ES_CHANGE_VPN, name, "up");
	}
	es_contexts_end(&c);

	CHECK_EQ(c.n, ES_CONTEXTS_MAX);
	CHECK_EQ(c.n + c.n_left_out, 1000);
	CHECK(c.list[c.n - 1].n_states <= ES_CONTEXT_STATES);
}
