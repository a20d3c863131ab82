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

/* Rows of options that read, live, top and explain have; type: a struct with members of these names. */
#define ES_COMMAND_LEG_HEADER(type)                                                       \
	{                                                                                 \
		.name = "leg-header", .value = "NAME",                                    \
		.help = "SIP header whose value joins the legs of a call, like Call-ID, " \
			"Session-ID, X-Call-ID, ICID and User-to-User.",                  \
		ES_ARGUMENT_AT(type, leg_header)                                          \
	}
#define ES_COMMAND_KEYLOG(type)                                                                    \
	{                                                                                          \
		.name = "keylog", .value = "FILE", .kind = ES_ARGUMENT_FILE,                       \
		.help = "Read SIP in TLS 1.2 and 1.3 with the keys in FILE, as browsers, OpenSSL " \
			"and SIP servers write it (SSLKEYLOGFILE).",                               \
		ES_ARGUMENT_AT(type, keylog)                                                       \
	}

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
