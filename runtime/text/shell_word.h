/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a command that a person is to copy into a shell. */
#ifndef EARSHOT_RUNTIME_TEXT_SHELL_WORD_H
#define EARSHOT_RUNTIME_TEXT_SHELL_WORD_H

#include <stdio.h>

/* As it is where every shell leaves it alone, else in single quotes. */
void es_shell_word(const char *text, FILE *to);

#endif
