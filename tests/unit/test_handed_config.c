/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that goes to another process as a file in memory. */
#include "agent/sensor/handed_config.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TEST(handed_config_is_the_one_of_its_files_with_the_sensors_user)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *before, *after;
	int fd;

	CHECK_EQ(es_agent_config_parse("user = daemon\nsensor-user = nobody\npreset = tap\n"
				       "log-level = debug\nmax-streams = 1077\n"
				       "capture \"a b\" { interface = eth0 }\n"
				       "capture c { interface = \"e \\\"1\"\nrole = gateway }\n",
		     "t", error, &before),
	    0);
	CHECK_EQ(es_handed_config_new(before, &fd), 0);
	CHECK_EQ(es_handed_config_read(fd, error, &after), 0);
	CHECK_STR(after->user, "nobody");
	CHECK_EQ(after->log_level, before->log_level);
	CHECK_EQ(after->max_streams, 1077);
	CHECK_EQ(after->n_captures, 2);
	CHECK_STR(after->captures[0].interface, "eth0");
	CHECK_EQ(after->captures[0].buffer_bytes, before->captures[0].buffer_bytes);
	CHECK_EQ(after->captures[0].block_timeout_ms, before->captures[0].block_timeout_ms);
	CHECK_STR(after->captures[1].interface, "e \"1");
	CHECK_EQ(after->captures[1].promiscuous, before->captures[1].promiscuous);
	es_agent_config_free(before);
	es_agent_config_free(after);
	CHECK(fcntl(fd, F_GETFD) < 0); /* taken */
}

TEST(handed_config_of_nonsense_is_refused_with_its_place)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *cfg;
	int fd = memfd_create("t", 0);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "nonsense = 7\n", 13), 13);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(es_handed_config_read(fd, error, &cfg), ES_EMALFORMED);
	CHECK(strncmp(error, "configuration:1:1: unknown option", 33) == 0);
}
