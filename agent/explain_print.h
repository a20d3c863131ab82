/* SPDX-License-Identifier: Apache-2.0 */
/* An explained call for people: a path strip per direction and the verdict, in 100 columns. */
#ifndef AGENT_EXPLAIN_PRINT_H
#define AGENT_EXPLAIN_PRINT_H

#include "earshot/correlate.h"

#include <stdio.h>

void es_explain_print(const struct es_explained *call, FILE *to);

#endif
