/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot status`. */
#ifndef AGENT_STATUS_COMMAND_H
#define AGENT_STATUS_COMMAND_H

#include "agent/command.h"

extern const struct es_command es_status_command;

#endif
