/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on their way to a terminal: never wider than it, and with nothing in them that it would obey but our colours. */
#ifndef AGENT_TOP_TOP_LINE_H
#define AGENT_TOP_TOP_LINE_H

#include "earshot/slice.h"

#include <stdio.h>

/*
 * Writes a line without its line break, at most so many columns of it. Printable ASCII and the bars of sparklines
 * (U+2581 to U+2588) take one column; SGR (ECMA-48 8.3.117) takes none. All else becomes a '?'.
 */
void es_top_line_put(es_slice line, uint32_t columns, FILE *to);

/* Columns of a line, likewise. */
uint32_t es_top_line_columns(es_slice line);

#endif
