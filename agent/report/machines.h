/* SPDX-License-Identifier: Apache-2.0 */
/* What the machines of a call's vantage points went through, over the time of the call. */
#ifndef AGENT_REPORT_MACHINES_H
#define AGENT_REPORT_MACHINES_H

#include "agent/report/shown_call.h"

/* A panel and a table for each machine that has a timeline. */
void es_machines(const struct es_shown_call *s, struct es_html *h);

/* Whether the timeline of a machine of this call was made up. */
bool es_machines_are_synthetic(const struct es_shown_call *s);

#endif
