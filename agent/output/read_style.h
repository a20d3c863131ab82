/* SPDX-License-Identifier: Apache-2.0 */
/* How tables for people are printed: their width, colours, and whether UTF-8 can be shown. */
#ifndef AGENT_OUTPUT_READ_STYLE_H
#define AGENT_OUTPUT_READ_STYLE_H

#include <stdbool.h>

struct es_read_style {
	int columns;
	bool is_wide; /* names are printed whole, whatever the width */
	bool is_utf8;
	bool is_coloured;
};

/*
 * For output to a descriptor: its width by runtime/explained_text.h; colours on a terminal,
 * unless NO_COLOR is set or TERM is dumb; UTF-8 where the locale has it.
 */
struct es_read_style es_read_style_of(int fd, int columns, bool is_wide);

#endif
