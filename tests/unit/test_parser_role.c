/* SPDX-License-Identifier: Apache-2.0 */
/* The parser until it has its configuration: whoever is there is no opener, or sends nonsense. */
#include "agent/sensor/parser_role.h"

#include "agent/sensor/handover.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The exit status after one message; -1: none, the other end is gone. */
static int
status_after(int type, int fd)
{
	struct es_handover m = { .type = (uint32_t)type };
	char name[16] = "";
	int pair[2], status;

	if (es_handover_pair(pair) != 0 || (type >= 0 && es_handover_send(pair[0], &m, fd) != 0))
		return -1;
	close(pair[0]);
	(void)prctl(PR_GET_NAME, name);
	status = es_parser_role_run(pair[1]);
	(void)prctl(PR_SET_NAME, name);
	return fcntl(pair[1], F_GETFD) < 0 ? status : -1; /* it is taken */
}

TEST(parser_role_is_started_by_the_sensor_alone)
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
