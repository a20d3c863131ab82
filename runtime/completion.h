/* SPDX-License-Identifier: Apache-2.0 */
/* Completion of a program's command line in bash, zsh and fish, from its option tables. */
#ifndef EARSHOT_RUNTIME_COMPLETION_H
#define EARSHOT_RUNTIME_COMPLETION_H

#include "runtime/arguments.h"

/* A command of the program; the list ends with a row whose arguments are NULL. */
struct es_completed {
	const char *name; /* NULL: the program has no commands, and this row is all */
	const char *help; /* one line */
	const struct es_argument *arguments;
	enum es_argument_kind operand; /* ES_ARGUMENT_WORD: nothing to offer */
};

/* The script of a shell: "bash", "zsh" or "fish". ES_EINVALID: another one. */
int es_completion_print(
    const char *shell, const char *program, const struct es_completed *commands, FILE *to);

#endif
