/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot live -i IFACE`: measures until Ctrl-C, on the screen or in lines. */
#include "agent/command/live_command.h"

#include "agent/command/live_output.h"
#include "agent/command/live_screen.h"
#include "agent/output/read_columns.h"

#include <stdio.h>

static void
usage(FILE *to)
{
	fprintf(to, "usage: earshot live -i IFACE [options]\n"
		    "Measures the calls on an interface until Ctrl-C. On a terminal it shows the\n"
		    "calls in progress, as earshot top does; else, or with --lines, each call\n"
		    "once it is over.\n");
	es_arguments_help(es_live_arguments, to);
	es_read_columns_help(to);
}

static int
run(int argc, char **argv)
{
	struct es_listening l = { .command = "live", .fd = -1 };
	struct es_read_options o;

	if (es_read_options_parse(es_live_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (o.iface == NULL || o.first_file != argc) {
		usage(stderr);
		return ES_EXIT_USAGE;
	}
	if (!o.lines && es_live_screen_is_possible(&o))
		return es_live_screen_show(l.command, &o, NULL, 0);
	return es_live_output_print(&l, &o, NULL, 0);
}

const struct es_agent_command es_live_command = {
	.name = "live",
	.args = "-i IFACE [options]",
	.arguments = es_live_arguments,
	.help = "the calls on an interface, without any collector: a screen, or lines",
	.run = run,
};
