/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the `earshot` program: one row of the table in agent/earshot.c. */
#ifndef AGENT_COMMAND_AGENT_COMMAND_H
#define AGENT_COMMAND_AGENT_COMMAND_H

#include "runtime/arguments.h"

/* Exit status: earshot(1). */
enum es_exit {
	ES_EXIT_OK = 0,
	ES_EXIT_BAD = 1,   /* an input was bad or cut short, or something was evicted */
	ES_EXIT_USAGE = 2, /* the command line was wrong; nothing was done */
};

struct es_agent_command {
	const char *name; /* first word after `earshot` */
	const char *args; /* what follows the name, for --help */
	const char *help; /* one line, lower case, no full stop */
	/*
	 * argv[0] is the command's full name. Returns an enum es_exit.
	 * Each command answers --help itself.
	 */
	int (*run)(int argc, char **argv);
	const struct es_argument *arguments;
	enum es_argument_kind operand; /* ES_ARGUMENT_WORD: none that could be completed */
};

#endif
