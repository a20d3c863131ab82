/* SPDX-License-Identifier: Apache-2.0 */
/* A child without exec, and what it gives up. */
#include "runtime/log.h"
#include "runtime/process/process.h"
#include "runtime/rights.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int
end_of(int pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
on_term(int signo)
{
	(void)signo;
}

/* 0, or which promise is broken. */
static int
look_around(void *ctx)
{
	int signo = 0;

	(void)ctx;
	if (raise(SIGTERM) != 0 || raise(SIGHUP) != 0 || raise(SIGINT) != 0)
		return 1;
	if (signal(SIGTERM, SIG_DFL) != SIG_IGN || signal(SIGUSR1, SIG_DFL) != SIG_DFL)
		return 2;
	return prctl(PR_GET_PDEATHSIG, &signo) == 0 && signo == SIGKILL ? 0 : 3;
}

TEST(process_child_is_deaf_to_signals_and_ends_with_its_parent)
{
	int pid = 0;

	(void)signal(SIGUSR1, on_term);
	(void)signal(SIGTERM, on_term);
	CHECK_EQ(es_process_fork(look_around, NULL, &pid), 0);
	(void)signal(SIGUSR1, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	CHECK_EQ(end_of(pid), 0);
}

struct held {
	int keep[2], other, inherited, log[2];
};

static int
keep_some(void *ctx)
{
	struct held *h = ctx;

	if (es_process_keep(&h->keep[1], h->log[1]) != 0 || h->keep[1] <= 2)
		return 1;
	if (fcntl(h->other, F_GETFD) >= 0 || fcntl(h->keep[0], F_GETFD) >= 0 ||
	    fcntl(h->inherited, F_GETFD) >= 0)
		return 2;
	if (write(h->keep[1], "k", 1) != 1)
		return 3;
	log_warn("a line");
	return 0;
}

TEST(process_child_keeps_what_it_is_to_keep)
{
	struct held h;
	char text[64] = "";
	int pid = 0;

	CHECK_EQ(pipe2(h.keep, O_CLOEXEC), 0);
	CHECK_EQ(pipe2(h.log, O_CLOEXEC), 0);
	h.other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	h.inherited = dup(h.other);
	CHECK_EQ(es_process_fork(keep_some, &h, &pid), 0);
	CHECK_EQ(end_of(pid), 0);
	close(h.keep[1]);
	close(h.log[1]);
	CHECK_EQ(read(h.keep[0], text, sizeof(text)), 1);
	CHECK(read(h.log[0], text, sizeof(text) - 1) > 0);
	CHECK_STR(text, "<4>a line\n");
	close(h.keep[0]);
	close(h.log[0]);
	close(h.other);
	close(h.inherited);
}

static int
confine(void *ctx)
{
	int fd = *(const int *)ctx, last = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (es_rights_confine(32) != 0)
		return 1;
	if (write(fd, "x", 1) >= 0)
		return 2; /* a file grew */
	for (int next = 0; next >= 0; next = dup(fd))
		last = next;
	return last < 32 ? 0 : 3;
}

TEST(process_that_is_confined_writes_no_file)
{
	FILE *file = tmpfile();
	int fd, pid = 0;

	CHECK(file != NULL);
	fd = fileno(file);
	CHECK_EQ(es_process_fork(confine, &fd, &pid), 0);
	CHECK_EQ(end_of(pid), 0);
	(void)fclose(file);
}

static int
wait_for_ever(void *ctx)
{
	do
		(void)pause();
	while (ctx == NULL);
	return 0;
}

TEST(process_signal_reaches_its_child)
{
	int pid = 0, status = 0;

	CHECK_EQ(es_process_fork(wait_for_ever, NULL, &pid), 0);
	es_process_signal(pid, SIGTERM); /* which it ignores */
	es_process_signal(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
