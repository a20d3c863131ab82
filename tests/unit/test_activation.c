/* SPDX-License-Identifier: Apache-2.0 */
/* A socket that the service manager handed over: sd_listen_fds(3). */
#include "runtime/activation.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

static void
hand_over(const char *n_fds, pid_t to)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)to);
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", n_fds, 1);
	(void)setenv("LISTEN_FDNAMES", "earshot-hop.socket", 1);
}

static int
unix_socket(bool listens)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any.sun_family)) != 0 ||
	    (listens && listen(fd, 1) != 0))
		abort();
	return fd;
}

/* What a process gets that finds fd as its third descriptor; the test's own third is not for it. */
static int
taken_with(int fd, const char *n_fds)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		hand_over(n_fds, getpid());
		if (fd >= 0 && fd != FIRST_FD && dup2(fd, FIRST_FD) < 0)
			_exit(99);
		if (fd < 0)
			(void)close(FIRST_FD);
		status = es_activation_take();
		if (status == FIRST_FD && ((fcntl(FIRST_FD, F_GETFD) & FD_CLOEXEC) == 0 ||
					      (fcntl(FIRST_FD, F_GETFL) & O_NONBLOCK) == 0))
			_exit(98);
		if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
		    getenv("LISTEN_FDNAMES") != NULL)
			_exit(97);
		_exit(status == FIRST_FD ? FIRST_FD : -status);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		abort();
	return WEXITSTATUS(status);
}

TEST(activation_takes_the_one_socket_that_listens)
{
	int listens = unix_socket(true), is_deaf = unix_socket(false);
	int other = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(other >= 0);
	CHECK_EQ(taken_with(listens, "1"), FIRST_FD);
	CHECK_EQ(taken_with(listens, "0"), -ES_ENOTFOUND);
	CHECK_EQ(taken_with(listens, "x"), -ES_ENOTFOUND);
	CHECK_EQ(taken_with(listens, "2"), -ES_EMALFORMED);
	CHECK_EQ(taken_with(is_deaf, "1"), -ES_EMALFORMED);
	CHECK_EQ(taken_with(other, "1"), -ES_EMALFORMED);
	CHECK_EQ(taken_with(-1, "1"), -ES_EMALFORMED);
	close(listens);
	close(is_deaf);
	close(other);
}

TEST(activation_is_not_for_another_process)
{
	CHECK_EQ(es_activation_take(), ES_ENOTFOUND);
	hand_over("1", getppid());
	CHECK_EQ(es_activation_take(), ES_ENOTFOUND);
	CHECK(getenv("LISTEN_FDS") == NULL);
}
