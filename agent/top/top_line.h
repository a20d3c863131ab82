/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on their way to a terminal: never wider than it, and with nothing in them that it would obey but our colours. */
#ifndef AGENT_TOP_TOP_LINE_H
#define AGENT_TOP_TOP_LINE_H

#include "earshot/slice.h"

#include <stdio.h>

/*
 * Writes a line without its line break, at most so many columns of it. Characters are those of runtime/shown_text.h;
 * SGR (ECMA-48 8.3.117) takes no column.
 */
void es_top_line_put(es_slice line, bool is_utf8, uint32_t columns, FILE *to);

/* Columns of a line, likewise. */
uint32_t es_top_line_columns(es_slice line, bool is_utf8);

#endif
