/* SPDX-License-Identifier: Apache-2.0 */
/* A path as JSON: one object on a line. */
#ifndef AGENT_PATH_PATH_JSON_H
#define AGENT_PATH_PATH_JSON_H

#include "earshot/path.h"
#include "probes/base/json.h"

void es_path_json(const struct es_path *p, struct es_json *j);

#endif
