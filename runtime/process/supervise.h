/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the roles of one binary running as child processes of their own.
 *
 *     supervisor -- fork, exec argv --> role "sensor"  --+  descriptor ES_SUPERVISE_FD of both is one
 *                -- fork, exec argv --> role "shipper" --+  end of a SOCK_SEQPACKET pair
 *
 * The supervisor keeps both ends of the pair open: a restarted role inherits the same end, with what
 * was queued in it; neither side sees an end of file when the other dies.
 */
#ifndef EARSHOT_RUNTIME_PROCESS_SUPERVISE_H
#define EARSHOT_RUNTIME_PROCESS_SUPERVISE_H

#include "runtime/loop/loop.h"

enum {
	ES_SUPERVISE_FD = 3, /* where a linked role finds its end of the pair */
	ES_SUPERVISE_ROLES_MAX = 8,
	ES_SUPERVISE_LATER = 75, /* exit status of a role that waits for another one: EX_TEMPFAIL */
	ES_SUPERVISE_GRACE_MS = 5000, /* between SIGTERM and SIGKILL */
};

struct es_supervise_role {
	const char *name;
	const char *const *argv; /* kept; argv[0] is the path of the binary, ends with NULL */
	int link_fd;             /* kept open by the supervisor, given to the child; -1 = none */
	bool once;               /* not restarted when it ends (a replay) */
};

struct es_supervisor;

struct es_supervise_events {
	/* A role began (pid) or ended (wait status); restart_ms: when it comes back, -1 = never. All optional. */
	void (*started)(void *ctx, const struct es_supervise_role *role, int pid);
	void (*ended)(void *ctx, const struct es_supervise_role *role, int status, int restart_ms);
	/*
	 * After es_supervisor_stop, when every role is `once` and has ended, or when a role could not be started
	 * (respawn.h) and the others were stopped for it: none is left.
	 */
	void (*all_ended)(void *ctx);
	void *ctx;
};

/* roles kept. Starts them at once, in order. ES_EINVALID (too many), ES_ENOMEM, ES_EIO (fork). */
int es_supervisor_new(struct es_loop *loop, const struct es_supervise_role *roles, size_t n_roles,
    const struct es_supervise_events *events, struct es_supervisor **out);

/* The signal to each role that runs. One that is about to start ignores SIGHUP until it watches for it. */
void es_supervisor_signal(struct es_supervisor *s, int signo);

/* SIGTERM to all, SIGKILL after the grace; all_ended follows. Calling it twice is fine. */
void es_supervisor_stop(struct es_supervisor *s);

/* Whether a role could not be started, so that all were stopped. */
bool es_supervisor_has_failed(const struct es_supervisor *s);

/* Kills what still runs. NULL is fine. */
void es_supervisor_free(struct es_supervisor *s);

/* A SOCK_SEQPACKET, non-blocking, close-on-exec unix pair for two roles. ES_EIO. */
int es_supervise_pair(int fds[2]);

#endif
