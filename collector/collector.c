/* SPDX-License-Identifier: Apache-2.0 */
/* earshot-collector: takes what agents deliver, keeps it, explains calls. */
#include "collector/command/command.h"

#include <stdio.h>
#include <string.h>

static void
print_usage(FILE *out)
{
	fprintf(out, "usage: earshot-collector COMMAND ...\n\n");
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		fprintf(out, "%s %s\n", c->name, c->usage);
	fprintf(
	    out, "\nDIR is %s unless given. Options of DIR/collector.conf:\n\n", ES_COLLECTOR_DIR);
	es_options_sample(es_collector_options, out);
}

/* argv[0] becomes the command's full name: getopt_long begins its complaints with it. */
static int
run(const struct es_collector_command *command, int argc, char **argv)
{
	char name[40];

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		printf("usage: earshot-collector %s %s\n", command->name, command->usage);
		return 0;
	}
	(void)snprintf(name, sizeof(name), "earshot-collector %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("earshot-collector %s\n", EARSHOT_VERSION);
		return 0;
	}
	for (const struct es_collector_command *c = es_collector_commands; c->name != NULL; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return run(c, argc - 1, argv + 1);
	fprintf(stderr,
	    "earshot-collector: %s is not a command; earshot-collector --help lists them\n",
	    argv[1]);
	return 2;
}
