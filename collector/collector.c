/* SPDX-License-Identifier: Apache-2.0 */
/* earshot-collector: takes what agents deliver, keeps it, explains calls. */
#include "collector/command/command.h"
#include "runtime/completion.h"
#include "runtime/near.h"

#include <stdio.h>
#include <string.h>

static void
print_usage(FILE *out)
{
	fprintf(out, "usage: earshot-collector COMMAND ...\n\n");
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		es_collector_usage(c, "", out);
	fprintf(
	    out, "\nDIR is %s unless given. Options of DIR/collector.conf:\n\n", ES_COLLECTOR_DIR);
	es_options_sample(es_collector_options, out);
}

/* argv[0] becomes the command's full name: complaints begin with it. */
static int
run(const struct es_collector_command *command, int argc, char **argv)
{
	char name[40];

	(void)snprintf(name, sizeof(name), "earshot-collector %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

static int
unknown(const char *written)
{
	struct es_near near = { .written = written };

	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		es_near_offer(&near, c->name);
	es_near_offer(&near, "--help");
	es_near_offer(&near, "--version");
	if (near.best != NULL)
		fprintf(stderr, "earshot-collector: %s is not a command; did you mean %s?\n",
		    written, near.best);
	else
		fprintf(stderr,
		    "earshot-collector: %s is not a command; earshot-collector --help lists them\n",
		    written);
	return 2;
}

/* The options of each command: docs/earshot-collector.8 has a place for them. */
static void
print_man_options(void)
{
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++) {
		printf(".Ss %s\n.Bl -tag -width Ds\n", c->name);
		es_arguments_man(c->arguments, stdout);
		printf(".El\n");
	}
}

static int
print_completion(const char *shell)
{
	struct es_completed rows[32] = { 0 }; /* zeroes end the list */
	size_t n = 0;

	for (const struct es_collector_command *c = es_collector_commands;
	     c->name != NULL && n + 1 < sizeof(rows) / sizeof(rows[0]); c++)
		rows[n++] = (struct es_completed){ c->name, c->help, c->arguments, c->operand };
	if (es_completion_print(shell, "earshot-collector", rows, stdout) == 0)
		return 0;
	(void)es_arguments_wrong(
	    "earshot-collector", "--print-completion", shell, "bash, zsh or fish");
	return 2;
}

/* Of all commands, or of the one behind `help`. */
static int
show_help(int argc, char **argv)
{
	const struct es_collector_command *command;

	if (argc < 3) {
		print_usage(stdout);
		return 0;
	}
	command = es_collector_find(argv[2]);
	if (command == NULL)
		return unknown(argv[2]);
	es_collector_help(command, stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct es_collector_command *command;

	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return show_help(argc, argv);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("earshot-collector %s\n", EARSHOT_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--print-man-options") == 0) {
		print_man_options();
		return 0;
	}
	if (strcmp(argv[1], "--print-man-config") == 0) {
		es_options_man(es_collector_options, stdout);
		return 0;
	}
	if (strcmp(argv[1], "--print-completion") == 0)
		return print_completion(argc > 2 ? argv[2] : "");
	command = es_collector_find(argv[1]);
	return command == NULL ? unknown(argv[1]) : run(command, argc - 1, argv + 1);
}
