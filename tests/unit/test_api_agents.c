/* SPDX-License-Identifier: Apache-2.0 */
/* What the API and /metrics say of agents, byte for byte: every value in its own place. */
#include "collector/store/store_private.h"
#include "tests/unit/api_rig.h"

#include <inttypes.h>

static void
put_health(struct fixture *f, int64_t agent, int64_t at_s, const struct es_counter_value *values,
    uint32_t n)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HEALTH;
	rec.at = rec.u.health.time = es_time_of_ns(at_s * ES_NS_PER_S);
	rec.u.health.values = values;
	rec.u.health.n_values = n;
	put(f, agent, &rec);
}

/* Two agents: one that has said and delivered all there is, one that never came. */
static void
add_both(struct fixture *f)
{
	static const struct es_counter_value old[] = { { ES_CNT_STREAMS_EVICTED, 99 } };
	static const struct es_counter_value last[] = { { ES_CNT_SPOOL_RECORDS, 11 },
		{ ES_CNT_SPOOL_BYTES, 12 }, { ES_CNT_CAPTURE_DROPPED, 13 },
		{ ES_CNT_HOP_DROPPED, 14 }, { ES_CNT_STREAMS_EVICTED, 15 },
		{ ES_CNT_CALLS_EVICTED, 16 } };
	static const uint8_t epoch[ES_STORE_EPOCH_LEN] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd,
		0xef, 0xf0 };
	int64_t id = add_agent(f, "a1", "berlin", 1);
	const struct es_renewal renewal = { .generation = 4,
		.issued = 5,
		.clones = 2,
		.clone = es_time_of_ns((day_s - 7) * ES_NS_PER_S) };

	CHECK_EQ(es_store_renewal_set(f->s, id, &renewal), 0);
	(void)add_agent(f, "b2", "", 2);
	CHECK_EQ(es_store_agent_hello(f->s, id, "1.2.3", ES_ROLE_SBC,
		     es_time_of_ns((day_s - 60) * ES_NS_PER_S), -1234567890),
	    0);
	CHECK_EQ(es_store_mark_set(f->s, id, epoch, 77), 0);
	CHECK_EQ(es_store_agent_count(f->s, id,
		     es_time_of_ns((day_s - 5) * ES_NS_PER_S + 67 * ES_NS_PER_MS + 999999), 1001,
		     1002, 1003, 1004),
	    0);
	put_health(f, id, day_s - 300, old, 1);
	put_health(f, id, day_s - 30, last, 6);
}

TEST(api_agents_have_every_value_in_its_place)
{
	static const char want[] =
	    "{\"now\":\"2026-11-18T11:06:40.000000Z\",\"agents\":["
	    "{\"name\":\"a1\",\"id\":\"00000000000000000000000000000001\",\"site\":\"berlin\","
	    "\"role\":\"sbc\",\"version\":\"1.2.3\",\"state\":\"connected\","
	    "\"disabled\":false,\"enrolled\":\"2026-11-17T11:06:40.000000Z\","
	    "\"certificate_until\":\"2026-11-19T11:06:40.999999Z\","
	    "\"certificate_generation\":4,\"clones\":2,"
	    "\"clone_seen\":\"2026-11-18T11:06:33.000000Z\","
	    "\"last_seen\":\"2026-11-18T11:06:35.067999Z\",\"age_s\":4,\"clock_offset_ms\":-1234."
	    "567,"
	    "\"epoch\":\"0123456789abcdeff000000000000000\",\"seq\":77,"
	    "\"records\":1001,\"refused\":1002,\"duplicates\":1003,\"lost\":1004,"
	    "\"spool_records\":11,\"spool_bytes\":12,\"capture_dropped\":13,\"hop_dropped\":14,"
	    "\"streams_evicted\":15,\"calls_evicted\":16},"
	    "{\"name\":\"b2\",\"id\":\"00000000000000000000000000000002\","
	    "\"state\":\"new\",\"disabled\":false,\"enrolled\":\"2026-11-17T11:06:40.000000Z\","
	    "\"certificate_until\":\"2026-11-19T11:06:40.999999Z\","
	    "\"certificate_generation\":1,"
	    "\"records\":0,\"refused\":0,\"duplicates\":0,\"lost\":0}]}\n";
	struct fixture f;
	char *text;

	setup(&f);
	add_both(&f);
	text = get_text(&f, "/api/v1/agents", 200);
	CHECK(text != NULL);
	CHECK_STR(text, want);
	free(text);
	teardown(&f);
}

/* The text without its comments; false: one of them is no HELP or TYPE of the metric that follows. */
static bool
values_of(const char *text, char *out)
{
	es_slice help = es_slice_str(""), type = es_slice_str("");
	bool right = true;

	for (const char *end, *line = text; *line != '\0'; line = end) {
		bool is_help = strncmp(line, "# HELP ", 7) == 0;
		bool is_type = strncmp(line, "# TYPE ", 7) == 0;
		const char *name = is_help || is_type ? line + 7 : line;
		es_slice metric = es_slice_of(name, strcspn(name, "{ "));

		end = strchr(line, '\n');
		if (end == NULL)
			return false;
		end++;
		if (is_help) {
			help = metric;
		} else if (is_type) {
			bool is_total =
			    metric.n > 6 && memcmp(name + metric.n - 6, "_total", 6) == 0;
			const char *kind = is_total ? " counter\n" : " gauge\n";

			type = metric;
			right &= es_slice_eq(help, type);
			right &= strncmp(name + metric.n, kind, strlen(kind)) == 0;
		} else {
			right &= es_slice_eq(metric, type);
		}
		if (is_help || is_type)
			continue;
		memcpy(out, line, (size_t)(end - line));
		out += end - line;
	}
	*out = '\0';
	return right;
}

TEST(api_metrics_have_every_value_in_its_place)
{
	static const char want[] =
	    "earshot_collector_build_info{version=\"" EARSHOT_VERSION "\"} 1\n"
	    "earshot_collector_records_total{agent=\"a1\"} 1001\n"
	    "earshot_collector_records_total{agent=\"b2\"} 0\n"
	    "earshot_collector_records_refused_total{agent=\"a1\"} 1002\n"
	    "earshot_collector_records_refused_total{agent=\"b2\"} 0\n"
	    "earshot_collector_records_duplicate_total{agent=\"a1\"} 1003\n"
	    "earshot_collector_records_duplicate_total{agent=\"b2\"} 0\n"
	    "earshot_collector_records_lost_total{agent=\"a1\"} 1004\n"
	    "earshot_collector_records_lost_total{agent=\"b2\"} 0\n"
	    "earshot_collector_agent_clones_total{agent=\"a1\"} 2\n"
	    "earshot_collector_agent_clones_total{agent=\"b2\"} 0\n"
	    "earshot_collector_agent_last_seen_timestamp_seconds{agent=\"a1\"} 1794999995.067\n"
	    "earshot_collector_agent_certificate_expiry_timestamp_seconds{agent=\"a1\"} "
	    "1795086400\n"
	    "earshot_collector_agent_certificate_expiry_timestamp_seconds{agent=\"b2\"} "
	    "1795086400\n"
	    "earshot_collector_agent_age_seconds{agent=\"a1\"} 4\n"
	    "earshot_collector_agent_stale{agent=\"a1\"} 0\n"
	    "earshot_collector_calls 3\n"
	    "earshot_collector_streams 0\n"
	    "earshot_collector_database_bytes ";
	struct es_store_counts counts;
	struct fixture f;
	uint64_t bytes;
	char *text, *values;

	setup(&f);
	add_both(&f);
	for (int i = 0; i < 3; i++)
		put_call(&f, "one@h", i);
	text = get_text(&f, "/metrics", 200);
	CHECK(text != NULL);
	values = calloc(1, strlen(text) + 1);
	CHECK(values != NULL && values_of(text, values));
	free(text);
	CHECK(strlen(values) > sizeof(want));
	bytes = strtoull(values + sizeof(want) - 1, NULL, 10);
	values[sizeof(want) - 1] = '\0';
	CHECK_STR(values, want);
	CHECK_EQ(es_store_count(f.s, &counts), 0);
	CHECK_EQ(bytes, counts.bytes);
	CHECK(bytes > 4096);
	free(values);
	teardown(&f);
}

/* Whether the clock is believed is known when ingest has looked at it, and not before. */
TEST(api_metrics_show_a_clock_that_is_not_believed)
{
	static const char name[] = "\nearshot_collector_clock_held ";
	struct es_store_instant i = { .is_held = false };
	struct fixture f;
	char *text;

	setup(&f);
	text = get_text(&f, "/metrics", 200);
	CHECK(text != NULL && strstr(text, name) == NULL);
	free(text);
	for (int is_held = 0; is_held < 2; is_held++) {
		const char *at;

		i.is_held = is_held == 1;
		CHECK_EQ(es_store_instant_set(f.s, &i), 0);
		text = get_text(&f, "/metrics", 200);
		at = text == NULL ? NULL : strstr(text, name);
		CHECK(at != NULL && at[sizeof(name) - 1] == '0' + is_held);
		free(text);
	}
	teardown(&f);
}

/* However many agents there are: each stands in the list once, with its own counters. */
TEST(api_agents_are_all_listed)
{
	enum { MANY = 150 };
	struct fixture f;
	json_t *j;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct es_counter_value v[] = { { ES_CNT_HOP_DROPPED, i },
			{ ES_CNT_CALLS_EVICTED, 1 } };
		char name[16];
		int64_t id;

		(void)snprintf(name, sizeof(name), "a%03" PRIu32, i);
		id = add_agent(&f, name, "", (uint8_t)(i + 1));
		if (i % 2 == 0)
			put_health(&f, id, day_s, v, i == 0 ? 2 : 1);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	j = get(&f, "/api/v1/agents", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "agents")), MANY);
	for (size_t i = 0; i < MANY; i++) {
		const json_t *agent = json_array_get(json_object_get(j, "agents"), i);
		const json_t *dropped = json_object_get(agent, "hop_dropped");
		char name[16];

		(void)snprintf(name, sizeof(name), "a%03zu", i);
		CHECK_STR(text_at(agent, "name"), name);
		if (i % 2 == 0)
			CHECK(dropped != NULL && json_integer_value(dropped) == (json_int_t)i);
		else
			CHECK(dropped == NULL); /* of the agent before */
		CHECK_EQ(json_object_get(agent, "calls_evicted") != NULL, i == 0);
	}
	json_decref(j);
	teardown(&f);
}

/* Names, sites and versions as short and as long as they may be come back whole. */
TEST(api_agents_keep_names_of_every_length)
{
	char longest[ES_STORE_NAME_MAX + 1] = "";
	const char *const name[] = { "a", "bb", longest };
	struct fixture f;
	json_t *j;

	setup(&f);
	memset(longest, 'c', ES_STORE_NAME_MAX);
	for (uint8_t i = 0; i < 3; i++) {
		int64_t id = add_agent(&f, name[i], name[i], (uint8_t)(i + 1));

		CHECK_EQ(
		    es_store_agent_hello(f.s, id, name[i], ES_ROLE_TAP, es_time_of_ns(1), 0), 0);
	}
	j = get(&f, "/api/v1/agents", 200);
	for (size_t i = 0; i < 3; i++) {
		const json_t *agent = json_array_get(json_object_get(j, "agents"), i);

		CHECK_STR(text_at(agent, "name"), name[i]);
		CHECK_STR(text_at(agent, "site"), name[i]);
		CHECK_STR(text_at(agent, "version"), name[i]);
	}
	json_decref(j);
	teardown(&f);
}

/* A store that cannot be read is no empty list of agents, and no collector without any. */
TEST(api_agents_of_a_store_that_cannot_be_read_are_a_503)
{
	static const char *const paths[] = { "/api/v1/agents", "/metrics" };
	static const char *const gone[] = { "ALTER TABLE stream RENAME TO gone",
		"ALTER TABLE agent RENAME TO gone_too" };
	struct fixture f;

	setup(&f);
	(void)add_agent(&f, "a1", "", 1);
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(es_store_execute(f.s, gone[i]), 0);
		for (size_t k = 1 - i; k < 2; k++) { /* the list of agents needs no streams */
			json_t *j = get(&f, paths[k], 503);

			CHECK(strstr(text_at(j, "error"), "no such table") != NULL);
			CHECK(json_object_get(j, "agents") == NULL);
			json_decref(j);
		}
	}
	teardown(&f);
}

/* Sensor and shipper each report once a minute: neither hides what the other one said. */
TEST(api_agents_show_the_health_of_both_processes)
{
	const struct es_counter_value before[] = { { ES_CNT_SHED_LEVEL, 3 },
		{ ES_CNT_CAPTURE_DROPPED, 5 } };
	const struct es_counter_value sensor[] = { { ES_CNT_STREAMS_SHED, 7 },
		{ ES_CNT_PARSER_CRASHES, 2 } };
	const struct es_counter_value shipper[] = { { ES_CNT_SPOOL_BYTES, 9 } };
	struct fixture f;
	const json_t *a;
	int64_t id;
	json_t *j;

	setup(&f);
	id = add_agent(&f, "a", "", 1);
	put_health(&f, id, day_s, before, 2);
	put_health(&f, id, day_s + 60, sensor, 2);
	put_health(&f, id, day_s + 70, shipper, 1);
	j = get(&f, "/api/v1/agents", 200);
	a = json_array_get(json_object_get(j, "agents"), 0);
	CHECK_EQ(json_integer_value(json_object_get(a, "spool_bytes")), 9);
	CHECK_EQ(json_integer_value(json_object_get(a, "streams_shed")), 7);
	CHECK_EQ(json_integer_value(json_object_get(a, "parser_crashes")), 2);
	CHECK(json_object_get(a, "shed_level") == NULL); /* not any more */
	CHECK(json_object_get(a, "capture_dropped") == NULL);
	json_decref(j);
	teardown(&f);
}

/* By name, whatever the order they came in; of health the newest by its time, of one time the last. */
TEST(api_agents_stand_in_the_order_of_their_names)
{
	static const char *const names[] = { "m", "z", "a" }, *const sorted[] = { "a", "m", "z" };
	static const uint32_t at_s[] = { 5, 9, 9, 7 };
	struct fixture f;
	int64_t id = 0;
	json_t *j;

	setup(&f);
	for (uint8_t i = 0; i < 3; i++)
		id = add_agent(&f, names[i], "", (uint8_t)(i + 1));
	for (uint32_t i = 0; i < 4; i++) {
		const struct es_counter_value v[] = { { ES_CNT_HOP_DROPPED, i },
			{ ES_CNT_STREAMS_EVICTED, i } };

		put_health(&f, id, day_s + at_s[i], v, i == 2 ? 1 : 2);
	}
	j = get(&f, "/api/v1/agents", 200);
	for (size_t i = 0; i < 3; i++)
		CHECK_STR(
		    text_at(json_array_get(json_object_get(j, "agents"), i), "name"), sorted[i]);
	CHECK_EQ(json_integer_value(json_object_get(
		     json_array_get(json_object_get(j, "agents"), 0), "hop_dropped")),
	    2);
	CHECK(json_object_get(json_array_get(json_object_get(j, "agents"), 0), "streams_evicted") ==
	      NULL);
	json_decref(j);
	teardown(&f);
}

/* Three intervals of a minute without a word: it is not connected, whatever the table of connections says. */
TEST(api_agent_is_stale_after_three_reporting_intervals)
{
	static const struct {
		int64_t ago_s;
		bool disabled;
		const char *state;
		const char *metric;
	} rows[] = {
		{ 0, false, "connected", "agent_stale{agent=\"a\"} 0\n" },
		{ 180, false, "connected", "agent_stale{agent=\"a\"} 0\n" },
		{ 181, false, "stale", "agent_stale{agent=\"a\"} 1\n" },
		{ 86400, false, "stale", "agent_age_seconds{agent=\"a\"} 86400\n" },
		{ -5, false, "connected", "agent_age_seconds{agent=\"a\"} 0\n" },
		{ 181, true, "disabled", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		int64_t id;
		char *text;
		json_t *j;

		setup(&f);
		id = add_agent(&f, "a", "", 1);
		CHECK_EQ(es_store_agent_hello(f.s, id, "1", ES_ROLE_TAP,
			     es_time_of_ns((day_s - rows[i].ago_s) * ES_NS_PER_S), 0),
		    0);
		CHECK_EQ(es_store_agent_disable(f.s, "a", rows[i].disabled), 0);
		j = get(&f, "/api/v1/agents", 200);
		CHECK_STR(text_at(json_array_get(json_object_get(j, "agents"), 0), "state"),
		    rows[i].state);
		json_decref(j);
		text = get_text(&f, "/metrics", 200);
		CHECK(text != NULL);
		if (rows[i].metric != NULL && strstr(text, rows[i].metric) == NULL)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].metric, text);
		if (rows[i].disabled)
			CHECK(strstr(text, "agent_stale{") == NULL);
		free(text);
		teardown(&f);
	}
}
