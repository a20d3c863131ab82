/* SPDX-License-Identifier: Apache-2.0 */
/* Each field of the list of calls, and what a search finds of letters, times and places. */
#include "tests/unit/api_rig.h"

#define PARTIES                                                                             \
	"\"from\":\"u1-aaaaaaaaaaaaaaaaaaaaaaaa@example.org\","                             \
	"\"to\":\"n1-cc49-bbbbbbbbbbbbbbbbbbbbbbbb-cccccccccccccccccccccccc@example.org\"," \
	"\"final_status\":200,"

TEST(api_list_has_every_field_of_a_call)
{
	static const char want[] =
	    "{\"calls\":["
	    "{\"call\":\"rtp:0x00004000\",\"start\":\"2026-11-18T11:11:41.000000Z\",\"duration_s\":"
	    "51.180,"
	    "\"agents\":[\"ep\",\"sbc\",\"gw\"],\"worst_mos\":3.600,\"verdict\":{\"state\":"
	    "\"degraded\","
	    "\"segment\":{\"from\":\"ep\",\"to\":\"sbc/"
	    "access\",\"direction\":\"forward\"},\"cause\":\"network_loss\"}},"
	    "{\"call\":\"now@h\",\"start\":\"2026-11-18T11:10:00.000000Z\"," PARTIES
	    "\"agents\":[\"ep\",\"sbc\",\"gw\"],\"worst_mos\":4.409,\"verdict\":{\"state\":"
	    "\"clean\"}},"
	    "{\"call\":\"bad@h\",\"start\":\"2026-11-18T11:08:20.000000Z\",\"duration_s\":51."
	    "200," PARTIES "\"agents\":[\"ep\",\"sbc\",\"gw\"],\"worst_mos\":3.600,\"verdict\":{"
	    "\"state\":\"degraded\","
	    "\"segment\":{\"from\":\"ep\",\"to\":\"sbc/"
	    "access\",\"direction\":\"forward\"},\"cause\":\"network_loss\"}},"
	    "{\"call\":\"good@h\",\"start\":\"2026-11-18T11:06:40.000000Z\",\"duration_s\":51."
	    "200," PARTIES "\"agents\":[\"ep\",\"sbc\",\"gw\"],\"worst_mos\":4.409,\"verdict\":{"
	    "\"state\":\"clean\"}}]}\n";
	struct fixture f;
	char *text;

	setup(&f);
	play(&f, "good@h", 0x1000, 0, false, false);
	play(&f, "bad@h", 0x2000, 100, true, false);
	play(&f, "now@h", 0x3000, 200, false, true);
	play(&f, NULL, 0x4000, 300, true, false);
	text = get_text(&f, "/api/v1/calls", 200);
	CHECK(text != NULL);
	CHECK_STR(text, want);
	free(text);
	teardown(&f);
}

/* Made-up health of ep: retries while the scene's bad blocks last. */
static void
play_synthetic_health(struct fixture *f)
{
	const struct es_packer_config defaults = { .period_ms = 0 };
	const int64_t block_ns = INT64_C(20000000) * ES_BLOCK_SEQS;
	struct scene_store *s = f->scene;

	s->store = f->s;
	s->agent = "ep";
	s->err = 0;
	es_alloc_init(&s->alloc, s->arena, sizeof(s->arena));
	CHECK_EQ(es_packer_new(&defaults, scene_put, s, &s->packer), 0);
	CHECK_EQ(es_store_begin(f->s), 0);
	for (int64_t i = 0; i < SCENE_PACKETS / ES_BLOCK_SEQS; i++) {
		bool is_bad = i >= SCENE_BAD_FROM && i <= SCENE_BAD_TO;
		struct es_signal_value v = { ES_SIG_WIFI_TX_RETRIES, is_bad ? 900 : 10 };
		struct es_record rec = { .type = ES_REC_HOST };

		rec.u.host.start = es_time_of_ns((day_s + 1) * ES_NS_PER_S + i * block_ns);
		rec.u.host.end = es_time_add(rec.u.host.start, block_ns);
		rec.u.host.full = rec.u.host.synthetic = true;
		rec.u.host.values = &v;
		rec.u.host.n_values = 1;
		rec.at = rec.u.host.end;
		es_packer_record(s->packer, &rec);
	}
	es_packer_flush(s->packer);
	es_packer_free(s->packer);
	CHECK_EQ(s->err, 0);
	CHECK_EQ(es_store_commit(f->s), 0);
}

/* The mark of the record reaches the list and the page of the call. */
TEST(api_says_that_a_cause_rests_on_made_up_records)
{
	struct fixture f;
	char *text;

	setup(&f);
	play(&f, "bad@h", 0x1000, 0, true, false);
	play_synthetic_health(&f);
	text = get_text(&f, "/api/v1/calls", 200);
	CHECK(text != NULL && strstr(text, "\"cause\":\"wifi\",\"synthetic\":true}") != NULL);
	free(text);
	text = get_text(&f, "/api/v1/calls/bad@h", 200);
	CHECK(text != NULL && strstr(text, "on ep (synthetic data), more than 200 Wi-Fi") != NULL);
	free(text);
	teardown(&f);
}

/* Where the place between saw no media the loss is on one of two segments: the list accuses neither alone. */
TEST(api_list_names_each_segment_that_it_may_be)
{
	struct scene scene = { .call_id = "bad@h",
		.ssrc = 0x1000,
		.start = es_time_of_ns(day_s * ES_NS_PER_S),
		.is_damaged = true,
		.blind = "access" };
	struct fixture f;
	char *text;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(scene_fill(f.scene, f.s, &scene), 0);
	CHECK_EQ(es_store_commit(f.s), 0);
	text = get_text(&f, "/api/v1/calls", 200);
	CHECK(text != NULL);
	CHECK(strstr(text,
		  "\"segment\":{\"one_of\":[{\"from\":\"ep\",\"to\":\"sbc/access\"},"
		  "{\"from\":\"sbc/access\",\"to\":\"sbc/core\"}],\"direction\":\"forward\"}") !=
	      NULL);
	free(text);
	teardown(&f);
}

/* How many calls a search finds. */
static size_t
found(struct fixture *f, const char *name, const char *value)
{
	size_t n;
	json_t *j;

	f->query[0] = name;
	f->query[1] = value;
	j = get(f, "/api/v1/calls", 200);
	n = json_array_size(json_object_get(j, "calls"));
	json_decref(j);
	return n;
}

/* The list shows a call at the newest of its rows that the search finds: both must read letters alike. */
TEST(api_search_reads_every_letter_in_either_case)
{
	static const char ids[] = "AZaz@[`{09MNmn";
	struct fixture f;
	char lower[sizeof(ids)];

	setup(&f);
	play(&f, ids, 0x1000, 0, false, false);
	for (size_t i = 0; i < sizeof(ids); i++)
		lower[i] = ids[i] >= 'A' && ids[i] <= 'Z' ? (char)(ids[i] + 32) : ids[i];
	CHECK_EQ(found(&f, "q", ids), 1);
	CHECK_EQ(found(&f, "q", lower), 1);
	CHECK_EQ(found(&f, "q", "AZAZ@"), 1);
	CHECK_EQ(found(&f, "q", "zaz@"), 1);      /* from its middle */
	CHECK_EQ(found(&f, "q", "MNMN-CORE"), 1); /* to its end */
	CHECK_EQ(found(&f, "q", "mnmn-corex"), 0);
	CHECK_EQ(found(&f, "q", "az`"), 0);
	CHECK_EQ(found(&f, "q", "az@{"), 0); /* [ is no letter */
	CHECK_EQ(found(&f, "q", "@[@"), 0);
	CHECK_EQ(found(&f, "q", "u1-AAAA"), 1);
	CHECK_EQ(found(&f, "q", "N1-CC49"), 1);
	CHECK_EQ(found(&f, "q", "rtp:0x00001000"), 0); /* its streams have a Call-ID */
	teardown(&f);
}

/* Streams without a call are found by their SSRC, whole or in part. */
TEST(api_search_finds_streams_by_what_they_are_called)
{
	struct fixture f;

	setup(&f);
	play(&f, NULL, 0xabcdef0, 0, false, false);
	CHECK_EQ(found(&f, "q", "rtp:0x0abcdef0"), 1);
	CHECK_EQ(found(&f, "q", "RTP:0X0ABCDEF"), 1);
	CHECK_EQ(found(&f, "q", "bcdef1"), 1); /* the other direction */
	CHECK_EQ(found(&f, "q", "bcdef2"), 0);
	teardown(&f);
}

/* From and to are the first and the last instant that count; a call is there by any of its rows. */
TEST(api_search_of_a_time_has_both_its_ends)
{
	struct fixture f;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false,
	    false); /* at ep; at sbc 1.7 s later, at gw 0.9 s earlier */
	CHECK_EQ(found(&f, "from", "2026-11-18T11:06:41.7Z"), 1);
	CHECK_EQ(found(&f, "from", "2026-11-18T11:06:41.700000001Z"), 0);
	CHECK_EQ(found(&f, "to", "2026-11-18T11:06:39.1Z"), 1);
	CHECK_EQ(found(&f, "to", "2026-11-18T11:06:39.099999999Z"), 0);
	f.query[2] = "to";
	f.query[3] = "2026-11-18T11:06:40Z";
	CHECK_EQ(found(&f, "from", "2026-11-18T11:06:40Z"), 1);
	teardown(&f);
}

/* The worst of both directions counts, to the thousandth. */
TEST(api_search_by_mos_has_both_its_ends)
{
	struct fixture f;

	setup(&f);
	play(&f, "bad@h", 0x1000, 0, true, false);
	CHECK_EQ(found(&f, "min_mos", "3.6"), 1);
	CHECK_EQ(found(&f, "min_mos", "3.601"), 0);
	CHECK_EQ(found(&f, "max_mos", "3.6"), 1);
	CHECK_EQ(found(&f, "max_mos", "3.599"), 0);
	f.query[2] = "max_mos";
	f.query[3] = "3.6";
	CHECK_EQ(found(&f, "min_mos", "3.6"), 1);
	CHECK_EQ(found(&f, "min_mos", "4"), 0);
	teardown(&f);
}

TEST(api_search_of_a_place_needs_its_whole_name)
{
	static const struct {
		const char *name, *value;
		size_t n;
	} rows[] = { { "agent", "ep", 1 }, { "agent", "gw", 1 }, { "agent", "sbc", 1 },
		{ "agent", "sbc/access", 1 }, { "agent", "sbc/core", 1 }, { "agent", "sbc/", 0 },
		{ "agent", "core", 0 }, { "agent", "sbc/cor", 0 }, { "agent", "epp", 0 },
		{ "site", "berlin", 1 }, { "site", "core", 1 }, { "site", "cor", 0 },
		{ "site", "Berlin", 0 } };
	struct fixture f;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (found(&f, rows[i].name, rows[i].value) != rows[i].n)
			test_fail(__FILE__, __LINE__, "%s %s", rows[i].name, rows[i].value);
	f.query[2] = "site"; /* both are asked for: an agent of the call, and a site of it */
	f.query[3] = "berlin";
	CHECK_EQ(found(&f, "agent", "sbc"), 1);
	CHECK_EQ(found(&f, "agent", "none"), 0);
	f.query[3] = "paris";
	CHECK_EQ(found(&f, "agent", "sbc"), 0);
	teardown(&f);
}

/* The start picks a call to the microsecond, as answers write it. */
TEST(api_call_is_picked_by_its_start_to_the_microsecond)
{
	struct fixture f;
	json_t *j;

	setup(&f);
	play(&f, "one@h", 0x1000, 0, false, false);
	f.query[0] = "start";
	f.query[1] = "2026-11-18T11:06:40.000000999Z";
	j = get(&f, "/api/v1/calls/one@h", 200);
	CHECK_STR(text_at(j, "start"), "2026-11-18T11:06:40.000000Z");
	json_decref(j);
	f.query[1] = "2026-11-18T11:06:40.000001Z";
	json_decref(get(&f, "/api/v1/calls/one@h", 404));
	f.query[1] = "";
	json_decref(get(&f, "/api/v1/calls/one@h", 200));
	teardown(&f);
}

/* Walks the list page by page without a budget; what it names, in order. Returns the number of pages. */
static int
walk(struct fixture *f, const char *limit, char *seen, size_t cap)
{
	char after[64] = "";
	int pages = 0;

	seen[0] = '\0';
	do {
		struct es_answer answer;
		json_t *j;

		memset(&answer, 0, sizeof(answer));
		f->query[0] = "limit";
		f->query[1] = limit;
		f->query[2] = "after";
		f->query[3] = after;
		es_store_budget(f->s, 0, 0);
		es_api_calls(&f->api, look, f, &answer);
		j = json_loadb(answer.body.p, answer.body.n, JSON_REJECT_DUPLICATES, NULL);
		es_body_done(&answer.body);
		for (size_t i = 0; nth_call(j, i) != NULL; i++)
			(void)snprintf(seen + strlen(seen), cap - strlen(seen), "%s ",
			    text_at(nth_call(j, i), "call"));
		(void)snprintf(after, sizeof(after), "%s",
		    json_object_get(j, "next") == NULL ? "" : text_at(j, "next"));
		json_decref(j);
	} while (++pages < 50 && after[0] != '\0');
	return pages;
}

/* Of one instant: calls stand before streams, what came last before what came first; no page loses one. */
TEST(api_list_of_one_instant_has_each_call_once)
{
	static const char *const limits[] = { "1", "2", "3", "10" };
	static const int pages[] = { 6, 3, 2, 1 };
	char seen[256], call_id[16];
	struct fixture f;

	setup(&f);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		put_call(&f, call_id, 0);
	}
	put_call(&f, "later", 1);
	put_call(&f, "earlier", -1);
	for (size_t i = 0; i < 4; i++) {
		int n = walk(&f, limits[i], seen, sizeof(seen));

		CHECK_STR(seen, "later c3 c2 c1 c0 earlier ");
		CHECK_EQ(n, pages[i]);
	}
	teardown(&f);
}

/*
 * More rows than one look at the store brings, and more than the 1500 that one answer looks at. Each call was
 * seen at so many places: few places make many calls, which take long.
 */
/* Nothing that fits among more rows than a page of the search has: it looks on to the end of the range. */
TEST(api_list_without_a_match_looks_on_to_its_end)
{
	const int n_places = (int)test_step(9), n_calls = 1600 / n_places + 1,
		  n_rows = n_calls * n_places;
	char call_id[16], place[16], *seen;
	size_t cap = (size_t)n_calls * 8, n = 0;
	struct fixture f;
	json_t *j;

	CHECK((seen = calloc(1, cap)) != NULL);
	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < n_rows; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%04d", i / n_places);
		(void)snprintf(place, sizeof(place), "p%d", i % n_places);
		put_call_at(&f, place, call_id, i / n_places);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(walk(&f, "200", seen, cap), n_places == 1 ? 9 : 1);
	for (char *at = seen; *at != '\0'; at += 6, n++) {
		(void)snprintf(call_id, sizeof(call_id), "c%04d ", n_calls - 1 - (int)n);
		CHECK(strncmp(at, call_id, 6) == 0);
	}
	CHECK_EQ(n, n_calls);
	memset(f.query, 0, sizeof(f.query));
	f.query[0] = "min_mos"; /* none of them has any */
	f.query[1] = "1";
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 0);
	CHECK(json_object_get(j, "partial") == NULL);
	CHECK(json_object_get(j, "next") == NULL);
	json_decref(j);
	f.query[0] = "q"; /* the last row of all */
	f.query[1] = "c0000";
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 1);
	json_decref(j);
	free(seen);
	teardown(&f);
}

/* The record of one leg; the legs of a call have the same X-Call-ID. */
static void
put_leg(struct fixture *f, int64_t agent, const char *label, bool is_core, int64_t at_s,
    const char *from)
{
	const struct es_vantage here = { .label = es_slice_str(label), .role = ES_ROLE_SBC };
	struct es_record rec;
	struct es_call *c = &rec.u.call;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.vantage = &here;
	rec.at = c->start = es_time_of_ns((day_s + at_s) * ES_NS_PER_S);
	c->call_id = es_slice_str(is_core ? "one@h-core" : "one@h");
	c->x_call_id = es_slice_str(is_core ? "one@h" : "");
	c->has = ES_CALL_HAS_MAX_FORWARDS;
	c->max_forwards = is_core ? 69 : 70;
	c->from = es_slice_str(from);
	c->to = es_slice_str(from + 1);
	c->state = ES_STATE_COMPLETED;
	put(f, agent, &rec);
}

/* Who called is what the leg says after which the call is named, and that of its own use of the Call-ID. */
TEST(api_list_has_the_parties_of_the_first_leg)
{
	static const char *const froms[] = { "2first", "1first" };
	struct fixture f;
	json_t *j;

	setup(&f);
	for (uint8_t i = 1; i <= 2; i++)
		CHECK_EQ(add_agent(&f, i == 1 ? "ep" : "gw", "", i), i);
	put_leg(&f, 1, "", false, 0, "1first");
	put_leg(&f, 2, "", true, 1, "1second"); /* the newer row: the list comes upon it first */
	put_leg(&f, 1, "", false, 7200, "2first");
	put_leg(&f, 2, "", true, 7201, "2second");
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 2);
	for (size_t i = 0; i < 2; i++) {
		CHECK_STR(text_at(nth_call(j, i), "call"), "one@h");
		CHECK_STR(text_at(nth_call(j, i), "from"), froms[i]);
		CHECK_STR(text_at(nth_call(j, i), "to"), "first");
		CHECK_EQ(json_array_size(json_object_get(nth_call(j, i), "agents")), 2);
	}
	json_decref(j);
	teardown(&f);
}

/* An agent and a label of as many bytes as may be are one place by its whole name. */
TEST(api_call_has_places_of_the_longest_names)
{
	char name[ES_STORE_NAME_MAX + 1] = "", label[ES_STORE_NAME_MAX + 1] = "", place[140];
	struct fixture f;
	json_t *j;

	setup(&f);
	memset(name, 'n', ES_STORE_NAME_MAX);
	memset(label, 'l', ES_STORE_NAME_MAX);
	(void)snprintf(place, sizeof(place), "%s/%s", name, label);
	CHECK_EQ(add_agent(&f, name, "", 1), 1);
	put_leg(&f, 1, label, false, 0, "1first");
	CHECK_EQ(found(&f, "agent", name), 1);
	f.query[0] = NULL;
	j = get(&f, "/api/v1/calls/one@h", 200);
	CHECK_STR(text_at(json_array_get(json_object_get(j, "legs"), 0), "vantage"), place);
	json_decref(j);
	teardown(&f);
}
