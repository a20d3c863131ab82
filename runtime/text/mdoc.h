/* SPDX-License-Identifier: Apache-2.0 */
/* Text of manual pages, in the language mdoc. */
#ifndef EARSHOT_RUNTIME_TEXT_MDOC_H
#define EARSHOT_RUNTIME_TEXT_MDOC_H

#include <stdio.h>

/* Sentences, each from a line of its own, in lines of at most 78 bytes. text has no backslash. */
void es_mdoc_text(const char *text, FILE *to);

#endif
