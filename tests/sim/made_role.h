/* SPDX-License-Identifier: Apache-2.0 */
/* One role of the agent as a whole; the test is everybody else. */
#ifndef TESTS_MADE_ROLE_H
#define TESTS_MADE_ROLE_H

#include "agent/ipc/ipc_socket.h"
#include "agent/sensor/handover.h"
#include "agent/sensor/opener.h"
#include "agent/sensor/parser.h"
#include "agent/shipper/shipper.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/envelope.h"
#include "proto/ipc.h"
#include "tests/sim/made_links.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_place.h"
#include "tests/sim/made_process.h"
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
	int fd;     /* our end of the IPC socket */
	int opener; /* our end of the pair to the parser */
	uint64_t run, last;
	unsigned n_records, n_byes, n_calls;
	uint32_t calls;
	unsigned by_type[16]; /* enum es_record_type */
	uint64_t speaks_as;   /* run of the sensor that the test is */
	char status[8192];
} role;

static inline bool
begin_with_capture(const char *capture, const char *more)
{
	char text[1024], error[ES_OPTIONS_ERROR_MAX];

	made_clock_reset();
	made_tls_reset();
	made_process_reset();
	made_links_reset();
	memset(&role, 0, sizeof(role));
	role.fd = role.opener = -1;
	role.speaks_as = 77;
	place_make();
	(void)snprintf(text, sizeof(text),
	    "state-dir = \"%s/state\"\nrun-dir = \"%s/run\"\nhost = no\nspool-free = 0\n"
	    "collector = \"c.example\"\ncollector-name = \"collector.test\"\n"
	    "capture \"x\" { role = endpoint %s }\n%s",
	    place.dir, place.dir, capture, more);
	return es_agent_config_parse(text, "t", error, &role.cfg) == 0;
}

static inline bool
begin(const char *more)
{
	return begin_with_capture("replay = {\"" CAPTURE "\"} speed = 0", more);
}

/* To the parser, as the opener. fd: -1 or one that stays ours. */
static inline void
opener_says(enum es_handover_type type, uint32_t n, int fd)
{
	const struct es_handover m = { .type = type, .n = n };

	if (es_handover_send(role.opener, &m, fd) != 0)
		abort();
}

/* The parser alone, until it ends; hop: taken, -1: it gets none yet. */
static inline int
run_parser(int hop, uint64_t crashes)
{
	struct es_parser_start start = { -1, crashes };
	int pair[2], status;

	if (es_handover_pair(pair) != 0)
		abort();
	role.opener = pair[0];
	start.opener = pair[1];
	if (hop >= 0) {
		opener_says(ES_HANDOVER_HOP, 0, hop);
		close(hop);
	}
	status = es_parser_run(role.cfg, &start);
	if (role.opener >= 0)
		close(role.opener);
	role.opener = -1;
	return status;
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
