/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explained call for people: a path strip per direction and the verdict. Both the
 * command line and the collector print it. Names and Call-IDs come from the network: control
 * characters and bytes beyond ASCII are shown as "?", so that nothing in them drives a terminal.
 */
#ifndef RUNTIME_EXPLAINED_TEXT_H
#define RUNTIME_EXPLAINED_TEXT_H

#include "earshot/correlate.h"

#include <stdio.h>

/* "packets lost in the network": a cause in words. */
const char *es_explained_cause(enum es_cause cause);

/* columns: of a line, 72 or more, runtime/columns.h */
void es_explained_print(const struct es_explained *call, int columns, FILE *to);

#endif
