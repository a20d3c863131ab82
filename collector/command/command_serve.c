/* SPDX-License-Identifier: Apache-2.0 */
/* `serve`: keeps ingest and portal running as two processes, or is one of them. */
#include "collector/command/command_private.h"
#include "collector/ingest/ingest.h"
#include "collector/portal/portal.h"
#include "runtime/respawn.h"
#include "runtime/supervise.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_START = 3 }; /* exit status */

struct serve {
	struct es_loop *loop;
	struct es_supervisor *supervisor;
	struct es_sigwatch *signals[2];
};

static void
on_signal(void *ctx, int signo)
{
	struct serve *s = ctx;

	log_info("serve: %s: stopping", signo == SIGINT ? "SIGINT" : "SIGTERM");
	es_supervisor_stop(s->supervisor);
}

static void
on_started(void *ctx, const struct es_supervise_role *role, int pid)
{
	(void)ctx;
	log_info("serve: %s is process %d", role->name, pid);
}

void
es_serve_ended(void *ctx, const struct es_supervise_role *role, int status, int restart_ms)
{
	char how[64];

	(void)ctx;
	if (WIFSIGNALED(status))
		(void)snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
	else
		(void)snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	if (restart_ms < 0)
		log_info("serve: %s %s", role->name, how);
	else
		log_warn("serve: %s %s; starts again in %d ms", role->name, how, restart_ms);
}

static void
on_all_ended(void *ctx)
{
	es_loop_stop(((struct serve *)ctx)->loop);
}

static int
supervise(const char *dir)
{
	static char self[ES_PATH_TEXT_MAX];
	const char *const ingest[] = { self, "serve", "--dir", dir, "--role", "ingest", NULL };
	const char *const portal[] = { self, "serve", "--dir", dir, "--role", "portal", NULL };
	const struct es_supervise_role roles[] = {
		{ .name = "ingest", .argv = ingest, .link_fd = -1 },
		{ .name = "portal", .argv = portal, .link_fd = -1 },
	};
	struct serve s;
	const struct es_supervise_events events = { on_started, es_serve_ended, on_all_ended, &s };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status = 1;

	memset(&s, 0, sizeof(s));
	if (n < 0) {
		log_error("serve: /proc/self/exe: %m");
		return 1;
	}
	self[n] = '\0';
	if (es_loop_new(&s.loop) < 0 ||
	    es_sigwatch_new(s.loop, SIGTERM, on_signal, &s, &s.signals[0]) < 0 ||
	    es_sigwatch_new(s.loop, SIGINT, on_signal, &s, &s.signals[1]) < 0 ||
	    es_supervisor_new(s.loop, roles, 2, &events, &s.supervisor) < 0)
		log_error("serve: cannot start its processes");
	else if (es_loop_run(s.loop) == 0)
		status = es_supervisor_has_failed(s.supervisor) ? CANNOT_START : 0;
	if (status == CANNOT_START)
		log_error("serve: a process could not be started in %d tries: serve ends",
		    ES_RESPAWN_TRIES);
	es_supervisor_free(s.supervisor);
	es_sigwatch_free(s.signals[0]);
	es_sigwatch_free(s.signals[1]);
	es_loop_free(s.loop);
	return status;
}

int
es_command_serve(int argc, char **argv)
{
	struct es_command_wish wish;
	struct es_collector_config cfg;
	int err = es_command_parse(argc, argv, "serve", &wish, NULL, 0);
	const char *role = wish.role;

	if (err != 0)
		return err;
	if (role != NULL && strcmp(role, "ingest") != 0 && strcmp(role, "portal") != 0)
		return es_command_usage("serve");
	umask(077);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || !es_command_config(wish.dir, &cfg))
		return 1; /* report a mistake in the configuration once, not in two children */
	if (role == NULL)
		return supervise(wish.dir);
	return strcmp(role, "ingest") == 0 ? es_ingest_run(&cfg) : es_portal_run(&cfg);
}
