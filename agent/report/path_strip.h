/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a direction: its vantage points and what was lost between them. */
#ifndef AGENT_REPORT_PATH_STRIP_H
#define AGENT_REPORT_PATH_STRIP_H

#include "agent/report/shown_call.h"

void es_path_strip(const struct es_shown_call *s, const struct es_direction *d, struct es_html *h);

#endif
