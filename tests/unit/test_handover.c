/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with descriptors between opener and parser. */
#include "agent/sensor/handover.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TEST(handover_brings_message_and_descriptor)
{
	struct es_handover m, got;
	int pair[2], ends[2], fd;
	char one = 0;

	memset(&m, 0, sizeof(m));
	m.type = ES_HANDOVER_CAPTURE;
	m.n = 3;
	m.layout.n_blocks = 32;
	memcpy(m.layout.name, "eth0", 5);
	CHECK_EQ(es_handover_pair(pair), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(es_handover_receive(pair[1], &got, &fd), ES_EAGAIN);
	CHECK_EQ(es_handover_send(pair[0], &m, ends[1]), 0);
	close(ends[1]);
	CHECK_EQ(es_handover_receive(pair[1], &got, &fd), 0);
	CHECK(memcmp(&m, &got, sizeof(m)) == 0);
	CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_EQ(read(ends[0], &one, 1), 1);
	CHECK_EQ(read(ends[0], &one, 1), 0); /* nobody else has it */
	close(ends[0]);
	CHECK_EQ(es_handover_send(pair[0], &m, -1), 0);
	CHECK_EQ(es_handover_receive(pair[1], &got, &fd), 0);
	CHECK_EQ(fd, -1);
	close(pair[0]);
	CHECK_EQ(es_handover_receive(pair[1], &got, &fd), ES_EEOF);
	CHECK_EQ(es_handover_send(pair[1], &m, -1), ES_EEOF);
	close(pair[1]);
}

/* What is not a message, and a descriptor that nobody asked for, leave nothing behind. */
TEST(handover_refuses_what_it_does_not_expect)
{
	struct es_handover m, got;
	uint8_t some[sizeof(m) + 1];
	int pair[2], ends[2], fd, err;
	char one;

	memset(&m, 0, sizeof(m));
	memset(some, 1, sizeof(some));
	CHECK_EQ(es_handover_pair(pair), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(es_handover_send(pair[0], &m, ends[1]), 0);
	CHECK_EQ(es_handover_receive(pair[1], &got, NULL), ES_EMALFORMED);
	close(ends[1]);
	CHECK_EQ(read(ends[0], &one, 1), 0);
	close(ends[0]);
	for (size_t n = 1; n <= sizeof(some); n++) {
		CHECK_EQ(send(pair[0], some, n, 0), (ssize_t)n);
		err = es_handover_receive(pair[1], &got, &fd);
		CHECK_EQ(err, n == sizeof(m) ? 0 : ES_EMALFORMED);
		CHECK_EQ(fd, -1);
	}
	for (err = 0; err == 0;)
		err = es_handover_send(pair[0], &m, -1);
	CHECK_EQ(err, ES_EAGAIN); /* full, and nobody waits */
	close(pair[0]);
	close(pair[1]);
}
