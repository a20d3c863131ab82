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
	const char *usage; /* behind the name; lines of help follow the first */
	const struct es_argument *arguments;
	enum es_argument_kind operand; /* ES_ARGUMENT_WORD: nothing that could be completed */
};

extern const struct es_collector_command es_collector_commands[];

#endif
