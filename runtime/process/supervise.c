/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the roles of one binary running as child processes. */
#include "runtime/process/supervise.h"

#include "runtime/clock.h"
#include "runtime/process/respawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXEC_FAILED = 127 };

struct slot {
	struct es_supervisor *owner;
	const struct es_supervise_role *role;
	struct es_child *child;
	struct es_timer *restart;
	int pid; /* 0: not running */
	struct es_respawn again;
	int64_t started_ms;
	bool over; /* never to be started again */
};

struct es_supervisor {
	struct es_loop *loop;
	const struct es_supervise_events *events;
	struct slot slots[ES_SUPERVISE_ROLES_MAX];
	size_t n_slots;
	struct es_timer *grace;
	bool stopping;
	bool has_reported; /* all_ended was called */
	bool has_failed;   /* a role could not be started, and all were stopped for it */
};

int
es_supervise_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0
		   ? 0
		   : ES_EIO;
}

/* In the child, between fork and exec: only what is safe there. */
static void
become(const struct es_supervise_role *role, pid_t parent)
{
	sigset_t none;

	/* a killed supervisor takes its children with it */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(EXEC_FAILED);
	for (int signo = 1; signo < 32; signo++)
		(void)signal(signo, SIG_DFL); /* SIGKILL and SIGSTOP refuse, which is fine */
	(void)signal(
	    SIGHUP, SIG_IGN); /* until it watches for it, the file it reads is the present one */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (role->link_fd == ES_SUPERVISE_FD) {
		if (fcntl(role->link_fd, F_SETFD, 0) != 0)
			_exit(EXEC_FAILED);
	} else if (role->link_fd >= 0 && dup2(role->link_fd, ES_SUPERVISE_FD) < 0) {
		_exit(EXEC_FAILED);
	}
	execv(role->argv[0], (char *const *)(uintptr_t)role->argv);
	_exit(EXEC_FAILED);
}

static bool
anyone_left(const struct es_supervisor *s)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].pid != 0 || (!s->stopping && !s->slots[i].over))
			return true;
	return false;
}

static void
report_when_all_ended(struct es_supervisor *s)
{
	if (s->has_reported || anyone_left(s))
		return;
	s->has_reported = true;
	es_timer_disarm(s->grace);
	if (s->events->all_ended != NULL)
		s->events->all_ended(s->events->ctx);
}

/* Milliseconds until the role starts again; -1: it does not, and over is set. */
static int
plan_restart(struct slot *slot, bool failed)
{
	int ms = es_respawn_after(&slot->again, es_clock_monotonic_ms() - slot->started_ms, failed);

	/* no memory for a timer: nothing can bring it back */
	slot->over = ms < 0 || es_timer_arm(slot->restart, ms) != 0;
	slot->owner->has_failed |= slot->over;
	return slot->over ? -1 : ms;
}

static bool
has_failed(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
	       WEXITSTATUS(status) != ES_SUPERVISE_LATER;
}

static void
on_ended(void *ctx, int pid, int status)
{
	struct slot *slot = ctx;
	struct es_supervisor *s = slot->owner;
	int restart_ms = -1;

	(void)pid;
	slot->pid = 0;
	es_child_free(slot->child);
	slot->child = NULL;
	if (s->stopping || slot->role->once)
		slot->over = true;
	else
		restart_ms = plan_restart(slot, has_failed(status));
	if (s->events->ended != NULL)
		s->events->ended(s->events->ctx, slot->role, status, restart_ms);
	if (s->has_failed)
		es_supervisor_stop(s);
	report_when_all_ended(s);
}

static int
start(struct slot *slot)
{
	struct es_supervisor *s = slot->owner;
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return ES_EIO;
	if (pid == 0)
		become(slot->role, parent);
	slot->pid = (int)pid;
	slot->started_ms = es_clock_monotonic_ms();
	if (es_child_new(s->loop, slot->pid, on_ended, slot, &slot->child) != 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		slot->pid = 0;
		return ES_EIO;
	}
	if (s->events->started != NULL)
		s->events->started(s->events->ctx, slot->role, slot->pid);
	return 0;
}

static void
on_restart(void *ctx)
{
	struct slot *slot = ctx;

	if (slot->owner->stopping || slot->over || slot->pid != 0)
		return;
	if (start(slot) != 0)
		(void)plan_restart(slot, false); /* no memory or process number left: later */
}

static void
on_grace_over(void *ctx)
{
	struct es_supervisor *s = ctx;

	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].pid != 0)
			(void)kill(
			    s->slots[i].pid, SIGKILL); /* it is ours and not yet waited for */
}

int
es_supervisor_new(struct es_loop *loop, const struct es_supervise_role *roles, size_t n_roles,
    const struct es_supervise_events *events, struct es_supervisor **out)
{
	struct es_supervisor *s;
	int err;

	if (n_roles == 0 || n_roles > ES_SUPERVISE_ROLES_MAX)
		return ES_EINVALID;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ES_ENOMEM;
	s->loop = loop;
	s->events = events;
	err = es_timer_new(loop, on_grace_over, s, &s->grace);
	for (size_t i = 0; err == 0 && i < n_roles; i++) {
		struct slot *slot = &s->slots[s->n_slots++];

		slot->owner = s;
		slot->role = &roles[i];
		err = es_timer_new(loop, on_restart, slot, &slot->restart);
	}
	for (size_t i = 0; err == 0 && i < n_roles; i++)
		err = start(&s->slots[i]);
	if (err != 0) {
		es_supervisor_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void
es_supervisor_signal(struct es_supervisor *s, int signo)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].pid != 0)
			(void)kill(s->slots[i].pid, signo); /* it is ours and not yet waited for */
}

void
es_supervisor_stop(struct es_supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	for (size_t i = 0; i < s->n_slots; i++) {
		es_timer_disarm(s->slots[i].restart);
		if (s->slots[i].pid != 0)
			(void)kill(
			    s->slots[i].pid, SIGTERM); /* it is ours and not yet waited for */
	}
	if (es_timer_arm(s->grace, ES_SUPERVISE_GRACE_MS) != 0)
		on_grace_over(s);
	report_when_all_ended(s); /* nobody was running */
}

bool
es_supervisor_has_failed(const struct es_supervisor *s)
{
	return s->has_failed;
}

void
es_supervisor_free(struct es_supervisor *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_slots; i++) {
		es_timer_free(s->slots[i].restart);
		es_child_free(s->slots[i].child);
		if (s->slots[i].pid != 0) {
			(void)kill(s->slots[i].pid, SIGKILL);
			(void)waitpid(s->slots[i].pid, NULL, 0);
		}
	}
	es_timer_free(s->grace);
	free(s);
}
