/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot enroll`. */
#ifndef AGENT_COMMAND_ENROLL_COMMAND_H
#define AGENT_COMMAND_ENROLL_COMMAND_H

#include "agent/command/agent_command.h"

extern const struct es_agent_command es_enroll_command;

#endif
