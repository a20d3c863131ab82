/* SPDX-License-Identifier: Apache-2.0 */
/* The commands one by one, and what they share. Private to this folder. */
#ifndef COLLECTOR_COMMAND_COMMAND_PRIVATE_H
#define COLLECTOR_COMMAND_COMMAND_PRIVATE_H

#include "collector/command/command.h"

struct es_supervise_role;

/* The commands, see es_collector_commands. */
int es_command_init(int argc, char **argv);
int es_command_token(int argc, char **argv);
int es_command_serve(int argc, char **argv);
int es_command_explain(int argc, char **argv);

/* Prints the usage of one command to stderr; returns 2. */
int es_command_usage(const char *command);

/* Loads DIR/collector.conf; false after it printed the reason. */
bool es_command_config(const char *dir, struct es_collector_config *out);

/* Logs how a process that `serve` keeps ended; status is of waitpid; restart_ms: when it comes back, -1: never. */
void es_serve_ended(void *ctx, const struct es_supervise_role *role, int status, int restart_ms);

#endif
