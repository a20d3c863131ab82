/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options. Private to runtime/options*.c. */
#ifndef EARSHOT_RUNTIME_OPTIONS_VALUE_H
#define EARSHOT_RUNTIME_OPTIONS_VALUE_H

#include "runtime/options.h"

/* The value a text stands for (length of a string, index of a word), in range. ES_EMALFORMED. */
int es_option_value(const struct es_option *row, const char *text, int64_t *out);

/* What would have been right, for "expected ...". */
void es_option_expected(const struct es_option *row, char *out, size_t cap);

#endif
