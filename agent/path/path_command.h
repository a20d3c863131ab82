/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot path`: the links from this machine to a target, and the first that is broken. */
#ifndef AGENT_PATH_PATH_COMMAND_H
#define AGENT_PATH_PATH_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_path_command;

#endif
