/* SPDX-License-Identifier: Apache-2.0 */
/* Each filter and each order of the list of calls against a plain look at all calls, whatever the size of a page. */
#include "tests/unit/api_rig.h"

enum { N_CALLS = 66, NAMES_MAX = 8192 };

/* Damaged, refused, in progress, without SIP, unseen at the core; every third pair of calls begins at one instant. */
static void
fill_store(struct fixture *f)
{
	static const char *const hostile[] = { "a b@h", "<script>@h", "%00=20@h", "\"'&?#@h", "." };
	char call_id[32];

	if (es_store_begin(f->s) < 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	for (int i = 0; i < N_CALLS; i++) {
		struct scene scene = { .call_id = call_id,
			.ssrc = (uint32_t)(0x1000 + 2 * i),
			.start = es_time_of_ns((day_s + (i - i % 6 / 5) * 97) * ES_NS_PER_S),
			.is_damaged = i % 5 == 0,
			.in_progress = i % 11 == 4,
			.blind = i % 13 == 5 ? "core" : NULL,
			.refused = (uint16_t)(i % 8 == 3   ? 486
					      : i % 8 == 6 ? 503
							   : 0) };

		(void)snprintf(
		    call_id, sizeof(call_id), "%s%d", i % 9 == 2 ? hostile[i / 9 % 5] : "c", i);
		if (i % 7 == 6 && scene.refused == 0)
			scene.call_id = NULL;
		if (scene_fill(f->scene, f->s, &scene) < 0)
			test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	}
	if (es_store_commit(f->s) < 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
}

/* Appends the calls of all pages to `all`. Returns the pages. */
static int
read_list(struct fixture *f, const char *const *filter, const char *limit, json_t *all)
{
	char after[64] = "";
	int pages = 0;

	do {
		size_t at = 0;
		json_t *j;

		memset(f->query, 0, sizeof(f->query));
		for (; filter != NULL && filter[at] != NULL; at++)
			f->query[at] = filter[at];
		f->query[at++] = "limit";
		f->query[at++] = limit;
		f->query[at++] = "after";
		f->query[at] = after;
		j = get(f, "/api/v1/calls", 200);
		if (json_array_extend(all, json_object_get(j, "calls")) != 0)
			test_fail(__FILE__, __LINE__, "out of memory");
		(void)snprintf(after, sizeof(after), "%s",
		    json_object_get(j, "next") == NULL ? "" : text_at(j, "next"));
		json_decref(j);
	} while (++pages < 2 * N_CALLS && after[0] != '\0');
	return pages;
}

static double
number_at(const json_t *call, const char *key, double otherwise)
{
	const json_t *j = json_object_get(call, key);

	return json_is_number(j) ? json_number_value(j) : otherwise;
}

static bool
is_end(const json_t *verdict, const char *name)
{
	const json_t *segment = json_object_get(verdict, "segment");
	const json_t *one_of = json_object_get(segment, "one_of");

	for (size_t i = 0; i < json_array_size(one_of); i++)
		if (strcmp(text_at(json_array_get(one_of, i), "from"), name) == 0 ||
		    strcmp(text_at(json_array_get(one_of, i), "to"), name) == 0)
			return true;
	return strcmp(text_at(segment, "from"), name) == 0 ||
	       strcmp(text_at(segment, "to"), name) == 0;
}

static bool
was_seen_by(const json_t *call, const char *agent)
{
	const json_t *agents = json_object_get(call, "agents");

	for (size_t i = 0; i < json_array_size(agents); i++)
		if (strcmp(json_string_value(json_array_get(agents, i)), agent) == 0)
			return true;
	return false;
}

/* What the filter's name promises, of what the list says of the call. */
static bool
fits(const json_t *call, const char *name, const char *value)
{
	const json_t *verdict = json_object_get(call, "verdict");

	if (strcmp(name, "verdict") == 0)
		return strcmp(text_at(verdict, "state"), value) == 0;
	if (strcmp(name, "cause") == 0)
		return strcmp(text_at(verdict, "cause"), value) == 0;
	if (strcmp(name, "segment") == 0)
		return is_end(verdict, value);
	if (strcmp(name, "status") == 0)
		return number_at(call, "final_status", 0) == strtod(value, NULL);
	if (strcmp(name, "min_mos") == 0)
		return number_at(call, "worst_mos", 0) >= strtod(value, NULL);
	if (strcmp(name, "max_mos") == 0)
		return number_at(call, "worst_mos", 9) <= strtod(value, NULL);
	if (strcmp(name, "agent") == 0)
		return was_seen_by(call, value);
	if (strcmp(name, "site") == 0)
		return was_seen_by(call, strcmp(value, "berlin") == 0 ? "ep" : "sbc") ||
		       (strcmp(value, "core") == 0 && was_seen_by(call, "gw"));
	if (strcmp(name, "from") == 0)
		return strcmp(text_at(call, "start"), value) >= 0;
	return strcmp(name, "q") == 0 && strstr(text_at(call, "call"), value) != NULL;
}

static void
add_name(char *names, const json_t *call)
{
	size_t n = strlen(names);

	(void)snprintf(
	    names + n, NAMES_MAX - n, "%s %s\n", text_at(call, "start"), text_at(call, "call"));
}

static const char *const filters[][8] = {
	{ NULL },
	{ "verdict", "clean" },
	{ "verdict", "degraded" },
	{ "verdict", "unknown" },
	{ "cause", "network_loss" },
	{ "cause", "wifi" },
	{ "segment", "ep" },
	{ "segment", "sbc/access" },
	{ "segment", "gw" },
	{ "status", "486" },
	{ "status", "503" },
	{ "status", "200" },
	{ "status", "404" },
	{ "min_mos", "3.6" },
	{ "max_mos", "3.6" },
	{ "min_mos", "4.409" },
	{ "max_mos", "4.409" },
	{ "agent", "ep" },
	{ "agent", "nobody" },
	{ "site", "berlin" },
	{ "site", "core" },
	{ "q", "script" },
	{ "q", "rtp:0x" },
	{ "verdict", "degraded", "status", "200" },
	{ "verdict", "degraded", "q", "rtp:" },
	{ "verdict", "unknown", "status", "486" },
	{ "agent", "ep", "site", "core", "max_mos", "4.408" },
};

TEST(api_list_of_each_filter_is_what_a_look_at_all_calls_finds)
{
	static const char *const limits[] = { "7", "200" };
	static char want[NAMES_MAX], got[NAMES_MAX];
	struct fixture f;
	json_t *all = json_array(), *some, *call;
	size_t i;

	setup(&f);
	fill_store(&f);
	(void)read_list(&f, NULL, "200", all);
	CHECK_EQ(json_array_size(all), N_CALLS);
	for (size_t k = 0; k < sizeof(filters) / sizeof(filters[0]); k++) {
		want[0] = '\0';
		json_array_foreach(all, i, call)
		{
			bool is_wanted = true;

			for (size_t p = 0; filters[k][p] != NULL; p += 2)
				is_wanted &= fits(call, filters[k][p], filters[k][p + 1]);
			if (is_wanted)
				add_name(want, call);
		}
		for (size_t n = 0; n < sizeof(limits) / sizeof(limits[0]); n++) {
			some = json_array();
			(void)read_list(&f, filters[k], limits[n], some);
			got[0] = '\0';
			json_array_foreach(some, i, call) add_name(got, call);
			if (strcmp(want, got) != 0)
				test_fail(__FILE__, __LINE__, "%s=%s by %s:\n%swanted:\n%s",
				    filters[k][0] == NULL ? "all" : filters[k][0],
				    filters[k][0] == NULL ? "" : filters[k][1], limits[n], got,
				    want);
			json_decref(some);
		}
	}
	json_decref(all);
	teardown(&f);
}

/* METRICS.md: next is absent on the last page, also where that page is full. */
TEST(api_list_says_no_next_behind_the_last_call)
{
	static const char *const limits[] = { "1", "2", "3", "6", "7" };
	static const int pages[] = { 6, 3, 2, 1, 1 };
	struct fixture f;
	char call_id[32];
	json_t *all;

	setup(&f);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(call_id, sizeof(call_id), "%s%d", i % 4 == 0 ? "other" : "c", i);
		put_call(&f, call_id, i);
	}
	for (size_t n = 0; n < sizeof(limits) / sizeof(limits[0]); n++) {
		all = json_array();
		CHECK_EQ(read_list(&f, (const char *const[]){ "q", "c", NULL }, limits[n], all),
		    pages[n]);
		CHECK_EQ(json_array_size(all), 6);
		json_decref(all);
	}
	teardown(&f);
}
