/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot live` and `earshot top`: the calls on an interface, or of captures as they pass, without any collector. */
#ifndef AGENT_COMMAND_LIVE_COMMAND_H
#define AGENT_COMMAND_LIVE_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_live_command;
extern const struct es_agent_command es_top_command;

#endif
