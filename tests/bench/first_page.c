/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the portal's first page costs when all calls share one SSRC and one pair of addresses, as a load
 * generator makes them: N calls against 4 N. usage: first_page [N]
 */
#include "collector/portal/api.h"
#include "tests/e2e/scene_store.h"

#include <time.h>
#include <unistd.h>

static void
fail(const char *what)
{
	fprintf(stderr, "first_page: %s\n", what);
	exit(1);
}

static const char *
no_parameter(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static void
fill(struct es_store *store, long n)
{
	static struct scene_store s;
	char call_id[64];

	if (es_store_begin(store) < 0)
		fail(es_store_error(store));
	for (long i = 0; i < n; i++) {
		struct scene scene = { .call_id = call_id,
			.ssrc = 0xdeadbeef,
			.start = es_time_of_ns((INT64_C(1795000000) + i) * ES_NS_PER_S) };

		(void)snprintf(call_id, sizeof(call_id), "call-%ld@example.org", i);
		if (scene_fill(&s, store, &scene) < 0)
			fail(es_store_error(store));
	}
	if (es_store_commit(store) < 0)
		fail(es_store_error(store));
}

static double
cpu_ms(void)
{
	return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

/* CPU time of the page in ms, and SQLite's work. */
static double
page_of(long n, uint64_t *work)
{
	char dir[] = "/tmp/earshot-bench-page-XXXXXX", path[64], error[512];
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct es_answer answer = { 0 };
	struct es_store *store;
	double begun;

	if (mkdtemp(dir) == NULL)
		fail("no directory");
	(void)snprintf(path, sizeof(path), "%s/earshot.db", dir);
	if (es_store_open(path, ES_STORE_CREATE, &store, error) < 0)
		fail(error);
	fill(store, n);
	es_store_budget(store, 0, 0);
	begun = cpu_ms();
	es_api_calls(&(const struct es_api){ .store = store }, no_parameter, NULL, &answer);
	begun = cpu_ms() - begun;
	*work = es_store_work(store);
	if (answer.status != 200)
		fail("no page");
	es_body_done(&answer.body);
	es_store_close(store);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/earshot.db%s", dir, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	return begun;
}

int
main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 500;
	uint64_t few_work, many_work;
	double few = page_of(n, &few_work), many = page_of(4 * n, &many_work);

	printf("portal  first page of %ld calls with one SSRC %.0f ms, of %ld %.0f ms: ratio %.2f, "
	       "of the store's work %.2f (promise: 1.5)\n",
	    n, few, 4 * n, many, many / (few > 0 ? few : 1),
	    (double)many_work / (double)(few_work > 0 ? few_work : 1));
	return 0;
}
