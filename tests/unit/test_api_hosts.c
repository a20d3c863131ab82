/* SPDX-License-Identifier: Apache-2.0 */
/* What the API says of machines: the last sample of each, and one over a time with its changes, contexts and calls. */
#include "tests/unit/api_rig.h"

static void
put_host(struct fixture *f, int64_t agent, int64_t at_s, bool full, uint16_t signal, int64_t value)
{
	struct es_signal_value v = { signal, value };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_HOST;
	rec.u.host.start = es_time_of_ns((day_s + at_s) * ES_NS_PER_S);
	rec.at = rec.u.host.end = es_time_add(rec.u.host.start, 5 * ES_NS_PER_S);
	rec.u.host.full = full;
	rec.u.host.interface = es_slice_str("wlan0");
	rec.u.host.values = &v;
	rec.u.host.n_values = 1;
	put(f, agent, &rec);
}

static void
put_change(struct fixture *f, int64_t agent, int64_t at_s, enum es_change_kind kind,
    const char *subject, const char *before, const char *after)
{
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CHANGE;
	rec.at = rec.u.change.time = es_time_of_ns((day_s + at_s) * ES_NS_PER_S);
	rec.u.change.kind = (uint16_t)kind;
	rec.u.change.subject = es_slice_str(subject);
	rec.u.change.before = es_slice_str(before);
	rec.u.change.after = es_slice_str(after);
	put(f, agent, &rec);
}

/* a1 was on Wi-Fi, then on battery and another access point; b2 never sampled. */
static void
add_machines(struct fixture *f)
{
	int64_t id = add_agent(f, "a1", "berlin", 1);

	(void)add_agent(f, "b2", "", 2);
	put_change(f, id, -7200, ES_CHANGE_ROUTE, "default", "", "via 10.0.0.1 dev wlan0");
	put_change(f, id, -7200, ES_CHANGE_WIFI_BSSID, "wlan0", "", "02:01");
	put_change(f, id, -1800, ES_CHANGE_VPN, "wg0", "", "up");
	put_change(f, id, -900, ES_CHANGE_WIFI_BSSID, "wlan0", "02:01", "02:02");
	put_change(f, id, -900, ES_CHANGE_POWER, "supply", "mains", "battery");
	put_host(f, id, -3000, true, ES_SIG_WIFI_SIGNAL, -50);
	put_host(f, id, -2995, false, ES_SIG_CPU_BUSY, 20000);
	put_host(f, id, -600, false, ES_SIG_WIFI_SIGNAL, -80);
}

TEST(api_hosts_lists_the_last_sample_of_each_machine)
{
	static const char want[] =
	    "{\"now\":\"2026-11-18T11:06:40.000000Z\",\"hosts\":["
	    "{\"agent\":\"a1\",\"site\":\"berlin\",\"state\":\"new\","
	    "\"sampled\":\"2026-11-18T10:56:45.000000Z\",\"interface\":\"wlan0\","
	    "\"signals\":{\"cpu_busy_ppm\":20000,\"wifi_signal_dbm\":-80},"
	    "\"beyond\":[\"wifi_signal_dbm\"]},"
	    "{\"agent\":\"b2\",\"state\":\"new\"}]}\n";
	struct fixture f;
	char *text;

	setup(&f);
	add_machines(&f);
	text = get_text(&f, "/api/v1/hosts", 200);
	CHECK_STR(text, want);
	free(text);
	teardown(&f);
}

TEST(api_host_has_signals_changes_and_contexts_of_its_range)
{
	static const char want[] =
	    "{\"agent\":\"a1\",\"site\":\"berlin\",\"state\":\"new\","
	    "\"from\":\"2026-11-18T10:06:40.000000Z\",\"to\":\"2026-11-18T11:06:40.000000Z\","
	    "\"interface\":\"wlan0\",\"signals\":{"
	    "\"cpu_busy_ppm\":{\"unit\":\"ppm\",\"bad_above\":900000,\"points\":["
	    "{\"from_s\":605.000,\"to_s\":610.000,\"value\":20000},"
	    "{\"from_s\":3000.000,\"to_s\":3005.000,\"value\":20000}]},"
	    "\"wifi_signal_dbm\":{\"unit\":\"dBm\",\"bad_below\":-75,\"points\":["
	    "{\"from_s\":600.000,\"to_s\":605.000,\"value\":-50},"
	    "{\"from_s\":605.000,\"to_s\":610.000,\"value\":-50},"
	    "{\"from_s\":3000.000,\"to_s\":3005.000,\"value\":-80}]}},"
	    "\"changes\":["
	    "{\"time\":\"2026-11-18T10:36:40.000000Z\",\"kind\":\"vpn\",\"subject\":\"wg0\","
	    "\"after\":\"up\"},"
	    "{\"time\":\"2026-11-18T10:51:40.000000Z\",\"kind\":\"wifi_bssid\",\"subject\":"
	    "\"wlan0\",\"before\":\"02:01\",\"after\":\"02:02\"},"
	    "{\"time\":\"2026-11-18T10:51:40.000000Z\",\"kind\":\"power\",\"subject\":\"supply\","
	    "\"before\":\"mains\",\"after\":\"battery\"}],"
	    "\"contexts\":["
	    "{\"from\":\"2026-11-18T10:06:40.000000Z\",\"to\":\"2026-11-18T10:36:40.000000Z\","
	    "\"network\":\"via 10.0.0.1 dev wlan0\",\"wifi\":\"02:01\",\"vpn\":[]},"
	    "{\"from\":\"2026-11-18T10:36:40.000000Z\",\"to\":\"2026-11-18T10:51:40.000000Z\","
	    "\"network\":\"via 10.0.0.1 dev wlan0\",\"wifi\":\"02:01\",\"vpn\":[\"wg0\"]},"
	    "{\"from\":\"2026-11-18T10:51:40.000000Z\",\"to\":\"2026-11-18T11:06:40.000000Z\","
	    "\"network\":\"via 10.0.0.1 dev wlan0\",\"wifi\":\"02:02\",\"vpn\":[\"wg0\"],"
	    "\"power\":\"battery\"}],\"calls\":[]}\n";
	struct fixture f;
	char *text;

	setup(&f);
	add_machines(&f);
	text = get_text(&f, "/api/v1/hosts/a1", 200);
	CHECK_STR(text, want);
	free(text);
	teardown(&f);
}

TEST(api_host_has_the_calls_of_its_range)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "here", 1, -1000, true, false);
	play(&f, "before", 2, -5000, false, false);
	j = get(&f, "/api/v1/hosts/ep", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 1);
	CHECK_STR(text_at(nth_call(j, 0), "call"), "here");
	json_decref(j);
	f.query[0] = "from";
	f.query[1] = "2026-11-18T09:00Z";
	j = get(&f, "/api/v1/hosts/ep", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 2);
	json_decref(j);
	teardown(&f);
}

TEST(api_host_refuses_what_it_cannot_answer)
{
	static const char *const wrong[][3] = {
		{ "from", "yesterday", "an instant as in 2026-01-31T08:00Z, or a date" },
		{ "from", "2026-11-18T12:00Z", "an instant after from" },
		{ "from", "2026-01-01", "an instant at most 31 days before to" },
	};
	struct fixture f;
	json_t *j;

	setup(&f);
	add_machines(&f);
	j = get(&f, "/api/v1/hosts/nobody", 404);
	CHECK_STR(text_at(j, "error"), "no agent has this name");
	json_decref(j);
	for (size_t i = 0; i < 3; i++) {
		f.query[0] = wrong[i][0];
		f.query[1] = wrong[i][1];
		j = get(&f, "/api/v1/hosts/a1", 400);
		CHECK_STR(text_at(j, "expected"), wrong[i][2]);
		json_decref(j);
	}
	CHECK_STR(es_api_parameters("/api/v1/hosts/a1")[0], "from");
	CHECK(es_api_parameters("/api/v1/hosts")[0] == NULL);
	teardown(&f);
}
