/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the file of a running process is read again. */
#ifndef AGENT_AGENT_RELOAD_H
#define AGENT_AGENT_RELOAD_H

#include "agent/agent_config.h"

/* Which parts have something to do. */
struct es_agent_changes {
	bool collector;
	bool spool;
	bool host_periods;
};

/*
 * Reads the file of cfg again and puts into cfg, and into the log, the values that need no restart. is_child: the
 * supervisor reads the same file and logs what changed. A file that has a mistake or cannot be read is logged, changes
 * nothing, and its code is returned: ES_EIO, ES_EMALFORMED, ES_ENOMEM.
 */
int es_agent_reload(
    struct es_agent_config *cfg, const char *who, bool is_child, struct es_agent_changes *out);

#endif
