/* SPDX-License-Identifier: Apache-2.0 */
/* One role of the agent as a whole; the test is everybody else. */
#ifndef TESTS_MADE_ROLE_H
#define TESTS_MADE_ROLE_H

#include "agent/hop/hop_socket.h"
#include "agent/sensor/sensor.h"
#include "agent/shipper/shipper.h"
#include "proto/decode.h"
#include "proto/encode.h"
#include "proto/envelope.h"
#include "proto/hop.h"
#include "tests/sim/made_loop.h"
#include "tests/sim/made_tls.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPTURE "tests/golden/clean_plainproxy/ep.pcap.gz"

static struct {
	char dir[64];
	struct es_agent_config *cfg;
	struct es_loop *loop;
	int fd; /* our end of the hop */
	uint64_t run, last;
	unsigned n_records, n_byes, n_calls;
	uint32_t calls;
	unsigned by_type[16]; /* enum es_record_type */
	uint64_t speaks_as;   /* run of the sensor that the test is */
	bool failed;          /* inside the run: said by the test after it */
	char where[160];
	char status[8192];
} role;

#define NEED(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond) && !role.failed) {                                                     \
			role.failed = true;                                                        \
			(void)snprintf(role.where, sizeof(role.where), "%d: %s", __LINE__, #cond); \
		}                                                                                  \
	} while (0)

static inline int
take_away(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline const char *
in(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *at = path[turn++ % 4];

	(void)snprintf(at, 128, "%s/%s", role.dir, name);
	return at;
}

static inline bool
begin(const char *more)
{
	char text[1024], error[ES_OPTIONS_ERROR_MAX];

	made_clock_reset();
	made_tls_reset();
	memset(&role, 0, sizeof(role));
	role.fd = -1;
	role.speaks_as = 77;
	(void)snprintf(role.dir, sizeof(role.dir), "/tmp/earshot-roles-XXXXXX");
	if (mkdtemp(role.dir) == NULL)
		return false;
	(void)snprintf(text, sizeof(text),
	    "state-dir = \"%s/state\"\nrun-dir = \"%s/run\"\nhost = no\nspool-free = 0\n"
	    "collector = \"c.example\"\ncollector-name = \"collector.test\"\n"
	    "capture \"x\" { role = endpoint replay = {\"" CAPTURE "\"} speed = 0 }\n%s",
	    role.dir, role.dir, more);
	return es_agent_config_parse(text, "t", error, &role.cfg) == 0;
}

static inline void
end(void)
{
	es_agent_config_free(role.cfg);
	if (role.fd >= 0)
		close(role.fd);
	(void)nftw(role.dir, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
run_never(struct es_loop *l)
{
	role.loop = l;
	role.failed = true;
	(void)snprintf(role.where, sizeof(role.where), "it ran");
}

#endif
