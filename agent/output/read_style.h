/* SPDX-License-Identifier: Apache-2.0 */
/* How tables for people are printed: their width, colours, and whether UTF-8 can be shown. */
#ifndef AGENT_OUTPUT_READ_STYLE_H
#define AGENT_OUTPUT_READ_STYLE_H

#include <stdbool.h>

enum {
	ES_STYLE_COLUMNS = 100,    /* where nothing says how wide a line may be */
	ES_STYLE_COLUMNS_MIN = 72, /* tables are no narrower */
	ES_STYLE_COLUMNS_MAX = 500,
};

struct es_read_style {
	int columns;
	bool is_wide; /* names are printed whole, whatever the width */
	bool is_utf8;
	bool is_coloured;
};

/*
 * For output to a descriptor: the width of COLUMNS in the environment, else of the terminal; colours on a terminal,
 * unless NO_COLOR is set or TERM is dumb; UTF-8 where the locale has it.
 */
struct es_read_style es_read_style_of(int fd, bool is_wide);

#endif
