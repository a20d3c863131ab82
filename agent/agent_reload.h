/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the file of a running process is read again. */
#ifndef AGENT_AGENT_RELOAD_H
#define AGENT_AGENT_RELOAD_H

#include "agent/agent_config.h"
#include "runtime/reload.h"

/* Which parts have something to do. */
struct es_agent_changes {
	bool collector;
	bool spool;
	bool uplink;
	bool host_periods;
};

/*
 * Puts into cfg, and into the log, the values of a file read again that need no restart. options is taken. Values that
 * do not fit together are logged, change nothing, and their code is returned: ES_EMALFORMED, ES_ENOMEM.
 */
int es_agent_reload(struct es_agent_config *cfg, struct es_options *options,
    const struct es_reload_process *by, struct es_agent_changes *out);

#endif
