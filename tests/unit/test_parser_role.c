/* SPDX-License-Identifier: Apache-2.0 */
/* The parser until it has its configuration: whoever is there is no opener, or sends nonsense. */
#include "agent/sensor/parser_role.h"

#include "agent/sensor/handover.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_TAKEN = 100, FORGOT_ITS_PARENT };

/* As execve(2) leaves a program with capabilities of its file: the kernel has forgotten that it ends with its parent. */
static int
run(int opener)
{
	int status, signo = 0;

	(void)prctl(PR_SET_PDEATHSIG, 0);
	status = es_parser_role_run(opener);
	if (fcntl(opener, F_GETFD) >= 0)
		return NOT_TAKEN;
	return prctl(PR_GET_PDEATHSIG, &signo) == 0 && signo == SIGKILL ? status
									: FORGOT_ITS_PARENT;
}

/* The exit status of a process after one message; type -1: the other end is gone. */
static int
status_after(int type, int fd)
{
	struct es_handover m = { .type = (uint32_t)type };
	int pair[2], status = -1;
	pid_t child;

	if (es_handover_pair(pair) != 0 || (type >= 0 && es_handover_send(pair[0], &m, fd) != 0))
		return -1;
	child = fork();
	if (child == 0) {
		close(pair[0]);
		_exit(run(pair[1]));
	}
	close(pair[0]);
	close(pair[1]);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
		   ? WEXITSTATUS(status)
		   : -1;
}

TEST(parser_role_is_started_by_the_sensor_and_ends_with_it)
{
	CHECK_EQ(status_after(-1, -1), 2);
	CHECK_EQ(status_after(ES_HANDOVER_STOP, -1), 2);
	CHECK_EQ(status_after(ES_HANDOVER_CONFIG, -1), 2); /* without its descriptor */
}

TEST(parser_role_refuses_a_configuration_of_nonsense)
{
	int fd = memfd_create("t", MFD_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "}{", 2) == 2 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK_EQ(status_after(ES_HANDOVER_CONFIG, fd), 1);
	close(fd);
}
