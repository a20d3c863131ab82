/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot read FILE...`: measures captures. */
#ifndef AGENT_COMMAND_READ_COMMAND_H
#define AGENT_COMMAND_READ_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_read_command;

#endif
