/* SPDX-License-Identifier: Apache-2.0 */
/* The API over a store filled as agents fill it; answers are read back as JSON. */
#include "collector/portal/portal.h"
#include "tests/unit/api_rig.h"

TEST(api_damaged_call_names_the_segment_and_what_it_lost)
{
	struct fixture f;
	const json_t *directions, *segments, *verdict;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, true, false);
	j = get(&f, "/api/v1/calls/one@h", 200);
	CHECK_STR(text_at(j, "call"), "one@h");
	CHECK_EQ(json_array_size(json_object_get(j, "legs")), 4);
	verdict = json_object_get(j, "verdict");
	CHECK_STR(text_at(verdict, "state"), "degraded");
	CHECK_STR(text_at(json_object_get(verdict, "segment"), "from"), "ep");
	CHECK_STR(text_at(json_object_get(verdict, "segment"), "to"), "sbc/access");
	CHECK_STR(text_at(json_object_get(verdict, "segment"), "direction"), "forward");
	CHECK_STR(text_at(verdict, "cause"), "network_loss");
	directions = json_object_get(j, "directions");
	segments = json_object_get(json_array_get(directions, 0), "segments");
	CHECK_EQ(json_array_size(segments), 3);
	CHECK_EQ(json_integer_value(json_object_get(json_array_get(segments, 0), "expected")),
	    SCENE_PACKETS);
	CHECK_EQ(
	    json_integer_value(json_object_get(json_array_get(segments, 0), "lost")), SCENE_LOST);
	CHECK_EQ(json_integer_value(json_object_get(json_array_get(segments, 1), "lost")), 0);
	json_decref(j);
	teardown(&f);
}

TEST(api_finds_a_call_by_the_call_id_of_any_leg)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	play(&f, "two@h", 0x2000, 10, true, false);
	j = get(&f, "/api/v1/calls/one@h-core", 200);
	CHECK_STR(text_at(j, "call"), "one@h");
	CHECK_STR(text_at(json_object_get(j, "verdict"), "state"), "clean");
	CHECK(json_object_get(json_object_get(j, "verdict"), "segment") == NULL);
	json_decref(j);
	teardown(&f);
}

TEST(api_call_without_signalling_is_found_by_its_ssrc)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, NULL, 0xbeef0, 0, true, false);
	j = get(&f, "/api/v1/calls/rtp:0x000beef0", 200);
	CHECK(strncmp(text_at(j, "call"), "rtp:0x", 6) == 0);
	CHECK_STR(text_at(json_object_get(j, "verdict"), "state"), "degraded");
	json_decref(j);
	teardown(&f);
}

/* Each listed call is opened by what the list calls it, whatever bytes its Call-ID has. */
TEST(api_call_of_any_call_id_is_opened_by_its_name)
{
	static const struct {
		const char *call_id;
		const char *name;
	} odd[] = { { ".", "=2E" }, { "..", "=2E=2E" }, { "a\xff\xfe@x", "a=FF=FE@x" },
		{ "a/../b", "a/../b" }, { "a=41", "a=3D41" }, { "a=4", "a=4" },
		{ "rtp:0x00000009", "=72tp:0x00000009" }, { "\x01\x7f", "=01=7F" } };
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		play(&f, odd[i].call_id, (uint32_t)(100 + i), (int64_t)(1000 * i), false, false);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char path[128];
		json_t *j;

		(void)snprintf(path, sizeof(path), "/api/v1/calls/%s", odd[i].name);
		j = get(&f, path, 200);
		CHECK_STR(json_string_value(json_object_get(j, "call")), odd[i].name);
		json_decref(j);
	}
	json_decref(get(&f, "/api/v1/calls/rtp:0x00000009", 404));
	teardown(&f);
}

TEST(api_unknown_call_is_not_found)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	j = get(&f, "/api/v1/calls/one@", 404);
	CHECK_STR(text_at(j, "error"), "no agent delivered such a call");
	json_decref(j);
	j = get(&f, "/api/v1/calls/rtp:0x00001000", 200); /* a stream of it has that number */
	CHECK_STR(text_at(j, "call"), "one@h");
	json_decref(j);
	j = get(&f, "/api/v1/calls/rtp:0x0000100", 404);
	json_decref(j);
	teardown(&f);
}

TEST(api_list_has_each_call_once_newest_first)
{
	struct fixture f;
	const json_t *call;
	json_t *j;

	setup(&f);
	play(&f, "old@h", 0x1000, 0, false, false);
	play(&f, "bad@h", 0x2000, 100, true, false);
	play(&f, NULL, 0x3000, 200, false, false);
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 3);
	CHECK(strncmp(text_at(nth_call(j, 0), "call"), "rtp:0x0000300", 13) == 0);
	call = nth_call(j, 1);
	CHECK_STR(text_at(call, "call"), "bad@h");
	CHECK_STR(text_at(call, "from"), "u1-aaaaaaaaaaaaaaaaaaaaaaaa@example.org");
	CHECK_EQ(json_array_size(json_object_get(call, "agents")), 3);
	CHECK_NEAR(json_real_value(json_object_get(call, "worst_mos")), 3.6, 0.001);
	CHECK_STR(text_at(json_object_get(call, "verdict"), "state"), "degraded");
	CHECK_STR(text_at(json_object_get(call, "verdict"), "cause"), "network_loss");
	CHECK_STR(text_at(json_object_get(json_object_get(call, "verdict"), "segment"), "to"),
	    "sbc/access");
	CHECK_STR(text_at(nth_call(j, 2), "call"), "old@h");
	CHECK(json_object_get(j, "next") == NULL);
	json_decref(j);
	teardown(&f);
}

/* Each use of a Call-ID stands in the list, and can be asked for: the newest, or the one that began then. */
TEST(api_calls_of_one_call_id_are_apart)
{
	char start[2][40];
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "again@h", 0x1000, 0, true, false);
	play(&f, "again@h", 0x2000, 300, false, false);
	play(&f, "again@h", 0x2000, 300, false, false); /* delivered twice */
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 2);
	for (size_t i = 0; i < 2; i++) {
		CHECK_STR(text_at(nth_call(j, i), "call"), "again@h");
		(void)snprintf(start[i], sizeof(start[i]), "%s", text_at(nth_call(j, i), "start"));
	}
	CHECK(strcmp(start[0], start[1]) > 0);
	json_decref(j);
	j = get(&f, "/api/v1/calls/again@h", 200);
	CHECK_STR(text_at(j, "start"), start[0]);
	CHECK_STR(text_at(json_object_get(j, "verdict"), "state"), "clean");
	json_decref(j);
	f.query[0] = "start";
	f.query[1] = start[1];
	j = get(&f, "/api/v1/calls/again@h", 200);
	CHECK_STR(text_at(j, "start"), start[1]);
	CHECK_STR(text_at(json_object_get(j, "verdict"), "state"), "degraded");
	json_decref(j);
	f.query[1] = "2026-01-01T00:00Z";
	json_decref(get(&f, "/api/v1/calls/again@h", 404));
	f.query[1] = "soon";
	json_decref(get(&f, "/api/v1/calls/again@h", 400));
	teardown(&f);
}

TEST(api_list_pages_hold_every_call_once)
{
	struct fixture f;
	char seen[256] = "", call_id[16], after[64] = "";
	json_t *j;

	setup(&f);
	for (int i = 0; i < 7; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		play(
		    &f, call_id, (uint32_t)(0x1000 + 2 * i), i, false, false); /* legs interleave */
	}
	f.query[0] = "limit";
	f.query[1] = "2";
	for (int page = 0; page < 5; page++) {
		j = get(&f, "/api/v1/calls", 200);
		for (size_t i = 0; nth_call(j, i) != NULL; i++) {
			size_t at = strlen(seen);

			(void)snprintf(
			    seen + at, sizeof(seen) - at, "%s ", text_at(nth_call(j, i), "call"));
		}
		(void)snprintf(after, sizeof(after), "%s",
		    json_object_get(j, "next") == NULL ? "" : text_at(j, "next"));
		json_decref(j);
		f.query[2] = "after";
		f.query[3] = after;
		if (after[0] == '\0')
			break;
	}
	CHECK_STR(after, "");
	CHECK_EQ(strlen(seen), 21);
	for (char c = '0'; c < '7'; c++) {
		char want[4] = { 'c', c, ' ', 0 };

		CHECK(strstr(seen, want) != NULL);
	}
	teardown(&f);
}

static size_t
count_with(struct fixture *f, const char *name, const char *value)
{
	size_t n;
	json_t *j;

	memset(f->query, 0, sizeof(f->query));
	f->query[0] = name;
	f->query[1] = value;
	j = get(f, "/api/v1/calls", 200);
	n = json_array_size(json_object_get(j, "calls"));
	json_decref(j);
	return n;
}

TEST(api_list_filters)
{
	struct fixture f;

	setup(&f);
	play(&f, "good@h", 0x1000, 0, false, false);
	play(&f, "bad@h", 0x2000, 100, true, false);
	CHECK_EQ(count_with(&f, "max_mos", "4"), 1);
	CHECK_EQ(count_with(&f, "min_mos", "4"), 1);
	CHECK_EQ(count_with(&f, "max_mos", "3.5"), 0);
	CHECK_EQ(count_with(&f, "agent", "ep"), 2);
	CHECK_EQ(count_with(&f, "agent", "sbc/core"), 2);
	CHECK_EQ(count_with(&f, "agent", "sb"), 0);
	CHECK_EQ(count_with(&f, "site", "berlin"), 2);
	CHECK_EQ(count_with(&f, "site", "paris"), 0);
	CHECK_EQ(count_with(&f, "q", "BAD@H"), 1);
	CHECK_EQ(count_with(&f, "q", "bad@h-core"), 1);
	CHECK_EQ(count_with(&f, "q", "aaaaaaaa"), 2);
	CHECK_EQ(count_with(&f, "q", "nobody"), 0);
	CHECK_EQ(count_with(&f, "from", "2026-11-18"), 2);
	CHECK_EQ(count_with(&f, "from", "2026-11-19"), 0);
	CHECK_EQ(count_with(&f, "to", "2026-11-18"), 0);
	teardown(&f);
}

TEST(api_bad_parameter_is_a_400_that_names_it)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	f.query[0] = "from";
	f.query[1] = "yesterday";
	j = get(&f, "/api/v1/calls", 400);
	CHECK_STR(text_at(j, "parameter"), "from");
	CHECK(strstr(text_at(j, "expected"), "2026-01-31T08:00Z") != NULL);
	CHECK_STR(text_at(j, "error"), "a parameter cannot be understood");
	json_decref(j);
	teardown(&f);
}

TEST(api_call_in_progress_then_over_is_one_call)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, true, true);
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 1);
	json_decref(j);
	play(&f, "one@h", 0x1000, 0, true, false); /* its first blocks come again, too */
	j = get(&f, "/api/v1/calls/one@h", 200);
	CHECK_EQ(
	    json_integer_value(json_object_get(
		json_array_get(json_object_get(
				   json_array_get(json_object_get(j, "directions"), 0), "segments"),
		    0),
		"lost")),
	    SCENE_LOST);
	json_decref(j);
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 1);
	json_decref(j);
	teardown(&f);
}

TEST(api_one_ssrc_for_every_call_does_not_join_them)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	for (int i = 0; i < 5; i++) {
		char call_id[16];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		play(&f, call_id, 0x1000, 120 * i, i == 2, false);
	}
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 5);
	for (size_t i = 0; i < 5; i++)
		CHECK_STR(text_at(json_object_get(nth_call(j, i), "verdict"), "state"),
		    i == 2 ? "degraded" : "clean");
	json_decref(j);
	teardown(&f);
}

TEST(api_agents_show_what_is_known_and_nothing_else)
{
	struct fixture f;
	const json_t *agent;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	j = get(&f, "/api/v1/agents", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "agents")), 3);
	agent = json_array_get(json_object_get(j, "agents"), 0);
	CHECK_STR(text_at(agent, "name"), "ep");
	CHECK_STR(text_at(agent, "site"), "berlin");
	CHECK(json_object_get(agent, "last_seen") == NULL);
	CHECK(json_object_get(agent, "spool_records") == NULL);
	CHECK(json_is_false(json_object_get(agent, "disabled")));
	json_decref(j);
	teardown(&f);
}

TEST(api_metrics_are_text_with_base_units)
{
	struct fixture f;
	struct es_answer answer;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	memset(&answer, 0, sizeof(answer));
	CHECK(es_api_answer(&f.api, "/metrics", look, &f, es_time_of_ns(0), 0, &answer));
	es_body_add(&answer.body, "", 1);
	CHECK(strstr(answer.body.p, "\nearshot_collector_calls 4\n") != NULL);
	CHECK(strstr(answer.body.p, "earshot_collector_records_total{agent=\"ep\"} 0\n") != NULL);
	CHECK(strstr(answer.body.p, "# TYPE earshot_collector_records_total counter\n") != NULL);
	es_body_done(&answer.body);
	teardown(&f);
}

TEST(api_unknown_path_is_refused)
{
	struct fixture f;
	struct es_answer answer;
	json_t *j;

	setup(&f);
	j = get(&f, "/api/v1/nothing", 404);
	CHECK_STR(text_at(j, "error"), "there is no such resource");
	json_decref(j);
	memset(&answer, 0, sizeof(answer));
	CHECK(!es_api_answer(&f.api, "/app.js", look, &f, es_time_of_ns(0), 0, &answer));
	teardown(&f);
}

TEST(api_portal_on_loopback_answers_to_no_foreign_name)
{
	CHECK(es_portal_is_local_name(NULL));
	CHECK(es_portal_is_local_name("localhost"));
	CHECK(es_portal_is_local_name("LOCALHOST:8080"));
	CHECK(es_portal_is_local_name("127.0.0.1:8080"));
	CHECK(es_portal_is_local_name("[::1]:8080"));
	CHECK(es_portal_is_local_name("[::1]"));
	CHECK(!es_portal_is_local_name("evil.example:8080"));
	CHECK(!es_portal_is_local_name("127.0.0.1.evil.example"));
	CHECK(!es_portal_is_local_name("localhost.evil.example"));
	CHECK(!es_portal_is_local_name("[::1].evil.example"));
	CHECK(!es_portal_is_local_name("[::1"));
	CHECK(!es_portal_is_local_name("[]"));
	CHECK(!es_portal_is_local_name(""));
}

/* ---- what one request may cost ---- */

static json_t *
list_within(struct fixture *f, uint64_t max_work, int *status)
{
	struct es_answer answer;
	json_t *j;

	memset(&answer, 0, sizeof(answer));
	es_store_budget(f->s, max_work, 0);
	es_api_calls(&f->api, look, f, &answer);
	*status = answer.status;
	j = json_loadb(answer.body.p, answer.body.n, JSON_REJECT_DUPLICATES, NULL);
	es_body_done(&answer.body);
	return j;
}

/* From part to part of the list; what it names, in order. Returns the number of parts; 0: one was none. */
static int
walk_parts(struct fixture *f, uint64_t max_work, const char *min_mos, char seen[64])
{
	char after[64] = "";
	bool is_right = true;
	int parts = 0, status;

	memset(f->query, 0, sizeof(f->query));
	f->query[0] = "min_mos";
	f->query[1] = min_mos;
	f->query[2] = "after";
	f->query[3] = after;
	seen[0] = '\0';
	do {
		json_t *j = list_within(f, max_work, &status);

		is_right &= status == 200 && (json_object_get(j, "partial") != NULL) ==
						 (json_object_get(j, "next") != NULL);
		for (size_t i = 0; nth_call(j, i) != NULL; i++)
			(void)snprintf(seen + strlen(seen), 64 - strlen(seen), "%s",
			    text_at(nth_call(j, i), "call"));
		(void)snprintf(after, sizeof(after), "%s",
		    json_object_get(j, "next") == NULL ? "" : text_at(j, "next"));
		json_decref(j);
	} while (++parts < 20 && after[0] != '\0');
	return is_right ? parts : 0;
}

/*
 * Whatever one request may cost: the pages that lead on hold every call once, and say they are parts, also
 * where nothing was found in them yet.
 */
TEST(api_list_whose_time_ended_continues_from_there)
{
	struct fixture f;
	uint64_t whole;
	char seen[64];

	setup(&f);
	for (int i = 0; i < 8; i++) {
		char call_id[16];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		play(&f, call_id, (uint32_t)(0x1000 + 0x100 * i), 10000 * i, false, false);
	}
	CHECK_EQ(walk_parts(&f, 0, "", seen), 1);
	CHECK_STR(seen, "c7c6c5c4c3c2c1c0");
	whole = es_store_work(f.s);
	CHECK(whole >= 16);
	for (uint64_t part = 2; part <= 3; part++) {
		CHECK(walk_parts(&f, whole / part, "", seen) > 1);
		CHECK_STR(seen, "c7c6c5c4c3c2c1c0");
		CHECK(walk_parts(&f, whole / part, "5", seen) > 1);
		CHECK_STR(seen, "");
	}
	teardown(&f);
}

TEST(api_request_that_cannot_even_begin_is_a_503)
{
	struct es_answer answer;
	struct fixture f;
	uint64_t whole;
	json_t *j;
	int status;

	setup(&f);
	for (int i = 0; i < 60; i++) {
		char call_id[16];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		play(&f, call_id, 0x1000, 10 * i, false, false);
	}
	f.query[0] = "q";
	f.query[1] = "nobody";
	j = list_within(&f, 0, &status);
	CHECK_EQ(status, 200);
	json_decref(j);
	whole = es_store_work(f.s);
	CHECK(whole >= 2);
	j = list_within(&f, whole / 2, &status); /* the search itself, before any row */
	CHECK_EQ(status, 503);
	CHECK(strstr(text_at(j, "error"), "ask for a shorter time") != NULL);
	json_decref(j);
	memset(&answer, 0, sizeof(answer));
	es_store_budget(f.s, 0, 0);
	es_api_call(f.s, "c7", look, &f, &answer);
	CHECK_EQ(answer.status, 200);
	es_body_done(&answer.body);
	whole = es_store_work(f.s);
	CHECK(whole >= 2);
	memset(&answer, 0, sizeof(answer));
	es_store_budget(f.s, whole / 2, 0);
	es_api_call(f.s, "c7", look, &f, &answer);
	CHECK_EQ(answer.status, 503);
	es_body_add(&answer.body, "", 1);
	CHECK(strstr(answer.body.p, "ask for a shorter time") != NULL);
	es_body_done(&answer.body);
	teardown(&f);
}

/* The list at an instant at which its time is over, or long before; given, NULL: not this status. */
static json_t *
list_until(struct fixture *f, int64_t due_ms, int status)
{
	struct es_answer answer;
	json_t *j = NULL;

	memset(&answer, 0, sizeof(answer));
	if (es_api_answer(&f->api, "/api/v1/calls", look, f, es_time_of_ns(0), due_ms, &answer) &&
	    answer.status == status)
		j = json_loadb(answer.body.p, answer.body.n, JSON_REJECT_DUPLICATES, NULL);
	es_body_done(&answer.body);
	return j;
}

/* At its due time a list ends behind what it has, and where it has nothing yet with an error that says why. */
TEST(api_list_past_its_time_is_a_part_or_a_503)
{
	enum { PAST_MS = 1 };
	char next[64], call_id[16];
	struct fixture f;
	json_t *j;

	setup(&f);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		put_call(&f, call_id, i);
	}
	j = list_until(&f, INT64_MAX, 200);
	CHECK(j != NULL);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 3);
	CHECK(json_object_get(j, "partial") == NULL && json_object_get(j, "next") == NULL);
	json_decref(j);
	j = list_until(&f, PAST_MS, 200);
	CHECK(j != NULL);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 1);
	CHECK_STR(text_at(nth_call(j, 0), "call"), "c2");
	CHECK_STR(
	    text_at(j, "partial"), "the time for one request ended: next continues from there");
	(void)snprintf(next, sizeof(next), "%s", text_at(j, "next"));
	json_decref(j);
	f.query[0] = "after";
	f.query[1] = next;
	j = list_until(&f, PAST_MS, 503); /* no step further: not the same part again */
	CHECK(j != NULL);
	CHECK_STR(text_at(j, "error"),
	    "this would take longer than one request may: ask for a shorter time");
	CHECK(json_object_get(j, "next") == NULL);
	json_decref(j);
	j = list_until(&f, INT64_MAX, 200); /* the next request has a time of its own */
	CHECK(j != NULL);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 2);
	json_decref(j);
	teardown(&f);
}

/* The search itself ends at the due time, before it has a row. */
TEST(api_search_past_its_time_is_a_503)
{
	char call_id[16];
	struct fixture f;
	json_t *j;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		put_call(&f, call_id, i);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	f.query[0] = "q";
	f.query[1] = "nobody";
	j = list_until(&f, INT64_MAX, 200);
	CHECK(j != NULL);
	json_decref(j);
	j = list_until(&f, 1, 503);
	CHECK(j != NULL);
	CHECK_STR(text_at(j, "error"),
	    "this would take longer than one request may: ask for a shorter time");
	json_decref(j);
	teardown(&f);
}
