/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that answers: order, what a request takes with it, how many may wait, and the end. */
#include "collector/portal/answers.h"

#include "runtime/clock.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"
#include "tests/unit/open_files.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { GIVE_UP_MS = 20000 };

struct fixture {
	char dir[64];
	char path[96];
	struct es_loop *loop;
	struct es_answers *answers;
	const char *query[4]; /* name, value */
	int wanted;
	int n_done;
	int requests[32]; /* in order of their answers */
	int status[32];
	char body[32][2048];
};

static void
on_answer(void *ctx, void *request, const struct es_answer *answer)
{
	struct fixture *f = ctx;
	size_t n =
	    answer->body.n < sizeof(f->body[0]) - 1 ? answer->body.n : sizeof(f->body[0]) - 1;

	f->requests[f->n_done] = *(int *)request;
	f->status[f->n_done] = answer->status;
	memcpy(f->body[f->n_done], answer->body.p, n);
	f->body[f->n_done++][n] = '\0';
	if (f->n_done == f->wanted)
		es_loop_stop(f->loop);
}

static const char *
parameter(void *ctx, const char *name)
{
	const struct fixture *f = ctx;

	for (int i = 0; i < 4 && f->query[i] != NULL; i += 2)
		if (strcmp(f->query[i], name) == 0)
			return f->query[i + 1];
	return NULL;
}

static int64_t clock_ms;

static int64_t
read_clock(void)
{
	return clock_ms;
}

static struct fixture *
setup(const char *sql)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct es_store *store;
	sqlite3 *db = NULL;
	char error[512];

	clock_ms = INT64_MAX / 2; /* no request takes so long */
	if (f == NULL)
		abort();
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-answers-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	if (es_store_open(f->path, ES_STORE_CREATE, &store, error) < 0)
		abort();
	es_store_close(store);
	if (sql != NULL && (sqlite3_open(f->path, &db) != SQLITE_OK ||
			       sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
			       sqlite3_close(db) != SQLITE_OK))
		abort();
	if (es_loop_new(&f->loop) < 0 || es_store_open(f->path, ES_STORE_READ, &store, error) < 0 ||
	    es_answers_new(f->loop, store, NULL, read_clock, on_answer, f, &f->answers) < 0)
		abort();
	return f;
}

static void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	es_answers_free(f->answers);
	es_loop_free(f->loop);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	CHECK_EQ(rmdir(f->dir), 0);
	free(f);
}

static int
ask(struct fixture *f, const char *path, int *request)
{
	return es_answers_ask(
	    f->answers, "192.0.2.7", path, parameter, f, es_time_of_ns(1500000000), request);
}

static void
give_up(void *ctx)
{
	es_loop_stop(ctx);
}

/* Until so many answers came in all. */
static bool
wait_for(struct fixture *f, int n)
{
	struct es_timer *t;

	f->wanted = n;
	if (f->n_done >= n)
		return f->n_done == n;
	if (es_timer_new(f->loop, give_up, f->loop, &t) < 0 || es_timer_arm(t, GIVE_UP_MS) < 0)
		abort();
	(void)es_loop_run(f->loop);
	es_timer_free(t);
	return f->n_done == n;
}

TEST(answers_come_each_once_in_the_order_asked)
{
	static int names[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct fixture *f = setup(NULL);

	for (int i = 0; i < 10; i++)
		CHECK_EQ(ask(f, i % 2 == 0 ? "/api/v1/agents" : "/api/v1/nothing", &names[i]), 0);
	CHECK(wait_for(f, 10));
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(f->requests[i], i);
		CHECK_EQ(f->status[i], i % 2 == 0 ? 200 : 404);
	}
	/* as of when it was asked */
	CHECK_STR(f->body[0], "{\"now\":\"1970-01-01T00:00:01.500000Z\",\"agents\":[]}\n");
	CHECK(strstr(f->body[1], "there is no such resource") != NULL);
	CHECK_EQ(ask(f, "/metrics", &names[7]), 0); /* after it ran empty */
	CHECK(wait_for(f, 11));
	CHECK_EQ(f->requests[10], 7);
	CHECK(strstr(f->body[10], "earshot_collector_calls 0") != NULL);
	teardown(f);
}

TEST(answers_to_a_path_nobody_has_say_so)
{
	struct fixture *f = setup(NULL);
	int one = 1;

	CHECK_EQ(ask(f, "/app.js", &one), 0);
	CHECK(wait_for(f, 1));
	CHECK_EQ(f->status[0], 404);
	CHECK(strstr(f->body[0], "there is no such page") != NULL);
	teardown(f);
}

/* Every name the API knows goes along; the texts are copied, the asker's may change. */
TEST(answers_know_what_a_request_asked_for)
{
	static const char *const names[] = { "from", "to", "min_mos", "max_mos", "limit", "after",
		"start" };
	struct fixture *f = setup(NULL);
	int one = 1;

	for (int i = 0; i < 7; i++) {
		char path[32], value[16] = "nonsense", want[64];

		(void)snprintf(path, sizeof(path), "/api/v1/calls%s", i == 6 ? "/one@h" : "");
		f->query[0] = names[i];
		f->query[1] = value;
		CHECK_EQ(ask(f, path, &one), 0);
		memset(path, 'x', sizeof(path) - 1);
		memset(value, 'x', sizeof(value) - 1);
		f->query[0] = NULL;
		CHECK(wait_for(f, i + 1));
		CHECK_EQ(f->status[i], 400);
		(void)snprintf(want, sizeof(want), "\"parameter\":\"%s\"", names[i]);
		if (strstr(f->body[i], want) == NULL)
			test_fail(__FILE__, __LINE__, "%s not in %s", want, f->body[i]);
	}
	CHECK_EQ(ask(f, "/api/v1/calls", &one), 0);
	CHECK(wait_for(f, 8));
	CHECK_EQ(f->status[7], 200);
	teardown(f);
}

/* The store is held by another program: one request is at work, behind it so many wait and no more. */
TEST(answers_refuse_what_would_wait_too_long)
{
	static int names[ES_ANSWERS_WAITING_MAX + 1];
	int64_t due_ms = es_clock_monotonic_ms() + GIVE_UP_MS;
	struct fixture *f = setup("PRAGMA journal_mode = DELETE");
	sqlite3 *db = NULL;
	int n = 0;

	CHECK_EQ(sqlite3_open(f->path, &db), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	while (n <= ES_ANSWERS_WAITING_MAX && es_clock_monotonic_ms() < due_ms) {
		int err;

		names[n] = n;
		err = ask(f, "/api/v1/agents", &names[n]);
		if (err == 0)
			n++;
		else /* the thread has yet to take the first */
			CHECK(err == ES_EFULL && n == ES_ANSWERS_WAITING_MAX);
	}
	for (int i = 0; i < 20; i++, (void)sched_yield())
		CHECK_EQ(ask(f, "/api/v1/agents", &names[0]), ES_EFULL);
	sqlite3_close(db);
	CHECK(wait_for(f, ES_ANSWERS_WAITING_MAX + 1));
	for (int i = 0; i < f->n_done; i++)
		CHECK_EQ(f->requests[i], i);
	CHECK_EQ(ask(f, "/api/v1/agents", &names[0]), 0); /* there is room again */
	CHECK(wait_for(f, ES_ANSWERS_WAITING_MAX + 2));
	teardown(f);
}

/* Each has a second from when the thread takes it; a due time of 0 means no deadline, of 1 ms long ago. */
TEST(answers_have_a_second_each)
{
	static const char many[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
	    " INSERT INTO agent(cn, spki, name, enrolled_ns, not_after_ns)"
	    " SELECT i, CAST(i AS BLOB), 'a' || i, 0, 0 FROM n";
	struct fixture *f = setup(many);
	int one = 1;

	clock_ms = 1 - ES_ANSWER_MS;
	CHECK_EQ(ask(f, "/api/v1/agents", &one), 0);
	CHECK(wait_for(f, 1));
	CHECK_EQ(f->status[0], 503);
	CHECK(strstr(f->body[0], "this would take longer than one request may") != NULL);
	clock_ms = -ES_ANSWER_MS;
	CHECK_EQ(ask(f, "/api/v1/agents", &one), 0);
	CHECK(wait_for(f, 2));
	CHECK_EQ(f->status[1], 200);
	CHECK_EQ(ES_ANSWER_MS, 1000); /* as docs/decisions/delivery.md promises */
	teardown(f);
}

#ifdef TEST_ALLOCATIONS_FAIL
/* A request is taken whole or not at all: itself, its path, and the two values it asks for. */
TEST(answers_take_no_part_of_a_request)
{
	struct fixture *f = setup(NULL);
	int one = 1;

	f->query[0] = "limit";
	f->query[1] = "0";
	f->query[2] = "q";
	f->query[3] = "x";
	for (long n = 0; n < 4; n++) {
		test_allocations_left = n;
		CHECK_EQ(ask(f, "/api/v1/calls", &one), ES_ENOMEM);
		CHECK_EQ(test_allocations_left, -1);
	}
	CHECK_EQ(ask(f, "/api/v1/calls", &one), 0);
	CHECK(wait_for(f, 1));
	CHECK_EQ(f->n_done, 1);
	CHECK_EQ(f->status[0], 400);
	teardown(f);
}
#endif

/* Whether a thread of this process has these signals blocked. */
static bool
has_blocked(const char *thread, uint64_t signals)
{
	char path[64], line[128];
	uint64_t blocked = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%.16s/status", thread);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0)
			blocked = strtoull(line + 7, NULL, 16);
	if (f != NULL)
		(void)fclose(f);
	return (blocked & signals) == signals;
}

/* A signal is the loop's, also while the thread is at work. */
TEST(answers_leave_signals_to_the_loop)
{
	const uint64_t signals = UINT64_C(1) << (SIGTERM - 1) | UINT64_C(1) << (SIGINT - 1);
	struct fixture *f = setup(NULL);
	char main_thread[16];
	unsigned n_others = 0, n_blocked = 0;
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");
	int one = 1;

	CHECK(d != NULL);
	CHECK_EQ(ask(f, "/api/v1/agents", &one), 0);
	CHECK(wait_for(f, 1)); /* until it has run, all are blocked by the C library */
	(void)snprintf(main_thread, sizeof(main_thread), "%d", (int)getpid());
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, main_thread) != 0) {
			n_others++;
			n_blocked += has_blocked(e->d_name, signals);
		}
	closedir(d);
	CHECK(n_others > 0);
	CHECK_EQ(n_blocked, n_others);
	CHECK(!has_blocked(main_thread, UINT64_C(1) << (SIGTERM - 1)));
	teardown(f);
}

TEST(answers_that_nobody_waits_for_end_with_the_thread)
{
	unsigned before = open_files();
	struct fixture *f = setup(NULL);
	int one = 1;

	for (int i = 0; i < 8; i++)
		CHECK_EQ(ask(f, "/metrics", &one), 0);
	teardown(f); /* none is delivered after it, none is lost to the leak checker */
	CHECK_EQ(open_files(), before);
	es_answers_free(NULL);
}
