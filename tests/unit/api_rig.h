/* SPDX-License-Identifier: Apache-2.0 */
/* A store filled as agents fill it, and the API's answers over it, read back as JSON or as they are. */
#ifndef TESTS_API_RIG_H
#define TESTS_API_RIG_H

#include "collector/portal.h"
#include "tests/e2e/scene_store.h"
#include "tests/unit/harness.h"

#include <jansson.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_store *s;
	struct scene_store *scene;
	const char *query[8]; /* name, value, ... */
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

	for (int i = 0; i < 8 && f->query[i] != NULL; i += 2)
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
	if (!es_api_answer(f->s, path, look, f, es_time_of_ns(day_s * ES_NS_PER_S), &answer))
		test_fail(__FILE__, __LINE__, "%s: no such path", path);
	if (answer.status != status)
		test_fail(__FILE__, __LINE__, "%s: status %d, not %d: %.*s", path, answer.status,
		    status, (int)answer.body.n, answer.body.p);
	j = json_loadb(answer.body.p, answer.body.n, JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		test_fail(__FILE__, __LINE__, "%s: %s in %.*s", path, error.text,
		    (int)answer.body.n, answer.body.p);
	es_text_done(&answer.body);
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
	if (!es_api_answer(f->s, path, look, f, es_time_of_ns(day_s * ES_NS_PER_S), &answer) ||
	    answer.status != status)
		return NULL;
	text = strndup(answer.body.p, answer.body.n);
	es_text_done(&answer.body);
	return text;
}

#endif
