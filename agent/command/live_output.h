/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of an interface, or of captures as they pass, as lines. */
#ifndef AGENT_COMMAND_LIVE_OUTPUT_H
#define AGENT_COMMAND_LIVE_OUTPUT_H

#include "agent/command/listening.h"

/*
 * Prints records as they are known, until Ctrl-C or the end of the captures; l has a command's name. Returns an enum
 * es_exit.
 */
int es_live_output_print(
    struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files);

#endif
