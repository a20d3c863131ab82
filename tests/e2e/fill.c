/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills the store of a collector with made-up calls (scene.h), without agents: for the portal's tests
 * and for measuring lists. usage: fill DATABASE COUNT. Every fifth call is damaged, every seventh has
 * no SIP; the newest but one was refused; the newest has a Call-ID that would run as a script in a careless page.
 */
#include "tests/e2e/scene_store.h"

static void
fail(const char *what)
{
	fprintf(stderr, "fill: %s\n", what);
	exit(1);
}

int
main(int argc, char **argv)
{
	static struct scene_store s;
	struct es_store *store;
	char error[512], call_id[64];
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (n <= 0 || n > 1000000)
		fail("usage: fill DATABASE COUNT");
	if (es_store_open(argv[1], ES_STORE_WRITE, &store, error) < 0)
		fail(error);
	if (es_store_begin(store) < 0)
		fail(es_store_error(store));
	for (long i = 0; i < n; i++) {
		struct scene scene = { .call_id = call_id,
			.ssrc = (uint32_t)(0x10000000 + 2 * i),
			.start = es_time_of_ns((INT64_C(1795000000) + i * 97) * ES_NS_PER_S),
			.is_damaged = i % 5 == 0,
			.refused = i == n - 2 ? 486 : 0 };

		(void)snprintf(call_id, sizeof(call_id),
		    i == n - 1 ? "<img src=x onerror=document.title=1>" : "call-%ld@example.org",
		    i);
		if (i % 7 == 6 && i < n - 2)
			scene.call_id = NULL;
		if (scene_fill(&s, store, &scene) < 0)
			fail(es_store_error(store));
	}
	if (es_store_commit(store) < 0)
		fail(es_store_error(store));
	es_store_close(store);
	return 0;
}
