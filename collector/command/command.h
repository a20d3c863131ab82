/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of earshot-collector. Each gets its own argv (argv[0] = its full name), returns 0, 1 or 2. */
#ifndef COLLECTOR_COMMAND_COMMAND_H
#define COLLECTOR_COMMAND_COMMAND_H

#include "collector/collector_config.h"

#define ES_COLLECTOR_DIR "/var/lib/earshot-collector"

struct es_supervise_role;

struct es_collector_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage; /* behind the name; lines of help follow the first */
};

extern const struct es_collector_command es_collector_commands[];

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
