/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot read FILE...`: measures captures. */
#ifndef AGENT_READ_COMMAND_H
#define AGENT_READ_COMMAND_H

#include "agent/command.h"

extern const struct es_command es_read_command;

#endif
