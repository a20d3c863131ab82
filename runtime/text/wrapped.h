/* SPDX-License-Identifier: Apache-2.0 */
/* Text in lines that a terminal of 80 columns shows whole. */
#ifndef EARSHOT_RUNTIME_TEXT_WRAPPED_H
#define EARSHOT_RUNTIME_TEXT_WRAPPED_H

#include <stdio.h>

/*
 * ASCII text up to the end of a line, which stands at column `at`; further lines begin with indent. What stands in
 * brackets, as [--name NAME], is one word.
 */
void es_wrapped(const char *text, int at, const char *indent, FILE *to);

#endif
