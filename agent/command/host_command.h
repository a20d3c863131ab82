/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot host`: this machine's health, sampled. */
#ifndef AGENT_COMMAND_HOST_COMMAND_H
#define AGENT_COMMAND_HOST_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_host_command;

#endif
