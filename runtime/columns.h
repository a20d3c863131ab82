/* SPDX-License-Identifier: Apache-2.0 */
/* How wide a line for people may be. */
#ifndef EARSHOT_RUNTIME_COLUMNS_H
#define EARSHOT_RUNTIME_COLUMNS_H

enum {
	ES_COLUMNS_USUAL = 100, /* where nothing says it */
	ES_COLUMNS_MIN = 72,    /* tables are no narrower */
	ES_COLUMNS_MAX = 500,
};

/* For output to a descriptor: COLUMNS in the environment, else the width of the terminal, within these limits. */
int es_columns_of(int fd);

#endif
