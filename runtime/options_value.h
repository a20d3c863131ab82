/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options. Private to runtime/options*.c. */
#ifndef EARSHOT_RUNTIME_OPTIONS_VALUE_H
#define EARSHOT_RUNTIME_OPTIONS_VALUE_H

#include "runtime/options.h"

enum { ES_OPTIONS_DEPTH_MAX = 3, ES_OPTION_EXPECTED_MAX = 300 };

/* The value a text stands for (length of a string, index of a word), in range. ES_EMALFORMED. */
int es_option_value(const struct es_option *row, const char *text, int64_t *out);

/* What would have been right, for "expected ...". Returns out. */
const char *es_option_expected(const struct es_option *row, char out[ES_OPTION_EXPECTED_MAX]);

#endif
