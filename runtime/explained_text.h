/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explained call for people: a path strip per direction and the verdict. Both the
 * command line and the collector print it. Names and Call-IDs come from the network: they are shown by
 * runtime/shown_text.h, so that nothing in them drives a terminal.
 */
#ifndef RUNTIME_EXPLAINED_TEXT_H
#define RUNTIME_EXPLAINED_TEXT_H

#include "earshot/correlate.h"

#include <stdio.h>

enum {
	ES_COLUMNS_USUAL = 100, /* where nothing says it */
	ES_COLUMNS_MIN = 72,    /* tables are no narrower */
	ES_COLUMNS_MAX = 500,
};

/* "packets lost in the network": a cause in words. */
const char *es_explained_cause(enum es_cause cause);

/* columns: of a line, ES_COLUMNS_MIN or more; is_utf8: what the output can show */
void es_explained_print(const struct es_explained *call, int columns, bool is_utf8, FILE *to);

/*
 * The width of output for people, of tables, too: COLUMNS in the environment, else that of the terminal that the
 * descriptor is, within these limits.
 */
int es_explained_columns(int fd);

#endif
