/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of an option table allows. Private to runtime/options*.c. */
#ifndef EARSHOT_RUNTIME_OPTIONS_PRIVATE_H
#define EARSHOT_RUNTIME_OPTIONS_PRIVATE_H

#include "runtime/options.h"

enum { ES_OPTION_EXPECTED_MAX = 300 };

/* Names are written with hyphens; older files may have underscores in their place. */
bool es_option_is(const char *name, const char *written);

/* The number a text stands for (length of a string, index of a word), in range. ES_EMALFORMED. */
int es_option_parse(const struct es_option *row, const char *text, int64_t *out);

/* What would have been right, for "expected ...". Returns out. */
const char *es_option_expected(const struct es_option *row, char out[ES_OPTION_EXPECTED_MAX]);

#endif
