/* SPDX-License-Identifier: Apache-2.0 */
/* The loop, children and their supervisor, rights, and HTTP on the loopback: real, but within this process. */
#include "harness.h"
#include "runtime/clock.h"
#include "runtime/host_port.h"
#include "runtime/loop/dial.h"
#include "runtime/loop/http.h"
#include "runtime/loop/listen.h"
#include "runtime/process/supervise.h"
#include "runtime/rights.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MAX = 2000 };

static struct es_loop *
new_loop(void)
{
	struct es_loop *l = NULL;

	if (es_loop_new(&l) != 0)
		abort();
	return l;
}

static void
bump(void *ctx)
{
	(*(int *)ctx)++;
}

TEST(runtime_loop_timers_fire_once_in_order_and_can_be_moved)
{
	struct es_loop *l = new_loop();
	struct es_timer *a = NULL, *b = NULL;
	int n_a = 0, n_b = 0;

	CHECK_EQ(es_timer_new(l, bump, &n_a, &a), 0);
	CHECK_EQ(es_timer_new(l, bump, &n_b, &b), 0);
	CHECK_EQ(es_timer_arm(a, 3600000), 0);
	CHECK_EQ(es_timer_arm(b, 0), 0);
	CHECK(es_timer_is_armed(a) && es_timer_is_armed(b));
	CHECK_EQ(es_loop_round(l, 1000), 0);
	CHECK(n_a == 0 && n_b == 1);
	CHECK(!es_timer_is_armed(b));
	CHECK_EQ(es_timer_arm(a, -5), 0); /* moved to now */
	CHECK_EQ(es_loop_round(l, 1000), 0);
	CHECK(n_a == 1 && n_b == 1);
	es_timer_free(a);
	CHECK_EQ(es_timer_arm(b, 1), 0);
	es_timer_disarm(b);
	CHECK_EQ(es_loop_run(l), 0); /* nothing is left: returns */
	CHECK_EQ(n_b, 1);
	es_timer_free(b);
	es_loop_free(l);
}

struct reader {
	struct es_watch *watch;
	int n;
	unsigned events;
};

static void
free_itself(void *ctx, unsigned events)
{
	struct reader *r = ctx;

	r->n++;
	r->events = events;
	es_watch_free(r->watch);
	r->watch = NULL;
}

TEST(runtime_loop_watch_may_free_itself_and_pause)
{
	struct es_loop *l = new_loop();
	struct reader r = { NULL, 0, 0 };
	int fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_EQ(es_watch_new(l, fds[0], free_itself, &r, &r.watch), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(es_loop_round(l, 0), 0); /* wants nothing yet */
	CHECK_EQ(r.n, 0);
	CHECK_EQ(es_watch_want(r.watch, ES_WATCH_READ | ES_WATCH_WRITE), 0);
	CHECK_EQ(es_watch_want(r.watch, ES_WATCH_READ), 0);
	CHECK_EQ(es_loop_round(l, 1000), 0);
	CHECK_EQ(r.n, 1);
	CHECK_EQ(r.events, ES_WATCH_READ);
	close(fds[0]);
	close(fds[1]);
	es_loop_free(l);
}

static void
on_signal(void *ctx, int signo)
{
	*(int *)ctx = signo;
}

TEST(runtime_loop_signals_are_callbacks)
{
	struct es_loop *l = new_loop();
	struct es_sigwatch *s = NULL;
	int got = 0;

	CHECK_EQ(es_sigwatch_new(l, SIGUSR1, on_signal, &got, &s), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	for (int i = 0; i < ROUNDS_MAX && got == 0; i++)
		(void)es_loop_round(l, 100);
	CHECK_EQ(got, SIGUSR1);
	es_sigwatch_free(s);
	es_loop_free(l);
}

/* ---- supervisor ---- */

struct watch_roles {
	struct es_supervisor *s;
	int started, ended, last_status, last_restart_ms;
	int sleeper_pid; /* the latest */
	bool all;
};

static void
role_started(void *ctx, const struct es_supervise_role *role, int pid)
{
	struct watch_roles *w = ctx;

	w->started++;
	if (strcmp(role->name, "sleeper") == 0)
		w->sleeper_pid = pid;
}

static void
role_ended(void *ctx, const struct es_supervise_role *role, int status, int restart_ms)
{
	struct watch_roles *w = ctx;

	(void)role;
	w->ended++;
	w->last_status = status;
	w->last_restart_ms = restart_ms;
}

static void
roles_ended(void *ctx)
{
	((struct watch_roles *)ctx)->all = true;
}

TEST(runtime_supervisor_restarts_with_backoff_and_stops_all)
{
	static const char *const sleeper[] = { "/bin/sleep", "1000", NULL };
	static const char *const echo[] = { "/bin/sh", "-c", "echo hello >&3; exit 7", NULL };
	struct es_loop *l = new_loop();
	struct watch_roles w = { 0 };
	struct es_supervise_events ev = { role_started, role_ended, roles_ended, &w };
	struct es_supervise_role roles[2];
	char text[16] = "";
	int fds[2];

	CHECK_EQ(es_supervise_pair(fds), 0);
	roles[0] = (struct es_supervise_role){ "sleeper", sleeper, -1, false };
	roles[1] = (struct es_supervise_role){ "echo", echo, fds[0], true };
	CHECK_EQ(es_supervisor_new(l, roles, 2, &ev, &w.s), 0);
	CHECK_EQ(w.started, 2);
	for (int i = 0; i < ROUNDS_MAX && w.ended == 0; i++)
		(void)es_loop_round(l, 100);
	CHECK_EQ(w.ended, 1);
	CHECK(WIFEXITED(w.last_status) && WEXITSTATUS(w.last_status) == 7);
	CHECK_EQ(w.last_restart_ms, -1); /* once */
	CHECK_EQ(recv(fds[1], text, sizeof(text), 0), 6);
	CHECK_STR(text, "hello\n");
	CHECK_EQ(kill(w.sleeper_pid, SIGKILL), 0);
	for (int i = 0; i < ROUNDS_MAX && w.ended == 1; i++)
		(void)es_loop_round(l, 100);
	CHECK(WIFSIGNALED(w.last_status));
	CHECK_EQ(w.last_restart_ms, 1000);
	for (int i = 0; i < ROUNDS_MAX && w.started == 2; i++)
		(void)es_loop_round(l, 100);
	CHECK_EQ(w.started, 3);
	CHECK(!w.all);
	CHECK_EQ(kill(w.sleeper_pid, SIGKILL), 0);
	for (int i = 0; i < ROUNDS_MAX && w.ended == 2; i++)
		(void)es_loop_round(l, 100);
	CHECK_EQ(w.last_restart_ms, 2000);
	es_supervisor_stop(w.s);
	CHECK(w.all); /* nobody was running */
	es_supervisor_free(w.s);
	close(fds[0]);
	close(fds[1]);
	es_loop_free(l);
}

TEST(runtime_rights_once_dropped_do_not_come_back)
{
	struct es_rights none = { NULL, NULL, NULL };
	struct es_rights unknown = { NULL, NULL, "net_flying" };
	char error[200] = "";
	int status = 0;
	pid_t pid;

	CHECK_EQ(es_rights_drop(&unknown, error, sizeof(error)), ES_ENOTFOUND);
	CHECK(strstr(error, "net_flying") != NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char text[ES_RIGHTS_TEXT_MAX];

		if (es_rights_drop(&none, error, sizeof(error)) != 0)
			_exit(1);
		es_rights_text(text);
		if (strstr(text, "no_new_privs=1") == NULL || strstr(text, "caps=none") == NULL)
			_exit(2);
		/* a raw socket needs a capability */
		_exit(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 && errno == EPERM ? 0 : 3);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

/* Linux forgets it where the user changes: a killed supervisor left its children behind. */
TEST(runtime_rights_of_another_user_still_end_with_the_parent)
{
	const struct es_rights want = { "nobody", NULL, NULL };
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return test_skip("needs root to become somebody else");
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char error[200];
		int signo = 0;

		if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 ||
		    es_rights_drop(&want, error, sizeof(error)) != 0)
			_exit(1);
		_exit(prctl(PR_GET_PDEATHSIG, &signo, 0, 0, 0) == 0 && signo == SIGTERM ? 0 : 2);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(runtime_rights_keep_what_is_named_under_another_user)
{
	struct es_rights want = { "nobody", NULL, "net_raw" };
	char error[200] = "";
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		return test_skip("needs root to become somebody else");
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char text[ES_RIGHTS_TEXT_MAX];
		int err = es_rights_drop(&want, error, sizeof(error));

		es_rights_text(text);
		if (err == ES_EDENIED && strstr(error, "net_raw") != NULL)
			_exit(77); /* a container without the capability */
		if (err != 0)
			_exit(1);
		if (strstr(text, "caps=net_raw") == NULL || geteuid() == 0)
			_exit(2);
		if (setuid(0) == 0 || access("/proc/1/environ", R_OK) == 0)
			_exit(3);
		_exit(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? 0 : 4);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		return test_skip("this machine does not give net_raw away");
	CHECK_EQ(WEXITSTATUS(status), 0);
}

/* ---- network on the loopback ---- */

struct link {
	int accepted, dialled, err;
	char reason[160];
};

static void
on_accepted(void *ctx, int fd, const struct es_addr *peer)
{
	struct link *k = ctx;

	k->accepted = peer->family == 4 && peer->ip[0] == 127;
	close(fd);
}

static void
on_dialled(void *ctx, int err, int fd, const char *reason)
{
	struct link *k = ctx;

	k->dialled = 1;
	k->err = err;
	(void)snprintf(k->reason, sizeof(k->reason), "%s", reason);
	if (fd >= 0)
		close(fd);
}

TEST(runtime_net_dials_a_listener_and_says_why_not)
{
	struct es_loop *l = new_loop();
	struct es_listen *listener = NULL;
	struct es_dial *dial;
	struct es_addr any;
	struct link k = { 0 };
	uint16_t port;

	CHECK_EQ(es_bind_parse("127.0.0.1:0", 0, &any), 0);
	CHECK_EQ(es_listen_new(l, &any, on_accepted, &k, &listener), 0);
	port = es_listen_port(listener);
	CHECK_EQ(es_dial_start(l, "127.0.0.1", port, 5000, on_dialled, &k, &dial), 0);
	CHECK_EQ(k.dialled, 0); /* never from inside the call */
	for (int i = 0; i < ROUNDS_MAX && !(k.dialled && k.accepted); i++)
		(void)es_loop_round(l, 100);
	CHECK(k.accepted && k.dialled);
	CHECK_EQ(k.err, 0);
	es_listen_free(listener);
	k.dialled = 0;
	CHECK_EQ(es_dial_start(l, "127.0.0.1", port, 5000, on_dialled, &k, &dial), 0);
	for (int i = 0; i < ROUNDS_MAX && !k.dialled; i++)
		(void)es_loop_round(l, 100);
	CHECK_EQ(k.err, ES_EIO);
	CHECK(strstr(k.reason, "connect 127.0.0.1:") != NULL);
	/* qemu gives SO_ERROR by the number of the machine that it runs on, which MIPS does not have. */
	CHECK(strstr(k.reason, "refused") != NULL || (test_is_emulated() && ECONNREFUSED != 111));
	CHECK_EQ(es_dial_start(l, "127.0.0.1", port, 5000, on_dialled, &k, &dial), 0);
	es_dial_cancel(dial);
	es_loop_free(l);
}

/* What the server saw. */
struct portal {
	struct es_http *http;
	char seen[256];
};

static void
on_http(void *ctx, struct es_http_request *r)
{
	static const struct es_http_header headers[] = { { "Content-Type", "text/plain" },
		{ "X-Evil", "a\r\nInjected: yes" } };
	struct portal *p = ctx;
	const char *q = es_http_query(r, "q");

	(void)snprintf(p->seen, sizeof(p->seen), "%d %s q=%s", (int)es_http_method(r),
	    es_http_path(r), q == NULL ? "-" : q);
	es_http_reply(r, 200, headers, 2, es_slice_str("hello"));
}

static struct es_http *
portal(struct es_loop *l, struct portal *p, uint32_t max_connections, uint32_t deadline_ms)
{
	struct es_http_config cfg = { .max_connections = max_connections,
		.deadline_ms = deadline_ms };

	memset(p, 0, sizeof(*p));
	if (es_bind_parse("127.0.0.1:0", 0, &cfg.bind) != 0 ||
	    es_http_new(l, &cfg, on_http, p, &p->http) != 0)
		abort();
	return p->http;
}

static int
connect_to(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		abort();
	return fd;
}

/* Reads until `until` came or the end of file; 1 at the end of file. */
static int
read_until(struct es_loop *l, int fd, char *out, size_t cap, const char *until)
{
	size_t n = strlen(out);

	for (int i = 0; i < ROUNDS_MAX; i++) {
		ssize_t got = recv(fd, out + n, cap - n - 1, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return 1;
		if (got > 0)
			n += (size_t)got;
		out[n] = '\0';
		if (until != NULL && strstr(out, until) != NULL)
			return 0;
		(void)es_loop_round(l, 20);
	}
	return -1;
}

static void
say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
}

TEST(runtime_http_decodes_requests_and_frames_replies)
{
	struct es_loop *l = new_loop();
	struct portal p;
	char got[4096] = "";
	int fd = connect_to(es_http_port(portal(l, &p, 0, 0)));

	say(fd, "GET /api/v1/calls/a%40b%2Fc?q=x%20y&z=1 HTTP/1.1\r\nHost: h\r\n\r\n");
	CHECK_EQ(read_until(l, fd, got, sizeof(got), "hello"), 0);
	CHECK_STR(p.seen, "1 /api/v1/calls/a@b/c q=x y");
	CHECK(strncmp(got, "HTTP/1.1 200", 12) == 0);
	CHECK(strstr(got, "Content-Length: 5\r\n") != NULL);
	CHECK(strstr(got, "Injected") == NULL);
	got[0] = '\0'; /* keep-alive: a second one on the same connection */
	say(fd, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
	CHECK_EQ(read_until(l, fd, got, sizeof(got), "hello"), 0);
	CHECK_STR(p.seen, "2 /x q=-");
	got[0] = '\0';
	say(fd, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
	CHECK_EQ(read_until(l, fd, got, sizeof(got), "\r\n\r\n"), 0);
	CHECK(strstr(got, "Content-Length: 5\r\n") != NULL && strstr(got, "hello") == NULL);
	close(fd);
	es_http_free(p.http);
	es_loop_free(l);
}

TEST(runtime_http_slow_request_ends_at_its_deadline)
{
	struct es_loop *l = new_loop();
	struct portal p;
	char got[4096] = "";
	int fd = connect_to(es_http_port(portal(l, &p, 0, 300)));
	int64_t begun = es_clock_monotonic_ms();

	say(fd, "GET / HTTP/1.1\r\nX: ");
	for (int i = 0; i < ROUNDS_MAX;
	     i++) { /* a byte now and then keeps evhttp's own timer quiet */
		if (send(fd, "y", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		(void)es_loop_round(l, 20);
		if (recv(fd, got, 1, MSG_DONTWAIT) == 0)
			break;
	}
	CHECK(es_clock_monotonic_ms() - begun < 5000);
	CHECK_STR(p.seen, "");
	close(fd);
	es_http_free(p.http);
	es_loop_free(l);
}

TEST(runtime_http_caps_connections_headers_and_bodies)
{
	static char big[12 << 10];
	struct es_loop *l = new_loop();
	struct portal p;
	char got[4096] = "";
	uint16_t port = es_http_port(portal(l, &p, 2, 0));
	int fds[4];

	for (int i = 0; i < 4; i++)
		fds[i] = connect_to(port);
	say(fds[2], "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
	CHECK_EQ(read_until(l, fds[2], got, sizeof(got), "hello"), 0);
	for (int i = 0; i < 2;
	     i++) { /* two are the limit, and these had sent nothing for longest */
		got[0] = '\0';
		CHECK_EQ(read_until(l, fds[i], got, sizeof(got), NULL), 1);
		close(fds[i]);
	}
	close(fds[2]);
	memset(big, 'x', sizeof(big) - 1);
	got[0] = '\0';
	p.seen[0] = '\0';
	say(fds[3], "GET / HTTP/1.1\r\nX: ");
	say(fds[3], big);
	say(fds[3], "\r\n\r\n");
	CHECK(read_until(l, fds[3], got, sizeof(got), "HTTP/1.1 4") >= 0);
	CHECK_STR(p.seen, "");
	close(fds[3]);
	got[0] = '\0';
	fds[0] = connect_to(port);
	say(fds[0], "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
	CHECK(read_until(l, fds[0], got, sizeof(got), "HTTP/1.1 4") >= 0);
	CHECK_STR(p.seen, "");
	close(fds[0]);
	es_http_free(p.http);
	es_loop_free(l);
}
