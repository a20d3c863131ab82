/* SPDX-License-Identifier: Apache-2.0 */
/* A store filled as agents fill it, and the API's answers over it, read back as JSON or as they are. */
#ifndef TESTS_API_RIG_H
#define TESTS_API_RIG_H

#include "collector/portal/api.h"
#include "proto/encode.h"
#include "tests/e2e/scene_store.h"
#include "tests/unit/harness.h"

#include <jansson.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_store *s;
	struct scene_store *scene;
	struct es_api api;
	struct es_pseudonym key;
	const char *query[12]; /* name, value, ... */
};

static const int64_t day_s = INT64_C(1795000000);

static inline void
setup(struct fixture *f)
{
	char error[512];

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-api-XXXXXX");
	if (mkdtemp(f->dir) == NULL || (f->scene = calloc(1, sizeof(*f->scene))) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	if (es_store_open(f->path, ES_STORE_CREATE, &f->s, error) < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	if (es_pseudonym_init(&f->key, (const uint8_t[ES_KEY_BYTES]){ 7 }, "49") != 0)
		abort();
	f->api = (struct es_api){ .store = f->s, .key = &f->key };
}

static inline void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	es_store_close(f->s);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
	free(f->scene);
}

static inline void
play(struct fixture *f, const char *call_id, uint32_t ssrc, int64_t at_s, bool is_damaged,
    bool in_progress)
{
	struct scene scene = { .call_id = call_id,
		.ssrc = ssrc,
		.start = es_time_of_ns((day_s + at_s) * ES_NS_PER_S),
		.is_damaged = is_damaged,
		.in_progress = in_progress };

	if (es_store_begin(f->s) < 0 || scene_fill(f->scene, f->s, &scene) < 0 ||
	    es_store_commit(f->s) < 0)
		test_fail(__FILE__, __LINE__, "scene: %s", es_store_error(f->s));
}

static inline const char *
look(void *ctx, const char *name)
{
	const struct fixture *f = ctx;

	for (int i = 0; i < 12 && f->query[i] != NULL; i += 2)
		if (strcmp(f->query[i], name) == 0)
			return f->query[i + 1];
	return NULL;
}

/* The answer as JSON; given. */
static inline json_t *
get(struct fixture *f, const char *path, int status)
{
	struct es_answer answer;
	json_error_t error;
	json_t *j;

	memset(&answer, 0, sizeof(answer));
	if (!es_api_answer(&f->api, path, look, f, es_time_of_ns(day_s * ES_NS_PER_S), 0, &answer))
		test_fail(__FILE__, __LINE__, "%s: no such path", path);
	if (answer.status != status)
		test_fail(__FILE__, __LINE__, "%s: status %d, not %d: %.*s", path, answer.status,
		    status, (int)answer.body.n, answer.body.p);
	j = json_loadb(answer.body.p, answer.body.n, JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		test_fail(__FILE__, __LINE__, "%s: %s in %.*s", path, error.text,
		    (int)answer.body.n, answer.body.p);
	es_body_done(&answer.body);
	return j;
}

static inline const char *
text_at(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "(absent)" : s;
}

static inline const json_t *
nth_call(const json_t *list, size_t i)
{
	return json_array_get(json_object_get(list, "calls"), i);
}

/* The answer's text to be freed; NULL: not this status. */
static inline char *
get_text(struct fixture *f, const char *path, int status)
{
	struct es_answer answer;
	char *text;

	memset(&answer, 0, sizeof(answer));
	if (!es_api_answer(
		&f->api, path, look, f, es_time_of_ns(day_s * ES_NS_PER_S), 0, &answer) ||
	    answer.status != status)
		return NULL;
	text = strndup(answer.body.p, answer.body.n);
	es_body_done(&answer.body);
	return text;
}

/* Its number. */
static inline int64_t
add_agent(struct fixture *f, const char *name, const char *site, uint8_t key)
{
	struct es_agent a, found;

	memset(&a, 0, sizeof(a));
	(void)snprintf(a.name, sizeof(a.name), "%s", name);
	(void)snprintf(a.site, sizeof(a.site), "%s", site);
	(void)snprintf(a.cn, sizeof(a.cn), "%032x", key);
	memset(a.spki, key, sizeof(a.spki));
	a.enrolled = es_time_of_ns((day_s - 86400) * ES_NS_PER_S);
	a.not_after = es_time_of_ns((day_s + 86400) * ES_NS_PER_S + 999999999);
	if (es_store_agent_bind(f->s, &a) != 0 || es_store_agent_by_spki(f->s, a.spki, &found) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	return found.id;
}

/* One record of an agent, as it would come. */
static inline void
put(struct fixture *f, int64_t agent, const struct es_record *rec)
{
	static uint8_t arena[65536];
	struct es_alloc alloc;
	uint8_t bytes[512];
	struct es_row row;
	uint64_t lost;
	int n = es_record_encode(rec, bytes, sizeof(bytes));

	es_alloc_init(&alloc, arena, sizeof(arena));
	if (n <= 0 ||
	    es_row_of(
		es_slice_of(bytes, (size_t)n), agent, es_time_of_ns(1), &alloc, &row, &lost) != 0 ||
	    es_store_put(f->s, &row) != 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
}

/* One leg of a call, of a place of agent 1. */
static inline void
put_call_at(struct fixture *f, const char *label, const char *call_id, int64_t at_s)
{
	const struct es_vantage here = { .label = es_slice_str(label), .role = ES_ROLE_ENDPOINT };
	struct es_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.vantage = &here;
	rec.at = rec.u.call.start = es_time_of_ns((day_s + at_s) * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str(call_id);
	rec.u.call.state = ES_STATE_COMPLETED;
	put(f, 1, &rec);
}

/* A call alone, of agent 1. */
static inline void
put_call(struct fixture *f, const char *call_id, int64_t at_s)
{
	put_call_at(f, "", call_id, at_s);
}

#endif
