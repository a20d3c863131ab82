/* SPDX-License-Identifier: Apache-2.0 */
/* `explain` of the collector: which call it shows, in which form, and what it refuses; and `serve`'s words. */
#include "collector/store/row.h"
#include "collector_dir.h"
#include "proto/encode.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void
put_call(struct es_store *store, const char *call_id, int64_t start_s, enum es_state state)
{
	static const struct es_vantage here = { .role = ES_ROLE_ENDPOINT };
	static uint8_t arena[65536];
	struct es_alloc alloc;
	struct es_record rec;
	uint8_t bytes[1024];
	struct es_row row;
	uint64_t lost;
	int n;

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	rec.vantage = &here;
	rec.at = rec.u.call.start = es_time_of_ns(start_s * ES_NS_PER_S);
	rec.u.call.call_id = es_slice_str(call_id);
	rec.u.call.from = es_slice_str("u1-a@example.org");
	rec.u.call.state = state;
	n = es_record_encode(&rec, bytes, sizeof(bytes));
	es_alloc_init(&alloc, arena, sizeof(arena));
	if (n <= 0 ||
	    es_row_of(es_slice_of(bytes, (size_t)n), 1, es_time_of_ns(1), &alloc, &row, &lost) !=
		0 ||
	    es_store_put(store, &row) != 0)
		abort();
}

/* Two calls of one Call-ID, and another. */
static bool
fill(void)
{
	struct es_store *store;
	struct es_agent a;
	char error[512];

	memset(&a, 0, sizeof(a));
	memset(a.cn, '1', ES_STORE_CN_LEN);
	(void)snprintf(a.name, sizeof(a.name), "ep");
	if (es_store_open(in("earshot.db"), ES_STORE_WRITE, &store, error) != 0 ||
	    es_store_agent_bind(store, &a) != 0)
		return false;
	put_call(store, "again", 1700000000, ES_STATE_COMPLETED);
	put_call(store, "other", 1700000050, ES_STATE_FAILED);
	put_call(store, "again", 1700000100, ES_STATE_COMPLETED);
	es_store_close(store);
	return true;
}

static int
explain(char out[256], const char *one, const char *two, const char *three)
{
	char *argv[] = { (char *)"explain", (char *)"--dir", dir, (char *)one, (char *)two,
		(char *)three, NULL };

	return run(es_command_explain, argv, out);
}

TEST(explain_shows_the_newest_call_or_the_one_asked_for)
{
	char out[256], again[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK(fill());
	CHECK_EQ(explain(out, "--json", "again", NULL), 0);
	CHECK_STR(complaint, "");
	CHECK_EQ(out[0], '{');
	CHECK(strstr(out, "2023-11-14T22:15:00.000000Z") != NULL);
	CHECK_EQ(explain(out, "--json", "--start=2023-11-14T22:13:20Z", "again"), 0);
	CHECK(strstr(out, "2023-11-14T22:13:20.000000Z") != NULL);
	CHECK_EQ(explain(out, "--json", "--start=2023-11-14T22:13:21Z", "again"), 1);
	CHECK_STR(out, "");
	CHECK_STR(complaint, "earshot-collector: explain: no agent delivered a call again\n");
	CHECK_EQ(explain(out, "other", NULL, NULL), 0);
	CHECK_STR(complaint, "");
	CHECK(out[0] != '{' && strstr(out, "other") != NULL);
	CHECK_EQ(explain(again, "again", NULL, NULL), 0);
	CHECK(strcmp(out, again) != 0);
	end();
}

TEST(explain_refuses_what_it_cannot_explain)
{
	static const char *const wrong[][3] = { { NULL }, { "again", "other" },
		{ "--start=yesterday", "again" }, { "--colour", "again" } };
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	CHECK(fill());
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQ(explain(out, wrong[i][0], wrong[i][1], wrong[i][2]), 2);
		CHECK_STR(out, "");
	}
	CHECK_EQ(explain(out, "nobody", NULL, NULL), 1);
	CHECK_STR(out, "");
	CHECK_STR(complaint, "earshot-collector: explain: no agent delivered a call nobody\n");
	CHECK_EQ(unlink(in("earshot.db")), 0);
	CHECK_EQ(explain(out, "again", NULL, NULL), 1);
	CHECK_EQ(unlink(in("collector.conf")), 0);
	CHECK_EQ(explain(out, "again", NULL, NULL), 1);
	end();
}

TEST(serve_refuses_what_makes_no_sense)
{
	static const char *const wrong[][2] = { { "--role", "else" }, { "--role", "" },
		{ "more", NULL }, { "--colour", NULL } };
	char *nowhere[] = { (char *)"serve", (char *)"--dir", dir, NULL };
	char out[256];

	CHECK(begin());
	CHECK_EQ(init(out), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *argv[] = { (char *)"serve", (char *)"--dir", dir, (char *)wrong[i][0],
			(char *)wrong[i][1], NULL };

		CHECK_EQ(run(es_command_serve, argv, out), 2);
	}
	CHECK_EQ(unlink(in("collector.conf")), 0);
	CHECK_EQ(run(es_command_serve, nowhere, out), 1);
	end();
}

/* Each role is the one that was asked for: it says who it is when it cannot run. */
TEST(serve_runs_the_role_that_it_is_given)
{
	static const char *const roles[] = { "ingest", "portal" };
	char *make[] = { (char *)"init", (char *)"--dir", dir, (char *)"--portal",
		(char *)"127.0.0.1:0", NULL };
	char out[256], said[512];

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(run(es_command_init, make, out), 0);
	CHECK_EQ(unlink(in("earshot.db")), 0);
	CHECK_EQ(unlink(in("ca.pem")), 0);
	for (size_t i = 0; i < 2; i++) {
		char *argv[] = { (char *)"serve", (char *)"--dir", dir, (char *)"--role",
			(char *)roles[i], NULL };
		int to = open(in("said"), O_RDWR | O_CREAT | O_TRUNC, 0600), was = dup(2);
		ssize_t n;

		CHECK(to >= 0);
		optind = 0;
		dup2(to, 2);
		CHECK_EQ(es_command_serve(5, argv), 1);
		dup2(was, 2);
		close(was);
		n = pread(to, said, sizeof(said) - 1, 0);
		said[n > 0 ? n : 0] = '\0';
		close(to);
		CHECK(strstr(said, roles[i]) != NULL);
		CHECK(strstr(said, roles[1 - i]) == NULL);
	}
	end();
}

/* Until the log that comes out of fd holds what, or ends. */
static bool
reads(int fd, char *log, size_t cap, const char *what)
{
	while (strstr(log, what) == NULL) {
		size_t have = strlen(log);
		ssize_t n = have + 1 < cap ? read(fd, log + have, cap - 1 - have) : 0;

		if (n <= 0)
			return false;
		log[have + (size_t)n] = '\0';
	}
	return true;
}

/* Without a role it starts both, says what becomes of them, and ends when it is asked to. */
TEST(serve_keeps_both_roles_until_a_signal)
{
	static const int signals[] = { SIGTERM, SIGINT };
	static const char *const names[] = { "serve: SIGTERM: stopping\n",
		"serve: SIGINT: stopping\n" };
	char *argv[] = { (char *)"serve", (char *)"--dir", dir, NULL };
	char out[256];

	if (test_is_emulated()) {
		test_skip("the kernel below an emulator starts no program of its machine");
		return;
	}
	CHECK(begin());
	CHECK_EQ(init(out), 0);
	for (size_t i = 0; i < 2; i++) {
		char log[8192] = "";
		int ends[2], status = -1;
		pid_t pid;

		CHECK_EQ(pipe(ends), 0);
		fflush(stdout);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(ends[1], 2);
			close(ends[0]);
			close(ends[1]);
			optind = 0;
			_exit(es_command_serve(3, argv));
		}
		close(ends[1]);
		CHECK(reads(ends[0], log, sizeof(log), "serve: ingest is process "));
		CHECK(reads(ends[0], log, sizeof(log), "serve: portal is process "));
		/* what it starts is this program, which has no test of that name */
		CHECK(reads(ends[0], log, sizeof(log),
		    "serve: ingest ended with status 2; starts again in "));
		CHECK(reads(ends[0], log, sizeof(log),
		    "serve: portal ended with status 2; starts again in "));
		CHECK_EQ(kill(pid, signals[i]), 0);
		CHECK(reads(ends[0], log, sizeof(log), names[i]));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 0);
		close(ends[0]);
	}
	end();
}

TEST(init_names_the_collector_after_its_host)
{
	char *argv[] = { (char *)"init", (char *)"--dir", dir, (char *)"--portal",
		(char *)"127.0.0.1:0", NULL };
	struct es_collector_config c;
	char out[256], error[ES_OPTIONS_ERROR_MAX], host[256] = "", want[300];
	size_t n = 0;

	CHECK(begin());
	CHECK_EQ(mkdir(dir, 0700), 0);
	CHECK_EQ(run(es_command_init, argv, out), 0);
	CHECK_EQ(es_collector_config_load(dir, &c, error), 0);
	CHECK_EQ(gethostname(host, sizeof(host) - 1), 0);
	for (const char *p = host; *p != '\0' && n < ES_PKI_NAME_MAX - 11; p++)
		if (strchr("_-.", *p) != NULL || (*p >= '0' && *p <= '9') ||
		    ((*p | 32) >= 'a' && (*p | 32) <= 'z'))
			host[n++] = *p;
	host[n] = '\0';
	(void)snprintf(want, sizeof(want), n == 0 ? "collector" : "collector.%s", host);
	CHECK_STR(c.name, want);
	end();
}
