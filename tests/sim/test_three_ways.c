/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law of time: a capture read whole, and as a live source with random batches and ticks would
 * hand it over, gives the same bytes. (The third way, split over files, is in tests/golden/read.sh.)
 */
#include "agent/capture.h"
#include "agent/record_json.h"
#include "earshot/engine.h"
#include "tests/unit/harness.h"

#include <glob.h>
#include <stdlib.h>

struct packets {
	struct es_packet *at;
	es_time *oldest_from; /* of packet i and all behind it: no tick may pass it */
	size_t n;
};

struct text {
	char *p;
	size_t n;
	size_t cap;
	struct es_json json;
	char buf[4096];
};

static void
append(void *ctx, const char *bytes, size_t n)
{
	struct text *t = ctx;

	if (t->n + n > t->cap) {
		t->cap = 2 * (t->n + n);
		t->p = realloc(t->p, t->cap);
		if (t->p == NULL)
			abort();
	}
	memcpy(t->p + t->n, bytes, n);
	t->n += n;
}

static void
print(void *ctx, const struct es_record *rec)
{
	struct text *t = ctx;

	es_record_json(rec, &t->json);
}

static bool
load(const char *path, struct packets *out)
{
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_capture *c;
	struct es_packet p;
	size_t cap = 0, i;

	memset(out, 0, sizeof(*out));
	if (es_capture_file_open(path, &c, error) != 0)
		return false;
	while (es_capture_next(c, &p) == 0) {
		uint8_t *copy = malloc(p.cap_bytes + 1);

		if (out->n == cap) {
			cap = cap == 0 ? 1024 : 2 * cap;
			out->at = realloc(out->at, cap * sizeof(p));
		}
		if (copy == NULL || out->at == NULL)
			abort();
		memcpy(copy, p.data, p.cap_bytes);
		p.data = copy;
		out->at[out->n++] = p;
	}
	es_capture_free(c);
	out->oldest_from = calloc(out->n + 1, sizeof(es_time));
	if (out->oldest_from == NULL)
		abort();
	for (i = out->n; i-- > 0;) {
		es_time t = out->at[i].ts;
		out->oldest_from[i] = i + 1 < out->n && es_time_before(out->oldest_from[i + 1], t)
					  ? out->oldest_from[i + 1]
					  : t;
	}
	return true;
}

static void
unload(struct packets *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free((void *)(uintptr_t)p->at[i].data);
	free(p->at);
	free(p->oldest_from);
}

/* seed 0: whole, without a tick. Else ticks at random between what was and what comes. */
static bool
run(const struct packets *p, uint64_t seed, struct text *out)
{
	struct es_config cfg = { .hash_key = { (uint8_t)seed } };
	struct es_sink sink = { print, out };
	struct es_engine *e;
	uint64_t random = seed;
	size_t i;

	memset(out, 0, sizeof(*out));
	es_json_init(&out->json, out->buf, sizeof(out->buf), append, out);
	if (es_engine_new(&cfg, &sink, &e) != 0)
		return false;
	for (i = 0; i < p->n; i++) {
		uint32_t dice = seed == 0 ? 0 : test_random(&random) % 8;
		int64_t to_next = p->oldest_from[i].ns - p->at[i > 0 ? i - 1 : 0].ts.ns;

		for (; dice > 5; dice--) {
			int64_t back = to_next <= 0 ? 0
						    : (int64_t)(test_random(&random) % 1000) *
							  (to_next / 1000);
			es_engine_advance(e, es_time_add(p->oldest_from[i], -back));
		}
		es_engine_packet(e, &p->at[i]);
	}
	es_engine_flush(e, false);
	es_engine_free(e);
	es_json_flush(&out->json);
	return !out->json.bad;
}

TEST(golden_captures_read_whole_and_as_live_give_the_same_bytes)
{
	glob_t g;
	size_t i;

	if (glob("tests/golden/*/*.pcap.gz", 0, NULL, &g) != 0) {
		test_skip("no golden captures here");
		return;
	}
	for (i = 0; i < g.gl_pathc; i++) {
		struct packets p;
		struct text whole, live;
		uint64_t seed;

		CHECK(load(g.gl_pathv[i], &p));
		CHECK(run(&p, 0, &whole));
		CHECK(whole.n > 0);
		for (seed = 1; seed <= 3; seed++) {
			CHECK(run(&p, seed, &live));
			if (live.n != whole.n || memcmp(live.p, whole.p, live.n) != 0)
				test_fail(__FILE__, __LINE__, "%s differs with seed %d",
				    g.gl_pathv[i], (int)seed);
			free(live.p);
		}
		free(whole.p);
		unload(&p);
	}
	globfree(&g);
}
