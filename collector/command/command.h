/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of earshot-collector. Each gets its own argv (argv[0] = its full name), returns 0, 1 or 2. */
#ifndef COLLECTOR_COMMAND_COMMAND_H
#define COLLECTOR_COMMAND_COMMAND_H

#include "collector/collector_config.h"
#include "runtime/arguments.h"

#define ES_COLLECTOR_DIR "/var/lib/earshot-collector"

struct es_collector_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage; /* behind the name */
	const char *help;  /* no whole sentence */
	const struct es_argument *arguments;
	enum es_argument_kind operand; /* ES_ARGUMENT_WORD: nothing that could be completed */
};

extern const struct es_collector_command es_collector_commands[];

/* NULL: none has that name. */
const struct es_collector_command *es_collector_find(const char *name);

/* before, the name and how it is used, in a few lines. */
void es_collector_usage(const struct es_collector_command *c, const char *before, FILE *to);

/* What --help of the command prints. */
void es_collector_help(const struct es_collector_command *c, FILE *to);

#endif
