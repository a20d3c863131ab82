/* SPDX-License-Identifier: Apache-2.0 */
/* The calls in progress on an interface, or of captures as they pass, on all of the screen. */
#ifndef AGENT_COMMAND_LIVE_SCREEN_H
#define AGENT_COMMAND_LIVE_SCREEN_H

#include "agent/command/read_options.h"

/* Whether standard output is a terminal, and nothing else was asked for. */
bool es_live_screen_is_possible(const struct es_read_options *o);
/* Until Ctrl-C, q, or q behind the end of the captures. Returns an enum es_exit. */
int es_live_screen_show(
    const char *command, const struct es_read_options *o, char *const *files, size_t n_files);

#endif
