/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts that teach shells the options of a program. */
#include "runtime/completion.h"

#include <string.h>

/* The first sentence of a help, or of its first line, without its full stop; `special` characters get a backslash. */
static void
put_sentence(const char *help, const char *special, FILE *to)
{
	const char *end = strstr(help, ". ");
	size_t n = strcspn(help, "\n");

	if (end != NULL && end < help + n)
		n = (size_t)(end - help);

	n -= n > 0 && help[n - 1] == '.';
	for (size_t i = 0; i < n; i++) {
		if (strchr(special, help[i]) != NULL)
			fputc('\\', to);
		if (help[i] == '\'')
			fputs("\xe2\x80\x99", to); /* U+2019: the text stands in single quotes */
		else
			fputc(help[i], to);
	}
}

static void
put_words(const char *const *words, FILE *to)
{
	for (size_t i = 0; words[i] != NULL; i++)
		fprintf(to, "%s%s", i > 0 ? " " : "", words[i]);
}

static void
put_commands(const struct es_completed *commands, FILE *to)
{
	for (const struct es_completed *c = commands; c->arguments != NULL; c++)
		fprintf(to, "%s%s", c > commands ? " " : "", c->name);
}

/* A shell function's name has no hyphen. */
static void
put_function(const char *program, FILE *to)
{
	fputc('_', to);
	for (; *program != '\0'; program++)
		fputc(*program == '-' ? '_' : *program, to);
}

/* ---- bash ---- */

static void
bash_value(const struct es_argument *row, FILE *to)
{
	switch (row->kind) {
	case ES_ARGUMENT_FILE:
		fprintf(to, "compopt -o default");
		break;
	case ES_ARGUMENT_DIR:
		fprintf(to, "compopt -o dirnames");
		break;
	case ES_ARGUMENT_IFACE:
		fprintf(to, "COMPREPLY=($(compgen -W \"any $(ls /sys/class/net 2>/dev/null)\" "
			    "-- \"$cur\"))");
		break;
	case ES_ARGUMENT_WORD:
		if (row->words == NULL) {
			fputc(':', to);
			break;
		}
		fprintf(to, "COMPREPLY=($(compgen -W \"");
		put_words(row->words, to);
		fprintf(to, "\" -- \"$cur\"))");
		break;
	}
}

static void
bash_values(const struct es_completed *c, FILE *to)
{
	for (const struct es_argument *row = es_argument_at(c->arguments); row != NULL;
	     row = es_argument_at(row + 1)) {
		const char *name = c->name == NULL ? "" : c->name;

		if (row->value == NULL)
			continue;
		fprintf(to, "\t%s:--%s", name, row->name);
		if (row->letter != 0)
			fprintf(to, " | %s:-%c", name, row->letter);
		fprintf(to, ") ");
		bash_value(row, to);
		fprintf(to, "; return ;;\n");
	}
}

static void
bash_options(const struct es_completed *c, FILE *to)
{
	fprintf(to, "\t%s:-*) COMPREPLY=($(compgen -W \"", c->name == NULL ? "" : c->name);
	for (const struct es_argument *row = es_argument_at(c->arguments); row != NULL;
	     row = es_argument_at(row + 1))
		fprintf(to, "--%s ", row->name);
	fprintf(to, "\" -- \"$cur\")) ;;\n");
	if (c->operand == ES_ARGUMENT_FILE)
		fprintf(to, "\t%s:*) compopt -o default ;;\n", c->name == NULL ? "" : c->name);
}

static void
print_bash(const char *program, const struct es_completed *commands, FILE *to)
{
	bool has_commands = commands->name != NULL;

	put_function(program, to);
	fprintf(to,
	    "()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=\n"
	    "\tCOMPREPLY=()\n");
	if (has_commands) {
		fprintf(to, "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
			    "\t\tCOMPREPLY=($(compgen -W \"");
		put_commands(commands, to);
		fprintf(to, " --help --version\" -- \"$cur\"))\n"
			    "\t\treturn\n\tfi\n\tcommand=${COMP_WORDS[1]}\n");
	}
	fprintf(to, "\tcase $command:$prev in\n");
	for (const struct es_completed *c = commands; c->arguments != NULL; c++)
		bash_values(c, to);
	fprintf(to, "\tesac\n\tcase $command:$cur in\n");
	for (const struct es_completed *c = commands; c->arguments != NULL; c++)
		bash_options(c, to);
	fprintf(to, "\tesac\n}\ncomplete -F ");
	put_function(program, to);
	fprintf(to, " %s\n", program);
}

/* ---- zsh ---- */

static void
zsh_action(enum es_argument_kind kind, const char *const *words, FILE *to)
{
	switch (kind) {
	case ES_ARGUMENT_FILE:
		fprintf(to, "_files");
		break;
	case ES_ARGUMENT_DIR:
		fprintf(to, "_files -/");
		break;
	case ES_ARGUMENT_IFACE:
		fprintf(to, "_net_interfaces");
		break;
	case ES_ARGUMENT_WORD:
		if (words == NULL) {
			fputc(' ', to);
			break;
		}
		fputc('(', to);
		put_words(words, to);
		fputc(')', to);
		break;
	}
}

static void
zsh_option(const struct es_argument *row, bool is_letter, FILE *to)
{
	fprintf(to, " \\\n\t\t'");
	if (is_letter)
		fprintf(to, "-%c%s[", row->letter, row->value != NULL ? "+" : "");
	else
		fprintf(to, "--%s%s[", row->name, row->value != NULL ? "=" : "");
	put_sentence(row->help, "[]:\\", to);
	fputc(']', to);
	if (row->value != NULL) {
		fputc(':', to);
		put_sentence(row->value, ":", to);
		fputc(':', to);
		zsh_action(row->kind, row->words, to);
	}
	fputc('\'', to);
}

static void
zsh_arguments(const struct es_completed *c, FILE *to)
{
	fprintf(to, "\t_arguments -s");
	for (const struct es_argument *row = es_argument_at(c->arguments); row != NULL;
	     row = es_argument_at(row + 1)) {
		if (row->letter != 0)
			zsh_option(row, true, to);
		zsh_option(row, false, to);
	}
	if (c->operand != ES_ARGUMENT_WORD) {
		fprintf(to, " \\\n\t\t'*: :");
		zsh_action(c->operand, NULL, to);
		fputc('\'', to);
	}
	fputc('\n', to);
}

static void
print_zsh(const char *program, const struct es_completed *commands, FILE *to)
{
	fprintf(to, "#compdef %s\n", program);
	if (commands->name == NULL) {
		zsh_arguments(commands, to);
		return;
	}
	fprintf(to, "local -a commands\nif (( CURRENT == 2 )); then\n\tcommands=(\n");
	for (const struct es_completed *c = commands; c->arguments != NULL; c++) {
		fprintf(to, "\t\t'%s:", c->name);
		put_sentence(c->help, ":\\", to);
		fprintf(to, "'\n");
	}
	fprintf(to, "\t)\n\t_describe command commands\n\treturn\nfi\n"
		    "shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
	for (const struct es_completed *c = commands; c->arguments != NULL; c++) {
		fprintf(to, "%s)\n", c->name);
		zsh_arguments(c, to);
		fprintf(to, "\t;;\n");
	}
	fprintf(to, "esac\n");
}

/* ---- fish ---- */

static void
fish_begin(const char *program, const struct es_completed *c, FILE *to)
{
	fprintf(to, "complete -c %s", program);
	if (c->name != NULL)
		fprintf(to, " -n '__fish_seen_subcommand_from %s'", c->name);
}

static void
fish_value(const struct es_argument *row, FILE *to)
{
	switch (row->kind) {
	case ES_ARGUMENT_FILE:
		fprintf(to, " -r -F");
		break;
	case ES_ARGUMENT_DIR:
		fprintf(to, " -x -a '(__fish_complete_directories)'");
		break;
	case ES_ARGUMENT_IFACE:
		fprintf(to, " -x -a 'any (command ls /sys/class/net 2>/dev/null)'");
		break;
	case ES_ARGUMENT_WORD:
		fprintf(to, " -x");
		if (row->words == NULL)
			break;
		fprintf(to, " -a '");
		put_words(row->words, to);
		fputc('\'', to);
		break;
	}
}

static void
print_fish(const char *program, const struct es_completed *commands, FILE *to)
{
	fprintf(to, "complete -c %s -f\n", program);
	for (const struct es_completed *c = commands; c->arguments != NULL; c++) {
		if (c->name != NULL) {
			fprintf(to, "complete -c %s -n __fish_use_subcommand -a %s -d '", program,
			    c->name);
			put_sentence(c->help, "\\", to);
			fprintf(to, "'\n");
		}
		for (const struct es_argument *row = es_argument_at(c->arguments); row != NULL;
		     row = es_argument_at(row + 1)) {
			fish_begin(program, c, to);
			if (row->letter != 0)
				fprintf(to, " -s %c", row->letter);
			fprintf(to, " -l %s -d '", row->name);
			put_sentence(row->help, "\\", to);
			fputc('\'', to);
			if (row->value != NULL)
				fish_value(row, to);
			fputc('\n', to);
		}
		if (c->operand == ES_ARGUMENT_FILE) {
			fish_begin(program, c, to);
			fprintf(to, " -F\n");
		}
	}
}

int
es_completion_print(
    const char *shell, const char *program, const struct es_completed *commands, FILE *to)
{
	static const struct {
		const char *shell;
		void (*print)(const char *program, const struct es_completed *commands, FILE *to);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shell, shells[i].shell) != 0)
			continue;
		shells[i].print(program, commands, to);
		return 0;
	}
	return ES_EINVALID;
}
