/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot status`. */
#ifndef AGENT_COMMAND_STATUS_COMMAND_H
#define AGENT_COMMAND_STATUS_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_status_command;

#endif
