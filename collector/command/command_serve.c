/* SPDX-License-Identifier: Apache-2.0 */
/* `serve`: keeps ingest and portal running as two processes, or is one of them. */
#include "collector/collector_reload.h"
#include "collector/command/command_private.h"
#include "collector/ingest/ingest.h"
#include "collector/portal/portal.h"
#include "runtime/loop/reread.h"
#include "runtime/process/process.h"
#include "runtime/process/respawn.h"
#include "runtime/process/supervise.h"

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
	struct es_reread *hangup;
	struct es_notify *notify; /* NULL: no service manager listens */
	struct es_collector_reload *reload;
};

static void
on_signal(void *ctx, int signo)
{
	struct serve *s = ctx;

	log_info("serve: %s: stopping", signo == SIGINT ? "SIGINT" : "SIGTERM");
	es_notify_stopping(s->notify);
	es_supervisor_stop(s->supervisor);
}

/* A file with a mistake changes nothing, in the processes neither. What they put in force they say themselves. */
static void
on_reload(void *ctx, struct es_options *given)
{
	static const struct es_reload_process self = { .name = "serve", .bit = ES_IN_SERVE };
	struct serve *s = ctx;

	if (es_collector_reload(s->reload, given, &self) == 0)
		es_supervisor_signal(s->supervisor, SIGHUP);
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

static bool
begin(struct serve *s, const struct es_supervise_role roles[2],
    const struct es_supervise_events *events)
{
	struct es_reread_config reread = { "serve", es_collector_options,
		es_collector_reload_file(s->reload), on_reload, NULL };

	if (es_loop_new(&s->loop) < 0 || es_notify_new(s->loop, &s->notify) < 0)
		return false;
	reread.notify = s->notify;
	if (es_sigwatch_new(s->loop, SIGTERM, on_signal, s, &s->signals[0]) < 0 ||
	    es_sigwatch_new(s->loop, SIGINT, on_signal, s, &s->signals[1]) < 0 ||
	    es_reread_new(s->loop, &reread, s, &s->hangup) < 0 ||
	    es_supervisor_new(s->loop, roles, 2, events, &s->supervisor) < 0)
		return false;
	es_notify_ready(s->notify);
	return true;
}

static int
supervise(const char *dir, struct es_collector_reload *reload)
{
	static char self[ES_PATH_TEXT_MAX];
	const char *const ingest[] = { self, "serve", "--dir", dir, "--role", "ingest", "--child",
		NULL };
	const char *const portal[] = { self, "serve", "--dir", dir, "--role", "portal", "--child",
		NULL };
	const struct es_supervise_role roles[] = {
		{ .name = "ingest", .argv = ingest, .link_fd = -1 },
		{ .name = "portal", .argv = portal, .link_fd = -1 },
	};
	struct serve s;
	const struct es_supervise_events events = { on_started, es_serve_ended, on_all_ended, &s };
	int status = 1;

	memset(&s, 0, sizeof(s));
	s.reload = reload;
	if (es_process_own_file(self, sizeof(self)) != 0) {
		log_error("serve: cannot find its own file: %m");
		return 1;
	}
	if (!begin(&s, roles, &events))
		log_error("serve: cannot start its processes");
	else if (es_loop_run(s.loop) == 0)
		status = es_supervisor_has_failed(s.supervisor) ? CANNOT_START : 0;
	if (status == CANNOT_START)
		log_error("serve: a process could not be started in %d tries: serve ends",
		    ES_RESPAWN_TRIES);
	es_supervisor_free(s.supervisor);
	es_reread_free(s.hangup);
	es_notify_free(s.notify);
	for (size_t i = 0; i < 2; i++)
		es_sigwatch_free(s.signals[i]);
	es_loop_free(s.loop);
	return status;
}

int
es_command_serve(int argc, char **argv)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_collector_reload *reload;
	struct es_command_wish wish;
	int status = es_command_parse(argc, argv, "serve", &wish, NULL, 0);
	const char *role = wish.role;

	if (status != 0)
		return status;
	if (role != NULL && strcmp(role, "ingest") != 0 && strcmp(role, "portal") != 0)
		return es_command_usage("serve");
	umask(077);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGHUP, SIG_IGN) == SIG_ERR) /* until the loop watches for it */
		return 1;
	/* a mistake in the configuration is reported once, not in two children */
	if (es_collector_reload_new(wish.dir, wish.is_child, error, &reload) != 0) {
		fprintf(stderr, "earshot-collector: %s\n", error);
		return 1;
	}
	if (role == NULL)
		status = supervise(wish.dir, reload);
	else if (strcmp(role, "ingest") == 0)
		status = es_ingest_run(es_collector_reload_config(reload), reload);
	else
		status = es_portal_run(es_collector_reload_config(reload), reload);
	es_collector_reload_free(reload);
	return status;
}
