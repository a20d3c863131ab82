/* SPDX-License-Identifier: Apache-2.0 */
/* One role of the agent as a whole; the test is everybody else. */
#ifndef TESTS_MADE_ROLE_H
#define TESTS_MADE_ROLE_H

#include "agent/ipc/ipc_socket.h"
#include "agent/sensor/sensor.h"
#include "agent/shipper/shipper.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/envelope.h"
#include "proto/ipc.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_place.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPTURE "tests/golden/clean_plainproxy/ep.pcap.gz"

static struct {
	struct es_agent_config *cfg;
	struct es_loop *loop;
	int fd; /* our end of the IPC socket */
	uint64_t run, last;
	unsigned n_records, n_byes, n_calls;
	uint32_t calls;
	unsigned by_type[16]; /* enum es_record_type */
	uint64_t speaks_as;   /* run of the sensor that the test is */
	char status[8192];
} role;

static inline bool
begin(const char *more)
{
	char text[1024], error[ES_OPTIONS_ERROR_MAX];

	made_clock_reset();
	made_tls_reset();
	memset(&role, 0, sizeof(role));
	role.fd = -1;
	role.speaks_as = 77;
	place_make();
	(void)snprintf(text, sizeof(text),
	    "state-dir = \"%s/state\"\nrun-dir = \"%s/run\"\nhost = no\nspool-free = 0\n"
	    "collector = \"c.example\"\ncollector-name = \"collector.test\"\n"
	    "capture \"x\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 0 }\n%s",
	    place.dir, place.dir, more);
	return es_agent_config_parse(text, "t", error, &role.cfg) == 0;
}

static inline void
end(void)
{
	es_agent_config_free(role.cfg);
	if (role.fd >= 0)
		close(role.fd);
	place_remove();
}

static inline void
run_never(struct es_loop *l)
{
	role.loop = l;
	place.failed = true;
	(void)snprintf(place.where, sizeof(place.where), "it ran");
}

#endif
