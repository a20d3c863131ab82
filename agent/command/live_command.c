/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot live` and `earshot top`: calls as they pass, on the screen or in lines. */
#include "agent/command/live_command.h"

#include "agent/command/live_output.h"
#include "agent/command/live_screen.h"
#include "agent/output/read_columns.h"

#include <stdio.h>

static void
live_usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot live -i IFACE [options]\n"
	    "Measures the calls on an interface until Ctrl-C. On a terminal it shows the\n"
	    "calls in progress, as earshot top does. Where standard output is no terminal\n"
	    "it prints JSON lines, as --json does: each stream and each call once, when it\n"
	    "is over; with --records call,interval also each block of a call in progress.\n");
	es_arguments_help(es_live_arguments, to);
	es_read_columns_help(to);
}

/* On the screen if that can be, else in lines. */
static int
show(struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files)
{
	if (es_live_screen_is_possible(o))
		return es_live_screen_show(l->command, o, files, n_files);
	return es_live_output_print(l, o, files, n_files);
}

static int
run_live(int argc, char **argv)
{
	struct es_listening l = { .command = "live", .fd = -1 };
	struct es_read_options o;

	if (es_read_options_parse(es_live_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		live_usage(stdout);
		return ES_EXIT_OK;
	}
	if (o.iface == NULL || o.first_file != argc) {
		(void)es_arguments_expected("earshot live", "-i IFACE and nothing else");
		return ES_EXIT_USAGE;
	}
	return show(&l, &o, NULL, 0);
}

const struct es_agent_command es_live_command = {
	.name = "live",
	.args = "-i IFACE [options]",
	.arguments = es_live_arguments,
	.help = "the calls on an interface, without any collector: a screen, or JSON lines",
	.run = run_live,
};

static void
top_usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot top -i IFACE [options]\n"
	    "       earshot top FILE... [--speed N] [options]\n"
	    "Shows the calls in progress, the worst first; q ends, ? explains columns and\n"
	    "keys. Where standard output is no terminal: JSON lines, as of earshot live.\n");
	es_arguments_help(es_top_arguments, to);
}

static int
run_top(int argc, char **argv)
{
	struct es_listening l = { .command = "top", .fd = -1 };
	struct es_read_options o;
	size_t n_files;

	if (es_read_options_parse(es_top_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		top_usage(stdout);
		return ES_EXIT_OK;
	}
	n_files = (size_t)(argc - o.first_file);
	if ((o.iface != NULL) == (n_files > 0)) {
		(void)es_arguments_expected("earshot top", "either -i IFACE or capture files");
		return ES_EXIT_USAGE;
	}
	l.speed = o.speed;
	return show(&l, &o, argv + o.first_file, n_files);
}

const struct es_agent_command es_top_command = {
	.name = "top",
	.args = "-i IFACE | FILE...",
	.arguments = es_top_arguments,
	.operand = ES_ARGUMENT_FILE,
	.help = "the calls in progress on the screen, sorted by key, the worst first",
	.run = run_top,
};
