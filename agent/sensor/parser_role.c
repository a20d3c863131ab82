/* SPDX-License-Identifier: Apache-2.0 */
/* The role "parser" until it has what it needs of the opener. */
#include "agent/sensor/parser_role.h"

#include "agent/sensor/handed_config.h"
#include "agent/sensor/handover.h"
#include "agent/sensor/parser.h"
#include "runtime/log.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NOT_STARTED_SO = 2 };

/* 0, *m and *fd; ES_EEOF, ES_EMALFORMED (whoever is there is no opener). */
static int
wait_for_config(int opener, struct es_handover *m, int *fd)
{
	struct pollfd word = { .fd = opener, .events = POLLIN };
	int err;

	do {
		(void)poll(&word, 1, -1); /* a signal ends it early: then it is looked again */
		err = es_handover_receive(opener, m, fd);
	} while (err == ES_EAGAIN);
	if (err != 0 || (m->type == ES_HANDOVER_CONFIG && *fd >= 0))
		return err;
	if (*fd >= 0)
		close(*fd);
	return ES_EMALFORMED;
}

int
es_parser_role_run(int opener)
{
	struct es_parser_start start = { .opener = opener };
	struct es_agent_config *cfg;
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_handover m;
	int fd, status;

	(void)prctl(PR_SET_NAME, "earshotd:parser");
	/* A program with capabilities of its file begins without it: execve(2). An opener that is gone sends no configuration. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (wait_for_config(opener, &m, &fd) != 0) {
		log_error("earshotd: the role parser is started by the sensor");
		close(opener);
		return NOT_STARTED_SO;
	}
	if (es_handed_config_read(fd, error, &cfg) != 0) {
		log_error("sensor: %s", error);
		close(opener);
		return 1;
	}
	es_log_set_level(es_log_level_of_word(es_log_level_words[cfg->log_level]));
	start.crashes = m.n;
	status = es_parser_run(cfg, &start);
	es_agent_config_free(cfg);
	return status;
}
