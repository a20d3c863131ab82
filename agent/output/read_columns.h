/* SPDX-License-Identifier: Apache-2.0 */
/* What the columns of the tables are, with their units. */
#ifndef AGENT_OUTPUT_READ_COLUMNS_H
#define AGENT_OUTPUT_READ_COLUMNS_H

#include <stdio.h>

/* The lines of --help, a list for each table. */
void es_read_columns_help(FILE *to);

/* The same as an mdoc list. */
void es_read_columns_man(FILE *to);

#endif
