/* SPDX-License-Identifier: Apache-2.0 */
/* The API at its edges: paths that are nearly right, texts as long as may be, mixed pages, parts. */
#include "tests/unit/api_rig.h"

TEST(api_path_is_taken_to_the_letter)
{
	static const char *const rows[][2] = {
		{ "/api/v1/calls/", "there is no such resource" },
		{ "/api/v1/callsXone@h", "there is no such resource" },
		{ "/api/", "there is no such resource" },
		{ "/api/v1/calls/one@h/", "no agent delivered such a call" },
	};
	static const char *const pages[] = { "/", "/api", "/apix", "/metricsx", "/metric" };
	struct fixture f;

	setup(&f);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	put_call(&f, "one@h", 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *j = get(&f, rows[i][0], 404);

		CHECK_STR(text_at(j, "error"), rows[i][1]);
		CHECK(json_object_get(j, "parameter") == NULL);
		json_decref(j);
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct es_answer answer = { .status = 0 };

		CHECK(!es_api_answer(&f.api, pages[i], look, &f, es_time_of_ns(0), 0, &answer));
		CHECK_EQ(answer.status, 0);
	}
	teardown(&f);
}

/* A Call-ID and parties of as many bytes as a row takes stand in the list whole. */
TEST(api_list_has_texts_of_every_length)
{
	static char text[3][ES_STORE_TEXT_MAX + 1];
	static const struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
	static uint8_t bytes[4096], arena[65536];
	struct fixture f;

	setup(&f);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (size_t n = ES_STORE_TEXT_MAX - 1; n <= ES_STORE_TEXT_MAX; n++) {
		struct es_record rec = { .type = ES_REC_CALL, .vantage = &here };
		struct es_alloc alloc;
		struct es_row row;
		uint64_t lost;
		json_t *j;
		int size;

		for (int i = 0; i < 3; i++) {
			memset(text[i], 'a' + i, n);
			text[i][n] = '\0';
		}
		rec.at = rec.u.call.start = es_time_of_ns((day_s + (int64_t)n) * ES_NS_PER_S);
		rec.u.call.call_id = es_slice_str(text[0]);
		rec.u.call.from = es_slice_str(text[1]);
		rec.u.call.to = es_slice_str(text[2]);
		rec.u.call.state = ES_STATE_COMPLETED;
		size = es_record_encode(&rec, bytes, sizeof(bytes));
		CHECK(size > 0);
		es_alloc_init(&alloc, arena, sizeof(arena));
		CHECK_EQ(es_row_of(es_slice_of(bytes, (size_t)size), 1, es_time_of_ns(1), &alloc,
			     &row, &lost),
		    0);
		CHECK_EQ(es_store_put(f.s, &row), 0);
		j = get(&f, "/api/v1/calls", 200);
		CHECK_STR(text_at(nth_call(j, 0), "call"), text[0]);
		CHECK_STR(text_at(nth_call(j, 0), "from"), text[1]);
		CHECK_STR(text_at(nth_call(j, 0), "to"), text[2]);
		json_decref(j);
	}
	teardown(&f);
}

/* A stream that belongs to no call. */
static void
put_stream(struct fixture *f, uint32_t ssrc, int64_t at_s)
{
	static const struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
	struct es_record rec = { .type = ES_REC_STREAM, .vantage = &here };
	struct es_stream *s = &rec.u.stream;

	rec.at = s->start = es_time_of_ns((day_s + at_s) * ES_NS_PER_S);
	s->key.ssrc = ssrc;
	s->key.src = (struct es_addr){ .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } };
	s->key.dst = (struct es_addr){ .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };
	s->state = ES_STATE_COMPLETED;
	s->packets = s->expected = 1;
	s->first_seq = s->last_seq = ES_SEQ_BASE;
	put(f, 1, &rec);
}

/* Calls and streams come together, more of both than one look at the store has room for. */
TEST(api_list_mixes_calls_and_streams)
{
	enum { EACH = ES_STORE_PAGE_ROWS / 2 + 20 };
	char after[64] = "", want[24];
	struct fixture f;
	size_t n = 0;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(add_agent(&f, "ep", "", 1), 1);
	for (int i = 0; i < EACH; i++) {
		(void)snprintf(want, sizeof(want), "c%d", i);
		put_call(&f, want, 20000 * i + 10000);
		put_stream(&f, (uint32_t)i, 20000 * i);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	f.query[0] = "limit";
	f.query[1] = "200";
	f.query[2] = "after";
	f.query[3] = after;
	do {
		json_t *j = get(&f, "/api/v1/calls", 200);

		for (size_t i = 0; nth_call(j, i) != NULL; i++, n++) {
			int k = EACH - 1 - (int)(n / 2);

			(void)snprintf(want, sizeof(want), n % 2 == 0 ? "c%d" : "rtp:0x%08x", k);
			CHECK_STR(text_at(nth_call(j, i), "call"), want);
		}
		(void)snprintf(after, sizeof(after), "%s",
		    json_object_get(j, "next") == NULL ? "" : text_at(j, "next"));
		json_decref(j);
	} while (after[0] != '\0' && n <= 2 * EACH);
	CHECK_EQ(n, 2 * EACH);
	teardown(&f);
}

/* A list for a site whose time ends while the agents are looked through is a part, as elsewhere. */
TEST(api_list_of_a_site_continues_where_its_time_ended)
{
	uint64_t first = 0, whole, n_parts = 0;
	struct fixture f;

	setup(&f);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(add_agent(&f, "z", "berlin", 1), 1);
	for (uint8_t i = 2; i < 250; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "a%03u", i);
		(void)add_agent(&f, name, "paris", i);
	}
	for (int i = 0; i < 3; i++) {
		char call_id[16];

		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		put_call(&f, call_id, i);
	}
	CHECK_EQ(es_store_commit(f.s), 0);
	f.query[0] = "site";
	f.query[1] = "berlin";
	json_decref(get(&f, "/api/v1/calls", 200));
	whole = es_store_work(f.s);
	for (uint64_t work = 1; work <= whole; work++) {
		struct es_answer answer = { .status = 0 };

		es_store_budget(f.s, work, 0);
		es_api_calls(&f.api, look, &f, &answer);
		if (answer.status == 200 && first == 0)
			first = work;
		if (first > 0 && answer.status != 200)
			test_fail(__FILE__, __LINE__, "status %d after %d of %d", answer.status,
			    (int)work, (int)whole);
		es_body_add(&answer.body, "", 1);
		n_parts += strstr(answer.body.p, "\"partial\"") != NULL;
		es_body_done(&answer.body);
	}
	CHECK(first > 0 && n_parts > 0);
	teardown(&f);
}
