/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as rows of text for people. Rows fit the style's columns, unless names are wanted whole; a pair of addresses
 * that is too long for its column has a line of its own.
 */
#ifndef AGENT_OUTPUT_READ_TABLE_H
#define AGENT_OUTPUT_READ_TABLE_H

#include "agent/output/read_style.h"
#include "agent/output/sparkline.h"
#include "earshot/record.h"

#include <stdio.h>

/* "streams"; "" for a type without a table. */
const char *es_read_table_title(enum es_record_type type);

/* The title, and the line of column names if the table has one. */
void es_read_table_head(const struct es_read_style *style, enum es_record_type type, FILE *to);

/*
 * Prints the row, with its line feeds; where the figures are not complete, a line saying why. line: of a stream, how it
 * went; else NULL.
 */
void es_read_table_row(const struct es_read_style *style, const struct es_record *rec,
    const struct es_sparkline *line, FILE *to);

/* The instant rows are sorted by. */
es_time es_read_table_start(const struct es_record *rec);

#endif
