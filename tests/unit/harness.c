/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness behind TEST and CHECK. The tests of one file run in one process of their own, in order of
 * their names; files run side by side. A test that crashes or hangs ends its file alone, and is named.
 */
#include "harness.h"

#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	GUARDED_MAX = 256,
	JOBS_MAX = 64,
	FILE_LIMIT_S = 600,
	LONG_FILE_LIMIT_S = 3600,
	SLOW_MS = 500,
	NAME_MAX_BYTES = 64, /* of a file, without folder and suffix */
};

/* A file's tests under way. Its output is kept until it ends, so that files do not mix. */
struct job {
	pid_t pid; /* 0: free */
	const struct test *first;
	FILE *out;
	FILE *err;
	time_t began;
};

static struct test *tests;
static size_t n_tests;

static struct {
	const struct test **now; /* shared by parent and child, one per job */
	bool failed;
	const char *skipped;
	struct {
		void *base;
		size_t n;
	} guarded[GUARDED_MAX];
	size_t n_guarded;
	char top[32]; /* with n_dirs: what holds the test's directories */
	unsigned n_dirs;
} run;

void
test_register(struct test *t)
{
	t->next = tests;
	tests = t;
	n_tests++;
}

void
test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	run.failed = true;
	printf("FAIL %s %s:%d: ", (*run.now)->name, file, line);
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

/* Directories of one test stand in one that is made with the first of them; other users may pass through it. */
void
test_dir(char out[TEST_DIR_MAX])
{
	if (run.n_dirs == 0) {
		(void)snprintf(run.top, sizeof(run.top), "/tmp/earshot-test-XXXXXX");
		if (mkdtemp(run.top) == NULL || chmod(run.top, 0711) != 0) {
			perror(run.top);
			exit(2);
		}
	}
	(void)snprintf(out, TEST_DIR_MAX, "%s/%u", run.top, run.n_dirs++);
	if (mkdir(out, 0700) != 0) {
		perror(out);
		exit(2);
	}
}

static int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
remove_dirs(void)
{
	if (run.n_dirs > 0)
		(void)nftw(run.top, take_away, 8, FTW_DEPTH | FTW_PHYS);
	run.n_dirs = 0;
}

const char *
test_shared(void)
{
	const char *dir = getenv("SHARED");

	if (dir == NULL)
		dir = "../shared";
	return access(dir, R_OK) == 0 ? dir : NULL;
}

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && *value != '\0';
}

static bool
is_long(void)
{
	return is_set("LONG");
}

bool
test_is_emulated(void)
{
	return is_set("EMULATED");
}

unsigned
test_step(unsigned n)
{
	return is_long() ? 1 : n;
}

uint32_t
test_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* "tests/unit/test_wire_rtp.c" -> "test_wire_rtp" */
static const char *
file_name(const struct test *t, char out[NAME_MAX_BYTES])
{
	const char *slash = strrchr(t->file, '/');

	snprintf(out, NAME_MAX_BYTES, "%s", slash != NULL ? slash + 1 : t->file);
	out[strcspn(out, ".")] = '\0';
	return out;
}

static int
by_file_and_name(const void *a, const void *b)
{
	const struct test *x = *(const struct test *const *)a, *y = *(const struct test *const *)b;
	int order = strcmp(x->file, y->file);

	return order != 0 ? order : strcmp(x->name, y->name);
}

/* A filter is the name of a test or of a file, or a pattern of either. */
static bool
is_wanted(const struct test *t, char **filters)
{
	char file[NAME_MAX_BYTES];

	file_name(t, file);
	for (char **f = filters; *f != NULL; f++)
		if (fnmatch(*f, t->name, 0) == 0 || fnmatch(*f, file, 0) == 0)
			return true;
	return *filters == NULL;
}

/* Puts the wanted tests in order; the list then holds these alone. Returns how many. */
static size_t
choose(char **filters)
{
	struct test **all = calloc(n_tests + 1, sizeof(*all));
	size_t n = 0;

	if (all == NULL)
		return 0;
	for (struct test *t = tests; t != NULL; t = t->next)
		if (is_wanted(t, filters))
			all[n++] = t;
	qsort(all, n, sizeof(*all), by_file_and_name);
	for (size_t i = 0; i < n; i++)
		all[i]->next = all[i + 1];
	tests = all[0];
	free(all);
	return n;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
run_one(const struct test *t)
{
	int64_t began = now_ms(), took;

	*run.now = t;
	run.failed = false;
	run.skipped = NULL;
	t->run();
	release_guarded();
	remove_dirs();
	took = now_ms() - began;
	if (!run.failed && run.skipped != NULL)
		printf("skip %s: %s\n", t->name, run.skipped);
	else if (!run.failed)
		printf("ok %s\n", t->name);
	if (took >= SLOW_MS)
		printf("slow %s: %.1f s\n", t->name, (double)took / 1000);
	return !run.failed;
}

/* All tests of the file that t begins. */
static int
run_file(const struct test *t)
{
	const char *file = t->file;
	bool failed = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(is_long() || test_is_emulated() ? LONG_FILE_LIMIT_S : FILE_LIMIT_S);
	for (; t != NULL && strcmp(t->file, file) == 0; t = t->next)
		failed = !run_one(t) || failed;
	return failed;
}

static void
start(struct job *j, const struct test **now, const struct test *first)
{
	j->first = first;
	j->out = tmpfile();
	j->err = tmpfile();
	j->began = time(NULL);
	if (j->out == NULL || j->err == NULL || (j->pid = fork()) < 0) {
		perror("tests");
		exit(2);
	}
	if (j->pid > 0)
		return;
	(void)setpgid(0, 0); /* so that what a failed test leaves running can be ended */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	run.now = now;
	*run.now = first;
	dup2(fileno(j->out), STDOUT_FILENO);
	dup2(fileno(j->err), STDERR_FILENO);
	exit(run_file(first));
}

static void
copy(FILE *from, FILE *to)
{
	char buf[4096];
	size_t n;

	rewind(from);
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		fwrite(buf, 1, n, to);
	fclose(from);
}

/* Prints what a file's tests said, and one line about them. False: one failed, or the process died. */
static bool
finish(struct job *j, const struct test *now, int status)
{
	char file[NAME_MAX_BYTES], line[512];
	int ok = 0, failed = 0, skipped = 0;
	bool is_well = WIFEXITED(status) && WEXITSTATUS(status) <= 1;

	rewind(j->out);
	while (fgets(line, sizeof(line), j->out) != NULL) {
		ok += strncmp(line, "ok ", 3) == 0;
		failed += strncmp(line, "FAIL ", 5) == 0;
		skipped += strncmp(line, "skip ", 5) == 0;
	}
	if (!is_well || (WEXITSTATUS(status) == 1 && failed == 0)) {
		printf("FAIL %s: the process ended with %s %d\n", now->name,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		failed++;
	}
	copy(j->out, stdout);
	if (failed > 0)
		copy(j->err, stdout);
	else
		fclose(j->err);
	printf("%-36s %4d ok %3d failed %3d skipped %4ld s\n", file_name(j->first, file), ok,
	    failed, skipped, (long)(time(NULL) - j->began));
	fflush(stdout);
	j->pid = 0;
	return failed == 0;
}

/* Waits for one child. False: its file failed. */
static bool
reap(struct job *jobs, const struct test **now, int n_jobs)
{
	int status;
	pid_t pid;

	do {
		pid = wait(&status);
	} while (pid < 0 && errno == EINTR);
	(void)kill(-pid, SIGKILL);
	for (int i = 0; i < n_jobs; i++)
		if (jobs[i].pid == pid)
			return finish(&jobs[i], now[i], status);
	return true;
}

static bool
run_files(int n_jobs)
{
	struct job jobs[JOBS_MAX] = { 0 };
	const struct test **now = mmap(NULL, sizeof(*now) * JOBS_MAX, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct test *next = tests;
	int n_running = 0;
	bool is_good = true;

	if (now == MAP_FAILED)
		return false;
	while (next != NULL || n_running > 0) {
		for (int i = 0; i < n_jobs && next != NULL; i++) {
			const char *file = next->file;

			if (jobs[i].pid != 0)
				continue;
			start(&jobs[i], &now[i], next);
			n_running++;
			while (next != NULL && strcmp(next->file, file) == 0)
				next = next->next;
		}
		is_good = reap(jobs, now, n_jobs) && is_good;
		n_running--;
	}
	return is_good;
}

/* Without getopt, whose state the commands under test use. */
int
main(int argc, char **argv)
{
	bool has_jobs = argc > 2 && strcmp(argv[1], "-j") == 0;
	const char *jobs = has_jobs                                     ? argv[2]
			   : argc > 1 && strncmp(argv[1], "-j", 2) == 0 ? argv[1] + 2
									: NULL;
	long n_jobs = jobs != NULL ? strtol(jobs, NULL, 10) : 1;

	if (n_jobs < 1 || n_jobs > JOBS_MAX) {
		fprintf(stderr, "usage: %s [-j JOBS] [TEST or FILE or PATTERN]...\n", argv[0]);
		return 2;
	}
	if (choose(argv + (has_jobs ? 3 : jobs != NULL ? 2 : 1)) == 0) {
		fprintf(stderr, "%s: no test of that name\n", argv[0]);
		return 2;
	}
	return run_files((int)n_jobs) ? 0 : 1;
}
