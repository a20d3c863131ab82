/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the commands and what they share. */
#include "collector/command/command_private.h"

#include "collector/store/hold.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	{ "calls", es_command_calls,
	    "[--number TEXT] [--from INSTANT] [--to INSTANT] [--verdict STATE] [--cause CAUSE]\n"
	    "    [--segment A-B] [--agent NAME] [--site SITE] [--codec NAME] [--status CODE]\n"
	    "    [--min-mos MOS] [--max-mos MOS] [--q TEXT] [--sort start|mos|loss|duration]\n"
	    "    [--limit N] [--after PLACE] [--json] [--dir DIR]\n"
	    "    lists calls, the newest first; --number: a number, a user or a SIP URI" },
	{ "agents", es_command_agents,
	    "[--json] [--dir DIR]\n"
	    "    lists agents: connected, stale (not heard of for 3 minutes), disabled or new" },
	{ "disable", es_command_disable,
	    "NAME [--dir DIR]\n"
	    "    refuses an agent from now on; one that is connected is cut off within a second" },
	{ "enable", es_command_enable,
	    "NAME [--dir DIR]\n"
	    "    lets a disabled agent in again" },
	{ "backup", es_command_backup,
	    "FILE [--dir DIR]\n"
	    "    copies the database as it is now into one file, also while it is served" },
	{ "restore", es_command_restore,
	    "FILE [--dir DIR]\n"
	    "    puts a backup in the place of the database, which is kept under another name;\n"
	    "    refused while it is served" },
	{ "prune", es_command_prune,
	    "[--dir DIR]\n"
	    "    removes now what is older than the configuration keeps, as `serve` does by "
	    "itself" },
	{ "check-config", es_command_check_config,
	    "[--dir DIR]\n"
	    "    reads the configuration and all it names; prints each fault" },
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

bool
es_command_open(
    struct es_command_store *s, const char *command, const char *dir, enum es_store_mode mode)
{
	char why[ES_HOLD_WHY_MAX], error[512];

	s->store = NULL;
	s->hold = -1;
	if (!es_command_config(dir, &s->cfg))
		return false;
	if (access(s->cfg.database, F_OK) == 0 && /* else the store says that there is nothing */
	    es_hold(s->cfg.database, false, &s->hold, why) < 0) {
		fprintf(stderr, "earshot-collector: %s: %s\n", command, why);
		return false;
	}
	if (es_store_open(s->cfg.database, mode, &s->store, error) == 0)
		return true;
	fprintf(stderr, "earshot-collector: %s: %s\n", command, error);
	es_command_close(s);
	return false;
}

void
es_command_close(struct es_command_store *s)
{
	es_store_close(s->store);
	if (s->hold >= 0)
		(void)close(s->hold);
	s->store = NULL;
	s->hold = -1;
}

int
es_command_store_error(const struct es_command_store *s, const char *command)
{
	fprintf(stderr, "earshot-collector: %s: %s: %s\n", command, s->cfg.database,
	    es_store_error(s->store));
	return 1;
}

int
es_command_dir_and_names(
    int argc, char **argv, const char *command, const char **dir, const char *names[], int n_names)
{
	static const struct option options[] = { { "dir", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 } };
	int c;

	*dir = ES_COLLECTOR_DIR;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'd')
			return es_command_usage(command);
		*dir = optarg;
	}
	if (argc - optind != n_names)
		return es_command_usage(command);
	for (int i = 0; i < n_names; i++)
		names[i] = argv[optind + i];
	return 0;
}
