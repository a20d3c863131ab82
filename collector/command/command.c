/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the commands and what they share. */
#include "collector/command/command_private.h"

#include <stdio.h>
#include <string.h>

const struct es_collector_command es_collector_commands[] = {
	{ "init", es_command_init,
	    "--dir DIR [--name NAME] [--listen ADDR:PORT] [--enroll ADDR:PORT] [--portal "
	    "ADDR:PORT]\n"
	    "    makes DIR: authority, certificate, keys, configuration, database; refuses one "
	    "that "
	    "is there" },
	{ "token", es_command_token,
	    "--agent NAME [--dir DIR] [--ttl 1h] [--site SITE]\n"
	    "    prints a token with which one new agent enrolls, once" },
	{ "serve", es_command_serve,
	    "[--dir DIR] [--role ingest|portal]\n"
	    "    runs ingest and portal as two processes, or one of them here" },
	{ "explain", es_command_explain,
	    "CALL-ID [--start INSTANT] [--json] [--dir DIR]\n"
	    "    which segment hurt a call and why; rtp:0x1234abcd for one without signalling;\n"
	    "    --start: which of the calls of one Call-ID, else the newest" },
	{ NULL, NULL, NULL },
};

int
es_command_usage(const char *command)
{
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		if (strcmp(c->name, command) == 0)
			fprintf(stderr, "usage: earshot-collector %s %s\n", c->name, c->usage);
	return 2;
}

bool
es_command_config(const char *dir, struct es_collector_config *out)
{
	char error[ES_OPTIONS_ERROR_MAX];

	if (es_collector_config_load(dir, out, error) == 0)
		return true;
	fprintf(stderr, "earshot-collector: %s\n", error);
	return false;
}
