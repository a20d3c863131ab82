/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a command line. One table per command drives the parser, --help, the man page and the
 * completion of shells, so they cannot disagree.
 *
 *	static const struct es_argument table[] = {
 *		{ .name = "json", .help = "One object per line.", ES_ARGUMENT_AT(struct wish, json) },
 *		{ .name = "state-dir", .value = "DIR", .kind = ES_ARGUMENT_DIR, .help = "...",
 *		    ES_ARGUMENT_AT(struct wish, dir) },
 *		{ .name = NULL },
 *	};
 */
#ifndef EARSHOT_RUNTIME_ARGUMENTS_H
#define EARSHOT_RUNTIME_ARGUMENTS_H

#include "earshot/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a value is, for completion. */
enum es_argument_kind {
	ES_ARGUMENT_WORD, /* one of words where there are some */
	ES_ARGUMENT_FILE,
	ES_ARGUMENT_DIR,
	ES_ARGUMENT_IFACE,
};

/* A row; the table ends with a row whose name is NULL, or continues in another table. */
struct es_argument {
	const char *name;  /* of --name: lower case, with hyphens */
	char letter;       /* of -l, which means the same; 0: none */
	const char *value; /* "FILE"; NULL: the option has no value */
	enum es_argument_kind kind;
	const char *const *words; /* ends with NULL; may be NULL */
	const char *help;         /* whole sentences, no backslash */
	size_t offset_bytes; /* where the value goes: a bool without a value, else a const char * */
	/*
	 * Takes the value in place of offset_bytes; what it refuses it has said on standard error. command is argv[0].
	 * 0, or ES_EINVALID.
	 */
	int (*take)(const char *command, const char *value, void *out);
	const struct es_argument *more; /* of the last row: rows that several tables share */
};

/* for (row = es_argument_at(table); row != NULL; row = es_argument_at(row + 1)) */
static inline const struct es_argument *
es_argument_at(const struct es_argument *row)
{
	while (row->name == NULL && row->more != NULL)
		row = row->more;
	return row->name == NULL ? NULL : row;
}

/*
 * --version and -V, which print the version of the program, the first word of argv[0], and end the process. Every
 * table has it: { .name = NULL, .more = es_version_argument }.
 */
extern const struct es_argument es_version_argument[];

#define ES_ARGUMENT_AT(type, member) .offset_bytes = offsetof(type, member)

enum { ES_ARGUMENTS_MAX = 40 }; /* rows of a table */

/*
 * Fills out from argv, whose operands are moved behind the options; values are borrowed from it. argv[0]
 * is what begins each complaint. 0, or ES_EINVALID after the reason was printed on standard error.
 */
int es_arguments_parse(
    const struct es_argument *table, int argc, char **argv, void *out, int *first_operand);

/*
 * "COMMAND: expected EXPECTED; COMMAND --help tells more" on standard error: what is missing, or too much, apart from
 * options. Always ES_EINVALID.
 */
int es_arguments_expected(const char *command, const char *expected);

/* "COMMAND: --OPTION: "VALUE": expected WHAT" on standard error. ES_EINVALID. */
int es_arguments_wrong(
    const char *command, const char *option, const char *value, const char *expected);

/* The lines of --help about these options. */
void es_arguments_help(const struct es_argument *table, FILE *to);

/* Items of a list of options, mdoc. */
void es_arguments_man(const struct es_argument *table, FILE *to);

#endif
