/* SPDX-License-Identifier: Apache-2.0 */
/* The portal as a process of its own: what each path answers, to whom, and how it ends. */
#include "collector/portal/portal.h"
#include "collector/store/ready.h"
#include "tests/unit/harness.h"
#include "tests/unit/libc.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
no_pipe(int ends[2], int flags)
{
	(void)ends;
	(void)flags;
	errno = EMFILE;
	return -1;
}

struct site {
	char dir[64];
	struct es_collector_config cfg;
	pid_t pid;
	int log; /* what the process logs */
	uint16_t port;
	char said[4096]; /* of it, so far */
	char reply[65536];
};

static void
set_up(struct site *s, const char *bind)
{
	struct es_store *store;
	char error[512];

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/earshot-test-portal-XXXXXX");
	if (mkdtemp(s->dir) == NULL || es_path_join(s->cfg.database, s->dir, "earshot.db") != 0 ||
	    es_store_open(s->cfg.database, ES_STORE_CREATE, &store, error) < 0 ||
	    es_addr_parse_ip(bind, strlen(bind), &s->cfg.portal) != 0)
		abort();
	es_store_close(store);
}

static void
clean_up(const struct site *s)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".ingest" };
	char path[ES_PATH_TEXT_MAX + 16];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", s->cfg.database, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->dir);
}

/* True: it listens, and said where. */
static bool
start(struct site *s)
{
	int ends[2];
	size_t have = 0;
	const char *at;
	ssize_t n;

	if (pipe(ends) != 0)
		abort();
	fflush(stdout);
	s->pid = fork();
	if (s->pid < 0)
		abort();
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		_exit(es_portal_run(&s->cfg, NULL));
	}
	close(ends[1]);
	s->log = ends[0];
	while ((at = strstr(s->said, "portal: http://")) == NULL || strchr(at, '\n') == NULL) {
		n = read(s->log, s->said + have, sizeof(s->said) - 1 - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
		s->said[have] = '\0';
	}
	for (at = strchr(at, '\n'); *at != ':';)
		at--;
	s->port = (uint16_t)strtoul(at + 1, NULL, 10);
	return s->port != 0;
}

/* The status it ends with. */
static int
end(struct site *s, int signo)
{
	size_t have = strlen(s->said);
	int status = 0;
	ssize_t n;

	if (signo != 0 && kill(s->pid, signo) != 0)
		abort();
	while ((n = read(s->log, s->said + have, sizeof(s->said) - 1 - have)) > 0) {
		have += (size_t)n;
		s->said[have] = '\0';
	}
	close(s->log);
	if (waitpid(s->pid, &status, 0) != s->pid)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The whole reply to one request; host NULL: none given. */
static const char *
ask(struct site *s, const char *method, const char *path, const char *host)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t have = 0;
	char text[512];
	ssize_t n;

	(void)snprintf(text, sizeof(text), "%s %s HTTP/1.0\r\n%s%s%s\r\n", method, path,
	    host == NULL ? "" : "Host: ", host == NULL ? "" : host, host == NULL ? "" : "\r\n");
	sin.sin_port = htons(s->port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	while ((n = read(fd, s->reply + have, sizeof(s->reply) - 1 - have)) > 0)
		have += (size_t)n;
	close(fd);
	s->reply[have] = '\0';
	return s->reply;
}

static int
status_of(const char *reply)
{
	return strncmp(reply, "HTTP/1.", 7) == 0 ? (int)strtol(reply + 9, NULL, 10) : 0;
}

static const char *
body_of(const char *reply)
{
	const char *at = strstr(reply, "\r\n\r\n");

	return at == NULL ? "" : at + 4;
}

TEST(portal_answers_each_path_as_it_must)
{
	static const struct {
		const char *method, *path, *type, *cache, *body;
		int status;
	} rows[] = {
		{ "GET", "/healthz", "text/plain", "no-store", "ok\n", 200 },
		{ "GET", "/readyz", "text/plain", "no-store", "ingest does not run", 503 },
		{ "GET", "/", "text/html", "no-cache", "<!", 200 },
		{ "GET", "/index.html", "text/html", "no-cache", "<!", 200 },
		{ "GET", "/app.js", "javascript", "no-cache", "", 200 },
		{ "GET", "/nothing", "application/json", "no-store", "there is no such page", 404 },
		{ "GET", "/healthz/", "application/json", "no-store", "no such page", 404 },
		{ "POST", "/healthz", "application/json", "no-store", "only GET", 405 },
		{ "PUT", "/", "application/json", "no-store", "only GET", 405 },
		{ "GET", "/metrics", "text/plain", "no-store", "earshot_", 200 },
		{ "GET", "/api/v1/calls", "application/json", "no-store", "\"calls\"", 200 },
		{ "GET", "/api/v1/calls?limit=x", "application/json", "no-store", "limit", 400 },
		{ "GET", "/api/v1/none", "application/json", "no-store", "no such resource", 404 },
		{ "GET", "/apiary", "application/json", "no-store", "no such page", 404 },
	};
	static const char *const guards[] = { "\r\nContent-Security-Policy: default-src 'none';",
		"\r\nX-Content-Type-Options: nosniff\r\n", "\r\nX-Frame-Options: DENY\r\n",
		"\r\nReferrer-Policy: no-referrer\r\n",
		"\r\nCross-Origin-Opener-Policy: same-origin\r\n",
		"\r\nCross-Origin-Resource-Policy: same-origin\r\n" };
	struct site s;
	const char *reply;

	set_up(&s, "127.0.0.1");
	CHECK(start(&s));
	CHECK(strstr(s.said, "no login") == NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[64];

		reply = ask(&s, rows[i].method, rows[i].path, NULL);
		(void)snprintf(want, sizeof(want), "Cache-Control: %s", rows[i].cache);
		if (status_of(reply) != rows[i].status || strstr(reply, rows[i].type) == NULL ||
		    strstr(reply, want) == NULL || strstr(body_of(reply), rows[i].body) == NULL)
			test_fail(__FILE__, __LINE__, "%s %s: %.600s", rows[i].method, rows[i].path,
			    reply);
		for (size_t k = 0; k < sizeof(guards) / sizeof(guards[0]); k++)
			if (strstr(reply, guards[k]) == NULL)
				test_fail(__FILE__, __LINE__, "%s: no %s", rows[i].path, guards[k]);
	}
	reply = ask(&s, "HEAD", "/healthz", NULL);
	CHECK_EQ(status_of(reply), 200);
	CHECK_STR(body_of(reply), "");
	CHECK_EQ(es_ready_write(s.cfg.database, NULL), 0);
	reply = ask(&s, "GET", "/readyz", NULL);
	CHECK_EQ(status_of(reply), 200);
	CHECK_STR(body_of(reply), "ready\n");
	CHECK_EQ(es_ready_write(s.cfg.database, "the disk is full"), 0);
	reply = ask(&s, "GET", "/readyz", NULL);
	CHECK_EQ(status_of(reply), 503);
	CHECK_STR(body_of(reply), "ingest takes nothing: the disk is full\n");
	CHECK_EQ(end(&s, SIGTERM), 0);
	clean_up(&s);
}

/* On loopback a page of elsewhere must not reach it under a name of its own. */
TEST(portal_on_loopback_answers_to_local_names_alone)
{
	static const struct {
		const char *host;
		int status;
	} rows[] = { { "localhost", 200 }, { "localhost:8080", 200 }, { "127.0.0.1:1", 200 },
		{ "[::1]:8080", 200 }, { "evil.example", 421 }, { "localhost.evil.example", 421 } };
	struct site s;

	set_up(&s, "127.0.0.1");
	CHECK(start(&s));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (status_of(ask(&s, "GET", "/healthz", rows[i].host)) != rows[i].status)
			test_fail(__FILE__, __LINE__, "%s: %.60s", rows[i].host, s.reply);
	CHECK_EQ(end(&s, SIGINT), 0);
	clean_up(&s);
}

TEST(portal_beyond_loopback_answers_all_and_says_what_that_means)
{
	struct site s;

	set_up(&s, "0.0.0.0");
	CHECK(start(&s));
	CHECK_EQ(status_of(ask(&s, "GET", "/healthz", "proxy.example")), 200);
	CHECK_EQ(end(&s, SIGTERM), 0);
	CHECK(strstr(s.said, "no login") != NULL);
	clean_up(&s);
}

/* Of its rights nothing is left but to answer: no way back to more, no capability. */
TEST(portal_gives_up_its_rights_before_it_answers)
{
	char path[64], text[4096];
	struct site s;
	size_t n;
	FILE *f;

	set_up(&s, "127.0.0.1");
	CHECK(start(&s));
	CHECK_EQ(status_of(ask(&s, "GET", "/healthz", NULL)), 200);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)s.pid);
	f = fopen(path, "re");
	CHECK(f != NULL);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	CHECK(strstr(text, "\nNoNewPrivs:\t1\n") != NULL);
	CHECK(strstr(text, "\nCapEff:\t0000000000000000\n") != NULL);
	CHECK(strstr(text, "\nCapPrm:\t0000000000000000\n") != NULL);
	CHECK_EQ(end(&s, SIGTERM), 0);
	if (geteuid() == 0) { /* nobody else takes another user */
		(void)memset(s.said, 0, sizeof(s.said));
		(void)snprintf(s.cfg.user, sizeof(s.cfg.user), "no-such-user");
		(void)start(&s);
		CHECK_EQ(end(&s, 0), 1);
		CHECK(strstr(s.said, "no such user: no-such-user") != NULL);
	}
	clean_up(&s);
}

TEST(portal_knows_loopback_of_both_families)
{
	static const struct {
		const char *bind;
		bool is_local;
	} rows[] = { { "127.0.0.1", true }, { "127.255.0.2", true }, { "::1", true },
		{ "0.0.0.0", false }, { "::", false } };
	struct site s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool has_begun;

		set_up(&s, rows[i].bind);
		has_begun = start(&s);
		CHECK_EQ(end(&s, has_begun ? SIGTERM : 0), has_begun ? 0 : 1);
		if (has_begun && (strstr(s.said, "no login") == NULL) != rows[i].is_local)
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].bind, s.said);
		CHECK(has_begun || s.cfg.portal.family == 6); /* a machine may have no IPv6 */
		clean_up(&s);
	}
}

#ifdef TEST_ALLOCATIONS_FAIL
/* Whichever allocation fails as it starts, it serves or ends with an error: it never hangs or falls. */
TEST(portal_without_memory_ends)
{
	unsigned n_ended = 0, n_said = 0;
	struct site s;

	set_up(&s, "127.0.0.1");
	for (long n = 0; n < 40; n++) {
		bool has_begun;
		int status;

		memset(s.said, 0, sizeof(s.said));
		test_allocations_left = n;
		has_begun = start(&s);
		test_allocations_left = -1;
		status = end(&s, has_begun ? SIGTERM : 0);
		if (status != (has_begun ? 0 : 1) &&
		    strstr(s.said, "portal: http://") == NULL) /* it listened, then it ended */
			test_fail(__FILE__, __LINE__, "%ld: status %d: %s", n, status, s.said);
		n_ended += status == 1;
		n_said += strstr(s.said, "portal: out of memory\n") != NULL;
	}
	CHECK(n_ended > 5);
	CHECK(n_said > 2);
	clean_up(&s);
}
#endif

TEST(portal_that_cannot_start_says_why)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct site s;

	set_up(&s, "127.0.0.1");
	if (bind(fd, (struct sockaddr *)&sin, n) != 0 || listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) != 0)
		abort();
	s.cfg.portal.port = ntohs(sin.sin_port); /* somebody else's */
	CHECK(!start(&s));
	CHECK_EQ(end(&s, 0), 1);
	CHECK(strstr(s.said, "cannot listen on 127.0.0.1:") != NULL);
	close(fd);
	s.cfg.portal.port = 0;
	(void)memset(s.said, 0, sizeof(s.said));
	test_pipe2 = no_pipe;
	(void)start(&s);
	test_pipe2 = NULL;
	CHECK_EQ(end(&s, 0), 1);
	CHECK(
	    strstr(s.said, "cannot start the thread that answers: Too many open files\n") != NULL);
	(void)memset(s.said, 0, sizeof(s.said));
	clean_up(&s); /* no database any more */
	(void)start(&s);
	CHECK_EQ(end(&s, 0), 1);
	CHECK(strstr(s.said, "earshot.db") != NULL);
}
