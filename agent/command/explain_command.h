/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot explain ROLE:NAME=FILE...`: which segment hurt a call, and why. */
#ifndef AGENT_COMMAND_EXPLAIN_COMMAND_H
#define AGENT_COMMAND_EXPLAIN_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_explain_command;

#endif
