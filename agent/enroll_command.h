/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot enroll`. */
#ifndef AGENT_ENROLL_COMMAND_H
#define AGENT_ENROLL_COMMAND_H

#include "agent/command.h"

extern const struct es_command es_enroll_command;

#endif
