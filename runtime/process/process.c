/* SPDX-License-Identifier: Apache-2.0 */
/* A child that does something else with what its parent gives it. */
#include "runtime/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAILED = 127, DESCRIPTORS_MAX = 1 << 16 };

static void
become(pid_t parent)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(FAILED);
	/* The parent's handlers write to a socket of the parent's loop. */
	for (int signo = 1; signo < 32; signo++)
		(void)signal(signo, SIG_DFL); /* SIGKILL and SIGSTOP refuse, which is fine */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
}

int
es_process_fork(int (*run)(void *ctx), void *ctx, int *pid)
{
	pid_t parent = getpid(), child;
	sigset_t all, old;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old); /* no handler of ours runs in the child */
	child = fork();
	if (child == 0) {
		become(parent);
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		_exit(run(ctx)); /* what the parent has to do at its end is not the child's */
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	*pid = (int)child;
	return child < 0 ? ES_EIO : 0;
}

/* Makes runtime/log.c write lines for a journal. */
static int
name_journal(int log)
{
	char name[48];
	struct stat st;

	if (fstat(log, &st) != 0)
		return ES_EIO;
	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return setenv("JOURNAL_STREAM", name, 1) == 0 ? 0 : ES_EIO;
}

int
es_process_keep(int *keep, int log)
{
	int above = STDERR_FILENO + 1, top = DESCRIPTORS_MAX;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS_MAX)
		top = (int)limit.rlim_cur;
	/* Where the program was started without the first three, they may have these numbers. */
	*keep = fcntl(*keep, F_DUPFD_CLOEXEC, above);
	log = fcntl(log, F_DUPFD_CLOEXEC, above);
	if (*keep < 0 || log < 0)
		return ES_EIO;
	for (int fd = 0; fd < above; fd++)
		if (dup2(log, fd) < 0)
			return ES_EIO;
	for (int fd = above; fd < top; fd++)
		if (fd != *keep)
			close(fd);
	return name_journal(STDERR_FILENO);
}

/* Without /proc the kernel still says what name it was asked to execute: getauxval(3). */
int
es_process_own_file(char *out, size_t cap)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n >= 0) {
		path[n] = '\0';
	} else {
		const char *name = (const char *)getauxval(AT_EXECFN);

		if (name == NULL || realpath(name, path) == NULL)
			return ES_EIO;
	}
	if (strlen(path) >= cap) {
		errno = ENAMETOOLONG;
		return ES_EIO;
	}
	memcpy(out, path, strlen(path) + 1);
	return 0;
}

int
es_process_again(const char *const *argv, int fd)
{
	char path[PATH_MAX];
	/* Linux below 4.3 has no ambient set, and so nothing in it. */
	bool has_none =
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 || errno == EINVAL;

	if (!has_none ||
	    (fd == ES_PROCESS_FD ? fcntl(fd, F_SETFD, 0) : dup2(fd, ES_PROCESS_FD)) < 0)
		return ES_EIO;
	/* By the kernel's own link: a user who may run the program may not be able to reach it by its path. */
	(void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	if (es_process_own_file(path, sizeof(path)) == 0)
		(void)execv(path, (char *const *)(uintptr_t)argv);
	return ES_EIO;
}

void
es_process_signal(int pid, int signo)
{
	(void)kill((pid_t)pid, signo); /* it is ours and not yet waited for */
}
