/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot live -i IFACE`: the same as read, on a live interface, without any collector. */
#ifndef AGENT_COMMAND_LIVE_COMMAND_H
#define AGENT_COMMAND_LIVE_COMMAND_H

#include "agent/command/agent_command.h"
#include "agent/command/listening.h"

/*
 * Prints records as they are known, until Ctrl-C or the end of the captures; l has a command's name. Returns an enum
 * es_exit.
 */
int es_live_print(
    struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files);

extern const struct es_agent_command es_live_command;

#endif
