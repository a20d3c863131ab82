/* SPDX-License-Identifier: Apache-2.0 */
/* The `earshot` command line: a table of commands. */
#include "agent/command/check_config_command.h"
#include "agent/command/enroll_command.h"
#include "agent/command/explain_command.h"
#include "agent/command/host_command.h"
#include "agent/command/live_command.h"
#include "agent/command/read_command.h"
#include "agent/command/status_command.h"
#include "agent/output/read_columns.h"
#include "agent/path/path_command.h"
#include "runtime/completion.h"
#include "runtime/near.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct es_agent_command *const commands[] = {
	&es_read_command,
	&es_explain_command,
	&es_live_command,
	&es_top_command,
	&es_host_command,
	&es_path_command,
	&es_status_command,
	&es_enroll_command,
	&es_check_config_command,
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
usage(FILE *to)
{
	size_t i;

	fprintf(to, "usage: earshot COMMAND [arguments]\n"
		    "Measures the quality of calls (SIP, RTP) in captures and on interfaces.\n\n");
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  %s %s\n      %s\n", commands[i]->name, commands[i]->args,
		    commands[i]->help);
	fprintf(to,
	    "\nearshot COMMAND --help lists its options; earshot --version and -V print the\n"
	    "version. A first look at a capture: earshot read FILE\n"
	    "Exit status: 0 fine; 1 an input was bad or cut short, or something had to be\n"
	    "given up (stderr says what); 2 the command line was wrong.\n");
}

/* The options of each command: docs/earshot.1 has a place for them. */
static void
print_man_options(void)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		printf(".Ss %s\n.Bl -tag -width Ds\n", commands[i]->name);
		es_arguments_man(commands[i]->arguments, stdout);
		printf(".El\n");
	}
}

static int
print_completion(const char *shell)
{
	struct es_completed rows[N_COMMANDS + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < N_COMMANDS; i++)
		rows[n++] = (struct es_completed){ commands[i]->name, commands[i]->help,
			commands[i]->arguments, commands[i]->operand };
	if (es_completion_print(shell, "earshot", rows, stdout) == 0)
		return ES_EXIT_OK;
	(void)es_arguments_wrong("earshot", "--print-completion", shell, "bash, zsh or fish");
	return ES_EXIT_USAGE;
}

/* argv[0] becomes the command's full name: complaints begin with it. */
static int
run(const struct es_agent_command *command, int argc, char **argv)
{
	static char help[] = "--help";
	char name[40];

	(void)snprintf(name, sizeof(name), "earshot %s", command->name);
	argv[0] = name;
	if (argc == 2 && strcmp(argv[1], "-h") == 0)
		argv[1] = help;
	return command->run(argc, argv);
}

static const struct es_agent_command *
find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static int
unknown(const char *written)
{
	struct es_near near = { .written = written };

	for (size_t i = 0; i < N_COMMANDS; i++)
		es_near_offer(&near, commands[i]->name);
	es_near_offer(&near, "--help");
	es_near_offer(&near, "--version");
	if (near.best != NULL)
		fprintf(
		    stderr, "earshot: no command \"%s\"; did you mean %s?\n", written, near.best);
	else if (access(written, F_OK) == 0)
		fprintf(stderr, "earshot: no command \"%s\"; did you mean earshot read %s?\n",
		    written, written);
	else
		fprintf(stderr, "earshot: no command \"%s\"; earshot --help lists them\n", written);
	return ES_EXIT_USAGE;
}

/* Of all commands, or of the one behind `help`. */
static int
show_help(int argc, char **argv)
{
	static char option[] = "--help";
	char *args[] = { NULL, option, NULL };
	const struct es_agent_command *command;

	if (argc < 3) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	command = find(argv[2]);
	return command == NULL ? unknown(argv[2]) : run(command, 2, args);
}

int
main(int argc, char **argv)
{
	const struct es_agent_command *command;

	if (argc < 2) {
		usage(stderr);
		return ES_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return show_help(argc, argv);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("earshot " EARSHOT_VERSION "\n");
		return ES_EXIT_OK;
	}
	if (strcmp(argv[1], "--print-man-options") == 0) {
		print_man_options();
		return ES_EXIT_OK;
	}
	if (strcmp(argv[1], "--print-man-columns") == 0) {
		es_read_columns_man(stdout);
		return ES_EXIT_OK;
	}
	if (strcmp(argv[1], "--print-completion") == 0)
		return print_completion(argc > 2 ? argv[2] : "");
	command = find(argv[1]);
	return command == NULL ? unknown(argv[1]) : run(command, argc - 1, argv + 1);
}
