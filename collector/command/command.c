/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the commands and what they share. */
#include "collector/command/command_private.h"

#include "collector/store/hold.h"
#include "runtime/rights.h"
#include "runtime/text/wrapped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(member) ES_ARGUMENT_AT(struct es_command_wish, member)

static const struct es_argument dir_alone[] = {
	{ .name = "dir",
	    .value = "DIR",
	    .kind = ES_ARGUMENT_DIR,
	    .help = "Directory of the collector, " ES_COLLECTOR_DIR " unless given.",
	    AT(dir) },
	{ .name = NULL, .more = es_command_last_arguments },
};

static const struct es_argument init_arguments[] = {
	{ .name = "name", .value = "NAME", .help = "Name in the certificate.", AT(name) },
	{ .name = "listen",
	    .value = "ADDR:PORT",
	    .help = "Where agents deliver, 0.0.0.0:6100 unless given.",
	    AT(listen) },
	{ .name = "enroll",
	    .value = "ADDR:PORT",
	    .help = "Where agents enrol, 0.0.0.0:6101 unless given.",
	    AT(enroll) },
	{ .name = "portal",
	    .value = "ADDR:PORT",
	    .help = "Where the portal is, 127.0.0.1:8080 unless given.",
	    AT(portal) },
	{ .name = NULL, .more = dir_alone },
};

static const struct es_argument token_arguments[] = {
	{ .name = "agent", .value = "NAME", .help = "Name of the new agent.", AT(agent) },
	{ .name = "site", .value = "SITE", .help = "Where it is.", AT(site) },
	{ .name = "ttl",
	    .value = "TIME",
	    .help = "How long the token is valid, 1h unless given.",
	    AT(ttl) },
	{ .name = NULL, .more = dir_alone },
};

static const char *const role_words[] = { "ingest", "portal", NULL };

static const struct es_argument serve_arguments[] = {
	{ .name = "role",
	    .value = "ROLE",
	    .words = role_words,
	    .help = "Run one of the two processes here.",
	    AT(role) },
	{ .name = "child",
	    .help = "Of one of the two: serve started it and logs what changed in the "
		    "configuration.",
	    AT(is_child) },
	{ .name = NULL, .more = dir_alone },
};

static const struct es_argument explain_arguments[] = {
	{ .name = "start",
	    .value = "INSTANT",
	    .help = "Which of the calls of one Call-ID, the newest unless given.",
	    AT(start) },
	{ .name = "json", .help = "One JSON object.", AT(json) },
	{ .name = NULL, .more = dir_alone },
};

static const struct es_argument prune_arguments[] = {
	{ .name = "trust-clock",
	    .help = "The clock is right, however far ahead of the last start it seems to be.",
	    AT(trusts_clock) },
	{ .name = NULL, .more = dir_alone },
};

static const struct es_argument ca_arguments[] = {
	{ .name = "new", .help = "Begin to replace it: make another one.", AT(is_new) },
	{ .name = "retire",
	    .help = "End that: trust the new one alone. Refused while an agent depends on the old.",
	    AT(retires) },
	{ .name = NULL, .more = dir_alone },
};

const struct es_collector_command es_collector_commands[] = {
	{ .name = "init",
	    .run = es_command_init,
	    .arguments = init_arguments,
	    .usage = "--dir DIR [--name NAME] [--listen ADDR:PORT] [--enroll ADDR:PORT] "
		     "[--portal ADDR:PORT]",
	    .help = "makes DIR: authority, certificate, keys, configuration, database; refuses "
		    "one that is there" },
	{ .name = "token",
	    .run = es_command_token,
	    .arguments = token_arguments,
	    .usage = "--agent NAME [--dir DIR] [--ttl 1h] [--site SITE]",
	    .help = "prints a token with which one new agent enrolls, once" },
	{ .name = "serve",
	    .run = es_command_serve,
	    .arguments = serve_arguments,
	    .usage = "[--dir DIR] [--role ingest|portal]",
	    .help = "runs ingest and portal as two processes, or one of them here" },
	{ .name = "explain",
	    .run = es_command_explain,
	    .arguments = explain_arguments,
	    .usage = "CALL-ID [--start INSTANT] [--json] [--dir DIR]",
	    .help = "which segment hurt a call and why; rtp:0x1234abcd for one without "
		    "signalling; --start: which of the calls of one Call-ID, else the newest" },
	{ .name = "calls",
	    .run = es_command_calls,
	    .arguments = es_command_calls_arguments,
	    .usage = "[--number TEXT] [--from INSTANT] [--to INSTANT] [--verdict STATE] "
		     "[--cause CAUSE] [--segment A-B] [--agent NAME] [--site SITE] "
		     "[--codec NAME] [--status CODE] [--min-mos MOS] [--max-mos MOS] "
		     "[--q TEXT] [--sort start|mos|loss|duration] [--limit N] "
		     "[--after PLACE] [--json] [--dir DIR]",
	    .help = "lists calls, the newest first; --number: a number, a user or a SIP URI" },
	{ .name = "agents",
	    .run = es_command_agents,
	    .arguments = es_command_agents_arguments,
	    .usage = "[--json] [--dir DIR]",
	    .help = "lists agents: connected, stale (not heard of for 3 minutes), disabled or "
		    "new" },
	{ .name = "disable",
	    .run = es_command_disable,
	    .arguments = dir_alone,
	    .usage = "NAME [--dir DIR]",
	    .help = "refuses an agent from now on; one that is connected is cut off within a "
		    "second" },
	{ .name = "enable",
	    .run = es_command_enable,
	    .arguments = dir_alone,
	    .usage = "NAME [--dir DIR]",
	    .help = "lets a disabled agent in again" },
	{ .name = "ca",
	    .run = es_command_ca,
	    .arguments = ca_arguments,
	    .usage = "[--new | --retire] [--dir DIR]",
	    .help = "shows the certificate authority, or replaces it step by step without "
		    "cutting off an agent" },
	{ .name = "backup",
	    .run = es_command_backup,
	    .arguments = dir_alone,
	    .operand = ES_ARGUMENT_FILE,
	    .usage = "FILE [--dir DIR]",
	    .help = "copies the database as it is now into one file, also while it is served" },
	{ .name = "restore",
	    .run = es_command_restore,
	    .arguments = dir_alone,
	    .operand = ES_ARGUMENT_FILE,
	    .usage = "FILE [--dir DIR]",
	    .help = "puts a backup in the place of the database, which is kept under another "
		    "name; refused while it is served" },
	{ .name = "prune",
	    .run = es_command_prune,
	    .arguments = prune_arguments,
	    .usage = "[--trust-clock] [--dir DIR]",
	    .help = "removes now what is older than the configuration keeps, as `serve` does by "
		    "itself" },
	{ .name = "check-config",
	    .run = es_command_check_config,
	    .arguments = dir_alone,
	    .usage = "[--dir DIR]",
	    .help = "reads the configuration and all it names; prints each fault" },
	{ .name = NULL },
};

void
es_collector_usage(const struct es_collector_command *c, const char *before, FILE *to)
{
	int n = fprintf(to, "%s%s ", before, c->name);

	es_wrapped(c->usage, n, "    ", to);
	fputs("    ", to);
	es_wrapped(c->help, 4, "    ", to);
}

const struct es_collector_command *
es_collector_find(const char *name)
{
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

void
es_collector_help(const struct es_collector_command *c, FILE *to)
{
	es_collector_usage(c, "usage: earshot-collector ", to);
	es_arguments_help(c->arguments, to);
}

/* command: argv[0], the full name of the command. */
static int
say_help(const char *command, const char *value, void *out)
{
	(void)value;
	(void)out;
	es_collector_help(es_collector_find(strchr(command, ' ') + 1), stdout);
	exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

const struct es_argument es_command_last_arguments[] = {
	{ .name = "help", .letter = 'h', .help = "This text.", .take = say_help },
	{ .name = NULL, .more = es_version_argument },
};

int
es_command_usage(const char *command)
{
	es_collector_usage(es_collector_find(command), "usage: earshot-collector ", stderr);
	return 2;
}

bool
es_command_config(const char *dir, struct es_collector_config *out)
{
	char error[ES_OPTIONS_ERROR_MAX];

	if (es_collector_config_load(dir, out, error) == 0)
		return true;
	if (access(dir, F_OK) != 0)
		fprintf(stderr,
		    "earshot-collector: %s; expected --dir with the directory that init has made\n",
		    error);
	else
		fprintf(stderr, "earshot-collector: %s\n", error);
	return false;
}

bool
es_command_become_owner(const char *command, const char *dir)
{
	char error[ES_RIGHTS_TEXT_MAX];

	if (es_rights_drop_to_owner(dir, error, sizeof(error)) == 0)
		return true;
	fprintf(stderr, "earshot-collector: %s: %s: %s\n", command, dir, error);
	return false;
}

bool
es_command_open(
    struct es_command_store *s, const char *command, const char *dir, enum es_store_mode mode)
{
	char why[ES_HOLD_WHY_MAX], error[512];

	s->store = NULL;
	s->hold = -1;
	if ((mode == ES_STORE_WRITE && !es_command_become_owner(command, dir)) ||
	    !es_command_config(dir, &s->cfg))
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
es_command_parse(int argc, char **argv, const char *command, struct es_command_wish *wish,
    const char *operands[], int n_operands)
{
	const struct es_collector_command *c = es_collector_find(command);
	int first;

	*wish = (struct es_command_wish){ .dir = ES_COLLECTOR_DIR, .site = "", .ttl = "1h" };
	if (es_arguments_parse(c->arguments, argc, argv, wish, &first) != 0 ||
	    argc - first != n_operands)
		return es_command_usage(command);
	for (int i = 0; i < n_operands; i++)
		operands[i] = argv[first + i];
	return 0;
}
