/* SPDX-License-Identifier: Apache-2.0 */
/* What the roles of the agent give up before they read the first byte from outside. */
#ifndef AGENT_AGENT_RIGHTS_H
#define AGENT_AGENT_RIGHTS_H

#include "agent/agent_config.h"

/* Becomes the configured user and group, with no capability. Logs as role; the role ends on an error. */
int es_agent_rights_drop(const struct es_agent_config *cfg, const char *role);
/* The same, but keeps the one capability, if this process has it. NULL: none. */
int
es_agent_rights_keep(const struct es_agent_config *cfg, const char *role, const char *capability);

#endif
