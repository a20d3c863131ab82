/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a command line: one table for the parser, --help and the man page. */
#include "agent/command/check_config_command.h"
#include "agent/command/enroll_command.h"
#include "agent/command/host_command.h"
#include "agent/command/live_command.h"
#include "agent/command/read_command.h"
#include "agent/command/status_command.h"
#include "runtime/arguments.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <unistd.h>

struct wish {
	bool json;
	bool all;
	const char *dir;
	int taken;
};

static int
take(const char *command, const char *value, void *out)
{
	struct wish *w = out;

	if (strcmp(value, "one") != 0)
		return es_arguments_wrong(command, "--count", value, "one");
	w->taken++;
	return 0;
}

static const struct es_argument shared[] = {
	{ .name = "state-dir",
	    .value = "DIR",
	    .kind = ES_ARGUMENT_DIR,
	    .help = "Where state is. It must be there.",
	    ES_ARGUMENT_AT(struct wish, dir) },
	{ .name = NULL },
};

static const struct es_argument table[] = {
	{ .name = "json", .help = "One object per line.", ES_ARGUMENT_AT(struct wish, json) },
	{ .name = "all", .letter = 'a', .help = "All.", ES_ARGUMENT_AT(struct wish, all) },
	{ .name = "count", .letter = 'c', .value = "N", .help = "How many.", .take = take },
	{ .name = "county", .help = "Another.", ES_ARGUMENT_AT(struct wish, json) },
	{ .name = NULL, .more = shared },
};

/* What is printed on standard error meanwhile, given. */
static char *
said(int argc, char **argv, struct wish *w, int *rc, int *first)
{
	FILE *to = tmpfile();
	int before = dup(STDERR_FILENO);
	char *text = calloc(1, 1000);

	if (to == NULL || text == NULL || before < 0 || dup2(fileno(to), STDERR_FILENO) < 0)
		abort();
	*rc = es_arguments_parse(table, argc, argv, w, first);
	(void)fflush(stderr);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	rewind(to);
	if (fread(text, 1, 999, to) == 0)
		text[0] = '\0';
	(void)fclose(to);
	return text;
}

static void
check_said(const char *argument, const char *expected)
{
	char name[] = "earshot try", copy[80];
	char *argv[] = { name, copy, NULL };
	struct wish w = { 0 };
	int rc, first;
	char *text;

	(void)snprintf(copy, sizeof(copy), "%s", argument);
	text = said(2, argv, &w, &rc, &first);
	CHECK_EQ(rc, ES_EINVALID);
	CHECK_STR(text, expected);
	free(text);
}

TEST(arguments_go_where_the_table_says_and_operands_stay)
{
	char name[] = "earshot try", a[] = "one.pcap", b[] = "-a", c[] = "--state-dir=/tmp",
	     d[] = "two.pcap", e[] = "--count", f[] = "one", g[] = "-cone";
	char *argv[] = { name, a, b, c, d, e, f, g, NULL };
	struct wish w = { 0 };
	int rc, first;
	char *text = said(8, argv, &w, &rc, &first);

	CHECK_STR(text, "");
	CHECK_EQ(rc, 0);
	CHECK(w.all && !w.json);
	CHECK_STR(w.dir, "/tmp");
	CHECK_EQ(w.taken, 2);
	CHECK_EQ(first, 6);
	CHECK_STR(argv[6], "one.pcap");
	CHECK_STR(argv[7], "two.pcap");
	free(text);
}

TEST(arguments_that_are_wrong_are_named_with_what_was_expected)
{
	check_said("--jsn", "earshot try: unknown option --jsn; did you mean --json?\n");
	check_said("--state_dir=x",
	    "earshot try: unknown option --state_dir; did you mean --state-dir?\n");
	check_said(
	    "--quite-else", "earshot try: unknown option --quite-else; --help lists the options\n");
	check_said("-x", "earshot try: unknown option -x; --help lists the options\n");
	check_said("--count", "earshot try: --count: expected N behind it\n");
	check_said("--state-dir", "earshot try: --state-dir: expected DIR behind it\n");
	check_said("--json=yes", "earshot try: --json has no value\n");
	check_said("--coun", "earshot try: --coun could be --count --county: write more of it\n");
	check_said("--count=two", "earshot try: --count: \"two\": expected one\n");
}

TEST(arguments_may_be_cut_where_one_option_begins_so)
{
	char name[] = "earshot try", a[] = "--js", b[] = "--", c[] = "--json";
	char *argv[] = { name, a, b, c, NULL };
	struct wish w = { 0 };
	int rc, first;
	char *text = said(4, argv, &w, &rc, &first);

	CHECK_EQ(rc, 0);
	CHECK(w.json);
	CHECK_EQ(first, 3); /* behind -- everything is an operand */
	free(text);
}

static char *
printed(void (*print)(const struct es_argument *, FILE *), const struct es_argument *rows)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	if (to == NULL)
		abort();
	print(rows, to);
	(void)fclose(to);
	return text;
}

TEST(arguments_help_and_man_page_list_every_row)
{
	char *help = printed(es_arguments_help, table), *man = printed(es_arguments_man, table);

	CHECK_STR(help, "  --json             One object per line.\n"
			"  -a, --all          All.\n"
			"  -c, --count N      How many.\n"
			"  --county           Another.\n"
			"  --state-dir DIR    Where state is. It must be there.\n");
	CHECK_STR(man, ".It Fl -json\nOne object per line.\n"
		       ".It Fl a , Fl -all\nAll.\n"
		       ".It Fl c , Fl -count Ar N\nHow many.\n"
		       ".It Fl -county\nAnother.\n"
		       ".It Fl -state-dir Ar DIR\nWhere state is.\nIt must be there.\n");
	free(help);
	free(man);
}

TEST(arguments_help_of_commands_fits_80_columns)
{
	static const struct {
		const struct es_agent_command *command;
		const char *has;
	} commands[] = { { &es_read_command, "--keylog FILE" }, { &es_live_command, "--interface" },
		{ &es_host_command, "--interval S" }, { &es_status_command, "--config FILE" },
		{ &es_enroll_command, "--token-file FILE" },
		{ &es_check_config_command, "--help" } };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *help = printed(es_arguments_help, commands[i].command->arguments),
		     *rest = help;

		CHECK(strstr(help, commands[i].has) != NULL);
		for (char *line; (line = strsep(&rest, "\n")) != NULL;)
			CHECK(strlen(line) < 80);
		free(help);
	}
}
