/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot check-config`: exit 0, or the line and the reason. */
#include "agent/command/check_config_command.h"

#include "agent/agent_config.h"

#include <stdio.h>
#include <string.h>

static int
run(int argc, char **argv)
{
	struct es_agent_config *cfg;
	char error[ES_OPTIONS_ERROR_MAX] = "";

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf(
		    "usage: earshot check-config FILE\n"
		    "Reads FILE as earshotd does. Exit status 0, or 1 with file, line and reason.\n"
		    "earshotd --print-sample-config shows every option.\n");
		return ES_EXIT_OK;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: earshot check-config FILE\n");
		return ES_EXIT_USAGE;
	}
	if (es_agent_config_load(argv[1], error, &cfg) != 0) {
		fprintf(stderr, "earshot check-config: %s\n",
		    error[0] != '\0' ? error : "out of memory");
		return ES_EXIT_BAD;
	}
	es_agent_config_free(cfg);
	printf("%s: no mistake found\n", argv[1]);
	return ES_EXIT_OK;
}

const struct es_agent_command es_check_config_command = {
	.name = "check-config",
	.args = "FILE",
	.help = "check a configuration of earshotd",
	.run = run,
};
