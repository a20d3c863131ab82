/* SPDX-License-Identifier: Apache-2.0 */
/* One record as one row of text for people, at most 100 columns where addresses are IPv4. */
#ifndef AGENT_COMMAND_READ_TABLE_H
#define AGENT_COMMAND_READ_TABLE_H

#include "earshot/record.h"

#include <stdio.h>

/* "streams" and the line of column names; NULL for a type without a table. */
const char *es_read_table_title(enum es_record_type type);
const char *es_read_table_columns(enum es_record_type type);

/* Prints the row and its line feed; where the figures are not complete, a line saying why. */
void es_read_table_row(const struct es_record *rec, FILE *to);

/* The instant rows are sorted by. */
es_time es_read_table_start(const struct es_record *rec);

#endif
