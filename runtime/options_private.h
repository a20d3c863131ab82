/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration file is once it was read. Private to runtime/options*.c. */
#ifndef EARSHOT_RUNTIME_OPTIONS_PRIVATE_H
#define EARSHOT_RUNTIME_OPTIONS_PRIVATE_H

#include "runtime/options.h"

#include <stdarg.h>

enum { ES_OPTION_EXPECTED_MAX = 300 };

/* One value of the file: an option's, one of a list, or a section with its title. */
struct es_option_entry {
	const struct es_option *row;
	const char *text;
	const char *file;
	int line;
	struct es_section *section;
	struct es_option_entry *next;
};

struct es_section {
	const struct es_option *table;
	const struct es_option_entry *head;    /* what it begins with */
	struct es_option_entry *first, **last; /* in the order of the file */
};

struct es_options {
	struct es_section top;
	struct es_option_entry head; /* of the top: the file, without a line */
	unsigned n_included;
	void *kept; /* all memory: each piece begins with a pointer to the one before */
};

/* The value a text stands for (length of a string, index of a word), in range. ES_EMALFORMED. */
int es_option_value(const struct es_option *row, const char *text, int64_t *out);

/* What would have been right, for "expected ...". Returns out. */
const char *es_option_expected(const struct es_option *row, char out[ES_OPTION_EXPECTED_MAX]);

/* "FILE:LINE: ..." (line 0: "FILE: ..."). Returns ES_EMALFORMED. */
int es_options_verror(
    char error[ES_OPTIONS_ERROR_MAX], const char *file, int line, const char *fmt, va_list ap);

#endif
