/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot check-config`: exit 0, or each fault with its place. */
#include "agent/command/check_config_command.h"

#include "agent/agent_config.h"
#include "agent/command/config_faults.h"
#include "runtime/clock.h"

#include <stdio.h>

static const struct es_argument arguments[] = {
	{ .name = "help", .letter = 'h', .help = "This text.", .offset_bytes = 0 },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: earshot check-config FILE\n"
		    "Reads FILE as earshotd does, and looks for the interfaces, files, rights and\n"
		    "users that it names. Exit status 0, or 1 with file, line and reason of each\n"
		    "fault.\n"
		    "earshotd --print-sample-config shows every option.\n");
	es_arguments_help(arguments, to);
}

static void
on_fault(void *ctx, const char *text)
{
	fprintf(ctx, "earshot check-config: %s\n", text);
}

static int
run(int argc, char **argv)
{
	const struct es_option_faults faults = { on_fault, stderr };
	struct es_agent_config *cfg;
	unsigned n_faults;
	bool help = false;
	int operand;

	if (es_arguments_parse(arguments, argc, argv, &help, &operand) != 0)
		return ES_EXIT_USAGE;
	if (help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (operand + 1 != argc) {
		(void)es_arguments_expected("earshot check-config", "one configuration file");
		return ES_EXIT_USAGE;
	}
	if (es_agent_config_check(argv[operand], &faults, &cfg) > 0)
		return ES_EXIT_BAD;
	n_faults = es_config_faults(cfg, es_clock_wall(), on_fault, stderr);
	es_agent_config_free(cfg);
	if (n_faults > 0)
		return ES_EXIT_BAD;
	printf("%s: no mistake found\n", argv[operand]);
	return ES_EXIT_OK;
}

const struct es_agent_command es_check_config_command = {
	.name = "check-config",
	.args = "FILE",
	.help = "check a configuration of earshotd",
	.run = run,
	.arguments = arguments,
	.operand = ES_ARGUMENT_FILE,
};
