/* SPDX-License-Identifier: Apache-2.0 */
/* The harness behind TEST and CHECK: runs registered tests in order of their names. */
#include "harness.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARDED_MAX = 256 };

static struct test *tests;
static struct {
	const struct test *now;
	bool failed;
	const char *skipped;
	struct {
		void *base;
		size_t n;
	} guarded[GUARDED_MAX];
	size_t n_guarded;
} run;

void
test_register(struct test *t)
{
	struct test **at = &tests;

	while (*at != NULL && strcmp((*at)->name, t->name) < 0)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

void
test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	run.failed = true;
	printf("FAIL %s %s:%d: ", run.now->name, file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
test_skip(const char *why)
{
	run.skipped = why;
}

static void
release_guarded(void)
{
	while (run.n_guarded > 0) {
		run.n_guarded--;
		munmap(run.guarded[run.n_guarded].base, run.guarded[run.n_guarded].n);
	}
}

es_slice
test_guarded(const void *bytes, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (n + page - 1) / page * page;
	uint8_t *base;

	if (run.n_guarded == GUARDED_MAX)
		release_guarded(); /* sweeps make thousands; only the latest is in use */
	base = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED || mprotect(base + room, page, PROT_NONE) != 0) {
		perror("guard page");
		exit(2);
	}
	if (n > 0)
		memcpy(base + room - n, bytes, n);
	run.guarded[run.n_guarded].base = base;
	run.guarded[run.n_guarded++].n = room + page;
	return es_slice_of(base + room - n, n);
}

const char *
test_shared(void)
{
	const char *dir = getenv("SHARED");

	if (dir == NULL)
		dir = "../shared";
	return access(dir, R_OK) == 0 ? dir : NULL;
}

uint32_t
test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

int
main(int argc, char **argv)
{
	int n_failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *t = tests; t != NULL; t = t->next) {
		if (argc > 1 && strcmp(argv[1], t->name) != 0)
			continue;
		run.now = t;
		run.failed = false;
		run.skipped = NULL;
		t->run();
		release_guarded();
		if (run.failed)
			n_failed++;
		else if (run.skipped != NULL)
			printf("skip %s: %s\n", t->name, run.skipped);
		else
			printf("ok %s\n", t->name);
	}
	return n_failed > 0;
}
