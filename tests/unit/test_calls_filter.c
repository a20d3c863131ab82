/* SPDX-License-Identifier: Apache-2.0 */
/* What the list of calls can be asked for: each filter alone, all kinds of calls, and searches by number. */
#include "collector/query/calls_filter.h"
#include "runtime/log.h"
#include "tests/unit/api_rig.h"

#include <fcntl.h>

/* A clean, a degraded and a refused call, a stream without a call, and one that nobody measured. */
static void
fill(struct fixture *f)
{
	static const struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
	es_slice codecs[] = { es_slice_str("G722"), es_slice_str("PCMA") };
	struct es_record rec;
	char from[ES_PSEUDONYM_URI_MAX], to[ES_PSEUDONYM_URI_MAX];

	setup(f);
	play(f, "good@h", 0x1000, 0, false, false);
	play(f, "bad@h", 0x2000, 100, true, false);
	play(f, NULL, 0x4000, 300, true, false);
	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.vantage = &here;
	rec.at = rec.u.call.start = es_time_of_ns((day_s + 400) * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str("busy@h");
	rec.u.call.state = ES_STATE_FAILED;
	rec.u.call.has = ES_CALL_HAS_STATUS;
	rec.u.call.final_status = 486;
	rec.u.call.codecs = codecs;
	rec.u.call.n_codecs = 2;
	rec.u.call.from = es_slice_of(
	    from, es_pseudonym_uri(&f->key, es_slice_str("+4930555123@a.example"), from));
	rec.u.call.to =
	    es_slice_of(to, es_pseudonym_uri(&f->key, es_slice_str("alice@b.example"), to));
	put(f, 1, &rec);
}

/* The names of the calls that an answer lists, and a space behind each. */
static const char *
found(struct fixture *f, const char *name, const char *value)
{
	static char names[512];
	json_t *j;

	memset(f->query, 0, sizeof(f->query));
	f->query[0] = name;
	f->query[1] = value;
	j = get(f, "/api/v1/calls", 200);
	names[0] = '\0';
	for (size_t i = 0; nth_call(j, i) != NULL; i++)
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
		    text_at(nth_call(j, i), "call"));
	json_decref(j);
	return names;
}

TEST(calls_filter_takes_each_parameter_by_itself)
{
	static const struct {
		const char *name, *value, *calls;
	} rows[] = {
		{ "limit", "9", "busy@h rtp:0x00004000 bad@h good@h " },
		{ "verdict", "clean", "good@h " },
		{ "verdict", "degraded", "rtp:0x00004000 bad@h " },
		{ "verdict", "unknown", "busy@h " },
		{ "cause", "network_loss", "rtp:0x00004000 bad@h " },
		{ "cause", "wifi", "" },
		{ "segment", "ep-sbc/access", "rtp:0x00004000 bad@h " },
		{ "segment", "sbc/access..ep", "rtp:0x00004000 bad@h " },
		{ "segment", "ep", "rtp:0x00004000 bad@h " },
		{ "segment", "gw", "" },
		{ "segment", "ep-gw", "" },
		{ "status", "486", "busy@h " },
		{ "status", "200", "bad@h good@h " },
		{ "status", "404", "" },
		{ "codec", "g722", "busy@h " },
		{ "codec", "PCMU", "rtp:0x00004000 bad@h good@h " },
		{ "codec", "PCM", "" },
		{ "agent", "ep", "busy@h rtp:0x00004000 bad@h good@h " },
		{ "agent", "nobody", "" },
		{ "max_mos", "4", "rtp:0x00004000 bad@h " },
		{ "min_mos", "4", "good@h " },
		{ "q", "BAD@", "bad@h " },
		{ "q", "0x4000", "" },
		{ "q", "RTP:0X00004", "rtp:0x00004000 " },
		{ "number", "+49 30 555123", "busy@h " },
		{ "number", "030555123", "busy@h " }, /* of our country */
		{ "number", "alice", "busy@h " },
		{ "number", "sip:alice@b.example", "busy@h " },
		{ "number", "sip:alice@a.example", "" },
		{ "number", "+4930555124", "" },
		{ "sort", "mos", "rtp:0x00004000 bad@h good@h busy@h " },
		{ "sort", "loss", "rtp:0x00004000 bad@h busy@h good@h " },
		{ "sort", "duration", "bad@h good@h rtp:0x00004000 busy@h " },
		{ "sort", "start", "busy@h rtp:0x00004000 bad@h good@h " },
	};
	struct fixture f;

	fill(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *calls = found(&f, rows[i].name, rows[i].value);

		if (strcmp(calls, rows[i].calls) != 0)
			test_fail(__FILE__, __LINE__, "%s=%s: \"%s\", not \"%s\"", rows[i].name,
			    rows[i].value, calls, rows[i].calls);
	}
	teardown(&f);
}

/* Sorted and short: the first of all that there are, not of those that came first. */
TEST(calls_filter_sorts_before_it_cuts)
{
	struct fixture f;
	json_t *j;

	fill(&f);
	memset(f.query, 0, sizeof(f.query));
	f.query[0] = "sort";
	f.query[1] = "mos";
	f.query[2] = "limit";
	f.query[3] = "2";
	j = get(&f, "/api/v1/calls", 200);
	CHECK_EQ(json_array_size(json_object_get(j, "calls")), 2);
	CHECK_STR(text_at(nth_call(j, 0), "call"), "rtp:0x00004000");
	CHECK_STR(text_at(nth_call(j, 1), "call"), "bad@h");
	CHECK(json_object_get(j, "next") == NULL); /* all was seen */
	json_decref(j);
	teardown(&f);
}

TEST(calls_filter_names_the_value_that_it_does_not_know)
{
	static const char *const rows[][2] = { { "verdict", "bad" }, { "cause", "rain" },
		{ "status", "99" }, { "status", "700" }, { "status", "2xx" }, { "sort", "name" },
		{ "number", "sip:" } };
	struct fixture f;
	json_t *j;

	setup(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(f.query, 0, sizeof(f.query));
		f.query[0] = rows[i][0];
		f.query[1] = rows[i][1];
		j = get(&f, "/api/v1/calls", 400);
		CHECK_STR(text_at(j, "parameter"), rows[i][0]);
		CHECK(strcmp(text_at(j, "expected"), "(absent)") != 0);
		json_decref(j);
	}
	f.api.key = NULL; /* it could not be read */
	f.query[0] = "number";
	f.query[1] = "alice";
	j = get(&f, "/api/v1/calls", 503);
	CHECK(strstr(text_at(j, "error"), "tenant key") != NULL);
	json_decref(j);
	teardown(&f);
}

struct given {
	const char *names[4];
};

static const char *
name_of(void *ctx, size_t n)
{
	const struct given *g = ctx;

	return g->names[n];
}

TEST(api_refuses_parameters_that_a_path_does_not_take)
{
	static const struct {
		const char *path;
		struct given given;
		const char *parameter; /* NULL: all are taken */
	} rows[] = {
		{ "/api/v1/calls", { { "from", "number", "sort", NULL } }, NULL },
		{ "/api/v1/calls", { { "from", "form", NULL } }, "form" },
		{ "/api/v1/calls", { { "start", NULL } }, "start" },
		{ "/api/v1/calls", { { "from", "to", "from", NULL } }, "from" },
		{ "/api/v1/calls/one@h", { { "start", NULL } }, NULL },
		{ "/api/v1/calls/one@h", { { "from", NULL } }, "from" },
		{ "/api/v1/agents", { { NULL } }, NULL },
		{ "/api/v1/agents", { { "site", NULL } }, "site" },
		{ "/metrics", { { "x", NULL } }, "x" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct given g = rows[i].given;
		struct es_answer answer;
		json_error_t error;
		json_t *j;

		memset(&answer, 0, sizeof(answer));
		CHECK_EQ(
		    es_api_refuses(rows[i].path, name_of, &g, &answer), rows[i].parameter != NULL);
		if (rows[i].parameter == NULL)
			continue;
		CHECK_EQ(answer.status, 400);
		j = json_loadb(answer.body.p, answer.body.n, 0, &error);
		CHECK_STR(text_at(j, "parameter"), rows[i].parameter);
		CHECK(strlen(text_at(j, "expected")) > 5);
		json_decref(j);
		es_body_done(&answer.body);
	}
}

/* Who was looked for can be read in the log by whoever holds the key, and by nobody else. */
TEST(calls_filter_logs_each_search_without_number_and_host)
{
	char path[TEST_DIR_MAX + 8], dir[TEST_DIR_MAX], text[1024];
	struct fixture f;
	int fd, was;
	ssize_t n;

	fill(&f);
	test_dir(dir);
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	was = dup(2);
	CHECK(fd >= 0 && was >= 0 && dup2(fd, 2) == 2);
	f.api.who = "192.0.2.7";
	(void)found(&f, "number", "sip:+4930555123@a.example");
	(void)found(&f, "q", "+4930555123"); /* a text, which is no number */
	(void)dup2(was, 2);
	close(was);
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	CHECK(n > 0);
	text[n] = '\0';
	CHECK(strstr(text, "calls: search by number or user from 192.0.2.7: n1-cc49-") != NULL);
	CHECK(strstr(text, ": 1 call\n") != NULL);
	CHECK(strstr(text, "30555123") == NULL);
	CHECK(strstr(text, "a.example") == NULL);
	CHECK(strchr(text, '\n') == text + n - 1); /* one line */
	teardown(&f);
}
