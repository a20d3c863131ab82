/* SPDX-License-Identifier: Apache-2.0 */
/* A path for people: a line for each link, and the broken one in a sentence. */
#ifndef AGENT_PATH_PATH_TEXT_H
#define AGENT_PATH_PATH_TEXT_H

#include "earshot/path.h"

#include <stdio.h>

void es_path_text_print(const struct es_path *p, FILE *to);

#endif
