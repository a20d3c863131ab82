/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of tables for people: text of the network, numbers, colours. */
#ifndef AGENT_OUTPUT_READ_CELL_H
#define AGENT_OUTPUT_READ_CELL_H

#include "agent/output/read_style.h"
#include "earshot/addr.h"
#include "earshot/record.h"
#include "earshot/slice.h"

#include <stdio.h>

enum { ES_CELL_NUMBER_BYTES = 24 };

enum es_colour { ES_COLOUR_NONE, ES_COLOUR_BOLD, ES_COLOUR_RED, ES_COLOUR_YELLOW };

/*
 * Text from outside, by runtime/shown_text.h. At least `columns` wide; longer text ends in a '~' at that width, unless
 * tables are wide. The last text of a line needs no such width.
 */
void es_cell_text(const struct es_read_style *style, es_slice text, int columns, FILE *to);
void es_cell_last(const struct es_read_style *style, es_slice text, int columns, FILE *to);

/* Value / 1000 with `decimals`, or "-" where it is not known. */
const char *
es_cell_number(bool known, double thousandths, int decimals, char out[ES_CELL_NUMBER_BYTES]);

/* A blank and the text, at least `columns` wide without the blank, to the right, in a colour. */
void es_cell_coloured(const struct es_read_style *style, enum es_colour colour, int columns,
    const char *text, FILE *to);

/* A MOS as thousandths: yellow where many users are dissatisfied, red where nearly all are. */
enum es_colour es_cell_mos_colour(bool known, uint32_t milli);

/* "10.0.0.1:4000 -> 10.0.0.2:5000". */
enum { ES_CELL_PAIR_BYTES = 2 * ES_ADDR_TEXT_MAX + 4 };
es_slice
es_cell_pair(const struct es_addr *src, const struct es_addr *dst, char out[ES_CELL_PAIR_BYTES]);

#endif
