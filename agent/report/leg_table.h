/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of a call, leg by leg. */
#ifndef AGENT_REPORT_LEG_TABLE_H
#define AGENT_REPORT_LEG_TABLE_H

#include "agent/report/shown_call.h"

void es_leg_table(const struct es_shown_call *s, struct es_html *h);

#endif
