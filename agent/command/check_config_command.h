/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot check-config`. */
#ifndef AGENT_COMMAND_CHECK_CONFIG_COMMAND_H
#define AGENT_COMMAND_CHECK_CONFIG_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_check_config_command;

#endif
