/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot top`: the calls in progress on the screen; JSON where there is none. */
#include "agent/command/top_command.h"

#include "agent/command/live_output.h"
#include "agent/command/live_screen.h"

#include <stdio.h>

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot top -i IFACE [options]\n"
	    "       earshot top FILE... [--speed N] [options]\n"
	    "Shows the calls in progress, the worst first; q ends, ? explains columns and keys.\n"
	    "Where standard output is no terminal: as earshot live --json.\n");
	es_arguments_help(es_top_arguments, to);
}

static int
run(int argc, char **argv)
{
	struct es_listening l = { .command = "top", .fd = -1 };
	struct es_read_options o;
	size_t n_files;

	if (es_read_options_parse(es_top_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	n_files = (size_t)(argc - o.first_file);
	if ((o.iface != NULL) == (n_files > 0)) {
		usage(stderr);
		return ES_EXIT_USAGE;
	}
	if (es_live_screen_is_possible(&o))
		return es_live_screen_show(l.command, &o, argv + o.first_file, n_files);
	o.json = !o.csv;
	l.speed = o.speed;
	return es_live_output_print(&l, &o, argv + o.first_file, n_files);
}

const struct es_agent_command es_top_command = {
	.name = "top",
	.args = "-i IFACE | FILE...",
	.arguments = es_top_arguments,
	.operand = ES_ARGUMENT_FILE,
	.help = "the calls in progress on the screen, sorted by key, the worst first",
	.run = run,
};
