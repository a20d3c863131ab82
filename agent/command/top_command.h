/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot top`: the calls in progress on an interface, or of a capture as it passes, on all of the screen. */
#ifndef AGENT_COMMAND_TOP_COMMAND_H
#define AGENT_COMMAND_TOP_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_top_command;

#endif
